"""What followers can earn under yes/no levers: whole numbers that are raised for what can be paid."""

from __future__ import annotations

import numpy as np

from incentive_opt.pricing.problem import FloatArray, Follower, PricingProblem


def earning(problem: PricingProblem, high: FloatArray) -> tuple[FloatArray, ...] | None:
    """Followers' whole numbers where each earns what can be paid with levers up to ``high``.

    None where it is not known what a follower's whole numbers are raised for.
    """
    if any(follower.rests is None and np.any(follower.integer) for follower in problem.followers):
        return None
    return tuple(_earning(follower, high) for follower in problem.followers)


def _earning(follower: Follower, high: FloatArray) -> FloatArray:
    whole = np.flatnonzero(follower.integer)
    if follower.rests is None:
        return np.zeros(0)
    paid = (follower.payment != 0.0) & (high[follower.levers] > 0.0)
    columns = abs(follower.features).T @ paid.astype(float) > 0.0
    raised = abs(follower.rests) @ columns.astype(float) > 0.0
    return np.where(raised, follower.upper[whole], follower.lower[whole])
