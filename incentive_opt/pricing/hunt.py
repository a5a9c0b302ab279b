"""Finding good designs on problems too large to close: climbs from many starts.

A climb gives prices near which good designs lie. What followers do best there becomes the intention; the
implementation problem finds prices that make it true. Yes/no levers stay as the climb's start has them, so
many starts are tried: first anywhere, later also around the incumbent.
"""

from __future__ import annotations

from collections import deque

import numpy as np

from incentive_opt.pricing.choices import Choices
from incentive_opt.pricing.climbing import ALL, FOLLOWED, LOOKED, POLISHED, Task, admit, known
from incentive_opt.pricing.crew import Crew
from incentive_opt.pricing.search import Search
from incentive_opt.pricing.survey import random_levers, shaken

AHEAD = 4
"""Tasks set before the first is back, however many processes there are, so that a seed decides the result."""
FRESH = 0.2
"""Share of starts that are anywhere, once there is an incumbent to start from."""
POLISHING = 0.25
"""Share of the other tasks that polish the incumbent and do not climb."""
EXCHANGING, EXCHANGED = 0.3, 5
"""Share of the rest in which one yes/no choice of the incumbent is turned; temperatures they leave out."""
FOLLOWABLE = 2000
"""Columns of all followers up to which paths are followed; with more a climb is there sooner."""
PER_SQUARE = 2e-5
"""Seconds that have to be left for each pair of columns: in less, looks would take all the time."""
LOOKS, FOLLOWED_FIRST = 16, 4
"""First tasks, that only look at where paths begin, and those after them that follow the best."""
FOLLOWING, LOOKING = 0.4, 0.2
"""Shares of the others that follow a path, and that look at more."""
SKIPS = (2, 3, 4)
"""Temperatures that a climb from the incumbent leaves out."""
HINTED_SKIPS = (2, 3, 4, 5, 6)
"""The same where there is a hint: followers are many then, and climbs long."""
HINTED = (ALL, 7, 5, 6)
"""Temperatures that the first tasks leave out where there is a hint; they begin at the hint itself."""
AROUND = (0.01, 0.03, 0.1)
"""Noise about the incumbent of a climb from it [share of each range]."""
AS_IT_IS = (0.0,)
"""No noise about the hint."""
AWAY = (0.03, 0.1)
"""Noise about a hint of climbs that would else start anywhere [share of each range]."""


def hunt(search: Search, seed: int, until: float, gap: float, rounds: int = 10_000) -> None:
    """Climb until ``until`` [s on the clock], the gap, or the rounds."""
    rng = np.random.default_rng(seed)
    search.phase = "climb"
    set_out: deque[int] = deque()
    paths = Choices(search, rng) if followable(search, until - search.clock.now) else None
    with Crew(search) as crew:
        number = 0
        while search.gap > gap:
            left = min(until - search.clock.now, search.time_left)
            while len(set_out) < AHEAD and left > 0 and search.iteration + len(set_out) < rounds:
                crew.give(_task(search, rng, paths, number, seed, left))
                set_out.append(number)
                number += 1
            if not set_out:
                return
            climbed = crew.take(set_out.popleft(), until)
            if climbed is None:
                return
            search.iteration += 1
            search.prices = climbed.prices
            if paths is not None and climbed.number in paths.given:
                paths.heard(climbed.number, climbed.looked)
            if climbed.found is not None:
                admit(search, climbed.found)
            search.tell()


def followable(search: Search, seconds: float) -> bool:
    """Whether paths are followed: few columns, all with lower bounds, no hint to begin near, and time."""
    problem = search.problem
    columns = sum(len(follower.lower) for follower in problem.followers)
    counted = all(bool(np.all(np.isfinite(follower.lower))) for follower in problem.followers)
    timely = PER_SQUARE * columns**2 <= seconds
    return problem.hint is None and counted and columns <= FOLLOWABLE and timely


def _task(
    search: Search, rng: np.random.Generator, paths: Choices | None, number: int, seed: int, seconds: float
) -> Task:
    best, hint = known(search), search.problem.hint
    if paths is not None:
        drawn = rng.random() if number >= LOOKS + FOLLOWED_FIRST else LOOKING
        looking = number < LOOKS or drawn < LOOKING
        levers = paths.look(number) if looking else None
        if levers is not None:
            return Task(number, seed, levers, LOOKED, best, seconds)
        choice = paths.follow() if drawn < LOOKING + FOLLOWING else None
        if choice is not None:
            return Task(number, seed, choice.levers, FOLLOWED, best, seconds, looked=choice.looked)
    if hint is not None and number < len(HINTED):
        return Task(number, seed, shaken(search, hint, rng, AS_IT_IS), HINTED[number], best, seconds)
    earned = search.value > search.in_force
    fresh = best is None or not earned or number < AHEAD or rng.random() < FRESH
    if hint is not None and (best is None or fresh):
        return Task(
            number, seed, shaken(search, hint, rng, AWAY), int(rng.choice(HINTED_SKIPS)), best, seconds
        )
    if best is None or fresh:
        return Task(number, seed, random_levers(search, rng), 0, best, seconds)
    if rng.random() < POLISHING:
        return Task(number, seed, best.levers, POLISHED, best, seconds)
    skip = int(rng.choice(SKIPS if hint is None else HINTED_SKIPS))
    choices = np.flatnonzero(search.problem.lever_integer)
    if len(choices) and rng.random() < EXCHANGING:
        turned = int(rng.choice(choices))
        return Task(number, seed, best.levers, EXCHANGED, best, seconds, turned)
    return Task(number, seed, shaken(search, best.levers, rng, AROUND), skip, best, seconds)
