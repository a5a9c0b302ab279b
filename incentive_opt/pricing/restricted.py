"""The restricted problem: each follower does one of a short list, at prices to be found.

One yes/no per listed response. Chosen responses must beat every response in the pool, by the harm
margin where there is one. Big-M per pair of responses, from the lever box of this call (a trust region
shrinks it). With one response per follower it is a linear program: the implementation problem.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from incentive_opt.pricing.columns import Builder
from incentive_opt.pricing.highs import INFINITY, Clock
from incentive_opt.pricing.pool import Pool, Response
from incentive_opt.pricing.problem import FloatArray, IntArray, PricingProblem

IntendedLists = list[list[int]]


@dataclass(frozen=True)
class Design:
    """Levers and the response intended for every follower (a position in its pool)."""

    levers: FloatArray
    intended: tuple[int, ...]
    value: float


def design_value(
    problem: PricingProblem, pools: list[Pool], levers: FloatArray, intended: list[int]
) -> float:
    """The leader's objective when followers do what is intended."""
    total = problem.value_constant + float(problem.lever_value @ levers)
    for pool, choice in zip(pools, intended, strict=True):
        response = pool.responses[choice]
        total += response.value + float(response.value_lever @ levers)
    return total


def reach(slopes: FloatArray, low: FloatArray, high: FloatArray) -> FloatArray:
    """Greatest value of ``slopes . t`` over the box; a lever that does not count may be unbounded."""
    with np.errstate(invalid="ignore"):
        ends = np.maximum(slopes * low, slopes * high)
    return np.asarray(np.where(slopes == 0.0, 0.0, ends).sum(axis=-1))


class Restricted:
    """Builds and solves the restricted problem over candidates, in a box of levers."""

    def __init__(self, problem: PricingProblem, clock: Clock) -> None:
        self.problem = problem
        self.clock = clock

    def solve(
        self,
        pools: list[Pool],
        candidates: IntendedLists,
        low: FloatArray | None = None,
        high: FloatArray | None = None,
        time_limit: float = INFINITY,
        gap: float = 0.0,
        nodes: int | None = None,
    ) -> Design | None:
        """The best design within the lists, or None."""
        problem = self.problem
        low = problem.lever_lower if low is None else low
        high = problem.lever_upper if high is None else high
        builder = Builder()
        levers = builder.columns(low, high, problem.lever_value, problem.lever_integer)
        self._menus(builder, levers, low, high)
        value_parts: list[tuple[IntArray, FloatArray]] = [(levers, problem.lever_value)]
        row_parts: list[list[tuple[IntArray, FloatArray]]] = [[] for _ in problem.row_lower]
        choices: list[IntArray] = []
        for index, pool in enumerate(pools):
            listed = [pool.responses[j] for j in candidates[index]]
            size = len(listed)
            chosen = builder.columns(np.zeros(size), np.ones(size), 0.0, size > 1)
            builder.row(chosen, np.ones(size), 1.0, 1.0)
            choices.append(chosen)
            self._comparisons(builder, levers, chosen, candidates[index], pool, (low, high))
            utility = self._utility(builder, levers, chosen, listed, pool, (low, high))
            self._contributions(
                builder, levers, chosen, listed, (low, high), index, utility, value_parts, row_parts
            )
        for row, parts in enumerate(row_parts):
            own = np.asarray(problem.rules[[row]].todense()).ravel()
            columns = np.concatenate([levers, *[c for c, _ in parts]])
            data = np.concatenate([own, *[d for _, d in parts]])
            builder.row(columns, data, problem.row_lower[row], problem.row_upper[row])
        goal = builder.columns(np.array([-np.inf]), np.array([np.inf]), 0.0)
        columns = np.concatenate([goal, *[c for c, _ in value_parts]])
        builder.row(columns, np.concatenate([[-1.0], *[d for _, d in value_parts]]), 0.0, 0.0)
        program = builder.program(self.clock)
        objective = np.zeros(builder.count)
        objective[goal] = 1.0
        program.set_objective(objective)
        outcome = program.solve(time_limit=time_limit, gap=gap, nodes=nodes)
        if outcome.x is None:
            return None
        intended = [candidates[i][int(np.argmax(outcome.x[c]))] for i, c in enumerate(choices)]
        found = np.clip(outcome.x[levers], low, high)
        found[problem.lever_integer] = np.round(found[problem.lever_integer])
        value = design_value(problem, pools, found, intended)
        return Design(found, tuple(intended), value)

    def _menus(self, builder: Builder, levers: IntArray, low: FloatArray, high: FloatArray) -> None:
        for lever, menu in self.problem.menus.items():
            inside = menu[(menu >= low[lever] - 1e-12) & (menu <= high[lever] + 1e-12)]
            flags = builder.columns(np.zeros(len(inside)), np.ones(len(inside)), 0.0, True)
            builder.row(flags, np.ones(len(inside)), 1.0, 1.0)
            builder.row(np.append(flags, levers[lever]), np.append(inside, -1.0), 0.0, 0.0)

    @staticmethod
    def _comparisons(
        builder: Builder,
        levers: IntArray,
        chosen: IntArray,
        listed: list[int],
        pool: Pool,
        box: tuple[FloatArray, FloatArray],
    ) -> None:
        """If j is chosen: u_j(t) + harm_j(t) >= u_k(t) + harm_k(t) for every k and direction."""
        utility, utility_lever = pool.stack("utility"), pool.stack("utility_lever")
        harm, harm_lever = pool.stack("harm"), pool.stack("harm_lever")
        for position, j in enumerate(listed):
            directions = [(utility, utility_lever)]
            for d in range(harm.shape[1]):
                directions.append((utility + harm[:, d], utility_lever + harm_lever[:, d]))
            for flat, slope in directions:
                gain = flat - flat[j]
                tilt = slope - slope[j]
                worst = gain + reach(tilt, *box)
                for k in np.flatnonzero(worst > 1e-12):
                    if k == j:
                        continue
                    if len(listed) == 1:
                        builder.row(levers, tilt[k], -np.inf, -gain[k])
                        continue
                    columns = np.append(levers, chosen[position])
                    builder.row(columns, np.append(tilt[k], worst[k]), -np.inf, worst[k] - gain[k])

    @staticmethod
    def _utility(
        builder: Builder,
        levers: IntArray,
        chosen: IntArray,
        listed: list[Response],
        pool: Pool,
        box: tuple[FloatArray, FloatArray],
    ) -> int:
        """A column equal to the chosen response's utility, held above every response of the pool."""
        column = int(builder.columns(np.array([-np.inf]), np.array([np.inf]))[0])
        bounded = np.isfinite(box[0]) & np.isfinite(box[1])
        middle = np.where(
            bounded, 0.5 * (np.where(bounded, box[0], 0.0) + np.where(bounded, box[1], 0.0)), 0.0
        )
        ahead = pool.responses[int(np.argmax(pool.utilities(middle)))]
        lead = pool.stack("utility") - ahead.utility
        lean = pool.stack("utility_lever") - ahead.utility_lever
        ahead_by = lead + reach(lean, *box)
        for k in np.flatnonzero(ahead_by >= -1e-12):
            response = pool.responses[int(k)]
            builder.row(
                np.append(levers, column), np.append(-response.utility_lever, 1.0), response.utility, np.inf
            )
        for position, own in enumerate(listed):
            if len(listed) == 1:
                slope = np.append(-own.utility_lever, 1.0)
                builder.row(np.append(levers, column), slope, -np.inf, own.utility)
                continue
            gaps = pool.stack("utility") - own.utility
            tilts = pool.stack("utility_lever") - own.utility_lever
            big = max(0.0, float(np.max(gaps + reach(tilts, *box))))
            columns = np.append(levers, [column, chosen[position]])
            slope = np.append(-own.utility_lever, [1.0, big])
            builder.row(columns, slope, -np.inf, own.utility + big)
        return column

    def _contributions(
        self,
        builder: Builder,
        levers: IntArray,
        chosen: IntArray,
        listed: list[Response],
        box: tuple[FloatArray, FloatArray],
        index: int,
        utility: int,
        value_parts: list[tuple[IntArray, FloatArray]],
        row_parts: list[list[tuple[IntArray, FloatArray]]],
    ) -> None:
        """The follower's part of the leader's objective and rows, linear in levers and choices."""
        follower = self.problem.followers[index]
        own = np.array([r.utility for r in listed])
        paid = np.array([r.utility_lever for r in listed])

        def add(
            parts: list[tuple[IntArray, FloatArray]], flat: FloatArray, slopes: FloatArray, c: FloatArray
        ) -> None:
            parts.append((chosen, flat))
            if not np.any(slopes):
                return
            if len(listed) == 1:
                parts.append((levers, slopes[0]))
                return
            ratio = proportion(c, follower.payment)
            if ratio is not None:
                parts.append((np.append(chosen, utility), np.append(-ratio * own, ratio)))
                rest = slopes - ratio * paid
                if np.allclose(rest, 0.0, rtol=0.0, atol=1e-12 * float(np.abs(slopes).max())):
                    return
                slopes = rest  # what is paid to others than the follower
            parts.append((self._switched(builder, levers, chosen, slopes, box), np.ones(1)))

        add(
            value_parts,
            np.array([r.value for r in listed]),
            np.array([r.value_lever for r in listed]),
            follower.value_product,
        )
        for place, row in enumerate(listed[0].touched.tolist()):
            flat = np.array([r.rows[place] for r in listed])
            slopes = np.array([r.row_lever[place] for r in listed])
            if np.any(flat) or np.any(slopes):
                c = np.asarray(follower.row_product[[row]].todense()).ravel()
                add(row_parts[row], flat, slopes, c)

    @staticmethod
    def _switched(
        builder: Builder,
        levers: IntArray,
        chosen: IntArray,
        slopes: FloatArray,
        box: tuple[FloatArray, FloatArray],
    ) -> IntArray:
        """A column equal to ``slopes[j] . t`` for the chosen j."""
        ends = [(-float(reach(-s, *box)), float(reach(s, *box))) for s in slopes]
        low, high = min(e[0] for e in ends), max(e[1] for e in ends)
        column = builder.columns(np.array([low]), np.array([high]))
        for j, slope in enumerate(slopes):
            columns = np.concatenate([column, levers, [chosen[j]]])
            up, down = high - ends[j][0], low - ends[j][1]
            builder.row(columns, np.concatenate([[1.0], -slope, [up]]), -np.inf, up)
            builder.row(columns, np.concatenate([[1.0], -slope, [down]]), down, np.inf)
        return column


def proportion(coefficients: FloatArray, payment: FloatArray) -> float | None:
    """The ratio r with coefficients = r * payment for all products that are paid, or None."""
    size = float(payment @ payment)
    if size == 0.0:
        return None
    ratio, paid = float(coefficients @ payment) / size, payment != 0.0
    alike = np.allclose(coefficients[paid], ratio * payment[paid], rtol=1e-12, atol=1e-12)
    return ratio if alike else None
