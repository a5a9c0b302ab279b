"""Ledgers of simulations as CSV files: written, read back, and refused with every fault named."""

from __future__ import annotations

import secrets
from pathlib import Path

import numpy as np
import pytest

from incentive_opt.domain.instance import Instance
from incentive_opt.errors import InputError
from incentive_opt.files import read_instance
from incentive_opt.outside import Years, ledger_text, read_ledger
from incentive_opt.outside.ledger_file import HEADER, MOST_PROBLEMS
from tests.cli.simulated import made_up, two_tiers

GOOD = [
    "1,,health_qaly,,,8.5",
    "1,,outlay_usd,,,440000",
    "2,,health_qaly,,,9",
    "2,,outlay_usd,,,450000.5",
]


@pytest.fixture(scope="module")
def instance() -> Instance:
    return read_instance("two_practices")


def written(folder: Path, *rows: str, header: str = HEADER) -> Path:
    path = folder / "ledger.csv"
    path.write_text("\n".join([header, *rows]) + "\n", encoding="utf-8")
    return path


def problems(instance: Instance, path: Path, replications: int = 2) -> list[str]:
    """What is said of a ledger under the contract with two tiers."""
    with pytest.raises(InputError) as caught:
        read_ledger(path, instance, two_tiers(instance), replications)
    return [str(problem) for problem in caught.value.problems]


def test_what_is_written_is_read_back(instance: Instance, tmp_path: Path) -> None:
    """To the last bit, with the figures that a year does not have left out."""
    seed = secrets.randbits(32)
    contract = two_tiers(instance)
    made = made_up(instance, contract, seed, replications=3)
    values = made.samples.copy()
    rates = [column for column, q in enumerate(made.quantities) if q.kind == "rate"]
    values[0, rates[0]] = np.nan
    values[:, rates[1]] = np.nan
    path = tmp_path / "ledger.csv"
    path.write_text(ledger_text(Years(made.quantities, values)), encoding="utf-8")
    read = read_ledger(path, instance, contract, 3)
    kept = [column for column in range(values.shape[1]) if column != rates[1]]
    assert read.quantities == [made.quantities[column] for column in kept], f"seed {seed}"
    assert np.array_equal(read.values, values[:, kept], equal_nan=True), f"seed {seed}"


def test_the_least_ledger(instance: Instance, tmp_path: Path) -> None:
    """Two totals in every year are enough; columns may stand in any order."""
    turned = [",".join(reversed(row.split(","))) for row in GOOD]
    path = written(tmp_path, *turned, header=",".join(reversed(HEADER.split(","))))
    read = read_ledger(path, instance, two_tiers(instance), 2)
    assert [q.kind for q in read.quantities] == ["health_qaly", "outlay_usd"]
    assert read.values.tolist() == [[8.5, 440000.0], [9.0, 450000.5]]
    assert read.estimates.mean.tolist() == [8.75, 445000.25]


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ("1,,helth,,,1", "quantity: found 'helth'; expected a known quantity. Did you mean 'health_qaly'?"),
        ("1,buzy,net_income_usd,,,1", "practice: found 'buzy'; expected one of busy, caring for net_"),
        ("1,busy,health_qaly,,,1", "practice: found 'busy'; expected an empty cell for health_qaly"),
        ("1,busy,panel,,,1", "of; expected child for panel"),
        ("1,busy,panel,grown_up,,1", "of: found 'grown_up'; expected child for panel"),
        ("1,busy,rate,thorough_visit,1,1", "tier: found '1'; expected an empty cell for rate"),
        ("1,busy,tier_paid,thorough_visit,3,1", "tier: found '3'; expected one of 1, 2 for tier_paid"),
        ("1,busy,tier_paid,thorough_visit,1,1.01", "value: found '1.01'; expected a share from 0 to 1"),
        ("1,busy,panel,child,,-1", "value: found '-1'; expected a number that is not negative"),
        ("1,busy,panel,child,,nan", "value: found 'nan'; expected a number"),
        ("3,busy,panel,child,,1", "replication: found '3'; expected a whole number from 1 to 2"),
        ("0,busy,panel,child,,1", "replication: found '0'; expected a number at least 1"),
        ("1.5,busy,panel,child,,1", "replication: found '1.5'; expected a whole number"),
        ("1,,health_qaly,,,1", "every replication and practice and quantity and of and tier once"),
        ("1.0,,health_qaly,,,1", "replication: found '1.0'; expected every figure once in a year"),
        ("1,,visits,,", "row 6: found '5 cells'; expected 6 cells"),
    ],
)  # fmt: skip
def test_a_bad_row_is_named(instance: Instance, tmp_path: Path, row: str, words: str) -> None:
    """The row, what stands there and what would have been right."""
    (text,) = problems(instance, written(tmp_path, *GOOD, row))
    assert "row 6" in text
    assert words in text


def test_all_faults_are_told_at_once(instance: Instance, tmp_path: Path) -> None:
    """Three bad rows, three problems, and none of them hides the others."""
    path = written(tmp_path, *GOOD, "1,,visit,,,1", "2,,visits,,,-3", "2,,admissions,,,many")
    found = problems(instance, path)
    assert ["row 6" in found[0] or "row 8" in found[0], len(found)] == [True, 3]
    assert {number for number in (6, 7, 8) if any(f"row {number}" in text for text in found)} == {6, 7, 8}


def test_required_totals_are_missed(instance: Instance, tmp_path: Path) -> None:
    """Outlay is missing in one year and health in another."""
    found = problems(instance, written(tmp_path, GOOD[0], GOOD[3]))
    assert len(found) == 2
    assert "quantity=health_qaly" in found[0]
    assert "there is none for 2" in found[0]
    assert "there is none for 1" in found[1]


def test_a_tier_without_a_bonus_is_none(instance: Instance, tmp_path: Path) -> None:
    """Under the contract in force nobody is paid for a tier, so a share of them is a mistake."""
    path = written(tmp_path, *GOOD, "1,busy,tier_paid,thorough_visit,1,0")
    with pytest.raises(InputError, match="no bonus is paid under this contract"):
        read_ledger(path, instance, instance.status_quo, 2)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "an empty file"),
        ("replication,quantity,value\n1,health_qaly,2\n", "a column 'practice'"),
        (f"{HEADER},why\n1,,health_qaly,,,1,so\n", "only known columns"),
        (HEADER + "\n", "no rows"),
        ("replication;practice;quantity;of;tier;value\n", "a column 'practice'"),
    ],
)
def test_a_bad_header_is_named(instance: Instance, tmp_path: Path, text: str, words: str) -> None:
    """What is missing or too much; and the file that was meant."""
    path = tmp_path / "ledger.csv"
    path.write_text(text, encoding="utf-8")
    assert any(words in found for found in problems(instance, path))


def test_bytes_that_are_no_text(instance: Instance, tmp_path: Path) -> None:
    """A binary file is refused, and no file at all as well."""
    path = tmp_path / "ledger.csv"
    path.write_bytes(b"\xff\xfe\x00\x01")
    assert "UTF-8" in problems(instance, path)[0]
    assert "this file to exist" in problems(instance, tmp_path / "none.csv")[0]


def test_thousands_of_faults_are_cut_short(instance: Instance, tmp_path: Path) -> None:
    """A program that is wrong in every row does not fill the screen, and the rest is counted."""
    rows = [f"1,,wrong_{number},,,1" for number in range(MOST_PROBLEMS + 25)]
    found = problems(instance, written(tmp_path, *rows))
    assert len(found) == MOST_PROBLEMS + 1
    assert "25 more problems" in found[-1]
