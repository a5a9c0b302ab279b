"""Smoothed ascent: followers answer by a logit over their pools, prices climb, the temperature falls.

Exact best responses make the leader's objective a staircase in the prices; a logit over responses found so
far makes it smooth, with analytic gradients. Leader's rows are held by an augmented Lagrangian. Pools grow
by best responses at the prices visited, and by what followers would do if they cared more for the leader.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.optimize import minimize

from incentive_opt.pricing.problem import FloatArray, PricingProblem
from incentive_opt.pricing.responses import Pool
from incentive_opt.pricing.search import Search

TEMPERATURES = (3e-2, 1e-2, 4e-3, 1.5e-3, 6e-4, 2e-4, 6e-5)
"""Logit temperatures, in the followers' scaled currency."""


@dataclass
class Smooth:
    """Leader's smoothed objective on the present pools.

    Only rows without yes/no levers take part; the projection looks after the others.
    """

    problem: PricingProblem
    pools: list[Pool]
    temperature: float
    multipliers: FloatArray
    weight: float

    def __post_init__(self) -> None:
        rules = np.asarray(self.problem.rules.todense())
        chooses = np.any(rules[:, self.problem.lever_integer] != 0, axis=1)
        self.live = np.flatnonzero(~chooses)
        self.rules = rules[self.live]
        self.upper = self.problem.row_upper[self.live]
        self.lower = self.problem.row_lower[self.live]
        self.parts = []
        for pool in self.pools:
            rows, row_lever = pool.stack("rows")[:, self.live], pool.stack("row_lever")[:, self.live]
            touched = np.flatnonzero(np.any(rows != 0, axis=0) | np.any(row_lever != 0, axis=(0, 2)))
            self.parts.append((touched, rows[:, touched], row_lever[:, touched]))

    def __call__(self, levers: FloatArray) -> tuple[float, FloatArray]:
        """Minus the smoothed augmented objective, and its gradient."""
        problem = self.problem
        value = float(problem.lever_value @ levers)
        slope = problem.lever_value.copy()
        totals = self.rules @ levers
        choices = []
        for pool, (touched, rows, row_lever) in zip(self.pools, self.parts, strict=True):
            scores = pool.utilities(levers) / self.temperature
            share = np.exp(scores - scores.max())
            share /= share.sum()
            paid = rows + row_lever @ levers
            totals[touched] += share @ paid
            choices.append((share, paid))
        push = self.push(totals)
        for pool, (touched, _, row_lever), (share, paid) in zip(self.pools, self.parts, choices, strict=True):
            worth = pool.stack("value") + pool.stack("value_lever") @ levers
            value += float(share @ worth)
            merit = worth - paid @ push[touched]
            pull = share * (merit - share @ merit) / self.temperature
            slope += pool.stack("utility_lever").T @ pull + pool.stack("value_lever").T @ share
            slope -= np.einsum("k,krl,r->l", share, row_lever, push[touched], optimize=True)
        slope -= self.rules.T @ push
        return self._penalty(totals) - value, -slope

    def push(self, totals: FloatArray) -> FloatArray:
        """Price of each row at these totals: positive at its upper side, negative at its lower."""
        above = np.where(np.isfinite(self.upper), totals - self.upper, -np.inf) * self.weight
        below = np.where(np.isfinite(self.lower), self.lower - totals, -np.inf) * self.weight
        up = np.maximum(0.0, np.maximum(self.multipliers, 0.0) + above)
        down = np.maximum(0.0, np.maximum(-self.multipliers, 0.0) + below)
        return up - down

    def _penalty(self, totals: FloatArray) -> float:
        push = self.push(totals)
        return float((push**2 - self.multipliers**2).sum() / (2 * self.weight))

    def totals(self, levers: FloatArray) -> FloatArray:
        """Expected leader's rows at the levers."""
        totals = self.rules @ levers
        for pool, (touched, rows, row_lever) in zip(self.pools, self.parts, strict=True):
            scores = pool.utilities(levers) / self.temperature
            share = np.exp(scores - scores.max())
            share /= share.sum()
            totals[touched] += share @ (rows + row_lever @ levers)
        return totals


def ascend(
    search: Search,
    start: FloatArray,
    low: FloatArray,
    high: FloatArray,
    rng: np.random.Generator,
    temperatures: tuple[float, ...] = TEMPERATURES,
    steps: int = 60,
) -> FloatArray:
    """Climb from ``start`` inside the box; the levers reached (not yet certified in any way)."""
    levers = np.clip(start, low, high)
    enrich(search, levers, rng)
    live = Smooth(search.problem, search.pools, temperatures[0], np.zeros(0), 1.0).live
    multipliers = np.zeros(len(live))
    weight = 30.0
    for temperature in temperatures:
        for _ in range(2):
            if search.time_left <= 0:
                return levers
            smooth = Smooth(search.problem, search.pools, temperature, multipliers, weight)
            found = minimize(
                smooth, levers, jac=True, method="L-BFGS-B", bounds=list(zip(low, high, strict=True)),
                options={"maxiter": steps},
            )
            levers = np.clip(found.x, low, high)
            multipliers = smooth.push(smooth.totals(levers))
            search.prices[smooth.live] = multipliers
            enrich(search, levers, rng)
        weight = min(weight * 2.0, 2000.0)
    return levers


def enrich(search: Search, levers: FloatArray, rng: np.random.Generator) -> None:
    """Add best responses at the levers, plain and tilted towards the leader's value."""
    search.answer(levers)
    for index, (oracle, pool) in enumerate(zip(search.oracles, search.pools, strict=True)):
        wish = search.merit(index, levers)
        size = float(np.max(np.abs(wish), initial=0.0))
        if size > 0.0:
            tilt = 10.0 ** rng.uniform(-4, -1) / size
            pool.add(oracle.reply(oracle.objective_at(levers) + tilt * wish))

