"""The leader's objective when followers answer by a logit over a list of responses.

Differentiable in the levers, with its gradient; the leader's rows are held by an augmented Lagrangian.
All followers are worked at once, their lists padded to one length.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from incentive_opt.pricing.problem import FloatArray, IntArray, PricingProblem
from incentive_opt.pricing.responses import Pool

NEVER = -1e9
"""Utility of a padding entry."""


def live_rows(problem: PricingProblem) -> IntArray:
    """Rows without yes/no levers: those that a smooth ascent can hold."""
    rules = np.asarray(problem.rules.todense())
    return np.flatnonzero(~np.any(rules[:, problem.lever_integer] != 0, axis=1))


@dataclass
class Smooth:
    """Smoothed augmented objective on lists of responses.

    Attributes
    ----------
    multipliers : (rows,)
        Present price of each live row, positive at its upper side and negative at its lower.
    """

    problem: PricingProblem
    pools: list[Pool]
    temperature: float
    multipliers: FloatArray
    weight: float
    live: IntArray = field(init=False)

    def __post_init__(self) -> None:
        problem = self.problem
        self.live = live_rows(problem)
        self.rules = np.asarray(problem.rules[self.live].todense())
        self.upper, self.lower = problem.row_upper[self.live], problem.row_lower[self.live]
        size = max(len(pool) for pool in self.pools)
        self.utility = self._padded("utility", size, NEVER)
        self.utility_lever = self._padded("utility_lever", size)
        self.value = self._padded("value", size)
        self.value_lever = self._padded("value_lever", size)
        self.rows = self._padded("rows", size)[:, :, self.live]
        row_lever = self._padded("row_lever", size)[:, :, self.live]
        self.ratio = np.zeros((len(self.pools), len(self.live)))
        squares = np.einsum("ikl,ikl->i", self.utility_lever, self.utility_lever)
        dots = np.einsum("ikrl,ikl->ir", row_lever, self.utility_lever)
        known = squares > 0
        self.ratio[known] = dots[known] / squares[known, None]
        rest = row_lever - self.ratio[:, None, :, None] * self.utility_lever[:, :, None, :]
        self.row_lever = rest if np.max(np.abs(rest), initial=0.0) > 1e-9 else None
        self.plain_value = not np.any(self.value_lever)

    def _padded(self, name: str, size: int, fill: float = 0.0) -> FloatArray:
        stacks = [pool.stack(name) for pool in self.pools]
        result = np.full((len(stacks), size, *stacks[0].shape[1:]), fill)
        for index, stack in enumerate(stacks):
            result[index, : len(stack)] = stack
        return result

    def _shares(self, levers: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Logit shares, payments, and the rows each response contributes."""
        paid = self.utility_lever @ levers
        scores = (self.utility + paid) / self.temperature
        share = np.exp(scores - scores.max(axis=1, keepdims=True))
        share /= share.sum(axis=1, keepdims=True)
        rows = self.rows + self.ratio[:, None, :] * paid[:, :, None]
        if self.row_lever is not None:
            rows = rows + self.row_lever @ levers
        return share, paid, rows

    def __call__(self, levers: FloatArray) -> tuple[float, FloatArray]:
        """Minus the smoothed augmented objective, and its gradient."""
        share, _, rows = self._shares(levers)
        push = self.push(self.rules @ levers + np.einsum("ik,ikr->r", share, rows))
        worth = self.value if self.plain_value else self.value + self.value_lever @ levers
        value = float(self.problem.lever_value @ levers) + float((share * worth).sum())
        merit = worth - rows @ push
        pull = share * (merit - (share * merit).sum(axis=1, keepdims=True)) / self.temperature
        pull = pull - share * (self.ratio @ push)[:, None]
        slope = self.problem.lever_value + np.einsum("ik,ikl->l", pull, self.utility_lever)
        if not self.plain_value:
            slope = slope + np.einsum("ik,ikl->l", share, self.value_lever)
        if self.row_lever is not None:
            slope = slope - np.einsum("ik,ikrl,r->l", share, self.row_lever, push)
        slope = slope - self.rules.T @ push
        penalty = float((push**2 - self.multipliers**2).sum()) / (2 * self.weight)
        return penalty - value, -slope

    def push(self, totals: FloatArray) -> FloatArray:
        """Price of each row at these totals: positive at its upper side, negative at its lower."""
        above = np.where(np.isfinite(self.upper), totals - self.upper, -np.inf) * self.weight
        below = np.where(np.isfinite(self.lower), self.lower - totals, -np.inf) * self.weight
        up = np.maximum(0.0, np.maximum(self.multipliers, 0.0) + above)
        down = np.maximum(0.0, np.maximum(-self.multipliers, 0.0) + below)
        return np.asarray(up - down)

    def totals(self, levers: FloatArray) -> FloatArray:
        """Expected leader's rows at the levers."""
        share, _, rows = self._shares(levers)
        return np.asarray(self.rules @ levers + np.einsum("ik,ikr->r", share, rows))
