"""Writing so that a killed run leaves no half file."""

from __future__ import annotations

import csv
import io
import os
import secrets
from collections.abc import Mapping, Sequence
from pathlib import Path

FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""A spreadsheet takes a cell that begins so for a formula."""


def write_atomically(path: str | Path, content: str | bytes) -> None:
    """Write a file whole or not at all.

    The content goes to a temporary name in the same folder, which is then renamed. Missing folders
    are made.

    Parameters
    ----------
    path : str or Path
        The file to write; an existing one is replaced.
    content : str or bytes
        Text is written as UTF-8 with the line ends it has.
    """
    target = Path(path)
    target.parent.mkdir(parents=True, exist_ok=True)
    data = content.encode("utf-8") if isinstance(content, str) else content
    temporary = target.parent / f".{target.name}.{secrets.token_hex(4)}.part"
    try:
        with temporary.open("xb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, target)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def csv_text(rows: Sequence[Mapping[str, object]]) -> str:
    """Rows as CSV; the columns in the order in which they first appear, cells not given left empty.

    A text that a spreadsheet would take for a formula gets an apostrophe before it: titles and labels come
    from files.
    """
    columns = list(dict.fromkeys(column for row in rows for column in row))
    buffer = io.StringIO(newline="")
    writer = csv.DictWriter(buffer, columns, restval="", lineterminator="\n")
    writer.writeheader()
    writer.writerows({column: _as_text(cell) for column, cell in row.items()} for row in rows)
    return buffer.getvalue()


def _as_text(cell: object) -> object:
    """A text that stays one; a number in words is none."""
    if not isinstance(cell, str) or not cell.startswith(FORMULA):
        return cell
    try:
        float(cell.replace(",", "").rstrip(" %"))
    except ValueError:
        return f"'{cell}"
    return cell
