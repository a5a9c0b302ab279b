"""Yes/no choices for paths: which to look at, to look at again, and to follow.

Where a path begins costs a second and mostly says where it ends; a second look, at about the end, costs two
and says it better; to follow it to a design costs five. What is known of those looked at says what to expect
of others: values are nearly sums over what followers can earn, so a ridge regression on that tells the
promising ones.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from incentive_opt.pricing.earning import earning
from incentive_opt.pricing.lever_rules import box_of_choices, project
from incentive_opt.pricing.problem import FloatArray
from incentive_opt.pricing.search import Search
from incentive_opt.pricing.survey import random_levers

if TYPE_CHECKING:
    from incentive_opt.pricing.follow import Looked

ANYWHERE = 8
"""Choices looked at before anything is expected of others."""
AT_FIRST, MORE, NEAR = 60, 4, 6
"""Choices drawn anywhere at first and for each look, and near the best; the most promising is looked at."""
RIDGE = 0.3
"""Weight of the squares of what each thing that can be earned is worth."""
WORST = 0.05
"""A path that is lost where it begins counts as worth so much less than the worst [share]."""


@dataclass(eq=False)
class Choice:
    """Levers whose yes/no ones are settled, what followers can earn under them, and the values found.

    Attributes
    ----------
    promise, value : float
        Merits at the first look and at the second.
    over : bool
        Nothing more is to be tried: it was followed, is lost, or a task is at it.
    looked : Looked or None
        Where it was when it was last looked at.
    """

    levers: FloatArray
    earned: FloatArray
    promise: float = -np.inf
    value: float = -np.inf
    over: bool = False
    looked: Looked | None = None


class Choices:
    """Choices drawn, those that are or were looked at, and those that were followed."""

    def __init__(self, search: Search, rng: np.random.Generator) -> None:
        self.search, self.rng = search, rng
        self.drawn: list[Choice] = []
        self.had: set[bytes] = set()
        self.given: dict[int, Choice] = {}
        self.known: list[Choice] = []

    def look(self, number: int) -> FloatArray | None:
        """Levers for a look, as task ``number``: of new ones the most promising; None if there are none."""
        self._draw(MORE if self.had else AT_FIRST)
        if len(self.known) >= ANYWHERE:
            self._draw_near(max(self.known, key=lambda one: (one.value, one.promise)))
        if not self.drawn:
            return None
        place = 0
        if len(self.known) >= ANYWHERE:
            place = int(np.argmax(np.array([one.earned for one in self.drawn]) @ self._worth()))
        chosen = self.drawn.pop(place)
        self.given[number] = chosen
        return chosen.levers

    def again(self, number: int) -> Choice | None:
        """The choice that promises most of those looked at once, for task ``number``, if there is any."""
        best = self._best(leapt=False)
        if best is not None:
            best.over = True
            self.given[number] = best
        return best

    def heard(self, number: int, looked: Looked | None) -> None:
        """What a look found; a path that is lost is not followed.

        The first also says where paths begin, and the choice nearest to that is looked at next.
        """
        choice = self.given.pop(number)
        if looked is not None and looked.begun is not None and not self.known:
            self._next(project(self.search, self.search.pools, looked.begun))
        choice.over = looked is None or not np.isfinite(looked.value)
        if choice.looked is None:
            worst = min((one.promise for one in self.known), default=0.0)
            choice.promise = worst - WORST * abs(worst) if looked is None or choice.over else looked.value
            self.known.append(choice)
        elif looked is not None:
            choice.value = looked.value
        choice.looked = looked

    def follow(self) -> Choice | None:
        """The best of what was looked at again and not followed yet, or else of what was looked at."""
        best = self._best(leapt=True) or self._best(leapt=False)
        if best is not None:
            best.over = True
        return best

    def _best(self, leapt: bool) -> Choice | None:
        waiting = [one for one in self.known if not one.over and one.looked and one.looked.leapt == leapt]
        return max(waiting, key=lambda one: (one.value, one.promise), default=None)

    def _worth(self) -> FloatArray:
        """What each thing that can be earned is worth, by ridge regression in its dual form."""
        earned = np.array([one.earned for one in self.known])
        promised = np.array([one.promise for one in self.known])
        earned = earned - earned.mean(axis=0)
        gram = earned @ earned.T + RIDGE * np.eye(len(earned))
        return np.asarray(earned.T @ np.linalg.solve(gram, promised - promised.mean()))

    def _draw(self, number: int) -> None:
        """Choices from anywhere."""
        for _ in range(number):
            self._keep(project(self.search, self.search.pools, random_levers(self.search, self.rng)))

    def _draw_near(self, best: Choice) -> None:
        """Choices that differ from the best by one yes/no lever, and by what rules then demand."""
        flags = np.flatnonzero(self.search.problem.lever_integer)
        for flag in self.rng.choice(flags, min(NEAR, len(flags)), replace=False):
            self._keep(project(self.search, self.search.pools, best.levers, int(flag)))

    def _next(self, levers: FloatArray | None) -> None:
        """Look at this choice next, unless one under which the same can be earned was looked at."""
        self._keep(levers)
        if levers is not None:
            earned = earned_under(self.search, levers)
            self.drawn.sort(key=lambda one: not np.array_equal(one.earned, earned))

    def _keep(self, levers: FloatArray | None) -> None:
        """Keep a choice that leaves something to earn that no other did."""
        if levers is None:
            return
        earned = earned_under(self.search, levers)
        if earned.tobytes() not in self.had:
            self.had.add(earned.tobytes())
            self.drawn.append(Choice(levers, earned))


def earned_under(search: Search, levers: FloatArray) -> FloatArray:
    """What can be earned under yes/no levers as they are; where nobody knows, these levers themselves."""
    _, high = box_of_choices(search, levers)
    whole = earning(search.problem, high)
    if whole is None:
        settled = search.problem.lever_integer.copy()
        settled[list(search.problem.menus)] = True
        return levers[settled]
    return np.concatenate(whole)
