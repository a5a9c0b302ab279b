"""Yes/no choices for paths: which are looked at, what is expected of others, which are followed."""

from __future__ import annotations

import secrets
from dataclasses import replace

import numpy as np
import pytest

from incentive_opt.pricing import choices as choices_module
from incentive_opt.pricing.choices import ANYWHERE, Choice, Choices, earned_under
from incentive_opt.pricing.climbing import FOLLOWED, LOOKED
from incentive_opt.pricing.follow import Looked
from incentive_opt.pricing.joint import Stand
from incentive_opt.pricing.plan import AGAIN, FOLLOWABLE, FOLLOWED_FIRST, MORE_LOOKS, Plan, followable
from tests.pricing.test_follow import tiered
from tests.pricing.test_responses import a_search

THINGS = 6


def some_choices(seed: int) -> Choices:
    """Choices of a random problem."""
    return Choices(a_search(tiered(seed).problem), np.random.default_rng(seed))


def made_up(seed: int, monkeypatch: pytest.MonkeyPatch) -> tuple[Choices, np.ndarray]:
    """Choices of which nothing is drawn but what a test puts there, and what each thing is worth."""
    monkeypatch.setattr(Choices, "_draw", lambda self, number: None)
    monkeypatch.setattr(Choices, "_draw_near", lambda self, best: None)
    return some_choices(seed), np.random.default_rng(seed).normal(0.0, 1.0, THINGS)


def one(earned: np.ndarray, promise: float = -np.inf) -> Choice:
    """A choice under which this can be earned."""
    return Choice(earned.copy(), earned, promise)


def found(value: float, leapt: bool = False) -> Looked:
    """What a look with this value found, and where, which is nobody's business here."""
    nowhere = np.zeros(1)
    return Looked(value, Stand(nowhere, nowhere, value, 0.0, True, nowhere, nowhere, nowhere), (), leapt)


def test_nothing_is_looked_at_twice() -> None:
    """No two looks let followers earn the same; there is an end to it."""
    for seed in (secrets.randbelow(10**9) for _ in range(10)):
        paths, had = some_choices(seed), []
        for number in range(200):
            levers = paths.look(number)
            if levers is None:
                break
            had.append(earned_under(paths.search, levers).tobytes())
            paths.heard(number, found(float(number)))
        else:
            pytest.fail(f"seed {seed}: no end")
        assert 1 <= len(had) == len(set(had)), f"seed {seed}"


def test_the_most_promising_is_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where values are sums over what can be earned, and all but noiseless, the best of the rest is found."""
    for seed in (secrets.randbelow(10**9) for _ in range(20)):
        paths, worth = made_up(seed, monkeypatch)
        rng = np.random.default_rng(seed)
        everything = ((np.arange(2**THINGS)[:, None] >> np.arange(THINGS)) & 1).astype(float)
        order = rng.permutation(len(everything))
        for row in everything[order[:40]]:
            paths.known.append(one(row, 100.0 + 10.0 * float(row @ worth)))
        rest = everything[order[40:]]
        paths.drawn = [one(row) for row in rest]
        chosen = paths.look(0)
        assert chosen is not None
        values = rest @ worth
        assert float(chosen @ worth) >= values.max() - 0.1 * np.ptp(values), f"seed {seed}"


def test_before_enough_is_known_they_are_taken_as_drawn(monkeypatch: pytest.MonkeyPatch) -> None:
    """With fewer than are looked at anywhere, nothing is expected of others."""
    paths, _ = made_up(secrets.randbelow(10**9), monkeypatch)
    rows = list(np.eye(ANYWHERE + 1, THINGS))
    paths.drawn = [one(row) for row in rows]
    for number in range(ANYWHERE):
        levers = paths.look(number)
        assert levers is not None
        assert np.array_equal(levers, rows[number])
        paths.heard(number, found(float(number)))


@pytest.mark.parametrize(("begun", "order"), [(2, [0, 2, 1]), (3, [0, 3, 1, 2]), (0, [0, 1, 2])])
def test_the_choice_nearest_to_where_paths_begin_is_next(
    monkeypatch: pytest.MonkeyPatch, begun: int, order: list[int]
) -> None:
    """The first look says where that is; drawn before or not, it is next, and nothing is looked at twice."""
    paths, _ = made_up(secrets.randbelow(10**9), monkeypatch)
    rows = np.eye(4, THINGS)
    paths.drawn, paths.had = [one(row) for row in rows[:3]], {row.tobytes() for row in rows[:3]}
    monkeypatch.setattr(choices_module, "earned_under", lambda search, levers: levers)
    monkeypatch.setattr(choices_module, "project", lambda search, pools, levers: levers)
    looks = []
    while (levers := paths.look(len(looks))) is not None:
        paths.heard(len(looks), replace(found(1.0), begun=rows[begun]))
        looks.append(int(np.argmax(levers)))
    assert looks == order


def looked_at(paths: Choices, promises: list[float | None]) -> None:
    """First looks at so many choices, each to earn one thing, with these values found."""
    paths.drawn = [one(row) for row in np.eye(len(promises), THINGS)]
    for number, promise in enumerate(promises):
        assert paths.look(number) is not None
        paths.heard(number, None if promise is None else found(promise))


def names(choices: list[Choice | None]) -> list[int]:
    """Which of the choices these are."""
    return [int(np.argmax(choice.levers)) for choice in choices if choice is not None]


def test_the_best_is_followed_first_and_each_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """In the order of promise; one that is lost where it begins is not followed, and counts as bad."""
    paths, _ = made_up(secrets.randbelow(10**9), monkeypatch)
    looked_at(paths, [3.0, None, 7.0, -np.inf])
    followed = [paths.follow(), paths.follow()]
    assert names(followed) == [2, 0]
    assert [choice.looked.value for choice in followed if choice is not None and choice.looked] == [7.0, 3.0]
    assert paths.follow() is None
    assert all(np.isfinite(known.promise) for known in paths.known)
    assert max(known.promise for known in paths.known if known.looked is None or known.promise < 3.0) < 3.0


def test_a_second_look_counts_more_than_the_first(monkeypatch: pytest.MonkeyPatch) -> None:
    """The most promising are looked at again, each once; then the order is that of the second values."""
    paths, _ = made_up(secrets.randbelow(10**9), monkeypatch)
    looked_at(paths, [3.0, 9.0, 7.0, 8.0])
    again = [paths.again(number) for number in (10, 11, 12)]
    assert names(again) == [1, 3, 2]
    assert paths.follow() is not None, "the one that was looked at once is all there is"
    for number, value in ((10, 1.0), (11, -np.inf), (12, 2.0)):
        paths.heard(number, found(value, leapt=True))
    assert paths.again(13) is None
    assert names([paths.follow(), paths.follow(), paths.follow()]) == [2, 1]
    assert [known.promise for known in paths.known] == [3.0, 9.0, 7.0, 8.0]


def planned(plan: Plan) -> list[str]:
    """What the tasks are until all have had their turn at paths; looks find what their numbers are."""
    kinds = []
    for number in range(MORE_LOOKS + AGAIN + FOLLOWED_FIRST):
        task = plan.task(number)
        kinds.append({LOOKED: "again" if task.looked else "look", FOLLOWED: "follow"}.get(task.skip, "climb"))
        if plan.paths is not None and number in plan.paths.given:
            plan.paths.heard(number, found(float(number), task.looked is not None))
    return kinds


def test_first_tasks_look_look_again_and_follow() -> None:
    """In this order, each choice once; with a hint or too many columns there are no paths."""
    seed = secrets.randbelow(10**9)
    problem = tiered(seed).problem
    search = a_search(problem)
    assert followable(search, 60.0)
    assert not followable(search, 0.0)
    kinds = planned(Plan(search, seed, search.clock.now + 1e6))
    assert kinds[0] == "look"
    assert "look" not in kinds[MORE_LOOKS:]
    assert 1 <= kinds.count("again") <= kinds.count("look"), kinds
    assert 1 <= kinds.count("follow") <= kinds.count("look"), kinds
    before = kinds[: kinds.index("follow")]
    assert before.count("look") <= MORE_LOOKS
    assert before.count("again") in (AGAIN, before.count("look")), kinds
    assert "climb" not in kinds or kinds.count("follow") == kinds.count("look"), kinds
    columns = sum(len(follower.lower) for follower in problem.followers)
    many = replace(problem, followers=problem.followers * (FOLLOWABLE // columns + 1))
    assert not followable(a_search(many), 1e6)
    assert not followable(a_search(replace(problem, hint=problem.lever_lower)), 60.0)


def test_looks_leave_time_for_designs() -> None:
    """Once a share of the time is gone, what was looked at is followed, however few there are."""
    seed = secrets.randbelow(10**9)
    search = a_search(tiered(seed).problem)
    plan = Plan(search, seed, search.clock.now + 1e6)
    assert plan.task(0).skip == LOOKED
    assert plan.paths is not None
    plan.paths.heard(0, found(1.0))
    plan.began = search.clock.now - 0.99e6
    plan.until = search.clock.now + 0.01e6
    assert plan.task(1).skip == FOLLOWED


def test_where_nobody_knows_what_is_earned_choices_stand_for_themselves() -> None:
    """Followers with whole numbers and no word of what they are raised for."""
    problem = tiered(secrets.randbelow(10**9)).problem
    problem = replace(problem, followers=tuple(replace(f, rests=None) for f in problem.followers))
    levers = problem.lever_lower.copy()
    assert np.array_equal(earned_under(a_search(problem), levers), levers[problem.lever_integer])
    assert choices_module.AT_FIRST > ANYWHERE
