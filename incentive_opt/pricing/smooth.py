"""The leader's objective when followers answer by a logit over a list of responses.

Differentiable in the levers, with its gradient; the leader's rows are held by an augmented Lagrangian.
All followers are worked at once, their lists padded to one length.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from incentive_opt.pricing.pool import Pool
from incentive_opt.pricing.problem import FloatArray, IntArray, PricingProblem

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
        self.liking = self._padded("liking", size, NEVER)
        self.liking_lever = self._padded("liking_lever", size)
        self.utility_lever = self._padded("utility_lever", size)
        self.value = self._padded("value", size)
        self.value_lever = self._padded("value_lever", size)
        self.plain_value = not np.any(self.value_lever)
        self._own_rows(size)

    def _own_rows(self, size: int) -> None:
        """The rows that each follower touches, side by side; where it touches fewer, a row that is no row."""
        place = np.full(len(self.problem.row_lower), len(self.live))
        place[self.live] = np.arange(len(self.live))
        widest = max(len(pool.responses[0].touched) for pool in self.pools)
        self.where = np.full((len(self.pools), widest), len(self.live))
        self.rows = np.zeros((len(self.pools), size, widest))
        rest = np.zeros((len(self.pools), size, widest, len(self.problem.lever_lower)))
        self.ratio = np.zeros((len(self.pools), widest))
        for index, pool in enumerate(self.pools):
            touched = pool.responses[0].touched
            count, width = len(pool), len(touched)
            self.where[index, :width] = place[touched]
            self.rows[index, :count, :width] = pool.stack("rows")
            slopes, paid = pool.stack("row_lever"), pool.stack("utility_lever")
            square = float(np.einsum("kl,kl->", paid, paid))
            if square > 0.0:
                self.ratio[index, :width] = np.einsum("ktl,kl->t", slopes, paid) / square
            share = self.ratio[index, :width]
            rest[index, :count, :width] = slopes - share[None, :, None] * paid[:, None, :]
        self.row_lever = rest if np.max(np.abs(rest), initial=0.0) > 1e-9 else None

    def _padded(self, name: str, size: int, fill: float = 0.0) -> FloatArray:
        stacks = [pool.stack(name) for pool in self.pools]
        result = np.full((len(stacks), size, *stacks[0].shape[1:]), fill)
        for index, stack in enumerate(stacks):
            result[index, : len(stack)] = stack
        return result

    def _shares(self, levers: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Logit shares, and what each response contributes to its follower's rows."""
        paid = self.utility_lever @ levers
        scores = (self.liking + self.liking_lever @ levers) / self.temperature
        share = np.exp(scores - scores.max(axis=1, keepdims=True))
        share /= share.sum(axis=1, keepdims=True)
        rows = self.rows + self.ratio[:, None, :] * paid[:, :, None]
        if self.row_lever is not None:
            rows = rows + self.row_lever @ levers
        return share, rows

    def _sums(self, levers: FloatArray, share: FloatArray, rows: FloatArray) -> FloatArray:
        """Expected totals of the live rows."""
        expected = np.einsum("ik,ikt->it", share, rows)
        sums = np.bincount(self.where.ravel(), expected.ravel(), minlength=len(self.live) + 1)
        return np.asarray(self.rules @ levers + sums[:-1])

    def __call__(self, levers: FloatArray) -> tuple[float, FloatArray]:
        """Minus the smoothed augmented objective, and its gradient."""
        share, rows = self._shares(levers)
        push = self.push(self._sums(levers, share, rows))
        own = np.append(push, 0.0)[self.where]
        worth = self.value if self.plain_value else self.value + self.value_lever @ levers
        value = float(self.problem.lever_value @ levers) + float((share * worth).sum())
        merit = worth - np.einsum("ikt,it->ik", rows, own)
        pull = share * (merit - (share * merit).sum(axis=1, keepdims=True)) / self.temperature
        slope = self.problem.lever_value + np.einsum("ik,ikl->l", pull, self.liking_lever)
        charged = share * np.einsum("it,it->i", self.ratio, own)[:, None]
        slope = slope - np.einsum("ik,ikl->l", charged, self.utility_lever)
        if not self.plain_value:
            slope = slope + np.einsum("ik,ikl->l", share, self.value_lever)
        if self.row_lever is not None:
            slope = slope - np.einsum("ik,iktl,it->l", share, self.row_lever, own)
        slope = slope - self.rules.T @ push
        penalty = float((push**2 - self.multipliers**2).sum()) / (2 * self.weight)
        return penalty - value, -slope

    def push(self, totals: FloatArray) -> FloatArray:
        """Price of each row at these totals: positive at its upper side, negative at its lower."""
        wanted = totals + self.multipliers / self.weight
        return np.asarray(self.weight * (wanted - np.clip(wanted, self.lower, self.upper)))

    def totals(self, levers: FloatArray) -> FloatArray:
        """Expected leader's rows at the levers."""
        return self._sums(levers, *self._shares(levers))
