"""The loop that joins finding and proving."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from incentive_opt.pricing.exact import close_gap
from incentive_opt.pricing.highs import Clock
from incentive_opt.pricing.problem import FloatArray, PricingProblem
from incentive_opt.pricing.relaxation import Relaxation
from incentive_opt.pricing.scaling import scale
from incentive_opt.pricing.search import Progress, Search


@dataclass(frozen=True)
class Result:
    """What was found and what is proved, in the problem's own sense and units.

    Attributes
    ----------
    status : {"optimal", "feasible", "infeasible", "unknown"}
        "optimal": within the gap asked for; "unknown": neither design nor proof of none.
    objective, bound : float
        Value of the design; no design has a better value than the bound.
    gap : float
        ``|bound - objective| / |bound|``.
    levers : (L,) or None
    responses : list of (n_i,) arrays
    seconds : mapping
        Where the time went.
    """

    status: str
    objective: float
    bound: float
    gap: float
    levers: FloatArray | None
    responses: list[FloatArray]
    iterations: int
    seconds: dict[str, float]
    calls: dict[str, int]


def solve(
    problem: PricingProblem,
    gap: float = 1e-3,
    time_limit: float = 60.0,
    seed: int = 0,
    report: Callable[[Progress], None] | None = None,
    stop: Callable[[], bool] | None = None,
    iteration_limit: int = 10_000,
) -> Result:
    """Solve a pricing problem to the relative gap or until the time limit [s].

    Both sides are valid whenever it stops: the design survives the followers' own best responses, and
    the bound is the optimum of a relaxation.
    """
    clock = Clock()
    scaled, units = scale(problem)
    search = Search(scaled, clock, time_limit, report, stop)
    for start in scaled.starts:
        search.offer(search.at(start))
    relaxation = Relaxation(scaled, search.oracles, clock)
    status = close_gap(search, relaxation, gap, iteration_limit)
    return finish(problem, search, units.value, units.levers, status)


def finish(problem: PricingProblem, search: Search, value: float, levers: FloatArray, status: str) -> Result:
    """The result in the problem's own units."""
    clock = search.clock
    seconds = {**clock.seconds, "total": clock.now}
    bound = problem.sense * search.bound * value
    if search.incumbent is None:
        word = "infeasible" if status == "infeasible" else "unknown"
        nothing = -problem.sense * np.inf
        return Result(word, nothing, bound, np.inf, None, [], search.iteration, seconds, dict(clock.calls))
    chosen = zip(search.pools, search.incumbent.intended, strict=True)
    return Result(
        "optimal" if status == "optimal" else "feasible",
        problem.sense * search.value * value,
        bound,
        search.gap,
        search.incumbent.levers * levers,
        [pool.responses[choice].x for pool, choice in chosen],
        search.iteration,
        seconds,
        dict(clock.calls),
    )
