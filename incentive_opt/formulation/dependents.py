"""Columns that follow from what a practice does: fees returned, and the range in which its savings stand."""

from __future__ import annotations

import numpy as np

from incentive_opt.formulation.compile import CompiledPractice, FloatArray
from incentive_opt.formulation.sharing import SAVINGS

ROWS = ("saved_from", "saved_to", "gate")
CLOSE = 1e-7


def with_dependents(practice: CompiledPractice, x: FloatArray) -> FloatArray:
    """The vector with these columns set; panel, services, effective care, tiers and ``always`` are given."""
    made = x.copy()
    scope, contracted = practice.scope, set(practice.scope.contracted)
    place = {column: number for number, column in enumerate(practice.columns)}
    claims = sum(
        scope.status_quo_fees[first] * made[number]
        for (variable, first, second), number in place.items()
        if variable == "services" and second in contracted
    )
    for (variable, first, second), number in place.items():
        if variable == "returned":
            made[number] = claims if made[place["tier", first, second]] > 0.5 else 0.0
    names = [first for variable, first, _ in practice.columns if variable == "piece"]
    return _with_savings(practice, made, place, names) if names else made


def _with_savings(
    practice: CompiledPractice, x: FloatArray, place: dict[tuple[str, str, str | int], int], names: list[str]
) -> FloatArray:
    """Of the ranges that the savings allow, the one that pays most."""
    kinds = [name.split("[")[0] for name in practice.row_names]
    tie = kinds.index("all_saved")
    entries = practice.matrix[[tie], :].toarray().ravel()
    saved = (practice.row_upper[tie] - entries @ x) / entries[place["saved", names[0], ""]]
    own = np.array([number for number, kind in enumerate(kinds) if kind in ROWS])
    rows, lower, upper = practice.matrix[own, :], practice.row_lower[own], practice.row_upper[own]
    paid = practice.features[[practice.feature_keys.index((*SAVINGS, 0))], :]
    best, most = x, -np.inf
    for name in names:
        tried = x.copy()
        tried[place["piece", name, ""]], tried[place["saved", name, ""]] = 1.0, saved
        size = CLOSE * np.maximum(1.0, abs(rows) @ np.abs(tried))
        values, worth = rows @ tried, float((paid @ tried)[0])
        if np.all(values <= upper + size) and np.all(values >= lower - size) and worth > most:
            best, most = tried, worth
    return best
