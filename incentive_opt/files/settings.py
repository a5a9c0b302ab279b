"""Changing a number of instance.toml without touching the instance: its text with another value on a line."""

from __future__ import annotations

import copy
import json
import math
import re
import tomllib
from typing import Any

from incentive_opt.errors import InputError, Problem
from incentive_opt.files.problems import nearest

Scalar = bool | int | float | str
FIXED = ("schema", "title", "description", "sources")
"""Tables and keys that say what the instance is, not how it is."""
HEADER = re.compile(r"\s*\[([^\[\]]+)\]\s*(#.*)?$")


def parse_setting(text: str) -> tuple[str, tuple[Scalar, ...]]:
    """A setting as it is typed: ``payer.budget=500000,515000``.

    Raises
    ------
    InputError
        Where there is no key, no value, or a value that is none.
    """
    key, sign, values = text.partition("=")
    key = key.strip()
    parts = [part.strip() for part in values.split(",")]
    if not sign or not key or not all(parts):
        expected = "KEY=VALUE, or KEY=VALUE,VALUE,…; payer.budget=500000,515000"
        raise InputError([Problem("what was asked for", "set", text, expected)])
    return key, tuple(dict.fromkeys(_scalar(part) for part in parts))


def _scalar(text: str) -> Scalar:
    """A number, true or false as TOML writes them; any other word is a text."""
    try:
        value = tomllib.loads(f"value = {text}")["value"]
    except (tomllib.TOMLDecodeError, RecursionError, ValueError):
        return text
    return value if isinstance(value, bool | int | float | str) else text


def with_setting(text: str, key: str, value: Scalar, shown: str) -> str:
    """The text of an instance.toml with another value for a key.

    Parameters
    ----------
    text : str
    key : str
        With dots: ``payer.budget``, ``staff.clinician.wage_usd_per_hour``.
    shown : str
        What to call the file in a problem.

    Returns
    -------
    str
        A text that reads as before but for this value; the line says what stood there.

    Raises
    ------
    InputError
        Where the key cannot be set.
    """
    steps = key.split(".")
    before = tomllib.loads(text)
    _check(before, steps, key, value, shown)
    expected = copy.deepcopy(before)
    table = expected
    for step in steps[:-1]:
        table = table.setdefault(step, {})
    if isinstance(table.get(steps[-1]), float) and isinstance(value, int) and not isinstance(value, bool):
        value = float(value)
    table[steps[-1]] = value
    made = _edited(text, steps[:-1], steps[-1], _toml(value))
    try:
        same = tomllib.loads(made) == expected
    except tomllib.TOMLDecodeError:
        same = False
    if not same:
        wanted = "a value on a line of its own under the name of its table"
        remedy = "Write it so in instance.toml, or change a copy of the instance by hand."
        raise InputError([Problem(shown, f"set {key}", str(value), wanted, remedy)])
    return made


def _check(document: dict[str, Any], steps: list[str], key: str, value: Scalar, shown: str) -> None:
    """Raise InputError where the key names no scalar, or one that is no number of the instance."""
    wrong = ""
    if steps[0] in FIXED or steps[-1] == "source" or (len(steps) < 2 and not _is_scalar(document, steps)):
        wrong = "a number of instance.toml with the names of its tables before it, such as payer.budget"
    part: Any = document
    for step in steps[:-1]:
        part = part.get(step, {}) if isinstance(part, dict) else None
    if not isinstance(part, dict) or isinstance(part.get(steps[-1]), dict | list):
        wrong = "a single value of instance.toml, not a table or a list"
    if wrong:
        raise InputError([Problem(shown, "", key, wrong, _meant(document, key))])
    if isinstance(value, float) and not math.isfinite(value):
        raise InputError([Problem(shown, f"set {key}", str(value), "a finite number")])


def _meant(document: dict[str, Any], key: str) -> str:
    """Which key may be meant, and what names them all."""
    known: list[str] = []

    def walk(part: dict[str, Any], at: str) -> None:
        for name, value in part.items():
            if isinstance(value, dict) and name not in FIXED:
                walk(value, f"{at}{name}.")
            elif at and name != "source" and isinstance(value, bool | int | float):
                known.append(f"{at}{name}")

    walk(document, "")
    ends = [one for one in known if one.rpartition(".")[2] == key.rpartition(".")[2]]
    close = nearest(key, known) or next(iter(ends), "")
    guess = f"Did you mean {close!r}? " if close else ""
    return f"{guess}`show` with the name of the instance lists them all, under Terms."


def _is_scalar(document: dict[str, Any], steps: list[str]) -> bool:
    return isinstance(document.get(steps[0]), bool | int | float | str)


def _edited(text: str, table: list[str], key: str, value: str) -> str:
    """The text with the line of a key replaced, or a line added, or a table at the end."""
    lines = text.split("\n")
    current: list[str] = []
    header = 0 if not table else None
    for number, line in enumerate(lines):
        if found := HEADER.match(line):
            current = [part.strip().strip("\"'") for part in found[1].split(".")]
            if current == table:
                header = number + 1
        elif line.lstrip().startswith("[["):
            current = ["[["]
        elif current == table and (old := re.match(rf"\s*[\"']?{re.escape(key)}[\"']?\s*=(.*)$", line)):
            was = old[1].strip().partition("#")[0].strip()
            lines[number] = f"{key} = {value}  # set by a command; the instance says {was}"
            return "\n".join(lines)
    added = f"{key} = {value}  # set by a command; the instance does not say it"
    if header is None:
        return text.rstrip("\n") + f"\n\n[{'.'.join(table)}]\n{added}\n"
    lines.insert(header, added)
    return "\n".join(lines)


def _toml(value: Scalar) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False)
    return repr(value)
