"""What one unit of price of another line of payment brings a practice, as a linear function of what it does.

A second construction of docs/mathematics.md, "Other lines of payment": it shares no code with the
formulation, nor with the arithmetic in ``incentive_opt.other_lines``.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from incentive_opt.certify.held_back import Problem, held_back
from incentive_opt.certify.pools import own_gaps
from incentive_opt.certify.sharing import counted, savings
from incentive_opt.domain.lines import POOL_SHARE, WITHHOLD, Benchmarks, Line

FloatArray = npt.NDArray[np.float64]


def line_quantity(problem: Problem, line: Line, benchmarks: Benchmarks) -> tuple[FloatArray, float]:
    """Coefficients in the columns, and the constant, of what a line is paid for."""
    kind, of = line
    coefficients, constant = np.zeros(len(problem.columns)), 0.0
    if kind == WITHHOLD:
        for column, share in held_back(problem, of):
            coefficients[column] += share
        return coefficients, constant
    if kind == POOL_SHARE:
        return own_gaps(problem, of), constant
    if kind == "shared_savings":
        if any(column_kind == "way" for column_kind, _, _ in problem.columns):
            return counted(problem, benchmarks), constant
        return savings(problem, benchmarks)
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
        elif column_kind == "effective":
            need = by_key[item, segment]
            if kind in ("outcome", "improvement") and need.name == of and need.qaly_per_event > 0.0:
                coefficients[column] = 1.0
        elif kind == "improvement" and (of, segment) in by_key and by_key[of, segment].qaly_per_event > 0.0:
            coefficients[column] = -benchmarks.care[of, segment]
    return coefficients, constant
