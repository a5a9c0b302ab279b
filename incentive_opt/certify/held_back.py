"""Fees held back until a measure's tiers are attained: columns and rows of the certificate's own problem.

A second construction of docs/mathematics.md, "Fees held back": it shares no code with the formulation, nor
with the arithmetic in ``incentive_opt.held_back``.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from incentive_opt.domain.contract import Contract
from incentive_opt.domain.instance import Instance, Need, Practice, Service
from incentive_opt.domain.lines import WITHHOLD

Key = tuple[str, str, object]
Terms = list[tuple[int, float]]


class Problem(Protocol):
    """What is needed of a practice's problem: its columns, and who needs and gives what."""

    instance: Instance
    practice: Practice
    contract: Contract
    columns: dict[Key, int]
    contracted: dict[str, bool]
    demanded: dict[str, float]
    needs: list[Need]
    delivered_by: dict[tuple[str, str], list[Service]]


def add_held_back(
    problem: Problem, column: Callable[[Key, float, float], int], row: Callable[[Terms, float], None]
) -> None:
    """For every tier that returns fees: a column for what it returns, rows that make it all or nothing."""
    held = {
        name for (kind, name), share in problem.contract.lines.items() if kind == WITHHOLD and share > 0.0
    }
    if not held:
        return
    claims = claims_today(problem)
    negative = [(place, -usd) for place, usd in claims]
    most = _at_most(problem)
    for kind, name, tier in list(problem.columns):
        if kind != "tier" or name not in held:
            continue
        attained = problem.columns[kind, name, tier]
        returned = column(("returned", name, tier), 0.0, most)
        row([(returned, 1.0), *negative], 0.0)
        row([(returned, 1.0), (attained, -most)], 0.0)
        row([*claims, (attained, most), (returned, -1.0)], most)


def held_back(problem: Problem, measure_name: str) -> Terms:
    """Coefficients of what a unit of the share held back on a measure takes from the practice."""
    parts = [place for key, place in problem.columns.items() if key[:2] == ("returned", measure_name)]
    if not parts:  # too small for the measure, or nothing is held back on it
        return []
    return [*((place, 1.0 / len(parts)) for place in parts), *((c, -usd) for c, usd in claims_today(problem))]


def claims_today(problem: Problem) -> Terms:
    """Today's fee of every service column of contracted children [USD/service]."""
    fees = problem.instance.status_quo.fees
    return [
        (place, fees[service])
        for (kind, service, segment), place in problem.columns.items()
        if kind == "service" and problem.contracted[str(segment)] and fees.get(service, 0.0) > 0.0
    ]


def _at_most(problem: Problem) -> float:
    """Claims at today's fees if each event among those who ask is met by its best-paid service [USD/year]."""
    fees, total = problem.instance.status_quo.fees, 0.0
    for need in problem.needs:
        served_by = problem.delivered_by[need.name, need.segment]
        best = max((fees.get(service.name, 0.0) for service in served_by), default=0.0)
        if problem.contracted[need.segment]:
            total += best * need.events_per_child_year * problem.demanded[need.segment]
    return total
