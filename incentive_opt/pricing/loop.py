"""The loop that joins finding and proving."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial

import numpy as np

from incentive_opt.pricing.exact import bound_with_few_cuts, close_gap, outer_bound
from incentive_opt.pricing.highs import Clock
from incentive_opt.pricing.hunt import hunt
from incentive_opt.pricing.lever_bounds import bound_levers
from incentive_opt.pricing.problem import FloatArray, PricingProblem
from incentive_opt.pricing.relaxation import Relaxation
from incentive_opt.pricing.scaling import Scales, scale
from incentive_opt.pricing.search import Progress, Search

SMALL = 150
"""Products and whole-number variables up to which a problem goes straight to closing the gap."""

PATIENCE = 0.25
"""Share of the time after which a problem of that size that is not closed is searched like larger ones."""

HUNTING = 0.9
"""Share of the time spent finding designs before the rest goes to proving, on larger problems."""

BOUNDING = 0.5
"""Time kept for the bound where a hint says where designs are, for each follower [s]."""


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
    prove: bool = True,
) -> Result:
    """Solve a pricing problem to the relative gap or until the time limit [s].

    Both sides are valid whenever it stops: the design survives the followers' own best responses, and
    the bound is the optimum of a relaxation. With an iteration limit that is reached before the time
    limit, the result depends on the seed alone. Where nothing need be proved (``prove=False``), larger
    problems spend all the time on finding.
    """
    clock = Clock()
    problem = bound_levers(problem)
    scaled, units = scale(problem)
    search = Search(scaled, clock, time_limit, _in_units(report, problem.sense * units.value), stop)
    for index, start in enumerate(scaled.starts):
        known = scaled.start_responses[index] if index < len(scaled.start_responses) else None
        if known is None or not search.start(start, list(known)):
            search.offer(search.at(start))
    relaxation = Relaxation(scaled, search.oracles, clock)
    large = _size(scaled) > SMALL and bool(np.any(~scaled.lever_integer))
    find = partial(hunt, search, seed, gap=gap, rounds=iteration_limit)
    if not large:
        if scaled.hint is not None:
            hint = np.clip(scaled.hint, scaled.lever_lower, scaled.lever_upper)
            search.offer(search.at(np.where(scaled.lever_integer, np.round(hint), hint)))
        outer_bound(search, relaxation, rounds=8)
    elif not prove:
        find(time_limit)
    elif scaled.hint is not None:
        find(time_limit - BOUNDING * len(scaled.followers))
        bound_with_few_cuts(search, relaxation)
    else:
        outer_bound(search, relaxation, rounds=1)
        find(HUNTING * time_limit)
        outer_bound(search, relaxation)
    search.deadline = time_limit if large else PATIENCE * time_limit
    status = close_gap(search, relaxation, gap, iteration_limit)
    search.deadline = time_limit
    if status == "limit" and search.time_left > 0 and search.iteration < iteration_limit:
        find(clock.now + 0.5 * search.time_left)
        status = close_gap(search, relaxation, gap, iteration_limit)
    return _finish(problem, search, units, status)


def _size(problem: PricingProblem) -> int:
    """Products and whole-number variables of all followers."""
    return sum(f.features.shape[0] + int(f.integer.sum()) for f in problem.followers)


def _in_units(report: Callable[[Progress], None] | None, unit: float) -> Callable[[Progress], None] | None:
    """Report progress in the problem's own units and sense."""
    if report is None:
        return None

    def tell(progress: Progress) -> None:
        report(replace(progress, value=progress.value * unit, bound=progress.bound * unit))

    return tell


def _finish(problem: PricingProblem, search: Search, units: Scales, status: str) -> Result:
    """The result in the problem's own units."""
    clock = search.clock
    seconds = {**clock.seconds, "total": clock.now}
    bound = problem.sense * search.bound * units.value
    if search.incumbent is None:
        word = "infeasible" if status == "infeasible" else "unknown"
        nothing = -problem.sense * np.inf
        return Result(word, nothing, bound, np.inf, None, [], search.iteration, seconds, dict(clock.calls))
    chosen = zip(search.pools, search.incumbent.intended, strict=True)
    return Result(
        "optimal" if status == "optimal" else "feasible",
        problem.sense * search.value * units.value,
        bound,
        search.gap,
        search.incumbent.levers * units.levers,
        [pool.responses[choice].x for pool, choice in chosen],
        search.iteration,
        seconds,
        dict(clock.calls),
    )
