"""Answers of the table as files for other programs: CSV, a workbook, Parquet, JSON."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

from incentive_opt.batch.columns import BOOLEAN, NUMBER, TEXT, WHOLE
from incentive_opt.batch.folder import BATCH, TABLE, Folder
from incentive_opt.batch.query import Answer
from incentive_opt.batch.table import Rows, write_table
from incentive_opt.errors import InputError, Problem
from incentive_opt.files.room import need_room
from incentive_opt.files.writing import csv_text, write_atomically

ENDINGS = (".csv", ".xlsx", ".parquet", ".json")
LONGEST = 32_767
"""A cell of a workbook takes so many characters."""
MOST_ROWS = 1_048_575
"""A sheet takes so many rows below its heading."""


def check_target(target: Path, batch: Folder) -> None:
    """Raise InputError where the file's ending says nothing, or it would take the place of another."""
    own = {batch.path / name for name in (BATCH, TABLE)}
    place = target.resolve()
    if place in {path.resolve() for path in own} or batch.runs.resolve() in place.parents:
        expected = "a file beside those of the batch, not in their place"
        raise InputError([Problem("what was asked for", "out", str(target), expected)])
    if target.suffix.lower() not in ENDINGS:
        expected = f"a file that ends in {', '.join(ENDINGS)}"
        raise InputError([Problem("what was asked for", "out", str(target), expected)])
    if target.is_dir():
        raise InputError([Problem("what was asked for", "out", str(target), "a file, not a folder")])
    need_room(target, file=True)


def write_answer(answer: Answer, target: Path) -> None:
    """Write an answer in the format that the file's ending names."""
    ending = target.suffix.lower()
    if ending == ".csv":
        rows = [{name: _text(value) for name, value in row.items()} for row in answer.as_dicts()]
        write_atomically(target, csv_text(rows) if rows else ",".join(answer.columns) + "\n")
    elif ending == ".json":
        text = json.dumps(answer.as_dicts(), indent=2, ensure_ascii=False, allow_nan=False)
        write_atomically(target, text + "\n")
    elif ending == ".xlsx":
        write_atomically(target, _workbook(answer))
    else:
        _parquet(answer, target)


def _text(value: Any) -> Any:
    return str(value).lower() if isinstance(value, bool) else value


def _workbook(answer: Answer) -> bytes:
    """One sheet; texts are written as texts, so that none is a formula or a link."""
    import xlsxwriter

    if len(answer.rows) > MOST_ROWS:
        expected = f"at most {MOST_ROWS:,} rows for a workbook"
        raise InputError([Problem("what was asked for", "out", f"{len(answer.rows):,} rows", expected)])
    file = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False,
               "strings_to_numbers": False}  # fmt: skip
    with xlsxwriter.Workbook(file, options) as book:
        sheet, bold = book.add_worksheet("results"), book.add_format({"bold": True})
        sheet.freeze_panes(1, 1)
        sheet.set_column(0, len(answer.columns) - 1, 16)
        for place, name in enumerate(answer.columns):
            sheet.write_string(0, place, name, bold)
        for line, row in enumerate(answer.rows, start=1):
            for place, value in enumerate(row):
                if isinstance(value, bool):
                    sheet.write_boolean(line, place, value)
                elif isinstance(value, int | float):
                    sheet.write_number(line, place, value)
                elif value is not None:
                    sheet.write_string(line, place, str(value)[:LONGEST])
    return file.getvalue()


def _parquet(answer: Answer, target: Path) -> None:
    types = {}
    for place, name in enumerate(answer.columns):
        kinds = {type(row[place]) for row in answer.rows if row[place] is not None}
        types[name] = {frozenset({bool}): BOOLEAN, frozenset({int}): WHOLE}.get(
            frozenset(kinds), NUMBER if kinds and kinds <= {int, float} else TEXT
        )
    target.parent.mkdir(parents=True, exist_ok=True)
    write_table(Rows(types, answer.as_dicts()), target)
