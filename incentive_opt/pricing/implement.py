"""The implementation problem: prices that make followers do what is intended, at least cost.

A linear program over the levers alone: yes/no levers stay as they are, comparisons with the pools are added
as they are violated, rows and comparisons may be broken at a price so that the answer always says how far
off an intention is.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import sparse

from incentive_opt.pricing.highs import Program
from incentive_opt.pricing.problem import FloatArray
from incentive_opt.pricing.restricted import design_value, reach
from incentive_opt.pricing.search import Search

PENALTY = 100.0
NEAR = 0.02


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
        self.count = len(low)
        self.rules = np.asarray(search.problem.rules.todense())

    def solve(self, intended: list[int], near: FloatArray, rounds: int = 30) -> Implemented | None:
        """Levers that implement the intention among all responses in the pools.

        Parameters
        ----------
        near : (L,)
            Levers from which to guess the comparisons that matter.
        """
        search = self.search
        flat, slope = self._comparisons(intended)
        followers = len(search.pools)
        owner = np.concatenate([np.full(len(f), i) for i, f in enumerate(flat)])
        gain, tilt = np.concatenate(flat), np.concatenate(slope)
        keep = gain + reach(tilt, self.low, self.high) > 1e-9
        owner, gain, tilt = owner[keep], gain[keep], tilt[keep]
        inside = gain + tilt @ near > -NEAR
        program = self._program(intended, followers)
        self._add(program, owner[inside], gain[inside], tilt[inside])
        for _ in range(rounds):
            outcome = program.solve()
            if outcome.status != "optimal" or outcome.x is None:
                return None
            levers = np.clip(outcome.x[: self.count], self.low, self.high)
            slack = outcome.x[self.count : self.count + followers]
            broken = ~inside & (gain + tilt @ levers > slack[owner] + 1e-9)
            if not np.any(broken):
                break
            self._add(program, owner[broken], gain[broken], tilt[broken])
            inside |= broken
        else:
            return None
        violation = float(outcome.x[self.count :].sum())
        value = design_value(search.problem, search.pools, levers, intended)
        merit = value - PENALTY * violation
        return Implemented(levers, tuple(intended), value, violation, merit, np.maximum(slack, 0.0))

    def _comparisons(self, intended: list[int]) -> tuple[list[FloatArray], list[FloatArray]]:
        """Per follower, for every rival and direction of harm: by how much the rival is preferred."""
        flat, slope = [], []
        for pool, j in zip(self.search.pools, intended, strict=True):
            utility, lever = pool.stack("utility"), pool.stack("utility_lever")
            harm, harm_lever = pool.stack("harm"), pool.stack("harm_lever")
            gains = [utility - utility[j]]
            tilts = [lever - lever[j]]
            for d in range(harm.shape[1]):
                gains.append(gains[0] + harm[:, d] - harm[j, d])
                tilts.append(tilts[0] + harm_lever[:, d] - harm_lever[j, d])
            flat.append(np.concatenate(gains))
            slope.append(np.concatenate(tilts))
        return flat, slope

    def _program(self, intended: list[int], followers: int) -> Program:
        """Levers, one slack per follower, two per row; the rows; least cost at the rows' present prices."""
        search, problem = self.search, self.search.problem
        rows = len(problem.row_lower)
        totals = self.rules.copy()
        constant = np.zeros(rows)
        value = problem.lever_value.copy()
        for pool, j in zip(search.pools, intended, strict=True):
            response = pool.responses[j]
            totals += response.row_lever
            constant += response.rows
            value += response.value_lever
        cost = value - 1e-3 * totals.T @ search.prices
        penalties = np.full(followers + 2 * rows, -PENALTY)
        give = sparse.hstack(
            [
                sparse.csr_array(totals),
                sparse.csr_array((rows, followers)),
                sparse.eye_array(rows),
                -sparse.eye_array(rows),
            ]
        )
        size = self.count + followers + 2 * rows
        lower = np.concatenate([self.low, np.zeros(size - self.count)])
        upper = np.concatenate([self.high, np.full(size - self.count, np.inf)])
        program = Program(
            search.clock,
            np.concatenate([cost, penalties]),
            sparse.csr_array(give),
            problem.row_lower - constant,
            problem.row_upper - constant,
            lower,
            upper,
        )
        return program

    def _add(self, program: Program, owner: FloatArray, gain: FloatArray, tilt: FloatArray) -> None:
        """Comparisons as rows: ``tilt . levers - slack <= -gain``."""
        count = len(owner)
        if count == 0:
            return
        slack = np.zeros((count, program.columns - self.count))
        slack[np.arange(count), owner] = -1.0
        matrix = sparse.csr_array(np.hstack([tilt, slack]))
        program.add_rows(matrix, np.full(count, -np.inf), -gain)
