"""The cheapest prices for what followers do: the same intention for less of one of the leader's rows.

Prices that keep followers to an intention are a convex set, of which the design's own are a point. From there
the search goes half the way, or all of it, to the cheapest prices that known rivals allow; where followers
would do otherwise, what they would do becomes a rival, else the point is kept. So it can stop at any time.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from scipy import sparse

from incentive_opt.pricing.highs import Clock, Program
from incentive_opt.pricing.lever_rules import box_of_choices
from incentive_opt.pricing.problem import FloatArray, PricingProblem
from incentive_opt.pricing.responses import Unsolved
from incentive_opt.pricing.scaling import scale
from incentive_opt.pricing.search import TOLERANCE, Search

ROUNDS = 120
"""Times that cheapest prices are looked for."""
ENOUGH = 1e-6
"""Share of the row below which nothing more is looked for."""
WAYS = (1.0, 0.5)
"""Shares of the way to the cheapest prices that are tried in turn."""
EASE = 0.5 * TOLERANCE
"""By what a rival may be preferred when prices are looked for (scaled): half of what counts as none."""


def cheaper(
    problem: PricingProblem,
    levers: FloatArray,
    responses: Sequence[FloatArray],
    row: int,
    seconds: float,
    stop: Callable[[], bool] | None = None,
) -> FloatArray:
    """Levers under which followers keep to the responses, and the row is as low as was found.

    Parameters
    ----------
    problem : PricingProblem
        In its own units; yes/no levers stay as they are.
    levers : (L,)
    responses : sequence of (n_i,) arrays
    row : int
        Of the leader's rows.
    seconds : float
        It may take [s].

    Returns
    -------
    (L,)
        ``levers`` themselves where followers do not keep to the responses, or nothing is cheaper.
    """
    scaled, units = scale(problem)
    search = Search(scaled, Clock(), seconds, None, stop)
    here = levers / units.levers
    intended = [search.add_point(index, x) for index, x in enumerate(responses)]
    try:
        if not search.survives(here, intended):
            return levers
        found = _lowered(search, here, intended, row)
    except Unsolved:
        return levers
    return levers if found is here else np.asarray(found * units.levers)


def _lowered(search: Search, here: FloatArray, intended: list[int], row: int) -> FloatArray:
    """The cheapest prices found, from ``here``."""
    cheapest = _Cheapest(search, here, intended, row)
    costs = cheapest.costs
    for turn in range(ROUNDS):
        there = cheapest.prices() if search.time_left > 0 else None
        if there is None or float(costs @ (here - there)) <= ENOUGH * cheapest.size:
            break
        point = here + WAYS[turn % len(WAYS)] * (there - here)
        if search.deviations(point, intended) <= TOLERANCE and cheapest.keeps(point):
            here = point
    return here


class _Cheapest:
    """The program over prices: the leader's rows, and what must not be preferred, as it becomes known."""

    def __init__(self, search: Search, here: FloatArray, intended: list[int], row: int) -> None:
        self.search, self.intended = search, intended
        self.low, self.high = box_of_choices(search, here)
        problem = search.problem
        self.rows = np.asarray(problem.rules.todense()).copy()
        constant = np.zeros(len(self.rows))
        for pool, choice in zip(search.pools, intended, strict=True):
            own = pool.responses[choice]
            self.rows[own.touched] += own.row_lever
            constant[own.touched] += own.rows
        self.sides = problem.row_lower - constant, problem.row_upper - constant
        self.costs = self.rows[row]
        self.size = max(1e-6, abs(float(self.costs @ here)))
        self.known = [0] * len(intended)
        matrix = sparse.csr_array(self.rows)
        self.program = Program(search.clock, -self.costs, matrix, *self.sides, self.low, self.high)

    def prices(self) -> FloatArray | None:
        """The cheapest prices that known rivals allow."""
        for index, choice in enumerate(self.intended):
            self._learn(index, choice)
        outcome = self.program.solve()
        if outcome.status != "optimal" or outcome.x is None:
            return None
        return np.clip(outcome.x, self.low, self.high)

    def keeps(self, levers: FloatArray) -> bool:
        """Whether levers keep the leader's rows."""
        totals = self.rows @ levers
        return bool(
            np.all(totals >= self.sides[0] - TOLERANCE) and np.all(totals <= self.sides[1] + TOLERANCE)
        )

    def _learn(self, index: int, choice: int) -> None:
        """Rivals that became known, in every direction of harm, as rows."""
        pool, since = self.search.pools[index], self.known[index]
        self.known[index] = len(pool)
        gain = (pool.stack("utility") - pool.responses[choice].utility)[since:]
        tilt = (pool.stack("utility_lever") - pool.responses[choice].utility_lever)[since:]
        harm = (pool.stack("harm") - pool.responses[choice].harm)[since:]
        lean = (pool.stack("harm_lever") - pool.responses[choice].harm_lever)[since:]
        gains = [gain, *(gain + harm[:, d] for d in range(harm.shape[1]))]
        tilts = [tilt, *(tilt + lean[:, d] for d in range(harm.shape[1]))]
        slopes, limits = np.vstack(tilts), -np.concatenate(gains)
        real = np.any(slopes != 0.0, axis=1)
        if np.any(real):
            self.program.add_rows(
                sparse.csr_array(slopes[real]), np.full(int(real.sum()), -np.inf), limits[real] + EASE
            )
