"""The report's tables as a workbook, one sheet each: for an actuary."""

from __future__ import annotations

import io
from typing import Any

import xlsxwriter

from incentive_opt.report.parts import Cell, Number, Report, Table
from incentive_opt.report.wording import clean

LONGEST = 32_767
"""A cell of a workbook takes so many characters."""
WIDEST = 60
"""Columns are so wide at most [characters]."""


def workbook(report: Report) -> bytes:
    """The workbook. Texts are written as texts, so that none is a formula or a link."""
    file = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False,
               "strings_to_numbers": False}  # fmt: skip
    with xlsxwriter.Workbook(file, options) as book:
        looks = _Looks(book)
        _contents(book, looks, report)
        for table in report.tables:
            _sheet(book, looks, table)
    return file.getvalue()


class _Looks:
    """Formats of cells, each made once."""

    def __init__(self, book: Any) -> None:
        self.book = book
        self.bold = book.add_format({"bold": True, "text_wrap": True, "valign": "top"})
        self.text = book.add_format({"text_wrap": True, "valign": "top"})
        self._numbers: dict[int, Any] = {}

    def number(self, decimals: int) -> Any:
        """The format of a number with so many decimals."""
        if decimals not in self._numbers:
            shown = "#,##0" + ("." + "0" * decimals if decimals else "")
            self._numbers[decimals] = self.book.add_format({"num_format": shown, "valign": "top"})
        return self._numbers[decimals]


def _contents(book: Any, looks: _Looks, report: Report) -> None:
    """The first sheet: what this is, and the other sheets."""
    sheet = book.add_worksheet("contents")
    sheet.set_column(0, 0, 28)
    sheet.set_column(1, 1, WIDEST)
    _write(sheet, 0, 0, report.title, looks.bold)
    _write(sheet, 1, 0, report.subtitle, looks.text)
    for line, table in enumerate(report.tables, start=3):
        _write(sheet, line, 0, table.key, looks.text)
        _write(sheet, line, 1, table.title, looks.text)


def _sheet(book: Any, looks: _Looks, table: Table) -> None:
    """One table: title, note, headings, rows; the headings stay in sight."""
    sheet = book.add_worksheet(table.key)
    _write(sheet, 0, 0, table.title, looks.bold)
    _write(sheet, 1, 0, table.note, looks.text)
    for place, heading in enumerate(table.columns):
        _write(sheet, 3, place, heading, looks.bold)
        texts = [str(row[place]) for row in table.rows]
        sheet.set_column(
            place, place, min(WIDEST, max(12, *(len(text) + 2 for text in [heading[:20], *texts])))
        )
    for line, row in enumerate(table.rows, start=4):
        for place, cell in enumerate(row):
            _cell(sheet, line, place, cell, looks)
    sheet.freeze_panes(4, 1)


def _cell(sheet: Any, line: int, place: int, cell: Cell, looks: _Looks) -> None:
    if isinstance(cell, Number):
        if cell.value is not None:
            sheet.write_number(line, place, cell.value, looks.number(cell.decimals))
    else:
        _write(sheet, line, place, cell, looks.text)


def _write(sheet: Any, line: int, place: int, text: str, look: Any) -> None:
    sheet.write_string(line, place, clean(text)[:LONGEST], look)
