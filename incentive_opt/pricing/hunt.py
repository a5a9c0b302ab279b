"""Finding good designs on problems too large to close: climb, implement, walk.

A climb gives prices near which good designs lie. What followers do best there becomes the intention; the
implementation problem finds prices that make it true; a walk changes the intention of one follower at a
time. Yes/no levers stay as the climb's start has them, so many starts are tried.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from incentive_opt.pricing.ascent import Climb, ascend
from incentive_opt.pricing.lever_rules import box_of_choices, project
from incentive_opt.pricing.problem import FloatArray
from incentive_opt.pricing.repair import Repair
from incentive_opt.pricing.search import Search

FIRST_CLIMBS = 8
"""Climbs from anywhere before some start from the incumbent."""

PATIENCE = 2
"""Walk steps without improvement before the walk ends."""


@dataclass
class Hunt:
    """A search for incumbents; everything random comes from ``rng``."""

    search: Search
    rng: np.random.Generator
    climbs: list[Climb] = field(default_factory=list)

    def climb(self, start: FloatArray) -> Climb | None:
        """Climb from a start, the yes/no levers as its projection on the rules has them."""
        search = self.search
        search.phase = "climb"
        search.iteration += 1
        projected = project(search, start)
        if projected is None:
            return None
        low, high = box_of_choices(search, projected)
        climb = ascend(search, np.clip(projected, low, high), low, high, self.rng)
        search.tell()
        self.climbs.append(climb)
        return climb

    def walk(self, levers: FloatArray, until: float) -> None:
        """Local search from the levers until ``until`` [s on the clock] or until no step is left."""
        search = self.search
        search.phase = "improve"
        repair = Repair(search, self.rng, levers)
        now = repair.start()
        idle = 0
        while now is not None and idle < PATIENCE and search.clock.now < until and search.time_left > 0:
            search.iteration += 1
            for index in range(len(search.pools)):
                self._tilted(index, now.levers)
            better = repair.step(now)
            idle = 0 if better is not None else idle + 1
            now = better or now

    def _tilted(self, index: int, levers: FloatArray) -> None:
        """Add what a follower would do if it cared more for the leader's aims (rows at present prices)."""
        search = self.search
        oracle = search.oracles[index]
        wish = search.merit(index, levers)
        size = float(np.max(np.abs(wish), initial=0.0))
        if size > 0.0:
            tilt = 10.0 ** self.rng.uniform(-4, 0) / size
            search.pools[index].add(oracle.reply(oracle.objective_at(levers) + tilt * wish))

    def random_start(self) -> FloatArray:
        """A start anywhere in the box, or around a contract in force."""
        problem = self.search.problem
        span = problem.lever_upper - problem.lever_lower
        if not problem.starts or self.rng.random() < 0.5:
            return np.asarray(problem.lever_lower + self.rng.random(len(span)) * span)
        scale = float(self.rng.choice([0.03, 0.1, 0.3]))
        shaken = problem.starts[0] + self.rng.normal(0, scale, len(span)) * span
        return np.clip(shaken, problem.lever_lower, problem.lever_upper)

    def perturbed(self) -> FloatArray:
        """The incumbent's levers, shaken."""
        incumbent = self.search.incumbent
        if incumbent is None:
            return self.random_start()
        problem = self.search.problem
        span = problem.lever_upper - problem.lever_lower
        scale = float(self.rng.choice([0.1, 0.2, 0.4]))
        shaken = incumbent.levers + self.rng.normal(0, scale, len(span)) * span
        return np.clip(shaken, problem.lever_lower, problem.lever_upper)


def hunt(search: Search, rng: np.random.Generator, until: float, gap: float, rounds: int = 10_000) -> None:
    """Climb and walk in turn until ``until`` [s on the clock], the gap, or the rounds.

    The first climbs start anywhere; later ones half of the time from the incumbent, shaken.
    """
    hunter = Hunt(search, rng)
    while (
        search.clock.now < until and search.time_left > 0 and search.gap > gap and search.iteration < rounds
    ):
        fresh = len(hunter.climbs) < FIRST_CLIMBS or rng.random() < 0.5
        climb = hunter.climb(hunter.random_start() if fresh else hunter.perturbed())
        if climb is not None and climb.score > search.value:
            hunter.walk(climb.levers, until)
