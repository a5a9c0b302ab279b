"""What a practice may expect of a measure's bonuses, by the rate at which it aims."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from incentive_opt.domain.simulation import Enrolment
from incentive_opt.simulate.world import MONTHS, FloatArray, Terms, World

RATE_TOLERANCE = 1e-6
"""A rate this little below a threshold attains it [1]."""
DEVIATIONS = np.arange(-3.0, 3.51, 0.25)
"""Rates considered around a threshold, in standard deviations of the rate there."""
AROUND, STEPS = 0.5, 16
"""Around a rate that was found, so many deviations to either side are looked at again, in so many steps."""
FLAT, APART = 1e-6, 0.05
"""Where no more than this share of the bonus is at stake nearby, the rate may fall by so much unrewarded."""
TAIL = 9.0
"""Standard deviations beyond which a binomial variable is taken not to go."""


def counted_share(enrolment: Enrolment) -> float:
    """Share of child-months on the panel of children who are there long enough in the year to be counted.

    A child who leaves is followed by another, so a year is made of stays; a stay of so many months or more
    counts.
    """
    leave, least = enrolment.leaving_per_month, enrolment.continuous_months
    months = 0.0
    for start in range(MONTHS):
        for end in range(start + least - 1, MONTHS):
            begins = leave if start else 1.0
            ends = leave if end < MONTHS - 1 else 1.0
            stay = end - start + 1
            months += stay * begins * (1.0 - leave) ** (stay - 1) * ends
    return months / MONTHS


def chance_of_reaching(threshold: float, events: int, rates: FloatArray) -> FloatArray:
    """Chance that of so many events at least the threshold's share succeed, for each rate of success."""
    needed = max(0, math.ceil(threshold * events - 1e-9))
    rate = np.clip(rates, 0.0, 1.0)
    mean, spread = events * rate, np.sqrt(events * rate * (1.0 - rate)) + 1.0
    chance = np.where((needed <= mean - TAIL * spread) | (needed == 0) | (rate >= 1.0), 1.0, 0.0)
    open_ = (np.abs(needed - mean) < TAIL * spread) & (rate > 0.0) & (rate < 1.0) & (needed > 0)
    if not open_.any() or needed > events:
        return chance
    most = min(events, int(np.max((mean + TAIL * spread)[open_])) + 1)
    successes = np.arange(needed, most + 1)
    ways = np.concatenate([[0.0], np.cumsum(np.log((events - successes[1:] + 1) / successes[1:]))])
    ways += math.lgamma(events + 1) - math.lgamma(needed + 1) - math.lgamma(events - needed + 1)
    share = rate[open_][:, None]
    logs = ways + successes * np.log(share) + (events - successes) * np.log1p(-share)
    chance[open_] = np.minimum(1.0, np.exp(logs).sum(axis=1))
    return chance


@dataclass(frozen=True, eq=False)
class Reward:
    """Expected bonus of one measure by the rate aimed at: never falling.

    Attributes
    ----------
    rates : array (points,)
        Rates worth aiming at, ascending from 0 [1].
    values : array (points,)
        Expected bonus there [USD/denominator event]. Without chance it is a step function that rises at these
        rates.
    events : int or None
        Denominator events that decide whether a tier is attained; None without chance.
    """

    tiers: tuple[tuple[float, float], ...]
    events: int | None
    rates: FloatArray
    values: FloatArray

    def __call__(self, rate: float) -> float:
        """Expected bonus at any rate [USD/denominator event]."""
        return float(expected_reward(self.tiers, self.events, np.array([rate]))[0])

    def about(self, rate: float) -> float:
        """The same from the values at hand."""
        if self.events is None:
            return float(self.values[np.searchsorted(self.rates, rate + RATE_TOLERANCE, side="right") - 1])
        return float(np.interp(rate, self.rates, self.values))

    def near(self, rate: float) -> Reward:
        """The same around a rate: at more rates, or the one step on which the rate lies."""
        if self.events is None:
            at = int(np.searchsorted(self.rates, rate + RATE_TOLERANCE, side="right")) - 1
            return Reward(self.tiers, None, self.rates[at : at + 1], self.values[at : at + 1])
        inside = min(max(rate, 0.0), 1.0)
        reach = AROUND * max((deviation(threshold, self.events) for threshold, _ in self.tiers), default=0.0)
        rates = np.linspace(max(0.0, inside - reach), min(1.0, inside + reach), STEPS + 1)
        values = expected_reward(self.tiers, self.events, rates)
        if values[-1] - values[0] <= FLAT * self.most:
            return Reward(self.tiers, self.events, np.array([max(0.0, inside - APART)]), values[:1])
        return Reward(self.tiers, self.events, rates, values)

    @property
    def most(self) -> float:
        """All tiers together [USD/denominator event]."""
        return sum(usd for _, usd in self.tiers)


def reward_of(tiers: tuple[tuple[float, float], ...], events: int | None) -> Reward:
    """Expected bonus of a measure.

    Parameters
    ----------
    tiers : tuple of (threshold, USD per denominator event)
        Those that carry money.
    events : int, optional
        Denominator events that decide by chance; None: a rate at the threshold is paid for sure.
    """
    rates = [0.0]
    if events is None:
        rates += [threshold for threshold, _ in tiers]
    else:
        for threshold, _ in tiers:
            rates += [threshold + z * deviation(threshold, events) for z in DEVIATIONS]
        rates = [round(rate, 7) for rate in [*rates, 1.0]]
    places = np.array(sorted({rate for rate in rates if 0.0 <= rate <= 1.0}))
    return Reward(tiers, events, places, expected_reward(tiers, events, places))


def deviation(rate: float, events: int) -> float:
    """Standard deviation of a rate of so many events; of one event's worth at least."""
    return max(math.sqrt(rate * (1.0 - rate) * max(events, 1)), 1.0) / max(events, 1)


def expected_reward(
    tiers: tuple[tuple[float, float], ...], events: int | None, rates: FloatArray
) -> FloatArray:
    """What tiers may be expected to bring at each rate [unit of the tiers]."""
    total = np.zeros(len(rates))
    for threshold, usd in tiers:
        if events is None:
            total += usd * (rates >= threshold - RATE_TOLERANCE)
        elif events > 0:
            total += usd * chance_of_reaching(threshold, events, rates)
    return total


def paid_tiers(world: World, terms: Terms, measure: int) -> tuple[tuple[float, float], ...]:
    """Threshold and bonus of the measure's tiers that carry money."""
    pairs = zip(terms.needed(world, measure), terms.bonuses[measure], strict=True)
    return tuple((float(threshold), float(usd)) for threshold, usd in pairs if usd > 0.0)


def denominators(world: World, panel: FloatArray) -> FloatArray:
    """Denominator events of every measure at a panel, array (measures,) [events/year]."""
    return np.asarray(world.measured @ (world.rate * panel[world.need_segment]))


def deciding_events(world: World, denominator: float, measure: int) -> int:
    """Events among children counted that decide whether a tier is attained; 0 where they are too few."""
    events = round(denominator * counted_share(world.instance.simulation.enrolment))
    return events if events >= world.minimum_denominator[measure] else 0
