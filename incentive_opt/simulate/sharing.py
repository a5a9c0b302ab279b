"""Shared savings with a minimum, limits and a quality gate: what is expected, and how a year is settled."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from incentive_opt.domain.sharing import PLAIN
from incentive_opt.simulate.assumptions import Assumptions
from incentive_opt.simulate.tally import Tally
from incentive_opt.simulate.targets import (
    RATE_TOLERANCE,
    chance_of_reaching,
    deciding_events,
    denominators,
    deviation,
)
from incentive_opt.simulate.world import FloatArray, Terms, World

TOLERANCE = 1e-6
"""Savings this little (a share of the benchmark) short of the minimum reach it [1]."""
AIMS = (0.0, 1.0, 2.0)
"""How far above each gate a practice may aim, in standard deviations of the rate there."""


@dataclass(frozen=True)
class Regime:
    """A range of savings in which a practice may mean to end the year.

    Attributes
    ----------
    low, high : float
        Savings [USD/year].
    shared : bool
        Whether a dollar more is shared there.
    aim : float or None
        For a gain with a gate: how far above each threshold it aims [standard deviations].
    """

    low: float
    high: float
    shared: bool
    aim: float | None = None


def regimes(world: World, kind: int, terms: Terms, assumptions: Assumptions) -> list[Regime]:
    """Every range; one without limits where sharing is plain."""
    rules = terms.sharing_rules
    if terms.sharing <= 0.0 or rules == PLAIN:
        return [Regime(-np.inf, np.inf, True)]
    whole = benchmark_of(world, kind, terms)
    least = rules.minimum * whole
    floor = -np.inf if rules.most_lost is None else -rules.most_lost * whole
    cap = np.inf if rules.most_gained is None else rules.most_gained * whole
    aims: tuple[float | None, ...] = (None,)
    if rules.quality_gate:
        aims = AIMS if assumptions.chance else (0.0,)
    found = [
        Regime(-np.inf, min(floor, -least), False),
        Regime(floor, -least, True),
        Regime(-least, np.inf, False),
    ]
    for aim in aims:
        found += [Regime(least, cap, True, aim), Regime(max(cap, least), np.inf, False, aim)]
    return [one for one in found if one.low <= one.high and one.low < np.inf and one.high > -np.inf]


def benchmark_of(world: World, kind: int, terms: Terms) -> float:
    """Benchmark of care elsewhere for the children who ask for a practice [USD/year]."""
    return float(terms.benchmark @ np.where(world.contracted, world.demanded[kind], 0.0))


def gates(world: World, kind: int, terms: Terms, aim: float, assumptions: Assumptions) -> dict[int, float]:
    """The rate to be aimed at on every measure that applies to a practice [1]."""
    largest = denominators(world, world.demanded[kind])
    aims = {}
    for m in np.flatnonzero((largest > 0.0) & (largest >= world.minimum_denominator)):
        threshold = float(terms.needed(world, int(m))[0])
        events = deciding_events(world, float(largest[m]), int(m)) if assumptions.chance else 0
        aims[int(m)] = min(1.0, threshold + (aim * deviation(threshold, events) if events else 0.0))
    return aims


def counted(saved: FloatArray, benchmark: FloatArray, terms: Terms, open_: FloatArray) -> FloatArray:
    """What counts of savings; ``open_`` is the share of gains that pass the gate [USD/year]."""
    rules = terms.sharing_rules
    slack, least = TOLERANCE * np.abs(benchmark), rules.minimum * benchmark
    gain = saved if rules.most_gained is None else np.minimum(saved, rules.most_gained * benchmark)
    loss = saved if rules.most_lost is None else np.maximum(saved, -rules.most_lost * benchmark)
    gained = np.where(gain > 0.0, open_ * gain, gain)
    return np.where(saved >= least - slack, gained, np.where(saved < -least - slack, loss, 0.0))


def expected_gate(
    world: World, kind: int, terms: Terms, panel: FloatArray, volume: FloatArray, assumptions: Assumptions
) -> float:
    """The chance to pass the gate, its measures taken as independent; 1 where there is none."""
    if not terms.sharing_rules.quality_gate or terms.sharing <= 0.0:
        return 1.0
    now, largest, chance = denominators(world, panel), denominators(world, world.demanded[kind]), 1.0
    for m in np.flatnonzero((largest > 0.0) & (largest >= world.minimum_denominator) & (now > 0.0)):
        measured = np.zeros(len(panel))
        measured[world.need_segment[world.measured[m]]] = 1.0
        rate = float(world.counts[m] @ (volume @ measured)) / float(now[m])
        threshold = float(terms.needed(world, int(m))[0])
        if not assumptions.chance:
            chance *= float(rate >= threshold - RATE_TOLERANCE)
        elif events := deciding_events(world, float(now[m]), int(m)):
            chance *= float(chance_of_reaching(threshold, events, np.array([rate]))[0])
    return chance


def settled_gate(world: World, terms: Terms, tally: Tally) -> FloatArray:
    """Whether each practice passed the gate in a year, array (P,): 1 or 0; too few events are not judged."""
    passed = np.ones(len(tally.kind))
    if not terms.sharing_rules.quality_gate:
        return passed
    for m in range(len(world.thresholds)):
        events = tally.denominator[:, m]
        judged = (events > 0.0) & (events >= world.minimum_denominator[m] - RATE_TOLERANCE)
        rate = np.divide(tally.numerator[:, m], events, out=np.zeros_like(events), where=events > 0.0)
        passed *= ~judged | (rate >= terms.needed(world, m)[0] - RATE_TOLERANCE)
    return passed
