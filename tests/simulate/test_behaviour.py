"""What practices do: rational, misjudging, slow, and easily satisfied."""

from __future__ import annotations

import secrets
from dataclasses import replace

import numpy as np
import pytest
from scipy.stats import binom

import incentive_opt as io
from incentive_opt.certify.best_response import best_response
from incentive_opt.domain.contract import Contract
from incentive_opt.domain.instance import Instance
from incentive_opt.domain.simulation import BehaviourTerms, Enrolment, Simulation, Spread
from incentive_opt.errors import InputError
from incentive_opt.simulate.behaviour import Assumptions, expected_utility, plans_of
from incentive_opt.simulate.characters import characters_of
from incentive_opt.simulate.choice import PracticeProgram
from incentive_opt.simulate.deciding import Practice
from incentive_opt.simulate.expected import effective_share
from incentive_opt.simulate.plan import Plan
from incentive_opt.simulate.world import terms_of, world_of
from tests.drawn_lines import with_lines
from tests.simulate.small_worlds import CHILDREN, measured, need, practice, service, small

CERTAIN = Assumptions(smooth=False, chance=False, spread=False)
ONE = Assumptions(spread=False)


def rational(instance: Instance, contract: Contract, assumptions: Assumptions = ONE) -> Plan:
    """The plan of the only character of the only practice."""
    return plans_of(world_of(instance), contract, "rational", assumptions)[0][0]


def drawn(instance: Instance, draw: np.random.Generator) -> Contract:
    """Fees, capitation, bonuses on any number of tiers, from trifling to large; now and then other lines."""
    contract = Contract(
        fees={
            s.name: instance.status_quo.fees.get(s.name, 0.0) * draw.uniform(0.5, 1.6)
            + draw.uniform(0.0, 10.0)
            for s in instance.services
        },
        capitation={s.name: draw.uniform(0.0, 20.0) for s in instance.segments if s.contracted},
        bonuses={
            (m.name, tier + 1): float(np.exp(draw.uniform(np.log(0.05), np.log(30.0))))
            for m in instance.measures
            for tier in range(len(m.thresholds))
            if draw.random() < 0.4
        },
    )
    return with_lines(instance, contract, draw) if draw.random() < 0.5 else contract


@pytest.mark.parametrize("name", ["two_practices", "medicaid_statewide"])
@pytest.mark.parametrize("which", ["in force", "drawn"])
def test_certain_practices_reach_the_best_response(name: str, which: str) -> None:
    """Without chance, spread and smoothness plans are worth the optimum of the practice's integer program."""
    instance = io.read_instance(name)
    seed = secrets.randbits(32)
    draw = np.random.default_rng(seed)
    for _ in range(1 if which == "in force" else 4):
        contract = instance.status_quo if which == "in force" else drawn(instance, draw)
        plans = plans_of(world_of(instance), contract, "rational", CERTAIN)
        for row, office in enumerate(instance.practices):
            utility = best_response(instance, office, contract)[1]
            assert len(plans[row]) == 1
            assert plans[row][0].worth == pytest.approx(utility, rel=1e-7), f"{office.name}, seed {seed}"


def test_nothing_is_held_back_on_a_measure_that_does_not_apply() -> None:
    """A clinic in schools has no infants: a quarter held back on their vaccines changes nothing for it."""
    instance = io.read_instance("medicaid_statewide")
    clinic = next(one for one in instance.practices if one.name == "school_based")
    panels = tuple(one for one in instance.panels if one.practice == clinic.name)
    alone = replace(instance, practices=(clinic,), panels=panels)
    held = replace(alone.status_quo, lines={("withhold", "immunisation_early"): 0.25})
    plan, free = rational(alone, held, CERTAIN), rational(alone, alone.status_quo, CERTAIN)
    assert plan.worth == pytest.approx(best_response(alone, clinic, held)[1], rel=1e-7)
    assert plan.worth == pytest.approx(free.worth, rel=1e-9)


def bonus_case(usd: float) -> tuple[Instance, Contract]:
    """A visit brings 10 USD less than it takes; a bonus for each of 1,000 events at a rate of 60 %."""
    instance = small(services=(service(effort_cost=10.0),), measures=(measured(0.6),))
    return instance, Contract(bonuses={("rate", 1): usd})


@pytest.mark.parametrize("usd", [5.9, 6.1])
def test_tier_is_sought_if_it_pays(usd: float) -> None:
    """Without chance: a rate of 60 % costs 6 USD an event."""
    instance, contract = bonus_case(usd)
    plan = rational(instance, contract, CERTAIN)
    assert plan.served[0, 0] == pytest.approx(0.6 if usd > 6.0 else 0.0)
    assert plan.worth == pytest.approx(max(0.0, usd - 6.0) * CHILDREN)


@pytest.mark.parametrize("usd", [5.0, 6.1, 8.0, 40.0])
def test_aim_is_above_the_threshold_as_far_as_that_pays(usd: float) -> None:
    """With chance: the best of a fine grid of rates, each paid by a binomial count among children counted."""
    instance, contract = bonus_case(usd)
    instance = replace(instance, simulation=Simulation(enrolment=Enrolment(0.05, 12)))
    events = round(CHILDREN * 0.95**11)
    rates = np.linspace(0.0, 1.0, 100_001)
    paid = binom.sf(np.ceil(0.6 * events - 1e-9) - 1, events, rates)
    worth = CHILDREN * (usd * paid - 10.0 * rates)
    plan = rational(instance, contract)
    assert plan.worth == pytest.approx(worth.max(), abs=1e-5 * usd * CHILDREN)
    assert plan.served[0, 0] == pytest.approx(rates[np.argmax(worth)], abs=0.002)
    assert plan.served[0, 0] == 0.0 or plan.served[0, 0] > 0.605


def test_luck_is_worth_something() -> None:
    """Who serves 59 % anyway, and can serve no more, is paid for 60 % now and then, and knows it."""
    instance = small(
        hours=590.0 / 2.0,
        services=(service(minutes=30.0),),
        measures=(measured(0.6),),
        practices=(practice(),),
    )
    contract = Contract(fees={"visit": 20.0}, bonuses={("rate", 1): 3.0})
    plan = rational(instance, contract)
    chance = binom.sf(599, 1000, 0.59)
    assert plan.served[0, 0] == pytest.approx(0.59)
    assert plan.worth == pytest.approx(11_800.0 + 3000.0 * chance)
    assert 0.2 < chance < 0.3


def test_too_few_events_earn_nothing() -> None:
    """A measure below its least denominator is not worth a visit; with chance, who left does not count."""
    for counted, least in ((1.0, 1000.5), (0.95**11, 600.0)):
        instance = small(services=(service(effort_cost=10.0),), measures=(measured(0.6, least=least),))
        instance = replace(
            instance, simulation=Simulation(enrolment=Enrolment(1.0 - counted ** (1.0 / 11.0), 12))
        )
        plan = rational(instance, Contract(bonuses={("rate", 1): 30.0}))
        assert plan.served[0, 0] == pytest.approx(0.0)
        assert plan.worth == pytest.approx(0.0)


def test_panel_is_raised_to_have_enough_events() -> None:
    """At its fewest children a practice is too small for the measure; the bonus pays for keeping more."""
    instance = small(
        services=(service(effort_cost=1.0),),
        measures=(measured(0.6, least=500.0),),
        practices=(practice(cost_per_child=2.0),),
    )
    instance = replace(instance, panels=(replace(instance.panels[0], minimum=100.0),))
    plan = rational(instance, Contract(bonuses={("rate", 1): 10.0}))
    assert plan.kept[0] == pytest.approx(1.0)
    assert plan.worth > 0.0


@pytest.mark.parametrize("value", [-6.0, -2.0, 0.0, 1.0, 5.0])
def test_quantal_choices_are_logit(value: float) -> None:
    """Of many characters, the share that gives a service worth v is 1 / (1 + exp(-v / scale))."""
    spread, terms = Spread(characters=600), BehaviourTerms(quantal_usd_per_service=3.0)
    instance = replace(
        small(services=(service(effort_cost=20.0),)), simulation=Simulation(spread, behaviour=terms)
    )
    plans = plans_of(world_of(instance), Contract(fees={"visit": 20.0 + value}), "quantal", ONE)[0]
    share = np.mean([plan.served[0, 0] for plan in plans])
    assert len(plans) == 600
    assert share == pytest.approx(1.0 / (1.0 + np.exp(-value / 3.0)), abs=0.03)


def test_quantal_errors_fade() -> None:
    """With a small scale a misjudging practice does what a rational one does."""
    terms = BehaviourTerms(quantal_usd_per_service=1e-6)
    instance = replace(small(services=(service(effort_cost=20.0),)), simulation=Simulation(behaviour=terms))
    for fee in (19.0, 21.0):
        contract = Contract(fees={"visit": fee})
        found = plans_of(world_of(instance), contract, "quantal")[0]
        assert len(found) >= 8
        assert {round(float(p.served[0, 0]), 9) for p in found} == {float(fee > 20.0)}


def changing() -> tuple[Instance, Contract]:
    """Today's fee of 50 covers a visit's cost of 40; the new one of 30 does not."""
    terms = BehaviourTerms(inertial_move_per_year=0.6, contract_years=3, satisficing_usd_per_clinician=2000.0)
    office = practice(fte={"clinician": 2.0, "np": 3.0, "team": 9.0})
    instance = small(services=(service(effort_cost=40.0),), practices=(office,))
    return replace(instance, simulation=Simulation(behaviour=terms)), Contract(fees={"visit": 30.0})


def test_inertia_goes_part_of_the_way() -> None:
    """Three years at 60 % of what is left: 0.4 ** 3 of the old way of working remains."""
    instance, contract = changing()
    plan = plans_of(world_of(instance), contract, "inertial")[0][0]
    assert plan.served[0, 0] == pytest.approx(0.4**3)
    assert plan.worth == pytest.approx(-10.0 * 0.4**3 * CHILDREN)


@pytest.mark.parametrize(("change", "moves"), [(9.99, False), (10.01, True)])
def test_the_satisfied_stay(change: float, moves: bool) -> None:
    """Five clinicians at 2,000 USD: a thousand visits have to lose 10 USD each before it gives them up."""
    instance, _ = changing()
    contract = Contract(fees={"visit": 40.0 - change})
    plan = plans_of(world_of(instance), contract, "satisficing")[0][0]
    assert plan.served[0, 0] == pytest.approx(0.0 if moves else 1.0)
    assert plan.worth == pytest.approx(0.0 if moves else -change * CHILDREN)


@pytest.mark.parametrize("behaviour", ["inertial", "satisficing"])
def test_under_the_contract_in_force_all_are_rational(behaviour: str) -> None:
    """Nobody has anything to change."""
    instance = io.read_instance("two_practices")
    world = world_of(instance)
    expected = plans_of(world, instance.status_quo, "rational")
    found = plans_of(world, instance.status_quo, behaviour)
    for own, others in zip(found, expected, strict=True):
        for plan, other in zip(own, others, strict=True):
            assert plan.served == pytest.approx(other.served, abs=1e-12)
            assert plan.kept == pytest.approx(other.kept, abs=1e-12)
            assert plan.worth == pytest.approx(other.worth, rel=1e-12)


def test_characters_differ_and_alike_ones_decide_once() -> None:
    """More altruism, more care that only altruism pays for; a type whose practices are alike has one plan."""
    instance = small(
        needs=(
            need(
                curve=((0.0, 0.0), (0.5, 0.75), (1.0, 1.0)),
            ),
        ),
        services=(service(effort_cost=20.0),),
        practices=(practice(altruism=20_000.0),),
    )
    spread = replace(instance, simulation=Simulation(Spread(altruism=0.3, characters=6)))
    served = [float(p.served[0, 0]) for p in plans_of(world_of(spread), Contract(), "rational")[0]]
    assert served == sorted(served)
    assert len(set(served)) == 6
    alike = replace(instance, simulation=Simulation(Spread(characters=6)))
    plans = plans_of(world_of(alike), Contract(), "rational")[0]
    assert len(plans) == 6
    assert all(plan is plans[0] for plan in plans)


def test_progress_is_told() -> None:
    """Once a plan, up to all of them."""
    instance = io.read_instance("two_practices")
    told: list[tuple[int, int]] = []
    plans = plans_of(
        world_of(instance), instance.status_quo, "quantal", progress=lambda d, t: told.append((d, t))
    )
    total = sum(len(own) for own in plans)
    assert told == [(n, total) for n in range(1, total + 1)]


def test_unknown_behaviour_is_refused() -> None:
    """With the ones that are known."""
    with pytest.raises(InputError, match="quantal"):
        plans_of(world_of(small()), Contract(), "greedy")


def test_worth_of_any_plan_is_at_most_the_best() -> None:
    """No plan drawn at random is worth more than the rational one, and the best is worth what it says."""
    instance = io.read_instance("medicaid_statewide")
    seed = secrets.randbits(32)
    draw = np.random.default_rng(seed)
    world, contract = world_of(instance), drawn(instance, draw)
    terms, kind = terms_of(instance, contract), int(draw.integers(len(instance.practices)))
    character = characters_of(world, kind, Assumptions(spread=False))[0]
    best = Practice(world, kind, ONE).decide(character, terms)
    assert best.worth == expected_utility(world, kind, character, terms, best, ONE)
    for _ in range(50):
        # Less care and fewer overtime hours than meant are always possible.
        less = Plan(best.kept, best.served * draw.uniform(0.8, 1.0, best.served.shape), best.overtime)
        assert expected_utility(world, kind, character, terms, less, ONE) <= best.worth, f"seed {seed}"


def test_smooth_curves_are_followed_closely() -> None:
    """Against twenty times as many tangents: utility within 0.001 %, care within a point of its share."""
    instance = io.read_instance("medicaid_statewide")
    seed = secrets.randbits(32)
    draw = np.random.default_rng(seed)
    world = world_of(instance)
    contract = replace(drawn(instance, draw), bonuses={})
    terms = terms_of(instance, contract)
    for kind in draw.choice(len(instance.practices), 3, replace=False):
        character = characters_of(world, int(kind), Assumptions(spread=False))[0]
        usual, fine = Practice(world, int(kind), ONE), Practice(world, int(kind), ONE)
        fine.program = PracticeProgram(world, int(kind), fine.program.curves, tangents=320)
        first, second = usual.decide(character, terms), fine.decide(character, terms)
        assert first.worth == pytest.approx(second.worth, rel=1e-5), f"seed {seed}"
        care = [effective_share(world, p) * p.kept[world.need_segment] for p in (first, second)]
        assert np.abs(care[0] - care[1]).max() < 0.02, f"seed {seed}"
        assert np.abs(care[0] - care[1]).mean() < 0.002, f"seed {seed}"
