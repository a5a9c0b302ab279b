"""From bytes on a disk to text, with a plain word where that fails."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from incentive_opt.files.problems import Problems

LARGEST_FILE = 50_000_000
"""Largest file read [bytes]."""

DEEPEST = 50
"""Deepest nesting of tables read."""


def read_bytes(path: Path, shown: str, problems: Problems, remedy: str = "") -> bytes | None:
    """The bytes of a file, or None and a problem.

    Parameters
    ----------
    path : Path
        The file.
    shown : str
        What to call it in a problem.
    problems : Problems
        Where to note what is wrong.
    remedy : str
        What to do where the file is missing.
    """
    try:
        if not path.exists():
            problems.add(shown, "", "", "this file to exist", remedy)
        elif not path.is_file():
            problems.add(shown, "", "", "a file, not a folder or a device")
        elif (size := path.stat().st_size) > LARGEST_FILE:
            limit = f"at most {LARGEST_FILE / 1e6:.0f} MB"
            problems.add(shown, "", f"{size / 1e6:.0f} MB", limit, "Is this the right file?")
        else:
            return path.read_bytes()
    except OSError as error:
        problems.add(shown, "", error.strerror, "a file that can be read", "Check its permissions.")
    return None


def decode(content: bytes, shown: str, problems: Problems) -> str | None:
    """UTF-8 text (a byte order mark is dropped), or None and a problem."""
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        found = f"byte 0x{content[error.start]:02x}"
        remedy = "Save it again as UTF-8 (in a spreadsheet: 'CSV UTF-8')."
        problems.add(shown, f"line {line}", found, "text in UTF-8", remedy)
        return None
    if "\0" in text:
        line = text.count("\n", 0, text.index("\0")) + 1
        problems.add(shown, f"line {line}", "a NUL character", "plain text", "Save it again as plain text.")
        return None
    return text


def nested_too_deep(document: Any) -> bool:
    """Whether tables stand within tables beyond any sensible depth."""
    level = [document]
    for _ in range(DEEPEST):
        parts = [part.values() if isinstance(part, dict) else part for part in level]
        level = [inner for part in parts for inner in part if isinstance(inner, dict | list)]
        if not level:
            return False
    return True
