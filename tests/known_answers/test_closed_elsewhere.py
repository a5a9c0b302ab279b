"""A measure that counts whoever closed the gap, where two practices answer as can be worked out by hand.

Of the instance's README: a long well-child visit leaves the busy practice 20 USD and the caring one 10 USD
worse off. Where others close a quarter of what is left open, a rate of 50 % takes a third of visits long, as
1/3 + 1/4 x 2/3 = 1/2, and one of 90 % takes 13 of 15: 13/15 + 1/4 x 2/15 = 9/10.
"""

from __future__ import annotations

from dataclasses import replace

import pytest

import incentive_opt as io
from incentive_opt.certify import best_response, certify
from incentive_opt.domain.contract import Contract
from incentive_opt.domain.instance import Instance
from incentive_opt.domain.lines import Benchmarks
from incentive_opt.errors import InputError
from incentive_opt.files import read_model
from incentive_opt.files.contracts import contract_text, read_contract
from incentive_opt.formulation.status_quo import respond
from incentive_opt.payment import account
from incentive_opt.simulate.behaviour import Assumptions, plans_of
from incentive_opt.simulate.world import world_of

CERTAIN = Assumptions(smooth=False, chance=False, spread=False)
JUST = 0.01


@pytest.fixture(scope="module")
def instance() -> Instance:
    given = io.read_instance("two_practices")
    return replace(given, measures=(replace(given.measures[0], closed_elsewhere=0.25),))


def bonus(instance: Instance, usd: float, counted: bool = True) -> Contract:
    """Today's fees, and a bonus on the first tier."""
    return Contract(
        fees=instance.status_quo.fees,
        bonuses={("thorough_visit", 1): usd},
        benchmarks=Benchmarks(counts_elsewhere=counted),
    )


def long_visits(instance: Instance, contract: Contract, practice: str) -> float:
    """Long visits of a practice; formulation, certificate, payment and simulator agree on their worth."""
    found = respond(instance, contract, [practice])[0]
    _, utility = best_response(instance, practice, contract)
    assert found.utility == pytest.approx(utility, rel=1e-8)
    assert account(instance, contract, found.response).utility == pytest.approx(utility, rel=1e-7)
    kind = [one.name for one in instance.practices].index(practice)
    plan = plans_of(world_of(instance), contract, "rational", CERTAIN)[kind][0]
    assert plan.worth == pytest.approx(utility, rel=1e-7)
    return found.response.services["well_visit_long", "child"]


@pytest.mark.parametrize(("practice", "usd"), [("busy", 20.0 / 3.0), ("caring", 10.0 / 3.0)])
def test_a_third_is_enough(instance: Instance, practice: str, usd: float) -> None:
    """333 long visits for 1,000 events paid; where it is not counted 500 are needed, and that is too dear."""
    assert long_visits(instance, bonus(instance, usd - JUST), practice) == pytest.approx(0.0, abs=1e-3)
    assert long_visits(instance, bonus(instance, usd + JUST), practice) == pytest.approx(
        1000.0 / 3.0, abs=1e-3
    )
    assert long_visits(instance, bonus(instance, usd + JUST, False), practice) == pytest.approx(0.0, abs=1e-3)
    enough = bonus(instance, 1.5 * usd + JUST, False)
    assert long_visits(instance, enough, practice) == pytest.approx(500.0, abs=1e-3)


def test_where_others_do_enough_a_bonus_buys_nothing(instance: Instance) -> None:
    """Where others close half, the tier of 50 % is attained by short visits alone; the bonus is a gift."""
    half = replace(instance, measures=(replace(instance.measures[0], closed_elsewhere=0.5),))
    for practice in ("busy", "caring"):
        contract = bonus(half, 3.0)
        assert long_visits(half, contract, practice) == pytest.approx(0.0, abs=1e-3)
        found = respond(half, contract, [practice])[0]
        assert account(half, contract, found.response).revenue.bonuses["thorough_visit", 1] == 3000.0


def test_the_design_needs_less_care_for_the_same_tier(instance: Instance) -> None:
    """All five at 13 of 15 visits long: 5 x 13/15 more QALY, each at 21 x 13/15 = 18.20 USD; 91,000 in all.

    The budget leaves 65,000 USD: busy practices at a third (7 USD) and caring ones at 13 of 15 instead, which
    takes 11 x 8/15 = 5.87 USD more: 9 + 3 x 1/3 + 2 x 13/15 QALY. Certified.
    """
    model = read_model("community_partnership")
    bonuses = replace(model, levers=tuple(rule for rule in model.levers if rule.kind == "bonus"))
    design = io.solve(instance, bonuses, gap=0.001, time_limit=30)
    assert design.health == pytest.approx(9.0 + 1.0 + 26.0 / 15.0, abs=1e-3)
    assert design.contract.benchmarks.counts_elsewhere
    checks = certify(instance, design.model, design.contract, design.intended, design.document)
    assert [check.name for check in checks if not check.ok] == []
    otherwise = replace(design.contract, benchmarks=Benchmarks())
    broken = certify(instance, design.model, otherwise, design.intended, design.document)
    assert "whether measures count what others closed is the model's" in {c.name for c in broken if not c.ok}


def test_it_survives_the_file(instance: Instance, tmp_path: object) -> None:
    """Written and read again the contract is the same."""
    from pathlib import Path

    path = Path(str(tmp_path)) / "contract.toml"
    contract = bonus(instance, 3.0)
    path.write_text(contract_text(contract), encoding="utf-8")
    assert read_contract(path, instance).benchmarks == contract.benchmarks


def test_todays_bonuses_count_as_they_do(instance: Instance) -> None:
    """A contract in force that pays bonuses counts them its own way: the model cannot start there."""
    paid = replace(instance, status_quo=bonus(instance, 1.0, False))
    with pytest.raises(InputError, match=r"status_quo\.bonuses"):
        io.solve(paid, "community_partnership", time_limit=5)
