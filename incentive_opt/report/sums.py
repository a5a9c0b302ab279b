"""Sums over all practices that a report shows: children, health, services, staff hours, rates."""

from __future__ import annotations

from dataclasses import dataclass, replace

from incentive_opt.domain.instance import Instance, Measure
from incentive_opt.payment import denominator, large_enough, numerator, own_health
from incentive_opt.report.facts import Facts, Year

MINUTES = 60.0
VISIT_MINUTES = 10.0
"""A service that takes a clinician or nurse practitioner so long is a visit, as in the simulator."""


def asked(instance: Instance, segment: str) -> float:
    """Children of a segment who ask for a practice [children]."""
    counts = {practice.name: practice.count for practice in instance.practices}
    return sum(
        counts[panel.practice] * panel.demanded for panel in instance.panels if panel.segment == segment
    )


def kept(year: Year, segment: str) -> float:
    """Children of a segment on the panels of practices [children]."""
    return year.sum(lambda response: response.panel.get(segment, 0.0))


def health_of(year: Year, segment: str) -> float:
    """Health of the children of a segment, also of those turned away, unweighted [QALY/year]."""
    only = tuple(one for one in year.instance.segments if one.name == segment)
    of_segment = replace(year.instance, segments=only)
    return year.sum(lambda response: own_health(of_segment, response))


def volume(year: Year, service: str, segments: set[str] | None = None) -> float:
    """How often a service is delivered, to all children or those of some segments [services/year]."""
    return sum(
        number
        for (name, segment), number in year.volumes.items()
        if name == service and (segments is None or segment in segments)
    )


def covered(facts: Facts, year: Year, need: str, segment: str = "") -> float | None:
    """Share of the events of a need that practices cover, counting children turned away [1].

    Only children whom the contract pays for; of one segment, or of all of them.
    """
    segments = {segment} if segment else facts.contracted
    own = [pair for (name, of), pair in year.events.items() if name == need and of in segments]
    arising, missing = (sum(pair[place] for pair in own) for place in (0, 1))
    return 1.0 - missing / arising if arising > 0.0 else None


def hours(year: Year, role: str, service: str) -> float:
    """Time of a staff role that goes into a service, for all children of all payers [hours/year]."""
    minutes = next(one.minutes.get(role, 0.0) for one in year.instance.services if one.name == service)
    return minutes * volume(year, service) / MINUTES


def panel_hours(year: Year, role: str) -> float:
    """Inbox, forms, recalls: time of a staff role that comes with children on panels [hours/year]."""
    staff = year.instance.staff.get(role)
    if staff is None:
        return 0.0
    return staff.panel_minutes_per_child / MINUTES * year.sum(lambda one: sum(one.panel.values()))


def regular_hours(instance: Instance, role: str) -> float:
    """Hours for patients that staff are employed for, without overtime [hours/year]."""
    staff = instance.staff.get(role)
    if staff is None:
        return 0.0
    return staff.hours_per_fte * sum(one.count * one.fte.get(role, 0.0) for one in instance.practices)


def overtime(year: Year, role: str) -> float:
    """Overtime of a staff role [hours/year]."""
    return year.sum(
        lambda response: sum(hours for (own, _), hours in response.overtime.items() if own == role)
    )


@dataclass(frozen=True)
class Visits:
    """Visits with a clinician or nurse practitioner, of all children of all payers.

    Attributes
    ----------
    number : float
        [visits/year]
    minutes : float or None
        Clinician and nurse practitioner time of one [minutes]; None where there is no visit.
    """

    number: float
    minutes: float | None


def visits(year: Year) -> Visits:
    """Services that take at least ten minutes of a clinician or nurse practitioner."""
    number = spent = 0.0
    for service in year.instance.services:
        minutes = service.minutes.get("clinician", 0.0) + service.minutes.get("np", 0.0)
        if minutes >= VISIT_MINUTES:
            times = volume(year, service.name)
            number += times
            spent += times * minutes
    return Visits(number, spent / number if number > 0.0 else None)


def rate(year: Year, measure: Measure, place: int) -> float | None:
    """Rate of a measure in a practice [1]; None where it is too small to be measured."""
    response = year.responses[place]
    events = denominator(year.instance, measure, response)
    if events <= 0.0 or not large_enough(year.instance, measure, response.practice):
        return None
    return numerator(year.instance, measure, response) / events
