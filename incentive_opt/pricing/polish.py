"""From a design to a better one nearby: some followers are meant to do something better.

With what followers do held, prices cannot change what they do. So what is tried is another intention: for one
follower, or several, a response that the leader values more, while the others keep to theirs. What is worth
trying is what followers do at prices nearby, and what they would do if they cared a little more for the
leader's aims. The implementation problem says whether prices exist for it; it mostly says no, and quickly,
because an intention that known rivals forbid stays forbidden whatever else is learnt.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from incentive_opt.pricing.implement import DEAREST, Implementation
from incentive_opt.pricing.lever_rules import box_of_choices
from incentive_opt.pricing.problem import FloatArray
from incentive_opt.pricing.restricted import Design
from incentive_opt.pricing.search import TOLERANCE, Search

TILTS = tuple(float(tilt) for tilt in 10.0 ** np.linspace(-5.0, -0.5, 10))
"""How much of the leader's aim is mixed into a follower's to find what is nearly as good for it."""
POINTS = 40
"""Prices nearby at which followers are asked, in one round."""
NEAREST, FARTHEST = -3.0, -1.0
"""How far these are, as powers of ten of each lever's range."""
FEWEST = -1.5
"""How many levers move at least, as a power of ten of all of them."""
ASKED = 6
"""Followers that are asked in one round, where there are more."""
LEAST = 1e-6
"""Share of the leader's value by which an intention has to be better to be tried."""
DONE = 1e-8
"""Violation that counts as none."""
ROUNDS = 40
"""Times that prices are found and followers asked before an intention is given up."""


@dataclass(frozen=True)
class Swap:
    """Some followers meant to do something else: who, and the position in its pool."""

    promise: float
    instead: tuple[tuple[int, int], ...]

    def applied(self, intended: tuple[int, ...]) -> tuple[int, ...]:
        """The intention with the swap made."""
        changed = dict(self.instead)
        return tuple(changed.get(index, choice) for index, choice in enumerate(intended))


@dataclass
class Polish:
    """Improves a search's incumbent, swap by swap; yes/no levers stay as they are."""

    search: Search
    rng: np.random.Generator
    tried: set[tuple[int, ...]] = field(default_factory=set)

    def run(self, rounds: int) -> None:
        """First what followers who cared more would do, while that helps; then so many rounds nearby."""
        while self._improve(self._tilted()):
            pass
        for _ in range(rounds):
            self._improve(self._nearby())

    def _improve(self, swaps: list[Swap]) -> bool:
        """Make every swap that can be had, the most promising first; True if there was one."""
        search, found = self.search, False
        for swap in sorted(swaps, key=lambda one: -one.promise):
            design = search.incumbent
            if design is None or search.time_left <= 0:
                return False
            intended = swap.applied(design.intended)
            gain = search.price(design.levers, list(intended)) - design.value
            if intended in self.tried or gain <= LEAST * max(1.0, abs(design.value)):
                continue
            self.tried.add(intended)
            found |= search.offer(self._implemented(list(intended), design.levers))
        return found

    def _implemented(self, intended: list[int], near: FloatArray) -> Design | None:
        """Prices for an intention, or None as soon as known rivals forbid it."""
        search = self.search
        trial = Implementation(search, *box_of_choices(search, near)).trial(intended, near, DEAREST)
        for _ in range(ROUNDS):
            now = trial.solve()
            if now is None or now.violation > DONE or search.time_left <= 0:
                return None
            if search.deviations(now.levers, intended) <= TOLERANCE:
                return Design(now.levers, now.intended, now.value)
        return None

    def _asked(self) -> list[int]:
        count = len(self.search.oracles)
        return sorted(self.rng.choice(count, min(count, ASKED), replace=False).tolist())

    def _tilted(self) -> list[Swap]:
        """What some followers would do if they cared more, and more, for the leader's aims."""
        search, design = self.search, self.search.incumbent
        if design is None:
            return []
        found: dict[tuple[int, int], Swap] = {}
        for index in self._asked():
            oracle, pool = search.oracles[index], search.pools[index]
            liked, wish = oracle.liking_at(design.levers), search.merit(index, design.levers)
            size = float(np.max(np.abs(wish), initial=0.0))
            for tilt in TILTS if size > 0.0 and search.time_left > 0 else ():
                pair = index, pool.add(oracle.reply(liked + tilt / size * wish, pool, True))
                found[pair] = self._swap(design, (pair,))
        return list(found.values())

    def _nearby(self) -> list[Swap]:
        """What some followers do at prices nearby: each alone, and together."""
        search, design = self.search, self.search.incumbent
        if design is None:
            return []
        low, high = box_of_choices(search, design.levers)
        asked = self._asked()
        found: dict[tuple[tuple[int, int], ...], Swap] = {}
        for _ in range(POINTS):
            if search.time_left <= 0:
                break
            away = self._away(high - low)
            levers = np.clip(design.levers + away, low, high)
            pairs = []
            for index in asked:
                oracle, pool = search.oracles[index], search.pools[index]
                pairs.append((index, pool.add(oracle.reply(oracle.liking_at(levers), pool, True))))
            better = tuple(pair for pair in pairs if self._gain(design, (pair,)) > 0.0)
            for instead in (*((pair,) for pair in pairs), better, tuple(pairs)):
                found[instead] = self._swap(design, instead)
        return list(found.values())

    def _away(self, span: FloatArray) -> FloatArray:
        """A step in some of the levers."""
        rng, count = self.rng, len(span)
        size = 10.0 ** rng.uniform(NEAREST, FARTHEST)
        moved = rng.random(count) < 10.0 ** rng.uniform(FEWEST, 0.0)
        return np.asarray(moved * rng.normal(0.0, size, count) * span)

    def _gain(self, design: Design, instead: tuple[tuple[int, int], ...]) -> float:
        intended = Swap(0.0, instead).applied(design.intended)
        return self.search.price(design.levers, list(intended)) - design.value

    def _swap(self, design: Design, instead: tuple[tuple[int, int], ...]) -> Swap:
        """A swap; it promises the more, the less followers have to be talked into for what is gained."""
        regret = 0.0
        for index, position in instead:
            pool = self.search.pools[index]
            own, other = pool.responses[design.intended[index]], pool.responses[position]
            regret += own.liking - other.liking
            regret += float((own.liking_lever - other.liking_lever) @ design.levers)
        return Swap(self._gain(design, instead) / max(regret, 1e-9), instead)
