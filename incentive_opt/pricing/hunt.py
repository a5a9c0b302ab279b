"""Finding good designs on problems too large to close: climb, restore, then neighbourhoods.

Climbs give prices near which good designs lie; restoring them to true designs, and improving those, is
left to the restricted problem in a trust region around them, with most followers held at what they do.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from incentive_opt.pricing.ascent import TEMPERATURES, ascend, enrich
from incentive_opt.pricing.improve import box_of_choices, near_best, polish, project
from incentive_opt.pricing.problem import FloatArray
from incentive_opt.pricing.restricted import Design, IntendedLists
from incentive_opt.pricing.search import Search

COOL = (4e-3, 1e-3, 3e-4, 1e-4, 3e-5)
"""Temperatures of a climb that starts from a good point."""


@dataclass
class Hunt:
    """A search for incumbents; everything random comes from ``rng``."""

    search: Search
    rng: np.random.Generator
    radius: float = 0.1
    visited: list[FloatArray] = field(default_factory=list)

    def climb(self, start: FloatArray, first: bool = False) -> FloatArray:
        """Climb from a start (the very first one also decides which yes/no levers are worth it)."""
        search, problem = self.search, self.search.problem
        search.phase = "climb"
        levers = start
        if first:
            levers = ascend(search, levers, problem.lever_lower, problem.lever_upper, self.rng, TEMPERATURES[:4])
        projected = project(search, levers)
        if projected is None:
            return start
        low, high = box_of_choices(search, projected)
        levers = ascend(search, np.clip(projected, low, high), low, high, self.rng, COOL if first else TEMPERATURES)
        self.visited.append(levers)
        return levers

    def restore(self, levers: FloatArray, tries: int = 6) -> Design | None:
        """A true design near the levers: rows may be broken at a price until none is."""
        search = self.search
        search.phase = "restore"
        found = None
        for attempt in range(tries):
            if search.time_left <= 0:
                break
            radius = (0.03, 0.06, 0.1, 0.15, 0.2, 0.3)[min(attempt, 5)]
            design = polish(search, levers, radius, 5, time_limit=12.0, must_beat=False, elastic=1000.0)
            if design is None:
                self._widen(levers)
                continue
            search.offer(design)
            levers = design.levers
            if design.violation <= 1e-9:
                found = design
                break
            self._widen(levers)
        return found

    def _widen(self, levers: FloatArray) -> None:
        enrich(self.search, levers, self.rng)
        enrich(self.search, levers, self.rng)

    def neighbourhood(self) -> bool:
        """One step: a few followers may change what they do, prices move within the radius."""
        search = self.search
        incumbent = search.incumbent
        if incumbent is None:
            return False
        search.phase = "improve"
        search.iteration += 1
        count = len(search.pools)
        free = self.rng.choice(count, size=min(count, int(self.rng.integers(1, 4))), replace=False)
        for index in free:
            self._tilted(int(index), incumbent.levers)
        lists: IntendedLists = [[choice] for choice in incumbent.intended]
        wide = near_best(search, incumbent.levers, 9)
        for index in free:
            lists[int(index)] = wide[int(index)]
        problem = search.problem
        span = problem.lever_upper - problem.lever_lower
        reach = np.where(problem.lever_integer, span, self.radius * span)
        design = search.earn(
            lists,
            np.maximum(problem.lever_lower, incumbent.levers - reach),
            np.minimum(problem.lever_upper, incumbent.levers + reach),
            rounds=20, time_limit=8.0, gap=1e-4, nodes=500,
            cutoff=search.value + 1e-7 * max(1.0, abs(search.value)),
        )
        better = search.offer(design)
        self.radius = min(0.5, self.radius * 1.15) if better else max(0.02, self.radius * 0.97)
        return better

    def _tilted(self, index: int, levers: FloatArray) -> None:
        """What a follower would do if it cared more for the leader's aims, rows at their present prices."""
        search = self.search
        oracle, pool = search.oracles[index], search.pools[index]
        wish = search.merit(index, levers)
        size = float(np.max(np.abs(wish), initial=0.0))
        if size == 0.0:
            return
        own = oracle.objective_at(levers)
        for _ in range(3):
            pool.add(oracle.reply(own + 10.0 ** self.rng.uniform(-4, 0) / size * wish))

    def perturbed(self) -> FloatArray:
        """A start for another climb: the incumbent or a random point, shaken."""
        search, problem = self.search, self.search.problem
        span = problem.lever_upper - problem.lever_lower
        base = search.incumbent.levers if search.incumbent is not None else problem.starts[0]
        scale = float(self.rng.choice([0.05, 0.15, 0.4]))
        shaken = base + self.rng.normal(0, scale, len(span)) * span
        return np.clip(shaken, problem.lever_lower, problem.lever_upper)


def hunt(search: Search, rng: np.random.Generator, until: float, gap: float, rounds: int = 10_000) -> None:
    """Climbs and neighbourhood steps in turn until ``until`` [s on the clock], the gap, or the rounds."""
    hunter = Hunt(search, rng)
    starts = list(search.problem.starts) or [0.5 * (search.problem.lever_lower + search.problem.lever_upper)]
    hunter.restore(hunter.climb(starts[0], first=True))
    idle = 0
    while search.clock.now < until and search.time_left > 0 and search.gap > gap and search.iteration < rounds:
        if hunter.neighbourhood():
            idle = 0
            continue
        idle += 1
        if search.incumbent is None or idle > 4 + 2 * len(search.pools):
            search.iteration += 1
            hunter.restore(hunter.climb(hunter.perturbed()))
            idle = 0
