"""One climb from a given start to a design, in a search of its own: work that can be handed out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from incentive_opt.pricing.ascent import COLD, TEMPERATURES, Climb, ascend
from incentive_opt.pricing.lever_rules import project
from incentive_opt.pricing.polish import Polish
from incentive_opt.pricing.pool import Pool
from incentive_opt.pricing.problem import FloatArray
from incentive_opt.pricing.repair import Repair
from incentive_opt.pricing.responses import Unsolved
from incentive_opt.pricing.restricted import Design, design_value
from incentive_opt.pricing.search import Search
from incentive_opt.pricing.survey import survey

if TYPE_CHECKING:
    from incentive_opt.pricing.follow import Looked

ALL = len(TEMPERATURES)
"""A task that leaves out so many temperatures does not climb: what it starts from is made a design."""
POLISHED = ALL + 1
"""A task with this in place of temperatures left out does not climb either: the best design is polished."""
FOLLOWED = ALL + 2
"""A task with this in their place follows a path from what the leader would choose."""
LOOKED = ALL + 3
"""A task with this in their place only looks at where a path begins; looked at again, about where it ends."""
SETTLING = 12
"""Rounds in which prices are sought at the end of a path, before answers nearby are."""
SHORT = 0.003
"""Share by which a design may fall short of the end of a path before another intention is tried there."""
FALLEN, FROM_PATH = 0.002, 7
"""Share by which a design may fall short of the path it was made from; else a climb from the end of the path
follows, which leaves out so many temperatures."""
HOPELESS, LATER = 0.03, 0.015
"""Share of the incumbent's value by which a climb may stand below it and go on, at the first cold temperature
and later, or still be made a design: few gain more."""
CLOSE = 0.01
"""The same for being polished."""
TRIED, SAME = 3, 1e-3
"""Ends of a climb of which designs are made, as long as they promise more than the last became; prices that
differ by less are one end (scaled)."""
MORE = 1e-3
"""By what share an end has to promise more than what was made of others."""
FIRM = 3.0
"""Price of broken rows when ends are ordered: what is broken costs more to mend than it brought."""
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
    looked : Looked or None
        Where a path to be followed, or looked at again, was when it was looked at.
    """

    number: int
    seed: int
    start: FloatArray
    skip: int
    best: Known | None
    seconds: float
    turned: int | None = None
    looked: Looked | None = None


@dataclass(frozen=True)
class Climbed:
    """What became of a task.

    Attributes
    ----------
    found : Known or None
        The design it earned, if it is better than the one it began from.
    prices : (rows,)
        Of the leader's rows at the end.
    looked : Looked or None
        Of a path that was only looked at, where it was then.
    seconds : mapping
        Where the time went, as in ``Clock``, and in all ("climbs").
    """

    number: int
    found: Known | None
    prices: FloatArray
    seconds: dict[str, float]
    looked: Looked | None = None


def carry_out(search: Search, task: Task) -> Climbed:
    """Climb, and make a design of where the climb ends; ``search`` is emptied first and remembers nothing."""
    clock = search.clock
    started, spent = clock.now, dict(clock.seconds)
    search.deadline = started + task.seconds
    _empty(search, task.best)
    looked: Looked | None = None
    found: Known | None = None
    try:
        if task.skip == LOOKED:
            looked = _look(search, task)
        else:
            found = _climb(search, task)
    except Unsolved:
        pass  # a solver's fault in one climb; others go on
    seconds = {what: total - spent.get(what, 0.0) for what, total in clock.seconds.items()}
    return Climbed(task.number, found, search.prices, {**seconds, "climbs": clock.now - started}, looked)


def _look(search: Search, task: Task) -> Looked:
    """Where a path begins, or about where it ends."""
    from incentive_opt.pricing.follow import look  # what it needs takes a while to load

    return look(search, task.start, task.looked)


def _climb(search: Search, task: Task) -> Known | None:
    """The design that the task earns, if it is better than the incumbent."""
    least = search.value
    rng = np.random.default_rng([task.seed, task.number])
    if task.skip == POLISHED:
        Polish(search, rng).run(LONG)
    elif task.skip == ALL:
        Repair(search, task.start).start()
    elif task.skip == FOLLOWED:
        _follow(search, task, rng)
        if search.value > _below(least, CLOSE):
            Polish(search, rng).run(SHORTLY)
    else:
        ends = _ascended(search, task, rng, (_below(least, HOPELESS), _below(least, LATER)))
        search.incumbent = None
        _implement(search, ends, _below(least, LATER))
        if search.value > _below(least, CLOSE):
            Polish(search, rng).run(SHORTLY)
    return known(search) if search.value > least else None


def _below(value: float, share: float) -> float:
    """A value by that share of its size lower; where there is none yet, none is."""
    return value - share * abs(value) if np.isfinite(value) else -np.inf


def _implement(search: Search, ends: list[Climb], least: float) -> None:
    """Make a design of the most promising ends of a climb; where that fails, of its last."""
    order = sorted(ends, key=lambda end: FIRM * end.violation - end.value)
    tried: list[FloatArray] = []
    for end in order[:TRIED] + ends[:1]:
        worth = end.score > max(_below(search.value, -MORE), least)
        if worth and not any(np.max(np.abs(end.levers - levers)) < SAME for levers in tried):
            tried.append(end.levers)
            Repair(search, end.levers).start()


def _follow(search: Search, task: Task, rng: np.random.Generator) -> None:
    """Make a design of where a path ends; where it falls short of the path, climb there."""
    from incentive_opt.pricing.follow import follow  # what it needs takes a while to load

    end = follow(search, task.start, search.value, task.looked)
    search.incumbent = None
    if end is None:
        return
    mixed = end.intentions[-1]
    now = Repair(search, end.levers).settle(mixed, end.levers, SETTLING)
    Polish(search, rng).end(end.levers if now is None else now.levers, mixed)
    for intended in end.intentions:
        if search.value < _below(end.value, SHORT):
            Repair(search, end.levers).start(intended)
    if search.value < _below(end.value, FALLEN):
        found = search.incumbent
        ends = ascend(
            search, end.levers, rng, TEMPERATURES[FROM_PATH:], True, search.pools, prices=end.prices
        )
        search.incumbent = found
        _implement(search, ends, -np.inf)


def _ascended(
    search: Search, task: Task, rng: np.random.Generator, least: tuple[float, float]
) -> list[Climb]:
    """Ends of the climb; none if rules leave nothing, or it is given up as worth less than ``least``."""
    start: FloatArray | None = task.start
    if task.turned is not None:
        start = project(search, search.pools, task.start, task.turned)
    if start is None:
        return []
    hot = TEMPERATURES[min(task.skip, ALL - 1)] > COLD and search.problem.hint is None
    before = survey(search, task.seed) if hot else ()
    return ascend(search, start, rng, TEMPERATURES[task.skip :], task.turned is not None, before, least)


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
