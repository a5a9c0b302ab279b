"""``incentive-opt explain``: words, JSON, exit codes, and what is refused."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from incentive_opt.cli.main import main

POOR = ["two_practices", "--model", "capitation", "--budget", "236400", "--time-limit", "60"]


def typed(*words: str) -> Result:
    return CliRunner().invoke(main, list(words))


def test_no_design_is_exit_code_three_with_the_budget_that_would_do() -> None:
    """The sentence, the table, progress on stderr; the budget as typed then solves."""
    done = typed("explain", *POOR)
    assert done.exit_code == 3, done.output
    assert (
        "A budget of 394,000 USD a year would do, in place of 236,400 USD; nothing less does." in done.stdout
    )
    assert "Each limit alone, the others as they are" in done.stdout
    assert "Busy practice" in done.stdout
    assert "looking for the cheapest contract" in done.stderr
    assert "looking for the cheapest contract" not in done.stdout


def test_json_is_one_document() -> None:
    """With exit code 3 as well."""
    done = typed("explain", *POOR[:-1], "1", "--json")
    assert done.exit_code == 3
    document = json.loads(done.stdout)
    assert document["kind"] == "explanation"
    assert document["terms"]["budget"] == 236_400.0


def test_solve_names_the_budget_and_taking_it_makes_a_design(tmp_path: Path) -> None:
    """What `solve` says on stderr, taken at its word."""
    out = ["--out", str(tmp_path / "run"), "--quiet"]
    refused = typed("solve", "two_practices", "--model", "capitation", "--budget", "236400", *out)
    assert refused.exit_code == 3
    assert "A budget of 394,000 USD a year would do" in refused.stderr
    done = typed("solve", "two_practices", "--model", "capitation", "--budget", "394000", *out)
    assert done.exit_code == 0, done.output
    assert typed("verify", str(tmp_path / "run")).exit_code == 0


def test_a_design(tmp_path: Path) -> None:
    """Sentences and four tables; exit code 0."""
    run = str(tmp_path / "run")
    assert typed("solve", "two_practices", "--model", "quality_bonus", "--out", run, "--quiet").exit_code == 0
    done = typed("explain", run, "--time-limit", "30")
    assert done.exit_code == 0, done.output
    for words in (
        "What binds:",
        "Limits of the design",
        "In the first best",
        "Searching again with one limit",
    ):
        assert words in done.stdout
    assert "NO" not in done.stdout
    wrong = typed("explain", run, "--budget", "5")
    assert wrong.exit_code == 2
    assert "--budget is for an instance" in wrong.stderr


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["nowhere"], "nowhere"),
        (["blended"], "This is a payment model"),
        (["two_practices", "--model", "nothing"], "nothing"),
        (["two_practices", "--budget", "nan"], "budget"),
        (["two_practices", "--gap", "5"], "gap"),
        (["two_practices", "--kinds", "0"], "kinds"),
        (["two_practices", "--time-limit", "-1"], "time-limit"),
    ],
)
def test_bad_input_is_exit_code_two(words: list[str], said: str) -> None:
    """What is wrong is named before any search."""
    done = typed("explain", *words)
    assert done.exit_code == 2, done.output
    assert said in done.stderr


def test_help_has_examples() -> None:
    """Two, one for each use."""
    done = typed("explain", "--help")
    assert "explain my_design" in done.stdout
    assert "--budget 270000" in done.stdout
