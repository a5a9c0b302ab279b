"""One pricing problem of several cases: the same prices for all, practices that answer in each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from scipy import sparse

from incentive_opt.pricing import PricingProblem
from incentive_opt.pricing.problem import FloatArray, Follower


def joined(base: PricingProblem, draws: Sequence[PricingProblem], shared: int) -> PricingProblem:
    """The best prices on average over the base and the draws, each of which counts as much.

    Parameters
    ----------
    base : PricingProblem
        With the numbers of the files.
    draws : sequence of PricingProblem
        With drawn numbers: the same levers, and the same rows in the same order.
    shared : int
        So many rows, the first ones, are of what practices do (budget, incomes); those that follow are of
        levers alone and taken from the base.

    Returns
    -------
    PricingProblem
        Its first followers are those of the base. The shared rows hold twice: in the base by itself, and for
        the means over all cases.
    """
    cases = [base, *draws]
    weight = 1.0 / len(cases)
    rows = len(base.row_names)
    total = rows + shared
    followers = [
        _follower(one, weight, rows, shared, number == 0, f"~{number}" if number else "")
        for number, case in enumerate(cases)
        for one in case.followers
    ]

    def mean(bounds: Sequence[FloatArray]) -> FloatArray:
        return np.asarray(np.mean([one[:shared] for one in bounds], axis=0), dtype=np.float64)

    starts = [start for case in cases for start in case.start_responses[0]] if base.start_responses else []
    levers = base.rules.shape[1]
    return replace(
        base,
        rules=sparse.csr_array(sparse.vstack([base.rules, sparse.csr_array((shared, levers))])),
        row_lower=np.concatenate([base.row_lower, mean([case.row_lower for case in cases])]),
        row_upper=np.concatenate([base.row_upper, mean([case.row_upper for case in cases])]),
        row_names=(*base.row_names, *(f"{name}, mean" for name in base.row_names[:shared])),
        followers=tuple(_sized(one, total) for one in followers),
        start_responses=(tuple(starts),) if starts else (),
    )


def _follower(one: Follower, weight: float, rows: int, shared: int, is_base: bool, ending: str) -> Follower:
    """A follower that counts with its weight, in the rows of the base only if it is of the base."""
    own = 1.0 if is_base else 0.0

    def spread(part: sparse.csr_array) -> sparse.csr_array:
        mean = sparse.csr_array(part[:shared, :] * weight)
        return sparse.csr_array(sparse.vstack([sparse.csr_array(part * own), mean]))

    return replace(
        one,
        name=one.name + ending,
        value=one.value * weight,
        value_product=one.value_product * weight,
        value_constant=one.value_constant * weight,
        row_x=spread(one.row_x),
        row_product=spread(one.row_product),
    )


def _sized(one: Follower, rows: int) -> Follower:
    assert one.row_x.shape[0] == rows
    return one
