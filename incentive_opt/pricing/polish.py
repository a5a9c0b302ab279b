"""From a design, or the end of a path, to a better design nearby: followers are meant to do something better.

With what followers do held, prices cannot change what they do. So what is tried is another intention. What is
worth trying is what followers do at prices nearby, and what they would do if they cared a little for the
leader's aims, or for its rows; with the whole numbers they have, and with any.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from incentive_opt.pricing.combining import combine
from incentive_opt.pricing.lever_rules import box_of_choices
from incentive_opt.pricing.problem import FloatArray
from incentive_opt.pricing.search import Search

POINTS = 20
"""Prices nearby at which followers are asked in one round, and aims that they are lent."""
AT_ENDS = 2
"""Times so many at the end of a path, where whole numbers stay as they are."""
NEAREST, FARTHEST = -4.0, -1.0
"""How far these are, as powers of ten of each lever's range."""
FEWEST = -1.5
"""How many levers move at least, as a power of ten of all of them."""
LEAST_TILT, MOST_TILT = -5.0, -1.0
"""How much of the leader's aims is mixed into a follower's own, as powers of ten."""
ASKED = 6
"""Followers that are asked in one round, where there are more."""


@dataclass
class Polish:
    """Improves a search's incumbent; yes/no levers stay as they are."""

    search: Search
    rng: np.random.Generator
    tried: set[tuple[int, ...]] = field(default_factory=set)

    def run(self, rounds: int) -> None:
        """So many rounds about the incumbent."""
        for _ in range(rounds):
            design = self.search.incumbent
            if design is None or self.search.time_left <= 0:
                return
            count = len(self.search.oracles)
            asked = sorted(self.rng.choice(count, min(count, ASKED), replace=False).tolist())
            self._ask(design.levers, asked)
            self._ask(design.levers, asked, design.intended)
            combine(self.search, design.levers, design.intended, asked, self.tried)

    def end(self, levers: FloatArray, intended: list[int]) -> None:
        """A design near the end of a path, where followers are meant to do this."""
        asked = list(range(len(intended)))
        for _ in range(AT_ENDS):
            self._ask(levers, asked, tuple(intended))
        combine(self.search, levers, intended, asked, self.tried)

    def _ask(self, levers: FloatArray, asked: list[int], intended: tuple[int, ...] | None = None) -> None:
        """Ask some followers what they do at prices nearby, and with other aims.

        Whole numbers are as intended, if that is given.
        """
        search = self.search
        low, high = box_of_choices(search, levers)
        liked = {index: search.oracles[index].liking_at(levers) for index in asked}
        aims = {index: self._aims(index, levers) for index in asked}
        for _ in range(POINTS):
            if search.time_left <= 0:
                return
            near = np.clip(levers + self._away(high - low), low, high)
            size, angle = 10.0 ** self.rng.uniform(LEAST_TILT, MOST_TILT), self.rng.uniform(0.0, 2.0 * np.pi)
            for index in asked:
                oracle, pool = search.oracles[index], search.pools[index]
                value, value_and_rows = aims[index]
                tilt = size * (np.cos(angle) * value + np.sin(angle) * value_and_rows)
                for costs in (oracle.liking_at(near), liked[index] + tilt):
                    if intended is None:
                        pool.add(oracle.reply(costs, pool, True))
                    else:
                        own = pool.responses[intended[index]].x[oracle.follower.integer]
                        pool.add(oracle.held(costs, own))

    def _away(self, span: FloatArray) -> FloatArray:
        """A step in some of the levers."""
        rng, count = self.rng, len(span)
        size = 10.0 ** rng.uniform(NEAREST, FARTHEST)
        moved = rng.random(count) < 10.0 ** rng.uniform(FEWEST, 0.0)
        return np.asarray(moved * rng.normal(0.0, size, count) * span)

    def _aims(self, index: int, levers: FloatArray) -> list[FloatArray]:
        """The leader's value, and that less its rows at their prices; each scaled to one."""
        aims = [self.search.merit(index, levers, share) for share in (0.0, 1.0)]
        return [aim / max(float(np.max(np.abs(aim), initial=0.0)), 1e-9) for aim in aims]
