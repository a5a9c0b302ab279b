"""What other lines of payment can be of in an instance."""

from __future__ import annotations

from incentive_opt.domain.instance import Instance, Measure, Need
from incentive_opt.domain.lines import LINE_KINDS, MEASURE, NEED, POOL_SHARE


def of_words(instance: Instance, kind: str) -> list[str]:
    """What lines of a kind can be of: needs of contracted children, measures, or the one fixed word."""
    of = LINE_KINDS[kind].of
    if of == MEASURE:
        measures = instance.measures
        return [one.name for one in measures if kind != POOL_SHARE or counts_gaps(instance, one)]
    if of != NEED:
        return [of]
    rows = contracted_needs(instance)
    if kind in ("outcome", "improvement"):
        rows = [need for need in rows if counts_as_outcome(need)]
    return list(dict.fromkeys(need.name for need in rows))


def counts_gaps(instance: Instance, measure: Measure) -> bool:
    """Whether a measure counts gaps that are closed once: no service stands for more than one event of it."""
    need_of = {service.name: service.need for service in instance.services}
    return all(
        weight <= 1.0 and need_of[service] == measure.denominator_need
        for service, weight in measure.numerator.items()
    )


def contracted_needs(instance: Instance) -> list[Need]:
    """Needs of children whose care this payer's contract pays for, in the instance's order."""
    contracted = {segment.name for segment in instance.segments if segment.contracted}
    return [need for need in instance.needs if need.segment in contracted]


def counts_as_outcome(need: Need) -> bool:
    """Whether success can be told: the instance says what an effective event brings a child."""
    return need.qaly_per_event > 0.0
