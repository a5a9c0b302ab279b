"""Months that fill up: answers known by hand, and the simulator's count of those crowded out."""

from __future__ import annotations

import secrets
from dataclasses import replace

import numpy as np
import pytest

import incentive_opt as io
from incentive_opt.domain.instance import Instance
from incentive_opt.domain.response import Response
from incentive_opt.domain.simulation import Course, Waiting
from incentive_opt.foreseen.children import classes_of
from incentive_opt.foreseen.waiting import lost_services
from incentive_opt.formulation.status_quo import respond
from incentive_opt.simulate.run import prepare, years

MANY = 1.0e7
"""Children of a practice so large that luck is nothing: its hours go with it."""
VISIT = ("well_visit_short", "child")


def large(waiting: Waiting, course: Course, hours: float) -> tuple[Instance, Response]:
    """One short visit of 15 minutes for every child, with so many times the clinician's hours for it."""
    instance = io.read_instance("two_practices")
    busy = instance.practices[0]
    yearly = instance.staff["clinician"].hours_per_fte
    fte = hours * MANY * 15.0 / 60.0 / yearly
    practice = replace(busy, fte={**busy.fte, "clinician": fte}, overtime_hours_per_fte=())
    simulation = replace(instance.simulation, waiting=waiting, courses=(course,), conditions=())
    staff = {role: replace(one, panel_minutes_per_child=0.0) for role, one in instance.staff.items()}
    made = replace(instance, practices=(practice,), simulation=simulation, staff=staff)
    return made, Response(busy.name, {"child": MANY}, {VISIT: MANY}, {}, {})


def lost_share(instance: Instance, response: Response) -> float:
    """Share of the visits for which there is no time [1]."""
    classes = {"child": classes_of(instance, "child")}
    return lost_services(instance, instance.practices[0], response, classes).get(VISIT, 0.0) / MANY


@pytest.mark.parametrize("gives_up", [0.0, 0.3, 1.0])
@pytest.mark.parametrize("hours", [0.8, 1.0, 1.3])
def test_work_beyond_the_hours_is_lost_whether_people_wait_or_not(hours: float, gives_up: float) -> None:
    """With hours for 80 % of an even year's work 20 % is lost in the end; nothing with hours to spare."""
    made = large(Waiting(gives_up, 0.0), Course("well_child", arrival="scheduled"), hours)
    assert lost_share(*made) == pytest.approx(max(0.0, 1.0 - hours), abs=0.002)


def test_staff_fit_in_a_little_more() -> None:
    """A tenth more than the hours leaves 12 % of the work undone where 20 % would be."""
    made = large(Waiting(0.0, 0.1), Course("well_child", arrival="scheduled"), 0.8)
    assert lost_share(*made) == pytest.approx(1.0 - 0.8 * 1.1, abs=0.002)


def test_what_cannot_wait_is_lost_in_winter() -> None:
    """Hours for the mean month: of a season's swing by half, what lies above the mean is lost."""
    course = Course("well_child", season_amplitude=0.5, season_peak_month=1, can_wait=False)
    swing = 0.5 * np.cos(2.0 * np.pi * np.arange(12) / 12.0)
    expected = np.maximum(0.0, swing).sum() / 12.0
    assert lost_share(*large(Waiting(), course, 1.0)) == pytest.approx(expected, abs=0.002)


def test_what_can_wait_is_done_in_summer() -> None:
    """The same swing, where everybody waits: what winter leaves is done by autumn, but not the next one's."""
    course = Course("well_child", season_amplitude=0.5, season_peak_month=1)
    swing = 0.5 * np.cos(2.0 * np.pi * np.arange(12) / 12.0)
    queue = 0.0
    for more in swing:
        queue = max(0.0, queue + more)
    assert lost_share(*large(Waiting(), course, 1.0)) == pytest.approx(queue / 12.0, abs=0.002)


def test_the_simulator_counts_as_many() -> None:
    """Children crowded out of two_practices, one by one, against what is foreseen of today's contract."""
    instance, seed = io.read_instance("two_practices"), secrets.randbelow(10**9)
    prepared = prepare(instance)
    crowded, number = 0.0, 0
    for ledger in years(prepared, 1000, seed):  # a year swings by 2 children: by chance 60 are 0.3 off
        crowded += float(ledger.tally.crowded_out.sum())
        number += len(ledger.tally.kind)
    classes = {"child": classes_of(instance, "child")}
    answers = respond(instance, instance.status_quo, [one.name for one in instance.practices])
    foreseen = sum(
        one.count * sum(lost_services(instance, one, answer.response, classes).values())
        for one, answer in zip(instance.practices, answers, strict=True)
    ) / sum(one.count for one in instance.practices)
    assert foreseen == pytest.approx(crowded / number, rel=0.3), seed
