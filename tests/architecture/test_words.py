"""Words that do not belong in the repository."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SKIPPED = {"runs", "dist", "build", "__pycache__", "node_modules"}

# Each pattern is written so that it does not find itself.
MACHINE_PATH = re.compile(r"(?<![\w.~/$}{*-])/(?:work|root|opt|home|tmp|Users)/")
INDEX_ADDRESS = re.compile(r"pypi\.(?:org|python)|python[h]osted|(?:-index|index-url|find-links)[ =]+\w+:/")
GREEK = re.compile("[\u0370-\u03ff\u1f00-\u1fff]")


def texts() -> Iterator[tuple[str, str]]:
    """Every text of the repository: its name and its words."""
    for folder, folders, files in os.walk(ROOT):
        folders[:] = [f for f in folders if f not in SKIPPED and (not f.startswith(".") or f == ".ci")]
        for name in files:
            path = Path(folder, name)
            try:
                yield path.relative_to(ROOT).as_posix(), path.read_text(encoding="utf-8")
            except UnicodeDecodeError:
                continue  # not a text


def places(pattern: re.Pattern[str], ending: str = "") -> list[str]:
    """Where a pattern is found: file, line, words."""
    return [
        f"{name}:{number}: {line.strip()[:100]}"
        for name, text in texts()
        if name.endswith(ending)
        for number, line in enumerate(text.splitlines(), 1)
        if pattern.search(line)
    ]


def test_no_path_of_one_machine() -> None:
    """Nobody else has the folders of the machine on which this was written."""
    assert places(MACHINE_PATH) == []


def test_no_package_index_is_named() -> None:
    """The index comes from the settings of the machine."""
    assert places(INDEX_ADDRESS) == []


def test_no_greek_in_code() -> None:
    """Symbols live in docs/mathematics.md; code spells its names out."""
    assert places(GREEK, ending=".py") == []


@pytest.mark.parametrize(
    ("pattern", "line"),
    [
        (MACHINE_PATH, "see /" + "tmp/x"),
        (MACHINE_PATH, '"/' + 'work/main"'),
        (INDEX_ADDRESS, "--index-url https" + "://example.org/simple"),
        (GREEK, chr(0x3C1) + " = 1"),
    ],
)
def test_patterns_find_what_they_should(pattern: re.Pattern[str], line: str) -> None:
    """Each check finds an example of what it forbids."""
    assert pattern.search(line)


def test_the_walk_reaches_the_whole_repository() -> None:
    """Code, data, documents and the checks themselves are read."""
    seen = {name for name, _ in texts()}
    assert {"cli.py", ".ci/run", "docs/mathematics.md", "incentive_opt/errors.py"} <= seen
