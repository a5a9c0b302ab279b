"""One climb from a given start to a design, in a search of its own: work that can be handed out."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from incentive_opt.pricing.ascent import TEMPERATURES, Climb, ascend
from incentive_opt.pricing.lever_rules import project
from incentive_opt.pricing.polish import Polish
from incentive_opt.pricing.pool import Pool
from incentive_opt.pricing.problem import FloatArray
from incentive_opt.pricing.repair import Repair
from incentive_opt.pricing.responses import Unsolved
from incentive_opt.pricing.restricted import Design, design_value
from incentive_opt.pricing.search import Search

ALL = len(TEMPERATURES)
"""A task that leaves out so many temperatures does not climb: what it starts from is made a design."""
POLISHED = ALL + 1
"""A task with this in place of temperatures left out does not climb either: the best design is polished."""
HOPELESS = 0.03
"""Share of the incumbent's value by which a climb may end below it and still be made a design."""
CLOSE = 0.01
"""The same for being polished."""
SHORTLY, LONG = 2, 10
"""Rounds of polishing for what a climb found, and for a task of its own."""


@dataclass(frozen=True)
class Known:
    """A design by what defines it: levers, and what every follower is meant to do."""

    levers: FloatArray
    responses: tuple[FloatArray, ...]


@dataclass(frozen=True)
class Task:
    """A climb to be made; its outcome depends on nothing else.

    Attributes
    ----------
    number : int
        Position in the plan; with ``seed`` it starts the random numbers.
    start : (L,)
    skip : int
        Temperatures left out at the hot end: the more, the nearer the climb stays to its start.
    best : Known or None
        The incumbent when the task was set.
    seconds : float
        Time it may take [s].
    turned : int or None
        A yes/no lever to be turned at the start, others as rules then demand; the climb settles none anew.
    """

    number: int
    seed: int
    start: FloatArray
    skip: int
    best: Known | None
    seconds: float
    turned: int | None = None


@dataclass(frozen=True)
class Climbed:
    """What became of a task.

    Attributes
    ----------
    found : Known or None
        The design it earned, if it is better than the one it began from.
    prices : (rows,)
        Of the leader's rows at the end.
    seconds : mapping
        Where the time went, as in ``Clock``, and in all ("climbs").
    """

    number: int
    found: Known | None
    prices: FloatArray
    seconds: dict[str, float]


def carry_out(search: Search, task: Task) -> Climbed:
    """Climb, and make a design of where the climb ends; ``search`` is emptied first and remembers nothing."""
    clock = search.clock
    started, spent = clock.now, dict(clock.seconds)
    search.deadline = started + task.seconds
    _empty(search, task.best)
    try:
        found = _climb(search, task)
    except Unsolved:
        found = None  # a solver's fault in one climb; others go on
    seconds = {what: total - spent.get(what, 0.0) for what, total in clock.seconds.items()}
    return Climbed(task.number, found, search.prices, {**seconds, "climbs": clock.now - started})


def _climb(search: Search, task: Task) -> Known | None:
    """The design that the task earns, if it is better than the incumbent."""
    least = search.value
    rng = np.random.default_rng([task.seed, task.number])
    if task.skip == POLISHED:
        Polish(search, rng).run(LONG)
    elif task.skip == ALL:
        Repair(search, task.start).start()
    else:
        climb = _ascended(search, task, rng)
        if climb is None:
            return None
        if climb.score > least - HOPELESS * abs(least) or not np.isfinite(least):
            search.incumbent = None
            Repair(search, climb.levers).start()
            if search.value > least - CLOSE * abs(least) or not np.isfinite(least):
                Polish(search, rng).run(SHORTLY)
    return known(search) if search.value > least else None


def _ascended(search: Search, task: Task, rng: np.random.Generator) -> Climb | None:
    """Where the climb ends; None if rules leave nothing."""
    start: FloatArray | None = task.start
    if task.turned is not None:
        start = project(search, search.pools, task.start, task.turned)
    held = task.turned is not None
    return None if start is None else ascend(search, start, rng, TEMPERATURES[task.skip :], held)


def known(search: Search) -> Known | None:
    """The incumbent, by what defines it."""
    if search.incumbent is None:
        return None
    chosen = zip(search.pools, search.incumbent.intended, strict=True)
    return Known(search.incumbent.levers, tuple(pool.responses[choice].x for pool, choice in chosen))


def admit(search: Search, found: Known) -> bool:
    """Offer a design from elsewhere, once the followers themselves have confirmed it here; True if better."""
    pairs = zip(search.oracles, found.responses, strict=True)
    if not search.permitted(found.levers) or not all(oracle.allows(x) for oracle, x in pairs):
        return False
    intended = [search.add_point(index, x) for index, x in enumerate(found.responses)]
    value = design_value(search.problem, search.pools, found.levers, intended)
    if value <= search.value or not search.survives(found.levers, intended):
        return False
    return search.offer(Design(found.levers, tuple(intended), value))


def _empty(search: Search, best: Known | None) -> None:
    """Forget everything, the solver's bases too, and begin from the incumbent."""
    search.pools = [Pool() for _ in search.oracles]
    search.prices = np.zeros_like(search.prices)
    search.incumbent = None
    for oracle in search.oracles:
        oracle.forget()
    if best is not None:
        intended = [search.add_point(index, x) for index, x in enumerate(best.responses)]
        value = design_value(search.problem, search.pools, best.levers, intended)
        search.incumbent = Design(best.levers, tuple(intended), value)
