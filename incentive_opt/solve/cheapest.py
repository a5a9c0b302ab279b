"""The contract that costs least: from which budget on there is a design.

The same search as for health, with the outlay in place of it and no budget. What it finds is a contract whose
promises are checked as those of a design; its bound holds for every contract of the payment model.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from incentive_opt import pricing
from incentive_opt.formulation.assurance import Stopwatch
from incentive_opt.formulation.compile import CompiledPractice
from incentive_opt.formulation.first_best import least_budget
from incentive_opt.formulation.payer import Payer
from incentive_opt.pricing.problem import Follower, PricingProblem
from incentive_opt.solve.settle import Settled, settle, status_quo

BUDGET_ROW = 0
"""The payer's rows begin with the budget."""
EXACT = 1e-3
"""What was found and what is proved are one figure where they differ by at most this share [1]."""
ROUNDING = 1e-4
"""Share by which prices in whole cents may cost more [1]."""
DOLLAR = 1.0


@dataclass(frozen=True)
class Effort:
    """How hard to search.

    Attributes
    ----------
    gap : float
        Stop when within this share of the least [1].
    time_limit : float
        [s]
    seed : int
    iteration_limit : int
    stop : callable, optional
        Once it says True the search ends as at the time limit.
    """

    gap: float = 1e-4
    time_limit: float = 30.0
    seed: int = 0
    iteration_limit: int = 10_000
    stop: Callable[[], bool] | None = None


@dataclass(frozen=True)
class Cheapest:
    """Between which figures the least outlay lies.

    Attributes
    ----------
    settled : Settled or None
        The cheapest contract found whose promises hold, today's included; None where there is none.
    at_least : float
        What no contract of the model can do with less than [USD/year]; infinite where it is proved that
        no contract keeps the other limits, whatever the budget.
    drives : tuple of str
        Practice types whose income floor keeps the outlay up, as far as what practices can do tells.
    """

    settled: Settled | None
    at_least: float
    drives: tuple[str, ...]

    @property
    def usd(self) -> float | None:
        """What the cheapest contract found costs, in whole dollars above [USD/year]."""
        return None if self.settled is None else float(np.ceil(self.settled.outlay - 1e-6))

    @property
    def exact(self) -> bool:
        """Whether no contract costs less than the one found, but for a thousandth (or a dollar)."""
        usd = self.usd
        return usd is not None and usd - self.at_least <= max(DOLLAR, EXACT * abs(usd))

    def serves(self, budget: float) -> bool:
        """Whether the contract found can be paid from a budget."""
        return self.settled is not None and self.settled.outlay <= budget


def cheapest(problem: PricingProblem, payer: Payer, effort: Effort, stopwatch: Stopwatch) -> Cheapest:
    """Find the contract with the least outlay that keeps everything but the budget.

    Parameters
    ----------
    problem, payer
        As ``pose`` gives them.
    """
    anything = replace(payer, budget=float("inf"))
    in_principle = least_budget(anything)
    if in_principle.usd is None:
        return Cheapest(None, float("inf"), in_principle.floors)
    today = status_quo(anything, stopwatch)
    best = None if today.faults else today
    at_least = in_principle.usd
    if effort.time_limit > 0.0 and not (effort.stop is not None and effort.stop()):
        result = pricing.solve(
            without_budget(problem, payer),
            gap=effort.gap,
            time_limit=effort.time_limit,
            seed=effort.seed,
            stop=effort.stop,
            iteration_limit=effort.iteration_limit,
        )
        if result.status == "infeasible" and best is None:
            at_least = float("inf")
        elif np.isfinite(result.bound):
            at_least = max(at_least, -result.bound)
        best = _cheaper(best, payer, result, stopwatch)
    if best is not None:
        at_least = min(at_least, best.outlay)
    return Cheapest(best, at_least, in_principle.floors)


def without_budget(problem: PricingProblem, payer: Payer) -> PricingProblem:
    """The problem with the outlay to be kept low in place of health, and no budget."""
    upper = problem.row_upper.copy()
    upper[BUDGET_ROW] = np.inf
    pairs = zip(problem.followers, payer.practices, strict=True)
    return replace(
        problem, followers=tuple(_spending(follower, one) for follower, one in pairs), row_upper=upper
    )


def _spending(follower: Follower, practice: CompiledPractice) -> Follower:
    """A practice type that is worth to the payer what it does not cost."""
    fixed = practice.scope.practice.count * practice.outside_cost.constant
    return replace(
        follower,
        value=-_row(follower.row_x),
        value_product=-_row(follower.row_product),
        value_constant=-fixed,
    )


def _row(matrix: Any) -> pricing.problem.FloatArray:
    return np.asarray(matrix[[BUDGET_ROW]].todense(), dtype=np.float64).ravel()


def _cheaper(
    best: Settled | None, payer: Payer, result: pricing.Result, stopwatch: Stopwatch
) -> Settled | None:
    """What the search found, if its promises hold and it costs less."""
    if result.levers is None or (best is not None and -result.objective >= best.outlay):
        return best
    most = -result.objective + ROUNDING * abs(result.objective) + DOLLAR
    allowed = replace(payer, budget=most if best is None else min(most, best.outlay))
    found, _ = settle(allowed, result.levers, result.responses, stopwatch, None)
    return best if found.faults else found
