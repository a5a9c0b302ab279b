"""Health against any number of an instance: every value is searched, and its files stand by themselves."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from incentive_opt.cli.main import main
from incentive_opt.cli.variation_view import decimals_of
from incentive_opt.errors import InputError
from incentive_opt.files import read_instance
from incentive_opt.frontier import variation
from incentive_opt.frontier.steps import values_of
from incentive_opt.solve.kept import Terms
from incentive_opt.solve.run import solve

TERMS = Terms(gap=0.001, time_limit=60.0, iteration_limit=200)
CEILING = "income.ceiling"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("varied")


@pytest.fixture(scope="module")
def found(folder: Path) -> dict[str, Any]:
    return variation("two_practices", "quality_bonus", CEILING, "1.0:1.4:3", folder, TERMS)


def test_each_value_has_the_design_of_its_own_instance(found: dict[str, Any], folder: Path) -> None:
    """As `solve` finds it on the instance with that value; without room for bonuses it is today's."""
    assert [row["value"] for row in found["rows"]] == [1.0, 1.2, 1.4]
    for row in found["rows"]:
        given = read_instance(folder / "instances" / f"{CEILING}-{row['value']:.10g}")
        assert given.income_ceiling == row["value"]
        alone = solve(given, "quality_bonus", gap=0.001, time_limit=30)
        assert row["health_qaly"] == pytest.approx(alone.health, rel=0.002)
        assert row["health_qaly"] <= row["upper_bound_qaly"] + 1e-9
    assert found["rows"][0]["is_status_quo"]
    assert found["rows"][0]["health_qaly"] == pytest.approx(9.0)
    assert found["rows"][2]["health_qaly"] == pytest.approx(12.3, abs=1e-3), (
        "by hand, in the instance's README"
    )
    assert found["complete"]
    assert {path.name for path in folder.glob("variation.*")} == {
        "variation.csv", "variation.json", "variation.svg",
    }  # fmt: skip


def test_what_was_searched_is_taken(found: dict[str, Any], folder: Path) -> None:
    """The same call again searches nothing, and writes the same."""
    said: list[str] = []
    again = variation("two_practices", "quality_bonus", CEILING, "1.0:1.4:3", folder, TERMS, tell=said.append)
    assert again == found
    assert len(said) == 3
    assert all("taken from the earlier call" in line for line in said)


def test_a_run_folder_stands_by_itself(found: dict[str, Any], folder: Path) -> None:
    """`verify` holds on the design of a value."""
    done = CliRunner().invoke(main, ["verify", str(folder / f"{CEILING}-1.4")])
    assert done.exit_code == 0, done.output


def test_the_command_prints_and_gives_json(found: dict[str, Any], folder: Path) -> None:
    """A row for each value for people; the same figures for programs."""
    words = ["frontier", "two_practices", "--model", "quality_bonus", "--vary", CEILING, "1.0:1.4:3"]
    quick = ["--gap", "0.001", "--time-limit", "60", "--iterations", "200", "--out", str(folder)]
    done = CliRunner().invoke(main, [*words, *quick])
    assert done.exit_code == 0, done.stderr
    assert "Health against income.ceiling" in done.stdout
    assert "as today" in done.stdout
    document = json.loads(CliRunner().invoke(main, [*words, *quick, "--json"]).stdout)
    assert document["rows"] == found["rows"]


@pytest.mark.parametrize(
    ("key", "values", "said"),
    [
        ("income.floor", "0.9:1.0", "LO:HI:N with LO below HI"),
        ("income.floor", "1.0:0.9:3", "LO:HI:N with LO below HI"),
        ("income.floor", "nan:1:3", "LO:HI:N with LO below HI"),
        ("income.flor", "0.9:1.0:3", "flor"),
        ("income.floor", "-1:1.0:3", "at least 0"),
        ("title", "0:1:3", "payer.budget"),
        ("status_quo", "0:1:3", "single value"),
    ],
)
def test_what_makes_no_sense_is_refused(tmp_path: Path, key: str, values: str, said: str) -> None:
    """Before any search, in words."""
    with pytest.raises(InputError) as caught:
        variation("two_practices", "quality_bonus", key, values, tmp_path / "out", TERMS)
    assert said in str(caught.value)
    assert not (tmp_path / "out").exists()


def test_one_of_the_two_is_asked_for() -> None:
    """Budgets or a number to vary, not both and not neither."""
    runner = CliRunner()
    for words in ([], ["--budgets", "1:2:2", "--vary", "income.floor", "0.9:1:2"]):
        done = runner.invoke(main, ["frontier", "two_practices", *words])
        assert done.exit_code == 2
        assert "either --budgets LO:HI:N or --vary KEY LO:HI:N" in done.stderr


def test_values_hit_both_ends() -> None:
    """Even steps, without the dust of binary fractions."""
    assert values_of("0.90:1.00:6") == [0.9, 0.92, 0.94, 0.96, 0.98, 1.0]


@pytest.mark.parametrize(
    ("values", "decimals"), [([0.9, 1.0, 1.1], 1), ([500_000.0, 515_000.0], 0), ([1.0, 4.0 / 3.0], 6)]
)
def test_values_are_written_alike(values: list[float], decimals: int) -> None:
    """As many decimals for each value as the longest needs."""
    assert decimals_of(values) == decimals
