"""Which tasks are set: at first paths, from looks to designs; later climbs too, and from the incumbent.

A climb leaves yes/no levers as its start has them, so many starts are tried.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from incentive_opt.pricing.choices import Choices
from incentive_opt.pricing.climbing import ALL, FOLLOWED, LOOKED, POLISHED, Climbed, Task, known
from incentive_opt.pricing.problem import FloatArray
from incentive_opt.pricing.search import Search
from incentive_opt.pricing.survey import random_levers, shaken

if TYPE_CHECKING:
    from incentive_opt.pricing.follow import Looked

TINY = 1e-9
ANYWHERE = 4
"""First climbs, that begin anywhere."""
FRESH = 0.2
"""Share of starts that are anywhere, once there is an incumbent to start from."""
POLISHING = 0.25
"""Share of the other tasks that polish the incumbent and do not climb."""
EXCHANGING, EXCHANGED = 0.3, 5
"""Share of the rest in which one yes/no choice of the incumbent is turned; temperatures they leave out."""
FOLLOWABLE = 2500
"""Columns of all followers up to which paths are followed; with more a climb is there sooner."""
PER_SQUARE = 2e-5
"""Seconds that have to be left for each pair of columns: in less, looks would take all the time."""
LOOKS, MORE_LOOKS = 16, 60
"""Tasks that look at where paths begin, at first; and where there is time for them: the more, the better is
known what choices are worth."""
LOOKED_BY, MORE_BY = 0.35, 0.25
"""Shares of the time after which there are no more of the ones and of the others."""
AGAIN, FOLLOWED_FIRST = 8, 8
"""Tasks after those that look at the best again, and that follow the best of these; more by what there was no
time for before."""
AGAIN_BY = 0.6
"""Share of the time after which there are no more second looks, and paths are followed."""
LOOKING, LOOKING_AGAIN, FOLLOWING = 0.2, 0.4, 0.6
"""Of the others shares up to these do."""
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


class Plan:
    """The tasks of a search, one after the other."""

    def __init__(self, search: Search, seed: int, until: float) -> None:
        self.search, self.seed = search, seed
        self.began, self.until = search.clock.now, until
        self.rng = np.random.default_rng(seed)
        self.paths = Choices(search, self.rng) if followable(search, until - self.began) else None
        self.looks = self.again = self.followed = 0

    @property
    def left(self) -> float:
        """Seconds that a task set now may take."""
        return min(self.until - self.search.clock.now, self.search.time_left)

    def task(self, number: int) -> Task:
        """The task of this number."""
        task = self._of_path(number, self.paths) if self.paths is not None else None
        return task or self._climb(number)

    def heard(self, climbed: Climbed) -> None:
        """What became of a task."""
        if self.paths is not None and climbed.number in self.paths.given:
            self.paths.heard(climbed.number, climbed.looked)

    def _of_path(self, number: int, paths: Choices) -> Task | None:
        """A look at a path, a second look, or one to be followed; None if it is no path's turn."""
        gone = (self.search.clock.now - self.began) / max(self.until - self.began, TINY)
        few = self.looks < LOOKS and gone < LOOKED_BY
        looking = few or (self.looks < MORE_LOOKS and gone < MORE_BY)
        spared = max(0, LOOKS - self.looks)
        again = self.again < AGAIN + spared and gone < AGAIN_BY
        following, drawn = True, self.rng.random()
        if not looking and not again:
            self.followed += 1
        spared += max(0, AGAIN - self.again)
        if self.followed > FOLLOWED_FIRST + spared:
            looking, again, following = drawn < LOOKING, drawn < LOOKING_AGAIN, drawn < FOLLOWING
        if looking:
            self.looks += 1
            levers = paths.look(number)
            if levers is not None:
                return self._set(number, levers, LOOKED)
        choice = None
        if again:
            self.again += 1
            choice = paths.again(number)
        if choice is not None:
            return self._set(number, choice.levers, LOOKED, looked=choice.looked)
        if following:
            choice = paths.follow()
        return self._set(number, choice.levers, FOLLOWED, looked=choice.looked) if choice else None

    def _climb(self, number: int) -> Task:
        """A climb from anywhere (near the hint, where there is one) or from the incumbent."""
        search, rng, best, hint = self.search, self.rng, known(self.search), self.search.problem.hint
        if hint is not None and number < len(HINTED):
            return self._set(number, shaken(search, hint, rng, AS_IT_IS), HINTED[number])
        earned = search.value > search.in_force
        if best is None or not earned or number < ANYWHERE or rng.random() < FRESH:
            if hint is None:
                return self._set(number, random_levers(search, rng), 0)
            return self._set(number, shaken(search, hint, rng, AWAY), int(rng.choice(HINTED_SKIPS)))
        if rng.random() < POLISHING:
            return self._set(number, best.levers, POLISHED)
        skip = int(rng.choice(SKIPS if hint is None else HINTED_SKIPS))
        choices = np.flatnonzero(search.problem.lever_integer)
        if len(choices) and rng.random() < EXCHANGING:
            return self._set(number, best.levers, EXCHANGED, turned=int(rng.choice(choices)))
        return self._set(number, shaken(search, best.levers, rng, AROUND), skip)

    def _set(
        self,
        number: int,
        start: FloatArray,
        skip: int,
        turned: int | None = None,
        looked: Looked | None = None,
    ) -> Task:
        return Task(number, self.seed, start, skip, known(self.search), self.left, turned, looked)


def followable(search: Search, seconds: float) -> bool:
    """Whether paths are followed: few columns, all with lower bounds, no hint to begin near, and time."""
    problem = search.problem
    columns = sum(len(follower.lower) for follower in problem.followers)
    counted = all(bool(np.all(np.isfinite(follower.lower))) for follower in problem.followers)
    timely = PER_SQUARE * columns**2 <= seconds
    return problem.hint is None and counted and columns <= FOLLOWABLE and timely
