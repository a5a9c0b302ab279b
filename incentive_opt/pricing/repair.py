"""Local search over what followers are meant to do, every step priced by the implementation problem."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from incentive_opt.pricing.implement import Implementation, Implemented
from incentive_opt.pricing.lever_rules import box_of_choices
from incentive_opt.pricing.problem import FloatArray
from incentive_opt.pricing.restricted import Design
from incentive_opt.pricing.search import TOLERANCE, Search

DONE = 1e-8
"""Violation that counts as none."""

WORTHWHILE = 5e-5
"""Share of the value by which a step must raise it."""


@dataclass
class Repair:
    """Walks from intention to intention; keeps the best design that survives the followers."""

    search: Search
    rng: np.random.Generator
    levers: FloatArray

    def __post_init__(self) -> None:
        low, high = box_of_choices(self.search, self.levers)
        self.task = Implementation(self.search, low, high)

    def settle(self, intended: list[int], near: FloatArray, rounds: int = 60) -> Implemented | None:
        """Implement an intention against followers' true best responses, not only the pools."""
        trial = self.task.trial(intended, near)
        now: Implemented | None = None
        for _ in range(rounds):
            if self.search.time_left <= 0:
                return None
            now = trial.solve()
            if now is None:
                return None
            if self.search.deviations(now.levers, intended) <= max(TOLERANCE, now.violation):
                break
        else:
            return None
        if now is not None and now.violation <= DONE:
            self.search.offer(Design(now.levers, now.intended, now.value))
        return now

    def start(self) -> Implemented | None:
        """Intend what followers do best at the levers, mended where they would rather do a rival."""
        now = self.settle(self.search.answer(self.levers), self.levers)
        for _ in range(12):
            if now is None or now.violation <= DONE or now.violation > 1e-2:
                return now
            better = self.mend(now)
            if better is None:
                return now
            now = better
        return now

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

    def alternatives(self, index: int, now: Implemented, width: int) -> list[int]:
        """What a follower might be meant to do instead: what costs it least for what the leader gains."""
        pool = self.search.pools[index]
        own = now.intended[index]
        utilities = pool.utilities(now.levers)
        loss = np.maximum(utilities[own] - utilities, 0.0)
        prices = self.search.prices
        rows = pool.stack("rows") + pool.stack("row_lever") @ now.levers
        worth = pool.stack("value") + pool.stack("value_lever") @ now.levers - rows @ prices
        score = worth - worth[own] - 2.0 * loss
        order = [int(k) for k in np.argsort(-score)[: 3 * width] if k != own and loss[k] < 0.05]
        if len(order) > width:
            picks = self.rng.choice(len(order), size=width, replace=False)
            order = [order[k] for k in sorted(picks)]
        return order

    def step(self, now: Implemented, width: int = 4) -> Implemented | None:
        """The first change of one follower that raises the merit worth mentioning, or None.

        A change that needs many rounds of deviations rarely survives them, so few are allowed.
        """
        least = now.merit + WORTHWHILE * abs(now.value) + 1e-9
        for index in self.rng.permutation(len(self.search.pools)):
            for choice in self.alternatives(int(index), now, width):
                if self.search.time_left <= 0:
                    return None
                intended = list(now.intended)
                intended[int(index)] = choice
                tried = self.task.solve(intended, now.levers)
                if tried is None or tried.merit <= least:
                    continue
                settled = self.settle(intended, tried.levers, rounds=12)
                if settled is not None and settled.merit > least:
                    return settled
        return None
