"""Shared savings with a minimum, limits and a quality gate, in the practice's problem.

docs/mathematics.md, "Minimum, limits and gate of shared savings".
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from math import inf
from typing import Any

import pyomo.core as pyo

from incentive_opt.domain.lines import Benchmarks, Line
from incentive_opt.domain.sharing import PLAIN, Sharing
from incentive_opt.formulation.scope import PracticeScope

SAVINGS = ("shared_savings", "care_elsewhere")


@dataclass(frozen=True)
class Piece:
    """A range of savings, and what counts there: a fixed amount; where there is none, the savings."""

    name: str
    low: float
    high: float
    counts: float | None
    gated: bool = False


def add_pieces(model: Any, scope: PracticeScope, lines: Iterable[Line], benchmarks: Benchmarks) -> None:
    """One yes/no for each range of savings; the savings stand in the range that is chosen, and only there."""
    sharing = benchmarks.sharing
    ranges = []
    if SAVINGS in lines and sharing != PLAIN:
        ranges = pieces(sharing, benchmark_of(scope, benchmarks), _most_outside(scope))
    of = {piece.name: piece for piece in ranges}
    model.piece = pyo.Var(list(of), domain=pyo.Binary)
    model.saved = pyo.Var(list(of), bounds=lambda _, name: (min(0.0, of[name].low), max(0.0, of[name].high)))
    model.one_piece = pyo.Constraint(
        range(min(1, len(of))), rule=lambda _, __: pyo.quicksum(model.piece.values()) == 1
    )
    model.saved_from = pyo.Constraint(
        list(of), rule=lambda _, name: of[name].low * model.piece[name] - model.saved[name] <= 0
    )
    model.saved_to = pyo.Constraint(
        list(of), rule=lambda _, name: model.saved[name] - of[name].high * model.piece[name] <= 0
    )
    gated = [model.piece[name] for name, piece in of.items() if piece.gated]
    measures = list(scope.measures) if gated and sharing.quality_gate else []
    model.gate = pyo.Constraint(measures, rule=lambda _, name: _passed(model, scope, name, gated, benchmarks))
    model.counted_savings = pyo.Expression(
        expr=pyo.quicksum(
            model.saved[name] if piece.counts is None else piece.counts * model.piece[name]
            for name, piece in of.items()
        )
    )


def tie_savings(model: Any, savings: Any) -> None:
    """What is saved is what stands in the pieces."""
    model.all_saved = pyo.Constraint(expr=savings - pyo.quicksum(model.saved.values()) == 0)


def pieces(sharing: Sharing, benchmark: float, most_outside: float) -> list[Piece]:
    """Ranges of savings from the worst to the best; where two meet a practice takes what is better for it."""
    worst, best = benchmark - most_outside, benchmark
    least = sharing.minimum * benchmark
    floor = -inf if sharing.most_lost is None else -sharing.most_lost * benchmark
    cap = inf if sharing.most_gained is None else sharing.most_gained * benchmark
    found = [
        Piece("all_lost", worst, min(floor, -least), floor),
        Piece("lost", max(worst, floor), -least, None),
        Piece("nothing", max(worst, -least), best, 0.0),
        Piece("gained", least, min(cap, best), None, gated=True),
        Piece("all_gained", max(cap, least), best, cap, gated=True),
    ]
    return [piece for piece in found if piece.low <= piece.high]


def benchmark_of(scope: PracticeScope, benchmarks: Benchmarks) -> float:
    """What care elsewhere may cost for the children who ask [USD/year]."""
    return sum(benchmarks.cost[segment] * scope.demanded[segment] for segment in scope.contracted)


def _most_outside(scope: PracticeScope) -> float:
    """Care elsewhere if nobody is cared for [USD/year]."""
    contracted = set(scope.contracted)
    return sum(
        (need.uncovered_cost + need.downstream_saving) * scope.demanded_events(need)
        for key, need in scope.needs.items()
        if key[1] in contracted
    )


def _passed(model: Any, scope: PracticeScope, name: str, gated: list[Any], benchmarks: Benchmarks) -> Any:
    """With a gain, the measure's first tier is attained; without one anything goes."""
    one = scope.measures[name]
    need, target = one.measure.denominator_need, one.targets[0]
    denominator = pyo.quicksum(
        scope.needs[need, segment].events_per_child_year * model.panel[segment] for segment in one.segments
    )
    numerator = pyo.quicksum(
        weight * model.services[service, segment]
        for service, weight in one.measure.numerator.items()
        for segment in one.segments
        if (service, segment) in model.services
    )
    if benchmarks.counts_elsewhere:
        closed = one.measure.closed_elsewhere
        numerator = (1.0 - closed) * numerator + closed * denominator
    most = target * one.largest_denominator
    return target * denominator - numerator + most * pyo.quicksum(gated) <= most
