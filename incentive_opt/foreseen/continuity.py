"""What seeing the own clinician more or less often than today changes in care elsewhere.

Children with little continuity have more visits and admissions elsewhere. The instance's costs are means
under the contract in force, so what counts is the mean multiple under a contract, over that under today's.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache

import numpy as np

from incentive_opt.domain.instance import Instance, Need, Practice, Service
from incentive_opt.domain.response import Response
from incentive_opt.domain.simulation import Continuity
from incentive_opt.foreseen.children import MONTHS, Classes, FloatArray

VISIT_MINUTES = 10.0
"""A service that takes a clinician or nurse practitioner so long is a contact, as in the simulator."""
MOST_CONTACTS, MOST_ON_AVERAGE = 40, 20.0
"""A child with more than 20 a year is taken to have so many; with that mean there are hardly ever 40."""
STEPS = 400
"""Of the share of contacts with the own clinician, in the table of chances."""
FEWEST_CONTACTS = 2
"""With fewer, continuity has no say."""


@dataclass(frozen=True)
class Multiples:
    """Mean multiples of care elsewhere, weighted by cost, over all children on a practice's panel [1]."""

    visits: float
    admissions: float


@dataclass(frozen=True, eq=False)
class Elsewhere:
    """Care elsewhere: visits after events without a service, admissions for want of effective care.

    Attributes
    ----------
    plain, multiplied : array (visits and admissions,)
        Of all children, as if continuity had no say, and as it has [USD/year].
    contracted : array (visits and admissions,)
        Of contracted children, as if it had no say [USD/year].
    """

    plain: FloatArray
    multiplied: FloatArray
    contracted: FloatArray

    @property
    def multiples(self) -> Multiples:
        """Mean multiples, weighted by cost; 1 where there is no such care."""
        ones = np.ones(len(self.plain))
        visits, admissions = np.divide(self.multiplied, self.plain, out=ones, where=self.plain > 0.0)
        return Multiples(float(visits), float(admissions))


def elsewhere(
    instance: Instance, practice: Practice, response: Response, classes: Mapping[str, Classes]
) -> Elsewhere:
    """Care elsewhere of the children on one practice's panel under a response."""
    plain, multiplied, contracted = np.zeros((3, 2))
    for segment in instance.segments:
        children = response.panel.get(segment.name, 0.0)
        if children <= 0.0:
            continue
        cost, with_multiples = _segment(instance, practice, response, segment.name, children, classes)
        plain += cost
        multiplied += with_multiples
        if segment.contracted:
            contracted += cost
    return Elsewhere(plain, multiplied, contracted)


def together(parts: Iterable[tuple[float, Elsewhere]]) -> Elsewhere:
    """Care elsewhere of so many practices of each kind."""
    plain, multiplied, contracted = np.zeros((3, 2))
    for count, one in parts:
        plain += count * one.plain
        multiplied += count * one.multiplied
        contracted += count * one.contracted
    return Elsewhere(plain, multiplied, contracted)


def change(now: Elsewhere, today: Multiples) -> float:
    """What care elsewhere costs more under a contract because continuity is not today's [USD/year]."""
    ratio = np.array([now.multiples.visits / today.visits, now.multiples.admissions / today.admissions])
    return float(now.contracted @ (ratio - 1.0))


def _segment(
    instance: Instance,
    practice: Practice,
    response: Response,
    segment: str,
    children: float,
    classes: Mapping[str, Classes],
) -> tuple[FloatArray, FloatArray]:
    """Costs of visits and admissions of a segment, plain and with multiples, arrays (2,) [USD/year]."""
    of = classes[segment]
    own, others = np.zeros((2, len(of.share)))
    costs = np.zeros((2, len(of.share)))
    chance = _own_clinician(instance.simulation.continuity, practice)
    for need in instance.needs:
        if need.segment != segment:
            continue
        rate = need.events_per_child_year * of.multiple[need.name]
        own_share, other_share, unserved, averted = _met(instance, need, response, children)
        own += rate * own_share * chance
        others += rate * (own_share * (1.0 - chance) + other_share)
        visit = instance.simulation.course(need.name).leak_visit_cost
        if visit:
            others += rate * unserved * need.uncovered_cost / visit
        costs[0] += rate * unserved * need.uncovered_cost
        costs[1] += rate * (1.0 - averted) * need.downstream_saving
    costs *= children * of.share
    multiples = _multiples(instance, own, others)
    return costs.sum(axis=1), (costs * multiples).sum(axis=1)


def _met(
    instance: Instance, need: Need, response: Response, children: float
) -> tuple[float, float, float, float]:
    """Shares of a need's events: met by a clinician, by another contact, not met; and effective care [1]."""
    events = need.events_per_child_year * children
    if events <= 0.0:
        return 0.0, 0.0, 0.0, 0.0
    own = other = served = 0.0
    for service in instance.services:
        volume = response.services.get((service.name, need.segment), 0.0)
        if service.need != need.name or volume <= 0.0:
            continue
        served += volume
        if _is_contact(service):
            if service.minutes.get("clinician", 0.0) >= service.minutes.get("np", 0.0):
                own += volume
            else:
                other += volume
    effective = response.effective.get((need.name, need.segment), 0.0)
    return own / events, other / events, max(0.0, 1.0 - served / events), min(1.0, effective / events)


def _is_contact(service: Service) -> bool:
    minutes = service.minutes
    return minutes.get("clinician", 0.0) + minutes.get("np", 0.0) >= VISIT_MINUTES


def _own_clinician(continuity: Continuity, practice: Practice) -> float:
    """Chance that a clinician's visit is with the child's own; certain where there is but one."""
    return continuity.own_clinician_share if practice.fte.get("clinician", 0.0) > 1.0 else 1.0


def _multiples(instance: Instance, own: FloatArray, others: FloatArray) -> FloatArray:
    """Mean multiples of visits and of admissions at a child's events, array (2, classes).

    Parameters
    ----------
    own, others : array (classes,)
        Contacts with the own clinician and with others, both Poisson [1/child-year].
    """
    continuity = instance.simulation.continuity
    total = own + others
    share = np.divide(own, total, out=np.ones_like(own), where=total > 0.0)
    row = np.rint(share * STEPS).astype(int)
    high, low = (table[row] for table in _levels(continuity))
    contacts = np.arange(MOST_CONTACTS + 1)
    log_factorial = np.concatenate([[0.0], np.cumsum(np.log(contacts[1:]))])
    chance_high, chance_low = np.zeros((2, len(own)))
    for years, weight in _on_the_panel(instance.simulation.enrolment.leaving_per_month):
        mean = np.clip(total * years, 1e-300, MOST_ON_AVERAGE)[:, None]
        number = np.exp(contacts * np.log(mean) - mean - log_factorial)
        chance_high += weight * (number * high).sum(axis=1)
        chance_low += weight * (number * low).sum(axis=1)
    medium = 1.0 - chance_high - chance_low
    return np.stack(
        [
            chance_high + medium * continuity.visits_medium + chance_low * continuity.visits_low,
            chance_high + medium * continuity.admissions_medium + chance_low * continuity.admissions_low,
        ]
    )


@cache
def _levels(continuity: Continuity) -> tuple[FloatArray, FloatArray]:
    """Chance of high and of low continuity after so many contacts, arrays (STEPS + 1, contacts).

    Rows are shares of contacts with the own clinician, from 0 to 1.
    """
    contacts, share = np.arange(MOST_CONTACTS + 1.0), np.linspace(0.0, 1.0, STEPS + 1)
    few = contacts < FEWEST_CONTACTS
    high = 1.0 - _fewer(np.ceil(continuity.high_index * contacts - 1e-9), contacts, share)
    low = _fewer(np.ceil(continuity.low_index * contacts - 1e-9), contacts, share)
    return np.where(few, 1.0, high), np.where(few, 0.0, low)


def _fewer(number: FloatArray, contacts: FloatArray, share: FloatArray) -> FloatArray:
    """Chance that fewer contacts than the number are with the own clinician, array (shares, contacts)."""
    from scipy.special import bdtr  # here: before Pyomo it would make that slow to load

    chance = bdtr(np.maximum(number - 1.0, 0.0), contacts.astype(int), share[:, None])
    return np.where(number < 1.0, 0.0, chance)


def _on_the_panel(leaving: float) -> list[tuple[float, float]]:
    """How long children have been on the panel this year at an event [years], with how often that is [1]."""
    weights = np.zeros(MONTHS)
    for month in range(MONTHS):
        for since in range(month):
            weights[since] += leaving * (1.0 - leaving) ** since
        weights[month] += (1.0 - leaving) ** month
    return [((since + 0.5) / MONTHS, weight / MONTHS) for since, weight in enumerate(weights.tolist())]
