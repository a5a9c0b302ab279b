"""``incentive-opt frontier``: what people read, JSON, and what is refused."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from incentive_opt.cli.main import main

WORDS = ["frontier", "two_practices", "--model", "quality_bonus", "--budgets", "440000:560000:5"]
QUICK = ["--iterations", "200", "--time-limit", "60", "--gap", "0.1%"]


def typed(*words: str) -> Result:
    return CliRunner().invoke(main, list(words))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("frontier")


def test_a_row_for_each_budget(folder: Path) -> None:
    """Figures, whose design each is, and why there is none for the least budget; then the same again."""
    done = typed(*WORDS, *QUICK, "--out", str(folder))
    assert done.exit_code == 0, done.stderr
    assert re.search(r"^ +440,000 .*none$", done.stdout, re.MULTILINE)
    assert re.search(
        r"^ +560,000 +544,\d{3} +13\.50 +50\.0 +13\.5\d +0\.\d +own search$", done.stdout, re.MULTILINE
    )
    assert "440,000 USD: no contract of quality_bonus meets every constraint." in done.stdout
    assert "Today: 9.00 QALY a year for 450,000 USD." in done.stdout
    assert "frontier.svg" in done.stdout
    assert "[1/5] budget 560,000 USD: searching for at most" in done.stderr
    for word in ("nan", "inf", "None"):
        assert word not in done.stdout.split()
    again = typed(*WORDS, *QUICK, "--out", str(folder))
    assert again.stdout == done.stdout
    assert "[1/5] budget 560,000 USD: taken from the earlier call" in again.stderr


def test_json_is_one_document(folder: Path) -> None:
    """The same figures as in the folder's frontier.json."""
    done = typed(*WORDS, *QUICK, "--out", str(folder), "--json")
    document = json.loads(done.stdout)
    assert document.pop("folder") == str(folder)
    assert document == json.loads((folder / "frontier.json").read_text(encoding="utf-8"))
    assert [row["budget_usd"] for row in document["rows"]] == [440e3, 470e3, 500e3, 530e3, 560e3]


def test_no_design_at_all(tmp_path: Path) -> None:
    """Budgets that no contract keeps: exit code 3, and the reason of each."""
    words = ["--budgets", "1:2:2", "--model", "quality_bonus", "--out", str(tmp_path / "out")]
    done = typed("frontier", "two_practices", *words)
    assert done.exit_code == 3
    assert "1 USD: the budget is 1 USD a year" in done.stdout
    assert "2 USD: the budget is 2 USD a year" in done.stdout
    assert "frontier.svg" not in done.stdout


def test_what_is_wrong_is_told_before_any_search(tmp_path: Path) -> None:
    """A range the wrong way round and a misspelt model: exit code 2 and both named, as typed."""
    words = ["--budgets", "5:4:1", "--model", "capitaton", "--out", str(tmp_path / "out")]
    done = typed("frontier", "two_practices", *words)
    assert done.exit_code == 2
    assert "command line, --budgets" in done.stderr
    assert "Did you mean 'capitation'?" in done.stderr
    assert "3 problems" in done.stderr
    assert not (tmp_path / "out").exists()
    assert typed("frontier", "two_practices").exit_code == 2
