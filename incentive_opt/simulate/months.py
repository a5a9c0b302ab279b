"""Compiled: a month of some children, and of those who wait."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from incentive_opt.simulate.arrivals import awake, planned, struck, unplanned
from incentive_opt.simulate.care import RecordArray
from incentive_opt.simulate.compiled import compiled
from incentive_opt.simulate.outcomes import (
    CROWDED_OUT,
    NOBODY,
    ORDINARY,
    Practice,
    deliver,
    fits,
    met,
    missed,
    turned_away,
)
from incentive_opt.simulate.slots import GIVE_UP, NEVER, SERVE, SlotArray, noted
from incentive_opt.simulate.streams import WordArray, plain, uniform, whole
from incentive_opt.simulate.world import MONTHS, IntArray

WAITING = np.dtype([("key", "u8"), ("child", "u4"), ("option", "u2"), ("until", "u1"), ("what", "u1")])
"""Who waits: the event's key, the child's slot, the service it waits for, the month from which on it waits no
more, and what of ``COUNTS`` and ``LEAVING`` holds: it counts in a measure's rate; it then has left."""
COUNTS, LEAVING = 1, 2
ROOM, MOST_OF_A_CHILD = 2048, 1024
"""Events that are handled together, and at most arise in one child in a month."""


class Room(NamedTuple):
    """Where a month is worked out.

    Attributes
    ----------
    found, words : array (children of a block,)
        See ``struck``.
    events : records ``ARISEN`` (ROOM,)
    queue : records ``WAITING``
        Who waits for the next month.
    """

    found: SlotArray
    words: WordArray
    events: RecordArray
    queue: RecordArray


@compiled
def month_of_block(
    practice: Practice,
    room: Room,
    segment: int,
    first: int,
    last: int,
    kept: bool,
    month: int,
    waiting: int,
    drawn: IntArray | None,
) -> int:
    """A month of the slots of a segment from first to before last; how many wait then.

    Those for whom the queue has no place are only counted.
    """
    children, tables, rules, events = practice.children, practice.tables, practice.rules, room.events
    number, at = awake(children, first, last, month, room.found), 0
    while at < number:
        many = 0
        while at < number and many <= ROOM - MOST_OF_A_CHILD:
            child = room.found[at]
            many = planned(children, tables, rules, child, segment, month, events, many, drawn)
            at += 1
        waiting = handle(practice, room, many, kept, month, waiting, drawn)
    number, at = struck(children, tables, segment, first, last, month, room.found, room.words, drawn), 0
    while at < number:
        many = 0
        while at < number and many <= ROOM - MOST_OF_A_CHILD:
            many = unplanned(children, tables, room.found[at], segment, month, events, many, drawn)
            at += 1
        waiting = handle(practice, room, many, kept, month, waiting, drawn)
    return waiting


@compiled
def handle(
    practice: Practice, room: Room, many: int, kept: bool, month: int, waiting: int, drawn: IntArray | None
) -> int:
    """Serve so many events, let them wait, or miss them; how many wait then."""
    for place in range(many):
        one = room.events[place]
        if kept:
            chosen = met(practice, one.child, one.row, one.key, drawn)
            if chosen >= 0:
                option = practice.care.needs[one.row].first + chosen
                if waiting < len(room.queue):
                    wait(practice, room.queue[waiting], one.child, option, one.key, month, drawn)
                waiting += 1
        else:
            turned_away(practice, one.row, one.key, drawn)
    return waiting


@compiled
def wait(
    practice: Practice,
    place: Any,
    child: int,
    option: int,
    key: np.uint64,
    month: int,
    drawn: IntArray | None,
) -> None:
    """Take a place in the queue, until the child gives up or leaves the practice."""
    children, rules = practice.children, practice.rules
    until, left = NEVER, children.left[child]
    if rules.gives_up > 0.0:
        noted(drawn, 1)
        patience, until = uniform(key, GIVE_UP), month + 1
        while until < MONTHS and patience < rules.patience[until - month - 1]:
            until += 1
    place.key, place.child, place.option, place.until = key, child, option, min(until, left)
    place.what = children.counts[child] * COUNTS + (LEAVING if left <= until else 0)


@compiled
def serve_waiting(
    practice: Practice, queue: RecordArray, waiting: int, month: int, drawn: IntArray | None
) -> int:
    """Serve those who wait, in order; how many wait on, moved to the front of the queue."""
    still = 0
    for place in range(waiting):
        one = queue[place]
        minutes = practice.care.options[one.option].minutes
        if month >= one.until:
            unserved(practice, one, NOBODY if one.what & LEAVING else one.child, drawn)
        elif fits(practice, minutes, ORDINARY):
            row, chosen, share = choice(practice, one)
            deliver(practice, one.child, one.what & COUNTS, row, chosen, share, one.key, drawn)
        else:
            queue[still] = one
            still += 1
    return still


@compiled
def give_up_all(practice: Practice, queue: RecordArray, waiting: int, drawn: IntArray | None) -> None:
    """At year's end whoever still waits is not served this year."""
    for place in range(waiting):
        unserved(practice, queue[place], queue[place].child, drawn)


@compiled
def choice(practice: Practice, one: Any) -> tuple[int, int, int]:
    """Row of the need of one who waits, place of the service for it, and the uniform that chose it."""
    row = plain(practice.care.options[one.option].need)
    return row, one.option - practice.care.needs[row].first, whole(one.key, SERVE)


@compiled
def unserved(practice: Practice, one: Any, child: int, drawn: IntArray | None) -> None:
    """Count one who waits no more and was not served, and what becomes of the event."""
    row, chosen, share = choice(practice, one)
    practice.needs[row, CROWDED_OUT] += 1.0
    missed(practice, child, row, int(share < practice.works[row, plain(chosen)]), one.key, drawn)
