"""Combinations of answers: in their order, none missed that prices exist for, none kept that they do not."""

from __future__ import annotations

import itertools
import secrets

import numpy as np
import pytest
from scipy.optimize import linprog

from incentive_opt.pricing import combining
from incentive_opt.pricing.combining import Listed, combine
from incentive_opt.pricing.implement import Implementation
from incentive_opt.pricing.search import Search
from tests.pricing.test_implement import Question, costless

CASES, KNOWN = 12, 3
KEPT, BROKEN = 1e-10, 1e-6
"""Least violation up to which an intention counts as implementable, and from which as not."""


def test_combinations_come_in_the_order_of_what_they_lose() -> None:
    """Every one once, as a product of the lists sorted by the sum of losses."""
    rng = np.random.default_rng(secrets.randbelow(10**9))
    lists = [np.sort(rng.random(size)) for size in (3, 1, 4, 2)]
    listed = [Listed(np.arange(len(one)) + 10 * i, one - one[0]) for i, one in enumerate(lists)]
    found = list(combining._in_order(listed))
    losses = [sum(one.losses[k % 10] for one, k in zip(listed, chosen, strict=True)) for chosen in found]
    assert losses == sorted(losses)
    assert len(found) == len(set(found)) == 24
    assert set(found) == set(itertools.product(*(one.positions.tolist() for one in listed)))


def questions(case_seed: int) -> tuple[Question, Question]:
    """A question with a few answers in its pools, and the same with every answer there is."""
    case = costless(case_seed)
    few = Question(case, np.random.default_rng(case_seed), KNOWN)
    every = Question(case, np.random.default_rng(case_seed))
    return few, every


def least_violation(every: Question, few: Question, chosen: tuple[int, ...]) -> float:
    """Of an intention among the few, against every answer there is."""
    pairs = zip(every.search.pools, few.search.pools, chosen, strict=True)
    every.intended = [pool.add(own.responses[k]) for pool, own, k in pairs]
    found = every.answer(slack_price=1.0)
    assert found is not None
    return found[0]


def test_the_best_combination_that_prices_exist_for_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """As by asking one linear program about each of them."""
    for name, value in (("LISTED", 10_000), ("TRIED", 10_000)):
        monkeypatch.setattr(combining, name, value)
    some = 0
    for seed in (secrets.randbelow(10**9) for _ in range(CASES)):
        few, every = questions(seed)
        search: Search = few.search
        lists = [range(len(pool)) for pool in search.pools]
        sure, possible = -np.inf, -np.inf
        for chosen in itertools.product(*lists):
            value, least = search.price(few.near, list(chosen)), least_violation(every, few, chosen)
            sure = max(sure, value) if least <= KEPT else sure
            possible = max(possible, value) if least <= BROKEN else possible
        combine(search, few.near, few.intended, range(len(lists)), set())
        assert sure - 1e-6 * (1.0 + abs(sure)) <= search.value or sure == -np.inf, f"seed {seed}"
        if search.incumbent is not None:
            assert search.value <= possible + 1e-6 * (1.0 + abs(possible)), f"seed {seed}"
            some += 1
    assert some > 0


def test_followers_not_asked_keep_to_what_is_intended() -> None:
    """Whatever else would be better."""
    done = 0
    for seed in (secrets.randbelow(10**9) for _ in range(CASES)):
        few, _ = questions(seed)
        before = few.intended[0]
        if combine(few.search, few.near, few.intended, range(1, len(few.intended)), set()):
            assert few.search.incumbent is not None
            assert few.search.incumbent.intended[0] == before, f"seed {seed}"
            done += 1
    assert done > 0


def test_nothing_is_tried_twice() -> None:
    """What was tried is noted, and no design again."""
    for seed in (secrets.randbelow(10**9) for _ in range(CASES)):
        few, _ = questions(seed)
        tried: set[tuple[int, ...]] = set()
        asked = range(len(few.intended))
        if not combine(few.search, few.near, few.intended, asked, tried):
            continue
        design, few.search.incumbent = few.search.incumbent, None
        assert design is not None
        combine(few.search, few.near, few.intended, asked, tried)
        again = few.search.incumbent
        assert again is None or again.intended != design.intended, f"seed {seed}"
        return
    pytest.fail("no combination made a design")


def alone(task: Implementation, question: Question, index: int, choice: int) -> float:
    """The least by which a follower prefers something else to one answer, over the levers of the box."""
    search = question.search
    own, slopes, sides = search.pools[index].responses[choice], [], []
    for rival in search.pools[index].responses:
        for d in range(-1, len(own.harm)):
            slope, gain = rival.utility_lever - own.utility_lever, rival.utility - own.utility
            if d >= 0:
                slope = slope + rival.harm_lever[d] - own.harm_lever[d]
                gain += rival.harm[d] - own.harm[d]
            slopes.append(np.append(slope, -1.0))
            sides.append(-gain)
    bounds = [*zip(task.low, task.high, strict=True), (0.0, None)]
    cost = np.append(np.zeros(len(task.low)), 1.0)
    return float(linprog(cost, A_ub=np.array(slopes), b_ub=np.array(sides), bounds=bounds).fun)


def test_an_answer_that_no_levers_keep_a_follower_to_is_known() -> None:
    """As one linear program says, whatever others do and rows say."""
    kept = lost = 0
    for seed in (secrets.randbelow(10**9) for _ in range(CASES)):
        _, every = questions(seed)
        for index, pool in enumerate(every.search.pools):
            for choice in range(min(len(pool), 12)):
                least, says = (
                    alone(every.task, every, index, choice),
                    every.task.keeps(index, choice),
                )
                assert says or least > KEPT, f"seed {seed}: follower {index}, answer {choice}"
                assert not says or least < BROKEN, f"seed {seed}: follower {index}, answer {choice}"
                kept += says
                lost += not says
    assert kept > 0 < lost
