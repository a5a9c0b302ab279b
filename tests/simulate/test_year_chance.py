"""Chance in a year: over many children everything has the mean and the spread that it should have."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

import incentive_opt as io
from incentive_opt.domain.contract import Contract
from incentive_opt.domain.simulation import (
    BehaviourTerms,
    Condition,
    Continuity,
    Course,
    Enrolment,
    Simulation,
)
from incentive_opt.simulate.children import child_tables, expected_events
from incentive_opt.simulate.population import crowd
from incentive_opt.simulate.run import prepare, years
from incentive_opt.simulate.tally import Tally
from incentive_opt.simulate.world import MONTHS, FloatArray, World, world_of
from incentive_opt.simulate.year import REFERENCE_SEED, _reference_crowds, _simulate, reference_multiples
from tests.simulate.small_worlds import BENT, need, practice, service
from tests.simulate.small_years import (
    COUNTED_ALIKE,
    SERVED,
    alike,
    deviations,
    new_seed,
    one_need,
    plan_of,
    slopes_of,
    town,
    twice,
    without_chance,
    year,
)

ENOUGH = 4.0
"""Standard errors."""
SIGHTED = Continuity(0.5, 0.9, 0.5, 1.3, 1.6, 1.2, 1.5)


def differences(found: Tally, expected: Tally) -> dict[str, FloatArray]:
    """Standard errors between each count's mean over practices and what it should be."""
    return {name: deviations(getattr(found, name), getattr(expected, name)[0]) for name in COUNTED_ALIKE}


@pytest.mark.parametrize(
    "parts",
    [{}, {"enrolment": Enrolment(0.08, 6)}, {"courses": (), "conditions": ()}],
    ids=["as it is", "with churn", "plain"],
)
@pytest.mark.parametrize("kept", [1.0, (0.5, 0.85, 0.0)], ids=["all kept", "some turned away"])
def test_means_are_those_of_a_year_without_chance(kept: Any, parts: dict[str, Any]) -> None:
    """Needs, care, health, leaks, failures, visits elsewhere and admissions, in every need and segment."""
    world = world_of(town(count=600.0, **parts))
    plan = plan_of(world, SERVED, kept)
    expected = without_chance(world, plan)

    def check(seed: int) -> None:
        found = year(world, plan, seed)
        assert found.crowded_out.sum() == 0.0
        for name, far in differences(found, expected).items():
            assert np.abs(far).max() <= ENOUGH, f"{name}: {far.round(1)} standard errors, seed {seed}"

    twice(check)


@pytest.mark.parametrize("share", [0.0, 0.31, 0.5, 0.77, 1.0])
def test_the_mean_effect_is_the_curve(share: float) -> None:
    """However much is served, those reached first gain most, and the sum is the curve's."""
    world = world_of(town(count=400.0))
    plan = plan_of(world, {"long": share, "asthma_visit": share, "cold_visit": share})
    expected = without_chance(world, plan)

    def check(seed: int) -> None:
        far = differences(year(world, plan, seed), expected)
        for name in ("gained", "failure_cost", "admissions"):
            assert np.abs(far[name]).max() <= ENOUGH, f"{name}: {far[name].round(1)}, seed {seed}"

    twice(check)


@pytest.mark.parametrize("kept", [1.0, 0.4])
def test_an_event_may_bring_several_visits_and_admissions(kept: float) -> None:
    """Where an event's mean is above what one costs, both the cost and the number are right, and whole."""
    course = Course("care", leak_visit_cost=40.0, admission_cost=100.0, qaly_if_it_works=0.0005)
    dear = need(events=2.0, uncovered_cost=100.0, downstream_saving=130.0, curve=BENT)
    world = world_of(one_need(2.0, course, count=200.0, children=60.0, needs=(dear,)))
    plan = plan_of(world, 0.3, kept)
    expected = without_chance(world, plan)

    def check(seed: int) -> None:
        found = year(world, plan, seed)
        for name, far in differences(found, expected).items():
            assert np.abs(far).max() <= ENOUGH, f"{name}: {far.round(1)} standard errors, seed {seed}"
        for number in (found.leak_visits, found.admissions):
            assert np.array_equal(number, np.round(number)), f"seed {seed}"
        assert found.leak_visits.sum() > 2.0 * (found.events - found.covered).sum(), f"seed {seed}"
        if kept == 1.0:
            assert np.array_equal(found.contacts, found.leak_visits.sum(axis=1)), f"seed {seed}"

    twice(check)


def test_multiples_of_continuity_leave_the_mean_cost_elsewhere() -> None:
    """Divided by their mean under the contract in force, multiples move cost between children only."""
    instance = town(count=300.0, continuity=SIGHTED)
    clinicians = practice(count=300.0, fte={"clinician": 3.0, "np": 3.0, "team": 1.0})
    # Many colds, so that children have contacts enough to tell continuity by.
    needs = tuple(replace(n, events_per_child_year=2.5 * n.events_per_child_year) for n in instance.needs)
    world = world_of(replace(instance, practices=(clinicians,), needs=needs))
    plan = plan_of(world, SERVED)
    expected = without_chance(world, plan)
    means = reference_multiples(world, alike(world, plan), slopes_of(world))
    assert means.visits[0] > 1.05
    assert means.admissions[0] > 1.05

    def check(seed: int) -> None:
        raw, found = year(world, plan, seed), year(world, plan, seed, multiples=means)
        for name in ("leak_cost", "failure_cost"):
            total = getattr(found, name).sum(axis=1)
            mean = getattr(expected, name)[0].sum()
            assert abs(deviations(total, mean)) <= ENOUGH, f"{name}, seed {seed}"
            assert deviations(getattr(raw, name).sum(axis=1), mean) > ENOUGH, f"{name} undivided, seed {seed}"

    twice(check)


def test_multiples_are_means_of_the_years_that_they_divide() -> None:
    """Visits elsewhere are contacts: divided multiples bring fewer of them, and the means allow for it."""
    instance = town(count=40.0, continuity=SIGHTED)
    clinicians = practice(count=40.0, fte={"clinician": 3.0, "np": 3.0, "team": 1.0})
    needs = tuple(replace(n, events_per_child_year=2.5 * n.events_per_child_year) for n in instance.needs)
    world = world_of(replace(instance, practices=(clinicians,), needs=needs))
    plans = alike(world, plan_of(world, SERVED))
    means = reference_multiples(world, plans, slopes_of(world))
    sums = np.zeros((2, 2))
    years_drawn = _reference_crowds(world, plans)
    for number, some in enumerate(years_drawn):
        counts = _simulate(
            world, plans, slopes_of(world), some, REFERENCE_SEED, number, 1, means, None, None, compares=True
        )
        sums += counts.care_elsewhere.sum(axis=0)
    assert len(years_drawn) == 7, "7,200 children a year, until there are 50,000"
    assert np.abs(sums[:, 1] / sums[:, 0] - 1.0).max() < 1e-3


@pytest.mark.parametrize(("clinicians", "share"), [(1.0, 1.0), (2.0, 0.5)])
def test_contacts_with_the_own_clinician(clinicians: float, share: float) -> None:
    """A lone clinician is everyone's own; among several it is by the instance's chance."""
    instance = one_need(
        4.0, count=200.0, children=50.0, minutes_each=20.0,
        practices=(practice(count=200.0, fte={"clinician": clinicians, "np": 0.0, "team": 0.0}),),
        simulation=Simulation(continuity=SIGHTED),
    )  # fmt: skip
    world = world_of(instance)

    def check(seed: int) -> None:
        found = year(world, plan_of(world, 0.8), seed)
        assert np.array_equal(found.contacts, found.covered[:, 0]), f"seed {seed}"
        assert abs(deviations(found.own_contacts / found.contacts, share)) <= ENOUGH, f"seed {seed}"

    twice(check)


def test_every_segment_of_the_statewide_instance_has_its_needs() -> None:
    """Two full years: events per child who asks are the rates of needs.csv, in every row."""
    world = world_of(io.read_instance("medicaid_statewide"))
    plan = plan_of(world, 0.0)

    def check(seed: int) -> None:
        surplus = []
        for replication in range(2):
            practices = crowd(world, seed, replication)
            asked = practices.asked[:, world.need_segment]
            surplus.append(
                year(world, plan, seed, replication, practices=practices).events - asked * world.rate
            )
        joined = np.concatenate(surplus)
        far = joined.sum(axis=0) / np.sqrt((joined**2).sum(axis=0))  # practices are independent, not alike
        assert len(far) == 56
        assert np.abs(far).max() <= ENOUGH, f"row {np.abs(far).argmax()}: {far.round(1)}, seed {seed}"

    twice(check)


def test_the_statewide_tables_have_no_bias_at_all() -> None:
    """What the tables of children bring about on average is the rate, to rounding."""
    world = world_of(io.read_instance("medicaid_statewide"))
    assert np.allclose(expected_events(world, child_tables(world)), world.rate, rtol=1e-9, atol=0.0)


def singles(
    course: Course, events: float, conditions: tuple[Condition, ...] = (), count: float = 40_000.0
) -> World:
    """Practices of one child each: a practice's count is a child's."""
    simulation = Simulation(courses=(course,), conditions=conditions)
    return world_of(one_need(events, count=count, children=1.0, simulation=simulation))


def counts_of(world: World, seed: int) -> FloatArray:
    """Events of every child, array (children, needs)."""
    return year(world, plan_of(world, 0.0), seed).events


@pytest.mark.parametrize(
    ("dispersion", "events", "kept"), [(0.0, 2.0, 1.0), (0.2, 3.0, 0.84), (0.5, 2.0, 0.8), (1.5, 4.0, 0.6)]
)
def test_counts_vary_between_children_as_asked(dispersion: float, events: float, kept: float) -> None:
    """Variance over mean squared, less the Poisson part, is that of the means of a gamma variable's quarters.

    These means keep most of the dispersion asked for: so much in shipped instances, less if it is large.
    """
    world = singles(Course("care", dispersion=dispersion), events)

    def check(seed: int) -> None:
        quarters = np.ones((4, 1))
        if dispersion > 0.0:
            gamma = np.random.default_rng(seed).gamma(1.0 / dispersion, dispersion, 400_000)
            quarters = np.sort(gamma).reshape(4, -1)
        asked = quarters.mean(axis=1).var()
        counts = counts_of(world, seed)[:, 0]
        found = (counts.var() - counts.mean()) / counts.mean() ** 2
        error = np.std((counts - counts.mean()) ** 2 - counts) / np.sqrt(len(counts)) / events**2
        assert abs(found - asked) <= ENOUGH * error + 0.01 * asked, f"{found} against {asked}, seed {seed}"
        assert kept * dispersion - ENOUGH * error <= found <= dispersion + ENOUGH * error, f"seed {seed}"

    twice(check)


def test_a_frail_child_has_more_of_every_random_need() -> None:
    """Frailty is the child's: counts of two needs go together, by as much as both vary."""
    instance = one_need(
        3.0, count=20_000.0, children=1.0, needs=(need("care", events=3.0), need("cold", events=2.0)),
        services=(service(), service("cold_visit", "cold")),
        simulation=Simulation(courses=(Course("care", dispersion=0.6), Course("cold", dispersion=0.6))),
    )  # fmt: skip
    world = world_of(instance)

    def check(seed: int) -> None:
        counts = counts_of(world, seed)
        products = (counts - counts.mean(axis=0)).prod(axis=1) / 6.0
        assert 0.75 * 0.6 < products.mean() < 0.6 * 1.1, f"{products.mean()}, seed {seed}"

    twice(check)


@pytest.mark.parametrize("prevalence", [0.15, 1.0])
def test_a_need_of_a_condition_arises_only_with_it(prevalence: float) -> None:
    """The share of children with at least one event is that of a Poisson among those who have it."""
    ill = Condition("asthma", "child", prevalence)
    world = singles(Course("care", condition="asthma"), 0.4, (ill,), 20_000.0)
    share = prevalence * -np.expm1(-0.4 / prevalence)

    def check(seed: int) -> None:
        assert abs(deviations((counts_of(world, seed)[:, 0] > 0).astype(float), share)) <= ENOUGH, (
            f"seed {seed}"
        )

    twice(check)


@pytest.mark.parametrize("arrival", ["random", "scheduled"])
def test_a_condition_multiplies_a_need(arrival: str) -> None:
    """Among children of 20 % with five times the rate, the variance is that of the mixture."""
    ill = Condition("weak", "child", 0.2, {"care": 5.0})
    world = singles(Course("care", arrival=arrival), 1.8, (ill,), 20_000.0)
    rates, shares = np.array([1.0, 5.0]), np.array([0.8, 0.2])
    within = rates if arrival == "random" else np.zeros(2)  # whole numbers a year fall due without chance
    variance = shares @ (within + (rates - 1.8) ** 2)

    def check(seed: int) -> None:
        counts = counts_of(world, seed)[:, 0]
        assert abs(deviations(counts, 1.8)) <= ENOUGH, f"seed {seed}"
        assert abs(deviations((counts - 1.8) ** 2, variance)) <= ENOUGH, f"seed {seed}"

    twice(check)


@pytest.mark.parametrize("rate", [0.37, 1.0, 2.6, 12.0, 30.0])
def test_scheduled_needs_come_at_even_intervals(rate: float) -> None:
    """In a year a child has the whole number below or above its rate, as often as gives the mean."""
    world = singles(Course("care", arrival="scheduled"), rate, count=5000.0)

    def check(seed: int) -> None:
        counts = counts_of(world, seed)[:, 0]
        assert counts.min() >= np.floor(rate), f"seed {seed}"
        assert counts.max() <= np.ceil(rate), f"seed {seed}"
        assert abs(deviations(counts, rate)) <= ENOUGH, f"seed {seed}"

    twice(check)


@pytest.mark.parametrize("number", [1, 2, 4, 5, 8, 11])
def test_each_of_many_services_is_delivered_as_planned(number: int) -> None:
    """However many services a need has, each meets its own share of the events."""
    names = [f"way_{place}" for place in range(number)]
    world = world_of(one_need(1.0, count=50.0, children=400.0, services=tuple(map(service, names))))
    shares = 0.8 * np.arange(1, number + 1) / np.arange(1, number + 1).sum()

    def check(seed: int) -> None:
        found = year(world, plan_of(world, dict(zip(names, shares.tolist(), strict=True))), seed)
        far = deviations(found.served[:, :, 0] - found.events * shares, 0.0)
        assert np.abs(far).max() <= ENOUGH, f"{far.round(1)}, seed {seed}"

    twice(check)


@pytest.mark.parametrize(("arrival", "number"), [("scheduled", 16), ("scheduled", 31), ("random", 70)])
def test_a_segment_may_have_many_needs(arrival: str, number: int) -> None:
    """Each arises as often as its rate says."""
    names = [f"need_{place}" for place in range(number)]
    courses = tuple(Course(name, arrival=arrival) for name in names)
    needs = tuple(need(name, events=0.8 + 0.03 * place) for place, name in enumerate(names))
    services = tuple(service(f"for_{name}", name) for name in names)
    instance = one_need(
        1.0,
        count=300.0,
        children=20.0,
        needs=needs,
        services=services,
        simulation=Simulation(courses=courses),
    )
    world = world_of(instance)

    def check(seed: int) -> None:
        found = year(world, plan_of(world, 0.5), seed)
        far = deviations(found.events, 20.0 * world.rate)
        assert np.abs(far).max() <= ENOUGH, f"{far.round(1)}, seed {seed}"

    twice(check)


def test_seasons_peak_in_their_month() -> None:
    """Each need has its own season, and the others stay even; in the tables from which events are drawn."""
    peaks, swings = (1, 6, 11), (0.3, 1.0, 0.0)
    names = ("a", "b", "c")
    courses = tuple(
        Course(n, season_amplitude=s, season_peak_month=p, dispersion=0.4)
        for n, p, s in zip(names, peaks, swings, strict=True)
    )
    world = world_of(
        one_need(
            1.0, needs=tuple(need(n, events=e) for n, e in zip(names, (2.0, 0.7, 1.1), strict=True)),
            services=tuple(service(n, n) for n in names), simulation=Simulation(courses=courses),
        )
    )  # fmt: skip
    monthly = monthly_events(world)
    assert np.allclose(monthly.sum(axis=0), world.rate)
    for row, (peak, swing) in enumerate(zip(peaks, swings, strict=True)):
        relative = monthly[:, row] / monthly[:, row].mean()
        assert np.allclose([relative.max(), relative.min()], [1.0 + swing, 1.0 - swing])
        if swing > 0.0:
            assert relative.argmax() + 1 == peak
            assert (relative.argmin() - relative.argmax()) % MONTHS == 6


def monthly_events(world: World) -> FloatArray:
    """Events per child in each month by the tables of the one segment, array (months, needs)."""
    tables = child_tables(world)
    places = len(tables.random_row)
    shares = tables.need_accept[:, :, :places].copy()
    for place in range(places):
        shares[:, :, place] += ((tables.need_other == place) * (1.0 - tables.need_accept)).sum(axis=2)
    result = np.zeros((MONTHS, len(world.rate)))
    result[:, tables.random_row] = np.einsum(
        "c,tc,tcj->tj", tables.class_chance, tables.rate, shares / places
    )
    return result


def test_practices_that_misjudge_services_are_of_all_characters() -> None:
    """Of two services alike each is chosen by as many practices as there are characters who prefer it."""
    instance = one_need(
        1.0, count=240.0, children=30.0, services=(service("first"), service("second")),
        status_quo=Contract(fees={"first": 50.0, "second": 50.0}),
        simulation=Simulation(behaviour=BehaviourTerms(quantal_usd_per_service=5.0)),
    )  # fmt: skip
    ready = prepare(instance, behaviour="quantal")
    meant = np.mean([plan.served[:, 0] for plan in ready.plans[0]], axis=0)
    ledger = next(years(ready, 1, new_seed()))
    served = ledger.tally.served.sum(axis=(0, 2))
    assert 0.0 < meant[0] < 1.0
    assert np.abs(served / served.sum() - meant / meant.sum()).max() < 0.05
