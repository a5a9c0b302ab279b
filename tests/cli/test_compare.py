"""``incentive-opt compare``: what people read, JSON, and what is refused."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from incentive_opt.cli.main import main

WORDS = ["compare", "two_practices", "--models", "quality_bonus,capitation,care_management_fee"]
QUICK = ["--iterations", "40", "--time-limit", "20"]


def typed(*words: str) -> Result:
    return CliRunner().invoke(main, list(words))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("side_by_side")


def test_models_stand_side_by_side(folder: Path) -> None:
    """Health, incomes, children and staff time of each model; the reason where there is none; then again."""
    done = typed(*WORDS, *QUICK, "--out", str(folder))
    assert done.exit_code == 0, done.stderr
    assert re.search(r"^today +9\.00 +0\.0 ", done.stdout, re.MULTILINE)
    assert re.search(r"^quality_bonus +12\.30 +36\.7 +12\.\d\d +\d\.\d +0\.51 ", done.stdout, re.MULTILINE)
    assert "Busy practice" in done.stdout
    assert "care_management_fee: Not for two_practices: found 'complex'" in done.stdout
    assert "copy the model's file and change the names under `of`" in done.stdout
    assert "[1/3] quality_bonus: searching for at most 20 seconds" in done.stderr
    for word in ("nan", "inf", "None"):
        assert word not in done.stdout.split()
    again = typed(*WORDS, *QUICK, "--out", str(folder))
    assert again.stdout == done.stdout
    assert "[2/3] capitation: taken from the earlier comparison" in again.stderr


def test_json_is_one_document(folder: Path) -> None:
    """The same figures as in the folder's comparison.json."""
    done = typed(*WORDS, *QUICK, "--out", str(folder), "--json")
    document = json.loads(done.stdout)
    assert document.pop("folder") == str(folder)
    assert document == json.loads((folder / "comparison.json").read_text(encoding="utf-8"))
    assert [row["name"] for row in document["rows"]] == WORDS[-1].split(",")


def test_what_is_wrong_is_told_before_any_search(tmp_path: Path) -> None:
    """A misspelt model, and a folder that is no design: exit code 2 and both named."""
    words = ["--models", "capitaton", "--designs", str(tmp_path), "--out", str(tmp_path / "out")]
    done = typed("compare", "two_practices", *words)
    assert done.exit_code == 2
    assert "Did you mean 'capitation'?" in done.stderr
    assert "2 problems" in done.stderr
    assert not (tmp_path / "out").exists()
