"""Paths from what the leader would choose to what followers choose: what is held, earned and given up."""

from __future__ import annotations

import secrets
from dataclasses import replace

import numpy as np
import pytest
from scipy import sparse

from incentive_opt.pricing import follow as follow_module
from incentive_opt.pricing.climbing import FOLLOWED, LOOKED, Task, admit, carry_out
from incentive_opt.pricing.earning import earning
from incentive_opt.pricing.follow import AT_LAST, BETWEEN, follow, look
from incentive_opt.pricing.joint import Held, Joint, Stand
from incentive_opt.pricing.lever_rules import project
from incentive_opt.pricing.problem import PricingProblem
from incentive_opt.pricing.responses import Unsolved
from incentive_opt.pricing.scaling import scale
from tests.pricing.random_problems import Case
from tests.pricing.test_responses import a_search, feasible, some_levers, varied

SEEDS = 10
TRIES = 150
"""Three problems in four have no path to follow (what could be earned is more than a follower can do)."""
NOTHING = -1e9
"""A value that every path passes."""


def tiered(seed: int) -> Case:
    """A crooked problem, scaled, with rows that hardly bind; whole numbers are raised for drawn columns."""
    rng = np.random.default_rng(seed)
    case = varied(seed)
    problem = scale(case.problem)[0]
    followers = []
    for follower in problem.followers:
        count, size = int(follower.integer.sum()), len(follower.lower)
        marks = rng.random((count, size)) < 0.4
        marks[np.arange(count), np.flatnonzero(follower.integer)] = True
        followers.append(replace(follower, rests=sparse.csr_array(marks.astype(float))))
    upper = np.where(np.isfinite(problem.row_upper), 3.0 * np.abs(problem.row_upper) + 1.0, np.inf)
    lower = np.where(np.isfinite(problem.row_lower), -3.0 * np.abs(problem.row_lower) - 1.0, -np.inf)
    return Case(replace(problem, followers=tuple(followers), row_upper=upper, row_lower=lower), case.points)


def settled(problem: PricingProblem, seed: int) -> np.ndarray | None:
    """Levers that keep the rules for levers alone."""
    search, rng = a_search(problem), np.random.default_rng(seed)
    return project(search, search.pools, some_levers(problem, rng))


def test_whole_numbers_are_raised_for_what_can_be_paid() -> None:
    """Each is at its upper bound just where a column that it is raised for is paid by a lever above zero."""
    for seed in (secrets.randbelow(10**9) for _ in range(5 * SEEDS)):
        problem, rng = tiered(seed).problem, np.random.default_rng(seed)
        high = np.where(rng.random(len(problem.lever_upper)) < 0.5, 0.0, problem.lever_upper)
        held = earning(problem, high)
        assert held is not None
        for follower, whole in zip(problem.followers, held, strict=True):
            assert follower.rests is not None
            features, rests = follower.features.toarray(), follower.rests.toarray()
            for place, column in enumerate(np.flatnonzero(follower.integer)):
                paid = any(
                    features[f, other] != 0 and follower.payment[f] != 0 and high[follower.levers[f]] > 0
                    for f in range(len(features))
                    for other in np.flatnonzero(rests[place])
                )
                assert whole[place] == (follower.upper if paid else follower.lower)[column], f"seed {seed}"


def test_nothing_is_held_where_nobody_knows_what_for() -> None:
    """A follower with whole numbers and no word of what they are raised for lets all of them move."""
    problem = tiered(secrets.randbelow(10**9)).problem
    assert any(np.any(follower.integer) for follower in problem.followers)
    followers = tuple(replace(follower, rests=None) for follower in problem.followers)
    assert earning(replace(problem, followers=followers), problem.lever_upper) is None


@pytest.mark.parametrize("knows", [True, False])
def test_a_path_ends_at_levers_and_intentions_that_are_possible(knows: bool) -> None:
    """Levers in their box, yes/no ones as settled; intentions that followers can do."""
    ended = 0
    for seed in (secrets.randbelow(10**9) for _ in range(TRIES)):
        if ended == SEEDS:
            return
        problem = tiered(seed).problem
        if not knows:
            problem = replace(problem, followers=tuple(replace(f, rests=None) for f in problem.followers))
        levers = settled(problem, seed)
        if levers is None:
            continue
        search = a_search(problem)
        try:
            end = follow(search, levers, NOTHING)
        except Unsolved:
            continue  # what could be earned is more than a follower can do
        if end is None:
            continue
        ended += 1
        assert np.all(end.levers >= problem.lever_lower - 1e-9), f"seed {seed}"
        assert np.all(end.levers <= problem.lever_upper + 1e-9), f"seed {seed}"
        assert end.levers[problem.lever_integer] == pytest.approx(levers[problem.lever_integer]), (
            f"seed {seed}"
        )
        for intended in end.intentions:
            for follower, pool, place in zip(problem.followers, search.pools, intended, strict=True):
                assert feasible(follower, pool.responses[place].x), f"seed {seed}"
    pytest.fail(f"{ended} of {TRIES} paths ended")


def test_a_path_that_cannot_pass_what_is_known_is_given_up() -> None:
    """Asked for more than there is, or without time, it comes back with nothing."""
    begun = 0
    for seed in (secrets.randbelow(10**9) for _ in range(TRIES)):
        if begun == SEEDS:
            return
        problem = tiered(seed).problem
        levers = np.where(problem.lever_integer, 0.0, problem.lever_lower)
        try:
            looked = look(a_search(problem), levers)
        except Unsolved:
            continue  # what could be earned is more than a follower can do
        begun += 1
        assert follow(a_search(problem), levers, 1e9, looked) is None, f"seed {seed}"
        assert follow(a_search(problem), levers, 1e9) is None, f"seed {seed}"
        assert follow(a_search(problem, 0.0), levers, NOTHING) is None, f"seed {seed}"
    pytest.fail(f"{begun} of {TRIES} paths began")


def test_designs_of_paths_are_designs() -> None:
    """Another search, which asks the followers itself, admits what comes of a path."""
    better = 0
    for seed in (secrets.randbelow(10**9) for _ in range(TRIES)):
        if better == SEEDS:
            return
        problem = tiered(seed).problem
        levers = settled(problem, seed)
        if levers is None:
            continue
        done = carry_out(a_search(problem), Task(0, seed, levers, FOLLOWED, None, 30.0))
        if done.found is not None:
            other = a_search(problem)
            assert admit(other, done.found), f"seed {seed}"
            better += 1
    pytest.fail(f"{better} of {TRIES} paths became designs")


def test_a_path_is_decided_by_where_it_begins() -> None:
    """What was solved before in the same search does not matter."""
    seed = secrets.randbelow(10**9)
    problem = tiered(seed).problem
    levers = settled(problem, seed)
    while levers is None:
        seed += 1
        problem = tiered(seed).problem
        levers = settled(problem, seed)
    task = Task(0, seed, levers, FOLLOWED, None, 30.0)
    fresh, used = a_search(problem), a_search(problem)
    carry_out(used, Task(1, seed, some_levers(problem, np.random.default_rng(seed)), 0, None, 30.0))
    one, other = carry_out(fresh, task), carry_out(used, task)
    assert (one.found is None) == (other.found is None), f"seed {seed}"
    if one.found is not None and other.found is not None:
        assert one.found.levers == pytest.approx(other.found.levers, abs=1e-9), f"seed {seed}"


def test_a_look_is_where_the_path_begins() -> None:
    """The value at the first charge, whatever was done before; a task that looks finds no design."""
    seed, problem, levers = looked_at()
    found = follow_module.look(a_search(problem), levers).value
    used = a_search(problem)
    carry_out(used, Task(1, seed, some_levers(problem, np.random.default_rng(seed)), 0, None, 30.0))
    done = carry_out(used, Task(0, seed, levers, LOOKED, None, 30.0))
    assert done.found is None
    assert done.looked is not None
    assert done.looked.value == pytest.approx(found, rel=1e-9), f"seed {seed}"


def test_a_path_goes_on_from_where_it_was_looked_at() -> None:
    """With what a first look found, or a second, it ends where it would have without, and is there sooner."""
    seed, problem, levers = looked_at()
    looked = follow_module.look(a_search(problem), levers)
    whole = follow(a_search(problem), levers, NOTHING)
    again = follow_module.look(a_search(problem), levers, looked)
    assert (looked.leapt, again.leapt) == (False, True)
    for known in (looked, again):
        rest = follow(a_search(problem), levers, NOTHING, known)
        assert (whole is None) == (rest is None), f"seed {seed}"
        if whole is not None and rest is not None:
            assert rest.value == pytest.approx(whole.value, rel=1e-9), f"seed {seed}"


def test_where_a_leap_fails_there_is_a_step_between(monkeypatch: pytest.MonkeyPatch) -> None:
    """The second look then has a value all the same."""
    seed, problem, levers = looked_at()
    looked = follow_module.look(a_search(problem), levers)
    solve, asked = follow_module.Joint.solve, []

    def failing(joint: Joint, charge: float, held: Held, start: Stand, fine: bool = False) -> Stand:
        asked.append((charge, fine))
        return replace(solve(joint, charge, held, start, fine), converged=not fine)

    monkeypatch.setattr(follow_module.Joint, "solve", failing)
    again = follow_module.look(a_search(problem), levers, looked)
    path = [asked[k] for k in range(len(asked)) if k >= len(follow_module.OBEDIENT)]
    assert path == [(AT_LAST, True), (BETWEEN, False), (AT_LAST, True), (AT_LAST, False)]
    assert np.isfinite(again.value) or again.stand.dissatisfaction < 0.0, f"seed {seed}"


def test_a_look_that_fails_promises_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """A solver's fault in one look ends nothing."""
    seed, problem, levers = looked_at()

    def failed(*_: object) -> None:
        raise Unsolved("made up")

    monkeypatch.setattr(follow_module, "look", failed)
    done = carry_out(a_search(problem), Task(0, seed, levers, LOOKED, None, 30.0))
    assert (done.found, done.looked) == (None, None)


def looked_at() -> tuple[int, PricingProblem, np.ndarray]:
    """A seed, a problem with a path, and settled levers for it."""
    for seed in (secrets.randbelow(10**9) for _ in range(TRIES)):
        problem = tiered(seed).problem
        levers = settled(problem, seed)
        try:
            if levers is not None and np.isfinite(follow_module.look(a_search(problem), levers).value):
                return seed, problem, levers
        except Unsolved:
            continue
    return pytest.fail(f"none of {TRIES} problems has a path")
