"""One slip in a table is one problem: nothing is told that only follows from it, and nothing real is lost."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from incentive_opt.errors import InputError, Problem
from incentive_opt.files import read_instance
from incentive_opt.files.columns import TABLES
from incentive_opt.files.library import shipped_instances
from tests.conftest import edit

TOWN = "two_practices"
FILES = [layout.file for layout in TABLES if (shipped_instances()[TOWN] / layout.file).is_file()]
SLIPS = {
    "twice": lambda row: f"{row}\n{row}",
    "too few cells": lambda row: row.rpartition(",")[0],
    "too many cells": lambda row: f"{row},more",
}


def problems(folder: Path) -> list[Problem]:
    """What is wrong with an instance."""
    try:
        read_instance(folder)
    except InputError as error:
        return error.problems
    return []


@pytest.fixture
def town(tmp_path: Path) -> Path:
    """A copy of an instance with every kind of table."""
    return Path(shutil.copytree(shipped_instances()[TOWN], tmp_path / "town"))


@pytest.mark.parametrize("slip", SLIPS)
@pytest.mark.parametrize("file", FILES)
def test_a_slip_in_any_row_is_one_problem(town: Path, file: str, slip: str) -> None:
    """Each row of each table once told twice, once short of a cell, once with one too many."""
    lines = (town / file).read_text(encoding="utf-8").rstrip("\n").split("\n")
    for at in range(1, len(lines)):
        changed = [*lines[:at], SLIPS[slip](lines[at]), *lines[at + 1 :]]
        (town / file).write_text("\n".join(changed) + "\n", encoding="utf-8")
        found = problems(town)
        assert [one.file for one in found] == [f"town/{file}"], "\n".join(map(str, found))
        assert ("once" if slip == "twice" else "cells") in found[0].expected


def test_a_repeated_row_has_no_work_of_its_own(small_instance: Path) -> None:
    """Children are not counted twice against the staff time of the practice."""
    edit(
        small_instance / "panels.csv",
        "solo,school_age,900,400,made_up\n",
        "solo,school_age,900,900,made_up\n" * 9,
    )
    assert {one.expected for one in problems(small_instance)} == {"every practice and segment once"}


def test_other_problems_are_told_beside_a_torn_row(small_instance: Path) -> None:
    """A name that stands nowhere, a practice without children, a pair without its other half."""
    edit(small_instance / "practices.csv", "Solo practice,made_up", "Solo practice, made up,made_up")
    edit(small_instance / "panels.csv", "group,infant,900", "groop,infant,900")
    edit(small_instance / "panels.csv", "group,school_age,3600,1800,made_up\n", "")
    edit(small_instance / "needs.csv", "asthma,school_age,0.3,ED,900,0.0050,made_up;seen\n", "")
    said = [str(one) for one in problems(small_instance)]
    assert len(said) > 3
    for words in (
        "found '15 cells'; expected 14 cells", "expected a practice of practices.csv. Did you mean 'group'",
        "(practice=group); expected children", "expected a row for the same need and segment in needs.csv",
    ):  # fmt: skip
        assert any(words in one for one in said), (words, said)
    assert not [one for one in said if "'solo'" in one]


def test_an_address_of_nothing_is_told_beside_a_torn_row(town: Path) -> None:
    """A parameter of a row that is torn waits for it; one of a row that is nowhere does not."""
    edit(town / "practices.csv", "40000,0,Busy practice,by_hand", "40000,0,Busy practice")
    edit(town / "uncertainty.csv", "health.csv:need=asthma:qaly", "health.csv:need=gout:qaly")
    edit(town / "uncertainty.csv", "practices.csv:practice=caring:", "practices.csv:practice=carping:")
    said = [str(one) for one in problems(town)]
    assert len(said) == 3, said
    assert all("No row is like that." in one for one in said[1:])


def test_children_whom_others_pay_for_beside_a_torn_row(small_instance: Path) -> None:
    """Whether any segment is contracted cannot be told while one is torn."""
    edit(small_instance / "segments.csv", "true,Under two years", "true,Under, two years")
    edit(small_instance / "segments.csv", "school_age,1.2,true", "school_age,1.2,false")
    assert not [one for one in problems(small_instance) if "at least one segment" in one.expected]
