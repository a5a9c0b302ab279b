"""The contract with the least outlay, and the words and designs that come of it."""

from __future__ import annotations

import dataclasses
import sys
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from incentive_opt import pricing
from incentive_opt.cli.main import main
from incentive_opt.domain.instance import Instance
from incentive_opt.errors import NoDesign
from incentive_opt.files import read_instance, read_model
from incentive_opt.formulation.assurance import Stopwatch
from incentive_opt.solve.cheapest import Cheapest, Effort, cheapest
from incentive_opt.solve.pose import pose
from incentive_opt.solve.run import solve

RUN = sys.modules["incentive_opt.solve.run"]


def with_terms(**changes: Any) -> Instance:
    return dataclasses.replace(read_instance("two_practices"), **changes)


def least(instance: Instance, model: str, effort: Effort | None = None) -> Cheapest:
    problem, payer = pose(instance, read_model(model, instance), None, 1)
    return cheapest(problem, payer, effort or Effort(time_limit=20.0), Stopwatch())


@pytest.mark.parametrize(
    ("changes", "model", "usd"),
    [
        ({}, "quality_bonus", 450_000.0),
        ({"income_floor": 1.2}, "quality_bonus", 502_500.0),
        ({"income_floor": 1.2, "margin": 0.0}, "quality_bonus", 500_000.0),
        ({}, "capitation", 394_000.0),
        ({"income_floor": 0.5}, "capitation", 300_000.0),
        ({}, "blended", 394_000.0),
    ],
)
def test_least_outlay_by_hand(changes: dict[str, Any], model: str, usd: float) -> None:
    """Rows of the README's table; with free prices, incomes at their floor and no care elsewhere."""
    found = least(with_terms(**changes), model)
    assert found.exact
    assert found.usd == pytest.approx(usd, rel=1e-4)
    assert found.at_least == pytest.approx(usd, rel=1e-3)
    assert found.settled is not None
    assert found.settled.faults == ()
    assert found.serves(usd + 1.0)
    assert not found.serves(usd - 2.0)


def test_without_time_there_is_what_is_known_anyway() -> None:
    """Today's contract, and what is needed if practices did what the payer chose; not called exact."""
    found = least(with_terms(), "blended", Effort(time_limit=0.0))
    assert found.usd == 450_000.0
    assert found.at_least == pytest.approx(394_000.0)
    assert not found.exact


def test_no_budget_would_do() -> None:
    """A floor of six times today's income: bonuses of at most 120 USD a visit cannot bring it."""
    found = least(with_terms(income_floor=6.0, income_ceiling=8.0), "quality_bonus")
    assert found.usd is None
    assert found.at_least == float("inf")
    with pytest.raises(NoDesign, match="No budget would do"):
        solve(with_terms(income_floor=6.0, income_ceiling=8.0), "quality_bonus", time_limit=20.0)


def test_words_where_it_is_proved_that_there_is_none() -> None:
    """Fees fixed and a dollar short of them: what would do is named, and today's contract."""
    with pytest.raises(NoDesign) as caught:
        solve(with_terms(budget=449_999.0), "quality_bonus", time_limit=20.0)
    words = str(caught.value)
    assert "no contract of quality_bonus meets every constraint" in words
    assert "A budget of 450,000 USD a year would do" in words
    assert "Today's contract costs 450,000 USD a year" in words


def test_the_cheapest_contract_is_a_design_where_the_search_for_health_finds_none(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """The budget that would do does, even so; the note says how it was found, and it verifies."""
    nothing = pricing.Result("unknown", float("-inf"), float("inf"), float("inf"), None, [], 0, {}, {})
    monkeypatch.setattr(RUN, "_search", lambda *_: (nothing, False))
    design = solve("two_practices", "capitation", budget=394_000.0, time_limit=20.0)
    assert design.outlay <= 394_000.0 * (1.0 + 1e-6)
    assert any("the cheapest contract" in note for note in design.document["notes"])
    design.write(tmp_path / "run")
    assert CliRunner().invoke(main, ["verify", str(tmp_path / "run")]).exit_code == 0
    with pytest.raises(NoDesign, match="none was found"):
        solve(with_terms(budget=449_000.0), "quality_bonus", time_limit=20.0)
