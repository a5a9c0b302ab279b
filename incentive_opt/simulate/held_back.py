"""Today's fees held back until a measure's tiers are attained: expected back, and returned by a year."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from incentive_opt.simulate.assumptions import Assumptions
from incentive_opt.simulate.tally import Tally
from incentive_opt.simulate.targets import (
    RATE_TOLERANCE,
    Reward,
    deciding_events,
    denominators,
    deviation,
    expected_reward,
    reward_of,
)
from incentive_opt.simulate.world import FloatArray, Terms, World

AIMS = (0.0, 1.0, 2.0, 3.0)
"""How far above a threshold a practice may aim, in standard deviations of the rate there."""

Parts = tuple[tuple[float, float], ...]
"""Thresholds, and the part of what is held back that each returns [1]."""


def parts_of(world: World, terms: Terms, measure: int) -> Parts:
    """The equal parts that a measure's tiers return; none where nothing is held back on it."""
    thresholds = terms.needed(world, measure)
    if terms.withheld[measure] <= 0.0:
        return ()
    return tuple((float(threshold), 1.0 / len(thresholds)) for threshold in thresholds)


@dataclass(frozen=True, eq=False)
class HeldReward(Reward):
    """A measure's bonus, and the part returned of what is held back on it, at rates worth aiming at.

    Attributes
    ----------
    share : float
        Of today's fees, what is held back on the measure [1].
    parts : Parts
    returned : array (points,)
        Part of it that may be expected back at each of the rates; never falling [1].
    """

    share: float
    parts: Parts
    returned: FloatArray

    def part(self, rate: float) -> float:
        """The part that may be expected back at any rate [1]."""
        if self.events is None:
            place = int(np.searchsorted(self.rates, rate + RATE_TOLERANCE, side="right")) - 1
            return float(self.returned[max(0, place)])
        return float(np.interp(rate, self.rates, self.returned))

    def near(self, rate: float) -> HeldReward:
        """The one step on which a rate lies; for bonuses and parts that come for sure."""
        at = max(0, int(np.searchsorted(self.rates, rate + RATE_TOLERANCE, side="right")) - 1)
        one = slice(at, at + 1)
        return replace(self, rates=self.rates[one], values=self.values[one], returned=self.returned[one])

    def like_a_bonus(self, claims: float) -> Reward:
        """The bonus that changes as much with the rate as bonus and part together do.

        Parameters
        ----------
        claims : float
            At today's fees, for each denominator event [USD/event].
        """
        usd = dict(self.tiers)
        for threshold, part in self.parts:
            usd[threshold] = usd.get(threshold, 0.0) + self.share * part * claims
        return reward_of(tuple(sorted(usd.items())), self.events)


def held_reward(
    tiers: tuple[tuple[float, float], ...], parts: Parts, share: float, events: int | None
) -> HeldReward:
    """Bonus and part returned, at the rates worth aiming at for either."""
    rates = [float(rate) for rate in reward_of(tiers, events).rates]
    if events is None:
        rates += [threshold for threshold, _ in parts]
    elif events > 0:
        rates += [round(t + z * deviation(t, events), 7) for t, _ in parts for z in AIMS]
    places = np.array(sorted({float(rate) for rate in rates if 0.0 <= rate <= 1.0}))
    # Too few to be judged by: nothing is held back.
    returned = np.ones(len(places)) if events == 0 else expected_reward(parts, events, places)
    return HeldReward(tiers, events, places, expected_reward(tiers, events, places), share, parts, returned)


def kept_back(rewards: Mapping[int, Reward], parts: Mapping[int, float]) -> float:
    """Share of today's fees that is not returned, when each measure returns its part [1]."""
    held = ((reward.share, parts[m]) for m, reward in rewards.items() if isinstance(reward, HeldReward))
    return sum(share * (1.0 - part) for share, part in held)


def expected_withheld(
    world: World, kind: int, terms: Terms, panel: FloatArray, volume: FloatArray, assumptions: Assumptions
) -> float:
    """What a practice may expect not to get back; never above zero [USD/year]."""
    if not terms.withheld.any():
        return 0.0
    claims = float(volume[:, world.contracted].sum(axis=1) @ world.status_quo_fee)
    now, largest = denominators(world, panel), denominators(world, world.demanded[kind])
    lost = 0.0
    for measure in np.flatnonzero(terms.withheld > 0.0):
        denominator = float(now[measure])
        events = deciding_events(world, denominator, int(measure)) if assumptions.chance else None
        unjudged = largest[measure] <= 0.0 or largest[measure] < world.minimum_denominator[measure]
        if unjudged or denominator <= 0.0 or events == 0:
            continue
        measured = np.zeros(len(panel))
        measured[world.need_segment[world.measured[measure]]] = 1.0
        rate = float(world.counts[measure] @ (volume @ measured)) / denominator
        back = reward_of(parts_of(world, terms, int(measure)), events)(rate)
        lost += float(terms.withheld[measure]) * (1.0 - back)
    return -lost * claims


def settled_withheld(world: World, terms: Terms, tally: Tally, claims: FloatArray) -> FloatArray:
    """What a year keeps of each practice's claims at today's fees, array (P,), not above zero [USD/year]."""
    lost = np.zeros(len(claims))
    for measure in np.flatnonzero(terms.withheld > 0.0):
        events = tally.denominator[:, measure]
        judged = (events > 0.0) & (events >= world.minimum_denominator[measure] - RATE_TOLERANCE)
        rate = np.divide(tally.numerator[:, measure], events, out=np.zeros_like(events), where=events > 0.0)
        reached = rate[:, None] >= terms.needed(world, int(measure))[None, :] - RATE_TOLERANCE
        lost += terms.withheld[measure] * np.where(judged, 1.0 - reached.mean(axis=1), 0.0)
    return np.asarray(-lost * claims)
