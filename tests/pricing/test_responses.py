"""Responses, pools and oracles against dense arithmetic and against every point there is."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest
from scipy import sparse

from incentive_opt.pricing.highs import Clock
from incentive_opt.pricing.pool import Describer, Pool, Response
from incentive_opt.pricing.problem import Follower, PricingProblem
from incentive_opt.pricing.responses import Oracle
from incentive_opt.pricing.search import Search
from tests.pricing.random_problems import Case, draw

SEEDS = 25


def varied(seed: int) -> Case:
    """A drawn problem made crooked, with the same points.

    Levers are free, the last one is yes/no and stands in two rows; several features share a lever; payments,
    rows and directions of harm are in no proportion; followers touch different rows, some of them none.
    """
    case = draw(seed)
    rng = np.random.default_rng([seed, 1])
    problem, count = case.problem, len(case.problem.lever_names)
    rules = rng.uniform(0, 1, (4, count)) * (rng.random((4, 1)) < 0.5)
    rules[:, -1] = [0.0, 1.0, 0.0, 0.5]
    lower, upper = problem.lever_lower.copy(), problem.lever_upper.copy()
    lower[-1], upper[-1] = 0.0, 1.0
    followers = [_crooked(rng, f, count) for f in problem.followers]
    crooked = replace(
        problem,
        menus={},
        lever_lower=lower,
        lever_upper=upper,
        lever_integer=np.arange(count) == count - 1,
        rules=sparse.csr_array(rules),
        followers=tuple(followers),
    )
    return Case(crooked, case.points)


def harmless(case: Case) -> Case:
    """The same problem without directions of harm: what is intended is what is best."""
    followers = tuple(
        replace(f, harm_x=f.harm_x[:0], harm_product=f.harm_product[:0]) for f in case.problem.followers
    )
    return Case(replace(case.problem, followers=followers), case.points)


def _crooked(rng: np.random.Generator, follower: Follower, count: int) -> Follower:
    features, size = follower.features.shape
    touched = rng.random((4, 1)) < 0.6
    directions = int(rng.integers(0, 3))
    return replace(
        follower,
        levers=rng.integers(0, count, features),
        payment=rng.uniform(0.2, 2, features),
        value_product=rng.normal(0, 0.3, features),
        row_x=sparse.csr_array(rng.normal(0, 1, (4, size)) * touched * (rng.random((4, 1)) < 0.7)),
        row_product=sparse.csr_array(rng.normal(0, 1, (4, features)) * touched),
        harm_x=sparse.csr_array(rng.uniform(0, 0.3, (directions, size))),
        harm_product=sparse.csr_array(rng.normal(0, 0.05, (directions, features))),
    )


def some_levers(problem: PricingProblem, rng: np.random.Generator) -> np.ndarray:
    """Levers anywhere in the box, yes/no ones whole."""
    levers = rng.uniform(problem.lever_lower, problem.lever_upper)
    levers[problem.lever_integer] = np.round(levers[problem.lever_integer])
    return levers


def a_search(problem: PricingProblem, seconds: float = 60.0) -> Search:
    """A search that knows nothing yet."""
    return Search(problem, Clock(), seconds)


def products(follower: Follower, x: np.ndarray, levers: np.ndarray) -> np.ndarray:
    """What is paid for each feature, one by one."""
    dense = follower.features.toarray()
    return np.array([levers[lever] * float(dense[f] @ x) for f, lever in enumerate(follower.levers)])


def utility_of(follower: Follower, x: np.ndarray, levers: np.ndarray) -> float:
    """The follower's objective at a point, from the follower's own arrays."""
    own = float(follower.objective @ x) + follower.objective_constant
    return own + float(follower.payment @ products(follower, x, levers))


def feasible(follower: Follower, x: np.ndarray, slack: float = 1e-6) -> bool:
    """Whether a point keeps bounds, rows and whole numbers."""
    rows = follower.matrix.toarray() @ x
    whole = x[follower.integer]
    return bool(
        np.all(x >= follower.lower - slack)
        and np.all(x <= follower.upper + slack)
        and np.all(rows >= follower.row_lower - slack)
        and np.all(rows <= follower.row_upper + slack)
        and np.all(whole == np.round(whole))
    )


def test_responses_say_what_dense_arithmetic_says() -> None:
    """Utility, value, rows and harm of a response are those of its x, at any levers."""
    for seed in (secrets.randbelow(10**9) for _ in range(SEEDS)):
        case, rng = varied(seed), np.random.default_rng(seed)
        problem = case.problem
        for follower, points in zip(problem.followers, case.points, strict=True):
            describe = Describer(follower, len(problem.lever_names))
            for x in (points[rng.integers(len(points))], rng.normal(0, 3, points.shape[1])):
                levers, own = some_levers(problem, rng), describe(x)
                paid = products(follower, x, levers)
                rows = np.zeros(4)
                rows[own.touched] = own.rows_at(levers)
                truth = follower.row_x.toarray() @ x + follower.row_product.toarray() @ paid
                harm = follower.harm_x.toarray() @ x + follower.harm_product.toarray() @ paid
                value = float(follower.value @ x) + follower.value_constant + follower.value_product @ paid
                assert own.utility_at(levers) == pytest.approx(utility_of(follower, x, levers)), (
                    f"seed {seed}"
                )
                assert own.value + own.value_lever @ levers == pytest.approx(value), f"seed {seed}"
                assert rows == pytest.approx(truth), f"seed {seed}"
                assert own.harm + own.harm_lever @ levers == pytest.approx(harm), f"seed {seed}"


def test_only_rows_that_a_follower_can_move_are_touched() -> None:
    """A row is touched exactly where the follower has an entry in it."""
    for seed in (secrets.randbelow(10**9) for _ in range(SEEDS)):
        problem = varied(seed).problem
        for follower in problem.followers:
            entries = np.hstack([follower.row_x.toarray(), follower.row_product.toarray()])
            expected = [row for row in range(4) if np.any(entries[row] != 0)]
            assert Describer(follower, len(problem.lever_names)).touched.tolist() == expected, f"seed {seed}"


def test_a_direction_of_harm_tilts_the_objective() -> None:
    """Costs at the levers give utility, or utility and harm, without the constant."""
    for seed in (secrets.randbelow(10**9) for _ in range(SEEDS)):
        case, rng = varied(seed), np.random.default_rng(seed)
        for follower, oracle in zip(case.problem.followers, a_search(case.problem).oracles, strict=True):
            x, levers = rng.normal(0, 2, len(follower.objective)), some_levers(case.problem, rng)
            own = oracle.describe(x)
            plain = own.utility_at(levers) - follower.objective_constant
            for direction in range(-1, len(own.harm)):
                harm = (own.harm + own.harm_lever @ levers)[direction] if direction >= 0 else 0.0
                assert oracle.objective_at(levers, direction) @ x == pytest.approx(plain + harm), (
                    f"seed {seed}"
                )


def _pool(search: Search, points: list[np.ndarray], index: int) -> Pool:
    pool = Pool()
    for x in points[index]:
        pool.add(search.oracles[index].describe(x))
    return pool


def test_near_keeps_the_best_within_the_distance() -> None:
    """All that lies within the distance is kept, at most so many, the best always, each once."""
    for seed in (secrets.randbelow(10**9) for _ in range(SEEDS)):
        case, rng = harmless(varied(seed)), np.random.default_rng(seed)
        levers, most = some_levers(case.problem, rng), int(rng.integers(1, 12))
        pool = _pool(a_search(case.problem), case.points, 0)
        follower = case.problem.followers[0]
        utilities = np.array([utility_of(follower, r.x, levers) for r in pool.responses])
        distance = float(rng.choice([1e-6, 0.5, 3.0, 1e6]))
        kept = pool.near(levers, distance, most)
        own = np.array([utility_of(follower, r.x, levers) for r in kept.responses])
        inside = np.sort(utilities[utilities.max() - utilities < distance])[::-1]
        assert np.sort(own)[::-1] == pytest.approx(inside[:most], abs=1e-12), f"seed {seed}"
        assert all(any(r is old for old in pool.responses) for r in kept.responses), f"seed {seed}"
        assert len({id(r) for r in kept.responses}) == len(kept), f"seed {seed}"


def test_a_pool_from_a_list_knows_its_own() -> None:
    """What is in the list is found again at its place; what is not is added behind, and stacked."""
    for seed in (secrets.randbelow(10**9) for _ in range(SEEDS)):
        case, rng = varied(seed), np.random.default_rng(seed)
        search = a_search(case.problem)
        pool = _pool(search, case.points, 0)
        part = pool.near(some_levers(case.problem, rng), 1e6, max(1, len(pool) // 2))
        for place, response in enumerate(list(part.responses)):
            assert part.add(search.oracles[0].describe(response.x.copy())) == place, f"seed {seed}"
        size = len(part)
        assert part.stack("x").shape[0] == size
        fresh = [r for r in pool.responses if not any(r is own for own in part.responses)]
        for more, response in enumerate(fresh, start=1):
            assert part.add(response) == size + more - 1, f"seed {seed}"
            assert part.stack("rows").shape[0] == size + more, f"seed {seed}"
        assert len(part) == len(pool), f"seed {seed}"


def _plain(**changes: np.ndarray) -> Response:
    """Some response of a follower that touches one row and has one direction of harm, changed."""
    follower = Follower(
        name="plain",
        matrix=sparse.csr_array((0, 1)),
        row_lower=np.zeros(0),
        row_upper=np.zeros(0),
        lower=np.zeros(1),
        upper=np.ones(1),
        integer=np.zeros(1, dtype=bool),
        objective=np.ones(1),
        objective_constant=0.0,
        features=sparse.csr_array([[1.0]]),
        levers=np.array([0]),
        payment=np.ones(1),
        value=np.ones(1),
        value_product=np.zeros(1),
        value_constant=0.0,
        row_x=sparse.csr_array([[1.0]]),
        row_product=sparse.csr_array([[0.0]]),
        harm_x=sparse.csr_array([[1.0]]),
        harm_product=sparse.csr_array([[0.0]]),
    )
    return replace(Describer(follower, 1)(np.ones(1)), **changes)  # type: ignore[arg-type]


@pytest.mark.parametrize("name", ["utility_lever", "rows", "harm", "row_lever", "value_lever", "harm_lever"])
def test_responses_that_differ_are_two(name: str) -> None:
    """Two responses that differ in one thing alone are not one."""
    pool = Pool([_plain()])
    other = _plain(**{name: getattr(_plain(), name) + 0.5})
    assert pool.add(other) == 1


def test_a_zero_is_a_zero() -> None:
    """Nothing and minus nothing are the same response."""
    pool = Pool([_plain(rows=np.array([0.0]))])
    assert pool.add(_plain(rows=np.array([-1e-12]))) == 0


def _oracle(case: Case, index: int) -> Oracle:
    """An oracle that is told which whole-number columns are raised for whose sake."""
    follower = case.problem.followers[index]
    whole = np.flatnonzero(follower.integer)
    marks = np.zeros((len(whole), len(follower.objective)))
    if len(whole) == 1:
        marks[0, whole[0]] = 1.0  # a tier only takes room; it is raised for its own pay
    else:
        marks[:] = 1.0  # nothing is done where nothing pays
    return Oracle(replace(follower, rests=sparse.csr_array(marks)), Clock(), len(case.problem.lever_names))


def _costs(rng: np.random.Generator, size: int) -> np.ndarray:
    return rng.normal(rng.choice([-2.0, 0.0, 2.0]), 1.0, size) * 10.0 ** rng.uniform(-2, 1)


@pytest.mark.parametrize("to_the_solver", [False, True])
def test_the_best_point_whatever_came_before(to_the_solver: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """Exact calls are exact after rough ones and forgetting, with something known, with columns at rest."""
    if to_the_solver:
        monkeypatch.setattr(Oracle, "_branch", lambda *_: None)
    for seed in (secrets.randbelow(10**9) for _ in range(SEEDS)):
        case, rng = varied(seed), np.random.default_rng(seed)
        for index, points in enumerate(case.points):
            oracle = _oracle(case, index)
            for _ in range(6):
                costs, known = _costs(rng, points.shape[1]), points[rng.integers(len(points))]
                best = float((points @ costs).max())
                slack = 1e-6 * max(1.0, abs(best))
                rough = oracle.maximise(costs, known if rng.random() < 0.7 else None, rough=True)
                assert feasible(oracle.follower, rough), f"seed {seed}"
                assert costs @ rough <= best + slack, f"seed {seed}"
                if rng.random() < 0.5:
                    oracle.maximise(_costs(rng, points.shape[1]), known, rough=True)
                for start in (None, known, rough):
                    if rng.random() < 0.3:
                        oracle.forget()
                    x = oracle.maximise(costs, start)
                    assert feasible(oracle.follower, x), f"seed {seed}"
                    assert costs @ x == pytest.approx(best, abs=slack), f"seed {seed}"


def _varied_oracles(cases: int) -> Iterator[tuple[int, Oracle, np.ndarray, np.random.Generator]]:
    """Every follower of so many drawn problems, four times each, with all its points."""
    for seed in (secrets.randbelow(10**9) for _ in range(cases)):
        case, rng = varied(seed), np.random.default_rng(seed)
        for index, points in enumerate(case.points):
            oracle = _oracle(case, index)
            for _ in range(4):
                yield seed, oracle, points, rng


def test_rough_points_are_never_worse_than_what_is_known() -> None:
    """A rough answer is feasible, at least as good as what is known, and sometimes not the best."""
    missed = 0
    for seed, oracle, points, rng in _varied_oracles(2 * SEEDS):
        costs = _costs(rng, points.shape[1])
        known = points[rng.integers(len(points))]
        x = oracle.maximise(costs, known, rough=True)
        assert feasible(oracle.follower, x), f"seed {seed}"
        assert costs @ x >= costs @ known - 1e-9, f"seed {seed}"
        missed += costs @ x < (points @ costs).max() - 1e-6
    assert missed > 0, "rounding never misses: the test of exact calls tests nothing"


def test_what_may_fall_short_falls_short_by_no_more() -> None:
    """An answer that may fall short is within that of the best, and sometimes not the best."""
    missed = 0
    for seed, oracle, points, rng in _varied_oracles(3 * SEEDS):
        costs = _costs(rng, points.shape[1])
        known = points[rng.integers(len(points))]
        values = points @ costs
        short = float(rng.uniform(0.0, 0.5) * (values.max() - values.min()))
        x = oracle.maximise(costs, known, short=short)
        assert feasible(oracle.follower, x), f"seed {seed}"
        assert costs @ x >= values.max() - short - 1e-6 * max(1.0, abs(values.max())), f"seed {seed}"
        missed += costs @ x < values.max() - 1e-6
    assert missed > 0, "nothing ever falls short: the tolerance does nothing"


def test_bounds_are_restored() -> None:
    """After rounding, branching and forgetting every whole-number column has the follower's own bounds."""
    for seed in (secrets.randbelow(10**9) for _ in range(SEEDS)):
        case, rng = varied(seed), np.random.default_rng(seed)
        for follower, oracle in zip(case.problem.followers, a_search(case.problem).oracles, strict=True):
            for rough in (True, False):
                oracle.maximise(_costs(rng, len(follower.objective)), None, rough)
                model = oracle.relaxed.highs.getLp()
                assert np.array(model.col_lower_) == pytest.approx(follower.lower, abs=0), f"seed {seed}"
                assert np.array(model.col_upper_) == pytest.approx(follower.upper, abs=0), f"seed {seed}"
        resting = _oracle(case, 0)
        resting.maximise(-np.ones(case.points[0].shape[1]))
        resting.forget()
        model = resting.relaxed.highs.getLp()
        assert np.array(model.col_upper_) == pytest.approx(resting.follower.upper, abs=0), f"seed {seed}"
