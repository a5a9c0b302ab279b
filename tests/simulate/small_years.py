"""Made-up towns, plans and years for tests of the simulated year."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from incentive_opt.domain.contract import Contract
from incentive_opt.domain.instance import Instance, Measure, Panel, Segment
from incentive_opt.domain.simulation import Condition, Course, Simulation
from incentive_opt.simulate.curves import curve_of
from incentive_opt.simulate.expected import expected_year
from incentive_opt.simulate.plan import Plan
from incentive_opt.simulate.population import Crowd, crowd
from incentive_opt.simulate.run import slope_table
from incentive_opt.simulate.tally import Tally
from incentive_opt.simulate.world import FloatArray, World
from incentive_opt.simulate.year import Multiples, simulate_year
from tests.simulate.small_worlds import BENT, need, practice, service, small

COUNTED_ALIKE = ("events", "covered", "gained", "leak_cost", "failure_cost", "leak_visits", "admissions")
"""Fields of a tally whose means are those of a year without chance where time is ample."""
SEGMENTS = (
    Segment("child", "Children", 1.0),
    Segment("teen", "Teenagers", 2.0),
    Segment("private", "Other payers' children", 1.0, contracted=False, other_payer_fee_multiple=1.5),
)
NAMES = tuple(segment.name for segment in SEGMENTS)
RATES = {"check": (1.7, 0.4, 1.0), "cold": (2.0, 0.9, 1.2), "asthma": (0.5, 0.8, 0.3)}
"""Events per child-year in each segment."""
COURSES = (
    Course("check", arrival="scheduled", admission_cost=900.0),
    Course("cold", season_amplitude=0.6, season_peak_month=2, dispersion=0.8, can_wait=False,
           leak_visit_cost=350.0),
    Course("asthma", condition="asthma", dispersion=0.3, qaly_if_it_works=0.03, admission_cost=5000.0,
           leak_visit_cost=400.0),
)  # fmt: skip
CONDITIONS = (
    *(Condition("asthma", segment, share, {"cold": 2.0, "check": 1.5})
      for segment, share in zip(NAMES, (0.1, 0.25, 0.15), strict=True)),
    Condition("weak", "child", 0.3, {"cold": 3.0, "asthma": 1.4}),
)  # fmt: skip
NEEDS = tuple(
    need(name, segment, rate, **terms)
    for name, terms in {
        "check": {"qaly_per_event": 0.002, "curve": BENT, "downstream_saving": 60.0},
        "cold": {"qaly_per_event": 0.001, "uncovered_cost": 70.0, "uncovered_qaly_loss": 0.0005},
        "asthma": {"qaly_per_event": 0.004, "uncovered_cost": 90.0, "downstream_saving": 310.0,
                   "curve": ((0.0, 0.0), (0.3, 0.6), (1.0, 1.0))},
    }.items()
    for segment, rate in zip(NAMES, RATES[name], strict=True)
)  # fmt: skip


def minutes(clinician: float = 0.0, np: float = 0.0, team: float = 0.0) -> dict[str, float]:
    """Staff time of a service."""
    return {"clinician": clinician, "np": np, "team": team}


SERVICES = (
    replace(service("short", "check", effectiveness=0.6), minutes=minutes(15.0, team=10.0), supply_cost=3.0),
    replace(service("long", "check", effectiveness=0.9), minutes=minutes(np=30.0, team=5.0), supply_cost=4.0),
    replace(service("cold_visit", "cold", effectiveness=0.7), minutes=minutes(20.0), effort_cost=1.0),
    replace(service("asthma_visit", "asthma", effectiveness=0.5), minutes=minutes(25.0)),
    replace(service("educator", "asthma", effectiveness=0.8, segments=NAMES[:2]), minutes=minutes(team=40.0)),
)
SERVED = {"short": 0.35, "long": 0.3, "cold_visit": 0.75, "asthma_visit": 0.4, "educator": 0.2}
"""Of each need's events; something is left unmet of every need."""


def town(
    hours: float = 10_000.0,
    count: float = 1.0,
    children: tuple[float, ...] = (80.0, 60.0, 40.0),
    **parts: Any,
) -> Instance:
    """Offices in a town of three segments, one of other payers; ``parts`` are those of ``Simulation``."""
    base = small(hours)
    staff = {role: replace(terms, hours_per_fte=hours) for role, terms in base.staff.items()}
    given: dict[str, Any] = {"courses": COURSES, "conditions": CONDITIONS}
    return replace(
        base,
        staff=staff,
        segments=SEGMENTS,
        needs=NEEDS,
        services=SERVICES,
        measures=(
            Measure("checks", "Checks", {"short": 1.0, "long": 1.0}, "check", (), (0.5, 0.7), 0.0),
            Measure("asthma_care", "Asthma", {"educator": 1.0}, "asthma", ("teen", "private"), (0.2,), 5.0),
        ),
        practices=(practice(count=count, fte=minutes(1.0, 1.0, 1.0)),),
        panels=tuple(Panel("office", k, n, n) for k, n in zip(NAMES, children, strict=True)),
        status_quo=Contract(fees={"short": 40.0, "long": 60.0, "cold_visit": 50.0, "asthma_visit": 55.0}),
        simulation=Simulation(**(given | parts)),
    )


def one_need(
    events: float,
    course: Course | None = None,
    count: float = 1.0,
    children: float = 1000.0,
    hours: float = 1e6,
    minutes_each: float = 0.0,
    **changes: Any,
) -> Instance:
    """Offices alike with one segment, one need and one service of a clinician."""
    given: dict[str, Any] = {
        "needs": (need(events=events),),
        "services": (service(minutes=minutes_each),),
        "practices": (practice(count=count),),
        "panels": (Panel("office", "child", children, children),),
        "simulation": Simulation(courses=(course or Course("care"),)),
    }
    return small(hours, **(given | changes))


def plan_of(
    world: World, served: dict[str, float] | float, kept: float | Sequence[float] = 1.0, overtime: float = 0.0
) -> Plan:
    """A plan that serves shares of events by service, or of all by the same share, wherever it may."""
    names = [s.name for s in world.instance.services]
    shares = served if isinstance(served, dict) else dict.fromkeys(names, served)
    of_service = np.array([shares.get(name, 0.0) for name in names])
    keeps = np.broadcast_to(np.asarray(kept, dtype=float), world.weight.shape).copy()
    allowed = (world.need_of >= 0).astype(float)
    return Plan(keeps, of_service[:, None] * allowed, np.full(3, overtime))


def alike(world: World, plan: Plan) -> list[list[Plan]]:
    """All practices of all types and characters have the plan."""
    characters = world.instance.simulation.spread.characters
    return [[plan] * characters for _ in world.count]


def slopes_of(world: World) -> FloatArray:
    """Slopes of the smooth curves."""
    return slope_table([curve_of(n, smooth=True) for n in world.instance.needs])


def year(
    world: World,
    plan: Plan | Sequence[Sequence[Plan]],
    seed: int,
    replication: int = 0,
    threads: int = 1,
    practices: Crowd | None = None,
    multiples: Multiples | None = None,
) -> Tally:
    """One year of the practices drawn, or of those given."""
    plans = alike(world, plan) if isinstance(plan, Plan) else plan
    drawn = crowd(world, seed, replication) if practices is None else practices
    return simulate_year(world, plans, slopes_of(world), drawn, seed, replication, threads, multiples)


def without_chance(world: World, plan: Plan) -> Tally:
    """The same year without chance, of one practice of each type."""
    curves = [curve_of(n, smooth=True) for n in world.instance.needs]
    return expected_year(world, [[plan] for _ in world.count], curves)


def new_seed() -> int:
    """A seed nobody has seen; tests name it where they fail."""
    return secrets.randbelow(2**62)


def twice(check: Callable[[int], None]) -> None:
    """Check on a new seed what holds but for bad luck; whoever fails must fail on another seed too.

    Four standard errors are passed once in 16,000 looks; a fault passes them on every seed.
    """
    try:
        check(new_seed())
    except AssertionError:
        check(new_seed())


def deviations(found: FloatArray, expected: FloatArray | float) -> FloatArray:
    """Standard errors between the mean over the first axis (practices alike) and what is expected.

    Where nothing varies a difference beyond rounding is infinitely far off.
    """
    difference = found.mean(axis=0) - expected
    error = found.std(axis=0, ddof=1) / np.sqrt(len(found))
    rounding = np.abs(difference) <= 1e-9 * np.maximum(1.0, np.abs(expected))
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(rounding, 0.0, difference / error)
