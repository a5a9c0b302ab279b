"""Time in a year: months that fill up, what must be done at once, and what can wait."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from incentive_opt.domain.contract import Contract
from incentive_opt.domain.instance import Instance
from incentive_opt.domain.simulation import Condition, Course, Enrolment, Simulation, Spread, Waiting
from incentive_opt.errors import InputError
from incentive_opt.simulate.ledger import regular_hours
from incentive_opt.simulate.run import prepare, simulate
from incentive_opt.simulate.world import MINUTES_PER_HOUR, MONTHS, FloatArray, world_of
from incentive_opt.simulate.year import check_size
from tests.simulate.small_worlds import measured, need, practice, service
from tests.simulate.small_years import (
    CONDITIONS,
    COURSES,
    SERVED,
    deviations,
    minutes,
    new_seed,
    one_need,
    plan_of,
    town,
    twice,
    year,
)

MONTHLY = Course("care", arrival="scheduled")
"""With 12 events a year each child has one in every month, so that months are known on paper."""


def monthly(hours: float, course: Course = MONTHLY, **parts: Any) -> Instance:
    """100 children with a need a month of an hour each: 1,200 hours a year."""
    return one_need(
        12.0,
        children=100.0,
        hours=hours,
        minutes_each=60.0,
        simulation=Simulation(courses=(course,), **parts),
    )


def delivered(instance: Instance, seed: int, overtime: float = 0.0, served: float = 1.0) -> FloatArray:
    """Events met of each need, by one practice."""
    world = world_of(instance)
    return year(world, plan_of(world, served, overtime=overtime), seed).covered[0]


@pytest.mark.parametrize("can_wait", [True, False])
@pytest.mark.parametrize(
    ("hours", "overtime", "squeeze", "expected"),
    [
        (600.0, 0.0, 0.0, 600.0),  # 50 visits a month
        (600.0, 0.0, 0.1, 660.0),  # 55 visits a month
        (600.0, 60.0, 0.0, 660.0),  # 15 more in each of the first four months
        (600.0, 60.0, 0.1, 720.0),
        (1152.0, 60.0, 0.0, 1200.0),  # 96 of 100 a month in time; 48 hours of overtime are taken
        (6000.0, 60.0, 0.1, 1200.0),
    ],
)
def test_months_are_as_long_as_they_are(
    can_wait: bool, hours: float, overtime: float, squeeze: float, expected: float
) -> None:
    """Visits of an hour fill regular time, what is squeezed in, and the overtime planned, and no more."""
    instance = monthly(hours, replace(MONTHLY, can_wait=can_wait), waiting=Waiting(0.0, squeeze))
    world, seed = world_of(instance), new_seed()
    found = year(world, plan_of(world, 1.0, overtime=overtime), seed)
    assert found.covered[0, 0] == expected, f"seed {seed}"
    assert found.hours[0, 0] == expected, f"seed {seed}"
    assert np.isclose(found.overtime[0, 0], max(0.0, expected - hours)), f"seed {seed}"
    assert found.crowded_out[0, 0] == 1200.0 - expected, f"seed {seed}"


def test_a_quarter_of_the_years_overtime_fits_in_a_month() -> None:
    """Work of one month only: everyone is due in the first, and no more than a quarter can be added."""
    # Nobody can wait, and a peak so sharp is not to be had: a large practice with a swing of the whole rate.
    course = Course("care", season_amplitude=1.0, season_peak_month=6, can_wait=False)
    instance = one_need(
        1.0, children=120_000.0, hours=10_000.0, minutes_each=60.0, simulation=Simulation(courses=(course,))
    )
    season = 1.0 + np.cos(2.0 * np.pi * (np.arange(1, 13) - 6) / 12.0)
    needed, left, expected = 10_000.0 * season, 24_000.0, 0.0
    regular = 10_000.0 / 12.0
    for each in needed:
        extra = min(left, 6_000.0, max(0.0, each - regular))
        expected, left = expected + min(each, regular + extra), left - extra
    seed = new_seed()
    found = delivered(instance, seed, overtime=24_000.0)[0]
    assert abs(found / expected - 1.0) < 0.005, f"{found} against {expected}, seed {seed}"


@pytest.mark.parametrize("scale", [0.3, 0.6, 0.9, 1.5])
def test_staff_time_is_never_exceeded(scale: float) -> None:
    """In towns of all sorts no role works more than its regular time, squeezing in and planned overtime."""
    seed = new_seed()
    generator = np.random.default_rng(seed)
    for _ in range(25):
        squeeze, planned = float(generator.uniform(0.0, 0.2)), float(generator.uniform(0.0, 30.0))
        instance = town(
            scale * float(generator.uniform(20.0, 200.0)),
            enrolment=Enrolment(float(generator.uniform(0.0, 0.2)), 6),
            waiting=Waiting(float(generator.uniform(0.0, 1.0)), squeeze),
        )
        world = world_of(instance)
        found = year(world, plan_of(world, SERVED, overtime=planned), int(generator.integers(2**62)))
        limit = world.hours[0] * (1.0 + squeeze) + planned
        assert (found.hours[0] <= limit + 1e-9).all(), f"{found.hours[0]} of {limit}, seed {seed}"
        assert (found.overtime[0] <= squeeze * world.hours[0] + planned + 1e-9).all(), f"seed {seed}"


def two_needs(hours: float, first: Course, second: Course, rates: tuple[float, float]) -> Instance:
    """50 children with two needs, ``care`` and ``other``; an hour each."""
    return one_need(
        1.0, children=50.0, hours=hours,
        needs=(need("care", events=rates[0]), need("other", events=rates[1])),
        services=(service("visit", minutes=60.0), service("talk", "other", minutes=60.0)),
        simulation=Simulation(courses=(first, second)),
    )  # fmt: skip


@pytest.mark.parametrize("swapped", [False, True])
def test_what_is_urgent_goes_before_what_can_wait(swapped: bool) -> None:
    """Each month 50 urgent visits and 100 that can wait, and time for 60: no urgent one is lost."""
    urgent = replace(MONTHLY, can_wait=False)
    other = Course("other", arrival="scheduled")
    if swapped:
        first, second, rates = MONTHLY, replace(other, can_wait=False), (24.0, 12.0)
    else:
        first, second, rates = urgent, other, (12.0, 24.0)
    instance = two_needs(720.0, first, second, rates)
    found = delivered(instance, new_seed())
    assert sorted(found) == [120.0, 600.0]
    assert found[int(swapped)] == 600.0


def test_urgent_needs_by_chance_seldom_find_no_time() -> None:
    """Random urgent needs of 40 % of the time lose little to planned care that alone would fill the year."""
    instance = two_needs(
        6000.0, Course("care", can_wait=False), Course("other", arrival="scheduled"), (48.0, 240.0)
    )
    world, seed = world_of(instance), new_seed()
    plan = plan_of(world, 1.0)
    found = [year(world, plan, seed, replication) for replication in range(10)]
    lost, all_urgent = (sum(getattr(f, n)[0, 0] for f in found) for n in ("crowded_out", "events"))
    # A month brings 200 with a standard deviation of 14: kept open are 200, so about 6 of 200 find nothing.
    assert lost < 0.045 * all_urgent, f"{lost} of {all_urgent}, seed {seed}"
    worked = sum(f.hours[0, 0] for f in found)
    assert worked > 0.99 * 60_000.0, f"time is not left idle: {worked}, seed {seed}"


SEASON = 1.0 + 0.8 * np.cos(2.0 * np.pi * (np.arange(1, 13) - 3) / 12.0)


def seasonal(can_wait: bool = True, gives_up: float = 0.0, squeeze: float = 0.0) -> Instance:
    """20,000 children who come mostly in spring, to staff who have 5 % more time than the year's work."""
    course = Course("care", season_amplitude=0.8, season_peak_month=3, can_wait=can_wait)
    return one_need(
        1.0, children=20_000.0, hours=21_000.0, minutes_each=60.0,
        simulation=Simulation(courses=(course,), waiting=Waiting(gives_up, squeeze)),
    )  # fmt: skip


def test_short_months_are_made_up_for_in_slack_ones() -> None:
    """What can wait is nearly all done within the year; what cannot is lost whenever a month is full."""
    seed = new_seed()
    world = world_of(seasonal())
    whole = year(world, plan_of(world, 1.0), seed)
    assert whole.covered[0, 0] >= 0.995 * whole.events[0, 0], f"seed {seed}"
    at_once = np.minimum(SEASON, 1.05).mean()
    assert 0.75 < at_once < 0.85
    for instance in (seasonal(can_wait=False), seasonal(gives_up=1.0)):
        found = delivered(instance, seed)[0] / whole.events[0, 0]
        assert abs(found - at_once) < 0.01, f"{found} against {at_once}, seed {seed}"


def test_some_give_up_waiting() -> None:
    """The more give up in a month, the less is done; on paper a fluid that drains month by month."""
    seed, shares = new_seed(), []
    for gives_up in (0.0, 0.1, 0.3, 0.6, 1.0):
        queue = done = 0.0
        for arriving in SEASON:
            waiting = queue * (1.0 - gives_up) + arriving
            done += min(1.05, waiting)
            queue = max(0.0, waiting - 1.05)
        world = world_of(seasonal(gives_up=gives_up))
        years = [year(world, plan_of(world, 1.0), seed, replication) for replication in range(4)]
        found = float(np.mean([one.covered[0, 0] / one.events[0, 0] for one in years]))
        assert abs(found - done / 12.0) < 0.012, f"{gives_up}: {found} against {done / 12.0}, seed {seed}"
        shares.append(found)
    assert (np.diff(shares) < 0.0).all(), f"{shares}, seed {seed}"


def test_the_first_to_wait_are_the_first_served() -> None:
    """Two needs that come in different halves of the year: the earlier one's queue is served first."""
    early = Course("care", season_amplitude=1.0, season_peak_month=3)
    late = Course("other", season_amplitude=1.0, season_peak_month=9)
    instance = two_needs(50.0 * 48.0, early, late, (48.0, 48.0))  # time for half of the events
    found = delivered(instance, new_seed())
    assert found[0] > 0.75 * 2400.0
    assert found[1] < 0.35 * 2400.0


@pytest.mark.parametrize("together", [True, False])
def test_needs_that_peak_apart_fit_into_the_year(together: bool) -> None:
    """Half a year apart they fill every month alike; together they fill half of the year twice."""
    first = Course("care", season_amplitude=1.0, season_peak_month=1, can_wait=False)
    second = replace(first, need="other", season_peak_month=1 if together else 7)
    instance = two_needs(10_500.0 * 4, first, second, (50.0 * 4, 50.0 * 4))  # 20,000 hours, 5 % more time
    instance = replace(instance, panels=(replace(instance.panels[0], demanded=100.0, minimum=0.0),))
    share = delivered(instance, new_seed()).sum() / 40_000.0
    assert share < 0.75 if together else share > 0.98


def test_children_who_left_are_not_served_any_more() -> None:
    """With churn, those who wait long are gone by their turn: less is done although there is time."""
    seed = new_seed()
    stay = delivered(seasonal(), seed)[0]
    instance = seasonal()
    moving = replace(instance, simulation=replace(instance.simulation, enrolment=Enrolment(0.3, 1)))
    assert delivered(moving, seed)[0] < 0.97 * stay, f"seed {seed}"


@pytest.mark.parametrize("can_wait", [True, False])
def test_nobody_there_nothing_done(can_wait: bool) -> None:
    """Without staff no service that takes time is delivered; one that takes none is."""
    free, timed = service("leaflet"), service("visit", minutes=20.0)
    instance = one_need(
        3.0, services=(free, timed), practices=(practice(fte=minutes()),), measures=(measured(0.5),),
        simulation=Simulation(courses=(Course("care", can_wait=can_wait),), waiting=Waiting(0.1, 0.2)),
    )  # fmt: skip
    world, seed = world_of(instance), new_seed()
    found = year(world, plan_of(world, {"leaflet": 0.3, "visit": 0.7}, overtime=0.0), seed)
    assert found.served[0, 1, 0] == 0.0, f"seed {seed}"
    assert found.served[0, 0, 0] > 700.0, f"seed {seed}"
    assert found.hours.sum() == 0.0
    assert found.crowded_out[0, 0] + found.covered[0, 0] == found.events[0, 0], f"seed {seed}"


@pytest.mark.parametrize("hours", [0.0, 40.0])
def test_what_finds_no_time_is_as_if_it_had_not_been_meant(hours: float) -> None:
    """Nobody gains from care that was not given, and all that it would have averted comes."""
    world = world_of(town(hours, 150.0, courses=(), conditions=()))
    plan = plan_of(world, SERVED)

    def check(seed: int) -> None:
        found = year(world, plan, seed)
        assert found.crowded_out.sum() > 0.2 * found.events.sum()
        if hours == 0.0:
            assert not found.gained.any(), f"seed {seed}"
        # With or without time, gains and failures are shares of the same effect: they add up to all of it.
        effect = found.gained / world.qaly + found.failure_cost / np.where(
            world.saving > 0.0, world.saving, 1.0
        )
        rows = world.saving > 0.0
        far = deviations((effect - found.events)[:, rows], 0.0)
        assert np.abs(far).max() <= 4.0, f"{far.round(1)} standard errors, seed {seed}"

    twice(check)


def test_a_larger_practice_has_the_staff_for_it() -> None:
    """Practices of all sizes and mixes serve about the same share of what comes."""
    instance = town(3800.0, 30.0, (4000.0, 3000.0, 2000.0), spread=Spread(size=0.6, mix=0.5))
    world, seed = world_of(instance), new_seed()
    found = year(world, plan_of(world, SERVED), seed)
    large = found.asked.sum(axis=1) > 600.0  # in small ones chance alone moves the share
    shares = (found.covered.sum(axis=1) / found.events.sum(axis=1))[large]
    assert shares.max() - shares.min() < 0.12, f"{shares.min()} to {shares.max()}, seed {seed}"


ODD: dict[str, dict[str, Any]] = {
    "no children": {"children": (0.0, 0.0, 0.0)},
    "children of one segment": {"children": (0.0, 50.0, 0.0)},
    "a fraction of a child": {"children": (0.4, 0.3, 0.2)},
    "no courses": {"courses": (), "conditions": ()},
    "all have the condition": {"conditions": tuple(replace(c, prevalence=1.0) for c in CONDITIONS)},
    "nobody has the condition": {"conditions": tuple(replace(c, prevalence=0.0) for c in CONDITIONS)},
    "a condition without multiples": {"conditions": (Condition("asthma", "child", 0.5),)},
    "all leave every month": {"enrolment": Enrolment(1.0, 12)},
    "all give up": {"waiting": Waiting(1.0, 0.0), "hours": 10.0},
    "no time": {"hours": 0.0},
    "a swing of all": {"courses": tuple(replace(c, season_amplitude=1.0) for c in COURSES)},
    "very frail": {"courses": tuple(replace(c, dispersion=20.0) for c in COURSES)},
}


@pytest.mark.parametrize("name", ODD)
def test_odd_towns_have_a_year(name: str) -> None:
    """Nothing crashes, and all that comes out is a number that makes sense."""
    world, seed = world_of(town(**({"count": 3.0} | ODD[name]))), new_seed()
    for plan in (plan_of(world, SERVED), plan_of(world, SERVED, kept=0.0), plan_of(world, 0.0)):
        found = year(world, plan, seed)
        for field in (
            "events",
            "covered",
            "gained",
            "leak_cost",
            "failure_cost",
            "hours",
            "overtime",
            "numerator",
        ):
            values = getattr(found, field)
            assert np.isfinite(values).all(), f"{field}, seed {seed}"
            assert (values >= 0.0).all(), f"{field}, seed {seed}"
        assert (found.covered + found.crowded_out <= found.events).all(), f"seed {seed}"


@pytest.mark.parametrize(
    "changes",
    [
        {"measures": ()},
        {"needs": (need(events=0.0),), "measures": (measured(0.5),)},
        {"count": 0.1},
        {"children": 1.0},
    ],
    ids=["no measures", "a rate of nil", "a tenth of a practice", "one child"],
)
def test_odd_instances_are_simulated(changes: dict[str, Any]) -> None:
    """From deciding to the ledger, under a contract that pays what there is."""
    instance = one_need(**({"events": 1.0, "children": 40.0} | changes))
    names = [s.name for s in instance.services]
    bonuses = {(m.name, 1): 3.0 for m in instance.measures}
    instance = replace(instance, status_quo=Contract(fees=dict.fromkeys(names, 30.0)))
    contract = Contract(fees=dict.fromkeys(names, 40.0), capitation={"child": 2.0}, bonuses=bonuses)
    found = simulate(instance, contract, replications=2, seed=new_seed())
    for number, each in enumerate(found.quantities):
        if each.kind not in ("rate", "own_clinician_share"):  # of nothing there is no share
            assert np.isfinite(found.samples[:, number]).all(), each
    assert found.outlay_usd >= 0.0


def test_the_ledger_charges_for_the_staff_that_the_year_has() -> None:
    """Where every month is full, hours that are not overtime are the regular hours of the ledger's staff."""
    # Segments of unequal work, so that staff does not go with the number of children.
    instance = town(hours=60.0, count=40.0, spread=Spread(mix=0.6, size=0.2), courses=())
    world = world_of(instance)
    # In a month as much overtime as may be, if only for a third of the year.
    found = year(world, plan_of(world, SERVED, overtime=30.0), new_seed())
    regular = regular_hours(world, found)
    longest = world.minutes.max(axis=0) / MINUTES_PER_HOUR
    short = regular - (found.hours - found.overtime)
    assert np.all(found.overtime[:, 0] > 0.0)
    assert np.all(np.abs(short[:, 0]) <= MONTHS * longest[0] + 1e-9)
    of_size = world.hours[0, 0] * found.size
    assert np.abs(regular[:, 0] - of_size).max() > 2.0 * MONTHS * longest[0], "or size would do as well"


@pytest.mark.parametrize(
    ("count", "children", "named"),
    [(10_000_000.0, 10.0, "practices.csv"), (200_000.0, 10_000.0, "panels.csv"), (1.0, 2e9, "panels.csv")],
)
def test_what_is_too_large_to_simulate_is_refused_at_once(count: float, children: float, named: str) -> None:
    """Not begun and never ended: one sentence names the type and what would be few enough."""
    with pytest.raises(InputError) as refused:
        prepare(one_need(1.0, count=count, children=children))
    (problem,) = refused.value.problems
    assert problem.file.endswith(named)
    assert problem.where.startswith("practice=office")
    assert "one by one" in problem.expected


def test_as_many_practices_as_a_country_has_are_not_refused() -> None:
    """A hundred thousand practices of a thousand children."""
    check_size(world_of(one_need(1.0, count=100_000.0, children=1000.0)))
