"""Chance at cut-offs: whether a practice is paid for a tier, when rates are counted in few events."""

from __future__ import annotations

from dataclasses import replace
from math import comb

import numpy as np
import pytest

from incentive_opt.domain.contract import Contract
from incentive_opt.domain.instance import Instance, Measure
from incentive_opt.domain.simulation import Course, Enrolment, Simulation, Spread
from incentive_opt.simulate.ledger import Ledger, settle
from incentive_opt.simulate.population import crowd
from incentive_opt.simulate.run import simulate
from incentive_opt.simulate.world import terms_of, world_of
from tests.simulate.small_worlds import measured
from tests.simulate.small_years import new_seed, one_need, plan_of, twice, year

EVENTS, CUT_OFF, BONUS = 30, 0.61, 12.0
RATES = (0.56, 0.61, 0.66)
PUBLISHED = (0.27, 0.48, 0.70)
PRACTICES, YEARS = 6000, 5
"""A third of the practices works at each rate: 10,000 practice-years each."""


def offices(measure: Measure, count: float, children: float = EVENTS, **simulation: object) -> Instance:
    """Offices whose children each have one scheduled need a year."""
    given = {"courses": (Course("care", arrival="scheduled"),)} | simulation
    return one_need(
        1.0,
        count=count,
        children=children,
        measures=(measure,),
        simulation=Simulation(**given),  # type: ignore[arg-type]
    )


def reaching(events: int, cut_off: float, rate: float) -> float:
    """Chance that at least the cut-off's share of the events succeeds, summed with whole numbers."""
    needed = next(k for k in range(events + 2) if k >= cut_off * events - 1e-9)
    return sum(comb(events, k) * rate**k * (1.0 - rate) ** (events - k) for k in range(needed, events + 1))


def settled(instance: Instance, rate: float, seed: int, replication: int = 0) -> Ledger:
    """A year of practices that all work at the rate, paid the bonus for every tier."""
    world = world_of(instance)
    bonuses = {("rate", tier + 1): BONUS for tier in range(len(instance.measures[0].thresholds))}
    terms = terms_of(instance, Contract(bonuses=bonuses))
    return settle(world, terms, year(world, plan_of(world, rate), seed, replication))


def test_the_published_chances_are_those_of_the_binomial() -> None:
    """The figure that the documentation gives is right on paper: about 27, 48 and 70 %."""
    exact = [reaching(EVENTS, CUT_OFF, rate) for rate in RATES]
    assert np.abs(np.array(exact) - PUBLISHED).max() < 0.006, exact


def test_thirty_events_and_a_cut_off_of_61_percent() -> None:
    """Practices that truly work at 56, 61 and 66 % are paid about 27, 48 and 70 % of the time."""
    instance = offices(measured(CUT_OFF), PRACTICES, spread=Spread(characters=len(RATES)))
    world = world_of(instance)
    terms = terms_of(instance, Contract(bonuses={("rate", 1): BONUS}))
    plans = [[plan_of(world, rate) for rate in RATES]]

    def paid(seed: int) -> np.ndarray:
        found = []
        for replication in range(YEARS):
            ledger = settle(world, terms, year(world, plans, seed, replication))
            tally = ledger.tally
            assert (tally.denominator == EVENTS).all(), f"not exactly {EVENTS} events, seed {seed}"
            assert np.array_equal(ledger.paid[0][:, 0], tally.numerator[:, 0] >= 19), f"seed {seed}"
            character = crowd(world, seed, replication).character
            found.append([ledger.paid[0][character == each, 0].mean() for each in range(len(RATES))])
        return np.array(found)

    def check(seed: int) -> None:
        shares = paid(seed).mean(axis=0)
        for rate, published, share in zip(RATES, PUBLISHED, shares, strict=True):
            exact = reaching(EVENTS, CUT_OFF, rate)
            error = np.sqrt(exact * (1.0 - exact) / (PRACTICES / 3 * YEARS))
            assert abs(share - exact) <= 4.0 * error, f"{rate}: {share} against {exact}, seed {seed}"
            assert abs(share - published) <= 0.02, f"{rate}: {share} against {published}, seed {seed}"

    twice(check)


@pytest.mark.parametrize(("children", "rate"), [(10, 0.5), (40, 0.7), (97, 0.85), (200, 0.8)])
def test_two_tiers_at_any_number_of_events(children: int, rate: float) -> None:
    """Each tier is reached with the binomial's chance, the lower one whenever the higher one is."""
    instance = offices(measured(rate - 0.03, rate + 0.05), 3000, children)

    def check(seed: int) -> None:
        paid = settled(instance, rate, seed).paid[0]
        assert (paid[:, 0] >= paid[:, 1]).all(), f"seed {seed}"
        for tier, threshold in enumerate(instance.measures[0].thresholds):
            exact = reaching(children, threshold, rate)
            error = np.sqrt(exact * (1.0 - exact) / len(paid))
            assert abs(paid[:, tier].mean() - exact) <= 4.0 * error + 1e-12, f"tier {tier + 1}, seed {seed}"

    twice(check)


def test_a_rate_just_at_the_threshold_is_paid() -> None:
    """Half of the events and a threshold of a half: paid as often as at least 15 of 30 succeed."""
    instance = offices(measured(0.5), 4000)

    def check(seed: int) -> None:
        ledger = settled(instance, 0.5, seed)
        exact = reaching(EVENTS, 0.5, 0.5)  # 0.57; were the very half not paid, 0.43
        error = np.sqrt(exact * (1.0 - exact) / 4000)
        assert abs(ledger.paid[0].mean() - exact) <= 4.0 * error, f"seed {seed}"

    twice(check)


def test_chance_fades_with_events() -> None:
    """With 6,000 events five points above the threshold are enough, and five below never."""
    for rate, share in ((0.56, 0.0), (0.66, 1.0)):
        seed = new_seed()
        paid = settled(offices(measured(CUT_OFF), 20, 6000), rate, seed).paid[0]
        assert paid.mean() == share, f"seed {seed}"


def test_too_few_events_are_never_paid() -> None:
    """Below the smallest denominator nothing is paid however good the rate; at it, what is earned."""
    for least, share in ((31.0, 0.0), (30.0, 1.0)):
        seed = new_seed()
        ledger = settled(offices(measured(CUT_OFF, least=least), 200), 1.0, seed)
        assert ledger.paid[0].mean() == share, f"least {least}, seed {seed}"
        assert ledger.bonuses[0].sum() == share * 200 * EVENTS * BONUS, f"least {least}, seed {seed}"


def test_children_who_left_do_not_make_a_denominator() -> None:
    """A practice whose children all move on has nobody who counts, and no tier is paid."""
    instance = offices(measured(0.1, least=5.0), 50, enrolment=Enrolment(0.9, 12))
    seed = new_seed()
    ledger = settled(instance, 1.0, seed)
    assert ledger.tally.denominator.mean() < 1.0 < 20.0 < ledger.tally.eligible.mean(), f"seed {seed}"
    assert not ledger.paid[0].any(), f"seed {seed}"


def test_random_needs_vary_the_denominator() -> None:
    """With a Poisson number of events the chance is the binomial's, averaged over that number."""
    mean, rate, least = 12.0, 0.6, 10.0
    instance = one_need(
        mean, count=4000, children=1.0, measures=(measured(0.65, least=least),), simulation=Simulation()
    )
    exact, chance = 0.0, np.exp(-mean)
    for events in range(1, 80):
        chance *= mean / events
        exact += chance * reaching(events, 0.65, rate) if events >= least else 0.0

    def check(seed: int) -> None:
        paid = settled(instance, rate, seed).paid[0]
        error = np.sqrt(exact * (1.0 - exact) / len(paid))
        assert abs(paid.mean() - exact) <= 4.0 * error, f"{paid.mean()} against {exact}, seed {seed}"

    twice(check)


def test_practices_aim_above_a_cut_off_and_are_paid_as_often_as_they_expect() -> None:
    """Through ``simulate``: aiming high pays, so most are paid, and the rate stands above the cut-off."""
    instance = offices(measured(CUT_OFF), 400)
    # Two dollars lost a visit, 12 earned an event if the tier is attained.
    costly = tuple(replace(service, supply_cost=2.0) for service in instance.services)
    instance = replace(instance, services=costly, status_quo=Contract())
    contract = Contract(bonuses={("rate", 1): BONUS})
    found = simulate(instance, contract, replications=5, seed=new_seed())
    assert found.mean("rate", "office", "rate") > CUT_OFF + 0.05
    assert found.mean("tier_paid", "office", "rate", 1) > 0.9
