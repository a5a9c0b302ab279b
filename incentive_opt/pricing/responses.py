"""Best responses of followers, and the pool of responses found so far."""

from __future__ import annotations

import time
from dataclasses import dataclass, field

import numpy as np
from scipy import sparse

from incentive_opt.pricing.highs import Clock, Outcome, Program
from incentive_opt.pricing.problem import FloatArray, Follower, IntArray, PricingProblem

NODES = 120
"""Programs after which the search over whole numbers is left to the solver."""


class Unsolved(Exception):
    """A follower's problem was not solved to optimality: unbounded, infeasible or a solver fault."""


@dataclass(frozen=True)
class Response:
    """One way a follower can answer, with everything about it that is linear in the levers.

    Attributes
    ----------
    x : (n,)
    utility : float; utility_lever : (L,)
        Follower's objective at levers t is ``utility + utility_lever . t``.
    value : float; value_lever : (L,)
        Leader's objective from this follower.
    touched : (T,)
        The leader's rows to which the follower contributes; the same for all its responses.
    rows : (T,); row_lever : (T, L)
        Contribution to those rows.
    harm : (D,); harm_lever : (D, L)
        Harm in each direction (currency of the follower).
    liking : float; liking_lever : (L,)
        Mean of the objectives for which an intended response has to be best: the follower's own, and its own
        with each direction of harm.
    """

    x: FloatArray
    utility: float
    utility_lever: FloatArray
    value: float
    value_lever: FloatArray
    touched: IntArray
    rows: FloatArray
    row_lever: FloatArray
    harm: FloatArray
    harm_lever: FloatArray
    liking: float
    liking_lever: FloatArray

    def utility_at(self, levers: FloatArray) -> float:
        """The follower's objective under the levers."""
        return self.utility + float(self.utility_lever @ levers)

    def rows_at(self, levers: FloatArray) -> FloatArray:
        """Contribution to the touched rows under the levers."""
        return np.asarray(self.rows + self.row_lever @ levers)


class Describer:
    """Turns a follower's x into a response; keeps the follower's matrices in the form that is quickest."""

    def __init__(self, follower: Follower, lever_count: int) -> None:
        self.follower = follower
        self.lever_count = lever_count
        products = np.asarray(follower.row_product.todense())
        fixed = np.diff(sparse.csr_array(follower.row_x).indptr) > 0
        self.touched = np.flatnonzero(np.any(products != 0, axis=1) | fixed)
        self.row_x = sparse.csr_array(follower.row_x)[self.touched]
        weights = [follower.payment, follower.value_product, *products[self.touched]]
        weights += list(np.asarray(follower.harm_product.todense()))
        self.weights = np.array(weights).reshape(len(weights), len(follower.levers))
        count = len(follower.levers)
        ones = (np.ones(count), (np.arange(count), follower.levers))
        self.spread = sparse.csr_array(ones, shape=(count, lever_count))

    def __call__(self, x: FloatArray) -> Response:
        """Describe ``x`` as functions of the levers."""
        follower = self.follower
        slopes = np.asarray((self.weights * (follower.features @ x)) @ self.spread)
        rows = len(self.touched)
        utility = float(follower.objective @ x) + follower.objective_constant
        harm, harm_lever = follower.harm_x @ x, slopes[2 + rows :]
        objectives = 1.0 + len(harm)
        return Response(
            x=x,
            utility=utility,
            utility_lever=slopes[0],
            value=float(follower.value @ x) + follower.value_constant,
            value_lever=slopes[1],
            touched=self.touched,
            rows=self.row_x @ x,
            row_lever=slopes[2 : 2 + rows],
            harm=harm,
            harm_lever=harm_lever,
            liking=utility + float(harm.sum()) / objectives,
            liking_lever=slopes[0] + harm_lever.sum(axis=0) / objectives,
        )


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

    def maximise(self, costs: FloatArray, known: FloatArray | None = None, rough: bool = False) -> FloatArray:
        """A maximiser of ``costs . x`` over the follower's set.

        ``known`` is one of its points, to begin with. Where ``rough``, whole numbers are rounded instead of
        searched, so that the point may not be a maximiser.
        """
        self._rest(costs)
        self.relaxed.set_objective(costs)
        outcome = self.relaxed.solve()
        if self.whole is not None and outcome.x is not None and self._fractional(outcome.x) is not None:
            value = -np.inf if known is None else float(costs @ known)
            found = self._rounded(outcome.x, known, value) if rough else None
            found = self._branch(outcome, known, value) if found is None else found
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
        for program in (self.relaxed, self.whole):
            program.set_bounds(columns, self.follower.lower[columns], upper)

    def forget(self) -> None:
        """Forget the bases of earlier solves, so that what comes next does not depend on them."""
        self.release()
        for program in (self.relaxed, self.whole):
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
            for program in (self.relaxed, self.whole):
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
            self.relaxed.set_bounds(self.whole_columns, whole, whole)
            outcome = self.relaxed.solve()
            if outcome.x is not None and outcome.objective > best_value:
                best, best_value = outcome.x.copy(), outcome.objective
                best[self.whole_columns] = whole
        self._node({})
        return best

    def _branch(
        self, root: Outcome, best: FloatArray | None, best_value: float, nodes: int = NODES
    ) -> FloatArray | None:
        """Depth-first search on the hot linear program; None if it does not end within ``nodes``.

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
                if outcome.objective <= best_value + 1e-10 * max(1.0, abs(best_value)):
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
        self.relaxed.set_bounds(columns, low, high)
        if not fixed:
            return Outcome("limit", None, -np.inf, np.inf)
        return self.relaxed.solve()

    def best(
        self, levers: FloatArray, direction: int = -1, pool: Pool | None = None, rough: bool = False
    ) -> Response:
        """The follower's best response to the levers (to the tilted objective, if asked)."""
        return self.reply(self.objective_at(levers, direction), pool, rough)

    def reply(self, costs: FloatArray, pool: Pool | None = None, rough: bool = False) -> Response:
        """The response that maximises ``costs . x``; the best of ``pool`` is what the search begins with."""
        started = time.perf_counter()
        known = None
        if pool is not None and len(pool) > 0:
            known = pool.responses[int(np.argmax(pool.stack("x") @ costs))].x
        response = self.describe(self.maximise(costs, known, rough))
        self.clock.add("best responses", time.perf_counter() - started)
        return response


@dataclass
class Pool:
    """Responses of one follower found so far, stacked for arithmetic over all of them.

    Attributes
    ----------
    utility : (K,); utility_lever : (K, L)
    value : (K,); value_lever : (K, L)
    rows : (K, T); row_lever : (K, T, L)
    harm : (K, D); harm_lever : (K, D, L)
    liking : (K,); liking_lever : (K, L)
    """

    responses: list[Response] = field(default_factory=list)
    _keys: dict[bytes, int] = field(init=False)
    _stacked: dict[str, FloatArray] = field(init=False, default_factory=dict)

    def __post_init__(self) -> None:
        self._keys = {self._key(response): k for k, response in enumerate(self.responses)}

    def add(self, response: Response) -> int:
        """Add unless an equal one is there; its position either way."""
        key = self._key(response)
        if key in self._keys:
            return self._keys[key]
        self._keys[key] = len(self.responses)
        self.responses.append(response)
        self._stacked.clear()
        return self._keys[key]

    def near(self, levers: FloatArray, distance: float, most: int) -> Pool:
        """The responses within ``distance`` of what is liked best at the levers, ``most`` of them."""
        likings = self.likings(levers)
        order = np.argsort(-likings)[:most]
        kept = order[likings[order[0]] - likings[order] < distance]
        return Pool([self.responses[k] for k in np.sort(kept)])

    @staticmethod
    def _key(response: Response) -> bytes:
        flat = np.array([response.utility, response.value])
        facts = [flat, response.utility_lever, response.value_lever, response.rows, response.harm]
        facts += [response.row_lever.ravel(), response.harm_lever.ravel()]
        rounded = np.round(np.concatenate(facts), 9)
        return (rounded + 0.0).tobytes()  # so that minus nothing is nothing

    def __len__(self) -> int:
        return len(self.responses)

    def stack(self, name: str) -> FloatArray:
        """All responses' ``name``, stacked along a first axis."""
        if name not in self._stacked:
            self._stacked[name] = np.array([getattr(response, name) for response in self.responses])
        return self._stacked[name]

    def utilities(self, levers: FloatArray) -> FloatArray:
        """Utility of every response at the levers."""
        return self.stack("utility") + self.stack("utility_lever") @ levers

    def likings(self, levers: FloatArray) -> FloatArray:
        """Liking of every response at the levers."""
        return self.stack("liking") + self.stack("liking_lever") @ levers


def make_oracles(problem: PricingProblem, clock: Clock) -> list[Oracle]:
    """One oracle per follower."""
    count = len(problem.lever_lower)
    return [Oracle(follower, clock, count) for follower in problem.followers]
