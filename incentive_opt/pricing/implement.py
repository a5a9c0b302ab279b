"""The implementation problem: prices that make followers do what is intended.

A linear program over the levers alone: yes/no levers stay as they are, comparisons with the pools are added
as they are violated, rows and comparisons may be broken at a price so that the answer always says how far
off an intention is. Where the leader's value hangs on the intention alone, the prices nearest to those that
suggested it are taken: a search for the cheapest ones jumps from corner to corner of what is still allowed.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import sparse

from incentive_opt.pricing.highs import Program
from incentive_opt.pricing.pool import Pool
from incentive_opt.pricing.problem import BoolArray, FloatArray
from incentive_opt.pricing.restricted import design_value, reach
from incentive_opt.pricing.search import Search

PENALTY, DEAREST = 100.0, 1e6
"""What a unit that is broken costs at first, and at most, where something stays broken."""
BROKEN = 1e-9
DONE = 1e-8
"""Violation (scaled) that counts as none."""
NEAR = 0.02
DISTANCE = 0.01
"""Cost of moving a lever over its whole range."""


@dataclass(frozen=True)
class Implemented:
    """Levers for an intention.

    ``violation`` is what is still broken (scaled; 0 if nothing), ``merit`` ranks, ``envy`` is by how much
    each follower still prefers something else.
    """

    levers: FloatArray
    intended: tuple[int, ...]
    value: float
    violation: float
    merit: float
    envy: FloatArray


class Implementation:
    """Solves implementation problems in one lever box."""

    def __init__(self, search: Search, low: FloatArray, high: FloatArray) -> None:
        self.search = search
        self.low, self.high = low, high
        self.rules = np.asarray(search.problem.rules.todense())

    def trial(self, intended: list[int], near: FloatArray, penalty: float = PENALTY) -> Trial:
        """An intention to be implemented, near the levers that suggested it."""
        return Trial(self, intended, near, penalty)

    def solve(self, intended: list[int], near: FloatArray) -> Implemented | None:
        """Levers that implement the intention among all responses in the pools."""
        return self.trial(intended, near).solve()

    def keeps(self, index: int, choice: int) -> bool:
        """Whether at any levers of the box, whatever the leader's rows say, a follower likes nothing better.

        Of two ways of working that are paid alike, for one, that may be neither.
        """
        gain, tilt = comparisons(self.search.pools[index], choice)
        if np.any(gain - reach(-tilt, self.low, self.high) > DONE):
            return False
        count = len(self.low)
        program = Program(
            self.search.clock,
            np.append(np.zeros(count), -1.0),
            sparse.csr_array(np.column_stack([tilt, np.full(len(gain), -1.0)])),
            np.full(len(gain), -np.inf),
            -gain,
            np.append(self.low, 0.0),
            np.append(self.high, np.inf),
        )
        outcome = program.solve()
        return outcome.status != "optimal" or -outcome.objective <= DONE


class Trial:
    """One intention; its program stays loaded while the pools grow.

    Columns: levers, one slack per follower, two per row, and the way up and down from ``near``.
    """

    def __init__(
        self, task: Implementation, intended: list[int], near: FloatArray, penalty: float = PENALTY
    ) -> None:
        self.task, self.search = task, task.search
        self.intended, self.near = list(intended), np.clip(near, task.low, task.high)
        self.count, self.followers = len(near), len(self.search.pools)
        self.compared = [0] * self.followers
        self.owner = np.zeros(0, dtype=np.int64)
        self.gain = np.zeros(0)
        self.tilt = np.zeros((0, self.count))
        self.inside: BoolArray = np.zeros(0, dtype=bool)
        self.penalty = penalty
        self.program = self._program()

    def solve(self, rounds: int = 30) -> Implemented | None:
        """Levers that implement the intention among all responses that are now in the pools."""
        self._catch_up()
        for _ in range(rounds):
            outcome = self.program.solve()
            if outcome.status != "optimal" or outcome.x is None:
                return None
            levers = np.clip(outcome.x[: self.count], self.task.low, self.task.high)
            slack = outcome.x[self.count : self.count + self.followers]
            broken = ~self.inside & (self.gain + self.tilt @ levers > slack[self.owner] + 1e-9)
            if np.any(broken):
                self._add(broken)
            elif self._violation(outcome.x) <= BROKEN or self.penalty >= DEAREST:
                return self._implemented(outcome.x, levers, slack)
            else:
                self._charge(100.0 * self.penalty)
        return None

    def _implemented(self, z: FloatArray, levers: FloatArray, slack: FloatArray) -> Implemented:
        violation = self._violation(z)
        value = design_value(self.search.problem, self.search.pools, levers, self.intended)
        merit = value - PENALTY * violation
        return Implemented(levers, tuple(self.intended), value, violation, merit, np.maximum(slack, 0.0))

    def _violation(self, z: FloatArray) -> float:
        return float(z[self.count : self.count + self.followers + 2 * len(self.task.rules)].sum())

    def _charge(self, penalty: float) -> None:
        """Charge so much for what is broken: perhaps it need not be, and only the way to it was too dear."""
        self.penalty = penalty
        costs = self.program.objective.copy()
        costs[self.count : self.count + self.followers + 2 * len(self.task.rules)] = -penalty
        self.program.set_objective(costs)

    def _catch_up(self) -> None:
        """Compare with what joined the pools since; what may matter near the levers goes in at once."""
        before = len(self.gain)
        for index, pool in enumerate(self.search.pools):
            gain, tilt = comparisons(pool, self.intended[index], self.compared[index])
            self.compared[index] = len(pool)
            keep = gain + reach(tilt, self.task.low, self.task.high) > 1e-9
            self.owner = np.append(self.owner, np.full(int(keep.sum()), index))
            self.gain = np.append(self.gain, gain[keep])
            self.tilt = np.vstack([self.tilt, tilt[keep]])
        fresh = np.arange(len(self.gain)) >= before
        self.inside = np.append(self.inside, np.zeros(len(self.gain) - before, dtype=bool))
        self._add(fresh & (self.gain + self.tilt @ self.near > -NEAR))

    def _program(self) -> Program:
        """The leader's rows, and the way from ``near``; no comparisons yet."""
        search, problem = self.search, self.search.problem
        rows = len(problem.row_lower)
        totals = self.task.rules.copy()
        constant = np.zeros(rows)
        value = problem.lever_value.copy()
        for pool, j in zip(search.pools, self.intended, strict=True):
            response = pool.responses[j]
            totals[response.touched] += response.row_lever
            constant[response.touched] += response.rows
            value += response.value_lever
        distance, step = self._distance(value)
        if not np.any(value):
            steps = -distance
        else:
            steps = np.zeros(self.count)
            value = value - 1e-3 * totals.T @ search.prices
        eye: Any = sparse.eye_array
        stack: Any = sparse.block_array  # its stubs do not know empty blocks
        give = stack(
            [
                [sparse.csr_array(totals), None, eye(rows), -eye(rows), None, None],
                [eye(self.count), None, None, None, -eye(self.count), eye(self.count)],
                [None, sparse.csr_array((1, self.followers)), None, None, None, None],
            ]
        )
        broken = self.followers + 2 * rows
        return Program(
            search.clock,
            np.concatenate([value, np.full(broken, -self.penalty), steps, steps]),
            sparse.csr_array(give),
            np.concatenate([problem.row_lower - constant, self.near, [0.0]]),
            np.concatenate([problem.row_upper - constant, self.near, [0.0]]),
            np.concatenate([self.task.low, np.zeros(broken + 2 * self.count)]),
            np.concatenate([self.task.high, np.full(broken, np.inf), step, step]),
        )

    def _distance(self, value: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Cost of a unit's way from ``near`` and the longest way, for each lever."""
        span = self.task.high - self.task.low
        cost = np.where(span > 0.0, DISTANCE / np.where(span > 0.0, span, 1.0), 0.0)
        return cost, np.asarray(span, dtype=np.float64)

    def _add(self, which: BoolArray) -> None:
        """Comparisons as rows: ``tilt . levers - slack <= -gain``."""
        chosen = np.flatnonzero(which)
        if len(chosen) == 0:
            return
        self.inside[chosen] = True
        slack = np.zeros((len(chosen), self.program.columns - self.count))
        slack[np.arange(len(chosen)), self.owner[chosen]] = -1.0
        matrix = sparse.csr_array(np.hstack([self.tilt[chosen], slack]))
        self.program.add_rows(matrix, np.full(len(chosen), -np.inf), -self.gain[chosen])


def comparisons(pool: Pool, own: int, since: int = 0) -> tuple[FloatArray, FloatArray]:
    """For every rival from ``since`` on and direction of harm: by how much it is preferred, and per lever."""
    utility, lever = pool.stack("utility"), pool.stack("utility_lever")
    harm, harm_lever = pool.stack("harm"), pool.stack("harm_lever")
    gains = [utility[since:] - utility[own]]
    tilts = [lever[since:] - lever[own]]
    for d in range(harm.shape[1]):
        gains.append(gains[0] + harm[since:, d] - harm[own, d])
        tilts.append(tilts[0] + harm_lever[since:, d] - harm_lever[own, d])
    return np.concatenate(gains), np.concatenate(tilts)
