"""`show` and `check` on a terminal: tables that fit it, colour by source; plain in a pipe."""

from __future__ import annotations

import os
import random
import re
import secrets
import select
import subprocess
import sys
from pathlib import Path

import pytest

from incentive_opt.cli.sheets import LEGEND, parts
from incentive_opt.cli.units import UNITS, unit_of
from incentive_opt.files.schema import schema_document

ROOT = Path(__file__).resolve().parents[2]
COLOUR = re.compile("\x1b\\[[0-9;]*m")


def on_a_terminal(*words: str | Path, columns: int = 80, **more: str) -> str:
    """What a command writes to a terminal of so many columns."""
    import fcntl
    import pty
    import struct
    import termios

    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 50, columns, 0, 0))
    environment = {name: value for name, value in os.environ.items() if name not in ("NO_COLOR", "COLUMNS")}
    child = subprocess.Popen(
        [sys.executable, "-m", "incentive_opt", *map(str, words)], cwd=ROOT, stdout=theirs, stderr=theirs,
        env=environment | {"TERM": "xterm-256color"} | more,
    )  # fmt: skip
    os.close(theirs)
    said = b""
    while select.select([ours], [], [], 60.0)[0]:
        try:
            piece = os.read(ours, 1 << 16)
        except OSError:  # Linux: the other end is closed
            break
        if not piece:
            break
        said += piece
    os.close(ours)
    child.wait(timeout=60)
    return said.decode("utf-8").replace("\r\n", "\n")


def test_parts_have_every_column_once() -> None:
    """Random tables: each column in one part, the keys in every one, no part wider than it need be."""
    seed = secrets.randbits(64)
    draw = random.Random(seed)
    for _ in range(200):
        keys, width = draw.randint(1, 3), draw.randint(60, 200)
        columns = [
            f"c{n}" + "x" * draw.randint(0, 30) + " [1]" * draw.randint(0, 1)
            for n in range(draw.randint(1, 20))
        ]
        rows = [["v" * draw.randint(0, 50) for _ in columns] for _ in range(draw.randint(0, 4))]
        found = parts(columns, rows, keys, width)
        if len(columns) <= keys + 1:
            assert [some for some, _ in found] == [columns], seed
            continue
        assert all(some[:keys] == columns[:keys] for some, _ in found), seed
        assert columns[:keys] + [c for some, _ in found for c in some[keys:]] == columns, seed
        for some, lines in found:
            assert [[row[columns.index(name)] for name in some] for row in rows] == lines, seed
            assert len(some) == keys + 1 or _width(some, lines) <= width, seed


def _width(columns: list[str], rows: list[list[object]]) -> int:
    """Characters of a table, counted in another way."""
    cells = [[*name.split(" ", 1), *[str(row[n]) for row in rows]] for n, name in enumerate(columns)]
    return 1 + sum(3 + min(34, max(map(len, column))) for column in cells)


@pytest.mark.skipif(os.name == "nt", reason="there is no pty")
@pytest.mark.parametrize("columns", [72, 140])
def test_tables_fit_the_terminal(columns: int) -> None:
    """No line of a table is wider than the terminal, and names of services stay whole."""
    text = COLOUR.sub("", on_a_terminal("show", "two_practices", columns=columns))
    lines = [line.rstrip() for line in text.splitlines() if line[:1] in "│┃┏└┡"]
    assert lines
    assert max(map(len, lines)) <= columns
    assert any(line.startswith("│ well_visit_short │") for line in lines)
    assert "[USD/year]" in text
    assert LEGEND in text


@pytest.mark.skipif(os.name == "nt", reason="there is no pty")
def test_assumptions_are_yellow(small_instance: Path) -> None:
    """A source's status colours what rests on it; NO_COLOR leaves the words alone."""
    text = on_a_terminal("show", small_instance, "--all", columns=200)
    assert re.search("\x1b\\[33mmade_up *\x1b\\[0m", text)
    assert re.search("\x1b\\[32mseen *\x1b\\[0m", text)
    assert re.search("\x1b\\[33mmade_up;seen *\x1b\\[0m", text)
    assert not re.search("\x1b\\[3[0-9]m", on_a_terminal("show", small_instance, columns=200, NO_COLOR="1"))


@pytest.mark.skipif(os.name == "nt", reason="there is no pty")
def test_check_is_green_on_a_terminal_only(small_instance: Path) -> None:
    """Good news in colour, and the same words without it."""
    words = ("check", small_instance, "--files-only")
    text = on_a_terminal(*words)
    assert text.startswith("\x1b[32msmall_town: no problems")
    plain = on_a_terminal(*words, NO_COLOR="1")
    assert "\x1b" not in plain
    assert COLOUR.sub("", text) == plain


def test_every_number_of_a_toml_file_has_a_unit() -> None:
    """No number of an instance, a model or a contract is without a unit, in the schema that reads them."""
    left = []
    for file, schema in schema_document().items():
        if file.endswith(".toml"):
            left += [f"{file}: {key}" for key in _numbers(schema, schema, "") if not unit_of(key)]
    assert [key for key in left if not key.endswith(": schema")] == []
    assert unit_of("title") == ""
    assert unit_of("status_quo.bonuses[2].usd_per_event") == "USD/event"
    assert unit_of("staff.np.wage_usd_per_hour") == UNITS["staff.*.wage_usd_per_hour"]


def _numbers(part: dict, whole: dict, at: str) -> list[str]:  # type: ignore[type-arg]
    """Keys of a schema below which a number may stand."""
    if "$ref" in part:
        return _numbers(whole["$defs"][part["$ref"].rsplit("/", 1)[-1]], whole, at)
    found = [at] if part.get("type") in ("number", "integer") else []
    for option in part.get("anyOf", []):
        found += _numbers(option, whole, at)
    if "items" in part:
        found += _numbers(part["items"], whole, at)
    for key, value in part.get("properties", {}).items():
        found += _numbers(value, whole, f"{at}.{key}".lstrip("."))
    for value in (part.get("additionalProperties"), *part.get("patternProperties", {}).values()):
        if isinstance(value, dict):
            found += _numbers(value, whole, f"{at}.NAME".lstrip("."))
    return found
