"""Smoothed ascent: followers answer by a logit over lists, prices climb, the temperature falls.

Exact best responses make the leader's objective a staircase in the prices; a logit over responses found so
far makes it smooth. Each climb keeps lists of its own, which grow by best responses at the prices visited
and by what followers would do if they cared more for the leader's aims.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from scipy.optimize import minimize

from incentive_opt.pricing.pool import Pool, Response
from incentive_opt.pricing.problem import FloatArray
from incentive_opt.pricing.search import Search
from incentive_opt.pricing.smooth import Smooth, live_rows

TEMPERATURES = (3e-1, 1e-1, 3e-2, 1e-2, 4e-3, 1.5e-3, 6e-4, 2e-4, 6e-5)
"""Logit temperatures, in the followers' scaled currency."""
LEGS = 30
"""At each temperature: so often lists grow, multipliers move and prices climb."""
STEPS = 6
"""Steps of a leg; many steps on one list lead to where the list, and not the follower, wants to go."""
REACH = 0.3
"""How far a leg takes a lever when hottest, as a share of its range: lists know what is near."""
MOST = 60
"""Responses of a follower that are kept in its list."""
RETREATS = 10
"""Times that broken rows are held further inside at the end of a climb."""
RETREAT = 1.3
"""How much further, as a share of what is broken."""
GROWTH = 2.5
LIGHTEST, HEAVIEST = 1.0, 1000.0
"""Weight of broken rows: by how much it grows at each temperature, its least and its most."""
KEPT = 1e-9
"""Violation of a row that counts as none."""
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
    way = _Ascent(search, np.clip(start, low, high), low, high, rng)
    way.weight = LIGHTEST
    for temperature in temperatures:
        way.legs(temperature, LEGS)
        way.weight = min(way.weight * GROWTH, HEAVIEST)
    way.retreat(temperatures[-1])
    return way.ended()


class _Ascent:
    """Where a climb stands: levers, lists of responses, prices of the leader's rows."""

    def __init__(
        self, search: Search, levers: FloatArray, low: FloatArray, high: FloatArray, rng: np.random.Generator
    ) -> None:
        self.search, self.levers, self.rng = search, levers, rng
        self.low, self.high = low, high
        self.live = live_rows(search.problem)
        self.multipliers = np.zeros(len(self.live))
        self.back = np.zeros((2, len(search.problem.row_lower)))
        self.weight = 1.0
        self.pools = [Pool() for _ in search.pools]
        if search.incumbent is not None:
            for pool, own, choice in zip(self.pools, search.pools, search.incumbent.intended, strict=True):
                pool.add(own.responses[choice])
        self.enrich()

    def legs(self, temperature: float, count: int) -> None:
        """Climb so often for some steps, each time on lists that know what followers do where it stands."""
        search, problem = self.search, self.search.problem
        upper, lower = problem.row_upper - self.back[0], problem.row_lower + self.back[1]
        held = replace(problem, row_upper=upper, row_lower=np.minimum(lower, upper))
        terms: dict[str, Any] = {"jac": True, "method": "L-BFGS-B", "options": {"maxiter": STEPS}}
        reach = REACH * (temperature / TEMPERATURES[0]) ** (1.0 / 3.0) * (self.high - self.low)
        for _ in range(count):
            if search.time_left <= 0:
                return
            self.pools = [pool.near(self.levers, FAR * temperature, MOST) for pool in self.pools]
            smooth = Smooth(held, self.pools, temperature, self.multipliers, self.weight)
            low = np.maximum(self.levers - reach, self.low)
            terms["bounds"] = list(zip(low, np.minimum(self.levers + reach, self.high), strict=True))
            found = minimize(smooth, self.levers, **terms)
            self.levers = np.clip(found.x, self.low, self.high)
            self.multipliers = smooth.push(smooth.totals(self.levers))
            search.prices[self.live] = self.multipliers
            self.enrich()

    def enrich(self) -> None:
        """Add best responses at the levers, plain and tilted towards the leader's aims."""
        search, levers = self.search, self.levers
        for index, (oracle, pool) in enumerate(zip(search.oracles, self.pools, strict=True)):
            liked = oracle.liking_at(levers)
            pool.add(oracle.reply(liked, pool, rough=True))
            wish = search.merit(index, levers)
            size = float(np.max(np.abs(wish), initial=0.0))
            if size > 0.0:
                tilt = 10.0 ** self.rng.uniform(-4, -1) / size
                pool.add(oracle.reply(liked + tilt * wish, pool, rough=True))

    def retreat(self, temperature: float) -> None:
        """Hold rows that best responses still break further inside, as long as that helps."""
        least, best = np.inf, self.levers
        for _ in range(RETREATS):
            for oracle, pool in zip(self.search.oracles, self.pools, strict=True):
                pool.add(oracle.reply(oracle.liking_at(self.levers), pool))
            over, under = self._broken(self._stands()[1])
            broken = float(over.sum() + under.sum())
            if broken < least:
                least, best = broken, self.levers
            if broken <= KEPT or broken > 2.0 * least or self.search.time_left <= 0:
                break
            self.back += RETREAT * np.array([over, under])
            self.legs(temperature, LEGS // 6)
        self.levers = best
        for oracle, pool in zip(self.search.oracles, self.pools, strict=True):
            pool.add(oracle.reply(oracle.liking_at(self.levers), pool))

    def ended(self) -> Climb:
        """Sum up the climb; responses that nearly tie where it ended join the search's pools."""
        best, rows = self._stands()
        value = self.search.problem.value_constant + float(self.search.problem.lever_value @ self.levers)
        for pool, shared, own in zip(self.pools, self.search.pools, best, strict=True):
            value += own.value + float(own.value_lever @ self.levers)
            for response in pool.near(self.levers, 0.02, 12).responses:
                shared.add(response)
        return Climb(self.levers, value, float(sum(part.sum() for part in self._broken(rows))))

    def _stands(self) -> tuple[list[Response], FloatArray]:
        """What every follower does by its list at the levers, and the leader's rows."""
        rows = self.search.problem.rules @ self.levers
        best = []
        for pool in self.pools:
            own = pool.responses[int(np.argmax(pool.likings(self.levers)))]
            rows[own.touched] += own.rows_at(self.levers)
            best.append(own)
        return best, rows

    def _broken(self, rows: FloatArray) -> tuple[FloatArray, FloatArray]:
        problem = self.search.problem
        return np.maximum(rows - problem.row_upper, 0.0), np.maximum(problem.row_lower - rows, 0.0)
