"""Small random pricing problems, and their optimum by trying everything."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, replace

import numpy as np
from scipy import sparse

from incentive_opt.pricing.problem import Follower, PricingProblem


@dataclass
class Case:
    """A problem and, per follower, every point at which a linear function can be greatest."""

    problem: PricingProblem
    points: list[np.ndarray]


def draw(seed: int) -> Case:
    """A problem with 2-3 followers (whole-number, or continuous with tiers) and levers on grids."""
    rng = np.random.default_rng(seed)
    lever_count = int(rng.integers(2, 5))
    grids = [np.sort(rng.uniform(0, 10, int(rng.integers(2, 5)))) for _ in range(lever_count)]
    followers, points = [], []
    for index in range(int(rng.integers(2, 4))):
        make = _whole_follower if rng.random() < 0.5 else _tiered_follower
        follower, vertices = make(rng, f"follower {index}", lever_count)
        followers.append(follower)
        points.append(vertices)
    problem = PricingProblem(
        lever_names=tuple(f"lever {i}" for i in range(lever_count)),
        lever_lower=np.array([g[0] for g in grids]),
        lever_upper=np.array([g[-1] for g in grids]),
        lever_integer=np.zeros(lever_count, dtype=bool),
        lever_value=rng.normal(0, 0.2, lever_count) * (rng.random() < 0.3),
        value_constant=float(rng.normal()),
        rules=sparse.csr_array(
            np.vstack([np.zeros(lever_count), rng.uniform(0, 1, lever_count), np.zeros((2, lever_count))])
        ),
        row_lower=np.array([-np.inf, -np.inf, rng.uniform(-30, 0), -np.inf]),
        row_upper=np.array([rng.uniform(15, 90), rng.uniform(4, 9) * lever_count, np.inf, np.inf]),
        row_names=("budget", "rule", "income", "free"),
        followers=tuple(followers),
        menus=dict(enumerate(grids)),
    )
    return Case(problem, points)


def with_others_paid(case: Case, seed: int) -> Case:
    """The same problem where the leader also pays others for what followers do, at one of its prices.

    Such a product counts in the budget and in no follower's utility.
    """
    rng = np.random.default_rng(seed)
    followers = []
    for follower in case.problem.followers:
        amounts = np.where(
            rng.random(len(follower.lower)) < 0.6, rng.uniform(0.2, 2, len(follower.lower)), 0.0
        )
        row_product = np.zeros((4, 1))
        row_product[0] = 1.0
        followers.append(
            replace(
                follower,
                features=sparse.csr_array(
                    sparse.vstack([follower.features, sparse.csr_array(amounts[None, :])])
                ),
                levers=np.append(follower.levers, rng.integers(len(case.problem.lever_names))),
                payment=np.append(follower.payment, 0.0),
                value_product=np.append(follower.value_product, 0.0),
                row_product=sparse.csr_array(sparse.hstack([follower.row_product, row_product])),
                harm_product=sparse.csr_array((0, len(follower.levers) + 1)),
            )
        )
    return Case(replace(case.problem, followers=tuple(followers)), case.points)


def _assemble(rng, name, matrix, upper_sides, upper, integer, features, levers) -> Follower:
    size = len(upper)
    count = len(levers)
    payment = np.ones(count)
    row_x = np.vstack([rng.uniform(-1, 2, size), np.zeros(size), rng.normal(0, 2, size), np.zeros(size)])
    row_product = np.vstack([payment, 0 * payment, payment, 0 * payment])
    value_product = -rng.uniform(0, 0.5) * payment if rng.random() < 0.3 else 0 * payment
    if rng.random() < 0.2:
        value_product = rng.normal(0, 0.3, count)
    return Follower(
        name=name,
        matrix=sparse.csr_array(matrix),
        row_lower=np.full(len(upper_sides), -np.inf),
        row_upper=upper_sides,
        lower=np.zeros(size),
        upper=upper,
        integer=integer,
        objective=rng.normal(-3, 4, size),
        objective_constant=float(rng.normal()),
        features=sparse.csr_array(features),
        levers=levers,
        payment=payment,
        value=rng.normal(2, 3, size),
        value_product=value_product,
        value_constant=float(rng.normal()),
        row_x=sparse.csr_array(row_x),
        row_product=sparse.csr_array(row_product),
        harm_x=sparse.csr_array((0, size)),
        harm_product=sparse.csr_array((0, count)),
    )


def _features(rng, size, lever_count, last=None):
    """One feature per lever: some amounts of some variables; the last lever may pay the tier alone."""
    features = np.where(rng.random((lever_count, size)) < 0.6, rng.uniform(0.2, 2, (lever_count, size)), 0.0)
    if last is not None:
        features[:, last] = 0.0
        features[-1] = 0.0
        features[-1, last] = rng.uniform(0.5, 2)
    return features, np.arange(lever_count)


def _whole_follower(rng, name, lever_count):
    size = int(rng.integers(3, 6))
    upper = rng.integers(1, 3, size).astype(float)
    matrix = rng.uniform(0, 3, (2, size))
    sides = matrix @ upper * rng.uniform(0.3, 0.8, 2)
    features, levers = _features(rng, size, lever_count)
    follower = _assemble(rng, name, matrix, sides, upper, np.ones(size, dtype=bool), features, levers)
    grid = np.array(list(itertools.product(*[range(int(u) + 1) for u in upper])), dtype=float)
    inside = np.all(grid @ matrix.T <= sides + 1e-9, axis=1)
    return follower, grid[inside]


def _tiered_follower(rng, name, lever_count):
    """Continuous amounts and one tier: the last variable may be 1 only if a rate is reached."""
    size = int(rng.integers(2, 4))
    upper = np.append(rng.uniform(1, 4, size), 1.0)
    resources = np.hstack([rng.uniform(0, 2, (2, size)), np.zeros((2, 1))])
    sides = resources @ upper * rng.uniform(0.3, 0.8, 2)
    mix = np.append(-rng.uniform(0.2, 1, size), 0.0)
    threshold = -mix @ upper * rng.uniform(0.2, 0.5)
    tier_row = mix.copy()
    tier_row[-1] = threshold
    matrix, sides = np.vstack([resources, tier_row]), np.append(sides, 0.0)
    features, levers = _features(rng, size + 1, lever_count, last=size)
    integer = np.append(np.zeros(size, dtype=bool), True)
    follower = _assemble(rng, name, matrix, sides, upper, integer, features, levers)
    found = [_vertices(matrix, sides, upper, tier) for tier in (0.0, 1.0)]
    return follower, np.vstack([f for f in found if len(f)])


def _vertices(matrix, sides, upper, tier):
    """Vertices of the slice in which the tier is fixed, from every choice of active constraints."""
    size = len(upper) - 1
    rows = np.vstack([matrix[:, :size], np.eye(size), -np.eye(size)])
    right = np.concatenate([sides - matrix[:, size] * tier, upper[:size], np.zeros(size)])
    found = []
    for active in itertools.combinations(range(len(right)), size):
        block = rows[list(active)]
        if abs(np.linalg.det(block)) < 1e-9:
            continue
        x = np.linalg.solve(block, right[list(active)])
        if np.all(rows @ x <= right + 1e-9):
            found.append(np.append(x, tier))
    return np.array(found).reshape(len(found), size + 1)


def optimum(case: Case, ties: list[float] | None = None) -> float | None:
    """The best value over every grid contract, followers choosing the leader's favourite among ties.

    ``ties`` says per follower which difference of utility counts as one (1e-9 if not given).
    """
    ties = [1e-9] * len(case.points) if ties is None else ties
    problem = case.problem
    best = None
    rules = np.asarray(problem.rules.todense())
    levers_all = [problem.menus[i] for i in range(len(problem.lever_names))]
    facts = []
    for follower, points in zip(problem.followers, case.points, strict=True):
        amounts = points @ np.asarray(follower.features.todense()).T
        facts.append((follower, points, amounts))
    for levers in itertools.product(*levers_all):
        prices = np.array(levers)
        options = []
        for (follower, points, amounts), tie in zip(facts, ties, strict=True):
            products = amounts * prices[follower.levers]
            utility = points @ follower.objective + products @ follower.payment
            tied = np.flatnonzero(utility >= utility.max() - tie)
            value = (
                points[tied] @ follower.value
                + products[tied] @ follower.value_product
                + follower.value_constant
            )
            rows = points[tied] @ np.asarray(follower.row_x.todense()).T
            rows = rows + products[tied] @ np.asarray(follower.row_product.todense()).T
            options.append(list(zip(value, rows, strict=True)))
        for choice in itertools.product(*options):
            rows = rules @ prices + sum(r for _, r in choice)
            if np.any(rows > problem.row_upper + 1e-9) or np.any(rows < problem.row_lower - 1e-9):
                continue
            value = problem.value_constant + problem.lever_value @ prices + sum(v for v, _ in choice)
            best = value if best is None else max(best, value)
    return best


def continuous(case: Case) -> Case:
    """The same problem with levers free between the ends of their grids."""
    return Case(replace(case.problem, menus={}), case.points)


def continuous_optimum(case: Case) -> float | None:
    """The best value over all contracts: every tuple of responses, implemented by a linear program."""
    from scipy.optimize import linprog

    problem = case.problem
    rules = np.asarray(problem.rules.todense())
    count = len(problem.lever_names)
    facts = []
    for follower, points in zip(problem.followers, case.points, strict=True):
        amounts = points @ np.asarray(follower.features.todense()).T

        def spread(weights, amounts=amounts, follower=follower):
            result = np.zeros((len(amounts), count))
            np.add.at(result.T, follower.levers, (amounts * weights).T)
            return result

        utility, slope = points @ follower.objective, spread(follower.payment)
        rows = points @ np.asarray(follower.row_x.todense()).T
        row_slope = np.stack([spread(r) for r in np.asarray(follower.row_product.todense())], axis=1)
        value = points @ follower.value + follower.value_constant
        facts.append((utility, slope, rows, row_slope, value, spread(follower.value_product)))
    best = None
    for choice in itertools.product(*[range(len(p)) for p in case.points]):
        own = list(zip(facts, choice, strict=True))
        envy = np.vstack([slope - slope[j] for (_, slope, *_), j in own])
        envy_side = np.concatenate([u[j] - u for (u, *_), j in own])
        flat = sum(f[2][j] for f, j in own)
        tilt = rules + sum(f[3][j] for f, j in own)
        upper, lower = np.isfinite(problem.row_upper), np.isfinite(problem.row_lower)
        matrix = np.vstack([envy, tilt[upper], -tilt[lower]])
        side = np.concatenate(
            [envy_side, (problem.row_upper - flat)[upper], (flat - problem.row_lower)[lower]]
        )
        goal = problem.lever_value + sum(f[5][j] for f, j in own)
        bounds = list(zip(problem.lever_lower, problem.lever_upper, strict=True))
        answer = linprog(-goal, A_ub=matrix, b_ub=side, bounds=bounds, method="highs")
        if answer.status == 0:
            value = problem.value_constant + sum(f[4][j] for f, j in own) - answer.fun
            best = value if best is None else max(best, value)
    return best


def uncoupled(case: Case) -> Case:
    """The same problem with only the rules on levers left of the leader's rows.

    Rows shared with continuous followers could be met by mixtures of tied responses, which trying
    vertices does not see.
    """
    lower, upper = case.problem.row_lower.copy(), case.problem.row_upper.copy()
    lower[[0, 2, 3]], upper[[0, 2, 3]] = -np.inf, np.inf
    return Case(replace(case.problem, row_lower=lower, row_upper=upper), case.points)
