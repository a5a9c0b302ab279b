"""Fees held back where two practices answer as can be worked out by hand.

Of the instance's README: a long well-child visit leaves the busy practice 20 USD and the caring one 10 USD
worse off. At today's fees 1,000 well-child visits and 400 asthma visits come to 80,000 USD, whichever visit
is long; the measure has the tiers 50 % and 90 %, so each returns half of what is held back.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

import incentive_opt as io
from incentive_opt.certify import best_response, certify
from incentive_opt.domain.contract import Contract
from incentive_opt.domain.instance import Instance
from incentive_opt.formulation import held_back as formulated
from incentive_opt.formulation.status_quo import respond
from incentive_opt.payment import account
from incentive_opt.simulate import held_back as simulated
from incentive_opt.simulate.behaviour import Assumptions, plans_of
from incentive_opt.simulate.world import terms_of, world_of
from tests.formulation.hand_made import random_instance

JUST = 0.001
CLAIMS = 80_000.0
CERTAIN = Assumptions(smooth=False, chance=False, spread=False)


@pytest.fixture(scope="module")
def instance() -> Instance:
    return io.read_instance("two_practices")


def held(instance: Instance, share: float) -> Contract:
    """Today's fees, a share of them held back."""
    return Contract(fees=instance.status_quo.fees, lines={("withhold", "thorough_visit"): share})


@pytest.mark.parametrize(("practice", "share"), [("busy", 18_000.0 / CLAIMS), ("caring", 9_000.0 / CLAIMS)])
def test_nine_in_ten_visits_are_long_once_as_much_is_at_stake(
    instance: Instance, practice: str, share: float
) -> None:
    """900 long visits cost a busy practice 18,000 USD and a caring one 9,000: so much must be held back.

    Half of the way does not pay first: tier 1 alone costs 10,000 and 5,000 USD for half of what is at stake.
    """
    kind = [one.name for one in instance.practices].index(practice)
    for moved, expected in ((-JUST, 0.0), (JUST, 0.9)):
        contract = held(instance, share + moved)
        found = respond(instance, contract, [practice])[0]
        _, utility = best_response(instance, practice, contract)
        assert found.utility == pytest.approx(utility, rel=1e-8)
        assert found.response.services["well_visit_long", "child"] == pytest.approx(
            1000.0 * expected, abs=1e-3
        )
        plan = plans_of(world_of(instance), contract, "rational", CERTAIN)[kind][0]
        assert plan.worth == pytest.approx(utility, rel=1e-7)
        lost = account(instance, contract, found.response).revenue.lines["withhold", "thorough_visit"]
        assert lost == pytest.approx(0.0 if expected else -(share + moved) * CLAIMS, abs=0.01)


def test_each_tier_returns_half(instance: Instance) -> None:
    """A practice with 500 long visits has half of it back; one with 499 none; one with 900 all."""
    contract = held(instance, 0.2)
    response = respond(instance, instance.status_quo, ["busy"])[0].response
    for long, back in ((499.0, 0.0), (500.0, 0.5), (899.0, 0.5), (900.0, 1.0)):
        given = {("well_visit_long", "child"): long, ("well_visit_short", "child"): 1000.0 - long}
        changed = replace(response, services={**response.services, **given})
        lost = account(instance, contract, changed).revenue.lines["withhold", "thorough_visit"]
        assert lost == pytest.approx(-0.2 * CLAIMS * (1.0 - back))


def test_too_small_a_practice_has_nothing_held_back(instance: Instance) -> None:
    """Where the measure asks for more events than the practice can have, its fees are whole, by all three."""
    measure = replace(instance.measures[0], minimum_denominator=1001.0)
    small = replace(instance, measures=(measure,))
    contract = held(small, 0.25)
    for now, then in zip(respond(small, small.status_quo), respond(small, contract), strict=True):
        assert then.revenue == pytest.approx(now.revenue)
        assert best_response(small, now.practice, contract)[1] == pytest.approx(now.utility, rel=1e-8)
        assert account(small, contract, then.response).revenue.total == pytest.approx(now.revenue)
    world = world_of(small)
    panel, volume = world.demanded[0], np.ones((len(world.supply), 1))
    assert simulated.expected_withheld(world, 0, terms_of(small, contract), panel, volume, CERTAIN) == 0.0


def test_the_best_withhold_costs_nothing_and_moves_all_five(instance: Instance) -> None:
    """With the margin 900 long visits have to bring 18,900 USD: 23.6 % of 80,000, within the 25 % allowed.

    All five at tier 2 gain 5 x 0.9 QALY; what is held back all comes back, so outlay is today's.
    """
    design = io.solve(instance, "withhold", gap=0.001, time_limit=30)
    assert design.health == pytest.approx(13.5, abs=1e-3)
    assert design.outlay == pytest.approx(450_000.0, abs=1.0)
    assert 18_900.0 / CLAIMS - 1e-4 <= design.contract.lines["withhold", "thorough_visit"] <= 0.25
    checks = certify(instance, design.model, design.contract, design.intended, design.document)
    assert [check.name for check in checks if not check.ok] == []


def test_no_more_than_the_rule_allows(instance: Instance) -> None:
    """With at most a fifth held back busy practices stay as they are, and lose it: only 2 x 0.9 QALY more.

    With the instance's income floor they may not lose it, and no withhold is left.
    """
    strict = replace(instance, rules=replace(instance.rules, max_withheld=0.2))
    assert io.solve(strict, "withhold", gap=0.001, time_limit=30).health == pytest.approx(9.0, abs=1e-3)
    strict = replace(strict, income_floor=0.0)
    design = io.solve(strict, "withhold", gap=0.001, time_limit=30)
    assert design.health == pytest.approx(10.8, abs=1e-3)
    assert design.contract.lines["withhold", "thorough_visit"] <= 0.2 + 1e-9
    over = replace(design.contract, lines={("withhold", "thorough_visit"): 0.21})
    checks = certify(strict, design.model, over, design.intended, design.document)
    assert "rule: share of today's fees held back" in {check.name for check in checks if not check.ok}


def test_a_fault_in_one_of_the_three_is_seen(instance: Instance, monkeypatch: pytest.MonkeyPatch) -> None:
    """The formulation returns a whole share for each tier, the simulator none: neither agrees any more."""
    contract = held(instance, 0.3)
    _, utility = best_response(instance, "busy", contract)
    with monkeypatch.context() as planted:
        right = formulated.withhold_quantity
        planted.setattr(
            "incentive_opt.formulation.other_lines.withhold_quantity",
            lambda model, scope, measure: right(model, scope, measure) + model.returned[measure, 1],
        )
        assert respond(instance, contract, ["busy"])[0].utility > utility + 1000.0
    with monkeypatch.context() as planted:
        planted.setattr(simulated, "parts_of", lambda *_: ((0.5, 0.0), (0.9, 0.0)))
        plan = plans_of(world_of(instance), contract, "rational", CERTAIN)[0][0]
        assert plan.worth < utility - 1000.0


def test_who_keeps_nobody_to_be_judged_by_has_nothing_held_back() -> None:
    """Where much rides on children whom a practice may turn away it turns them away; all three agree.

    A hole of such contracts, and said: nobody measured, nothing held back.
    """
    turned_away = 0
    for seed in range(4):
        made = random_instance(seed, practices=1, needs=2, measures=1)
        measure = replace(
            made.measures[0], segments=("segment0",), thresholds=(0.9, 1.0), closed_elsewhere=0.0
        )
        panels = tuple(replace(panel, minimum=0.0) for panel in made.panels)
        made = replace(made, measures=(measure,), panels=panels)
        contract = Contract(fees=made.status_quo.fees, lines={("withhold", "measure0"): 0.9})
        found = respond(made, contract)[0]
        _, utility = best_response(made, found.practice, contract)
        assert found.utility == pytest.approx(utility, rel=1e-8), seed
        assert account(made, contract, found.response).utility == pytest.approx(utility, rel=1e-6), seed
        plan = plans_of(world_of(made), contract, "rational", CERTAIN)[0][0]
        assert plan.worth == pytest.approx(utility, rel=1e-6), seed
        turned_away += found.response.panel["segment0"] == 0.0
    assert turned_away > 0
