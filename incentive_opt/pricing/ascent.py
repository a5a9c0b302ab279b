"""Smoothed ascent: followers answer by a logit over lists, prices climb, the temperature falls.

Exact best responses make the leader's objective a staircase in the prices; a logit over responses found so
far makes it smooth. Each climb keeps lists of its own, which grow by best responses at the prices visited
and by what followers would do if they cared more for the leader's aims.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.optimize import minimize

from incentive_opt.pricing.problem import FloatArray
from incentive_opt.pricing.responses import Pool
from incentive_opt.pricing.search import Search
from incentive_opt.pricing.smooth import Smooth, live_rows

TEMPERATURES = (3e-1, 1e-1, 3e-2, 1e-2, 4e-3, 1.5e-3, 6e-4, 2e-4, 6e-5)
"""Logit temperatures, in the followers' scaled currency."""
LEGS = 30
"""At each temperature: so often lists grow, multipliers move and prices climb."""
STEPS = 6
"""Steps of a leg; many steps on one list lead to where the list, and not the follower, wants to go."""
MOST = 60
"""Responses of a follower that are kept in its list."""
FAR = 40.0
"""Temperatures below the best from which a response's share is nothing."""


@dataclass(frozen=True)
class Climb:
    """Where a climb ended: levers, the leader's value there, and by how much rows are broken (scaled)."""

    levers: FloatArray
    value: float
    violation: float

    @property
    def score(self) -> float:
        """Value less a price for broken rows, to rank climbs."""
        return self.value - 0.3 * self.violation


def ascend(
    search: Search,
    start: FloatArray,
    low: FloatArray,
    high: FloatArray,
    rng: np.random.Generator,
    temperatures: tuple[float, ...] = TEMPERATURES,
) -> Climb:
    """Climb from ``start`` inside the box; what is reached is not yet certified in any way."""
    levers = np.clip(start, low, high)
    pools = [Pool() for _ in search.pools]
    if search.incumbent is not None:
        for pool, own, choice in zip(pools, search.pools, search.incumbent.intended, strict=True):
            pool.add(own.responses[choice])
    enrich(search, pools, levers, rng)
    live = live_rows(search.problem)
    multipliers = np.zeros(len(live))
    weight = 1.0
    bounds = list(zip(low, high, strict=True))
    for temperature in temperatures:
        for _ in range(LEGS):
            if search.time_left <= 0:
                break
            pools = [pool.near(levers, FAR * temperature, MOST) for pool in pools]
            smooth = Smooth(search.problem, pools, temperature, multipliers, weight)
            found = minimize(
                smooth, levers, jac=True, method="L-BFGS-B", bounds=bounds, options={"maxiter": STEPS}
            )
            levers = np.clip(found.x, low, high)
            multipliers = smooth.push(smooth.totals(levers))
            search.prices[live] = multipliers
            enrich(search, pools, levers, rng)
        weight = min(weight * 2.5, 1000.0)
    return _ended(search, pools, levers)


def enrich(search: Search, pools: list[Pool], levers: FloatArray, rng: np.random.Generator) -> None:
    """Add best responses at the levers, plain and tilted towards the leader's aims."""
    for index, (oracle, pool) in enumerate(zip(search.oracles, pools, strict=True)):
        pool.add(oracle.best(levers, pool=pool))
        wish = search.merit(index, levers)
        size = float(np.max(np.abs(wish), initial=0.0))
        if size > 0.0:
            tilt = 10.0 ** rng.uniform(-4, -1) / size
            pool.add(oracle.reply(oracle.objective_at(levers) + tilt * wish, pool))


def _ended(search: Search, pools: list[Pool], levers: FloatArray) -> Climb:
    """Sum up a climb; responses that nearly tie there join the search's pools."""
    rows = search.problem.rules @ levers
    value = search.problem.value_constant + float(search.problem.lever_value @ levers)
    for pool, shared in zip(pools, search.pools, strict=True):
        utilities = pool.utilities(levers)
        order = np.argsort(-utilities)
        best = pool.responses[int(order[0])]
        value += best.value + float(best.value_lever @ levers)
        rows = rows + best.rows + best.row_lever @ levers
        for k in order[:12]:
            if utilities[order[0]] - utilities[k] <= 0.02:
                shared.add(pool.responses[int(k)])
    over = np.maximum(rows - search.problem.row_upper, search.problem.row_lower - rows)
    return Climb(levers, value, float(np.maximum(over, 0.0).sum()))
