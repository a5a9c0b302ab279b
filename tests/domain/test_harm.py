"""One per cent of harm: of a practice's own health today, but never of next to nothing."""

from __future__ import annotations

import secrets
from dataclasses import replace

import numpy as np
import pytest
from scipy import sparse

from benchmarks.made_instances import made
from incentive_opt.certify.status_quo import status_quo
from incentive_opt.domain.harm import LEAST_HEALTH, units_of_health
from incentive_opt.domain.instance import Instance
from incentive_opt.files import read_instance, read_model
from incentive_opt.formulation.build import build
from incentive_opt.pricing.problem import Follower, PricingProblem
from incentive_opt.pricing.repair import Repair
from incentive_opt.pricing.scaling import scale
from incentive_opt.pricing.search import Search
from tests.pricing.test_responses import a_search

BARE = ("made_20_718806134", "small_group_13")
"""A drawn instance in which this practice type has -0.8 QALY a year today; others of its size have 50."""


def _children(instance: Instance) -> dict[str, float]:
    contracted = [segment.name for segment in instance.segments if segment.contracted]
    return {
        practice.name: sum(
            panel.demanded
            for panel in instance.panels
            if panel.practice == practice.name and panel.segment in contracted
        )
        for practice in instance.practices
    }


def test_a_practice_of_its_own_is_measured_by_itself() -> None:
    """Two practices, neither far below the other: 1 % of what each has, whatever its sign."""
    instance = read_instance("two_practices")
    busy, caring = (practice.name for practice in instance.practices)
    units = units_of_health(instance, {busy: -1.8, caring: 2.0})
    assert units == pytest.approx({busy: 0.018, caring: 0.02})


def test_next_to_nothing_counts_as_a_quarter_of_the_average() -> None:
    """By hand: as many of each with as many children; with 0 and 4 QALY the average is 2, a quarter 0.5."""
    instance = read_instance("two_practices")
    busy, caring = instance.practices
    even = replace(instance, practices=(busy, replace(caring, count=busy.count)))
    children = _children(even)
    assert children[busy.name] == pytest.approx(children[caring.name])
    units = units_of_health(even, {busy.name: 0.0, caring.name: 4.0})
    assert units == pytest.approx({busy.name: 0.01 * LEAST_HEALTH * 2.0, caring.name: 0.04})


def test_units_are_no_smaller_than_one_per_cent_and_do_not_hang_on_the_order() -> None:
    """Drawn health: at least 1 % of one's own, at least a quarter of the average; each type by its name."""
    instance = read_instance("medicaid_statewide")
    seed = secrets.randbelow(10**9)
    rng = np.random.default_rng(seed)
    today = {practice.name: float(rng.normal(10.0, 20.0)) for practice in instance.practices}
    units, children = units_of_health(instance, today), _children(instance)
    total = sum(practice.count * today[practice.name] for practice in instance.practices)
    average = abs(total) / sum(practice.count * children[practice.name] for practice in instance.practices)
    for name, unit in units.items():
        own, least = 0.01 * abs(today[name]), 0.01 * 0.25 * average * children[name]
        assert unit == pytest.approx(max(own, least)), f"seed {seed}"
    turned = replace(instance, practices=instance.practices[::-1])
    assert units_of_health(turned, today) == pytest.approx(units), f"seed {seed}"


def test_optimiser_and_certificate_mean_the_same() -> None:
    """The unit that the problem was built with is that of the certificate's own status quo."""
    instance = made(6, secrets.randbelow(10**9))
    _, payer = build(instance, read_model("blended", instance))
    accounts = status_quo(instance).accounts
    units = units_of_health(instance, {name: own.health for name, own in accounts.items()})
    assert payer.health_units == pytest.approx(tuple(units[p.name] for p in instance.practices), rel=1e-6)


def _alone(problem: PricingProblem, follower: Follower) -> Search:
    """A search with one follower and no rows: only its own liking can stand in the way of a design."""
    free = np.full(len(problem.row_lower), np.inf)
    own = replace(
        problem, followers=(follower,), row_lower=-free, row_upper=free, starts=(), start_responses=()
    )
    return a_search(own)


def test_a_practice_with_next_to_no_health_can_be_kept_to_something() -> None:
    """With 1 % of its own health as the unit no prices near today's keep it to anything, and so no design."""
    instance = made(20, 718806134)
    assert instance.name == BARE[0]
    problem, payer = build(instance, read_model("blended", instance))
    place = [practice.name for practice in payer.practices].index(BARE[1])
    scaled, _ = scale(problem)
    follower, start = scaled.followers[place], scaled.starts[0]
    assert abs(payer.status_quo[place].health) < 1.0
    found = Repair(_alone(scaled, follower), start).start()
    assert found is not None
    assert found.violation <= 1e-8
    narrow = payer.health_units[place] / (0.01 * abs(payer.status_quo[place].health))
    factors = np.array([narrow, 1.0])[:, None]
    harm_x = sparse.csr_array(factors * follower.harm_x.toarray())
    before = Repair(_alone(scaled, replace(follower, harm_x=harm_x)), start).start()
    assert before is None or before.violation > 1e-6
