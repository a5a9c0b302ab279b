"""Closing the gap: relaxation, cuts, earned incumbents, finer cells, until bound and incumbent meet."""

from __future__ import annotations

import numpy as np

from incentive_opt.pricing.highs import Outcome
from incentive_opt.pricing.nearest import nearest
from incentive_opt.pricing.pool import Pool
from incentive_opt.pricing.problem import FloatArray
from incentive_opt.pricing.relaxation import Relaxation, RelaxedPoint
from incentive_opt.pricing.search import TOLERANCE, Search

CUTS = 2
"""Responses of each follower whose cuts a quick bound has: how it answers the contract in force, mostly."""


def outer_bound(search: Search, relaxation: Relaxation, rounds: int = 8) -> None:
    """The bound of the linear relaxation, with cuts for what followers would do at its levers."""
    search.phase = "bound"
    for _ in range(rounds):
        if search.time_left <= 0:
            return
        before = search.bound
        left = search.time_left if np.isfinite(before) else max(5.0, search.time_left)
        outcome, point = relaxation.solve(search.pools, time_limit=left, linear=True)
        if outcome.status != "optimal":
            return
        search.lower_bound_to(outcome.bound + search.problem.value_constant + _constants(search))
        if point is None or (search.bound > before - 1e-4 * max(1.0, abs(before)) and np.isfinite(before)):
            return
        search.answer(point.levers)


def bound_with_few_cuts(search: Search, relaxation: Relaxation) -> None:
    """The bound of the linear relaxation with the cuts of the first responses known: soon to be had."""
    search.phase = "bound"
    if search.time_left <= 0:
        return
    few = [Pool() for _ in search.pools]
    for own, pool in zip(few, search.pools, strict=True):
        for response in pool.responses[:CUTS]:
            own.add(response)
    outcome, _ = relaxation.solve(few, time_limit=search.time_left, linear=True)
    if outcome.status == "optimal":
        search.lower_bound_to(outcome.bound + search.problem.value_constant + _constants(search))


def close_gap(search: Search, relaxation: Relaxation, gap: float, iteration_limit: int = 10_000) -> str:
    """Iterate until the gap, the deadline or the iteration limit.

    Returns
    -------
    str
        "optimal", "limit" or "infeasible".
    """
    search.phase = "prove"
    loose = 1e-2
    while search.gap > gap:
        if search.time_left <= 0 or search.iteration >= iteration_limit:
            return "limit"
        search.iteration += 1
        asked = max(0.2 * gap, min(loose, 0.25 * search.gap if np.isfinite(search.gap) else loose))
        outcome, point = _relaxed(search, relaxation, asked)
        if outcome.status == "infeasible":
            if search.incumbent is None:
                return "infeasible"
            if search.value > search.in_force:
                return "limit"  # a design stands in it: the solver's fault, and proves nothing
            search.lower_bound_to(search.value)
            return "optimal"
        if np.isfinite(outcome.bound):
            search.lower_bound_to(outcome.bound + search.problem.value_constant + _constants(search))
        if point is None or search.gap <= gap:
            continue
        cut = _learn(search, point)
        refined = _refine(search, relaxation, point)
        if not cut and not refined:
            if asked <= 0.2 * gap:
                return "optimal" if search.gap <= gap else "limit"
            loose = 0.2 * gap
    return "optimal"


def _relaxed(search: Search, relaxation: Relaxation, gap: float) -> tuple[Outcome, RelaxedPoint | None]:
    """The relaxation's outcome, asked in two ways: what both allow is believed, the greater bound of the two.

    HiGHS 1.15.1 was seen to call relaxations infeasible in which a true design stood, and to prove values
    that true designs pass, with its presolve or without, never yet both for one and the same.
    """
    half = 0.5 * search.time_left
    answers = [
        relaxation.solve(search.pools, time_limit=half, gap=gap, presolve=presolve)
        for presolve in (False, True)
    ]
    points = [point for _, point in answers if point is not None]
    outcome, point = max(answers, key=lambda answer: answer[0].bound)
    return outcome, point if point is not None else (points[0] if points else None)


def _constants(search: Search) -> float:
    return sum(f.value_constant for f in search.problem.followers)


def _learn(search: Search, point: RelaxedPoint) -> bool:
    """Cuts from what followers would really do at the point; incumbents from both sides of it."""
    before = [len(pool) for pool in search.pools]
    meant = [_meant(search, index, x) for index, x in enumerate(point.responses)]
    sizes = [len(pool) for pool in search.pools]
    replies = search.answer(point.levers)
    wanted = [reply if position is None else position for position, reply in zip(meant, replies, strict=True)]
    violated = any(len(pool) > size for pool, size in zip(search.pools, sizes, strict=True))
    mixed = [[w] if w == r else [w, r] for w, r in zip(wanted, replies, strict=True)]
    search.offer(search.earn([[w] for w in wanted], rounds=40))
    if any(len(choice) > 1 for choice in mixed):
        search.offer(search.earn(mixed, rounds=40))
    search.offer(search.at(_snapped(search, point.levers)))
    if not violated:
        search.offer(search.earn(_wide(search, point.levers), rounds=40, time_limit=10.0))
    return violated or any(len(pool) > size for pool, size in zip(search.pools, before, strict=True))


def _meant(search: Search, index: int, x: FloatArray) -> int | None:
    """What the relaxation has a follower do, in its pool; None where none of its answers is near."""
    point = nearest(search.problem.followers[index], x, search.clock)
    return None if point is None else search.add_point(index, point)


def _wide(search: Search, levers: FloatArray, width: int = 8) -> list[list[int]]:
    """For every follower the responses it likes best at the levers."""
    return [[int(k) for k in np.argsort(-pool.utilities(levers))[:width]] for pool in search.pools]


def _snapped(search: Search, levers: FloatArray) -> FloatArray:
    """Levers moved to their nearest allowed value."""
    problem = search.problem
    result: FloatArray = np.clip(levers, problem.lever_lower, problem.lever_upper)
    result[problem.lever_integer] = np.round(result[problem.lever_integer])
    for lever, menu in problem.menus.items():
        result[lever] = menu[int(np.argmin(np.abs(menu - result[lever])))]
    return result


def _refine(search: Search, relaxation: Relaxation, point: RelaxedPoint) -> bool:
    """Split the cells in which products are worst."""
    worst = float(point.error.max(initial=0.0))
    if worst <= 10 * TOLERANCE:
        return False
    refined = False
    for lever in np.flatnonzero(point.error >= 0.3 * worst)[:6]:
        refined |= relaxation.split(int(lever), float(point.levers[lever]))
    return refined
