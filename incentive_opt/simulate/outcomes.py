"""Compiled: what becomes of an event, met or not, and the time that care takes."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from incentive_opt.simulate.care import CLINICIAN_CONTACT, NO_CONTACT, CareTables, Rules
from incentive_opt.simulate.children import ChildTables
from incentive_opt.simulate.compiled import compiled
from incentive_opt.simulate.slots import OUTCOME, OWN, RANK, SERVE, VISIT, Children, noted
from incentive_opt.simulate.streams import WHOLE, plain, uniform, whole
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
    upto, works, ranks : array
        Its row of ``PlanTables``.
    multiples : array (2, 4)
        Of visits elsewhere and of admissions, by continuity [1].
    own : int
        Chance that a clinician's visit is with the child's own [of ``WHOLE``].
    limit, used, reserve : array (roles,)
        Time this month, what of it is spent, and what is still held open for urgent needs [minutes].
    needs : array (needs, COLUMNS)
        What is counted of each need.
    delivered : array (options, 2)
        Services, to children who do not count in a measure's rate and to those who do.
    contacts : array (2,)
        Elsewhere, and with the own clinician.
    care_elsewhere : array (2, 2)
        Mean cost of leaks and of what is not averted, without and with multiples [USD].
    """

    tables: ChildTables
    rules: Rules
    care: CareTables
    children: Children
    upto: IntArray
    works: IntArray
    ranks: FloatArray
    multiples: FloatArray
    own: int
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
        The place, among the need's options, of that for which it waits; -1 if it does not wait.
    """
    need, counts = practice.care.needs[row], practice.children.counts[child]
    practice.needs[row, counts] += 1.0
    number = need.last - need.first
    if number > 0:
        noted(drawn, 1)
    share = whole(key, SERVE)
    place = place_of(practice.upto, row, share)
    if place < number:
        if fits(practice, practice.care.options[plain(need.first + place)].minutes, need.urgent):
            deliver(practice, child, counts, row, place, share, key, drawn)
            return -1
        if need.urgent == ORDINARY:
            return place
        practice.needs[row, CROWDED_OUT] += 1.0
        missed(practice, child, row, int(share < practice.works[row, plain(place)]), key, drawn)
    else:
        missed(practice, child, row, 0, key, drawn)
    return -1


@compiled
def place_of(upto: IntArray, row: int, share: int) -> int:
    """How many of a need's options end at or below a share; four at a time, since branches cost more."""
    place = 0
    for four in range(0, upto.shape[1], 4):
        place += int(share >= upto[row, plain(four)]) + int(share >= upto[row, plain(four + 1)])
        place += int(share >= upto[row, plain(four + 2)]) + int(share >= upto[row, plain(four + 3)])
    return place


@compiled
def fits(practice: Practice, minutes: FloatArray, urgency: int) -> bool:
    """Whether every role that a service takes has the time left this month."""
    free = True
    for role in range(ROLE_COUNT):
        after = practice.used[role] + minutes[role]
        if urgency == ORDINARY:
            after += practice.reserve[role]
        free &= (minutes[role] <= 0.0) | (after <= practice.limit[role])
    return free


@compiled
def take(practice: Practice, minutes: FloatArray, urgency: int) -> None:
    """Use time; an urgent service takes it from what is held open for such."""
    for role in range(ROLE_COUNT):
        practice.used[role] += minutes[role]
        if urgency == URGENT:
            practice.reserve[role] = max(0.0, practice.reserve[role] - minutes[role])


@compiled
def deliver(
    practice: Practice,
    child: int,
    counts: int,
    row: int,
    place: int,
    share: int,
    key: np.uint64,
    drawn: IntArray | None,
) -> None:
    """Deliver a service; ``share`` is the uniform that chose it, and tells whether it works."""
    need, children = practice.care.needs[row], practice.children
    option = plain(need.first + place)
    chosen = practice.care.options[option]
    take(practice, chosen.minutes, need.urgent)
    practice.delivered[option, counts] += 1.0
    level = continuity(practice, child)
    if chosen.contact != NO_CONTACT:
        own = chosen.contact == CLINICIAN_CONTACT
        if own and practice.own < WHOLE:
            noted(drawn, 1)
            own = whole(key, OWN) < practice.own
        practice.contacts[1] += own
        children.contacts[child] += 1
        children.own[child] += own
    works = int(share < practice.works[row, plain(place)])
    effect(practice, row, works, works, level, key, drawn)


@compiled
def missed(
    practice: Practice, child: int, row: int, meant: int, key: np.uint64, drawn: IntArray | None
) -> None:
    """An event without a service: care elsewhere now, and for what care would have averted.

    ``meant`` is 1 if it was to be met effectively and there was no time: it has the rank of such events.
    """
    level = NO_SAY if child == NOBODY else continuity(practice, child)
    visits = leak(practice, row, level, key, drawn)
    if visits > 0 and child != NOBODY:
        practice.contacts[0] += visits
        practice.children.contacts[child] += visits
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
    if need.worth[plain(works)] <= 0.0:
        return
    noted(drawn, 1)
    ranks, cells = practice.ranks[row], practice.care.slopes.shape[1]
    rank = ranks[plain(meant), 0] + whole(key, RANK) * ranks[plain(meant), 1]
    slope = practice.care.slopes[plain(need.curve), plain(min(int(rank), cells - 1))]
    mean = need.worth[plain(works)] * slope
    if not works:
        plainly = mean
        mean *= practice.multiples[OF_ADMISSIONS, plain(level)]
        compare(practice, OF_ADMISSIONS, level, plainly, mean)
    by_chance(practice, row, mean, need.each[plain(works)], FAILURE + 2 * works, key, OUTCOME, drawn)


@compiled
def leak(practice: Practice, row: int, level: int, key: np.uint64, drawn: IntArray | None) -> int:
    """What an event without a service costs elsewhere; how many visits there it was."""
    need = practice.care.needs[row]
    if need.leak <= 0.0:
        return 0
    mean = need.leak * practice.multiples[OF_VISITS, plain(level)]
    compare(practice, OF_VISITS, level, need.leak, mean)
    return by_chance(practice, row, mean, need.visit, LEAK, key, VISIT, drawn)


@compiled
def compare(practice: Practice, of: int, level: int, plainly: float, mean: float) -> None:
    """Note a cost elsewhere without and with its multiple, in the year in which multiples are compared."""
    if practice.rules.compares and level != NO_SAY:
        practice.care_elsewhere[of, 0] += plainly
        practice.care_elsewhere[of, 1] += mean


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
) -> int:
    """A whole number of visits, admissions or successes by chance, with the right mean; how many.

    Where the instance does not say what one is worth, the event brings the mean itself. Events of the first
    ranks, or of children of little continuity, can bring several visits or admissions. Care can succeed only
    once: where its mean is above the worth of a success, it brings its mean.
    """
    if mean >= each and (each <= 0.0 or column == GAINED):
        practice.needs[row, plain(column)] += mean
        return 0
    noted(drawn, 1)
    share = uniform(key, purpose)
    if share * each >= mean:
        return 0
    many = 1
    if mean > each:
        many = math.ceil(mean / each - share)
    practice.needs[row, plain(column)] += many * each
    practice.needs[row, plain(column + 1)] += many
    return many
