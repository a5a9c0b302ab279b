"""Reading one cell of a table."""

from __future__ import annotations

import itertools
import math
import re
from collections.abc import Callable

from incentive_opt.files.columns import Column
from incentive_opt.files.problems import did_you_mean

NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?", re.ASCII)
DECIMAL_COMMA = re.compile(r"[+-]?(0,\d+|\d+,(\d{1,2}|\d{4,}))", re.ASCII)
"""Three digits behind a comma may as well be thousands, but for those behind a lone zero."""
NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.\-]{0,79}", re.ASCII)
NAME_RULE = "a name of letters, digits, '_', '-' and '.'"
MOST_ITEMS = 500


class CellError(Exception):
    """What a cell should have held, and what to do."""

    def __init__(self, expected: str, remedy: str = "") -> None:
        super().__init__(expected)
        self.expected = expected
        self.remedy = remedy


def _plain(number: float) -> str:
    return f"{number:.12g}"


def limits(column: Column) -> str:
    """The limits of a column's numbers, in words."""
    low = f"above {_plain(column.lowest)}" if column.above_lowest else f"at least {_plain(column.lowest)}"
    return f"{low} and at most {_plain(column.highest)}"


def parse_number(text: str, column: Column) -> float:
    """A finite number within the limits of its column."""
    expected = f"a number {limits(column)}"
    if text.lower().lstrip("+-") in ("nan", "inf", "infinity"):
        raise CellError(f"{expected}; not-a-number and infinity are not allowed")
    if not NUMBER.fullmatch(text):
        raise CellError(expected, _number_remedy(text))
    number = float(text)
    if not math.isfinite(number):
        raise CellError(f"{expected}; this one is too large for a computer")
    too_low = number <= column.lowest if column.above_lowest else number < column.lowest
    if too_low or number > column.highest:
        raise CellError(expected)
    if column.whole and number != int(number):
        raise CellError(f"a whole {expected.removeprefix('a ')}")
    return number


def _number_remedy(text: str) -> str:
    if DECIMAL_COMMA.fullmatch(text):
        return f"That is a decimal comma: write a point, {text.replace(',', '.')}."
    if "," in text:
        return "Write no thousands separator, and a point for decimals."
    if "%" in text:
        return "Write a share, not per cent: 0.12, not 12%."
    if "$" in text:
        return "Write the number alone."
    return ""


def parse_name(text: str, column: Column) -> str:
    """A name other tables can refer to."""
    if not NAME.fullmatch(text):
        raise CellError(NAME_RULE)
    return text


def parse_text(text: str, column: Column) -> str:
    """Any words."""
    return text


def parse_flag(text: str, column: Column) -> bool:
    """True or false, and no other way of saying so."""
    if text not in ("true", "false"):
        raise CellError("true or false", "In small letters.")
    return text == "true"


def parse_choice(text: str, column: Column) -> str:
    """One of a few words."""
    if text not in column.choices:
        raise CellError(f"one of {', '.join(column.choices)}", did_you_mean(text, column.choices))
    return text


def _items(text: str) -> list[str]:
    items = [item.strip() for item in text.split(";")]
    if "" in items:
        raise CellError("items separated by ';', none of them empty")
    if len(items) > MOST_ITEMS:
        raise CellError(f"at most {MOST_ITEMS} items")
    return items


def parse_names(text: str, column: Column) -> tuple[str, ...]:
    """Names separated by semicolons, none twice."""
    names = tuple(parse_name(item, column) for item in _items(text))
    if len(set(names)) < len(names):
        raise CellError("every name once")
    return names


def parse_numbers(text: str, column: Column) -> tuple[float, ...]:
    """Numbers separated by semicolons, rising where the column asks for it."""
    numbers = tuple(parse_number(item, column) for item in _items(text))
    if column.rising and any(later <= earlier for earlier, later in itertools.pairwise(numbers)):
        raise CellError("numbers separated by ';', each larger than the one before")
    return numbers


def parse_weights(text: str, column: Column) -> dict[str, float]:
    """``name`` or ``name:weight``, separated by semicolons."""
    weights: dict[str, float] = {}
    for item in _items(text):
        name, colon, weight = item.partition(":")
        name = parse_name(name.strip(), column)
        if name in weights:
            raise CellError(f"every {column.refers_to} once; {name!r} stands here twice")
        weights[name] = parse_number(weight.strip(), column) if colon else 1.0
    return weights


def parse_multiples(text: str, column: Column) -> dict[str, float]:
    """``name:multiple``, separated by semicolons; a multiple that is not written is not guessed."""
    for item in _items(text):
        if ":" not in item:
            raise CellError(f"'{column.refers_to}:multiple' separated by ';'", f"Example: {item}:1.5")
    return parse_weights(text, column)


def parse_curve(text: str, column: Column) -> tuple[tuple[float, float], ...]:
    """A rising concave curve from the implied (0, 0) to (1, 1)."""
    points = [(0.0, 0.0)]
    for item in _items(text):
        delivered, colon, effect = item.partition(":")
        if not colon:
            raise CellError(
                "points 'share delivered:share of effect' separated by ';'", "Example: 0.4:0.6;1:1"
            )
        points.append((parse_number(delivered.strip(), column), parse_number(effect.strip(), column)))
    if points[-1] != (1.0, 1.0):
        raise CellError("a curve that ends in 1:1")
    slopes = []
    for (x0, y0), (x1, y1) in itertools.pairwise(points):
        if x1 <= x0 or y1 <= y0:
            raise CellError("a rising curve: both shares of a point above those of the point before")
        slopes.append((y1 - y0) / (x1 - x0))
    if any(later > earlier * (1 + 1e-9) for earlier, later in itertools.pairwise(slopes)):
        raise CellError(
            "a concave curve: the first events do most, so no piece is steeper than the one before"
        )
    return tuple(points)


PARSERS: dict[str, Callable[[str, Column], object]] = {
    "name": parse_name,
    "text": parse_text,
    "true/false": parse_flag,
    "choice": parse_choice,
    "number": parse_number,
    "names": parse_names,
    "numbers": parse_numbers,
    "weights": parse_weights,
    "multiples": parse_multiples,
    "curve": parse_curve,
}
