"""Sums over all practices of what they do in a year: children, services, covered needs, hours, health."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from incentive_opt.domain.instance import Instance, Practice
from incentive_opt.domain.response import Response
from incentive_opt.payment import own_health, uncovered

MINUTES = 60.0
VISIT_MINUTES = 10.0
"""A service that takes a clinician or nurse practitioner so long is a visit, as in the simulator."""


@dataclass(frozen=True)
class Care:
    """What practices do: one response of each practice type (or kind) that counts.

    Attributes
    ----------
    instance : Instance
    responses : sequence of Response
        Types without one are left out of every sum.
    """

    instance: Instance
    responses: Sequence[Response]

    @cached_property
    def pairs(self) -> list[tuple[Practice, Response]]:
        """Every practice type with what one of its practices does."""
        practices = {practice.name: practice for practice in self.instance.practices}
        return [(practices[response.practice], response) for response in self.responses]

    def sum(self, figure: Callable[[Response], float]) -> float:
        """Sum over all practices of a figure of their responses."""
        return sum(practice.count * figure(response) for practice, response in self.pairs)

    @cached_property
    def volumes(self) -> dict[tuple[str, str], float]:
        """Services by (service, segment), over all practices [services/year]."""
        found: dict[tuple[str, str], float] = {}
        for practice, response in self.pairs:
            for key, number in response.services.items():
                found[key] = found.get(key, 0.0) + practice.count * number
        return found

    @cached_property
    def events(self) -> dict[tuple[str, str], tuple[float, float]]:
        """Events by (need, segment): all that arise in children who ask, and those uncovered [1/year]."""
        asked = {(panel.practice, panel.segment): panel.demanded for panel in self.instance.panels}
        found: dict[tuple[str, str], tuple[float, float]] = {}
        for practice, response in self.pairs:
            left = uncovered(self.instance, response)
            for need in self.instance.needs:
                key = need.name, need.segment
                arising = need.events_per_child_year * asked.get((practice.name, need.segment), 0.0)
                before = found.get(key, (0.0, 0.0))
                missing = max(0.0, left.get(key, 0.0))
                found[key] = before[0] + practice.count * arising, before[1] + practice.count * missing
        return found


def asked(care: Care, segment: str) -> float:
    """Children of a segment who ask for a practice [children]."""
    counts = {practice.name: practice.count for practice, _ in care.pairs}
    return sum(
        counts.get(panel.practice, 0.0) * panel.demanded
        for panel in care.instance.panels
        if panel.segment == segment
    )


def kept(care: Care, segment: str) -> float:
    """Children of a segment on the panels of practices [children]."""
    return care.sum(lambda response: response.panel.get(segment, 0.0))


def health_of(care: Care, segment: str) -> float:
    """Health of the children of a segment, also of those turned away, unweighted [QALY/year]."""
    only = tuple(one for one in care.instance.segments if one.name == segment)
    of_segment = replace(care.instance, segments=only)
    return care.sum(lambda response: own_health(of_segment, response))


def covered(care: Care, segments: Collection[str], need: str = "") -> float | None:
    """Share of the events of a need, or of all, that practices cover, counting children turned away [1].

    None where no event arises.
    """
    own = [pair for (name, of), pair in care.events.items() if of in segments and need in ("", name)]
    arising, missing = (sum(pair[place] for pair in own) for place in (0, 1))
    return 1.0 - missing / arising if arising > 0.0 else None


def volume(care: Care, service: str, segments: Collection[str] | None = None) -> float:
    """How often a service is delivered, to all children or those of some segments [services/year]."""
    return sum(
        number
        for (name, segment), number in care.volumes.items()
        if name == service and (segments is None or segment in segments)
    )


def hours(care: Care, role: str, service: str) -> float:
    """Time of a staff role that goes into a service, for all children of all payers [hours/year]."""
    minutes = next(one.minutes.get(role, 0.0) for one in care.instance.services if one.name == service)
    return minutes * volume(care, service) / MINUTES


def panel_hours(care: Care, role: str) -> float:
    """Inbox, forms, recalls: time of a staff role that comes with children on panels [hours/year]."""
    staff = care.instance.staff.get(role)
    if staff is None:
        return 0.0
    return staff.panel_minutes_per_child / MINUTES * care.sum(lambda one: sum(one.panel.values()))


def all_hours(care: Care, role: str) -> float:
    """Time of a staff role for all work, overtime included, for all children of all payers [hours/year]."""
    services = sum(hours(care, role, service.name) for service in care.instance.services)
    return panel_hours(care, role) + services


def regular_hours(care: Care, role: str) -> float:
    """Hours for patients that staff are employed for, without overtime [hours/year]."""
    staff = care.instance.staff.get(role)
    if staff is None:
        return 0.0
    return staff.hours_per_fte * sum(one.count * one.fte.get(role, 0.0) for one, _ in care.pairs)


def overtime(care: Care, role: str) -> float:
    """Overtime of a staff role [hours/year]."""
    return care.sum(
        lambda response: sum(spent for (own, _), spent in response.overtime.items() if own == role)
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


def visits(care: Care) -> Visits:
    """Services that take at least ten minutes of a clinician or nurse practitioner."""
    number = spent = 0.0
    for service in care.instance.services:
        minutes = service.minutes.get("clinician", 0.0) + service.minutes.get("np", 0.0)
        if minutes >= VISIT_MINUTES:
            times = volume(care, service.name)
            number += times
            spent += times * minutes
    return Visits(number, spent / number if number > 0.0 else None)
