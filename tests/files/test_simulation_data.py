"""What the shipped instances give the simulator: whole, and at one with their other tables."""

from __future__ import annotations

import math
from pathlib import Path

import pytest

from incentive_opt.domain.instance import Instance
from incentive_opt.files import read_instance
from incentive_opt.files.library import shipped_instances

CONTACTS = {"asthma": 4.0, "adhd": 4.0, "mental_health": 4.0}
"""Contacts a year of a child with the need's condition, as [sources] say [events/child-year]."""

EMERGENCY_SHARES = {  # of leaked events that end in the emergency department, as emergency_cost says
    ("acute_illness", "infant"): 0.30,
    ("acute_illness", "toddler"): 0.30,
    ("acute_illness", "school_age"): 0.23,
    ("acute_illness", "adolescent"): 0.23,
    ("acute_illness", "private"): 0.23,
    ("acute_illness", "complex"): 0.37,
    ("asthma", "school_age"): 0.17,
    ("mental_health", "adolescent"): 0.07,
}


ALIKE = "children of a segment have no conditions that set them apart"


@pytest.fixture(scope="module")
def statewide() -> Instance:
    return read_instance("medicaid_statewide")


@pytest.mark.parametrize("name", shipped_instances())
def test_nothing_is_left_to_assume(name: str) -> None:
    """Every part is given, and every need has its course; children may be alike where the README says so."""
    instance = read_instance(name)
    readme = (Path(instance.path) / "README.md").read_text(encoding="utf-8")
    said = [ALIKE] if "**Children of a group are alike**" in readme else []
    assert instance.simulation.assumed() == said
    assert {course.need for course in instance.simulation.courses} == {need.name for need in instance.needs}


@pytest.mark.parametrize("name", shipped_instances())
def test_every_part_names_its_source(name: str) -> None:
    """The parts, the courses and the conditions resolve in [sources]."""
    instance = read_instance(name)
    parts = instance.simulation
    rows = [parts.spread, parts.enrolment, parts.continuity, parts.waiting, parts.behaviour]
    for row in [*rows, *parts.courses, *parts.conditions]:
        assert row.source, row
        assert set(row.source.split(";")) <= set(instance.sources)


def test_prevalence_is_that_behind_the_rates(statewide: Instance) -> None:
    """A need tied to a condition takes four contacts a year of each child who has it."""
    prevalence = {(c.name, c.segment): c.prevalence for c in statewide.simulation.conditions}
    seen = 0
    for need in statewide.needs:
        condition = statewide.simulation.course(need.name).condition
        if need.name in CONTACTS:
            contacts = need.events_per_child_year / prevalence[condition, need.segment]
            assert math.isclose(contacts, CONTACTS[need.name]), (need.name, need.segment, contacts)
            seen += 1
    assert seen == 13


def test_leaks_end_in_visits_as_often_as_their_source_says(statewide: Instance) -> None:
    """Mean cost over the cost of a visit is the share in the source, for every need that leaks there."""
    for (name, segment), share in EMERGENCY_SHARES.items():
        need = statewide.need(name, segment)
        visit = statewide.simulation.course(name).leak_visit_cost
        assert need is not None
        assert visit == 350
        assert abs(need.uncovered_cost / visit - share) < 0.005, (name, segment)
    going = {need.name for need in statewide.needs if need.uncovered_to == "emergency department"}
    assert going == {c.need for c in statewide.simulation.courses if c.leak_visit_cost is not None}


def test_a_contact_works_as_often_as_its_source_says(statewide: Instance) -> None:
    """Mean over the gain of a contact that works, in children of school age or adolescents."""
    chances = {"asthma": 0.41, "adhd": 0.30, "mental_health": 0.20, "behavioural_screening": 0.10}
    for name, chance in chances.items():
        need, gain = statewide.need(name, "adolescent"), statewide.simulation.course(name).qaly_if_it_works
        assert need is not None
        assert gain is not None
        assert abs(need.qaly_per_event / gain - chance) < 0.005, name


def test_continuity_is_attenuated_as_its_source_says(statewide: Instance) -> None:
    """Hazard ratios of Christakis 2001 to the power 0.4, to two decimals."""
    terms = statewide.simulation.continuity
    given = (terms.visits_medium, terms.visits_low, terms.admissions_medium, terms.admissions_low)
    assert given == tuple(round(ratio**0.4, 2) for ratio in (1.28, 1.58, 1.22, 1.54))


def test_multiples_are_modest(statewide: Instance) -> None:
    """No condition makes a need come half again as often, and the segment's mean can be kept."""
    multiples = [m for c in statewide.simulation.conditions for m in c.multiplies.values()]
    assert len(multiples) > 20
    assert all(1 < multiple < 1.5 for multiple in multiples)
