"""Compiled: a month of some children, and of those who wait."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from incentive_opt.simulate.arrivals import GIVE_UP, SERVE, arising, listed, noted
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
)  # fmt: skip
from incentive_opt.simulate.streams import uniform
from incentive_opt.simulate.world import IntArray

WAITING = np.dtype([("key", "u8"), ("child", "i4"), ("option", "i2"), ("joined", "u1"), ("counts", "u1")])
"""Who waits: the event's key, the child's slot and when it joined, and the service it waits for."""
ROOM, MOST_OF_A_CHILD = 2048, 1024
"""Events that are handled together, and at most arise in one child in a month."""


class Room(NamedTuple):
    """Where a month is worked out.

    Attributes
    ----------
    found, fires : array (children of a block,)
        See ``listed``.
    events : records ``ARISEN`` (ROOM,)
    queue : records ``WAITING``
        Who waits for the next month.
    """

    found: npt.NDArray[np.int32]
    fires: npt.NDArray[np.uint8]
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
    children, tables, rules = practice.children, practice.tables, practice.rules
    number = listed(children, tables, first, last, month, room.found, room.fires, drawn)
    at = 0
    while at < number:
        events = 0
        while at < number and events <= ROOM - MOST_OF_A_CHILD:
            child = room.found[at]
            events = arising(children, tables, rules, child, segment, month, room.events, events, drawn)
            at += 1
        for place in range(events):
            one = room.events[place]
            if kept:
                option = met(practice, one.child, one.row, one.key, drawn)
                if option >= 0:
                    if waiting < len(room.queue):
                        wait(practice, room.queue[waiting], one.child, option, one.key)
                    waiting += 1
            else:
                turned_away(practice, one.row, one.key, drawn)
    return waiting


@compiled
def wait(practice: Practice, place: Any, child: int, option: int, key: np.uint64) -> None:
    """Take a place in the queue."""
    place.key, place.child, place.option = key, child, option
    place.joined, place.counts = practice.children.joined[child], practice.children.counts[child]


@compiled
def serve_waiting(
    practice: Practice, queue: RecordArray, waiting: int, month: int, later: bool, drawn: IntArray | None
) -> int:
    """Serve those who waited, in order; how many wait on, moved to the front of the queue.

    Whoever left the practice is gone, and a month later also whoever gave up.
    """
    children, rules, still = practice.children, practice.rules, 0
    for place in range(waiting):
        one = queue[place]
        child, key, option = int(one.child), one.key, int(one.option)
        row = practice.care.options[option].need
        gone = children.joined[child] != one.joined or children.leaves[child] < month
        if gone:
            child = NOBODY
        elif later and rules.gives_up > 0.0:
            noted(drawn, 1)
            gone = uniform(key, GIVE_UP * (month + 1)) < rules.gives_up
        if gone:
            practice.needs[row, CROWDED_OUT] += 1.0
            meant = int(uniform(key, SERVE) < practice.works[option])
            missed(practice, child, row, meant, key, drawn)
        elif fits(practice, option, ORDINARY):
            deliver(practice, child, one.counts, option, uniform(key, SERVE), key, drawn)
        else:
            queue[still] = one
            still += 1
    return still


@compiled
def give_up_all(practice: Practice, queue: RecordArray, waiting: int, drawn: IntArray | None) -> None:
    """At year's end whoever still waits is not served this year."""
    for place in range(waiting):
        one = queue[place]
        row = practice.care.options[one.option].need
        practice.needs[row, CROWDED_OUT] += 1.0
        meant = int(uniform(one.key, SERVE) < practice.works[int(one.option)])
        missed(practice, one.child, row, meant, one.key, drawn)
