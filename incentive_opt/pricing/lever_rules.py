"""Rules that concern levers alone: projection on them, and the box that yes/no choices leave."""

from __future__ import annotations

import numpy as np

from incentive_opt.pricing.columns import Builder
from incentive_opt.pricing.pool import Pool
from incentive_opt.pricing.problem import FloatArray, IntArray
from incentive_opt.pricing.search import Search


def importance(pools: list[Pool], levers: FloatArray) -> FloatArray:
    """How many scaled dollars a unit of each lever moves at the best of each pool."""
    result = np.full(len(levers), 1e-3)
    for pool in filter(len, pools):
        utilities = pool.utilities(levers)
        result += np.abs(pool.stack("utility_lever")[int(np.argmax(utilities))])
    return result


def project(
    search: Search, pools: list[Pool], levers: FloatArray, turned: int | None = None
) -> FloatArray | None:
    """The nearest levers that keep every rule that concerns levers alone, yes/no choices included.

    Near in dollars, by what followers do in their ``pools``. A yes/no lever may be ``turned``: it is then
    what it is not in ``levers``.
    """
    problem = search.problem
    weights = importance(pools, levers)
    builder = Builder()
    low, high = problem.lever_lower.copy(), problem.lever_upper.copy()
    if turned is not None:
        low[turned] = high[turned] = 1.0 - np.round(levers[turned])
    columns = builder.columns(low, high, 0.0, problem.lever_integer)
    free = np.flatnonzero(~problem.lever_integer)
    away = builder.columns(np.zeros(len(free)), np.full(len(free), np.inf), -weights[free])
    for distance, lever in zip(away, free, strict=True):
        pair = np.array([columns[lever], distance])
        builder.row(pair, np.array([1.0, -1.0]), -np.inf, levers[lever])
        builder.row(pair, np.array([1.0, 1.0]), levers[lever], np.inf)
    for gridded, menu in problem.menus.items():
        flags = builder.columns(np.zeros(len(menu)), np.ones(len(menu)), 0.0, True)
        builder.row(flags, np.ones(len(menu)), 1.0, 1.0)
        builder.row(np.append(flags, columns[gridded]), np.append(menu, -1.0), 0.0, 0.0)
    alone = lever_rows(search)
    if len(alone):
        builder.block(problem.rules[alone], columns, problem.row_lower[alone], problem.row_upper[alone])
    outcome = builder.program(search.clock).solve(time_limit=min(10.0, search.time_left), gap=1e-3)
    if outcome.x is None:
        return None
    result = np.clip(outcome.x[columns], problem.lever_lower, problem.lever_upper)
    result[problem.lever_integer] = np.round(result[problem.lever_integer])
    return result


def lever_rows(search: Search) -> IntArray:
    """Rows in which only levers stand."""
    touched = np.zeros(len(search.problem.row_lower), dtype=bool)
    for follower in search.problem.followers:
        touched |= (np.diff(follower.row_x.indptr) > 0) | (np.diff(follower.row_product.indptr) > 0)
    return np.flatnonzero(~touched)


def box_of_choices(search: Search, levers: FloatArray) -> tuple[FloatArray, FloatArray]:
    """The lever box that is left once yes/no levers, and those on a menu, stay as they are."""
    problem = search.problem
    low, high = problem.lever_lower.copy(), problem.lever_upper.copy()
    fixed = problem.lever_integer.copy()
    fixed[list(problem.menus)] = True
    low[fixed] = high[fixed] = levers[fixed]
    for row in lever_rows(search):
        entries = problem.rules[[row]].tocoo()
        data = dict(zip(entries.coords[1].tolist(), entries.data.tolist(), strict=True))
        free = [lever for lever in data if not fixed[lever]]
        if len(free) != 1:
            continue
        rest = sum(a * levers[lever] for lever, a in data.items() if fixed[lever])
        lever, slope = free[0], data[free[0]]
        ends = sorted([(problem.row_lower[row] - rest) / slope, (problem.row_upper[row] - rest) / slope])
        low[lever], high[lever] = max(low[lever], ends[0]), min(high[lever], ends[1])
    return np.minimum(low, high), np.maximum(low, high)
