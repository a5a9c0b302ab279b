"""``incentive-opt demo``: the commands it runs, and what it shows of a design."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import CliRunner

from incentive_opt.cli import demo as demo_module
from incentive_opt.cli.main import main


def design() -> dict[str, Any]:
    """A design with round numbers."""
    return {
        "objective": {"status_quo_qaly": 100.0, "health_qaly": 110.0, "upper_bound_qaly": 121.0, "gap": 0.1},
        "budget": {"limit_usd": 3e6, "outlay_usd": 2.5e6},
        "contract": {
            "levers": [
                {"lever": "fee", "of": "visit", "value": 50, "status_quo": 40, "unit": "USD/service"},
                {"lever": "fee", "of": "call", "value": 9.0, "status_quo": 9.001, "unit": "USD/service"},
                {
                    "lever": "bonus",
                    "of": "shots",
                    "tier": 2,
                    "value": 3,
                    "status_quo": 0,
                    "unit": "USD/event",
                },
            ]
        },
        "practices": [
            {"practice": "solo", "count": 7, "status_quo_net_income_usd": -200.0, "net_income_usd": -100.0},
            {"practice": "group", "count": 2, "status_quo_net_income_usd": 0.0, "net_income_usd": 10.0},
        ],
    }


def program(verify_code: int = 0, validate_code: int = 0) -> tuple[click.Group, list[list[str]]]:
    """A group with the demo and with stand-ins for the commands it runs, that note their words."""
    words: list[list[str]] = []

    @click.command(context_settings={"ignore_unknown_options": True})
    @click.argument("given", nargs=-1)
    def solve(given: tuple[str, ...]) -> None:
        words.append(["solve", *given])
        out = Path(given[given.index("--out") + 1])
        out.mkdir(parents=True)
        (out / "design.json").write_text(json.dumps(design()), encoding="utf-8")

    @click.command()
    @click.argument("given", nargs=-1)
    @click.pass_context
    def verify(context: click.Context, given: tuple[str, ...]) -> None:
        words.append(["verify", *given])
        context.exit(verify_code)

    @click.command()
    @click.argument("given", nargs=-1)
    @click.pass_context
    def validate(context: click.Context, given: tuple[str, ...]) -> None:
        words.append(["validate", *given])
        context.exit(validate_code)

    @click.command()
    @click.argument("given", nargs=-1)
    def report(given: tuple[str, ...]) -> None:
        words.append(["report", *given])

    commands = {"solve": solve, "verify": verify, "validate": validate, "report": report}
    commands["demo"] = demo_module.demo
    return click.Group(commands=commands), words


@pytest.mark.parametrize("validate_code", [0, 5])
def test_demo_solves_verifies_validates_reports_and_shows(tmp_path: Path, validate_code: int) -> None:
    """The design is verified, simulated, reported and shown, also where the simulation fails it."""
    group, words = program(validate_code=validate_code)
    out = str(tmp_path / "design")
    done = CliRunner().invoke(group, ["demo", "--out", out])
    assert done.exit_code == 0, done.output
    assert [line[0] for line in words] == ["solve", "verify", "validate", "report"]
    assert words[0][1:6] == ["medicaid_statewide", "--model", "blended", "--out", out]
    assert words[1:] == [["verify", out], ["validate", out], ["report", out]]
    assert "design.json" in done.stdout
    assert "2,500,000" in done.stdout


def test_broken_promise_ends_the_demo(tmp_path: Path) -> None:
    """When verification fails the demo ends with its code and shows no tables."""
    group, _ = program(verify_code=4)
    done = CliRunner().invoke(group, ["demo", "--out", str(tmp_path / "design")])
    assert done.exit_code == 4
    assert "Practices" not in done.stdout


def test_only_moved_prices_are_shown() -> None:
    """A difference below half a cent is none; a bonus names its tier."""
    assert [list(map(str, row)) for row in demo_module.moved_levers(design())] == [
        ["fee", "visit", "None", "40.00", "50.00", "USD/service"],
        ["bonus", "shots", "2", "0.00", "3.00", "USD/event"],
    ]


def test_change_of_income_has_the_sign_of_the_change() -> None:
    """A smaller loss is a rise; from nothing there is no percentage."""
    assert [str(row[-1]) for row in demo_module.practices(design())] == ["50.0", ""]


def test_missing_bound_is_not_a_number() -> None:
    """A design without a bound shows none."""
    without = design()
    without["objective"]["upper_bound_qaly"] = without["objective"]["gap"] = None
    assert [str(row[1]) for row in demo_module.health_and_money(without)][2:4] == ["", ""]


@pytest.mark.slow
def test_the_real_demo(tmp_path: Path) -> None:
    """On the shipped instance the demo finds a design, verifies it and leaves its files."""
    out = tmp_path / "design"
    done = CliRunner().invoke(main, ["demo", "--out", str(out), "--gap", "0.05", "--time-limit", "120"])
    assert done.exit_code == 0, done.output
    found = json.loads((out / "design.json").read_text(encoding="utf-8"))
    assert found["objective"]["health_qaly"] >= found["objective"]["status_quo_qaly"]
    assert (out / "contract.toml").is_file()
    assert (out / "report.html").is_file()
