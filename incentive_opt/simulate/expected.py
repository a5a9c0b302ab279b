"""A year without chance: every child brings exactly its share of needs, every service its mean effect.

The counts are fractions of children and services. They go through the same ledger as a simulated year,
so on an instance without chance its dollars can be compared with the optimiser's to the cent.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from incentive_opt.simulate.curves import Curve
from incentive_opt.simulate.plan import Plan
from incentive_opt.simulate.tally import Tally, empty, joined
from incentive_opt.simulate.world import MINUTES_PER_HOUR, FloatArray, World


def expected_year(world: World, plans: Sequence[Sequence[Plan]], curves: Sequence[Curve]) -> Tally:
    """Counts of a year as the plans mean it to be, one row for each practice type and character.

    Parameters
    ----------
    plans : for each practice type, one plan a character
    curves : for each need row, how effect grows with care
    """
    return joined([_year(world, kind, plan, curves) for kind, own in enumerate(plans) for plan in own])


def services_of(world: World, kind: int, plan: Plan) -> FloatArray:
    """Services of one practice in a year under its plan, array (services, segments) [services/year]."""
    panel = plan.kept * world.demanded[kind]
    rate = np.where(world.need_of >= 0, world.rate[world.need_of], 0.0)
    return np.asarray(plan.served * rate * panel[None, :])


def effective_share(world: World, plan: Plan) -> FloatArray:
    """Share of each need's events that the plan serves effectively, array (needs,) [1]."""
    share = np.zeros(len(world.rate))
    service, segment = np.nonzero(world.need_of >= 0)
    effective = (plan.served * world.effectiveness[:, None])[service, segment]
    np.add.at(share, world.need_of[service, segment], effective)
    return share


def _year(world: World, kind: int, plan: Plan, curves: Sequence[Curve]) -> Tally:
    year = empty(1, world.shape)
    year.kind[0] = kind
    year.size[0] = 1.0
    panel = plan.kept * world.demanded[kind]
    year.asked[0], year.child_years[0] = world.demanded[kind], panel
    served = services_of(world, kind, plan)
    year.served[0] = served
    year.events[0] = world.rate * world.demanded[kind][world.need_segment]
    service, segment = np.nonzero(world.need_of >= 0)
    np.add.at(year.covered[0], world.need_of[service, segment], served[service, segment])
    _outcomes(world, year, plan, panel, curves)
    _measures(world, year, panel, served)
    _hours(world, year, kind, panel, served)
    return year


def _outcomes(world: World, year: Tally, plan: Plan, panel: FloatArray, curves: Sequence[Curve]) -> None:
    """Health from effective care, and care elsewhere."""
    share = effective_share(world, plan)
    effect = np.array([float(curve(np.array(e))) for curve, e in zip(curves, share, strict=True)])
    effective = world.rate * panel[world.need_segment] * effect
    year.gained[0] = world.qaly * effective
    year.leak_cost[0] = world.leak_cost * (year.events[0] - year.covered[0])
    year.failure_cost[0] = world.saving * (year.events[0] - effective)
    for row, need in enumerate(world.instance.needs):
        course = world.instance.simulation.course(need.name)
        if course.leak_visit_cost:
            year.leak_visits[0, row] = year.leak_cost[0, row] / course.leak_visit_cost
        if course.admission_cost:
            year.admissions[0, row] = year.failure_cost[0, row] / course.admission_cost


def _measures(world: World, year: Tally, panel: FloatArray, served: FloatArray) -> None:
    """Numerators and denominators; every child counts."""
    events = world.rate * panel[world.need_segment]
    for m in range(len(world.thresholds)):
        rows = np.flatnonzero(world.measured[m])
        year.denominator[0, m] = year.eligible[0, m] = events[rows].sum()
        year.numerator[0, m] = world.counts[m] @ served[:, world.need_segment[rows]].sum(axis=1)


def _hours(world: World, year: Tally, kind: int, panel: FloatArray, served: FloatArray) -> None:
    """Hours worked, and those beyond regular ones."""
    minutes = served.sum(axis=1) @ world.minutes + world.panel_minutes * panel.sum()
    year.hours[0] = minutes / MINUTES_PER_HOUR
    year.overtime[0] = np.maximum(0.0, year.hours[0] - world.hours[kind])
