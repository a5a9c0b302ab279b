"""Continuity: multiples that follow from counting visits, and the simulator's own."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

import incentive_opt as io
from incentive_opt.domain.instance import Instance
from incentive_opt.domain.response import Response
from incentive_opt.domain.simulation import Continuity, Enrolment
from incentive_opt.foreseen.children import classes_of
from incentive_opt.foreseen.continuity import Elsewhere, change, elsewhere
from incentive_opt.formulation.status_quo import respond
from incentive_opt.simulate.run import prepare

SAME_FOR_ALL = Continuity(0.5, 0.75, 0.25, 1.1, 1.2, 1.1, 1.2)


def with_clinicians(number: float, continuity: Continuity = SAME_FOR_ALL) -> Instance:
    """two_practices with so many clinicians in each practice, and nobody leaving."""
    instance = io.read_instance("two_practices")
    practices = tuple(replace(one, fte={**one.fte, "clinician": number}) for one in instance.practices)
    simulation = replace(
        instance.simulation, continuity=continuity, enrolment=Enrolment(), conditions=(), courses=()
    )
    return replace(instance, practices=practices, simulation=simulation)


def found(instance: Instance, response: Response) -> Elsewhere:
    """Care elsewhere of the first practice."""
    classes = {segment.name: classes_of(instance, segment.name) for segment in instance.segments}
    return elsewhere(instance, instance.practices[0], response, classes)


def visits(instance: Instance, a_child: float) -> Response:
    """So many of the long visits a child."""
    return Response("busy", {"child": 1000.0}, {("well_visit_long", "child"): 1000.0 * a_child}, {}, {})


def test_a_single_clinician_is_everybodys_own() -> None:
    """Where all contacts are with the own clinician, continuity is high and costs are those of the tables."""
    instance = with_clinicians(1.0)
    assert found(instance, visits(instance, 1.0)).multiples.admissions == pytest.approx(1.0)


def test_two_visits_to_strangers_are_low_continuity() -> None:
    """Nobody sees their own: low from the second contact on, and contacts come as a Poisson process."""
    nobody = replace(SAME_FOR_ALL, own_clinician_share=0.0)
    instance = with_clinicians(2.0, nobody)
    (need,) = (one for one in instance.needs if one.name == "well_child")
    rate = need.events_per_child_year
    chance = np.mean([1.0 - math.exp(-rate * t) * (1.0 + rate * t) for t in (np.arange(12) + 0.5) / 12.0])
    made = found(instance, visits(instance, rate))
    assert made.multiples.admissions == pytest.approx(1.0 + 0.2 * chance, rel=1e-6)


def test_nothing_changes_where_care_is_todays() -> None:
    """Costs are means under the contract in force."""
    instance = with_clinicians(3.0)
    today = found(instance, visits(instance, 1.0))
    assert today.multiples.admissions > 1.0
    assert change(today, today.multiples) == 0.0
    assert change(found(instance, visits(instance, 0.3)), today.multiples) != 0.0


def test_the_simulator_finds_the_same_multiples() -> None:
    """Mean multiples of two_practices with two clinicians each, counted child by child in the simulator."""
    instance = io.read_instance("two_practices")
    practices = tuple(replace(one, fte={**one.fte, "clinician": 2.0}) for one in instance.practices)
    instance = replace(instance, practices=practices)
    counted = prepare(instance).multiples
    classes = {segment.name: classes_of(instance, segment.name) for segment in instance.segments}
    answers = respond(instance, instance.status_quo, [one.name for one in instance.practices])
    for number, (practice, answer) in enumerate(zip(instance.practices, answers, strict=True)):
        mine = elsewhere(instance, practice, answer.response, classes)
        assert counted.admissions[number] > 1.005
        assert mine.multiples.admissions == pytest.approx(float(counted.admissions[number]), abs=0.004)
        assert mine.multiples.visits == pytest.approx(float(counted.visits[number]), abs=0.004)
