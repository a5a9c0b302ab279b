"""Compiled: children joining a practice, and in which months something arises in which of them."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from incentive_opt.simulate.care import RecordArray, Rules
from incentive_opt.simulate.children import FRACTION, ChildTables
from incentive_opt.simulate.compiled import compiled
from incentive_opt.simulate.streams import STEP, WordArray, mixed, uniform, unit, word_of
from incentive_opt.simulate.world import MONTHS, IntArray

NEVER = 255

# Numbers of a child's draws: a month's in steps of MONTH, an event's in steps of EVENT, then by purpose.
MONTH, EVENT = 1 << 20, 1 << 3
SERVE, RANK, OUTCOME, OWN, VISIT, WHICH, NUMBER = range(7)
SCHEDULED = 1 << 15  # number of the first scheduled event of a month; random ones are below
SCHEDULED_NEED = 1 << 7  # scheduled events of one need in a month are below this
MOST_RANDOM = 600  # in a month; at the highest rate there may be, more have no chance that a double can show
OF_CHILD = 15 * MONTH
CLASS, LEAVE, NEXT_CHILD, PHASE = OF_CHILD, OF_CHILD + 1, OF_CHILD + 2, OF_CHILD + 8
GIVE_UP = 1 << 24  # in steps of months
BY_12 = np.uint64(12)


ARISEN = np.dtype([("key", "u8"), ("child", "u4"), ("row", "u4")])
"""A need that arises: the key of its draws, the child's slot and the row of the need."""


class Children(NamedTuple):
    """The children of one practice: who is in each slot now.

    Attributes
    ----------
    key : uint64 array (slots,)
        From which all the child's draws come.
    kind : uint32 array (slots,)
        Class of rates.
    wake : uint8 array (slots,)
        Month in which the child leaves its slot to another or has a scheduled need, whichever is first.
    joined, leaves : uint8 array (slots,)
        First and last month on the panel; ``NEVER`` if it stays all year.
    counts : uint8 array (slots,)
        Whether the child counts in a measure's rate.
    contacts, own : uint16 array (slots,)
        Contacts this year, and those with the own clinician.
    due : uint8 array (slots, most scheduled rows)
        Month in which each scheduled need is due next.
    """

    key: WordArray
    kind: npt.NDArray[np.uint32]
    wake: npt.NDArray[np.uint8]
    joined: npt.NDArray[np.uint8]
    leaves: npt.NDArray[np.uint8]
    counts: npt.NDArray[np.uint8]
    contacts: npt.NDArray[np.uint16]
    own: npt.NDArray[np.uint16]
    due: npt.NDArray[np.uint8]


@compiled
def noted(drawn: IntArray | None, number: int) -> None:
    """Count uniforms, in the run that counts them."""
    if drawn is not None:
        drawn[0] += number


@compiled
def phase_of(key: np.uint64, place: int) -> int:
    """How far a child is on the way to a scheduled need as the year begins, in steps of ``FRACTION``."""
    return int(word_of(key, PHASE + place) >> BY_12)


@compiled
def next_due(phase: int, rate: int, seen: int) -> int:
    """Month in which a scheduled need is due that ``seen`` went before; the rate in ``FRACTION`` a month.

    It is due in the month in which phase + months x rate reaches the next whole number. Whole numbers
    throughout, so that over children of all phases it arises as often as its rate says, and not a bit less.
    """
    target = (seen + 1) << FRACTION
    if phase + MONTHS * rate < target:
        return NEVER
    return int(np.uint64(target - phase - 1) // np.uint64(rate))


@compiled
def class_of(tables: ChildTables, segment: int, key: np.uint64, drawn: IntArray | None) -> int:
    """Class of a child, from the segment's alias table."""
    first = tables.class_start[segment]
    number = tables.class_start[segment + 1] - first
    if number == 1:
        return int(first)
    noted(drawn, 1)
    place = uniform(key, CLASS) * number
    at = int(place)
    kind = first + at
    return int(kind if place - at < tables.class_accept[kind] else tables.class_other[kind])


@compiled
def need_of(tables: ChildTables, segment: int, month: int, kind: int, key: np.uint64) -> int:
    """Row of the need of a random event with this key."""
    first = tables.random_start[segment]
    place = uniform(key, WHICH) * (tables.random_start[segment + 1] - first)
    at = int(place)
    if place - at >= tables.need_accept[month, kind, at]:
        at = int(tables.need_other[month, kind, at])
    return int(tables.random_row[first + at])


@compiled
def last_month(rules: Rules, key: np.uint64, month: int, drawn: IntArray | None) -> int:
    """Last month on the panel of a child that joins in a month."""
    chances = MONTHS - 1 - month  # leaving at the end of the last month is of no matter this year
    if rules.leaving <= 0.0 or chances == 0:
        return NEVER
    noted(drawn, 1)
    stayed = uniform(key, LEAVE)
    if stayed < rules.stay[chances - 1]:
        return NEVER
    last = month
    while stayed < rules.stay[last - month]:
        last += 1
    return last


@compiled
def join(
    children: Children,
    tables: ChildTables,
    rules: Rules,
    child: int,
    segment: int,
    month: int,
    drawn: IntArray | None,
) -> None:
    """Fill a slot with the child of its key, who joins in a month."""
    key = children.key[child]
    kind = class_of(tables, segment, key, drawn)
    leaves = last_month(rules, key, month, drawn)
    children.kind[child] = kind
    children.joined[child] = month
    children.leaves[child] = leaves
    months = (MONTHS if leaves == NEVER else leaves + 1) - month
    children.counts[child] = 1 if months >= rules.continuous else 0
    children.contacts[child] = 0
    children.own[child] = 0
    wake = NEVER if leaves == NEVER else leaves + 1
    for place in range(tables.scheduled_start[segment + 1] - tables.scheduled_start[segment]):
        rate, due = tables.due[kind, place], NEVER
        if rate > 0:
            noted(drawn, 1)
            phase = phase_of(key, place)
            due = next_due(phase, rate, (phase + month * rate) >> FRACTION)
        children.due[child, place] = due
        wake = min(wake, due)
    children.wake[child] = wake


@compiled
def random_number(tables: ChildTables, kind: int, month: int, key: np.uint64) -> int:
    """How many random needs arise in a child in a month: a Poisson variable, from its one uniform."""
    word = word_of(key, month * MONTH + NUMBER)
    if word < tables.none_below[month, kind]:
        return 0
    return poisson(unit(word), tables.rate[month, kind], tables.none[month, kind])


@compiled
def poisson(share: float, rate: float, none: float) -> int:
    """The Poisson variable below or at which a share of the chance lies."""
    number, chance, total = 0, none, none
    while share >= total and number < MOST_RANDOM:
        number += 1
        chance *= rate / number
        total += chance
    return number


@compiled
def replace(
    children: Children,
    tables: ChildTables,
    rules: Rules,
    child: int,
    segment: int,
    month: int,
    drawn: IntArray | None,
) -> None:
    """Fill the slot of a child who left at the end of last month."""
    children.key[child] = mixed(children.key[child] + np.uint64(NEXT_CHILD) * STEP)
    join(children, tables, rules, child, segment, month, drawn)


@compiled
def listed(
    children: Children,
    tables: ChildTables,
    first: int,
    last: int,
    month: int,
    found: npt.NDArray[np.int32],
    fires: npt.NDArray[np.uint8],
    drawn: IntArray | None,
) -> int:
    """List the slots from first to before last in which something arises; how many there are.

    The first loop has no branches, so that it runs on several children at once.
    """
    offset, quiet = np.uint64(month * MONTH + NUMBER) * STEP, tables.none_below[month]
    key, kind, wake = children.key[first:last], children.kind[first:last], children.wake[first:last]
    for place in range(last - first):
        fires[place] = np.uint8(mixed(key[place] + offset) >= quiet[kind[place]])
    for place in range(last - first):
        fires[place] |= np.uint8(wake[place] == month)
    noted(drawn, last - first)
    number = 0
    for place in range(last - first):
        found[number] = first + place
        number += fires[place]
    return number


@compiled
def arising(
    children: Children,
    tables: ChildTables,
    rules: Rules,
    child: int,
    segment: int,
    month: int,
    events: RecordArray,
    number: int,
    drawn: IntArray | None,
) -> int:
    """Write what arises in a child this month to ``events`` from ``number`` on; how many there are then."""
    if children.wake[child] == month:
        if children.leaves[child] + 1 == month:
            replace(children, tables, rules, child, segment, month, drawn)
        number = scheduled(children, tables, child, segment, month, events, number)
    key, kind = children.key[child], children.kind[child]
    for event in range(random_number(tables, kind, month, key)):
        noted(drawn, 1)
        one, own = events[number], event_key(key, month, event)
        one.key, one.child, one.row = own, child, need_of(tables, segment, month, kind, own)
        number += 1
    return number


@compiled
def scheduled(
    children: Children,
    tables: ChildTables,
    child: int,
    segment: int,
    month: int,
    events: RecordArray,
    number: int,
) -> int:
    """Write the scheduled needs of a child this month, and see when it has the next."""
    key, start = children.key[child], tables.scheduled_start[segment]
    wake = NEVER if children.leaves[child] == NEVER else children.leaves[child] + 1
    for place in range(tables.scheduled_start[segment + 1] - start):
        if children.due[child, place] == month:
            rate, phase = tables.due[children.kind[child], place], phase_of(key, place)
            seen = (phase + month * rate) >> FRACTION
            until = (phase + (month + 1) * rate) >> FRACTION
            first = SCHEDULED + place * SCHEDULED_NEED - seen
            for time in range(seen, until):
                one = events[number]
                one.key, one.child = event_key(key, month, first + time), child
                one.row = tables.scheduled_row[start + place]
                number += 1
            children.due[child, place] = next_due(phase, rate, until)
        wake = min(wake, int(children.due[child, place]))
    children.wake[child] = wake
    return number


@compiled
def event_key(key: np.uint64, month: int, number: int) -> np.uint64:
    """The key of a child's event: its uniforms are numbered by purpose."""
    return key + np.uint64(month * MONTH + number * EVENT) * STEP
