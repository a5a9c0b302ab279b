"""Compiled: who is in which slot of a practice, and the numbers of all draws of a child."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from incentive_opt.simulate.care import Rules
from incentive_opt.simulate.children import FRACTION, ChildTables
from incentive_opt.simulate.compiled import compiled
from incentive_opt.simulate.streams import STEP, WordArray, mixed, plain, uniform, word_of
from incentive_opt.simulate.world import MONTHS, IntArray

SlotArray = npt.NDArray[np.uint32]

NEVER = 255
LEAVES = 1
"""Bit of a month in which a slot falls to another child; those of scheduled needs are above."""

# Numbers of a child's draws: those of a month in steps of MONTH, of an event in it in steps of EVENT, then by
# purpose. Scheduled events have numbers from SCHEDULED on, in steps of SCHEDULED_NEED; random ones are below.
MONTH, EVENT = 1 << 20, 1 << 3
SERVE, RANK, OUTCOME, OWN, VISIT, WHICH, NUMBER, GIVE_UP = range(8)
SCHEDULED, SCHEDULED_NEED = 1 << 15, 1 << 7
OF_CHILD = 15 * MONTH
CLASS, LEAVE, NEXT_CHILD, PHASE = OF_CHILD, OF_CHILD + 1, OF_CHILD + 2, OF_CHILD + 8
BY_12 = np.uint64(12)


class Children(NamedTuple):
    """The children of one practice: who is in each slot now.

    Attributes
    ----------
    key : uint64 array (slots,)
        From which all the child's draws come.
    kind : uint32 array (slots,)
        Class of rates.
    due : uint32 array (months + 1, slots)
        Bits of what is due in a month: ``LEAVES``, and scheduled needs by place. Nobody reads the last row.
    left : uint8 array (slots,)
        First month off the panel; ``NEVER`` if none.
    counts : uint8 array (slots,)
        Whether the child counts in a measure's rate.
    contacts, own : uint16 array (slots,)
        Contacts this year, and those with the own clinician.
    """

    key: WordArray
    kind: SlotArray
    due: SlotArray
    left: npt.NDArray[np.uint8]
    counts: npt.NDArray[np.uint8]
    contacts: npt.NDArray[np.uint16]
    own: npt.NDArray[np.uint16]


@compiled
def noted(drawn: IntArray | None, number: int) -> None:
    """Count uniforms, in the run that counts them."""
    if drawn is not None:
        drawn[0] += number


@compiled
def event_key(key: np.uint64, month: int, number: int) -> Any:
    """The key of a child's event: its uniforms are numbered by purpose."""
    return key + np.uint64(month * MONTH + number * EVENT) * STEP


@compiled
def class_of(tables: ChildTables, segment: int, key: np.uint64, drawn: IntArray | None) -> int:
    """Class of a child, from the segment's alias table."""
    first = tables.class_start[segment]
    number = tables.class_start[segment + 1] - first
    if number == 1:
        return int(first)
    noted(drawn, 1)
    place = uniform(key, CLASS) * number
    kind = first + int(place)
    other = tables.class_other[plain(kind)]  # read in any case: a branch costs more
    return int(kind if place - int(place) < tables.class_accept[plain(kind)] else first + other)


@compiled
def month_left(rules: Rules, key: np.uint64, month: int, drawn: IntArray | None) -> int:
    """First month off the panel of a child that joins in a month."""
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
    return last + 1


@compiled
def phase_of(key: np.uint64, place: int) -> Any:
    """How far a child is on the way to a scheduled need as the year begins, in steps of ``FRACTION``."""
    return np.int64(word_of(key, PHASE + place) >> BY_12)


@compiled
def schedule(children: Children, child: int, bit: int, phase: int, rate: int, month: int) -> None:
    """Mark the months, from ``month`` on, in which a scheduled need of a child is due.

    That is where phase + months x rate (in ``FRACTION`` a month) reaches a whole number. Whole numbers
    throughout, so that over children of all phases it arises as often as its rate says, and not a bit less.
    """
    target = (((phase + month * rate) >> FRACTION) + 1) << FRACTION
    last = phase + MONTHS * rate
    # The first is marked in any case, if need be in a row that nobody reads: mostly it is the only one.
    due = np.uint64(target - phase - 1) // np.uint64(rate)
    children.due[min(due, np.uint64(MONTHS)), child] |= bit
    target += 1 << FRACTION
    while target <= last:
        children.due[np.uint64(target - phase - 1) // np.uint64(rate), child] |= bit
        target += 1 << FRACTION


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
    left = month_left(rules, key, month, drawn)
    children.kind[child] = kind
    children.counts[child] = min(left, MONTHS) - month >= rules.continuous
    children.contacts[child] = 0
    children.own[child] = 0
    children.left[child] = left
    for later in range(month, MONTHS):
        children.due[later, child] = LEAVES if later == left else 0
    for place in range(tables.scheduled_start[segment + 1] - tables.scheduled_start[segment]):
        rate = tables.due[kind, place]
        if rate > 0:
            noted(drawn, 1)
            schedule(children, child, 2 * LEAVES << place, phase_of(key, place), rate, month)


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
