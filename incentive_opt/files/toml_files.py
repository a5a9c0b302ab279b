"""Reading one TOML file strictly: syntax, keys, types and limits, each in plain words."""

from __future__ import annotations

import math
import re
import tomllib
from collections.abc import Iterator
from typing import Any, TypeVar, get_args

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from incentive_opt.files.cells import DECIMAL_COMMA, NAME_RULE
from incentive_opt.files.problems import Problems, did_you_mean, nearest
from incentive_opt.files.text import nested_too_deep

FileModel = TypeVar("FileModel", bound=BaseModel)
Location = tuple[int | str, ...]


def parse_toml(text: str, shown: str, problems: Problems) -> dict[str, Any] | None:
    """The document, or None and a problem with the line."""
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        _note_syntax(str(error), text, shown, problems)
        return None
    except RecursionError:
        document = None
    except ValueError as error:  # a number of thousands of digits
        problems.add(shown, "", str(error), "numbers of sensible length")
        return None
    if document is None or nested_too_deep(document):
        problems.add(shown, "", "brackets or tables within each other without end", "a TOML file")
        return None
    return document


def _note_syntax(reason: str, text: str, shown: str, problems: Problems) -> None:
    """Say in plain words what the TOML reader said."""
    place = re.search(r"\(at line (\d+), column (\d+)\)", reason)
    where = f"line {place[1]}" if place else "the last line"
    lines = text.split("\n")
    written = [at for at, line in enumerate(lines, 1) if line.strip()] or [1]
    number = int(place[1]) if place else written[-1]
    found = lines[number - 1].strip() if number <= len(lines) else ""
    if re.search(r"Cannot (overwrite|declare|redefine|mutate)", reason):
        remedy = "It already stands further up; remove one of them."
        problems.add(shown, where, found, "every key and table once", remedy)
    elif comma := re.search(r"=\s*([+-]?\d+),(\d+)\s*(#.*)?$", found):
        whole = f", or {comma[1]}{comma[2]} if it is meant in thousands" if len(comma[2]) == 3 else ""
        remedy = f"Numbers have a decimal point, not a comma: {comma[1]}.{comma[2]}{whole}."
        problems.add(shown, where, found, "a number", remedy)
    else:
        said = re.sub(r"\s*\(at .*\)", "", reason)
        remedy = f"Look for a missing quote, bracket or '='; the reader of TOML says: {said}."
        problems.add(shown, where, found, "a line of TOML", remedy)


def validate(
    document: dict[str, Any],
    model: type[FileModel],
    text: str,
    shown: str,
    problems: Problems,
    finite_told: bool = False,
) -> FileModel | None:
    """The document as typed tables, or None and every problem in it.

    With ``finite_told`` all but NaN and infinities, which were told already.
    """
    try:
        return model.model_validate(document)
    except ValidationError as error:
        details = error.errors()
        meant = _misspelt(details)
        for detail in details:
            if detail["type"] == "missing" and detail["loc"] in meant.values():
                continue  # it is there, misspelt, and told as such
            if finite_told and isinstance(detail["input"], float) and not math.isfinite(detail["input"]):
                continue
            right = meant.get(detail["loc"], ())[-1:]
            _note(detail, model, text, shown, problems, *map(str, right))
        return None


def _misspelt(details: list[ErrorDetails]) -> dict[Location, Location]:
    """Unknown keys that are most likely missing ones with a slip in them: where, and what is meant."""
    missing = [detail["loc"] for detail in details if detail["type"] == "missing"]
    meant: dict[Location, Location] = {}
    for detail in details:
        at = detail["loc"]
        if detail["type"] == "extra_forbidden":
            free = [str(loc[-1]) for loc in missing if loc[:-1] == at[:-1] and loc not in meant.values()]
            if right := nearest(str(at[-1]), free):
                meant[at] = (*at[:-1], right)
    return meant


def _note(
    detail: ErrorDetails, model: type[BaseModel], text: str, shown: str, problems: Problems, meant: str = ""
) -> None:
    location = tuple(part for part in detail["loc"] if part != "[key]")
    kind = detail["type"]
    where = place(location, text)
    value = detail["input"]
    if kind == "missing":
        problems.add(shown, place(location[:-1], text), "", f"a key {location[-1]!r}", "Add it.")
    elif kind == "extra_forbidden":
        known = [field.alias or name for name, field in _fields_at(model, location[:-1])]
        expected = "only known keys" if location[:-1] else "only known keys and tables"
        remedy = f"Did you mean {meant!r}, which is missing?" if meant else ""
        remedy = remedy or did_you_mean(str(location[-1]), known)
        problems.add(shown, where, location[-1], expected, remedy)
    elif location == ("schema",):
        problems.add(
            shown,
            where,
            value,
            "1, the version of the format that this program reads",
            "A newer file needs a newer version of the program.",
        )
    elif "[key]" in detail["loc"]:
        problems.add(shown, where, value, NAME_RULE)
    elif kind == "float_type" and isinstance(value, int) and not isinstance(value, bool):
        problems.add(shown, where, value, "a number of sensible length")
    else:
        expected = _expected(kind, detail.get("ctx", {}))
        problems.add(shown, where, _as_written(value), expected, _point_for_comma(kind, value))


def _point_for_comma(kind: str, value: object) -> str:
    """The remedy for a number in quotes with a decimal comma."""
    if kind == "float_type" and isinstance(value, str) and DECIMAL_COMMA.fullmatch(value.strip()):
        return f"Write a point for the decimal comma: {value.strip().replace(',', '.')}."
    return ""


def _as_written(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return f'"{value}"' if isinstance(value, str) else str(value)


def _expected(kind: str, limits: dict[str, Any]) -> str:
    """What a pydantic error type means to a policy analyst."""
    comparisons = {
        "greater_than": f"a number above {_plain(limits.get('gt'))}",
        "less_than": f"a number below {_plain(limits.get('lt'))}",
        "greater_than_equal": f"a number of at least {_plain(limits.get('ge'))}",
        "less_than_equal": f"a number of at most {_plain(limits.get('le'))}",
        "finite_number": "a finite number; nan and inf are not allowed",
        "float_type": "a number, without quotes",
        "int_type": "a whole number, without quotes and without a decimal point",
        "int_from_float": "a whole number",
        "bool_type": "true or false, without quotes",
        "string_type": "text in quotes",
        "string_too_short": "some text",
        "string_too_long": f"at most {limits.get('max_length')} characters",
        "string_pattern_mismatch": f"{NAME_RULE}; several separated by ';' where several are allowed",
        "list_type": "a list",
        "dict_type": "a table",
        "model_type": "a table",
        "model_attributes_type": "a table",
        "too_short": f"at least {limits.get('min_length')} of them",
        "too_long": f"at most {limits.get('max_length')} of them",
        "literal_error": f"one of {limits.get('expected')}",
        "plain_words": str(limits.get("expected")),
    }
    return comparisons.get(kind, f"another kind of value ({kind.replace('_', ' ')})")


def _plain(number: object) -> str:
    return f"{number:.12g}" if isinstance(number, int | float) else str(number)


def _fields_at(model: type[BaseModel], location: Location) -> list[tuple[str, Any]]:
    """The fields of the table at a location of the document."""
    current: type[BaseModel] | None = model
    for part in location:
        if isinstance(part, int) or current is None:
            continue
        named = {field.alias or name: field for name, field in current.model_fields.items()}
        if part in named:
            current = next(_models_in(named[part].annotation), None)
    return list(current.model_fields.items()) if current else []


def _models_in(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for argument in get_args(annotation):
        yield from _models_in(argument)


def place(location: Location, text: str) -> str:
    """Name a location to a person: ``line 12, [payer] budget``."""
    if not location:
        return ""
    depth = next((at for at, part in enumerate(location) if isinstance(part, int)), len(location) - 1)
    table = ".".join(str(part) for part in location[:depth])
    rest = [f"number {part + 1}" if isinstance(part, int) else str(part) for part in location[depth:]]
    name = f"[{table}] {', '.join(rest)}" if table else ", ".join(rest)
    line = _line_of(location, text)
    return f"line {line}, {name}" if line else name


def _line_of(location: Location, text: str) -> int | None:
    """Line of a key or table header, where it can be told from the text."""
    target = [str(part) for part in location if isinstance(part, str)]
    wanted = next((part for part in location if isinstance(part, int)), 0)
    current: list[str] = []
    seen: dict[str, int] = {}
    for number, line in enumerate(text.splitlines(), 1):
        header = re.match(r"\s*(\[\[?)([^\]]+)\]", line)
        if header:
            current = [part.strip().strip("\"'") for part in header[2].split(".")]
            if header[1] == "[[":
                seen[header[2]] = seen.get(header[2], -1) + 1
            ordinal = seen.get(header[2], 0)
            if current == target and ordinal == wanted:
                return number
            continue
        key = re.match(r"\s*[\"']?([A-Za-z0-9_.\-]+)[\"']?\s*=", line)
        if key and [*current, key[1]] == target and seen.get(".".join(current), 0) == wanted:
            return number
    return None
