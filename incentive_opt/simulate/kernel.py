"""Compiled: the months of a year, practice by practice and child by child."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from incentive_opt.simulate.arrivals import ARISEN
from incentive_opt.simulate.care import MOST_IN_A_MONTH, CareTables, PlanTables, Rules
from incentive_opt.simulate.children import ChildTables
from incentive_opt.simulate.compiled import compiled, compiled_apart, compiled_entry, compiled_made, digest
from incentive_opt.simulate.months import ROOM, WAITING, Room, give_up_all, month_of_block, serve_waiting
from incentive_opt.simulate.outcomes import ROLE_COUNT, Practice
from incentive_opt.simulate.slots import Children, join
from incentive_opt.simulate.streams import STEP, WordArray, mixed, uniform
from incentive_opt.simulate.world import MONTHS, FloatArray, IntArray

FEWEST_BLOCKS, MOST_BLOCKS, OF_BLOCK = 4, 16, 1024
"""A month goes through a practice's children in so many parts, each with its share of every segment, so
that no segment is served first; the last is the number of children aimed at in a part."""
FIRST_QUEUE = 64
KEPT = 1 << 40  # number of a segment's draw that rounds the children kept; those of slots are below


class Crowds(NamedTuple):
    """All practices (P): type, plan, staff relative to the type's, children who ask, keys of the segments."""

    kind: IntArray
    plan: IntArray
    staff: FloatArray
    asked: IntArray
    key: WordArray


class Counts(NamedTuple):
    """What happened, a row a practice.

    Attributes
    ----------
    kept : int array (P, segments)
        Children on the panel.
    needs, delivered, contacts, care_elsewhere : array (P, ...)
        As in ``Practice``.
    used, overtime : array (P, roles)
        Time in all and beyond regular time [minutes].
    """

    kept: IntArray
    needs: FloatArray
    delivered: FloatArray
    contacts: FloatArray
    care_elsewhere: FloatArray
    used: FloatArray
    overtime: FloatArray


class Time(NamedTuple):
    """Staff time of a practice, arrays (roles,) [minutes].

    Regular time and work for the panel in a month, overtime planned for the year, what urgent needs are
    expected to take (as in ``PlanTables``); then overtime that is left, and what was worked in all and
    beyond regular time.
    """

    regular: FloatArray
    panel: FloatArray
    planned: FloatArray
    urgent: FloatArray
    left: FloatArray
    used: FloatArray
    overtime: FloatArray


@compiled
def fill(
    practice: Practice, asked: IntArray, key: WordArray, start: IntArray, drawn: IntArray | None
) -> None:
    """Let all children join at the start of the year, segment by segment from ``start``."""
    for segment in range(len(asked)):
        for slot in range(asked[segment]):
            child = start[segment] + slot
            practice.children.key[child] = mixed(key[segment] + np.uint64(slot) * STEP)
            join(practice.children, practice.tables, practice.rules, child, segment, 0, drawn)


@compiled
def month_of_practice(
    practice: Practice,
    room: Room,
    start: IntArray,
    kept: IntArray,
    month: int,
    waiting: int,
    drawn: IntArray | None,
) -> int:
    """Everyone's month: first those who wait, then all children in blocks; how many wait then.

    Time held open for urgent needs and not taken goes to those who wait at the end of the month.
    """
    waiting = serve_waiting(practice, room.queue, waiting, month, drawn)
    segments = len(kept)
    blocks = min(MOST_BLOCKS, max(FEWEST_BLOCKS, start[-1] // OF_BLOCK))
    for step in range(blocks + 1):
        here = step < blocks  # those turned away come last: they take nobody's time
        block, parts = ((step + 5 * month) % blocks, blocks) if here else (0, 1)
        for turn in range(segments):
            segment = (turn + step + month) % segments  # nobody is first or last in every month
            first = start[segment] if here else start[segment] + kept[segment]
            slots = kept[segment] if here else start[segment + 1] - first
            waiting = month_of_block(
                practice,
                room,
                segment,
                first + slots * block // parts,
                first + slots * (block + 1) // parts,
                here,
                month,
                waiting,
                drawn,
            )
            if waiting > len(room.queue):
                return waiting
    for role in range(ROLE_COUNT):
        practice.reserve[role] = 0.0
    return serve_waiting(practice, room.queue, waiting, month, drawn)


@compiled
def open_month(practice: Practice, time: Time, kept: IntArray, month: int) -> None:
    """See what time a month has."""
    for role in range(ROLE_COUNT):
        extra = min(time.left[role], MOST_IN_A_MONTH * time.planned[role])
        practice.limit[role] = time.regular[role] * (1.0 + practice.rules.squeeze_in) + extra
        practice.used[role] = time.panel[role]
        practice.reserve[role] = 0.0
        for segment in range(len(kept)):
            practice.reserve[role] += time.urgent[month, segment, role] * kept[segment]


@compiled
def close_month(practice: Practice, time: Time) -> None:
    """See what time a month took."""
    for role in range(ROLE_COUNT):
        beyond = max(0.0, practice.used[role] - time.regular[role])
        time.left[role] -= min(beyond, time.left[role], MOST_IN_A_MONTH * time.planned[role])
        time.used[role] += practice.used[role]
        time.overtime[role] += beyond


@compiled_apart
def year_of_practice(
    practice: Practice, room: Room, time: Time, crowd: IntArray, key: WordArray, drawn: IntArray | None
) -> bool:
    """Twelve months of a practice; false if its queue was too short, and all is to be done again.

    ``crowd`` (3, segments + 1) has the children who ask, those kept, and where each segment starts.
    """
    asked, kept, start = crowd[0, :-1], crowd[1, :-1], crowd[2]
    fill(practice, asked, key, start, drawn)
    waiting = 0
    for month in range(MONTHS):
        open_month(practice, time, kept, month)
        waiting = month_of_practice(practice, room, start, kept, month, waiting, drawn)
        if waiting > len(room.queue):
            return False
        close_month(practice, time)
    give_up_all(practice, room.queue, waiting, drawn)
    return True


@compiled_made
def practice_of(
    row: int,
    slots: int,
    crowds: Crowds,
    tables: ChildTables,
    care: CareTables,
    plans: PlanTables,
    rules: Rules,
    counts: Counts,
) -> Practice:
    """A practice before the year begins."""
    kind, plan = crowds.kind[row], crowds.plan[row]
    children = Children(
        np.empty(slots, np.uint64),
        np.empty(slots, np.uint32),
        np.empty((MONTHS + 1, slots), np.uint32),
        np.empty(slots, np.uint8),
        np.empty(slots, np.uint8),
        np.empty(slots, np.uint16),
        np.empty(slots, np.uint16),
    )
    return Practice(
        tables,
        rules,
        care,
        children,
        plans.upto[plan],
        plans.works[plan],
        plans.ranks[plan],
        rules.multiples[kind],
        rules.own[kind],
        np.zeros(ROLE_COUNT),
        np.zeros(ROLE_COUNT),
        np.zeros(ROLE_COUNT),
        counts.needs[row],
        counts.delivered[row],
        counts.contacts[row],
        counts.care_elsewhere[row],
    )


@compiled_made
def room_for(children: int, places: int) -> Room:
    """Room for blocks of so many children, and a queue of so many places."""
    return Room(
        np.empty(children, np.uint32),
        np.empty(children, np.uint64),
        np.empty(ROOM, ARISEN),
        np.empty(places, WAITING),
    )


@compiled_made
def time_of(
    row: int, children: int, crowds: Crowds, care: CareTables, plans: PlanTables, counts: Counts
) -> Time:
    """A practice's time before the year begins, with so many children kept; nothing is counted yet."""
    plan = crowds.plan[row]
    planned = plans.overtime[plan] * crowds.staff[row]
    counts.needs[row] = 0.0
    counts.delivered[row] = 0.0
    counts.contacts[row] = 0.0
    counts.care_elsewhere[row] = 0.0
    counts.used[row] = 0.0
    counts.overtime[row] = 0.0
    return Time(
        care.regular[crowds.kind[row]] * crowds.staff[row],
        care.panel * children,
        planned,
        plans.urgent[plan],
        planned.copy(),
        counts.used[row],
        counts.overtime[row],
    )


@compiled_made
def children_of(row: int, crowds: Crowds, plans: PlanTables) -> IntArray:
    """Children of a practice by segment: who ask, who are kept, and where each segment starts."""
    plan, asked, key = crowds.plan[row], crowds.asked[row], crowds.key[row]
    result = np.zeros((3, len(asked) + 1), np.int64)
    for segment in range(len(asked)):
        share = plans.kept[plan, segment] * asked[segment]
        result[0, segment] = asked[segment]
        result[1, segment] = min(asked[segment], int(share + uniform(key[segment], KEPT)))
        result[2, segment + 1] = result[2, segment] + asked[segment]
    return result


def _entry(sources: str) -> Callable[..., None]:
    def simulate_practices(
        rows: IntArray,
        crowds: Crowds,
        tables: ChildTables,
        care: CareTables,
        plans: PlanTables,
        rules: Rules,
        counts: Counts,
        drawn: IntArray | None,
    ) -> None:
        """Simulate some practices, each by itself, and write their rows of the counts."""
        _ = sources
        for row in rows:
            crowd = children_of(row, crowds, plans)
            counts.kept[row] = crowd[1, :-1]
            slots = crowd[2, -1]
            practice = practice_of(row, slots, crowds, tables, care, plans, rules, counts)
            places, done = FIRST_QUEUE + slots, False
            while not done:
                room = room_for(crowd[0].max(), places)
                time = time_of(row, crowd[1].sum(), crowds, care, plans, counts)
                done = year_of_practice(practice, room, time, crowd, crowds.key[row], drawn)
                places *= 4

    return simulate_practices


simulate_practices = compiled_entry(_entry(digest()))
