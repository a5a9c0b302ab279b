"""Best responses of followers, and the pool of responses found so far."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from incentive_opt.pricing.highs import Clock, Outcome, Program
from incentive_opt.pricing.problem import Follower, FloatArray, PricingProblem


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
    rows : (R,); row_lever : (R, L)
        Contribution to the leader's rows.
    harm : (D,); harm_lever : (D, L)
        Harm in each direction (currency of the follower).
    """

    x: FloatArray
    utility: float
    utility_lever: FloatArray
    value: float
    value_lever: FloatArray
    rows: FloatArray
    row_lever: FloatArray
    harm: FloatArray
    harm_lever: FloatArray

    def utility_at(self, levers: FloatArray) -> float:
        """The follower's objective under the levers."""
        return self.utility + float(self.utility_lever @ levers)


def response_of(follower: Follower, x: FloatArray, lever_count: int) -> Response:
    """Describe ``x`` as functions of the levers."""
    amounts = follower.features @ x

    def spread(coefficients: FloatArray) -> FloatArray:
        return np.bincount(follower.levers, weights=coefficients * amounts, minlength=lever_count)

    def spread_rows(matrix: FloatArray) -> FloatArray:
        if matrix.shape[0] == 0:
            return np.zeros((0, lever_count))
        return np.array([spread(row) for row in matrix])

    row_lever = np.zeros((follower.row_x.shape[0], lever_count))
    product = follower.row_product
    for row in np.flatnonzero(np.diff(product.indptr)):
        row_lever[row] = spread(np.asarray(product[[row]].todense()).ravel())
    return Response(
        x=x,
        utility=float(follower.objective @ x) + follower.objective_constant,
        utility_lever=spread(follower.payment),
        value=float(follower.value @ x) + follower.value_constant,
        value_lever=spread(follower.value_product),
        rows=follower.row_x @ x,
        row_lever=row_lever,
        harm=follower.harm_x @ x,
        harm_lever=spread_rows(np.asarray(follower.harm_product.todense())),
    )


class Oracle:
    """Solves one follower's problem again and again at different prices."""

    def __init__(self, follower: Follower, clock: Clock, lever_count: int) -> None:
        self.follower = follower
        self.clock = clock
        self.lever_count = lever_count
        arrays = (follower.matrix, follower.row_lower, follower.row_upper, follower.lower, follower.upper)
        book = "best responses"
        self.integer = follower.integer if np.any(follower.integer) else None
        self.whole_columns = np.flatnonzero(follower.integer)
        zero = np.zeros(len(follower.objective))
        self.relaxed = Program(clock, zero, *arrays, book=book)
        self.whole = Program(clock, zero, *arrays, self.integer, book=book) if self.integer is not None else None

    def objective_at(self, levers: FloatArray, direction: int = -1) -> FloatArray:
        """Follower's costs at the levers, tilted by a direction of harm if one is named."""
        follower = self.follower
        prices = levers[follower.levers]
        weights = follower.payment * prices
        costs = follower.objective.copy()
        if direction >= 0:
            costs += np.asarray(follower.harm_x[[direction]].todense()).ravel()
            weights = weights + np.asarray(follower.harm_product[[direction]].todense()).ravel() * prices
        return np.asarray(costs + follower.features.T @ weights)

    def maximise(self, costs: FloatArray) -> FloatArray:
        """A maximiser of ``costs . x`` over the follower's set."""
        self.relaxed.set_objective(costs)
        outcome = self.relaxed.solve()
        if self.whole is not None and self.integer is not None and outcome.x is not None:
            if self._fractional(outcome.x) is not None:
                found = self._branch(outcome)
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

    def _fractional(self, x: FloatArray) -> int | None:
        """The whole-number column farthest from a whole number, if any."""
        if len(self.whole_columns) == 0:
            return None
        chosen = x[self.whole_columns]
        distance = np.abs(chosen - np.round(chosen))
        worst = int(np.argmax(distance))
        return int(self.whole_columns[worst]) if distance[worst] > 1e-7 else None

    def _branch(self, root: Outcome, nodes: int = 120) -> FloatArray | None:
        """Depth-first search on the hot linear program; None if it does not end within ``nodes``.

        A cold mixed-integer solve costs tens of milliseconds, a hot linear one a fraction of one; with a
        handful of tiers the tree is small.
        """
        lower, upper = self.follower.lower, self.follower.upper
        best: FloatArray | None = None
        best_value = -np.inf
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
        low, high = self.follower.lower[columns].copy(), self.follower.upper[columns].copy()
        for position, column in enumerate(columns.tolist()):
            if column in fixed:
                low[position], high[position] = fixed[column]
        self.relaxed.set_bounds(columns, low, high)
        if not fixed:
            return Outcome("limit", None, -np.inf, np.inf)
        return self.relaxed.solve()

    def best(self, levers: FloatArray, direction: int = -1) -> Response:
        """The follower's best response to the levers (to the tilted objective, if asked)."""
        return self.reply(self.objective_at(levers, direction))

    def reply(self, costs: FloatArray) -> Response:
        """The response that maximises ``costs . x``."""
        return response_of(self.follower, self.maximise(costs), self.lever_count)


@dataclass
class Pool:
    """Responses of one follower found so far, stacked for arithmetic over all of them.

    Attributes
    ----------
    utility : (K,); utility_lever : (K, L)
    value : (K,); value_lever : (K, L)
    rows : (K, R); row_lever : (K, R, L)
    harm : (K, D); harm_lever : (K, D, L)
    """

    responses: list[Response] = field(default_factory=list)
    _keys: dict[bytes, int] = field(default_factory=dict)
    _stacked: dict[str, FloatArray] = field(default_factory=dict)

    def add(self, response: Response) -> int:
        """Add unless an equal one is there; its position either way."""
        key = self._key(response)
        if key in self._keys:
            return self._keys[key]
        self._keys[key] = len(self.responses)
        self.responses.append(response)
        self._stacked.clear()
        return self._keys[key]

    @staticmethod
    def _key(response: Response) -> bytes:
        facts = [[response.utility, response.value], response.utility_lever, response.rows, response.harm]
        return np.round(np.concatenate(facts), 9).tobytes()

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


def make_oracles(problem: PricingProblem, clock: Clock) -> list[Oracle]:
    """One oracle per follower."""
    count = len(problem.lever_lower)
    return [Oracle(follower, clock, count) for follower in problem.followers]
