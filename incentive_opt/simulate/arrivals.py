"""Compiled: which needs arise in which child in a month."""

from __future__ import annotations

from typing import Any

import numpy as np

from incentive_opt.simulate.care import RecordArray, Rules
from incentive_opt.simulate.children import FRACTION, OTHERS, OTHERS_BITS, ChildTables
from incentive_opt.simulate.compiled import compiled
from incentive_opt.simulate.slots import (
    LEAVES,
    MONTH,
    NUMBER,
    SCHEDULED,
    SCHEDULED_NEED,
    WHICH,
    Children,
    SlotArray,
    event_key,
    noted,
    phase_of,
    replace,
)
from incentive_opt.simulate.streams import (
    STEP,
    WHOLE,
    WHOLE_BITS,
    WordArray,
    mixed,
    plain,
    unit,
    whole,
    word_of,
)
from incentive_opt.simulate.world import IntArray

ARISEN = np.dtype([("key", "u8"), ("child", "u4"), ("row", "u4")])
"""A need that arises: the key of its draws, the child's slot and the row of the need."""
MOST_RANDOM = 600
"""In a month: at the highest rate there may be, more have no chance that a double can show."""
_PLACES = {2**place % 67: place for place in range(64)}
PLACE_OF_BIT = np.array([_PLACES.get(rest, 0) for rest in range(67)])
"""Place of a bit by its remainder: powers of 2 up to 2**63 all leave different ones."""


@compiled
def awake(children: Children, first: int, last: int, month: int, found: SlotArray) -> int:
    """List the slots in which a child leaves or has a scheduled need; how many there are.

    Every slot is written down, and the place is then kept or not: a branch costs more.
    """
    due, number = children.due[month, first:last], 0
    for place in range(last - first):
        found[number] = first + place
        number += due[place] != 0
    return number


@compiled
def struck(
    children: Children,
    tables: ChildTables,
    segment: int,
    first: int,
    last: int,
    month: int,
    found: SlotArray,
    words: WordArray,
    drawn: IntArray | None,
) -> int:
    """List the slots in which random needs arise; how many there are. ``words`` is for their uniforms."""
    if tables.random_start[segment] == tables.random_start[segment + 1]:
        return 0
    noted(drawn, last - first)
    key, kind = children.key[first:last], children.kind[first:last]
    offset, quiet, number = np.uint64(month * MONTH + NUMBER) * STEP, tables.none_below[month], 0
    for place in range(last - first):  # by itself, so that the processor hashes several at once
        words[place] = mixed(key[place] + offset)
    for place in range(last - first):
        found[number] = first + place
        number += words[place] >= quiet[kind[place]]
    return number


@compiled
def planned(
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
    """Write a child's scheduled needs of this month to ``events`` from ``number`` on.

    Returns
    -------
    int
        How many events there are then.
    """
    if children.due[month, child] & LEAVES:
        replace(children, tables, rules, child, segment, month, drawn)
    due: Any = np.int64(children.due[month, child]) >> 1
    start = tables.scheduled_start[segment]
    while due:
        lowest = due & -due
        due ^= lowest
        place: Any = PLACE_OF_BIT[plain(lowest) % plain(len(PLACE_OF_BIT))]
        key = event_key(children.key[child], month, SCHEDULED + place * SCHEDULED_NEED)
        one = events[plain(number)]
        one.key, one.child, one.row = key, child, tables.scheduled_row[plain(start + place)]
        number += 1
        if tables.due[children.kind[child], place] > 1 << FRACTION:
            number = again(children, tables, child, month, place, events, number)
    return number


@compiled
def again(
    children: Children,
    tables: ChildTables,
    child: int,
    month: int,
    place: int,
    events: RecordArray,
    number: int,
) -> int:
    """Write down as often as it is due a scheduled need that can be due more than once in a month."""
    rate, phase = tables.due[children.kind[child], place], phase_of(children.key[child], place)
    first = events[number - 1]
    times = ((phase + (month + 1) * rate) >> FRACTION) - ((phase + month * rate) >> FRACTION)
    for time in range(1, times):
        one = events[plain(number)]
        one.key = event_key(first.key, 0, time)
        one.child, one.row = child, first.row
        number += 1
    return number


@compiled
def unplanned(
    children: Children,
    tables: ChildTables,
    child: int,
    segment: int,
    month: int,
    events: RecordArray,
    number: int,
    drawn: IntArray | None,
) -> int:
    """Write a child's random needs of this month to ``events`` from ``number`` on.

    One is written in any case: nearly always there is one and no more.

    Returns
    -------
    int
        How many events there are then.
    """
    key, kind = children.key[child], children.kind[child]
    word = word_of(key, month * MONTH + NUMBER)
    write(tables, child, segment, month, kind, event_key(key, month, 0), events[plain(number)])
    many = 1
    if not tables.none_below[month, kind] <= word < tables.one_below[month, kind]:
        many = poisson(unit(word), tables.rate[month, kind], tables.none[month, kind])
        for event in range(1, many):
            own = event_key(key, month, event)
            write(tables, child, segment, month, kind, own, events[plain(number + event)])
    noted(drawn, many)
    return number + many


@compiled
def write(
    tables: ChildTables, child: int, segment: int, month: int, kind: int, key: np.uint64, one: Any
) -> None:
    """Write down a random need."""
    one.key, one.child, one.row = key, child, need_of(tables, segment, month, kind, key)


@compiled
def need_of(tables: ChildTables, segment: int, month: int, kind: int, key: np.uint64) -> int:
    """Row of the need of a random event with this key."""
    first = tables.random_start[segment]
    place = whole(key, WHICH) * (tables.random_start[segment + 1] - first)
    at = place >> WHOLE_BITS
    entry = tables.need_alias[month, kind, plain(at)]
    at = at if place & (WHOLE - 1) < entry >> OTHERS_BITS else entry & (OTHERS - 1)
    return int(tables.random_row[plain(first + at)])


@compiled
def poisson(share: float, rate: float, none: float) -> int:
    """The Poisson variable below or at which a share of the chance lies."""
    number, chance, total = 0, none, none
    while share >= total and number < MOST_RANDOM:
        number += 1
        chance *= rate / number
        total += chance
    return number
