"""Sobol' indices: which share of the variance of the gain comes from which parameter."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from scipy import stats

from incentive_opt.sensitivity.cases import Asked
from incentive_opt.sensitivity.crew import look_at_all
from incentive_opt.sensitivity.draws import Bounded, FloatArray
from incentive_opt.sensitivity.subject import Terms


class _Halted(Exception):
    """Stopped before all cases were done: nothing can be said."""


def indices(
    asked: Asked, terms: Terms, say: Callable[[str, int, int], None], halt: Callable[[], bool]
) -> list[dict[str, Any]] | None:
    """First-order and total indices of every parameter, largest total first; None where it was stopped.

    The method of Saltelli, as scipy has it; it takes ``indices`` times (parameters + 2) cases. A case in
    which a practice could not serve its smallest panel counts as no gain.
    """
    uncertainty = asked.given.uncertainty
    names = [one.name for one in uncertainty]
    number = 1 << max(1, terms.indices - 1).bit_length()

    def gains(points: FloatArray) -> FloatArray:
        tasks = [dict(zip(names, point, strict=True)) for point in points.T.tolist()]
        found = look_at_all(
            asked, tasks, terms.processes, lambda done: say("Sobol' indices", done, len(tasks)), halt
        )
        if len(found) < len(tasks):
            raise _Halted
        return np.array([[0.0 if case is None else case.gain() for case in found]])

    every: Any = stats.sobol_indices  # its stubs want distributions of scipy's own classes
    try:
        result = every(
            func=gains,
            n=number,
            dists=[Bounded(one) for one in uncertainty],
            rng=np.random.default_rng(terms.seed),
        )
    except _Halted:
        return None
    first, total = np.ravel(result.first_order), np.ravel(result.total_order)
    if not (np.isfinite(first).all() and np.isfinite(total).all()):  # the gain never moves
        first, total = np.zeros(len(names)), np.zeros(len(names))
    rows = [
        {"parameter": name, "first_order": float(one), "total": float(other)}
        for name, one, other in zip(names, first, total, strict=True)
    ]
    return sorted(rows, key=lambda row: -float(row["total"]))
