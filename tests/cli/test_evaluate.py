"""``incentive-opt evaluate``: what people read, and what is refused."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from incentive_opt.cli.evaluation_view import bound_words, term_rows
from incentive_opt.cli.main import main
from incentive_opt.domain.instance import Instance
from incentive_opt.evaluate import run as run_module
from incentive_opt.files import read_instance, write_contract
from tests.cli.simulated import made_up, two_tiers

PLACE = "two_practices"


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A contract file that breaks budget and ceilings; years are random figures."""

    def simulate(instance: Instance, contract: Any, behaviour: str, number: int, *_: Any, **__: Any) -> Any:
        return made_up(instance, contract or instance.status_quo, 4, number, behaviour)

    monkeypatch.setattr(run_module, "simulate", simulate)
    path = tmp_path / "mine.toml"
    write_contract(two_tiers(read_instance(PLACE), 40.0, 0.0), path)
    return path


def typed(*words: str) -> Result:
    return CliRunner().invoke(main, ["evaluate", *words])


def test_breaches_are_told_and_end_well(made: Path) -> None:
    """A contract that breaks terms is no error: exit code 0, and each breach with its dollars."""
    done = typed(PLACE, "--contract", str(made))
    assert done.exit_code == 0, done.stderr
    said = " ".join(done.stdout.split())
    for words in (
        "breaks 3 of",
        "outlay within the budget 650,000.00 at most 515,000.00 135,000.00 USD/year",
        "Busy practice: income ceiling 80,000.00 at most 60,000.00 20,000.00",
        "First best 18.00 QALY/year",
        "Share of the possible gain reached 27.8 %",
        "it breaks the budget",
        "10 years, rational practices (seed 0)",
        "Busy practice: net income",
    ):
        assert words in said
    assert "nan" not in said
    assert "inf" not in said.split()


def test_many_reasons_are_cut_short() -> None:
    """Of seven reasons five are shown, and the others are counted."""
    bound = {"says": "", "bound_qaly": 2.0, "share_of_gain": 0.5,
             "not_covered_because": [f"reason {number}" for number in range(7)]}  # fmt: skip
    lines = bound_words({"bound": bound, "terms_of_the_design": []})
    assert lines[-2:] == ["  reason 4", "  … and 2 more; --json has them all"]


def test_json_is_one_document(made: Path) -> None:
    """Totals, terms, bound and simulated differences."""
    document = json.loads(typed(PLACE, "--contract", str(made), "--replications", "1", "--json").stdout)
    assert document["schema"] == 1
    assert document["optimiser"]["totals"]["health_qaly"] == pytest.approx(11.5)
    assert sum(not term["ok"] for term in document["terms"]) == 3
    assert document["simulated"]["replications"] == 1
    assert all(figure["low"] is None for figure in document["simulated"]["figures"])


def test_everything_wrong_is_told_at_once(tmp_path: Path) -> None:
    """Instance, contract and design in one go; exit code 2."""
    words = [
        "no_such_town",
        "--contract",
        str(tmp_path / "c.toml"),
        "--design",
        str(tmp_path / "d"),
        "--json",
    ]
    done = typed(*words)
    assert done.exit_code == 2
    files = " ".join(problem["file"] for problem in json.loads(done.stdout)["error"]["problems"])
    for name in ("no_such_town", "c.toml", "d"):
        assert name in files


@pytest.mark.parametrize("words", [[], ["--contract"], ["--contract", "status_quo", "--replications", "0"]])
def test_usage_is_explained(words: list[str]) -> None:
    """A contract is needed, and at least one year."""
    done = typed(PLACE, *words)
    assert done.exit_code == 2
    assert "--contract" in done.stderr or "--replications" in done.stderr


def test_real_years(tmp_path: Path) -> None:
    """A bonus of 40 USD moves every practice to long visits: health rises in simulated years too."""
    path = tmp_path / "mine.toml"
    write_contract(two_tiers(read_instance(PLACE), 40.0, 0.0), path)
    done = typed(PLACE, "--contract", str(path), "--replications", "3", "--json")
    assert done.exit_code == 0, done.output
    document = json.loads(done.stdout)
    health = document["simulated"]["figures"][0]
    assert health["quantity"] == "health_qaly"
    assert health["low"] > 0.0
    assert health["difference"] == pytest.approx(health["contract"] - health["status_quo"])


def term(name: str, value: float, limit: float, unit: str) -> dict[str, Any]:
    """A term that is broken."""
    return {"name": name, "ok": False, "value": value, "relation": "<=", "limit": limit, "unit": unit,
            "breach": value - limit}  # fmt: skip


@pytest.mark.parametrize(
    ("name", "unit", "shown", "figures"),
    [
        ("share of today's fees held back", "of fees", "", ("0.1500", "0.1000", "0.0500")),
        ("number of services repriced", "services", "", ()),
        ("change of payments to busy", "USD/practice and year", "change of payments to Busy practice", ()),
        ("change of income of busy, away from that of all", "of today's",
         "change of income of Busy practice, away from that of all", ()),
        ("referral loss of busy if it works as today", "USD",
         "referral loss of Busy practice if it works as today", ()),
        ("reliability of rate for busy", "reliability", "reliability of rate for Busy practice", ()),
        ("busy: income floor", "USD", "Busy practice: income floor", ("0.15", "0.10", "0.05")),
        ("change of fee of busy", "USD/service", "", ()),
        ("payments for busy at today's care, floor", "USD", "", ()),
        ("change of payments to busybody", "USD", "", ()),
    ],
)  # fmt: skip
def test_broken_terms_are_told_in_figures_that_differ(
    name: str, unit: str, shown: str, figures: tuple[str, ...]
) -> None:
    """Shares have decimals, counts have none; practice types have their labels, and nothing else has."""
    labels = {"practices": {"busy": "Busy practice"}}
    _, [row] = term_rows({"terms": [term(name, 0.15, 0.1, unit)]}, labels)
    assert row[0] == (shown or name)
    if figures:
        assert (str(row[1]), str(row[3]), str(row[4])) == figures
