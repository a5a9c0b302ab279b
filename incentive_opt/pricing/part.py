"""One follower's part of the smooth program: its answer, what its limits are worth to it, and its rivals.

Columns are shares of their ranges, rows are divided by their largest entry. Of each objective that its answer
has to be best for there are the dual prices, and what its answer is worth to it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import sparse

from incentive_opt.pricing.pool import Response
from incentive_opt.pricing.problem import FloatArray, Follower, IntArray, PricingProblem
from incentive_opt.pricing.terms import Terms

SLOTS = 12
"""Rivals of a follower that are kept, the last of those given."""
NEVER = -1e3
"""Liking of a rival that is none."""


@dataclass(frozen=True)
class Places:
    """Where a part begins among variables, limits and what is given."""

    variable: int
    limit: int
    given: int


@dataclass(frozen=True)
class Sides:
    """Lower and upper bounds of a part's variables, and of its limits."""

    low: FloatArray
    high: FloatArray
    least: FloatArray
    most: FloatArray


class Part:
    """A follower, with each objective that an intention has to be best for, or with one, their mean."""

    def __init__(self, follower: Follower, problem: PricingProblem, span: FloatArray, each: bool) -> None:
        self.follower, self.lever_lower, self.span, self.each = follower, problem.lever_lower, span, each
        finite = np.isfinite(follower.upper)
        self.width = np.where(finite, follower.upper - follower.lower, 1.0)
        self.width = np.where(self.width > 0.0, self.width, 1.0)
        self._own_rows()
        self.objectives = _objectives(follower, each)
        columns, count, number = len(self.width), len(self.limit), len(self.objectives)
        self.variable_sizes = [columns, *[count] * number, *[columns] * number, number, 1]
        self.limit_sizes = [count, *[columns] * number, number, *[SLOTS] * number]
        self.variables, self.limits = sum(self.variable_sizes), sum(self.limit_sizes)
        self.given = columns + number * SLOTS * (1 + len(span))

    def _own_rows(self) -> None:
        """Its own rows as upper limits, where both sides are one as equations."""
        follower = self.follower
        scaled = sparse.csr_array(follower.matrix @ sparse.diags_array(self.width))
        before = follower.matrix @ follower.lower
        even = follower.row_lower == follower.row_upper
        over = np.isfinite(follower.row_upper) & ~even
        under = np.isfinite(follower.row_lower) & ~even
        matrix = sparse.csr_array(sparse.vstack([scaled[even], scaled[over], -scaled[under]]))
        upper, lower = follower.row_upper - before, follower.row_lower - before
        limit = np.concatenate([upper[even], upper[over], -lower[under]])
        size = np.asarray(abs(matrix).max(axis=1).todense()).ravel() if matrix.shape[0] else np.zeros(0)
        size = np.where(size > 0.0, size, 1.0)
        self.matrix = sparse.csr_array(sparse.diags_array(1.0 / size) @ matrix)
        self.limit, self.even = limit / size, np.arange(len(limit)) < int(even.sum())

    def add(self, terms: Terms, at: Places, leader_rows: int, live: IntArray) -> None:
        """Add its terms; the leader's rows begin at ``leader_rows``, of which those ``live`` are kept."""
        follower, number = self.follower, len(self.objectives)
        answer, *others, envy = _starts(at.variable, self.variable_sizes)
        worths, cappeds, liked = others[:number], others[number:-1], others[-1]
        own, *rest = _starts(at.limit, self.limit_sizes)
        gradients, likes, rivals = rest[:number], rest[number], rest[number + 1 :]
        self._in_answers(terms, answer, 0, _row(follower.value), _row(follower.value_product))
        terms.constant[0] += follower.value_constant
        rows, paid = sparse.csr_array(follower.row_x)[live], sparse.csr_array(follower.row_product)[live]
        self._in_answers(terms, answer, leader_rows, rows, paid)
        terms.linear(1, envy, _row(np.ones(1)))
        terms.linear(own, answer, self.matrix)
        columns = np.arange(len(self.width))
        for k, (fixed, payment) in enumerate(self.objectives):
            terms.linear(1, worths[k], _row(self.limit / number))
            ones = np.full(len(columns), 1.0 / number)
            terms.scaled(np.full(len(columns), 1), cappeds[k] + columns, at.given + columns, ones)
            self._in_answers(terms, answer, 1, _row(-fixed / number), _row(-payment / number), begun=False)
            self._gradients(terms, gradients[k], worths[k], cappeds[k], fixed, payment)
            self._in_answers(terms, answer, likes + k, _row(fixed), _row(payment))
            terms.constant[likes + k] += follower.objective_constant
            terms.linear(likes + k, liked + k, _row(-np.ones(1)))
            self._rivals(terms, rivals[k], liked + k, envy, at.given + len(columns), k)

    def _in_answers(
        self,
        terms: Terms,
        answer: int,
        row: int,
        per_x: sparse.csr_array,
        per_paid: sparse.csr_array,
        begun: bool = True,
    ) -> None:
        """Add ``per_x . x + per_paid . paid``; of what is not ``begun`` only what hangs on the answer."""
        follower, levers = self.follower, self.follower.levers
        features = sparse.csr_array(follower.features @ sparse.diags_array(self.width))
        low, span = self.lever_lower[levers], self.span[levers]
        terms.linear(row, answer, per_x @ sparse.diags_array(self.width))
        terms.linear(row, answer, per_paid @ sparse.diags_array(low) @ features)
        if begun:
            first = follower.features @ follower.lower
            count = per_x.shape[0]
            terms.constant[row : row + count] += per_x @ follower.lower + per_paid @ (low * first)
            terms.linear(row, 0, per_paid @ sparse.diags_array(span * first) @ self._of_levers())
        entries = sparse.coo_array(per_paid)
        for where, feature, coefficient in zip(*entries.coords, entries.data, strict=True):
            own = slice(features.indptr[feature], features.indptr[feature + 1])
            places = features.indices[own]
            value = coefficient * span[feature] * features.data[own]
            terms.products(
                np.full(len(places), row + where),
                np.full(len(places), levers[feature]),
                answer + places,
                value,
            )

    def _of_levers(self) -> sparse.csr_array:
        """Row f picks the lever of feature f."""
        levers = self.follower.levers
        shape = (len(levers), len(self.span))
        return sparse.csr_array((np.ones(len(levers)), (np.arange(len(levers)), levers)), shape=shape)

    def _gradients(
        self, terms: Terms, row: int, worth: int, capped: int, fixed: FloatArray, payment: FloatArray
    ) -> None:
        """No column is worth more than its part of the limits and its cap."""
        levers = self.follower.levers
        wide = sparse.diags_array(self.width) @ self.follower.features.T @ sparse.diags_array(payment)
        terms.linear(row, worth, self.matrix.T)
        terms.linear(row, capped, sparse.eye_array(len(self.width)))
        terms.linear(row, 0, -wide @ sparse.diags_array(self.span[levers]) @ self._of_levers())
        terms.constant[row : row + len(self.width)] -= self.width * fixed + wide @ self.lever_lower[levers]

    def _rivals(self, terms: Terms, row: int, liked: int, envy: int, given: int, k: int) -> None:
        """What rivals are worth more than the answer is envy."""
        number, levers, slots = len(self.objectives), len(self.span), np.arange(SLOTS)
        terms.linear(row, liked, np.full((SLOTS, 1), -1.0))
        terms.linear(row, envy, np.full((SLOTS, 1), -1.0))
        terms.shifts(row + slots, given + k * SLOTS + slots)
        slopes = given + (number + k * levers) * SLOTS + np.arange(SLOTS * levers)
        terms.scaled(
            row + np.repeat(slots, levers), np.tile(np.arange(levers), SLOTS), slopes, np.ones(SLOTS * levers)
        )

    def shares(self, whole: FloatArray) -> FloatArray:
        """Where whole numbers are held, as shares of their ranges."""
        places = self.follower.integer
        return np.asarray((whole - self.follower.lower[places]) / self.width[places])

    def fill(self, whole: FloatArray | None, rivals: Sequence[Response]) -> FloatArray:
        """What is given: where columns are capped, and rivals."""
        at, number = np.ones(len(self.width)), len(self.objectives)
        if whole is not None:
            at[self.follower.integer] = self.shares(whole)
        rest, slopes = np.full((number, SLOTS), NEVER), np.zeros((number, SLOTS, len(self.span)))
        for slot, rival in enumerate(rivals[-SLOTS:]):
            for k in range(number):
                value, lever = _liked(rival, k, self.each)
                rest[k, slot] = value + float(lever @ self.lever_lower)
                slopes[k, slot] = lever * self.span
        return np.concatenate([at, rest.ravel(), slopes.ravel()])

    def sides(self, whole: FloatArray | None) -> Sides:
        """Bounds; whole numbers may move where they are not held."""
        columns, count, number = len(self.width), len(self.limit), len(self.objectives)
        finite = np.isfinite(self.follower.upper)
        low, high = np.zeros(columns), np.where(self.follower.upper > self.follower.lower, 1.0, 0.0)
        high[~finite] = np.inf
        least, most = np.zeros(columns), np.where(finite, np.inf, 0.0)
        over = np.full(columns, np.inf)
        if whole is not None:
            places = self.follower.integer
            low[places] = high[places] = self.shares(whole)
            least[places], most[places], over[places] = -np.inf, np.inf, 0.0
        worth, none = np.where(self.even, -np.inf, 0.0), np.zeros(number)
        free, slots = np.full(number, np.inf), np.zeros(number * SLOTS)
        return Sides(
            np.concatenate([low, *[worth] * number, *[least] * number, -free, [0.0]]),
            np.concatenate([high, np.full(number * count, np.inf), *[most] * number, free, [np.inf]]),
            np.concatenate(
                [np.where(self.even, self.limit, -np.inf), np.zeros(number * columns), none, slots - np.inf]
            ),
            np.concatenate([self.limit, *[over] * number, none, slots]),
        )

    def begin(self, levers: FloatArray, x: FloatArray) -> FloatArray:
        """Its variables at an answer, its limits worth nothing yet."""
        answer = np.clip((x - self.follower.lower) / self.width, 0.0, 1.0)
        nothing = np.zeros(len(self.objectives) * (len(self.limit) + len(x)))
        return np.concatenate([answer, nothing, self._likings(levers, x), [0.0]])

    def answer_and_worth(self, point: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Of its part of a point: the answer, and what limits and caps are worth, mean over objectives."""
        number = len(self.objectives)
        answer, *others = np.split(point, np.cumsum(self.variable_sizes)[:-1])
        return answer, np.mean(others[:number], axis=0), np.mean(others[number : 2 * number], axis=0)

    def _likings(self, levers: FloatArray, x: FloatArray) -> FloatArray:
        """What an answer is worth to it, objective by objective."""
        paid = levers[self.follower.levers] * (self.follower.features @ x)
        return np.array([self.follower.objective_constant + a @ x + b @ paid for a, b in self.objectives])

    def spread(
        self, levers: FloatArray, point: FloatArray, bounds: FloatArray, rows: FloatArray
    ) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Its part of a point with the mean objective, and multipliers, as with each objective."""
        number, columns, count = len(self.objectives), len(self.width), len(self.limit)
        sizes, row_sizes = [columns, count, columns, 1, 1], [count, columns, 1, SLOTS]
        answer, worth, capped, _, envy = np.split(point, np.cumsum(sizes)[:-1])
        first, of_worth, of_capped, of_liked, last = np.split(bounds, np.cumsum(sizes)[:-1])
        own, *others = np.split(rows, np.cumsum(row_sizes)[:-1])
        likings = self._likings(levers, self.follower.lower + self.width * answer)
        shares = [np.tile(one / number, number) for one in (of_worth, of_capped, of_liked)]
        return (
            np.concatenate([answer, *[worth] * number, *[capped] * number, likings, envy]),
            np.concatenate([first, *shares, last]),
            np.concatenate([own, *[np.tile(one / number, number) for one in others]]),
        )


def _row(values: FloatArray) -> sparse.csr_array:
    """Coefficients as a matrix of one row."""
    return sparse.csr_array(values[None, :])


def _starts(first: int, sizes: Sequence[int]) -> list[int]:
    """Where blocks of these sizes begin."""
    return [first, *(first + int(end) for end in np.cumsum(sizes)[:-1])]


def _objectives(follower: Follower, each: bool) -> list[tuple[FloatArray, FloatArray]]:
    """Costs and payments of every objective that an intention has to be best for, or of their mean."""
    own = (follower.objective, follower.payment)
    harms = zip(follower.harm_x.toarray(), follower.harm_product.toarray(), strict=True)
    all_of_them = [own, *((own[0] + x, own[1] + paid) for x, paid in harms)]
    if each:
        return all_of_them
    return [
        (np.mean([one[0] for one in all_of_them], axis=0), np.mean([one[1] for one in all_of_them], axis=0))
    ]


def _liked(rival: Response, k: int, each: bool) -> tuple[float, FloatArray]:
    """What a rival is worth in an objective, without payments and per lever."""
    if not each:
        return rival.liking, rival.liking_lever
    if k == 0:
        return rival.utility, rival.utility_lever
    return rival.utility + float(rival.harm[k - 1]), rival.utility_lever + rival.harm_lever[k - 1]
