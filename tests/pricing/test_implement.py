"""The implementation problem against one linear program that holds every comparison."""

from __future__ import annotations

import secrets
from dataclasses import replace

import numpy as np
import pytest
from scipy import sparse
from scipy.optimize import linprog

from incentive_opt.pricing import implement, repair
from incentive_opt.pricing.implement import DISTANCE, Implementation, Implemented
from incentive_opt.pricing.problem import Follower
from incentive_opt.pricing.scaling import scale
from incentive_opt.pricing.search import Search
from tests.pricing.random_problems import Case
from tests.pricing.test_responses import a_search, some_levers, varied

SEEDS = 30
BROKEN = 1e-6
"""Violation from which an intention counts as broken by the levers."""


def costless(seed: int) -> Case:
    """A crooked problem, scaled, in which only the intention counts and not what it costs."""
    case = varied(seed)
    followers = tuple(replace(f, value_product=0.0 * f.value_product) for f in case.problem.followers)
    problem = replace(case.problem, followers=followers, lever_value=0.0 * case.problem.lever_value)
    if seed % 2:  # half of them without rows and margins, so that many levers implement an intention
        free = np.full(4, np.inf)
        followers = tuple(replace(f, harm_x=f.harm_x[:0], harm_product=f.harm_product[:0]) for f in followers)
        problem = replace(problem, followers=followers, row_lower=-free, row_upper=free)
    return Case(scale(problem)[0], case.points)


class Question:
    """An intention, the levers near which it is wanted, and the linear program that answers."""

    def __init__(self, case: Case, rng: np.random.Generator, known: int = 10_000) -> None:
        self.case, self.problem = case, case.problem
        self.search = a_search(case.problem)
        self.near = some_levers(case.problem, rng)
        at = some_levers(case.problem, rng)
        at[-1] = self.near[-1]
        self.intended = []
        for oracle, pool, points in zip(self.search.oracles, self.search.pools, case.points, strict=True):
            own = oracle.best(at).x if rng.random() < 0.9 else points[rng.integers(len(points))]
            self.intended.append(pool.add(oracle.describe(own)))
            for x in points[rng.permutation(len(points))][:known]:
                pool.add(oracle.describe(x))
        low, high = self.problem.lever_lower.copy(), self.problem.lever_upper.copy()
        low[-1] = high[-1] = self.near[-1]  # the yes/no lever stays
        self.task = Implementation(self.search, low, high)

    def comparisons(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Whose, the slopes and the right sides of every comparison, plain and in each direction of harm."""
        owners, slopes, sides = [], [], []
        for index, (pool, choice) in enumerate(zip(self.search.pools, self.intended, strict=True)):
            own = pool.responses[choice]
            for rival in pool.responses:
                for d in range(-1, len(own.harm)):
                    slope, gain = rival.utility_lever - own.utility_lever, rival.utility - own.utility
                    if d >= 0:
                        slope = slope + rival.harm_lever[d] - own.harm_lever[d]
                        gain += rival.harm[d] - own.harm[d]
                    owners.append(index)
                    slopes.append(slope)
                    sides.append(-gain)
        return np.array(owners), np.array(slopes), np.array(sides)

    def rows(self) -> tuple[np.ndarray, np.ndarray]:
        """The leader's rows under the intention: constants and slopes, from the followers' arrays."""
        problem = self.problem
        flat, tilt = np.zeros(4), problem.rules.toarray()
        for follower, pool, choice in zip(problem.followers, self.search.pools, self.intended, strict=True):
            x = pool.responses[choice].x
            flat += follower.row_x.toarray() @ x
            amounts = follower.features.toarray() @ x
            for f, lever in enumerate(follower.levers):
                tilt[:, lever] += follower.row_product.toarray()[:, f] * amounts[f]
        return flat, tilt

    def answer(self, slack_price: float | None) -> tuple[float, float] | None:
        """Least distance of levers that keep everything; or least violation, with slacks at a price."""
        owners, slopes, sides = self.comparisons()
        flat, tilt = self.rows()
        count, size = len(self.near), len(self.near) * 2 + len(self.search.pools) + 4
        upper, lower = np.isfinite(self.problem.row_upper), np.isfinite(self.problem.row_lower)
        matrix = np.zeros((len(sides) + upper.sum() + lower.sum(), size))
        matrix[:, :count] = np.vstack([slopes, tilt[upper], -tilt[lower]])
        if slack_price is not None:
            matrix[np.arange(len(sides)), 2 * count + owners] = -1.0
            row_slacks = np.concatenate([np.flatnonzero(upper), np.flatnonzero(lower)])
            places = len(sides) + np.arange(len(row_slacks))
            matrix[places, 2 * count + len(self.search.pools) + row_slacks] = -1.0
        right = [sides, (self.problem.row_upper - flat)[upper], (flat - self.problem.row_lower)[lower]]
        eye, none = np.eye(count), np.zeros((count, size - 2 * count))
        way = np.vstack([np.hstack([eye, -eye, none]), np.hstack([-eye, -eye, none])])
        span = self.task.high - self.task.low
        price = np.where(span > 0, DISTANCE / np.where(span > 0, span, 1.0), 0.0)
        if slack_price is not None:
            price = 0.0 * price
        cost = np.concatenate([np.zeros(count), price, np.full(size - 2 * count, slack_price or 0.0)])
        bounds = list(zip(self.task.low, self.task.high, strict=True)) + [(0, None)] * (size - count)
        found = linprog(
            cost,
            A_ub=np.vstack([matrix, way]),
            b_ub=np.concatenate([*right, self.near, -self.near]),
            bounds=bounds,
            method="highs",
        )
        return None if found.status != 0 else (float(found.fun), price @ np.abs(found.x[:count] - self.near))

    def distance(self, found: Implemented) -> float:
        """How far the levers found are from those that suggested the intention."""
        span = self.task.high - self.task.low
        price = np.where(span > 0, DISTANCE / np.where(span > 0, span, 1.0), 0.0)
        return float(price @ np.abs(found.levers - self.near))

    def broken(self, levers: np.ndarray) -> float:
        """By how much anything is broken at the levers."""
        owners, slopes, sides = self.comparisons()
        flat, tilt = self.rows()
        rows = flat + tilt @ levers
        envy = [max(0.0, float((slopes @ levers - sides)[owners == i].max())) for i in set(owners)]
        over = np.maximum(rows - self.problem.row_upper, 0) + np.maximum(self.problem.row_lower - rows, 0)
        return float(sum(envy) + over.sum())


def test_levers_are_the_nearest_that_implement() -> None:
    """Where some levers implement the intention, the nearest do; where none do, something stays broken."""
    done = denied = moved = 0
    for seed in (secrets.randbelow(10**9) for _ in range(3 * SEEDS)):
        question = Question(costless(seed), np.random.default_rng(seed))
        found = question.task.solve(question.intended, question.near)
        assert found is not None, f"seed {seed}"
        assert np.all(found.levers >= question.task.low), f"seed {seed}"
        assert np.all(found.levers <= question.task.high), f"seed {seed}"
        assert found.violation == pytest.approx(question.broken(found.levers), abs=1e-7), f"seed {seed}"
        least = question.answer(slack_price=1.0)
        assert least is not None
        if least[0] > BROKEN:
            denied += 1
            assert found.violation >= least[0] - 1e-7, f"seed {seed}"
        elif least[0] <= 1e-10 and (best := question.answer(None)) is not None:
            done += 1
            moved += best[0] > 1e-5
            assert found.violation <= 1e-7, f"seed {seed}: levers implement it, and these do not"
            assert question.distance(found) == pytest.approx(best[0], abs=1e-7), f"seed {seed}"
    assert done > moved > 0, "no intention asked for other levers, or all did"
    assert denied > 0, "every intention could be implemented"


def test_costs_do_not_break_what_can_be_kept() -> None:
    """Where levers cost something, nothing is broken that some levers would keep."""
    done = 0
    for seed in (secrets.randbelow(10**9) for _ in range(2 * SEEDS)):
        question = Question(costly(seed), np.random.default_rng(seed))
        found, least = question.task.solve(question.intended, question.near), question.answer(1.0)
        assert found is not None, f"seed {seed}"
        assert least is not None, f"seed {seed}"
        if least[0] <= 1e-10:
            done += 1
            assert found.violation <= 1e-7, f"seed {seed}"
    assert done > 0, "no intention could be implemented"


def test_levers_that_pay_little_are_moved_too() -> None:
    """A follower is kept from a rival by a lever that is a small part of its income."""
    case = costless(secrets.randbelow(10**9))
    count = len(case.problem.lever_names)
    little = 1e-5  # of the follower's greatest earnings, over the lever's whole range
    follower = Follower(
        name="one",
        matrix=sparse.csr_array((0, 2)),
        row_lower=np.zeros(0),
        row_upper=np.zeros(0),
        lower=np.zeros(2),
        upper=np.ones(2),
        integer=np.zeros(2, dtype=bool),
        objective=np.array([1.0, -0.5 * little]),
        objective_constant=0.0,
        features=sparse.csr_array([[0.0, 1.0]]),
        levers=np.array([0]),
        payment=np.array([little]),
        value=np.array([0.0, 1.0]),
        value_product=np.zeros(1),
        value_constant=0.0,
        row_x=sparse.csr_array((4, 2)),
        row_product=sparse.csr_array((4, 1)),
        harm_x=sparse.csr_array((0, 2)),
        harm_product=sparse.csr_array((0, 1)),
    )
    free = np.full(4, np.inf)
    problem = replace(case.problem, followers=(follower,), row_upper=free, row_lower=-free)
    problem = replace(problem, lever_lower=np.zeros(count), lever_upper=np.ones(count))
    search = a_search(problem)
    pool, describe = search.pools[0], search.oracles[0].describe
    wanted, _ = pool.add(describe(np.array([1.0, 1.0]))), pool.add(describe(np.array([1.0, 0.0])))
    task = Implementation(search, problem.lever_lower, problem.lever_upper)
    found = task.solve([wanted], np.zeros(count))  # any first lever from 0.5 implements it
    assert found is not None
    assert found.violation <= 1e-8


def test_envy_names_whoever_prefers_a_rival() -> None:
    """By follower, how much it still prefers something at the levers found."""
    for seed in (secrets.randbelow(10**9) for _ in range(SEEDS)):
        question = Question(costless(seed), np.random.default_rng(seed))
        found = question.task.solve(question.intended, question.near)
        assert found is not None, f"seed {seed}"
        owners, slopes, sides = question.comparisons()
        gains = slopes @ found.levers - sides
        for index, envy in enumerate(found.envy):
            assert envy == pytest.approx(max(0.0, gains[owners == index].max()), abs=1e-7), f"seed {seed}"


def costly(seed: int) -> Case:
    """A crooked problem, scaled, in which the payer would also have levers cheap."""
    case = varied(seed)
    return Case(scale(case.problem)[0], case.points)


@pytest.mark.parametrize("make", [costless, costly])
def test_pools_that_grow_are_seen(make) -> None:  # type: ignore[no-untyped-def]
    """A program that stays loaded while pools grow answers as a fresh one would."""
    moved = 0
    for seed in (secrets.randbelow(10**9) for _ in range(SEEDS)):
        rng = np.random.default_rng(seed)
        case = make(seed)
        question = Question(case, rng, known=2)
        trial = question.task.trial(question.intended, question.near)
        before = None
        for share in (0.1, 0.4, 1.0):
            for oracle, pool, points in zip(
                question.search.oracles, question.search.pools, case.points, strict=True
            ):
                for x in points[: int(share * len(points))]:
                    pool.add(oracle.describe(x))
            kept = trial.solve()
            fresh = question.task.solve(question.intended, question.near)
            assert kept is not None, f"seed {seed}"
            assert fresh is not None, f"seed {seed}"
            assert kept.violation == pytest.approx(fresh.violation, abs=1e-7), f"seed {seed}"
            if make is costless:
                apart = question.distance(kept) - question.distance(fresh)
                assert apart == pytest.approx(0.0, abs=1e-7), f"seed {seed}"
            moved += before is not None and not np.allclose(before, kept.levers)
            before = kept.levers
    assert moved > 0, "what joined the pools never mattered"


def test_value_is_that_of_the_intention() -> None:
    """The value told is the leader's at the levers found, from the followers' own arrays."""
    for seed in (secrets.randbelow(10**9) for _ in range(SEEDS)):
        case = costly(seed)
        question = Question(case, np.random.default_rng(seed))
        found = question.task.solve(question.intended, question.near)
        assert found is not None, f"seed {seed}"
        value = case.problem.value_constant + case.problem.lever_value @ found.levers
        search: Search = question.search
        for follower, pool, choice in zip(case.problem.followers, search.pools, found.intended, strict=True):
            x = pool.responses[choice].x
            paid = found.levers[follower.levers] * (follower.features @ x)
            value += follower.value @ x + follower.value_constant + follower.value_product @ paid
        assert found.value == pytest.approx(value), f"seed {seed}"


def test_mending_asks_followers_only_so_often(monkeypatch: pytest.MonkeyPatch) -> None:
    """However much there is to mend, followers are asked no more often than the patience allows."""
    asked: list[int] = []
    true_deviations = Search.deviations

    def counting(self: Search, levers: np.ndarray, intended: list[int]) -> float:
        asked.append(1)
        return true_deviations(self, levers, intended)

    monkeypatch.setattr(Search, "deviations", counting)
    often = 0
    for patience in (1, 50):
        monkeypatch.setattr(repair, "PATIENCE", patience)
        for seed in (secrets.randbelow(10**9) for _ in range(10)):
            case = costless(seed)
            search = a_search(case.problem)
            asked.clear()
            rng = np.random.default_rng(seed)
            mending = repair.Repair(search, some_levers(case.problem, rng))
            for _ in range(20):
                elsewhere = some_levers(case.problem, rng)
                mending.settle(search.liked(elsewhere), mending.levers)
            assert len(asked) <= patience * len(search.pools), f"seed {seed}"
            often += patience == 50 and len(asked) > len(search.pools)
    assert often > 0, "nobody was ever asked twice"


def test_nobody_is_asked_again_for_what_is_known(monkeypatch: pytest.MonkeyPatch) -> None:
    """An intention that cannot be kept is settled once nothing new is preferred, not rounds later."""
    monkeypatch.setattr(repair, "PATIENCE", 1000)
    impossible = 0
    for seed in (secrets.randbelow(10**9) for _ in range(40)):
        case = costless(seed)
        search, rng = a_search(case.problem), np.random.default_rng(seed)
        intended = [
            search.add_point(index, points[rng.integers(len(points))])
            for index, points in enumerate(case.points)
        ]
        before = sum(len(pool) for pool in search.pools)
        mending = repair.Repair(search, some_levers(case.problem, rng))
        now = mending.settle(intended, mending.levers)
        joined = sum(len(pool) for pool in search.pools) - before
        assert mending.asked <= 1 + joined, f"seed {seed}"
        impossible += now is not None and now.violation > implement.DONE
    assert impossible > 0, "every intention could be kept"
