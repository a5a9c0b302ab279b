"""Shadow prices of the first best, each checked by solving again with a little more and a little less.

The most health is a concave function of every limit, in straight pieces. At a kink between two pieces one
more dollar is worth less than one dollar less costs; the solver's price is then one of those in between.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from incentive_opt.formulation.first_best import FirstBest, Limit, first_bests
from incentive_opt.formulation.payer import Payer, income_corridor

AGREES = 0.05
"""Share by which a shadow price may miss what solving again says [1]."""
STRAIGHT = 1e-3
"""Slopes over a step and over half of it that differ by less than this share are of one piece [1]."""
STEP, FINER, TRIES = 1e-3, 0.1, 5
"""First step as a share of the limit; how it shrinks; how often."""
NOTHING = 1e-6
"""A price below this share of the typical one (all health over all of the limit) is none [1]."""

Solve = Callable[[Mapping[Limit, float]], FirstBest | None]


@dataclass(frozen=True)
class Price:
    """What a limit is worth in the first best.

    Attributes
    ----------
    limit : Limit
    dual : float
        Change of health by a unit more, as the solver's price has it [QALY per unit].
    less, more : float or None
        The same from solving again: by the last unit taken away, and by the next one [QALY per unit]; None
        where there is no first best with less.
    step : float
        A change that stays on one straight piece on either side [unit].
    unit : str
    """

    limit: Limit
    dual: float
    less: float | None
    more: float | None
    step: float
    unit: str

    @property
    def agrees(self) -> bool:
        """Whether the solver's price lies between the two others, give or take a twentieth."""
        ends = [end for end in (self.less, self.more) if end is not None]
        if len(ends) < 2:
            return not ends or self.dual >= ends[0] - AGREES * abs(ends[0]) or self.limit[0] == "floor"
        slack = AGREES * max(abs(end) for end in ends)
        return min(ends) - slack <= self.dual <= max(ends) + slack


def first_best_prices(payer: Payer) -> list[Price]:
    """Prices of the budget and of every other limit that has one, largest stake first."""
    solve = first_bests(payer)
    base = solve({})
    if base is None:
        return []
    found = [_price(solve, base, limit, dual, size, unit) for limit, dual, size, unit in _limits(payer, base)]
    return [found[0], *sorted(found[1:], key=lambda one: -abs(one.dual) * _size(payer, one.limit))]


def _limits(payer: Payer, base: FirstBest) -> list[tuple[Limit, float, float, str]]:
    """The budget, and limits with a price: the solver's price, the size of the limit, the unit."""
    typical = abs(base.health) / max(1.0, abs(payer.budget))
    budget: Limit = ("budget", "", "")
    found = [(budget, base.budget_price, abs(payer.budget), "QALY/USD")]
    for name, price in base.income_prices.items():
        if abs(price) > NOTHING * typical:
            limit: Limit = ("floor" if price < 0.0 else "ceiling", name, "")
            found.append((limit, price, _size(payer, limit), "QALY per USD to each practice of the type"))
    counts = {practice.name: practice.scope.practice.count for practice in payer.practices}
    for (name, role), price in base.hour_prices.items():
        limit = ("hours", name, role)
        size = _size(payer, limit)
        if price * size * counts[name] > NOTHING * abs(base.health):
            found.append((limit, price * counts[name], size, "QALY per hour in each practice of the type"))
    return found


def _size(payer: Payer, limit: Limit) -> float:
    """How large a limit is [unit of it]."""
    what, name, role = limit
    if what == "budget":
        return abs(payer.budget)
    if what == "hours":
        practice = next(one.scope.practice for one in payer.practices if one.name == name)
        return practice.fte[role] * payer.instance.staff[role].hours_per_fte
    from incentive_opt.domain.kinds import types_of

    members = next(one for one in types_of(payer.instance) if one.name == name)
    return abs(income_corridor(payer, members)[0 if what == "floor" else 1]) or 1.0


def _price(solve: Solve, base: FirstBest, limit: Limit, dual: float, size: float, unit: str) -> Price:
    less, back = _slope(solve, base, limit, -STEP * max(size, 1e-9))
    more, on = _slope(solve, base, limit, STEP * max(size, 1e-9))
    return Price(limit, dual, less, more, min(back, on), unit)


def _slope(solve: Solve, base: FirstBest, limit: Limit, step: float) -> tuple[float | None, float]:
    """Change of health by a unit, over a step so small that it stays on one straight piece."""
    slope: float | None = None
    for _ in range(TRIES):
        whole, half = solve({limit: step}), solve({limit: 0.5 * step})
        if whole is not None and half is not None:
            slope = (half.health - base.health) / (0.5 * step)
            other = (whole.health - base.health) / step
            if abs(slope - other) <= STRAIGHT * max(abs(slope), abs(other)):
                return slope, abs(step)
        step *= FINER
    return slope, abs(step)
