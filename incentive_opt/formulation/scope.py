"""What one practice type can do: its children, their needs, the services and the measures open to it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from incentive_opt.domain.instance import Instance, Measure, Need, Practice, Segment, Service

TierKey = tuple[str, int]
"""A measure and a tier, 1-based."""


@dataclass(frozen=True)
class MeasureScope:
    """A measure as it applies to one practice type.

    Attributes
    ----------
    segments : tuple of str
        Contracted segments of the measure that the practice has.
    largest_denominator : float
        Denominator at the demanded panel [events/year].
    targets : tuple of float
        Rate that the practice has to reach for each tier [1]: the threshold, or what it aims at above it.
    """

    measure: Measure
    segments: tuple[str, ...]
    largest_denominator: float
    targets: tuple[float, ...]


@dataclass(frozen=True)
class PracticeScope:
    """The part of an instance that one practice type sees.

    Attributes
    ----------
    segments : mapping segment -> Segment
        Segments with children who ask for this practice.
    demanded, minimum : mapping segment -> float
        [children]
    needs : mapping (need, segment) -> Need
    deliverable : mapping (need, segment) -> services
        Services that may be delivered for the need in the segment; possibly none.
    status_quo_fees : mapping service -> float
        Fee of every service in the contract in force [USD/service].
    measures : mapping measure -> MeasureScope
        Only measures whose largest denominator reaches the minimum.
    """

    instance: Instance
    practice: Practice
    segments: dict[str, Segment]
    demanded: dict[str, float]
    minimum: dict[str, float]
    needs: dict[tuple[str, str], Need]
    deliverable: dict[tuple[str, str], tuple[Service, ...]]
    status_quo_fees: dict[str, float]
    measures: dict[str, MeasureScope]

    @property
    def contracted(self) -> tuple[str, ...]:
        """Segments whose care this payer's contract pays for."""
        return tuple(name for name, segment in self.segments.items() if segment.contracted)

    def demanded_events(self, need: Need) -> float:
        """Events of the need among all children who ask for the practice [events/year]."""
        return need.events_per_child_year * self.demanded[need.segment]

    def tiers(self, wanted: Iterable[TierKey] | None = None) -> tuple[TierKey, ...]:
        """Tiers of the practice's measures in ascending order; only the wanted ones if given."""
        every = [
            (name, tier)
            for name, scope in self.measures.items()
            for tier in range(1, len(scope.measure.thresholds) + 1)
        ]
        if wanted is None:
            return tuple(every)
        kept = set(wanted)
        return tuple(key for key in every if key in kept)


def practice_scope(instance: Instance, practice: Practice) -> PracticeScope:
    """Gather what the practice type can do."""
    by_name = {segment.name: segment for segment in instance.segments}
    panels = [p for p in instance.panels if p.practice == practice.name and p.demanded > 0]
    demanded = {panel.segment: panel.demanded for panel in panels}
    segments = {name: segment for name, segment in by_name.items() if name in demanded}
    needs = {(need.name, need.segment): need for need in instance.needs if need.segment in segments}
    deliverable: dict[tuple[str, str], tuple[Service, ...]] = {
        key: tuple(
            service
            for service in instance.services
            if service.need == key[0] and (not service.segments or key[1] in service.segments)
        )
        for key in needs
    }
    measures = {
        measure.name: scope
        for measure in instance.measures
        if (scope := _measure_scope(instance, practice, measure, segments, needs, demanded)) is not None
    }
    fees = {service.name: instance.status_quo.fees.get(service.name, 0.0) for service in instance.services}
    return PracticeScope(
        instance,
        practice,
        segments,
        demanded,
        {panel.segment: panel.minimum for panel in panels},
        needs,
        deliverable,
        fees,
        measures,
    )


def _measure_scope(
    instance: Instance,
    practice: Practice,
    measure: Measure,
    segments: dict[str, Segment],
    needs: dict[tuple[str, str], Need],
    demanded: dict[str, float],
) -> MeasureScope | None:
    """The measure for a practice with these segments; None where it is too small to count."""
    counted = tuple(
        name
        for name, segment in segments.items()
        if segment.contracted
        and (measure.denominator_need, name) in needs
        and (not measure.segments or name in measure.segments)
    )
    largest = sum(
        needs[measure.denominator_need, name].events_per_child_year * demanded[name] for name in counted
    )
    if largest <= 0 or largest < measure.minimum_denominator:
        return None
    targets = tuple(
        instance.target(practice.name, measure, tier) for tier in range(1, len(measure.thresholds) + 1)
    )
    return MeasureScope(measure, counted, largest, targets)
