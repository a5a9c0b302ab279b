"""Best responses of followers."""

from __future__ import annotations

import time

import numpy as np
from scipy import sparse

from incentive_opt.pricing.highs import Clock, Outcome, Program
from incentive_opt.pricing.pool import Describer, Pool, Response
from incentive_opt.pricing.problem import BoolArray, FloatArray, Follower, PricingProblem

NODES = 120
"""Programs after which the search over whole numbers is left to the solver."""
FEW = 40
"""Programs after which it ends with the best so far, where an answer may fall short."""


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
        self.leads = _leads(follower.rests)
        self.all = np.ones(len(self.whole_columns), dtype=np.bool_)
        self.leading = self.all
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
        """A maximiser of ``costs . x`` over the follower's set.

        ``known`` is one of its points, to begin with. Where the answer may fall ``short`` by something, what
        could be better by less is not searched, and the search is short: it may then fall short by more.
        Where ``rough``, whole numbers are rounded and not searched at all.
        """
        self._rest(costs)
        self.relaxed.set_objective(costs)
        outcome = self.relaxed.solve()
        x = outcome.x
        if self.whole is not None and x is not None and self._fractional(x, self.all) is not None:
            value = -np.inf if known is None else float(costs @ known)
            if known is not None and outcome.objective <= value + short:
                return known
            self.nodes.set_objective(costs)
            found = self._rounded(x, known, value) if rough else None
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
        self.leading = (self.leads @ (costs > 0.0)) > 0
        columns = self.whole_columns
        upper = np.where(wanted, self.follower.upper[columns], self.follower.lower[columns])
        if np.array_equal(upper, self.whole_upper):
            return
        self.whole_upper = upper
        for program in (self.relaxed, self.nodes, self.whole):
            program.set_bounds(columns, self.follower.lower[columns], upper)

    def held(self, costs: FloatArray, whole: FloatArray) -> Response:
        """The response that maximises ``costs . x`` with whole numbers as given."""
        self.release()
        self.nodes.set_bounds(self.whole_columns, whole, whole)
        self.nodes.set_objective(costs)
        outcome = self.nodes.solve()
        self.release()
        if outcome.status != "optimal" or outcome.x is None:
            raise Unsolved(f"the problem of follower {self.follower.name!r} is {outcome.status}")
        x = outcome.x.copy()
        x[self.whole_columns] = whole
        return self.describe(x)

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

    def _fractional(self, x: FloatArray, among: BoolArray) -> int | None:
        """Of these whole-number columns the one farthest from a whole number, if any."""
        chosen = x[self.whole_columns]
        distance = np.where(among, np.abs(chosen - np.round(chosen)), 0.0)
        worst = int(np.argmax(distance)) if len(distance) else 0
        return int(self.whole_columns[worst]) if len(distance) and distance[worst] > 1e-7 else None

    def _split(self, outcome: Outcome, x: FloatArray) -> tuple[FloatArray | None, int]:
        """A point as good as what the linear program says, or else a column to branch on.

        Columns for which nothing is paid follow the others; once these are whole, they are rounded down.
        """
        column = self._fractional(x, self.leading)
        if column is not None:
            return None, column
        column = self._fractional(x, ~self.leading)
        if column is None:
            return x, -1
        whole = np.floor(x[self.whole_columns] + 1e-7)
        self.nodes.set_bounds(self.whole_columns, whole, whole)
        lowered = self.nodes.solve()
        as_good = outcome.objective - 1e-12 * max(1.0, abs(outcome.objective))
        return (lowered.x if lowered.objective >= as_good else None), column

    def _rounded(self, x: FloatArray, best: FloatArray | None, best_value: float) -> FloatArray | None:
        """The best of what is known and what is best with whole numbers rounded: down, and to the nearest."""
        chosen = x[self.whole_columns]
        for whole in (np.floor(chosen + 1e-7), np.round(chosen)):
            self.nodes.set_bounds(self.whole_columns, whole, whole)
            outcome = self.nodes.solve()
            if outcome.x is not None and outcome.objective > best_value:
                best, best_value = outcome.x.copy(), outcome.objective
                best[self.whole_columns] = whole
        return best

    def _branch(
        self, root: Outcome, best: FloatArray | None, best_value: float, short: float
    ) -> FloatArray | None:
        """Depth-first search on the hot linear program; None if it does not end soon and has to be exact.

        A cold mixed-integer solve costs tens of milliseconds, a hot linear one a fraction of one; with a
        handful of tiers the tree is small.
        """
        nodes = FEW if short > 0.0 else NODES
        lower = self.follower.lower
        upper = dict(zip(self.whole_columns.tolist(), self.whole_upper.tolist(), strict=True))
        stack: list[tuple[dict[int, tuple[float, float]], Outcome | None]] = [({}, root)]
        while stack:
            fixed, outcome = stack.pop()
            if outcome is None:
                nodes -= 1
                if nodes < 0:
                    return best if short > 0.0 else None
                outcome = self._node(fixed)
            if outcome.x is None:
                if outcome.status != "infeasible":
                    return None
                continue
            if outcome.objective <= best_value + max(short, 1e-10 * max(1.0, abs(best_value))):
                continue
            point, column = self._split(outcome, outcome.x)
            if point is not None:
                best, best_value = point.copy(), outcome.objective
                best[self.whole_columns] = np.round(best[self.whole_columns])
                continue
            low, high = fixed.get(column, (float(lower[column]), float(upper[column])))
            middle = float(np.floor(outcome.x[column]))
            sides = [(low, middle), (middle + 1.0, high)]
            if outcome.x[column] - middle < 0.5:
                sides.reverse()
            stack += [({**fixed, column: side}, None) for side in sides]
        return best

    def _node(self, fixed: dict[int, tuple[float, float]]) -> Outcome:
        """The linear program with some whole-number columns' bounds tightened."""
        columns = self.whole_columns
        low, high = self.follower.lower[columns].copy(), self.whole_upper.copy()
        for position, column in enumerate(columns.tolist()):
            if column in fixed:
                low[position], high[position] = fixed[column]
        self.nodes.set_bounds(columns, low, high)
        return self.nodes.solve()

    def best(self, levers: FloatArray, direction: int = -1, pool: Pool | None = None) -> Response:
        """The follower's best response to the levers (to the tilted objective, if asked)."""
        return self.reply(self.objective_at(levers, direction), pool)

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


def _leads(rests: sparse.csr_array | None) -> sparse.csr_array:
    """Of the integer columns that rest without a column, the one with the fewest such: that it pays for."""
    if rests is None:
        return sparse.csr_array((0, 0))
    marks = np.asarray(rests.todense()) != 0
    counts = np.where(marks, marks.sum(axis=1)[:, None], np.iinfo(np.int64).max)
    first = marks & (counts == counts.min(axis=0, initial=np.iinfo(np.int64).max))
    return sparse.csr_array(first.astype(np.float64))


def make_oracles(problem: PricingProblem, clock: Clock) -> list[Oracle]:
    """One oracle per follower."""
    count = len(problem.lever_lower)
    return [Oracle(follower, clock, count) for follower in problem.followers]
