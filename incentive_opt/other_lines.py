"""What a contract's lines beyond fees, capitation and bonuses pay for a response: plain arithmetic.

Written from docs/mathematics.md, "Other lines of payment", and from nothing else in the program. Every
figure is for one practice and one year.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from incentive_opt.attainment import numerator, passes_gate, returned_part
from incentive_opt.domain.contract import Contract
from incentive_opt.domain.instance import Instance, Need
from incentive_opt.domain.lines import Benchmarks, Line
from incentive_opt.domain.payable import contracted_needs, counts_as_outcome
from incentive_opt.domain.response import Response

TOLERANCE = 1e-6
"""Savings this little (a share of the benchmark) short of the minimum reach it."""


def paid_lines(
    instance: Instance, contract: Contract, response: Response, outside: float
) -> dict[Line, float]:
    """What each line pays; below zero where a practice owes [USD/year].

    Parameters
    ----------
    outside : float
        Care elsewhere of contracted children under the response [USD/year].
    """
    return {
        (kind, of): price * QUANTITIES[kind](instance, contract.benchmarks, of, response, outside)
        for (kind, of), price in contract.lines.items()
    }


def outcomes(instance: Instance, _: Benchmarks, need: str, response: Response, __: float) -> float:
    """Events of a need met with full effect [events/year]."""
    return sum(
        response.effective.get((row.name, row.segment), 0.0) for row in _rows(instance, need, outcome=True)
    )


def improvement(instance: Instance, benchmarks: Benchmarks, need: str, response: Response, _: float) -> float:
    """Events of a need met with full effect beyond the benchmark for the children kept [events/year]."""
    return sum(
        response.effective.get((row.name, row.segment), 0.0)
        - benchmarks.care[row.name, row.segment] * response.panel.get(row.segment, 0.0)
        for row in _rows(instance, need, outcome=True)
    )


def episodes(instance: Instance, _: Benchmarks, need: str, response: Response, __: float) -> float:
    """Events of a need met by any service [events/year]."""
    segments = {row.segment for row in _rows(instance, need)}
    services = {service.name for service in instance.services if service.need == need}
    return sum(
        volume
        for (service, segment), volume in response.services.items()
        if service in services and segment in segments
    )


def savings(instance: Instance, benchmarks: Benchmarks, _: str, response: Response, outside: float) -> float:
    """What counts of the savings on care elsewhere, for the children who ask [USD/year]."""
    contracted = {segment.name for segment in instance.segments if segment.contracted}
    benchmark = sum(
        benchmarks.cost[panel.segment] * panel.demanded
        for panel in instance.panels
        if panel.practice == response.practice and panel.segment in contracted and panel.demanded > 0.0
    )
    return _counted(instance, benchmarks, benchmark, benchmark - outside, response)


def _counted(
    instance: Instance, benchmarks: Benchmarks, benchmark: float, saved: float, response: Response
) -> float:
    """Savings, or losses below zero, by the terms of sharing [USD/year]."""
    sharing, elsewhere = benchmarks.sharing, benchmarks.counts_elsewhere
    least, slack = sharing.minimum * benchmark, TOLERANCE * abs(benchmark)
    if saved >= least - slack:
        if saved > 0.0 and sharing.quality_gate and not passes_gate(instance, response, elsewhere):
            return 0.0
        return saved if sharing.most_gained is None else min(saved, sharing.most_gained * benchmark)
    if saved >= -least - slack:
        return 0.0
    return saved if sharing.most_lost is None else max(saved, -sharing.most_lost * benchmark)


def rvus(instance: Instance, _: Benchmarks, __: str, response: Response, ___: float) -> float:
    """RVUs of all services to contracted children [RVU/year]."""
    rvu = {service.name: service.rvu for service in instance.services}
    contracted = {segment.name for segment in instance.segments if segment.contracted}
    return sum(
        rvu[service] * volume
        for (service, segment), volume in response.services.items()
        if segment in contracted
    )


def clinicians(instance: Instance, _: Benchmarks, __: str, response: Response, ___: float) -> float:
    """Full-time clinicians of a practice [FTE]."""
    practice = next(one for one in instance.practices if one.name == response.practice)
    return practice.fte.get("clinician", 0.0)


def held_back(
    instance: Instance, benchmarks: Benchmarks, measure: str, response: Response, _: float
) -> float:
    """What is not returned of today's fees for the services given; counted below zero [USD/year]."""
    of = next(one for one in instance.measures if one.name == measure)
    contracted = {segment.name for segment in instance.segments if segment.contracted}
    claims = sum(
        instance.status_quo.fees.get(service, 0.0) * volume
        for (service, segment), volume in response.services.items()
        if segment in contracted
    )
    return (returned_part(instance, of, response, benchmarks.counts_elsewhere) - 1.0) * claims


def gaps_closed(instance: Instance, _: Benchmarks, measure: str, response: Response, __: float) -> float:
    """Gaps of a measure that the practice closes itself [gaps/year]."""
    return numerator(instance, next(one for one in instance.measures if one.name == measure), response)


QUANTITIES: Mapping[str, Callable[[Instance, Benchmarks, str, Response, float], float]] = {
    "outcome": outcomes,
    "improvement": improvement,
    "episode": episodes,
    "shared_savings": savings,
    "rvu_rate": rvus,
    "salary": clinicians,
    "withhold": held_back,
    "pool_share": gaps_closed,
}
"""For each kind of line, what its price is paid for."""


def _rows(instance: Instance, need: str, outcome: bool = False) -> list[Need]:
    return [
        row
        for row in contracted_needs(instance)
        if row.name == need and (counts_as_outcome(row) or not outcome)
    ]
