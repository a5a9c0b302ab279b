"""Smoothed ascent: followers answer by a logit over lists, prices climb, the temperature falls.

Exact best responses make the leader's objective a staircase in the prices; a logit over responses found so
far makes it smooth. Each climb keeps lists of its own, which grow by best responses at the prices visited
and by what followers would do if they cared more for the leader's aims.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from scipy.optimize import minimize

from incentive_opt.pricing.lever_rules import box_of_choices, project
from incentive_opt.pricing.pool import Pool, Response
from incentive_opt.pricing.problem import FloatArray, PricingProblem
from incentive_opt.pricing.responses import make_oracles
from incentive_opt.pricing.search import Search
from incentive_opt.pricing.smooth import Smooth, live_rows
from incentive_opt.pricing.survey import ask

TEMPERATURES = (3e-1, 1e-1, 3e-2, 1e-2, 4e-3, 1.5e-3, 6e-4, 2e-4, 6e-5)
"""Logit temperatures, in the followers' scaled currency."""
HOT_LEGS, LEGS = 12, 30
"""At each temperature, while it is hot and then: so often lists grow and prices climb."""
UNCHANGED = 5
"""Legs in a row after which a temperature is left, if every follower does as before and rows are kept."""
STEPS = 6
"""Steps of a leg; many steps on one list lead to where the list, and not the follower, wants to go."""
REACH = 0.3
"""How far a leg takes a lever when hottest, as a share of its range: lists know what is near."""
SHORTER, LONGER, SHORTEST = 0.5, 2.0, 0.01
"""A leg that led astray is taken back, and the next goes so much less far; after one that did not it goes so
much farther, up to ``REACH``. With less than the last, as a share of it, the temperature is left."""
SCOUTS = 20
"""Points about the levers, within the first leg's box, at which followers are asked before a temperature."""
ASKED = 40
"""Followers asked anew at each leg, where there are more."""
SHORT = 0.05
"""Temperatures by which what joins a list may fall short of a best response."""
HOT_MOST, MOST = 300, 60
"""Responses of a follower that are kept in its list, while it is hot and then."""
STALE = 3
"""Times that broken rows are held further inside at the end of a climb while they stay broken."""
RETREAT = 1.3
"""How much further, as a share of what is broken."""
LIGHTEST, HEAVIEST = 1.0, 1e5
"""Weight of broken rows: its least and its most."""
GROWTH, HARDER = 2.5, 8.0
"""By how much the weight grows at each temperature, and where rows stay broken."""
STUBBORN, SLIGHT = 0.5, 1e-3
"""Rows stay broken if more than this share of what was broken still is, unless it is slight."""
MOVE = 0.2
"""Share of the way that multipliers go at each leg: all of it, on lists that are not right yet, runs away."""
KEPT = 1e-9
"""Violation of a row that counts as none."""
COLD = 5e-3
"""Temperature below which it is no longer hot: whole numbers in best responses are searched, not rounded."""
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
    rng: np.random.Generator,
    temperatures: tuple[float, ...] = TEMPERATURES,
    held: bool = False,
    known: Sequence[Pool] = (),
    least: tuple[float, float] = (-np.inf, -np.inf),
    prices: FloatArray | None = None,
) -> list[Climb]:
    """Climb from ``start``: where each cold temperature ended, the last first; nothing is certified yet.

    At the coldest a follower that is pushed over the edge of a tie stays there, so that a warmer end may be
    the better.

    Yes/no levers stay as they are in the levers nearest to the start that keep their rules; where ``held``,
    as the start, which keeps them, has them. Lists begin with what is ``known`` of each follower, the
    leader's rows with their ``prices`` where they are known.

    Nothing if no levers keep the rules that concern levers alone, and where the climb is given up: at the
    first cold temperature if that ends with less than the one of ``least``, later with less than the other.
    """
    ends: list[Climb] = []
    way = _Ascent(search, start, rng, known)
    settled = start if held else project(search, way.pools, way.levers)
    if settled is None:
        return ends
    way.settle(settled)
    way.weight *= GROWTH ** (len(TEMPERATURES) - len(temperatures))
    if prices is not None:
        way.multipliers = prices[way.live]
    for temperature in temperatures:
        before = way.off
        if len(temperatures) < len(TEMPERATURES):
            way.scout(temperature)
        way.legs(temperature, HOT_LEGS if temperature > COLD else LEGS)
        if temperature < COLD:
            ends.append(way.stands())
            if ends[-1].score < least[min(len(ends), 2) - 1]:
                return []
        stubborn = way.off > max(SLIGHT, STUBBORN * before)
        way.weight = min(way.weight * (HARDER if stubborn else GROWTH), HEAVIEST)
    way.retreat(temperatures[-1])
    return [way.ended(), *ends]


class _Ascent:
    """Where a climb stands: levers, lists of responses, prices of the leader's rows.

    ``off`` is by how much rows that bind were missed in the last leg (scaled).
    """

    def __init__(
        self, search: Search, start: FloatArray, rng: np.random.Generator, known: Sequence[Pool] = ()
    ) -> None:
        self.search, self.rng, self.rough = search, rng, True
        self.low, self.high = search.problem.lever_lower, search.problem.lever_upper
        self.levers = np.clip(start, self.low, self.high)
        self.live = live_rows(search.problem)
        self.multipliers = np.zeros(len(self.live))
        self.back = np.zeros((2, len(search.problem.row_lower)))
        self.weight, self.off = LIGHTEST, np.inf
        self.pools = [Pool() for _ in search.pools]
        self.aside = make_oracles(search.problem, search.clock)
        if search.incumbent is not None:
            for pool, own, choice in zip(self.pools, search.pools, search.incumbent.intended, strict=True):
                pool.add(own.responses[choice])
        for pool, others in zip(self.pools, known, strict=False):
            pool.join(others)
        self.enrich()

    def settle(self, levers: FloatArray) -> None:
        """Begin at these levers; yes/no levers stay as they are there."""
        self.low, self.high = box_of_choices(self.search, levers)
        self.levers = np.clip(levers, self.low, self.high)

    def legs(self, temperature: float, count: int) -> None:
        """Climb so often for some steps, each time on lists that know what followers do where it stands.

        Less often where it has come to rest.
        """
        search, problem = self.search, self.search.problem
        upper, lower = problem.row_upper - self.back[0], problem.row_lower + self.back[1]
        held = replace(problem, row_upper=upper, row_lower=np.minimum(lower, upper))
        reach = self._reach(temperature)
        self.rough = temperature > COLD
        most = HOT_MOST if self.rough else MOST
        done: list[Response] = []
        unchanged, share = 0, 1.0
        for _ in range(count):
            if search.time_left <= 0 or unchanged == UNCHANGED or share < SHORTEST:
                return
            self.pools = [pool.near(self.levers, FAR * temperature, most) for pool in self.pools]
            smooth = self._leg(held, temperature, share * reach)
            if smooth is None:
                share *= SHORTER
                continue
            share = min(1.0, LONGER * share)
            pushed = smooth.push(smooth.totals(self.levers))
            change = pushed - self.multipliers
            self.off = float(np.abs(change[pushed != 0.0]).sum()) / self.weight
            self.multipliers = self.multipliers + MOVE * change
            search.prices[self.live] = self.multipliers
            before, done = done, self._stands()[0]
            same = len(before) > 0 and all(one is other for one, other in zip(before, done, strict=True))
            unchanged = unchanged + 1 if same and not self.rough and self.off < SLIGHT else 0

    def _leg(self, held: PricingProblem, temperature: float, reach: FloatArray) -> Smooth | None:
        """Climb for some steps, and ask followers where they lead; the objective on the lists that know this.

        None if by these lists it is no better there than where the leg began, to which it then goes back.
        """

        def smooth() -> Smooth:
            return Smooth(held, self.pools, temperature, self.multipliers, self.weight)

        here = self.levers
        low, high = np.maximum(here - reach, self.low), np.minimum(here + reach, self.high)
        terms: dict[str, Any] = {"jac": True, "method": "L-BFGS-B", "options": {"maxiter": STEPS}}
        found = minimize(smooth(), here, bounds=list(zip(low, high, strict=True)), **terms)
        self.levers = np.clip(found.x, self.low, self.high)
        self.enrich(SHORT * temperature)
        after = smooth()
        if after(self.levers)[0] <= after(here)[0]:
            return after
        self.levers = here
        return None

    def scout(self, temperature: float) -> None:
        """Learn what followers do all about the levers, lest the first leg goes where lists know nothing.

        A climb from the hottest temperature does without: there its lists grow as it goes.
        """
        here, reach = self.levers, self._reach(temperature)
        for _ in range(SCOUTS):
            if self.search.time_left <= 0:
                break
            away = here + self.rng.uniform(-1.0, 1.0, len(here)) * reach
            self.levers = np.clip(away, self.low, self.high)
            self.enrich(SHORT * temperature)
        self.levers = here

    def _reach(self, temperature: float) -> FloatArray:
        """How far a leg may take each lever."""
        return np.asarray(
            REACH * (temperature / TEMPERATURES[0]) ** (1.0 / 3.0) * (self.high - self.low), dtype=float
        )

    def enrich(self, short: float = 0.0) -> None:
        """Add best responses at the levers, plain and tilted towards the leader's aims.

        Answers may fall ``short`` of the best by so much (scaled); then, of many followers only some are
        asked, drawn anew each time.
        """
        count = len(self.search.oracles)
        asked = np.arange(count)
        if short > 0.0 and count > ASKED:
            asked = self.rng.choice(count, ASKED, replace=False)
        ask(self.search, self.levers, self.rng, self.pools, self.aside, asked.tolist(), self.rough, short)

    def retreat(self, temperature: float) -> None:
        """Hold rows that best responses still break further inside, as long as that helps."""
        least, best, stale = np.inf, self.levers, 0
        while True:
            for oracle, pool in zip(self.search.oracles, self.pools, strict=True):
                pool.add(oracle.reply(oracle.liking_at(self.levers), pool))
            over, under = self._broken(self._stands()[1])
            broken = float(over.sum() + under.sum())
            stale = 0 if broken < STUBBORN * least else stale + 1
            if broken < least:
                least, best = broken, self.levers
            if broken <= KEPT or broken > 2.0 * least or stale == STALE or self.search.time_left <= 0:
                break
            self.back += RETREAT * np.array([over, under])
            self.legs(temperature, LEGS // 6)
        self.levers = best
        for oracle, pool in zip(self.search.oracles, self.pools, strict=True):
            pool.add(oracle.reply(oracle.liking_at(self.levers), pool))

    def ended(self) -> Climb:
        """Sum up the climb; responses that nearly tie where it ended join the search's pools."""
        for pool, shared in zip(self.pools, self.search.pools, strict=True):
            for response in pool.near(self.levers, 0.02, 12).responses:
                shared.add(response)
        return self.stands()

    def stands(self) -> Climb:
        """What the climb has come to, if followers did what their lists know."""
        best, rows = self._stands()
        value = self.search.problem.value_constant + float(self.search.problem.lever_value @ self.levers)
        value += sum(own.value + float(own.value_lever @ self.levers) for own in best)
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
