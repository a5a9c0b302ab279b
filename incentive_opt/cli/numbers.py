"""What is typed on the command line: numbers and words, with a plain sentence where they are none."""

from __future__ import annotations

import difflib
import math
import re
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    ParamType = click.ParamType[float]
    Choice = click.Choice[str]
else:  # older versions of click have no types in brackets
    ParamType, Choice = click.ParamType, click.Choice


class Number(ParamType):
    """A finite number, written without commas; for the ``type`` of an option.

    Parameters
    ----------
    lowest : float, optional
        The least number allowed.
    whole : bool
        Whether only whole numbers are allowed; they arrive as ``int``.
    """

    name = "number"

    def __init__(self, lowest: float | None = None, whole: bool = False) -> None:
        self.lowest = lowest
        self.whole = whole

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float | int:
        """The number, or a usage error that says how to write it."""
        wanted = "a whole number" if self.whole else "a number"
        if self.lowest is not None:
            wanted += f" of at least {self.lowest:g}"
        number = self._read(str(value).strip())
        if number is None:
            advice = "" if _is_number(str(value)) else f" {_how_to_write(str(value))}"
            self.fail(f"{str(value)!r} is not {wanted}.{advice}", param, ctx)
        if self.lowest is not None and number < self.lowest:
            self.fail(f"{value} is not {wanted}.", param, ctx)
        return number

    def _read(self, text: str) -> float | int | None:
        if self.whole and re.fullmatch(r"[+-]?[0-9]{1,30}", text):
            return int(text)  # not through a float, which rounds beyond 2**53
        try:
            number = float(text.replace("_", "-"))  # Python reads 1_000; a person writes 1000
        except ValueError:
            return None
        if not math.isfinite(number) or (self.whole and not number.is_integer()):
            return None
        return int(number) if self.whole else number


def _is_number(text: str) -> bool:
    """Whether it is written as a number is, and only is not the kind of number that was asked for."""
    return bool(re.fullmatch(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", text.strip()))


def _how_to_write(text: str) -> str:
    """What to type in place of a text that is no number."""
    if text.strip().endswith("%"):
        return "Write a share without the per cent sign: 0.01 for 1 %."
    if re.fullmatch(r"[+-]?(0,\d+|\d+,(\d{1,2}|\d{4,}))", text.strip()):
        return f"Write a point for the decimal comma: {text.strip().replace(',', '.')}."
    grouped = re.fullmatch(r"\$?\s*(\d{1,3}(?:[,\s_']\d{3})+|\d+)(\.\d+)?", text.strip())
    example = f", {re.sub(r'[^0-9.]', '', text)}" if grouped else ""
    return f"Write a number without commas, spaces or signs of money{example}."


class Word(Choice):
    """One of a few words; a misspelt one is guessed at."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """The word, or a usage error that names the one that is meant."""
        if value not in self.choices:
            self.fail(f"there is no {value!r}. {meant_among(str(value), self.choices)}", param, ctx)
        return str(value)


def meant_among(word: str, known: Iterable[str]) -> str:
    """Which known word is meant, or else which there are: one sentence."""
    words = list(known)
    close = difflib.get_close_matches(word.lower(), words, n=1)
    return f"Did you mean {close[0]!r}?" if close else f"There is: {', '.join(words)}."
