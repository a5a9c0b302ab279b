"""Which of followers' answers to intend, where each has several that it likes nearly alike.

What is lost with one follower's answer, another's may make good: so combinations of them all are tried, in
the order of what they are worth to the leader at the prices of its rows, less a charge for what followers
would have to be talked into. The implementation problem says whether prices exist for one; it mostly says no,
and quickly, because an intention that known rivals forbid stays forbidden whatever else is learnt.
"""

from __future__ import annotations

import heapq
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from incentive_opt.pricing.implement import DEAREST, DONE, Implementation
from incentive_opt.pricing.lever_rules import box_of_choices
from incentive_opt.pricing.problem import FloatArray, IntArray
from incentive_opt.pricing.restricted import Design
from incentive_opt.pricing.search import TOLERANCE, Search

LISTED = 30
"""Answers of a follower that are combined: those it likes most."""
CHARGE = 1000.0
"""Charge for each unit (scaled) by which a follower likes its answer less than its best."""
LOOKED_AT, TRIED = 20_000, 60
"""Combinations that are looked at, and those of which prices are asked, at most."""
LEAST = 1e-6
"""Share of the leader's value by which a combination has to be better to be tried."""
ROUNDS = 40
"""Times that prices are found and followers asked before an intention is given up."""


@dataclass(frozen=True)
class Listed:
    """Answers of one follower, as positions in its pool, and by how much less they promise than the first."""

    positions: IntArray
    losses: FloatArray


def combine(
    search: Search,
    levers: FloatArray,
    intended: Sequence[int],
    asked: Collection[int],
    tried: set[tuple[int, ...]],
) -> bool:
    """Try combinations of answers in the pools, for levers nearby; True if one made a better design.

    Followers that are not ``asked`` keep to what is intended. What is ``tried`` is noted, not tried again.
    """
    task = Implementation(search, *box_of_choices(search, levers))
    listed = [
        _listed(search, index, levers) if index in asked else Listed(np.array([own]), np.zeros(1))
        for index, own in enumerate(intended)
    ]
    better, left = False, TRIED
    kept: dict[tuple[int, int], bool] = {}
    for chosen in _in_order(listed):
        if left <= 0 or search.time_left <= 0:
            break
        value = search.price(levers, list(chosen))
        enough = value > search.value + LEAST * max(1.0, abs(value))
        if not enough or chosen in tried:
            continue
        if all(_kept(task, pair, kept) for pair in enumerate(chosen) if pair[0] in asked):
            left -= 1
            tried.add(chosen)
            better |= search.offer(_implemented(search, task, list(chosen), levers))
    return better


def _kept(task: Implementation, pair: tuple[int, int], kept: dict[tuple[int, int], bool]) -> bool:
    """Whether a follower can be kept to an answer by itself; found out once."""
    if pair not in kept:
        kept[pair] = task.keeps(*pair)
    return kept[pair]


def _implemented(
    search: Search, task: Implementation, intended: list[int], near: FloatArray
) -> Design | None:
    """Prices for an intention, or None as soon as known rivals forbid it."""
    trial = task.trial(intended, near, DEAREST)
    for _ in range(ROUNDS):
        now = trial.solve()
        if now is None or now.violation > DONE or search.time_left <= 0:
            return None
        if search.deviations(now.levers, intended) <= TOLERANCE:
            return Design(now.levers, now.intended, now.value)
    return None


def _listed(search: Search, index: int, levers: FloatArray) -> Listed:
    """What a follower likes nearly best at the levers."""
    pool = search.pools[index]
    likings = pool.likings(levers)
    regret = likings.max() - likings
    near = np.argsort(regret)[:LISTED]
    worth = [
        one.value + float(one.value_lever @ levers) - float(search.prices[one.touched] @ one.rows_at(levers))
        for one in (pool.responses[int(k)] for k in near)
    ]
    merit = np.array(worth) - CHARGE * regret[near]
    order = np.argsort(-merit)
    return Listed(near[order], merit[order[0]] - merit[order])


def _in_order(listed: list[Listed]) -> Iterator[tuple[int, ...]]:
    """Combinations, as positions in the pools, the most promising first."""
    first = (0,) * len(listed)
    waiting, met = [(0.0, first)], {first}
    for _ in range(LOOKED_AT):
        if not waiting:
            return
        _, places = heapq.heappop(waiting)
        yield tuple(int(own.positions[place]) for own, place in zip(listed, places, strict=True))
        for index, own in enumerate(listed):
            other = (*places[:index], places[index] + 1, *places[index + 1 :])
            if other[index] < len(own.positions) and other not in met:
                met.add(other)
                loss = sum(float(one.losses[k]) for one, k in zip(listed, other, strict=True))
                heapq.heappush(waiting, (loss, other))
