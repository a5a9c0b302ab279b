"""From the end of a climb to a design: what followers do there, and prices that make them keep to it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from incentive_opt.pricing.implement import DONE, Implementation, Implemented
from incentive_opt.pricing.lever_rules import box_of_choices
from incentive_opt.pricing.problem import FloatArray
from incentive_opt.pricing.restricted import Design
from incentive_opt.pricing.search import TOLERANCE, Search

SWAPS = 8
"""Times that all followers at once are meant to do what tempts them."""
MENDS = 12
"""Times that one follower is."""
PATIENCE = 20
"""Times in all, for each follower, that they are asked whether they keep to prices: most intentions of three
followers need one to ten."""


@dataclass
class Repair:
    """Mends intentions; keeps the best design that survives the followers."""

    search: Search
    levers: FloatArray
    asked: int = 0

    def __post_init__(self) -> None:
        low, high = box_of_choices(self.search, self.levers)
        self.task = Implementation(self.search, low, high)

    def settle(self, intended: list[int], near: FloatArray, rounds: int = 60) -> Implemented | None:
        """Implement an intention against followers' true best responses, not only the pools."""
        trial = self.task.trial(intended, near)
        now: Implemented | None = None
        for _ in range(rounds):
            if self.search.time_left <= 0 or self.asked >= PATIENCE * len(self.search.pools):
                return None
            self.asked += 1
            now = trial.solve()
            if now is None:
                return None
            if self.search.deviations(now.levers, intended) <= now.violation + TOLERANCE:
                break
        else:
            return None
        if now is not None and now.violation <= DONE:
            self.search.offer(Design(now.levers, now.intended, now.value))
        return now

    def start(self, intended: list[int] | None = None) -> Implemented | None:
        """Intend this, or what followers do best at the levers, mended where they would rather do a rival."""
        now = self.settle(intended or self.search.liked(self.levers), self.levers)
        for _ in range(SWAPS):
            if now is None or now.violation <= DONE or now.violation > 1e-2:
                return now
            swapped = self.settle(self._tempted(now), now.levers)
            if swapped is None or swapped.violation > 0.9 * now.violation:
                break
            now = swapped
        for _ in range(MENDS):
            if now is None or now.violation <= DONE:
                return now
            better = self.mend(now)
            if better is None:
                return now
            now = better
        return now

    def _tempted(self, now: Implemented) -> list[int]:
        """The intention with every follower that cannot be kept from a rival meant to do the rival."""
        intended = list(now.intended)
        for index in np.flatnonzero(now.envy > DONE):
            intended[index] = (self.rivals(int(index), now, 1) or [intended[index]])[0]
        return intended

    def mend(self, now: Implemented) -> Implemented | None:
        """Intend instead, for one follower that cannot be kept from it, what it prefers.

        Some ties no price can break: two ways of working with the same features. The one that followers
        slip into is then the one to intend.
        """
        for index in np.argsort(-now.envy):
            if now.envy[index] <= DONE:
                return None
            for rival in self.rivals(int(index), now, 4):
                intended = list(now.intended)
                intended[int(index)] = rival
                tried = self.settle(intended, now.levers)
                if tried is not None and tried.violation < 0.7 * now.violation:
                    return tried
        return None

    def rivals(self, index: int, now: Implemented, width: int) -> list[int]:
        """The responses that a follower most nearly prefers, in any direction of harm."""
        pool = self.search.pools[index]
        own = now.intended[index]
        utilities = pool.utilities(now.levers)
        best = utilities - utilities[own]
        harm = pool.stack("harm") + pool.stack("harm_lever") @ now.levers
        for d in range(harm.shape[1]):
            best = np.maximum(best, utilities - utilities[own] + harm[:, d] - harm[own, d])
        return [int(k) for k in np.argsort(-best)[: width + 1] if k != own][:width]
