"""Which rates a practice aims at, against enumeration."""

from __future__ import annotations

import itertools
import math
import secrets

import numpy as np
import pytest

import incentive_opt as io
from incentive_opt.domain.contract import Contract
from incentive_opt.domain.instance import Instance
from incentive_opt.simulate.assumptions import Assumptions
from incentive_opt.simulate.characters import characters_of
from incentive_opt.simulate.choice import FACETS
from incentive_opt.simulate.deciding import Practice
from incentive_opt.simulate.program import Infeasible
from incentive_opt.simulate.search import hull, lines
from incentive_opt.simulate.targets import deciding_events, denominators, paid_tiers, reward_of
from incentive_opt.simulate.world import World, terms_of, world_of
from incentive_opt.simulate.worth import expected_utility

RISES = np.array([0.0, 0.5, 1.0, 1.5, 2.0, 2.5, 3.0])


@pytest.fixture(scope="module")
def state() -> Instance:
    """The larger of the shipped instances."""
    return io.read_instance("medicaid_statewide")


def drawn(instance: Instance, draw: np.random.Generator, measures: int, tiers: int) -> Contract:
    """Fees near today's, and bonuses from trifling to large on some measures and tiers."""
    fees = {name: fee * draw.uniform(0.7, 1.4) for name, fee in instance.status_quo.fees.items()}
    bonuses = {
        (instance.measures[m].name, int(t) + 1): float(np.exp(draw.uniform(np.log(0.05), np.log(30.0))))
        for m in draw.choice(len(instance.measures), measures, replace=False)
        for t in draw.choice(len(instance.measures[m].thresholds), tiers, replace=False)
    }
    return Contract(fees=fees, bonuses=bonuses)


def best_of_all_aims(
    world: World, kind: int, contract: Contract, assumptions: Assumptions, rises: np.ndarray
) -> float:
    """Most expected utility over all combinations of no aim, or a threshold and so many deviations more."""
    practice, terms = Practice(world, kind, assumptions), terms_of(world.instance, contract)
    character = characters_of(world, kind, Assumptions(spread=False))[0]
    largest = denominators(world, world.demanded[kind])
    menus: dict[int, list[tuple[float, float]]] = {}
    for m, thresholds in enumerate(paid_tiers(world, terms, m) for m in range(len(world.thresholds))):
        if thresholds and largest[m] >= max(1.0, world.minimum_denominator[m]):
            events = deciding_events(world, float(largest[m]), m)
            reward = reward_of(thresholds, events if assumptions.chance else None)
            aims = [
                min(1.0, threshold + rise * math.sqrt(threshold * (1.0 - threshold) / events))
                for threshold, _ in thresholds
                for rise in rises
            ]
            menus[m] = [(aim, reward(aim) / reward.most) for aim in [0.0, *aims]]
    most = {m: sum(usd for _, usd in paid_tiers(world, terms, m)) for m in menus}
    best = -math.inf
    for combination in itertools.product(*menus.values()):
        practice.program.start(character, terms, most)
        for m, (aim, share) in zip(menus, combination, strict=True):
            practice.program.set_aim(m, aim, [(0.0, share)])
        try:
            point = practice.program.solve()
            for _ in range(4):
                practice.program.sharpen(point)
                point = practice.program.solve()
        except Infeasible:
            continue
        plan = practice.program.plan(point)
        best = max(best, expected_utility(world, kind, character, terms, plan, assumptions))
    return best


@pytest.mark.parametrize(("measures", "tiers"), [(1, 5), (3, 2), (2, 3)])
def test_no_pattern_of_tiers_is_better(state: Instance, measures: int, tiers: int) -> None:
    """Without chance: the search finds what enumeration over all patterns of tiers finds."""
    seed = secrets.randbits(32)
    draw = np.random.default_rng(seed)
    world = world_of(state)
    assumptions = Assumptions(smooth=False, chance=False, spread=False)
    for kind in draw.choice(len(state.practices), 4, replace=False):
        contract = drawn(state, draw, measures, tiers)
        best = best_of_all_aims(world, int(kind), contract, assumptions, RISES[:1])
        plan = Practice(world, int(kind), assumptions).decide(
            characters_of(world, int(kind), Assumptions(spread=False))[0], terms_of(state, contract)
        )
        assert plan.worth == pytest.approx(best, rel=1e-9), f"seed {seed}, practice {kind}"


@pytest.mark.parametrize(("measures", "tiers"), [(1, 2), (2, 1)])
def test_no_aim_on_a_menu_is_better(state: Instance, measures: int, tiers: int) -> None:
    """With chance: no aim at a threshold plus 0, 0.5, ... 3 deviations is worth 0.0003 % more."""
    seed = secrets.randbits(32)
    draw = np.random.default_rng(seed)
    world, assumptions = world_of(state), Assumptions(spread=False)
    for kind in draw.choice(len(state.practices), 3, replace=False):
        contract = drawn(state, draw, measures, tiers)
        best = best_of_all_aims(world, int(kind), contract, assumptions, RISES)
        plan = Practice(world, int(kind), assumptions).decide(
            characters_of(world, int(kind), Assumptions(spread=False))[0], terms_of(state, contract)
        )
        assert plan.worth >= best - 3e-6 * abs(best), f"seed {seed}, practice {kind}"


def test_the_search_is_needed(state: Instance) -> None:
    """The first program alone overrates what can be had, or the test above would test nothing."""
    contract = Contract(fees=state.status_quo.fees, bonuses={(m.name, 2): 3.0 for m in state.measures})
    world, assumptions = world_of(state), Assumptions(smooth=False, chance=False, spread=False)
    solves = []
    for kind in range(len(state.practices)):
        practice = Practice(world, kind, assumptions)
        practice.decide(characters_of(world, kind, Assumptions(spread=False))[0], terms_of(state, contract))
        solves.append(practice.program.program.solves)
        assert practice.unfinished == 0
    assert max(solves) > 2


def test_envelope_of_a_step() -> None:
    """Over the whole range from nothing to the steepest corner; over part of it from where that begins."""
    reward = reward_of(((0.4, 1.0), (0.5, 3.0), (1.0, 1.0)), None)
    assert list(hull(reward, (0, 3))) == [0, 2, 3]
    found = lines(reward, (0, 3))
    assert found == [pytest.approx((1.6, 0.0)), pytest.approx((0.4, 0.6)), pytest.approx((0.0, 1.0))]
    assert lines(reward, (0, 1)) == [pytest.approx((0.5, 0.0)), pytest.approx((0.0, 0.2))]
    assert lines(reward, (2, 2)) == [pytest.approx((0.0, 0.8))]


def test_envelope_by_chance_is_concave_and_above() -> None:
    """Lines fall in slope, lie above the reward, and are few enough for the program."""
    tiers = tuple((t, 1.0) for t in (0.2, 0.4, 0.6, 0.8, 0.95))
    reward = reward_of(tiers, 5000)
    found = np.array(lines(reward, (0, len(reward.rates) - 1)))
    assert len(found) <= FACETS
    assert np.all(np.diff(found[:, 0]) <= 0.0)
    envelope = (found[:, :1] * reward.rates + found[:, 1:]).min(axis=0) * reward.most
    assert (envelope - reward.values).min() > -0.01
