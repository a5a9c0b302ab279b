"""A year of all practices: tables made once, practices shared among threads, counts made a tally."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from weakref import ref

import numpy as np

from incentive_opt.errors import InputError, Problem
from incentive_opt.simulate.care import NO_CONTACT, CareTables, care_tables, plan_tables, rules_of
from incentive_opt.simulate.children import ChildTables, child_tables
from incentive_opt.simulate.kernel import Counts, Crowds, simulate_practices
from incentive_opt.simulate.ledger import StaffedTally
from incentive_opt.simulate.outcomes import (
    ADMISSIONS,
    AWAY,
    COLUMNS,
    COUNTED,
    CROWDED_OUT,
    FAILURE,
    GAINED,
    LEAK,
    UNCOUNTED,
    VISITS,
)  # fmt: skip
from incentive_opt.simulate.plan import Plan
from incentive_opt.simulate.population import Crowd, crowd
from incentive_opt.simulate.streams import WordArray, key_of, words
from incentive_opt.simulate.tally import Tally
from incentive_opt.simulate.world import MINUTES_PER_HOUR, FloatArray, IntArray, World

CHUNK = 20_000
"""Children that a thread takes at a time; enough that handing them over costs nothing."""
CHILDREN = 0x4348494C44
"""Sets the children's draws apart from those of their practices."""
REFERENCE_SEED = 0x5245464552
"""Of the years in which mean multiples are taken: the same whatever the user's seed."""
REFERENCE_CHILDREN = 50_000
"""Of each type in those years, at least: with so many the mean is right to about a tenth of a per cent."""
MOST_REFERENCE_YEARS = 20
REFERENCE_ROUNDS = 2
MOST_PRACTICES, MOST_CHILDREN = 1_000_000, 1_000_000_000
"""In one year: beyond that it takes minutes of a core and many gigabytes to go through them once."""

_LATEST: list[tuple[ref[World], ChildTables]] = []


@dataclass(frozen=True)
class Multiples:
    """Mean multiples of care elsewhere of children kept, weighted by its mean cost; arrays (types,) [1]."""

    visits: FloatArray
    admissions: FloatArray


def simulate_year(
    world: World,
    plans: Sequence[Sequence[Plan]],
    slopes: FloatArray,
    crowd: Crowd,
    seed: int,
    replication: int,
    threads: int = 1,
    normaliser: Multiples | None = None,
    on_practice: Callable[[int], None] | None = None,
    drawn: IntArray | None = None,
) -> Tally:
    """One year of every child of every practice.

    Parameters
    ----------
    plans : for each practice type, one plan a character
    slopes : array (needs, cells)
        Mean slope of each need's curve in equal cells from 0 to 1.
    threads : int
        The tally is the same to the last bit for any number.
    normaliser : Multiples, optional
        What multiples of continuity are divided by; nothing if not given.
    on_practice : callable, optional
        Called in this thread now and then with the number of children done.
    drawn : int array (1,), optional
        Takes the number of uniforms drawn, for measurements of speed; one thread only.
    """
    counts = _simulate(
        world, plans, slopes, crowd, seed, replication, threads, normaliser, on_practice, drawn
    )
    staff = _staff(world, plans, crowd)
    return _tally(world, crowd, staff, care_tables(world, slopes), counts)


def reference_multiples(world: World, plans: Sequence[Sequence[Plan]], slopes: FloatArray) -> Multiples:
    """Mean multiples under plans: those for the contract in force are what ``simulate_year`` divides by.

    They weight each event by its mean cost elsewhere, so that dividing by them leaves that cost what the
    instance says it is. Taken in years of a fixed seed, twice over: visits elsewhere are contacts too, and
    so continuity depends a little on what the multiples are divided by.

    Raises
    ------
    InputError
        The instance has more practices or children than can be simulated one by one.
    """
    check_size(world)
    continuity = world.instance.simulation.continuity
    plain = np.ones(len(world.count))
    means = Multiples(plain, plain)
    if {
        continuity.visits_medium, continuity.visits_low,
        continuity.admissions_medium, continuity.admissions_low,
    } == {1.0}:  # fmt: skip
        return means
    crowds = _reference_crowds(world, plans)
    for _ in range(REFERENCE_ROUNDS):
        sums = np.zeros((len(world.count), 2, 2))
        for year, some in enumerate(crowds):
            counts = _simulate(
                world, plans, slopes, some, REFERENCE_SEED, year, 1, means, None, None, compares=True
            )
            np.add.at(sums, some.kind, counts.care_elsewhere)
        left = np.divide(
            sums[:, :, 1], sums[:, :, 0], out=np.ones((len(plain), 2)), where=sums[:, :, 0] > 0.0
        )
        means = Multiples(visits=means.visits * left[:, 0], admissions=means.admissions * left[:, 1])
    return means


def check_size(world: World) -> None:
    """Refuse an instance that would take hours, or more memory than machines have.

    Raises
    ------
    InputError
    """
    number = np.maximum(1.0, np.floor(world.count + 0.5))
    children = number * world.demanded.sum(axis=1)
    alike = (
        "Lower the count of every type, and the budget, in proportion: figures per practice stay the same."
    )
    found = []
    for file, of_type, column, most, what in (
        ("practices.csv", number, "count", MOST_PRACTICES, "practices of all types together"),
        ("panels.csv", children, "demanded", MOST_CHILDREN, "children in all practices together"),
    ):
        if of_type.sum() > most:
            largest = int(of_type.argmax())
            name = world.instance.practices[largest].name
            where = f"practice={name}, {column}"
            value = f"{of_type[largest]:,.0f} {what.split()[0]} of the type"
            expected = f"at most {most:,} {what}, as the simulator goes through them one by one"
            found.append(Problem(f"{world.instance.name}/{file}", where, value, expected, alike))
    if found:
        raise InputError(found)


def _reference_crowds(world: World, plans: Sequence[Sequence[Plan]]) -> list[Crowd]:
    """Practices of a few years, until there are enough children of each type."""
    seen = np.zeros(len(world.count))
    crowds: list[Crowd] = []
    while len(crowds) < MOST_REFERENCE_YEARS and np.any(seen < REFERENCE_CHILDREN):
        everyone = crowd(world, REFERENCE_SEED, len(crowds), characters=max(map(len, plans)))
        rows = [
            _some_of_type(everyone, kind, len(of_type))
            for kind, of_type in enumerate(plans)
            if seen[kind] < REFERENCE_CHILDREN
        ]
        crowds.append(everyone.only(np.concatenate(rows)))
        seen += np.bincount(crowds[-1].kind, weights=crowds[-1].children, minlength=len(seen))
    return crowds


def _some_of_type(everyone: Crowd, kind: int, characters: int) -> IntArray:
    """Practices with enough children of a type, and with every character."""
    own = np.flatnonzero(everyone.kind == kind)
    before = np.cumsum(everyone.children[own]) - everyone.children[own]
    return own[(before < REFERENCE_CHILDREN) | (np.arange(len(own)) < characters)]


def _simulate(
    world: World,
    plans: Sequence[Sequence[Plan]],
    slopes: FloatArray,
    crowd: Crowd,
    seed: int,
    replication: int,
    threads: int,
    normaliser: Multiples | None,
    on_practice: Callable[[int], None] | None,
    drawn: IntArray | None,
    compares: bool = False,
) -> Counts:
    if any(c >= len(plans[k]) for k, c in zip(crowd.kind, crowd.character, strict=True)):
        raise ValueError("a practice has a character for which there is no plan")
    care, tables = care_tables(world, slopes), _tables(world)
    intended = plan_tables(world, care, plans)
    plain = np.ones(len(world.count))
    means = normaliser or Multiples(plain, plain)
    rules = rules_of(world, means.visits, means.admissions, compares)
    crowds = Crowds(
        kind=np.ascontiguousarray(crowd.kind, dtype=np.int64),
        plan=intended.first[crowd.kind] + crowd.character,
        staff=_staff(world, plans, crowd),
        asked=np.ascontiguousarray(crowd.asked, dtype=np.int64),
        key=_keys(crowd, seed, replication),
    )
    counts = _no_counts(len(crowd.kind), world, len(care.options))

    def work(rows: IntArray) -> int:
        simulate_practices(rows, crowds, tables, care, intended, rules, counts, drawn)
        return int(crowd.asked[rows].sum())

    done = 0
    pool = ThreadPoolExecutor(max_workers=threads)
    try:
        for future in as_completed([pool.submit(work, rows) for rows in _chunks(crowd.children)]):
            done += future.result()
            if on_practice is not None:
                on_practice(done)
    finally:
        pool.shutdown(cancel_futures=True)  # whoever interrupts need not wait for the rest
    return counts


def _tables(world: World) -> ChildTables:
    """The tables of an instance's children; those of the last instance are kept for its next replication."""
    if not _LATEST or _LATEST[0][0]() is not world:
        _LATEST[:] = [(ref(world), child_tables(world))]
    return _LATEST[0][1]


def _staff(world: World, plans: Sequence[Sequence[Plan]], crowd: Crowd) -> FloatArray:
    """Staff of each practice relative to its type's, array (P, roles): as the work that its children bring.

    A practice with more infants than others has the staff for them; without this, practices drawn with much
    work for their size would be short of time, which no practice stays.
    """
    staff = np.repeat(crowd.size[:, None], len(world.panel_minutes), axis=1)
    rate = np.where(world.need_of >= 0, world.rate[world.need_of], 0.0)
    for row, (kind, character) in enumerate(zip(crowd.kind, crowd.character, strict=True)):
        plan = plans[kind][character]
        per_child = plan.kept[:, None] * ((plan.served * rate).T @ world.minutes + world.panel_minutes)
        usual = world.demanded[kind] @ per_child
        own = crowd.asked[row] @ per_child
        staff[row] = np.where(usual > 0.0, own / np.where(usual > 0.0, usual, 1.0), staff[row])
    return staff


def _chunks(children: IntArray) -> list[IntArray]:
    """Practices in groups of about ``CHUNK`` children, the largest practices first."""
    order = np.argsort(-children, kind="stable")
    group = (np.cumsum(children[order]) - children[order]) // CHUNK
    return np.split(order, np.flatnonzero(np.diff(group)) + 1) if len(order) else []


def _keys(crowd: Crowd, seed: int, replication: int) -> WordArray:
    """A key for the children of every practice and segment, array (P, segments)."""
    practices = words(key_of(CHILDREN, seed, replication), np.arange(len(crowd.kind)))
    return words(practices[:, None], np.arange(crowd.asked.shape[1])[None, :])


def _no_counts(practices: int, world: World, options: int) -> Counts:
    _, segments, _, needs, _ = world.shape
    return Counts(
        kept=np.zeros((practices, segments), dtype=np.int64),
        needs=np.zeros((practices, needs, COLUMNS)),
        delivered=np.zeros((practices, options, 2)),
        contacts=np.zeros((practices, 2)),
        care_elsewhere=np.zeros((practices, 2, 2)),
        used=np.zeros((practices, 3)),
        overtime=np.zeros((practices, 3)),
    )


def _tally(world: World, crowd: Crowd, staff: FloatArray, care: CareTables, counts: Counts) -> StaffedTally:
    """The counts in the orders of ``World``, with measures."""
    service, segment = care.options["service"], care.options["segment"]
    served, counted = np.zeros((2, len(crowd.kind), len(world.supply), len(world.weight)))
    served[:, service, segment] = counts.delivered.sum(axis=2)
    counted[:, service, segment] = counts.delivered[:, :, 1]
    measured_segments = np.zeros((len(world.thresholds), len(world.weight)))
    for m, rows in enumerate(world.measured):
        measured_segments[m, world.need_segment[rows]] = 1.0
    measured = world.measured.astype(np.float64).T
    needs = np.moveaxis(counts.needs, 2, 0)
    kept = needs[UNCOUNTED] + needs[COUNTED]
    covered = np.zeros_like(kept)
    np.add.at(covered.T, world.need_of[service, segment], served[:, service, segment].T)
    return StaffedTally(
        kind=crowd.kind,
        size=crowd.size,
        staff=staff,
        asked=crowd.asked.astype(np.float64),
        child_years=counts.kept.astype(np.float64),
        served=served,
        events=kept + needs[AWAY],
        covered=covered,
        crowded_out=needs[CROWDED_OUT].copy(),
        gained=needs[GAINED].copy(),
        leak_cost=needs[LEAK].copy(),
        failure_cost=needs[FAILURE].copy(),
        leak_visits=needs[VISITS].copy(),
        admissions=needs[ADMISSIONS].copy(),
        numerator=np.einsum("ms,mk,psk->pm", world.counts, measured_segments, counted),
        denominator=needs[COUNTED] @ measured,
        eligible=kept @ measured,
        hours=counts.used / MINUTES_PER_HOUR,
        overtime=counts.overtime / MINUTES_PER_HOUR,
        contacts=counts.contacts[:, 0]
        + counts.delivered.sum(axis=2) @ (care.options["contact"] != NO_CONTACT),
        own_contacts=counts.contacts[:, 1].copy(),
    )
