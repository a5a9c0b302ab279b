"""How often needs arise in which child and month, as tables that keep every need's mean rate.

Children of a segment fall into classes: which conditions they have, and how frail they are. All children
of a class have the same rates, so a year needs one table lookup a child and month.
"""

from __future__ import annotations

import itertools
import math
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from incentive_opt.domain.simulation import Condition, Course, Enrolment
from incentive_opt.errors import InputError, Problem
from incentive_opt.simulate.frailty import LEVELS, frailty_levels
from incentive_opt.simulate.streams import WHOLE, wholes
from incentive_opt.simulate.world import MONTHS, FloatArray, IntArray, World

MOST_CONDITIONS = 10
"""In one segment: each doubles the number of classes (1,024 with ten, times the levels of frailty)."""

MOST_SCHEDULED = 31
"""Scheduled needs of a segment: a child's due ones are bits of one number."""
FRACTION = 52
"""Bits after the point of a scheduled need's rate; with so many its mean is right to the last digit shown."""
OTHERS_BITS = 9
OTHERS = 1 << OTHERS_BITS
"""At least as many as places of any alias table."""
MOST_A_MONTH = 100.0
"""Events of one child in a month, scheduled or random; no more fit in the numbers of draws."""


class ChildTables(NamedTuple):
    """Rates of every class (C classes in all, those of a segment side by side) in every month.

    Attributes
    ----------
    class_start : int array (segments + 1,)
        First class of each segment.
    class_chance : array (C,)
        Share of the segment's children [1].
    class_accept, class_other : array (C,)
        Alias table of the segment's classes, by place in the segment: keep the one drawn with this chance,
        else take the other.
    none_below, one_below : uint64 array (months, C)
        A hashed word below this means that no random need arises in the month, or at most one.
    rate, none : array (months, C)
        Random needs of all kinds [events/child-month], and the chance of none.
    random_start, scheduled_start : int array (segments + 1,)
        First of the segment's rows in ``random_row`` and ``scheduled_row`` (rows of needs).
    need_alias : int array (months, C, most random rows)
        Alias table of which random need an event is, by place among the segment's random rows: the chance of
        keeping the one drawn [of ``WHOLE``] times ``OTHERS``, plus the other.
    due : int array (C, most scheduled rows)
        Scheduled needs by place among the segment's scheduled rows [events/child-month, in 2**-FRACTION].
    """

    class_start: IntArray
    class_chance: FloatArray
    class_accept: FloatArray
    class_other: IntArray
    none_below: npt.NDArray[np.uint64]
    one_below: npt.NDArray[np.uint64]
    rate: FloatArray
    none: FloatArray
    random_start: IntArray
    random_row: IntArray
    need_alias: IntArray
    scheduled_start: IntArray
    scheduled_row: IntArray
    due: IntArray

    @property
    def need_accept(self) -> FloatArray:
        """Chance of keeping the random need drawn, array (months, C, most random rows) [1]."""
        return np.asarray((self.need_alias // OTHERS) / WHOLE)

    @property
    def need_other(self) -> IntArray:
        """Place of the need taken otherwise, array (months, C, most random rows)."""
        return np.asarray(self.need_alias % OTHERS)


def child_tables(world: World) -> ChildTables:
    """Tables of all segments of an instance."""
    segments = range(len(world.weight))
    courses = [world.instance.simulation.course(need.name) for need in world.instance.needs]
    rows = [np.flatnonzero(world.need_segment == k) for k in segments]
    random = [np.array([r for r in own if courses[r].arrival == "random"], dtype=np.int64) for own in rows]
    scheduled = [
        np.array([r for r in own if courses[r].arrival == "scheduled"], dtype=np.int64) for own in rows
    ]
    _check_schedules(world, scheduled)
    parts = [_classes(world, k, courses, random[k], scheduled[k]) for k in segments]
    start = np.cumsum([0, *(len(chance) for chance, _, _ in parts)])
    monthly = np.zeros((MONTHS, start[-1], max((len(r) for r in random), default=0)))
    due = np.zeros((start[-1], max((len(r) for r in scheduled), default=0)))
    class_accept, class_other = np.ones(start[-1]), np.zeros(start[-1], dtype=np.int64)
    need_alias = np.zeros(monthly.shape, dtype=np.int64)
    for k, (chance, of_random, of_scheduled) in enumerate(parts):
        own = slice(start[k], start[k + 1])
        places = slice(len(random[k]))
        monthly[:, own, places] = of_random
        kept, taken = alias(of_random)
        need_alias[:, own, places] = wholes(kept) * OTHERS + taken
        due[own, : len(scheduled[k])] = of_scheduled
        class_accept[own], class_other[own] = alias(chance)
    rate = monthly.sum(axis=2)
    _check_rates(world, rate.max(axis=0, initial=0.0) + due.sum(axis=1), start)
    return ChildTables(
        class_start=start,
        class_chance=np.concatenate([chance for chance, _, _ in parts]),
        class_accept=class_accept,
        class_other=class_other,
        none_below=_words_below(np.exp(-rate)),
        one_below=_words_below(np.exp(-rate) * (1.0 + rate)),
        rate=rate,
        none=np.exp(-rate),
        random_start=np.cumsum([0, *(len(r) for r in random)]),
        random_row=np.concatenate(random),
        need_alias=need_alias,
        scheduled_start=np.cumsum([0, *(len(r) for r in scheduled)]),
        scheduled_row=np.concatenate(scheduled),
        due=np.rint(np.ldexp(due, FRACTION)).astype(np.int64),
    )


def expected_events(world: World, tables: ChildTables) -> FloatArray:
    """Events per child-year of every need row that the tables bring about on average, array (needs,)."""
    result = np.zeros(len(world.rate))
    for k in range(len(world.weight)):
        own = slice(tables.class_start[k], tables.class_start[k + 1])
        chance = tables.class_chance[own]
        rows = tables.random_row[tables.random_start[k] : tables.random_start[k + 1]]
        if len(rows):
            places = slice(len(rows))
            share = alias_shares(tables.need_accept[:, own, places], tables.need_other[:, own, places])
            result[rows] = np.einsum("c,tc,tcj->j", chance, tables.rate[:, own], share)
        rows = tables.scheduled_row[tables.scheduled_start[k] : tables.scheduled_start[k + 1]]
        result[rows] = MONTHS * chance @ np.ldexp(tables.due[own, : len(rows)].astype(np.float64), -FRACTION)
    return result


def counted_share(enrolment: Enrolment) -> float:
    """Share of child-months that are of children who count in a measure's rate [1].

    A child counts if on the panel in ``continuous_months`` of the year's months; it leaves at the end of a
    month by chance, and another takes its place.
    """
    stay = 1.0 - enrolment.leaving_per_month
    shares = 0.0
    for joined in range(MONTHS):
        arrives = 1.0 if joined == 0 else enrolment.leaving_per_month
        for months in range(1, MONTHS - joined + 1):
            leaves = 1.0 if joined + months == MONTHS else enrolment.leaving_per_month
            if months >= enrolment.continuous_months:
                shares += arrives * stay ** (months - 1) * leaves * months
    return shares / MONTHS


def _check_rates(world: World, most: FloatArray, start: IntArray) -> None:
    """Refuse children with more events in a month than the year has room for; ``most`` is by class."""
    found = []
    for segment, (first, last) in zip(
        world.instance.segments, itertools.pairwise(start.tolist()), strict=True
    ):
        highest = float(most[first:last].max(initial=0.0))
        if highest > MOST_A_MONTH:
            place = f"segment={segment.name}"
            expected = f"at most {MOST_A_MONTH:g} events a month for any child"
            remedy = (
                "Lower the rates of its needs, or raise the prevalence of a condition that needs belong to."
            )
            found.append(
                Problem(f"{world.instance.name}/needs.csv", place, f"{highest:,.6g}", expected, remedy)
            )
    if found:
        raise InputError(found)


def _check_schedules(world: World, scheduled: list[IntArray]) -> None:
    """Refuse more scheduled needs than a child's month has bits."""
    expected = f"at most {MOST_SCHEDULED} scheduled needs in a segment"
    found = [
        Problem(f"{world.instance.name}/courses.csv", f"segment={segment.name}", str(len(rows)), expected)
        for segment, rows in zip(world.instance.segments, scheduled, strict=True)
        if len(rows) > MOST_SCHEDULED
    ]
    if found:
        raise InputError(found)


def _classes(
    world: World, segment: int, courses: list[Course], random: IntArray, scheduled: IntArray
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """A segment's classes: their chance (C,), random needs (months, C, rows) and scheduled ones (C, rows).

    The chance is a share [1], needs are [events/child-month].
    """
    needs = world.instance.needs
    mine = [needs[row].name for row in (*random, *scheduled)]
    conditions = _conditions(world, segment, courses, mine)
    masks = np.array(list(itertools.product((False, True), repeat=len(conditions))), dtype=bool)
    share = np.array([c.prevalence for c in conditions])
    chance = np.where(masks, share, 1.0 - share).prod(axis=1)
    masks, chance = masks[chance > 0.0], chance[chance > 0.0]
    of_random = np.array([_multiple(masks, chance, conditions, courses[r]) for r in random])
    of_scheduled = np.array([_multiple(masks, chance, conditions, courses[r]) for r in scheduled])
    frailty = np.array([frailty_levels(courses[row].dispersion) for row in random]).reshape(-1, LEVELS)
    if np.all(frailty == 1.0):
        frailty = frailty[:, :1]
    levels = max(1, frailty.shape[1])
    season = np.array([season_of(courses[row]) for row in random]).reshape(-1, MONTHS)
    each = of_random.reshape(len(random), len(chance), 1) * frailty[:, None, :]
    base = world.rate[random] / MONTHS
    monthly = np.einsum("r,rt,rc->tcr", base, season, each.reshape(len(random), len(chance) * levels))
    due = of_scheduled.reshape(len(scheduled), len(chance)).T * (world.rate[scheduled] / MONTHS)
    return np.repeat(chance / levels, levels), monthly, np.repeat(due, levels, axis=0)


def _conditions(world: World, segment: int, courses: list[Course], needs: list[str]) -> list[Condition]:
    """The segment's conditions that change how often one of its needs arises."""
    name = world.instance.segments[segment].name
    named = {c.condition for c in courses if c.need in needs}
    found = [
        c
        for c in world.instance.simulation.conditions
        if c.segment == name
        and (c.name in named or any(c.multiplies.get(need, 1.0) != 1.0 for need in needs))
    ]
    if len(found) > MOST_CONDITIONS:
        expected = f"at most {MOST_CONDITIONS} conditions that change how often needs arise"
        raise InputError([Problem("conditions.csv", f"segment={name}", str(len(found)), expected)])
    return found


def _multiple(
    masks: npt.NDArray[np.bool_], chance: FloatArray, conditions: list[Condition], course: Course
) -> FloatArray:
    """How many times as often as on average a need arises in children of each mask, array (masks,)."""
    weight = np.ones(len(masks))
    for place, condition in enumerate(conditions):
        if condition.name == course.condition:
            weight = weight * masks[:, place]
        else:
            weight = weight * np.where(masks[:, place], condition.multiplies.get(course.need, 1.0), 1.0)
    mean = float(chance @ weight)
    # Nobody can have the need (its condition has no prevalence here): then all have it alike.
    return np.asarray(weight / mean) if mean > 0.0 else np.ones(len(masks))


def season_of(course: Course) -> FloatArray:
    """How many times as often as on average a need arises in each month, array (months,)."""
    months = np.arange(1, MONTHS + 1)
    swing = 1.0 + course.season_amplitude * np.cos(2.0 * math.pi * (months - course.season_peak_month) / 12.0)
    return np.asarray(swing / swing.mean())


def alias(weights: FloatArray) -> tuple[FloatArray, IntArray]:
    """Alias tables (Walker, ACM TOMS 3, 1977) of the weights along the last axis; weights may all be zero.

    Returns
    -------
    accept, other : array of the shape of weights
        Chance of keeping a place drawn (below 1), and the place taken instead.
    """
    size = weights.shape[-1]
    flat = weights.reshape(math.prod(weights.shape[:-1]), size)
    accept, other = np.zeros_like(flat), np.tile(np.arange(size), (len(flat), 1))
    total = flat.sum(axis=1, keepdims=True)
    left = np.divide(flat * size, total, out=np.ones_like(flat), where=total > 0.0)
    done = np.zeros(flat.shape, dtype=bool)
    rows = np.arange(len(flat))
    for _ in range(size - 1):
        least = np.where(done, np.inf, left).argmin(axis=1)
        most = np.where(done, -np.inf, left).argmax(axis=1)
        share = np.clip(left[rows, least], 0.0, 1.0)
        accept[rows, least], other[rows, least] = share, most
        left[rows, most] -= 1.0 - share
        done[rows, least] = True
    # A place that is always kept is its own other: a chance of one has no room in a table of whole numbers.
    sure = accept >= 1.0
    accept[sure], other[sure] = 0.0, np.broadcast_to(np.arange(size), flat.shape)[sure]
    return accept.reshape(weights.shape), other.reshape(weights.shape)


def alias_shares(accept: FloatArray, other: IntArray) -> FloatArray:
    """How often each place is drawn from alias tables along the last axis [1]."""
    size = accept.shape[-1]
    share = accept.copy()
    for place in range(size):
        share[..., place] += np.where(other == place, 1.0 - accept, 0.0).sum(axis=-1)
    return np.asarray(share / size)


def _words_below(chance: FloatArray) -> npt.NDArray[np.uint64]:
    """The word below which a hashed one falls with the chance; one short of all for the chance 1."""
    scaled = np.minimum(chance * 2.0**53, 2.0**53 - 1.0)
    return np.asarray(np.floor(scaled).astype(np.uint64) << np.uint64(11))
