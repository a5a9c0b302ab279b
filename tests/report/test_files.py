"""Workbook and CSV: the same tables, and nothing in them that a spreadsheet would run."""

from __future__ import annotations

import csv
import io
import re
import zipfile
from pathlib import Path
from xml.etree import ElementTree

import pytest

from incentive_opt.report import Report, report_of
from incentive_opt.report.parts import Number
from incentive_opt.report.tables import archive, csv_files, guarded
from incentive_opt.report.workbook import workbook
from tests.report.runs import FORMULA, IN_TABLES, LONG, OTHER_WAY, spread

SHEET = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"


@pytest.fixture(scope="module")
def report(kept: Path) -> Report:
    """The report of the design."""
    return report_of(kept)


def sheets(content: bytes) -> dict[str, list[dict[str, object]]]:
    """Cells of every sheet, a row each: by their place, numbers as numbers."""
    book = zipfile.ZipFile(io.BytesIO(content))
    strings = [
        "".join(piece.text or "" for piece in item.iter(f"{SHEET}t"))
        for item in ElementTree.fromstring(book.read("xl/sharedStrings.xml"))
    ]
    names = [
        str(one.get("name"))
        for one in ElementTree.fromstring(book.read("xl/workbook.xml")).iter(f"{SHEET}sheet")
    ]
    found = {}
    for number, name in enumerate(names, 1):
        root = ElementTree.fromstring(book.read(f"xl/worksheets/sheet{number}.xml"))
        rows = []
        for row in root.iter(f"{SHEET}row"):
            cells: dict[str, object] = {}
            for cell in row:
                value = cell.findtext(f"{SHEET}v")
                if value is not None:
                    cells[re.sub(r"\d", "", str(cell.get("r")))] = (
                        strings[int(value)] if cell.get("t") == "s" else float(value)
                    )
            rows.append(cells)
        found[name] = rows
    return found


def test_workbook_has_every_table(report: Report) -> None:
    """A sheet a table, with its headings and all its rows."""
    found = sheets(workbook(report))
    assert list(found) == ["contents", *(table.key for table in report.tables)]
    for table in report.tables:
        _, *rest = found[table.key]
        own = [row for row in rest if row][-len(table.rows) - 1 :]
        assert list(own[0].values()) == list(table.columns)
        for cells, row in zip(own[1:], table.rows, strict=True):
            expected = [cell.value if isinstance(cell, Number) else cell for cell in row]
            shown = [value for value in expected if value not in (None, "")]
            assert [value for value in cells.values() if value != ""] == [
                value if isinstance(value, str) else pytest.approx(value, rel=1e-15) for value in shown
            ]


@pytest.mark.parametrize("hostile", [*IN_TABLES, OTHER_WAY])
def test_nothing_in_a_workbook_is_a_formula(run: Path, hostile: str) -> None:
    """Texts are texts: no formula, no link, in no sheet."""
    spread(run, hostile)
    book = zipfile.ZipFile(io.BytesIO(workbook(report_of(run))))
    for name in book.namelist():
        text = book.read(name).decode("utf-8")
        assert "<f>" not in text
        assert "<hyperlink" not in text


def test_a_formula_stands_in_the_workbook_as_text(run: Path) -> None:
    """The title that looks like a formula is there, letter by letter; and ten thousand letters are."""
    for text in (FORMULA, LONG):
        spread(run, text)
        assert sheets(workbook(report_of(run)))["contents"][0]["A"] == text


def read_csv(text: str) -> list[list[str]]:
    return list(csv.reader(io.StringIO(text, newline="")))


def test_csv_has_every_table(report: Report) -> None:
    """A file a table; numbers keep all their digits."""
    files = csv_files(report)
    assert list(files) == ["contents.csv", *(f"{table.key}.csv" for table in report.tables)]
    for table in report.tables:
        headings, *rows = read_csv(files[f"{table.key}.csv"])
        assert tuple(headings) == table.columns
        for cells, row in zip(rows, table.rows, strict=True):
            for cell, value in zip(cells, row, strict=True):
                if isinstance(value, Number):
                    assert (float(cell) if cell else None) == value.value
                else:
                    assert cell.removeprefix("'") == value


@pytest.mark.parametrize("hostile", [*IN_TABLES, OTHER_WAY])
def test_no_cell_of_a_csv_starts_a_formula(run: Path, hostile: str) -> None:
    """Only numbers begin with a sign; texts that would are set off by an apostrophe."""
    spread(run, hostile)
    for text in csv_files(report_of(run)).values():
        for row in read_csv(text):
            for cell in row:
                if cell.strip()[:1] in ("=", "+", "-", "@"):
                    assert re.fullmatch(r"-?\d+(\.\d+)?(e[+-]?\d+)?", cell), cell


@pytest.mark.parametrize("text", ["=1", "+1", "-1", "@a", "\t=1", " =1", "\r\n=1", "\uff1d1", "\x00=1"])
def test_texts_that_could_be_formulas_are_set_off(text: str) -> None:
    """Also where blanks or characters that do not show stand before the sign."""
    assert guarded(text).startswith("'")


@pytest.mark.parametrize("text", ["", "a=b", "1", "Visits, short", "'=1"])
def test_other_texts_stay(text: str) -> None:
    """What no spreadsheet takes for a formula is left alone."""
    assert guarded(text) == text


def test_archive_is_the_same_each_time(report: Report) -> None:
    """One zip with all files, without the time of day."""
    files = csv_files(report)
    packed = archive(files)
    assert packed == archive(files)
    opened = zipfile.ZipFile(io.BytesIO(packed))
    assert {name: opened.read(name).decode("utf-8") for name in opened.namelist()} == files
