"""What one unit of price of another line of payment brings a practice, as a linear function of what it does.

A second construction of docs/mathematics.md, "Other lines of payment": it shares no code with the
formulation, nor with the arithmetic in ``incentive_opt.other_lines``.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

import numpy as np
import numpy.typing as npt

from incentive_opt.domain.instance import Instance, Need, Practice
from incentive_opt.domain.lines import Benchmarks, Line

FloatArray = npt.NDArray[np.float64]


class Problem(Protocol):
    """What is needed of a practice's problem: its columns and what they stand for."""

    instance: Instance
    practice: Practice
    columns: dict[tuple[str, str, object], int]
    contracted: dict[str, bool]
    demanded: dict[str, float]
    needs: list[Need]


def line_quantity(problem: Problem, line: Line, benchmarks: Benchmarks) -> tuple[FloatArray, float]:
    """Coefficients in the columns, and the constant, of what a line is paid for."""
    kind, of = line
    coefficients, constant = np.zeros(len(problem.columns)), 0.0
    if kind == "salary":
        return coefficients, problem.practice.fte.get("clinician", 0.0)
    rvu = {service.name: service.rvu for service in problem.instance.services}
    need_of = {service.name: service.need for service in problem.instance.services}
    by_key = {(need.name, need.segment): need for need in problem.needs}
    for (column_kind, item, second), column in problem.columns.items():
        segment = item if column_kind == "panel" else str(second)
        if column_kind not in ("panel", "service", "effective") or not problem.contracted[segment]:
            continue
        if column_kind == "service":
            need = by_key[need_of[item], segment]
            if kind == "rvu_rate":
                coefficients[column] = rvu[item]
            elif kind == "episode" and need.name == of:
                coefficients[column] = 1.0
            elif kind == "shared_savings":
                coefficients[column] = need.uncovered_cost
        elif column_kind == "effective":
            need = by_key[item, segment]
            if kind == "shared_savings":
                coefficients[column] = need.downstream_saving
            elif kind in ("outcome", "improvement") and need.name == of and need.qaly_per_event > 0.0:
                coefficients[column] = 1.0
        elif kind == "improvement" and (of, segment) in by_key and by_key[of, segment].qaly_per_event > 0.0:
            coefficients[column] = -benchmarks.care[of, segment]
    if kind == "shared_savings":
        constant = _spared(problem, benchmarks.cost)
    return coefficients, constant


def _spared(problem: Problem, benchmark: Mapping[str, float]) -> float:
    """The benchmark of care elsewhere, less what it costs if nobody is cared for [USD/year]."""
    asked = {segment: n for segment, n in problem.demanded.items() if problem.contracted[segment] and n > 0.0}
    most = sum(
        (need.uncovered_cost + need.downstream_saving) * need.events_per_child_year * asked[need.segment]
        for need in problem.needs
        if need.segment in asked
    )
    return sum(benchmark[segment] * number for segment, number in asked.items()) - most
