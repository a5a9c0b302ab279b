"""Instances without a design: the budget that would do, other limits alone and together."""

from __future__ import annotations

import dataclasses
import secrets
from typing import Any

import numpy as np
import pytest

from incentive_opt import solve
from incentive_opt.domain.instance import Instance
from incentive_opt.errors import NoDesign
from incentive_opt.explain import explain_instance
from incentive_opt.files import read_instance
from incentive_opt.solve.kept import Terms

TERMS = Terms(gap=1e-4, time_limit=60.0)
SECONDS = 30.0


def with_terms(**changes: Any) -> Instance:
    """The smallest instance with other terms."""
    return dataclasses.replace(read_instance("two_practices"), **changes)


@pytest.fixture(scope="module")
def poor() -> dict[str, Any]:
    """Explained: capitation with a budget that is 40 % below what it takes."""
    return explain_instance(with_terms(budget=0.6 * 394_000.0), "capitation", TERMS)


def alone(explained: dict[str, Any], limit: str) -> dict[str, Any]:
    return next(change for change in explained["alone"] if change["limit"] == limit)


@pytest.mark.parametrize(("model", "least"), [("quality_bonus", 450_000.0), ("capitation", 394_000.0)])
def test_the_budget_that_would_do_is_exact_and_does(model: str, least: float) -> None:
    """By hand: 450,000 with fees fixed; else 6,000 less income, 50,000 less care elsewhere. Solved."""
    explained = explain_instance(with_terms(budget=0.6 * least), model, TERMS)
    budget = explained["least_budget"]
    assert explained["design_exists"] is False
    assert budget["exact"]
    assert budget["enough_usd"] == pytest.approx(least, rel=1e-3)
    assert budget["at_least_usd"] == pytest.approx(least, rel=1e-3)
    assert f"A budget of {least:,.0f} USD a year would do" in " ".join(explained["says"])
    design = solve(with_terms(budget=budget["enough_usd"]), model, time_limit=SECONDS)
    assert design.outlay <= budget["enough_usd"] * (1.0 + 1e-6)
    with pytest.raises(NoDesign):
        solve(with_terms(budget=0.999 * budget["at_least_usd"]), model, time_limit=SECONDS)


def test_the_message_of_solve_names_the_budget(poor: dict[str, Any]) -> None:
    """The same figure as the explanation's, and what is proved of it."""
    with pytest.raises(NoDesign) as caught:
        solve(with_terms(budget=0.6 * 394_000.0), "capitation", time_limit=SECONDS)
    assert "A budget of 394,000 USD a year would do" in str(caught.value)
    assert poor["least_budget"]["enough_usd"] == 394_000.0


def test_the_income_floor_that_would_do_does(poor: dict[str, Any]) -> None:
    """157,600 USD less for five practices of 40,000: a floor of 0.97 - 0.788; a hair more does not do."""
    change = alone(poor, "income floor")
    assert change["outcome"] == "exact"
    assert change["would_do"] == pytest.approx(0.97 - 157_600.0 / 200_000.0, abs=1e-3)
    assert change["usd_per_practice"]["busy"] == pytest.approx(31_520.0, rel=1e-2)
    lower = with_terms(budget=0.6 * 394_000.0, income_floor=change["would_do"])
    assert solve(lower, "capitation", time_limit=SECONDS).outlay <= 236_400.0 * (1.0 + 1e-6)
    higher = dataclasses.replace(lower, income_floor=change["would_do"] + 0.002)
    with pytest.raises(NoDesign):
        solve(higher, "capitation", time_limit=SECONDS)


def test_what_does_not_help_is_said(poor: dict[str, Any]) -> None:
    """Neither a higher ceiling nor wider prices nor a smaller margin brings money."""
    for limit in ("income ceiling", "bounds of the prices", "incentive margin", "minimum panels"):
        assert alone(poor, limit)["outcome"] == "no help", limit
    assert "No higher income ceiling alone would do." in poor["says"]


def test_all_by_the_same_share(poor: dict[str, Any]) -> None:
    """The share that is named does as typed, and a hundredth of it less does not."""
    share = poor["together"]["same_share"]
    assert share["confirmed"]
    assert share["exact"]
    limits = dict(share["limits"])
    assert solve(with_terms(**limits), "capitation", time_limit=SECONDS).outlay <= limits["budget"] + 1.0
    less = 0.99 * share["share"]
    limits = {"budget": 236_400.0 * (1.0 + less), "income_floor": 0.97 - less, "income_ceiling": 1.5 + less}
    with pytest.raises(NoDesign):
        solve(with_terms(**limits), "capitation", time_limit=SECONDS)


def test_dollars_together_are_no_more_than_the_budget_lacks(poor: dict[str, Any]) -> None:
    """Money that practices do without is money the payer need not spend: 157,600 USD either way."""
    cost = poor["together"]["least_dollars"]
    assert cost["exact"]
    assert cost["usd"] == pytest.approx(157_600.0, rel=1e-3)
    assert sum(part["usd"] for part in cost["gives"]) == pytest.approx(cost["usd"], rel=1e-6)


def test_who_stands_in_the_way(poor: dict[str, Any]) -> None:
    """In the cheapest contract both types are at their floor; limits of busy ones cost 3 x 38,800 or more."""
    blocks = {one["practice"]: one for one in poor["blocks"]}
    assert {one["at"] for one in blocks.values()} == {"floor"}
    assert blocks["busy"]["limits_cost_usd"] >= 3 * 38_800.0 - 1.0


def test_income_limits_that_no_payment_meets() -> None:
    """A floor above what the ceiling allows: no budget would do, and a lower floor is named."""
    with pytest.raises(NoDesign, match="no payment keeps the net income"):
        solve(with_terms(income_floor=1.6, income_ceiling=1.5), "blended", time_limit=SECONDS)
    explained = explain_instance(with_terms(income_floor=1.6, income_ceiling=1.5), "capitation", TERMS)
    assert explained["design_exists"] is False
    assert alone(explained, "budget")["outcome"] == "no help"
    assert all(block["at"] == "" for block in explained["blocks"])
    assert alone(explained, "income floor")["would_do"] <= 1.5
    assert "No budget would do" in " ".join(explained["says"])


def test_a_rule_in_the_way() -> None:
    """A floor of 1.2 with a bonus for one measure only at most zero times: one measure more does."""
    instance = with_terms(income_floor=1.2, budget=600_000.0)
    rules = dataclasses.replace(instance.rules, max_measures=0)
    explained = explain_instance(dataclasses.replace(instance, rules=rules), "quality_bonus", TERMS)
    assert explained["design_exists"] is False
    change = alone(explained, "most measures rewarded")
    assert change["outcome"] == "exact"
    assert (change["now"], change["would_do"]) == (0, 1)
    solve(dataclasses.replace(instance, rules=dataclasses.replace(rules, max_measures=1)), "quality_bonus")


def test_bounds_of_prices_in_the_way() -> None:
    """By hand: 168,000 USD take 128 a visit, of at most 2 x 60: ranges wider by 8 / 120 of their width."""
    instance = with_terms(income_floor=4.2, income_ceiling=10.0, budget=5e6)
    explained = explain_instance(instance, "quality_bonus", TERMS)
    change = alone(explained, "bounds of the prices")
    assert explained["design_exists"] is False
    assert alone(explained, "budget")["outcome"] == "no help"
    assert change["outcome"] == "exact"
    assert change["would_do"] == pytest.approx(8.0 / 120.0, abs=2e-4)


@pytest.mark.slow
def test_margin_in_the_way() -> None:
    """By hand, fees fixed: all five at tier 1 cost 5,000 x 0.5 x (20 + m / 18) beside 450,000 USD."""
    instance = with_terms(income_floor=1.2, budget=450_000.0 + 2_500.0 * (20.0 + 10.0 / 18.0), margin=18.0)
    explained = explain_instance(instance, "quality_bonus", TERMS)
    change = alone(explained, "incentive margin")
    assert explained["design_exists"] is False
    assert change["outcome"] == "exact"
    assert change["would_do"] == pytest.approx(10.0, abs=0.05)


def test_a_design_that_exists_is_said() -> None:
    """Nothing else is searched then."""
    explained = explain_instance(with_terms(budget=460_000.0), "quality_bonus", TERMS)
    assert explained["design_exists"] is True
    assert [change["limit"] for change in explained["alone"]] == ["budget"]
    assert "There is a design" in explained["says"][0]
    assert explained["together"] == {}


def test_no_time_is_said_and_what_is_known_stays_true() -> None:
    """With no time for a search the bound in principle and today's contract are what is known."""
    explained = explain_instance(with_terms(budget=300_000.0), "quality_bonus", Terms(time_limit=0.0))
    assert not explained["complete"]
    budget = explained["least_budget"]
    assert budget["at_least_usd"] <= 450_000.0 <= budget["enough_usd"]
    assert explained["design_exists"] is False


def test_budgets_at_random_do_what_is_said() -> None:
    """Where the floor is drawn, the budget that is named does, and a thousandth less does not."""
    seed = secrets.randbits(32)
    floor = round(float(np.random.default_rng(seed).uniform(0.5, 1.3)), 3)
    instance = with_terms(budget=200_000.0, income_floor=floor)
    explained = explain_instance(instance, "capitation", Terms(gap=1e-4, time_limit=20.0))
    budget = explained["least_budget"]
    where = f"seed {seed}, floor {floor}"
    assert budget["exact"], where
    enough = dataclasses.replace(instance, budget=budget["enough_usd"])
    assert solve(enough, "capitation", time_limit=SECONDS).outlay <= budget["enough_usd"] * (1 + 1e-6), where
    with pytest.raises(NoDesign):
        solve(
            dataclasses.replace(enough, budget=0.999 * budget["at_least_usd"]),
            "capitation",
            time_limit=SECONDS,
        )
