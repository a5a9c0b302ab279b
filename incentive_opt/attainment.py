"""Which tiers of which measures a response attains: plain arithmetic.

Written from docs/mathematics.md and from nothing else in the program: no formulation, no solver.
"""

from __future__ import annotations

from incentive_opt.domain.instance import Instance, Measure, Need
from incentive_opt.domain.response import Response

ATTAINMENT_TOLERANCE = 1e-6
"""A rate this little below what a tier needs (absolute) attains it: solvers work to such tolerances."""


def denominator(instance: Instance, measure: Measure, response: Response) -> float:
    """Events that a measure counts at the panel kept [events/year]."""
    return sum(
        need.events_per_child_year * response.panel.get(need.segment, 0.0)
        for need in _counted(instance, measure)
    )


def numerator(instance: Instance, measure: Measure, response: Response) -> float:
    """Services that count towards a measure, weighted [events/year]."""
    segments = {need.segment for need in _counted(instance, measure)}
    return sum(
        measure.numerator.get(service, 0.0) * volume
        for (service, segment), volume in response.services.items()
        if segment in segments
    )


def attained(
    instance: Instance, measure: Measure, tier: int, response: Response, elsewhere: bool = False
) -> bool:
    """Whether a response attains a tier (1-based) of a measure, at the rate that its practice aims at.

    Parameters
    ----------
    elsewhere : bool
        Whether the contract counts what others closed.
    """
    if not large_enough(instance, measure, response.practice):
        return False
    events = denominator(instance, measure, response)
    share = instance.target(response.practice, measure, tier) - ATTAINMENT_TOLERANCE
    closed = numerator(instance, measure, response)
    if elsewhere:
        closed += measure.closed_elsewhere * (events - closed)
    return events > 0 and closed >= share * events


def passes_gate(instance: Instance, response: Response, elsewhere: bool = False) -> bool:
    """Whether the first tier of every measure that applies to the practice is attained."""
    return all(
        attained(instance, measure, 1, response, elsewhere)
        for measure in instance.measures
        if large_enough(instance, measure, response.practice)
        and denominator(instance, measure, response) > 0.0
    )


def large_enough(instance: Instance, measure: Measure, practice: str) -> bool:
    """Whether money may ride on the measure: its largest denominator reaches the minimum."""
    largest = events_at_most(instance, measure, practice)
    return largest > 0 and largest >= measure.minimum_denominator


def events_at_most(instance: Instance, measure: Measure, practice: str) -> float:
    """The measure's largest denominator: events at all contracted children who ask [events/year]."""
    demanded = {panel.segment: panel.demanded for panel in instance.panels if panel.practice == practice}
    return sum(
        need.events_per_child_year * demanded.get(need.segment, 0.0) for need in _counted(instance, measure)
    )


def returned_part(instance: Instance, measure: Measure, response: Response, elsewhere: bool = False) -> float:
    """The part that comes back of what is held back on a measure: equal parts for its tiers attained [1].

    All of it where there is nothing to judge the practice by: it is too small for the measure, or nobody on
    its panel has the need.
    """
    events = denominator(instance, measure, response)
    if events <= 0.0 or not large_enough(instance, measure, response.practice):
        return 1.0
    menu = range(1, len(measure.thresholds) + 1)
    return sum(attained(instance, measure, tier, response, elsewhere) for tier in menu) / len(menu)


def _counted(instance: Instance, measure: Measure) -> list[Need]:
    """The needs in a measure's denominator: contracted segments only."""
    contracted = {segment.name for segment in instance.segments if segment.contracted}
    return [
        need
        for need in instance.needs
        if need.name == measure.denominator_need
        and need.segment in contracted
        and (not measure.segments or need.segment in measure.segments)
    ]
