"""Best responses of followers."""

from __future__ import annotations

import time

import numpy as np
from scipy import sparse

from incentive_opt.pricing.highs import Clock, Outcome, Program
from incentive_opt.pricing.pool import Describer, Pool, Response
from incentive_opt.pricing.problem import FloatArray, Follower, PricingProblem

NODES = 120
"""Programs after which the search over whole numbers is left to the solver."""


class Unsolved(Exception):
    """A follower's problem was not solved to optimality: unbounded, infeasible or a solver fault."""


class Oracle:
    """Solves one follower's problem again and again at different prices."""

    def __init__(self, follower: Follower, clock: Clock, lever_count: int) -> None:
        self.follower = follower
        self.clock = clock
        self.lever_count = lever_count
        self.describe = Describer(follower, lever_count)
        self.harms = [np.asarray(row) for row in np.asarray(follower.harm_x.todense())]
        self.harm_prices = [np.asarray(row) for row in np.asarray(follower.harm_product.todense())]
        self.sizes = sparse.csr_array(abs(follower.matrix))
        self.transposed = sparse.csr_array(follower.features.T)
        arrays = (follower.matrix, follower.row_lower, follower.row_upper, follower.lower, follower.upper)
        book = ""
        self.integer = follower.integer if np.any(follower.integer) else None
        self.whole_columns = np.flatnonzero(follower.integer)
        self.whole_upper = follower.upper[self.whole_columns].copy()
        zero = np.zeros(len(follower.objective))
        self.relaxed = Program(clock, zero, *arrays, book=book)
        self.nodes = Program(clock, zero, *arrays, book=book) if self.integer is not None else self.relaxed
        self.whole = (
            Program(clock, zero, *arrays, self.integer, book=book) if self.integer is not None else None
        )

    def objective_at(self, levers: FloatArray, direction: int = -1) -> FloatArray:
        """Follower's costs at the levers, tilted by a direction of harm if one is named."""
        follower = self.follower
        prices = levers[follower.levers]
        weights = follower.payment * prices
        costs = follower.objective.copy()
        if direction >= 0:
            costs += self.harms[direction]
            weights = weights + self.harm_prices[direction] * prices
        return np.asarray(costs + self.transposed @ weights)

    def liking_at(self, levers: FloatArray) -> FloatArray:
        """Costs of what is liked: the mean of all objectives for which an intention has to be best."""
        directions = range(-1, len(self.harms))
        return np.asarray(np.mean([self.objective_at(levers, d) for d in directions], axis=0))

    def maximise(
        self,
        costs: FloatArray,
        known: FloatArray | None = None,
        rough: bool = False,
        short: float = 0.0,
    ) -> FloatArray:
        """A maximiser of ``costs . x`` over the follower's set, or what falls ``short`` of one at most.

        ``known`` is one of its points, to begin with. Where ``rough``, whole numbers are rounded instead of
        searched, so that the point may fall short by more.
        """
        self._rest(costs)
        self.relaxed.set_objective(costs)
        outcome = self.relaxed.solve()
        if self.whole is not None and outcome.x is not None and self._fractional(outcome.x) is not None:
            value = -np.inf if known is None else float(costs @ known)
            if known is not None and outcome.objective <= value + short:
                return known
            self.nodes.set_objective(costs)
            found = self._rounded(outcome.x, known, value) if rough else None
            found = self._branch(outcome, known, value, short) if found is None else found
            if found is not None:
                return found
            self.whole.set_objective(costs)
            outcome = self.whole.solve()
        if outcome.status != "optimal" or outcome.x is None:
            raise Unsolved(f"the problem of follower {self.follower.name!r} is {outcome.status}")
        x = outcome.x
        if self.integer is not None:
            x = x.copy()
            x[self.integer] = np.round(x[self.integer])
        return x

    def _rest(self, costs: FloatArray) -> None:
        """Hold integer columns at their lower bound where nothing speaks for raising them."""
        rests = self.follower.rests
        if rests is None or self.whole is None:
            return
        wanted = (rests @ (costs > 0.0)) > 0
        columns = self.whole_columns
        upper = np.where(wanted, self.follower.upper[columns], self.follower.lower[columns])
        if np.array_equal(upper, self.whole_upper):
            return
        self.whole_upper = upper
        for program in (self.relaxed, self.nodes, self.whole):
            program.set_bounds(columns, self.follower.lower[columns], upper)

    def forget(self) -> None:
        """Forget the bases of earlier solves, so that what comes next does not depend on them."""
        self.release()
        for program in (self.relaxed, self.nodes, self.whole):
            if program is not None:
                program.highs.clearSolver()

    def allows(self, x: FloatArray) -> bool:
        """Whether ``x`` is something the follower can do, within a millionth."""
        follower = self.follower
        if x.shape != follower.lower.shape or not np.all(np.isfinite(x)):
            return False
        rows = follower.matrix @ x
        size = 1e-6 * np.maximum(1.0, self.sizes @ np.abs(x))
        whole = np.abs(x - np.round(x))[self.whole_columns]
        bounds = np.maximum(follower.lower - x, x - follower.upper) / np.maximum(1.0, np.abs(x))
        return bool(
            np.all(rows <= follower.row_upper + size)
            and np.all(rows >= follower.row_lower - size)
            and np.all(bounds <= 1e-6)
            and np.all(whole <= 1e-6)
        )

    def release(self) -> None:
        """Let every integer column move again, for whoever uses the programs directly."""
        columns = self.whole_columns
        self.whole_upper = self.follower.upper[columns].copy()
        if self.whole is not None:
            for program in (self.relaxed, self.nodes, self.whole):
                program.set_bounds(columns, self.follower.lower[columns], self.whole_upper)

    def _fractional(self, x: FloatArray) -> int | None:
        """The whole-number column farthest from a whole number, if any."""
        if len(self.whole_columns) == 0:
            return None
        chosen = x[self.whole_columns]
        distance = np.abs(chosen - np.round(chosen))
        worst = int(np.argmax(distance))
        return int(self.whole_columns[worst]) if distance[worst] > 1e-7 else None

    def _rounded(self, x: FloatArray, best: FloatArray | None, best_value: float) -> FloatArray | None:
        """The best of what is known and what is best with whole numbers rounded: down, and to the nearest."""
        chosen = x[self.whole_columns]
        for whole in (np.floor(chosen + 1e-7), np.round(chosen)):
            self.nodes.set_bounds(self.whole_columns, whole, whole)
            outcome = self.nodes.solve()
            if outcome.x is not None and outcome.objective > best_value:
                best, best_value = outcome.x.copy(), outcome.objective
                best[self.whole_columns] = whole
        self._node({})
        return best

    def _branch(
        self, root: Outcome, best: FloatArray | None, best_value: float, short: float, nodes: int = NODES
    ) -> FloatArray | None:
        """Depth-first search on the hot linear program; None if it does not end within ``nodes``.

        What could be better by less than ``short`` is not searched.

        A cold mixed-integer solve costs tens of milliseconds, a hot linear one a fraction of one; with a
        handful of tiers the tree is small.
        """
        lower = self.follower.lower
        upper = dict(zip(self.whole_columns.tolist(), self.whole_upper.tolist(), strict=True))
        stack: list[tuple[dict[int, tuple[float, float]], Outcome | None]] = [({}, root)]
        try:
            while stack:
                fixed, outcome = stack.pop()
                if outcome is None:
                    nodes -= 1
                    if nodes < 0:
                        return None
                    outcome = self._node(fixed)
                if outcome.x is None:
                    if outcome.status != "infeasible":
                        return None
                    continue
                if outcome.objective <= best_value + max(short, 1e-10 * max(1.0, abs(best_value))):
                    continue
                column = self._fractional(outcome.x)
                if column is None:
                    best, best_value = outcome.x.copy(), outcome.objective
                    best[self.whole_columns] = np.round(best[self.whole_columns])
                    continue
                low, high = fixed.get(column, (float(lower[column]), float(upper[column])))
                middle = float(np.floor(outcome.x[column]))
                sides = [(low, middle), (middle + 1.0, high)]
                if outcome.x[column] - middle < 0.5:
                    sides.reverse()
                stack += [({**fixed, column: side}, None) for side in sides]
        finally:
            self._node({})
        return best

    def _node(self, fixed: dict[int, tuple[float, float]]) -> Outcome:
        """The linear program with some columns' bounds tightened; an empty mapping restores them all."""
        columns = self.whole_columns
        low, high = self.follower.lower[columns].copy(), self.whole_upper.copy()
        for position, column in enumerate(columns.tolist()):
            if column in fixed:
                low[position], high[position] = fixed[column]
        if not fixed:
            return Outcome("limit", None, -np.inf, np.inf)
        self.nodes.set_bounds(columns, low, high)
        return self.nodes.solve()

    def best(
        self, levers: FloatArray, direction: int = -1, pool: Pool | None = None, rough: bool = False
    ) -> Response:
        """The follower's best response to the levers (to the tilted objective, if asked)."""
        return self.reply(self.objective_at(levers, direction), pool, rough)

    def reply(
        self, costs: FloatArray, pool: Pool | None = None, rough: bool = False, short: float = 0.0
    ) -> Response:
        """The response that maximises ``costs . x``; the best of ``pool`` is what the search begins with."""
        started = time.perf_counter()
        known = None
        if pool is not None and len(pool) > 0:
            known = pool.responses[int(np.argmax(pool.stack("x") @ costs))].x
        response = self.describe(self.maximise(costs, known, rough, short))
        self.clock.add("best responses", time.perf_counter() - started)
        return response


def make_oracles(problem: PricingProblem, clock: Clock) -> list[Oracle]:
    """One oracle per follower."""
    count = len(problem.lever_lower)
    return [Oracle(follower, clock, count) for follower in problem.followers]
