"""Tables as CSV: no text from a file is a formula for the program that opens it."""

from __future__ import annotations

import csv
import io

import pytest

from incentive_opt.files.writing import csv_text


@pytest.mark.parametrize(
    ("cell", "written"),
    [
        ("=HYPERLINK(A1)", "'=HYPERLINK(A1)"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("+1+cmd|' /C calc'!A0", "'+1+cmd|' /C calc'!A0"),
        ("-2+3", "'-2+3"),
        ("\t=1", "'\t=1"),
        ("a = b, c", "a = b, c"),
        ("-1,234.5", "-1,234.5"),
        ("+3.1 %", "+3.1 %"),
        (-2.5, "-2.5"),
        (None, ""),
    ],
)
def test_a_text_is_never_a_formula(cell: object, written: str) -> None:
    """Titles and labels may begin with any character; numbers, also those in words, stay as they are."""
    found = list(csv.reader(io.StringIO(csv_text([{"x": cell, "y": 1}]), newline="")))
    assert found == [["x", "y"], [written, "1"]]
