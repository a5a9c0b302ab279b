"""What a design's ways of working cost at least, and what every limit adds to that.

Practices keep doing what the design intends; only prices move. Health then stays as it is, and what the
payer spends is a linear program over the prices: every limit but the budget as in the design, and every way
of working that a practice might prefer as one row, added once a practice prefers it. Yes/no choices stay.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.optimize import linprog

from incentive_opt.domain.response import Response
from incentive_opt.formulation.compile import CompiledPractice, FloatArray
from incentive_opt.formulation.dependents import with_dependents
from incentive_opt.formulation.payer import Payer
from incentive_opt.pricing.highs import Clock
from incentive_opt.pricing.lever_rules import box_of_choices
from incentive_opt.pricing.problem import PricingProblem
from incentive_opt.pricing.scaling import scale
from incentive_opt.pricing.search import Search
from incentive_opt.solve.cheapest import BUDGET_ROW

Limit = tuple[str, str]
"""``("floor", type)``, ``("ceiling", type)``, ``("lowest", price)``, ``("highest", price)``, or
``("margin", "")``."""
ROUNDS = 200
EASE = 2e-8
"""A way of working that is better by less than this is none (in the practice's scaled currency)."""


@dataclass(frozen=True)
class Held:
    """The least outlay for held ways of working.

    Attributes
    ----------
    outlay : float
        [USD/year]
    prices : mapping limit -> float
        Change of the outlay by a unit more of each limit that has a price [USD/year per unit].
    levers : (L,)
        In dollars.
    content : tuple of str
        Practices that are only just kept from working otherwise.
    """

    outlay: float
    prices: dict[Limit, float]
    levers: FloatArray
    content: tuple[str, ...]


class Holding:
    """Solves the program again and again, with limits moved; remembers what practices might prefer.

    Parameters
    ----------
    problem, payer
        As ``pose`` gives them.
    levers : (L,)
        Of the design.
    responses : sequence of (n_i,) arrays
        Its ways of working.
    seconds : float
        After which it is given up [s].
    """

    def __init__(
        self,
        problem: PricingProblem,
        payer: Payer,
        levers: FloatArray,
        responses: Sequence[FloatArray],
        seconds: float,
    ) -> None:
        self.payer = payer
        scaled, self.units = scale(problem)
        self.search = Search(scaled, Clock(), seconds)
        low, high = box_of_choices(self.search, levers / self.units.levers)
        self.low, self.high = low, high
        self.intended = [self.search.add_point(index, x) for index, x in enumerate(responses)]
        self.rows, self.sides = self._rows()

    def _rows(self) -> tuple[FloatArray, tuple[FloatArray, FloatArray]]:
        """The payer's rows in the prices, and their limits."""
        problem = self.search.problem
        rows = np.asarray(problem.rules.todense()).copy()
        constant = np.zeros(len(rows))
        for pool, choice in zip(self.search.pools, self.intended, strict=True):
            own = pool.responses[choice]
            rows[own.touched] += own.row_lever
            constant[own.touched] += own.rows
        self.spent = float(constant[BUDGET_ROW])
        return rows, (problem.row_lower - constant, problem.row_upper - constant)

    def solve(self, higher: Mapping[Limit, float] | None = None) -> Held | None:
        """The least outlay with some limits higher [their units]; None where the ways cannot be held."""
        moved = {} if higher is None else dict(higher)
        margin = moved.pop(("margin", ""), 0.0)
        for _ in range(ROUNDS):
            if self.search.time_left <= 0:
                return None
            cuts = self._cuts(margin)
            found = self._program(moved, cuts)
            if found is None:
                return None
            levers = np.asarray(found.x, dtype=np.float64)
            if not self._more(levers, margin):
                return self._read(found, levers, cuts, margin)
        return None

    def _cuts(self, margin: float) -> _Cuts:
        """For each way of working known and each direction of harm: it must not be preferred."""
        slopes, limits, owners, per_margin = [], [], [], []
        for index, (pool, choice) in enumerate(zip(self.search.pools, self.intended, strict=True)):
            factor = self._factor(index, margin)
            gain, tilt = pool.stack("utility"), pool.stack("utility_lever")
            gain, tilt = gain - gain[choice], tilt - tilt[choice]
            others = np.arange(len(gain)) != choice
            harm, harm_lever = pool.stack("harm"), pool.stack("harm_lever")
            for direction in range(-1, harm.shape[1]):
                more, lean = np.zeros_like(gain), np.zeros_like(tilt)
                if direction >= 0:
                    more = harm[:, direction] - harm[choice, direction]
                    lean = harm_lever[:, direction] - harm_lever[choice, direction]
                slopes.append((tilt + factor * lean)[others])
                limits.append(-(gain + factor * more)[others])
                owners += [index] * int(others.sum())
                per = self._per_dollar(index)
                per_margin.append(np.column_stack([more * per, lean * per])[others])
        return _Cuts(
            np.concatenate(slopes), np.concatenate(limits), np.array(owners), np.concatenate(per_margin)
        )

    def _factor(self, index: int, margin: float) -> float:
        """By what the harm of a practice grows where the margin is higher by so many dollars."""
        return 1.0 + margin * self._per_dollar(index)

    def _per_dollar(self, index: int) -> float:
        own = self.payer.margin_of(index)
        return 1.0 / own if own > 0.0 and own == self.payer.instance.margin else 0.0

    def _program(self, moved: Mapping[Limit, float], cuts: _Cuts) -> Any:
        """Prices with the least outlay."""
        low, high = self.low.copy(), self.high.copy()
        lower, upper = self.sides[0].copy(), self.sides[1].copy()
        lower[BUDGET_ROW], upper[BUDGET_ROW] = -np.inf, np.inf
        names = self.search.problem.row_names
        for (what, name), amount in moved.items():
            if what in ("floor", "ceiling"):
                row = names.index(f"income of {name}")
                (lower if what == "floor" else upper)[row] += amount / self.units.rows[row]
            else:
                lever = self.search.problem.lever_names.index(name)
                (low if what == "lowest" else high)[lever] += amount / self.units.levers[lever]
        if np.any(low > high):
            return None
        self.above, self.below = np.isfinite(upper), np.isfinite(lower)
        matrix = np.vstack([self.rows[self.above], -self.rows[self.below], cuts.slopes])
        limit = np.concatenate([upper[self.above], -lower[self.below], cuts.limits + EASE])
        solve: Any = linprog
        found = solve(
            self.rows[BUDGET_ROW],
            A_ub=matrix,
            b_ub=limit,
            bounds=np.column_stack([low, high]),
            method="highs",
        )
        return found if found.status == 0 else None

    def _more(self, levers: FloatArray, margin: float) -> bool:
        """Whether practices prefer something at these prices that was not known; it joins what is known."""
        found = False
        pairs = zip(self.search.oracles, self.search.pools, self.intended, strict=True)
        for index, (oracle, pool, choice) in enumerate(pairs):
            own = pool.responses[choice]
            factor = self._factor(index, margin)
            for direction in range(-1, len(own.harm)):
                costs = oracle.objective_at(levers)
                if direction >= 0:
                    costs = costs + factor * (oracle.objective_at(levers, direction) - costs)
                reply = oracle.reply(costs, pool)
                gain = reply.utility_at(levers) - own.utility_at(levers)
                if direction >= 0:
                    more = reply.harm[direction] + float(reply.harm_lever[direction] @ levers)
                    gain += factor * (more - own.harm[direction] - float(own.harm_lever[direction] @ levers))
                if gain > 2.0 * EASE:
                    before = len(pool)
                    pool.add(reply)
                    found |= len(pool) > before
        return found

    def _read(self, found: Any, levers: FloatArray, cuts: _Cuts, margin: float) -> Held:
        """Outlay and prices in dollars."""
        dollar = float(self.units.rows[BUDGET_ROW])
        fixed = sum(p.scope.practice.count * p.outside_cost.constant for p in self.payer.practices)
        marginal = dollar * np.asarray(found.ineqlin.marginals, dtype=np.float64)
        up, down = int(self.above.sum()), int(self.below.sum())
        rows = np.flatnonzero(self.above), np.flatnonzero(self.below)
        prices: dict[Limit, float] = {}
        names = self.search.problem.row_names
        for row, price in zip(rows[0].tolist(), marginal[:up].tolist(), strict=True):
            if names[row].startswith("income of "):
                prices["ceiling", names[row].removeprefix("income of ")] = price / self.units.rows[row]
        for row, price in zip(rows[1].tolist(), marginal[up : up + down].tolist(), strict=True):
            if names[row].startswith("income of "):
                prices["floor", names[row].removeprefix("income of ")] = -price / self.units.rows[row]
        on_cuts = marginal[up + down :]
        if self.payer.instance.margin > 0.0:
            slope = cuts.per_margin[:, 0] + cuts.per_margin[:, 1:] @ levers
            prices["margin", ""] = -float(on_cuts @ slope)
        for what, marginals in (("lowest", found.lower.marginals), ("highest", found.upper.marginals)):
            for lever, price in enumerate(np.asarray(marginals).tolist()):
                ends = self.low[lever], self.high[lever]
                bound = ends[0] if what == "lowest" else ends[1]
                if lever < len(self.payer.levers) and ends[0] < ends[1] and bound != 0.0:
                    name = self.search.problem.lever_names[lever]
                    prices[what, name] = dollar * price / float(self.units.levers[lever])
        content = sorted(set(cuts.owners[on_cuts < -1e-9 * dollar].tolist()))
        return Held(
            float(fixed + dollar * (self.spent + found.fun)),
            {limit: float(price) for limit, price in prices.items() if abs(price) > 1e-9},
            levers * self.units.levers,
            tuple(self.payer.practices[index].name for index in content),
        )


@dataclass(frozen=True)
class _Cuts:
    """Rows ``slopes . prices <= limits`` that keep practices content, and whose they are.

    ``per_margin`` is what a dollar of margin adds to each: a constant and a slope.
    """

    slopes: FloatArray
    limits: FloatArray
    owners: npt.NDArray[np.int64]
    per_margin: FloatArray


def activities(practice: CompiledPractice, response: Response) -> FloatArray:
    """The vector of a response; every tier whose target is reached counts as attained, paid or not."""
    x = np.zeros(len(practice.columns))
    place = {column: number for number, column in enumerate(practice.columns)}
    for (variable, first, second), number in place.items():
        if variable == "panel":
            x[number] = response.panel.get(first, 0.0)
        elif variable in ("services", "effective", "overtime"):
            values: Mapping[Any, float] = getattr(response, variable)
            x[number] = values.get((first, second), 0.0)
    rows = {name: row for row, name in enumerate(practice.row_names)}
    for measure in practice.scope.measures.values():
        own = measure.measure
        events = {n.segment: n.events_per_child_year for n in practice.scope.needs.values()
                  if n.name == own.denominator_need}  # fmt: skip
        whole = sum(events[k] * response.panel.get(k, 0.0) for k in measure.segments)
        for tier in range(1, len(own.thresholds) + 1):
            key, paid = ("tier", own.name, tier), ("eligible", own.name, tier)
            if key not in place:
                continue
            x[place[key]], x[place[paid]] = 1.0, whole
            row = rows[f"tier_attained[{own.name},{tier}]"]  # numerator short of target times what is paid
            if float((practice.matrix[[row], :] @ x)[0]) > practice.row_upper[row] + 1e-7 * max(1.0, whole):
                x[place[key]] = x[place[paid]] = 0.0
    x = np.clip(x, practice.lower, practice.upper)
    return np.clip(with_dependents(practice, x), practice.lower, practice.upper)
