"""The report's tables as CSV files, in a folder or in one archive."""

from __future__ import annotations

import io
import zipfile

from incentive_opt.files.writing import csv_text
from incentive_opt.report.parts import Cell, Number, Report, Table
from incentive_opt.report.wording import clean

FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")
"""With these at its start a spreadsheet may take a text for a formula; the last four are their wide forms."""
CONTENTS = "contents.csv"
EPOCH = (1980, 1, 1, 0, 0, 0)
"""The time of every file in the archive: the same report gives the same archive."""


def csv_files(report: Report) -> dict[str, str]:
    """Every table as the text of a file, by its name; and ``contents.csv``, which tells what they hold."""
    files = {f"{table.key}.csv": _csv(table) for table in report.tables}
    listed = [
        {"file": guarded(f"{table.key}.csv"), "title": guarded(table.title), "note": guarded(table.note)}
        for table in report.tables
    ]
    about = {"file": "", "title": guarded(report.title), "note": guarded(report.subtitle)}
    return {CONTENTS: csv_text([about, *listed]), **files}


def archive(files: dict[str, str]) -> bytes:
    """The files in one zip archive."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as packed:
        for name, text in files.items():
            entry = zipfile.ZipInfo(name, EPOCH)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = 0o644 << 16
            packed.writestr(entry, text.encode("utf-8"))
    return content.getvalue()


def guarded(text: str) -> str:
    """A text that no spreadsheet takes for a formula: with an apostrophe before it where it might."""
    shown = clean(text)
    return f"'{shown}" if text.startswith(FORMULA) or shown.lstrip().startswith(FORMULA) else shown


def _csv(table: Table) -> str:
    """Headings and rows; numbers with all their digits."""
    headings = [guarded(column) for column in table.columns]
    rows = [dict(zip(headings, map(_cell, row), strict=True)) for row in table.rows]
    return csv_text(rows) if rows else ",".join(headings) + "\n"


def _cell(cell: Cell) -> object:
    if isinstance(cell, Number):
        return "" if cell.value is None else repr(float(cell.value))
    return guarded(cell)
