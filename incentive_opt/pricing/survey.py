"""What followers do at given levers, plainly and if they cared more for the leader; and all over the box."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from incentive_opt.pricing.pool import Pool
from incentive_opt.pricing.problem import FloatArray
from incentive_opt.pricing.responses import Oracle, make_oracles
from incentive_opt.pricing.search import Search

SURVEYED = 200
"""Points all over the lever box at which followers are asked before the first climb from anywhere."""
MOST_SURVEYED = 4000
"""Answers at most in all: of many followers fewer points are asked about."""
ROUGHLY = 0.015
"""By how much such answers may fall short of the best (scaled)."""
FAINTEST, FIRMEST = -4.0, -1.0
"""How much more followers care for the leader's aims, as powers of ten of what moves them most."""


def ask(
    search: Search,
    levers: FloatArray,
    rng: np.random.Generator,
    pools: Sequence[Pool],
    aside: Sequence[Oracle],
    asked: Iterable[int],
    rough: bool,
    short: float,
) -> None:
    """Add to pools what the followers asked do at the levers, plainly and tilted towards the leader's aims.

    Parameters
    ----------
    aside : sequence of Oracle
        For the tilted answers: programs of their own, so that each stays near its last optimum.
    rough : bool
        Whether whole numbers in plain answers are rounded, not searched.
    short : float
        By how much answers may fall short of the best (scaled).
    """
    for index in asked:
        oracle, pool = search.oracles[index], pools[index]
        liked = oracle.liking_at(levers)
        pool.add(oracle.reply(liked, pool, rough, short))
        wish = search.merit(index, levers)
        size = float(np.max(np.abs(wish), initial=0.0))
        if size > 0.0:
            tilt = 10.0 ** rng.uniform(FAINTEST, FIRMEST) / size
            pool.add(aside[index].reply(liked + tilt * wish, pool, True, short))


def survey(search: Search, seed: int) -> list[Pool]:
    """What followers do all over the lever box, asked once: the same for every climb of a search.

    Asked by programs of their own, so that it does not depend on what was solved before. A climb that begins
    hot would else go where the few responses that it happens to know want to go.
    """
    if search.survey is None:
        rng = np.random.default_rng([seed, len(search.oracles)])
        search.survey = [Pool() for _ in search.oracles]
        asking = Search(search.problem, search.clock, search.deadline, None, search.stop)
        aside = make_oracles(search.problem, search.clock)
        everybody = range(len(search.oracles))
        for _ in range(min(SURVEYED, MOST_SURVEYED // len(search.oracles))):
            if search.time_left <= 0:
                break
            ask(asking, random_levers(search, rng), rng, search.survey, aside, everybody, True, ROUGHLY)
    return search.survey


def random_levers(search: Search, rng: np.random.Generator) -> FloatArray:
    """Levers anywhere in the box, or around a contract in force."""
    problem = search.problem
    span = problem.lever_upper - problem.lever_lower
    if not problem.starts or rng.random() < 0.5:
        return np.asarray(problem.lever_lower + rng.random(len(span)) * span)
    return shaken(search, problem.starts[0], rng, (0.03, 0.1, 0.3))


def shaken(
    search: Search, levers: FloatArray, rng: np.random.Generator, scales: tuple[float, ...]
) -> FloatArray:
    """Levers with normal noise of one of the scales, as a share of each lever's range."""
    problem = search.problem
    span = problem.lever_upper - problem.lever_lower
    noise = rng.normal(0, float(rng.choice(scales)), len(span))
    return np.clip(levers + noise * span, problem.lever_lower, problem.lever_upper)
