"""Does the instance reproduce what was observed? Promised against observed under the status quo."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from incentive_opt.certify.status_quo import status_quo
from incentive_opt.domain.instance import Instance, Practice
from incentive_opt.domain.response import Response
from incentive_opt.errors import InputError, Problem
from incentive_opt.payment import account, denominator, numerator

VISIT_MINUTES = 10.0
"""A service that takes at least so many minutes of a clinician or nurse practitioner is a visit."""


@dataclass(frozen=True)
class Comparison:
    """One observed quantity and what the instance promises for it.

    Attributes
    ----------
    practice : str
        Practice type, or ``all``.
    quantity : str
    promised, observed, tolerance : float
        In the unit of the quantity.
    """

    practice: str
    quantity: str
    promised: float
    observed: float
    tolerance: float

    @property
    def holds(self) -> bool:
        """Whether the promise is within the tolerance."""
        return abs(self.promised - self.observed) <= self.tolerance


def compare(instance: Instance, responses: Mapping[str, Response] | None = None) -> list[Comparison]:
    """Every row of observed.csv against the best responses to the status quo.

    Parameters
    ----------
    instance : Instance
    responses : mapping practice -> Response, optional
        Responses to judge; without them, the best responses to the contract in force.
    """
    if responses is None:
        responses = status_quo(instance).responses
    return [
        Comparison(
            row.practice,
            row.quantity,
            promised(instance, row.quantity, row.practice, responses),
            row.value,
            row.tolerance,
        )
        for row in instance.observed
    ]


def promised(instance: Instance, quantity: str, practice: str, responses: Mapping[str, Response]) -> float:
    """A quantity of observed.csv, of one practice type or of all, weighted by their number.

    Rates are those of contracted children; panels and visits count all children and are per clinician
    and nurse-practitioner full-time equivalent; net income is per practice [USD/year].
    """
    practices = [p for p in instance.practices if practice in ("all", p.name)]
    kind, _, measure_name = quantity.partition(":")
    if kind == "rate":
        measure = next(m for m in instance.measures if m.name == measure_name)
        above = {p.name: numerator(instance, measure, responses[p.name]) for p in practices}
        below = {p.name: denominator(instance, measure, responses[p.name]) for p in practices}
        return _ratio(practices, above, below)
    if kind == "panel_per_clinician":
        panels = {p.name: sum(responses[p.name].panel.values()) for p in practices}
        return _ratio(practices, panels, _practitioners(practices))
    if kind == "visits_per_clinician":
        visits = {p.name: _visits(instance, responses[p.name]) for p in practices}
        return _ratio(practices, visits, _practitioners(practices))
    if kind == "net_income":
        income = {
            p.name: account(instance, instance.status_quo, responses[p.name]).net_income for p in practices
        }
        return _ratio(practices, income, dict.fromkeys(income, 1.0))
    expected = "rate:MEASURE, panel_per_clinician, visits_per_clinician or net_income"
    raise InputError([Problem("observed.csv", "quantity", quantity, expected)])


def delivery(instance: Instance, responses: Mapping[str, Response]) -> dict[str, float]:
    """Share of the events of its need that each service covers, among contracted children kept [1]."""
    contracted = {s.name for s in instance.segments if s.contracted}
    shares = {}
    for service in instance.services:
        volume = events = 0.0
        for practice in instance.practices:
            response = responses[practice.name]
            for segment in contracted & set(instance.segments_of_service(service)):
                need = instance.need(service.need, segment)
                if need is None:
                    continue
                volume += practice.count * response.services.get((service.name, segment), 0.0)
                events += practice.count * need.events_per_child_year * response.panel.get(segment, 0.0)
        shares[service.name] = volume / events if events > 0 else 0.0
    return shares


def _visits(instance: Instance, response: Response) -> float:
    visits = {s.name for s in instance.services if s.minutes["clinician"] + s.minutes["np"] >= VISIT_MINUTES}
    return sum(volume for (service, _), volume in response.services.items() if service in visits)


def _practitioners(practices: Iterable[Practice]) -> dict[str, float]:
    return {p.name: p.fte["clinician"] + p.fte["np"] for p in practices}


def _ratio(practices: Iterable[Practice], above: Mapping[str, float], below: Mapping[str, float]) -> float:
    """Sum over sum, each practice type weighted by how many there are."""
    pairs = [(p.count * above[p.name], p.count * below[p.name]) for p in practices]
    return sum(a for a, _ in pairs) / sum(b for _, b in pairs)
