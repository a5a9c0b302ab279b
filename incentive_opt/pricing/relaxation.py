"""The relaxation whose optimum no contract can pass: the bound.

Followers' variables, the levers and the products ``w = lever * feature`` in one MILP. Products are
held by their convex hull over cells of each lever's range (exact where the lever sits on a menu or the
feature is a yes/no), and best responses by cuts: whatever response was ever found is one the follower
must not envy. Both only ever enlarge the set of true (contract, response) pairs, so the optimum bounds.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import sparse

from incentive_opt.pricing.columns import Builder
from incentive_opt.pricing.highs import Clock, Outcome
from incentive_opt.pricing.interior import solve_inside
from incentive_opt.pricing.pool import Pool
from incentive_opt.pricing.problem import FloatArray, Follower, IntArray, PricingProblem
from incentive_opt.pricing.responses import Oracle

LARGE = 2000
"""Columns above which a linear relaxation is solved by interior points, while it has few cuts: these fill the
columns of the levers, and then the method takes minutes for a step and does not look at its time limit."""
FEW = 3
"""Responses of each follower up to which cuts are few."""
Cell = tuple[float, float]


@dataclass(frozen=True)
class Layout:
    """Where things stand in a relaxation's solution vector."""

    levers: IntArray
    followers: list[IntArray]
    amounts: list[IntArray]
    products: list[IntArray]


@dataclass(frozen=True)
class RelaxedPoint:
    """A solution of the relaxation.

    Attributes
    ----------
    levers : (L,)
    responses : list of (n_i,) arrays, what the relaxation would have the followers do
    error : (L,)
        Size of ``|w - lever * feature|``, summed over the features of each lever.
    """

    levers: FloatArray
    responses: list[FloatArray]
    error: FloatArray


def feature_ranges(follower: Follower, oracle: Oracle) -> tuple[FloatArray, FloatArray]:
    """Least and greatest amount of every feature over the follower's set.

    Uses the linear relaxation, so the range is never too narrow.
    """
    count = follower.features.shape[0]
    oracle.release()
    least, most = np.zeros(count), np.zeros(count)
    for index in range(count):
        row = np.asarray(follower.features[[index]].todense()).ravel()
        for sign, target in ((1.0, most), (-1.0, least)):
            oracle.relaxed.set_objective(sign * row)
            outcome = oracle.relaxed.solve()
            if outcome.status != "optimal":
                target[index] = sign * np.inf
            else:
                target[index] = sign * outcome.objective
    return least, most


class Relaxation:
    """Holds the cells and ranges; builds and solves the MILP afresh for the pool of responses."""

    def __init__(self, problem: PricingProblem, oracles: list[Oracle], clock: Clock) -> None:
        self.problem = problem
        self.clock = clock
        self.ranges = [feature_ranges(o.follower, o) for o in oracles]
        self.cells: list[list[Cell]] = []
        for lever, (low, high) in enumerate(zip(problem.lever_lower, problem.lever_upper, strict=True)):
            menu = problem.menus.get(lever)
            if menu is not None:
                self.cells.append([(float(v), float(v)) for v in menu])
            elif problem.lever_integer[lever] and high - low <= 64:
                values = np.arange(np.ceil(low), np.floor(high) + 1)
                self.cells.append([(float(v), float(v)) for v in values])
            else:
                self.cells.append([(float(low), float(high))])
        self.priced = np.zeros(len(self.cells), dtype=bool)
        for follower in problem.followers:
            self.priced[follower.levers] = True

    def split(self, lever: int, at: float) -> bool:
        """Cut the cell that contains ``at`` there (or in its middle, near an end); False if too thin."""
        cells = self.cells[lever]
        width = max(self.problem.lever_upper[lever] - self.problem.lever_lower[lever], 1e-12)
        for position, (low, high) in enumerate(cells):
            if low - 1e-12 <= at <= high + 1e-12 and high - low > 1e-7 * width:
                share = (at - low) / (high - low)
                where = at if 0.1 <= share <= 0.9 else 0.5 * (low + high)
                cells[position : position + 1] = [(low, where), (where, high)]
                return True
        return False

    def build(self, pools: list[Pool]) -> tuple[Builder, Layout]:
        """The relaxation as columns and rows, with a cut for every response in the pools."""
        problem, builder = self.problem, Builder()
        levers = builder.columns(
            problem.lever_lower, problem.lever_upper, problem.lever_value, problem.lever_integer
        )
        pieces = [self._lever_cells(builder, levers, lever) for lever in range(len(self.cells))]
        layout = Layout(levers, [], [], [])
        for index, follower in enumerate(problem.followers):
            self._follower(builder, layout, pieces, index, follower)
            self._cuts(builder, layout, index, follower, pools[index])
        matrices = [sparse.csr_array(problem.rules)]
        columns = [levers]
        for index, follower in enumerate(problem.followers):
            matrices += [follower.row_x, follower.row_product]
            columns += [layout.followers[index], layout.products[index]]
        if len(problem.row_lower):
            joined = sparse.csr_array(sparse.hstack(matrices))
            builder.block(joined, np.concatenate(columns), problem.row_lower, problem.row_upper)
        return builder, layout

    def solve(
        self,
        pools: list[Pool],
        time_limit: float,
        gap: float = 0.0,
        linear: bool = False,
        nodes: int | None = None,
        threads: int = 1,
        presolve: bool = False,
    ) -> tuple[Outcome, RelaxedPoint | None]:
        """Solve the relaxation (its own linear relaxation if ``linear``).

        Without the solver's presolve, unless asked for, where there are yes/no variables. HiGHS 1.15.1 was
        seen to prove values that true designs pass with it, and others without: a bound takes both answers.
        """
        builder, layout = self.build(pools)
        program = builder.program(self.clock, relaxed=linear, threads=threads)
        if linear and builder.count > LARGE and max(map(len, pools)) <= FEW:
            outcome = solve_inside(program, time_limit)
        else:
            outcome = program.solve(time_limit=time_limit, gap=gap, nodes=nodes, presolve=linear or presolve)
        if outcome.x is None:
            return outcome, None
        return outcome, self._point(layout, outcome.x)

    def _lever_cells(
        self, builder: Builder, levers: IntArray, lever: int
    ) -> tuple[IntArray, IntArray] | None:
        """Yes/no per cell and the lever's share in each; None where one cell of some width is enough."""
        cells = self.cells[lever]
        if not self.priced[lever] or (len(cells) == 1 and cells[0][0] < cells[0][1]):
            return None
        low, high = np.array(cells).T
        size = len(cells)
        chosen = builder.columns(np.zeros(size), np.ones(size), 0.0, size > 1)
        share = builder.columns(np.minimum(low, 0.0), np.maximum(high, 0.0))
        builder.row(chosen, np.ones(size), 1.0, 1.0)
        builder.row(np.append(share, levers[lever]), np.append(np.ones(size), -1.0), 0.0, 0.0)
        for c in range(size):
            builder.row(np.array([share[c], chosen[c]]), np.array([1.0, -low[c]]), 0.0, np.inf)
            builder.row(np.array([share[c], chosen[c]]), np.array([1.0, -high[c]]), -np.inf, 0.0)
        return chosen, share

    def _follower(
        self,
        builder: Builder,
        layout: Layout,
        pieces: list[tuple[IntArray, IntArray] | None],
        index: int,
        follower: Follower,
    ) -> None:
        x = builder.columns(follower.lower, follower.upper, follower.value, follower.integer)
        builder.block(follower.matrix, x, follower.row_lower, follower.row_upper)
        least, most = self.ranges[index]
        amounts = builder.columns(least, most)
        count = len(least)
        link = sparse.csr_array(sparse.hstack([follower.features, -sparse.eye_array(count)]))
        builder.block(link, np.concatenate([x, amounts]), np.zeros(count), np.zeros(count))
        lowest, highest = self._corners(follower, least, most)
        products = builder.columns(lowest, highest, follower.value_product)
        for f in range(count):
            lever = int(follower.levers[f])
            low_high = self.cells[lever]
            span = (float(least[f]), float(most[f]))
            cell_columns = pieces[lever]
            if cell_columns is None:
                place = (amounts[f], layout.levers[lever], None)
                self._envelope(builder, products[f], [place], low_high, span)
            else:
                chosen, share = cell_columns
                size = len(chosen)
                part = builder.columns(np.full(size, min(span[0], 0.0)), np.full(size, max(span[1], 0.0)))
                builder.row(np.append(part, amounts[f]), np.append(np.ones(size), -1.0), 0.0, 0.0)
                for c in range(size):
                    pair = np.array([part[c], chosen[c]])
                    builder.row(pair, np.array([1.0, -span[0]]), 0.0, np.inf)
                    builder.row(pair, np.array([1.0, -span[1]]), -np.inf, 0.0)
                places = [(part[c], share[c], chosen[c]) for c in range(size)]
                self._envelope(builder, products[f], places, low_high, span)
        layout.followers.append(x)
        layout.amounts.append(amounts)
        layout.products.append(products)

    def _corners(
        self, follower: Follower, least: FloatArray, most: FloatArray
    ) -> tuple[FloatArray, FloatArray]:
        """Least and greatest value of each product over its lever's range and its amount's."""
        ends = (self.problem.lever_lower[follower.levers], self.problem.lever_upper[follower.levers])
        corners = np.array([end * amount for end in ends for amount in (least, most)])
        return corners.min(axis=0), corners.max(axis=0)

    @staticmethod
    def _envelope(
        builder: Builder,
        product: int,
        places: list[tuple[int, int, int | None]],
        cells: list[Cell],
        span: tuple[float, float],
    ) -> None:
        """The four McCormick sides of product = lever * amount, summed over cells.

        A side is ``(lever - a)(amount - b)`` with one sign; ``chosen`` (None: always) carries its constant.
        """
        least, most = span
        sides = (
            (0, least, 0.0, np.inf),
            (1, most, 0.0, np.inf),
            (1, least, -np.inf, 0.0),
            (0, most, -np.inf, 0.0),
        )
        for end, amount_end, lower, upper in sides:
            columns: list[int] = [product]
            data: list[float] = [1.0]
            shift = 0.0
            for (amount, lever, chosen), cell in zip(places, cells, strict=True):
                columns += [amount, lever]
                data += [-cell[end], -amount_end]
                if chosen is None:
                    shift -= cell[end] * amount_end
                else:
                    columns.append(chosen)
                    data.append(cell[end] * amount_end)
            builder.row(np.array(columns), np.array(data), lower + shift, upper + shift)

    @staticmethod
    def _cuts(builder: Builder, layout: Layout, index: int, follower: Follower, pool: Pool) -> None:
        """What the follower does is worth at least as much to it as every response found so far.

        The same in every direction of harm, which is what the margin asks of an intended response.
        """
        if len(pool) == 0:
            return
        columns = np.concatenate([layout.followers[index], layout.products[index], layout.levers])
        harm_x = np.asarray(follower.harm_x.todense())
        harm_product = np.asarray(follower.harm_product.todense())
        for direction in range(-1, harm_x.shape[0]):
            own_x, own_product = follower.objective, follower.payment
            flat, slope = pool.stack("utility"), pool.stack("utility_lever")
            if direction >= 0:
                own_x = own_x + harm_x[direction]
                own_product = own_product + harm_product[direction]
                flat = flat + pool.stack("harm")[:, direction]
                slope = slope + pool.stack("harm_lever")[:, direction]
            own = np.tile(np.concatenate([own_x, own_product]), (len(pool), 1))
            matrix = sparse.csr_array(np.hstack([own, -slope]))
            lower = flat - follower.objective_constant
            builder.block(matrix, columns, lower, np.full(len(pool), np.inf))

    def _point(self, layout: Layout, z: FloatArray) -> RelaxedPoint:
        levers = z[layout.levers]
        error = np.zeros(len(levers))
        responses = []
        for index, follower in enumerate(self.problem.followers):
            x = z[layout.followers[index]]
            responses.append(x)
            true = levers[follower.levers] * (follower.features @ x)
            np.add.at(error, follower.levers, np.abs(z[layout.products[index]] - true))
        return RelaxedPoint(levers, responses, error)
