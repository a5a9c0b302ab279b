"""From search to simulation: steps that add up, and the one that is named."""

from __future__ import annotations

import math
import secrets

import numpy as np
import pytest

from incentive_opt.simulate.figures import Quantity
from incentive_opt.validate import causes
from incentive_opt.validate.causes import STEPS, Fall, Waterfall, fall_down
from incentive_opt.validate.compare import compare
from incentive_opt.validate.promises import Promises, key_of
from tests.validate.fakes import HEALTH, INCOME, OUTLAY, RATE, TIER, promises, simulation

QUANTITIES = [HEALTH, OUTLAY, INCOME, RATE, TIER]


def changes(**given: float) -> dict[str, float]:
    """Changes of all steps, those not given being nothing."""
    return {step: given.get(step, 0.0) for step in STEPS}


def cause(
    quantity: Quantity, fall: Fall, others: dict[Quantity, Fall] | None = None, pays: bool = True
) -> causes.Cause:
    """The cause named for one quantity that is surely off."""
    falls = {quantity: fall} | (others or {})
    found = Waterfall({key_of(q): f for q, f in falls.items()}, pays)
    (comparison,) = compare(simulation({quantity: [fall.simulated] * 3}), promises({quantity: fall.searched}))
    return found.cause_of(comparison)


def fall(searched: float, aim: float = 0.0, **given: float) -> Fall:
    """A way from search to simulation with the changes that are given."""
    return Fall(searched, changes(**given), searched + sum(given.values()), aim)


def test_steps_add_up() -> None:
    """For values at random, the changes of every quantity lead exactly from search to simulation."""
    seed = secrets.randbits(32)
    draw = np.random.default_rng(seed)
    said = {
        quantity: float(value) for quantity, value in zip(QUANTITIES, draw.normal(0, 1e5, 5), strict=True)
    }
    given = promises(said)
    given = Promises(given.values, {k: v + 1.0 for k, v in given.values.items()}, {}, 0.0, 0.0, None)
    stages = list(draw.normal(0, 1e5, (3, 5)))
    simulated = draw.normal(0, 1e5, 5)
    keys = [key_of(quantity) for quantity in QUANTITIES]
    found = fall_down(keys, given, stages, draw.normal(0, 1e5, 5), simulated, draw.normal(0, 1e3, 5), True)
    for number, quantity in enumerate(QUANTITIES):
        way = found.falls[key_of(quantity)]
        assert list(way.changes) == list(STEPS)
        total = way.searched + math.fsum(way.changes.values())
        assert total == pytest.approx(simulated[number], rel=1e-12, abs=1e-6), seed
        assert way.searched == said[quantity], seed


def test_each_step_is_the_difference_of_its_stages() -> None:
    """Health of 10 becomes 9, 8.5, 8.2, then 8 after a loss of 0.3 to staff time: known changes."""
    stages = [np.array([9.0]), np.array([8.5]), np.array([8.2])]
    found = fall_down(
        [key_of(HEALTH)],
        promises({HEALTH: 10.0}),
        stages,
        np.array([8.4]),
        np.array([8.0]),
        np.array([-0.3]),
        True,
    )
    way = found.falls[key_of(HEALTH)]
    expected = changes(indifference=-1.0, curve=-0.5, spread=-0.3, threshold=0.1, capacity=-0.3)
    assert way.changes == pytest.approx(expected)
    assert way.aim == pytest.approx(0.2)


def test_what_is_not_promised_has_no_steps() -> None:
    """Admissions are simulated, and nobody promised them."""
    keys = [key_of(HEALTH), key_of(Quantity("admissions"))]
    two = np.array([1.0, 2.0])
    found = fall_down(keys, promises({HEALTH: 1.0}), [two, two, two], two, two, two * 0.0, False)
    assert list(found.falls) == [key_of(HEALTH)]


@pytest.mark.parametrize("step", [step for step in STEPS if step != "threshold"])
def test_the_largest_step_in_the_direction_of_the_error_is_named(step: str) -> None:
    """Not the largest of all: that one may make good for others."""
    other, third = [name for name in STEPS if name not in (step, "threshold")][:2]
    found = cause(HEALTH, fall(100.0, **{step: -40.0, other: 50.0, third: -30.0}))
    assert found.step == step
    assert str(found) == STEPS[step]


def test_aiming_above_a_threshold_has_its_words() -> None:
    """More care than promised, and no tier lost."""
    found = cause(RATE, fall(0.5, aim=0.1, threshold=0.09), {TIER: fall(1.0)})
    assert (found.step, found.words) == ("threshold", causes.AIM)


def test_giving_a_tier_up_has_its_words() -> None:
    """Less care than promised, and the tier is not aimed at any more."""
    found = cause(HEALTH, fall(100.0, aim=-10.0, threshold=-9.0), {TIER: fall(1.0, aim=-1.0, threshold=-1.0)})
    assert (found.step, found.words) == ("threshold", causes.GIVE_UP)


def test_another_practice_that_gives_up_is_not_the_reason() -> None:
    """The income of a busy practice has nothing to do with the tier of a caring one."""
    caring = Quantity("tier_paid", "caring", "thorough_visit", 1)
    others = {TIER: fall(1.0), caring: fall(1.0, aim=-1.0, threshold=-1.0)}
    assert cause(INCOME, fall(9e4, aim=-5e3, threshold=-5e3), others).words == causes.AIM


def test_luck_has_its_words() -> None:
    """Money that follows from tiers is lost by luck; health is not, and under fees alone nothing is."""
    lost = fall(9e4, aim=0.0, threshold=-5e3)
    assert cause(INCOME, lost).words == causes.LUCK
    assert cause(INCOME, lost, pays=False).words == causes.CHANCE
    assert cause(HEALTH, fall(100.0, aim=0.0, threshold=-9.0)).words == causes.CHANCE


def test_too_few_years_are_the_cause_where_nothing_can_be_told() -> None:
    """A mean that is off by chance is not explained."""
    found = Waterfall({key_of(HEALTH): fall(100.0, curve=5.0)}, True)
    (comparison,) = compare(simulation({HEALTH: [95.0, 105.0, 115.0]}), promises({HEALTH: 100.0}))
    assert found.cause_of(comparison).step == "replications"


def test_a_figure_that_is_not_there_has_no_cause() -> None:
    """A rate without a denominator in some year."""
    found = Waterfall({key_of(RATE): fall(0.5, capacity=math.nan)}, True)
    (comparison,) = compare(simulation({RATE: [math.nan] * 3}), promises({RATE: 0.5}))
    assert found.cause_of(comparison).step == "none"
    assert found.as_dict([comparison])["quantities"][0]["changes"]["capacity"] is None
