"""Compiled: what becomes of an event, met or not, and the time that care takes."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from incentive_opt.simulate.arrivals import OUTCOME, OWN, RANK, SERVE, VISIT, Children, noted
from incentive_opt.simulate.care import CLINICIAN_CONTACT, NO_CONTACT, CareTables, Rules
from incentive_opt.simulate.children import ChildTables
from incentive_opt.simulate.compiled import compiled
from incentive_opt.simulate.streams import uniform
from incentive_opt.simulate.world import FloatArray, IntArray

# Columns of what is counted of a need: events of children kept who do not or do count in a measure's rate,
# and of those turned away; events crowded out; and in pairs the sum and the number of visits elsewhere, of
# admissions, and of gains.
UNCOUNTED, COUNTED, AWAY, CROWDED_OUT, LEAK, VISITS, FAILURE, ADMISSIONS, GAINED, WORKED = range(10)
COLUMNS = 10
OF_VISITS, OF_ADMISSIONS = 0, 1
HIGH, MEDIUM, LOW, NO_SAY = range(4)
ORDINARY, URGENT = 0, 1
ROLE_COUNT = 3
NOBODY = -1  # in place of the slot of a child who is not on the panel


class Practice(NamedTuple):
    """One practice: what holds for it all year, its children, and what has happened there so far.

    Attributes
    ----------
    tables, rules, care
        As elsewhere.
    children : Children
        Those kept and those turned away.
    upto, works, effective : array
        Its row of ``PlanTables``.
    multiples : array (2, 4)
        Of visits elsewhere and of admissions, by continuity [1].
    own : float
        Chance that a clinician's visit is with the child's own [1].
    limit, used, reserve : array (roles,)
        Time this month, what of it is spent, and what is still held open for urgent needs [minutes].
    needs : array (needs, COLUMNS)
        What is counted of each need.
    delivered : array (options, 2)
        Services, to children who do not count in a measure's rate and to those who do.
    contacts : array (2,)
        All, and with the own clinician.
    care_elsewhere : array (2, 2)
        Mean cost of leaks and of what is not averted, with and without multiples [USD].
    """

    tables: ChildTables
    rules: Rules
    care: CareTables
    children: Children
    upto: FloatArray
    works: FloatArray
    effective: FloatArray
    multiples: FloatArray
    own: float
    limit: FloatArray
    used: FloatArray
    reserve: FloatArray
    needs: FloatArray
    delivered: FloatArray
    contacts: FloatArray
    care_elsewhere: FloatArray


@compiled
def met(practice: Practice, child: int, row: int, key: np.uint64, drawn: IntArray | None) -> int:
    """An event of a child on the panel: served if so meant and time is left.

    Returns
    -------
    int
        The option for which it waits; -1 if it does not wait.
    """
    need, counts = practice.care.needs[row], practice.children.counts[child]
    practice.needs[row, counts] += 1.0
    option, last = need.first, need.last
    if option < last:
        noted(drawn, 1)
    share = uniform(key, SERVE)
    for other in range(option, last):  # no early end: a loop of known length is faster
        option += share >= practice.upto[other]
    if option < last:
        if fits(practice, option, ORDINARY if need.can_wait else URGENT):
            deliver(practice, child, counts, option, share, key, drawn)
            return -1
        if need.can_wait:
            return int(option)
        practice.needs[row, CROWDED_OUT] += 1.0
        missed(practice, child, row, int(share < practice.works[option]), key, drawn)
    else:
        missed(practice, child, row, 0, key, drawn)
    return -1


@compiled
def fits(practice: Practice, option: int, urgency: int) -> bool:
    """Whether every role that a service takes has the time left this month."""
    minutes, free = practice.care.options[option].minutes, True
    for role in range(ROLE_COUNT):
        after = practice.used[role] + minutes[role]
        if urgency == ORDINARY:
            after += practice.reserve[role]
        free &= (minutes[role] <= 0.0) | (after <= practice.limit[role])
    return free


@compiled
def deliver(
    practice: Practice,
    child: int,
    counts: int,
    option: int,
    share: float,
    key: np.uint64,
    drawn: IntArray | None,
) -> None:
    """Deliver a service; ``share`` is the uniform that chose it, and tells whether it works."""
    chosen = practice.care.options[option]
    urgent = practice.care.needs[chosen.need].can_wait == 0
    for role in range(ROLE_COUNT):
        practice.used[role] += chosen.minutes[role]
        if urgent:
            practice.reserve[role] = max(0.0, practice.reserve[role] - chosen.minutes[role])
    practice.delivered[option, counts] += 1.0
    level = continuity(practice, child)
    if chosen.contact != NO_CONTACT:
        own = chosen.contact == CLINICIAN_CONTACT
        if own and practice.own < 1.0:
            noted(drawn, 1)
            own = uniform(key, OWN) < practice.own
        practice.contacts[0] += 1.0
        practice.contacts[1] += own
        practice.children.contacts[child] += 1
        practice.children.own[child] += own
    works = int(share < practice.works[option])
    effect(practice, chosen.need, works, works, level, key, drawn)


@compiled
def missed(
    practice: Practice, child: int, row: int, meant: int, key: np.uint64, drawn: IntArray | None
) -> None:
    """An event without a service: care elsewhere now, and for what care would have averted.

    ``meant`` is 1 if it was to be met effectively and there was no time: it has the rank of such events.
    """
    level = NO_SAY if child == NOBODY else continuity(practice, child)
    if leak(practice, row, level, key, drawn) and child != NOBODY:
        practice.contacts[0] += 1.0
        practice.children.contacts[child] += 1
    effect(practice, row, 0, meant, level, key, drawn)


@compiled
def turned_away(practice: Practice, row: int, key: np.uint64, drawn: IntArray | None) -> None:
    """An event of a child who is not kept: as one without a service, of any rank."""
    practice.needs[row, AWAY] += 1.0
    leak(practice, row, NO_SAY, key, drawn)
    need = practice.care.needs[row]
    if need.worth[0] > 0.0:
        by_chance(practice, row, need.worth[0], need.each[0], FAILURE, key, OUTCOME, drawn)


@compiled
def continuity(practice: Practice, child: int) -> int:
    """How far a child has seen its own clinician this year."""
    contacts, own = float(practice.children.contacts[child]), float(practice.children.own[child])
    if contacts < 2.0 or own >= practice.rules.high * contacts:
        return HIGH
    return LOW if own < practice.rules.low * contacts else MEDIUM


@compiled
def effect(
    practice: Practice, row: int, works: int, meant: int, level: int, key: np.uint64, drawn: IntArray | None
) -> None:
    """Health from an event met effectively, or care elsewhere after one that was not.

    Events are ranked by what care does for them; care is meant for those of the first ranks.
    """
    need = practice.care.needs[row]
    if need.worth[works] <= 0.0:
        return
    noted(drawn, 1)
    reached = practice.effective[row]
    from_rank, ranks = (0.0, reached) if meant else (reached, 1.0 - reached)
    mean = need.worth[works] * slope_at(practice.care, row, from_rank + uniform(key, RANK) * ranks)
    if not works and level != NO_SAY:
        practice.care_elsewhere[OF_ADMISSIONS, 1] += mean
        mean *= practice.multiples[OF_ADMISSIONS, level]
        practice.care_elsewhere[OF_ADMISSIONS, 0] += mean
    by_chance(practice, row, mean, need.each[works], FAILURE + 2 * works, key, OUTCOME, drawn)


@compiled
def leak(practice: Practice, row: int, level: int, key: np.uint64, drawn: IntArray | None) -> bool:
    """What an event without a service costs elsewhere; whether it was a visit there."""
    need = practice.care.needs[row]
    if need.leak <= 0.0:
        return False
    mean = need.leak * practice.multiples[OF_VISITS, level]
    if level != NO_SAY:
        practice.care_elsewhere[OF_VISITS, 0] += mean
        practice.care_elsewhere[OF_VISITS, 1] += need.leak
    return by_chance(practice, row, mean, need.visit, LEAK, key, VISIT, drawn)


@compiled
def by_chance(
    practice: Practice,
    row: int,
    mean: float,
    each: float,
    column: int,
    key: np.uint64,
    purpose: int,
    drawn: IntArray | None,
) -> bool:
    """All of a sum by chance, or its mean where all is less than that or not given."""
    if each <= 0.0 or mean > each:
        practice.needs[row, column] += mean
        return False
    noted(drawn, 1)
    if uniform(key, purpose) * each >= mean:
        return False
    practice.needs[row, column] += each
    practice.needs[row, column + 1] += 1.0
    return True


@compiled
def slope_at(care: CareTables, row: int, rank: float) -> float:
    """Slope of a need's curve at a rank from 0 to 1."""
    cells = care.slopes.shape[1]
    return float(care.slopes[row, min(int(rank * cells), cells - 1)])
