"""The smoothed objective against sums done by hand and against central differences."""

from __future__ import annotations

import math
import secrets
from dataclasses import replace

import numpy as np
import pytest

from incentive_opt.pricing.pool import Pool
from incentive_opt.pricing.problem import PricingProblem
from incentive_opt.pricing.smooth import Smooth, live_rows
from tests.pricing.random_problems import Case
from tests.pricing.test_responses import a_search, harmless, products, some_levers, utility_of, varied

SEEDS = 40


def some_pools(case: Case, rng: np.random.Generator) -> list[Pool]:
    """Lists of different lengths, one of them perhaps of a single response."""
    search, pools = a_search(case.problem), []
    for oracle, points in zip(search.oracles, case.points, strict=True):
        count = int(rng.choice([1, 3, min(20, len(points))]))
        chosen = rng.choice(len(points), size=min(count, len(points)), replace=False)
        pools.append(Pool([oracle.describe(points[k]) for k in chosen]))
    return pools


def smoothed(case: Case, rng: np.random.Generator, temperature: float) -> Smooth:
    """A smoothed objective whose rows bind or are broken, with prices on them."""
    problem, pools = case.problem, some_pools(case, rng)
    probe = Smooth(problem, pools, temperature, np.zeros(len(live_rows(problem))), 1.0)
    totals = np.zeros(len(problem.row_lower))
    totals[probe.live] = probe.totals(some_levers(problem, rng))
    upper = np.where(rng.random(4) < 0.6, totals + rng.normal(0, 2, 4), np.inf)
    lower = totals + rng.normal(0, 2, 4)
    # Rows with two sides are wide here; narrow ones have a test of their own.
    lower = np.where(rng.random(4) < 0.5, np.where(np.isfinite(upper), upper - 1e4, lower), -np.inf)
    held = replace(problem, row_upper=upper, row_lower=lower)
    multipliers = rng.normal(0, 1, len(probe.live))
    # A price is of a side that there is, and of the near one.
    multipliers = np.where(np.isfinite(lower[probe.live]), -np.abs(multipliers), 0.0 * multipliers)
    multipliers = np.where(np.isfinite(upper[probe.live]), rng.uniform(0, 2, len(probe.live)), multipliers)
    return Smooth(held, pools, temperature, multipliers, float(10.0 ** rng.uniform(-1, 0)))


def by_hand(smooth: Smooth, levers: np.ndarray) -> tuple[float, np.ndarray]:
    """The leader's expected value and all its expected rows, from the followers' own arrays."""
    problem = smooth.problem
    value = problem.lever_value @ levers
    rows = problem.rules.toarray() @ levers
    for follower, pool in zip(problem.followers, smooth.pools, strict=True):
        utilities = [utility_of(follower, r.x, levers) for r in pool.responses]
        weights = [math.exp((u - max(utilities)) / smooth.temperature) for u in utilities]
        for response, weight in zip(pool.responses, weights, strict=True):
            paid = products(follower, response.x, levers)
            share = weight / sum(weights)
            own = follower.value @ response.x + follower.value_constant + follower.value_product @ paid
            value += share * own
            rows += share * (follower.row_x.toarray() @ response.x + follower.row_product.toarray() @ paid)
    return float(value), rows


def penalty(smooth: Smooth, totals: np.ndarray) -> float:
    """The augmented Lagrangian's price of rows with one price for both sides."""
    total = 0.0
    for place, row in enumerate(smooth.live):
        price, weight = smooth.multipliers[place], smooth.weight
        above = price + weight * (totals[place] - smooth.problem.row_upper[row])
        below = -price + weight * (smooth.problem.row_lower[row] - totals[place])
        total += (max(0.0, above, below) ** 2 - price**2) / (2 * weight)
    return float(total)


def crooked(problem: PricingProblem) -> bool:
    """Whether some row's levers are not in proportion to what a follower is paid."""
    return any(
        np.linalg.matrix_rank(np.vstack([f.payment, row])) > 1
        for f in problem.followers
        for row in f.row_product.toarray()
    )


def test_live_rows_are_those_without_yes_no_levers() -> None:
    """The last lever is yes/no and stands in rows 1 and 3."""
    for seed in (secrets.randbelow(10**9) for _ in range(5)):
        assert live_rows(harmless(varied(seed)).problem).tolist() == [0, 2], f"seed {seed}"


def test_totals_are_weighted_sums() -> None:
    """Expected rows are sums over responses weighted by their logit shares."""
    for seed in (secrets.randbelow(10**9) for _ in range(SEEDS)):
        case, rng = harmless(varied(seed)), np.random.default_rng(seed)
        smooth = smoothed(case, rng, float(rng.choice([0.3, 3.0, 30.0])))
        levers = some_levers(case.problem, rng)
        rows = by_hand(smooth, levers)[1][smooth.live]
        assert smooth.totals(levers) == pytest.approx(rows, rel=1e-9, abs=1e-8), f"seed {seed}"


def test_value_is_the_weighted_sum_less_the_price_of_rows() -> None:
    """The objective is expected value less the augmented Lagrangian's price of the live rows."""
    for seed in (secrets.randbelow(10**9) for _ in range(SEEDS)):
        case, rng = harmless(varied(seed)), np.random.default_rng(seed)
        smooth = smoothed(case, rng, float(rng.choice([0.3, 3.0, 30.0])))
        levers = some_levers(case.problem, rng)
        value, rows = by_hand(smooth, levers)
        truth = penalty(smooth, rows[smooth.live]) - value
        assert smooth(levers)[0] == pytest.approx(truth, rel=1e-9, abs=1e-8), f"seed {seed}"


def differences(smooth: Smooth, levers: np.ndarray, step: float = 1e-5) -> np.ndarray:
    """Central differences of the objective."""
    result = np.zeros(len(levers))
    for lever in range(len(levers)):
        way = np.zeros(len(levers))
        way[lever] = step
        result[lever] = (smooth(levers + way)[0] - smooth(levers - way)[0]) / (2 * step)
    return result


def test_gradient_is_that_of_central_differences() -> None:
    """With live rows, value levers, crooked row levers, shared levers, different lists and touched rows."""
    seen = 0
    for seed in (secrets.randbelow(10**9) for _ in range(SEEDS)):
        case, rng = harmless(varied(seed)), np.random.default_rng(seed)
        smooth = smoothed(case, rng, float(rng.choice([1.0, 5.0, 30.0])))
        levers = some_levers(case.problem, rng)
        seen += crooked(case.problem) and np.any(smooth.push(smooth.totals(levers)) != 0)
        slope = smooth(levers)[1]
        near = differences(smooth, levers)
        size = max(1.0, float(np.abs(slope).max()), abs(smooth(levers)[0]))
        assert slope == pytest.approx(near, abs=2e-5 * size), f"seed {seed}"
    assert seen > SEEDS // 4, "hardly a case in which rows had a price"


def test_gradient_where_rows_are_in_proportion() -> None:
    """The quick way for rows that are multiples of payments gives the same gradient and totals."""
    for seed in (secrets.randbelow(10**9) for _ in range(SEEDS)):
        case, rng = harmless(varied(seed)), np.random.default_rng(seed)
        followers = tuple(
            replace(
                f,
                row_product=type(f.row_product)(np.outer(rng.normal(0, 1, 4), f.payment)),
                value_product=0.0 * f.value_product,
            )
            for f in case.problem.followers
        )
        case = Case(replace(case.problem, followers=followers), case.points)
        smooth = smoothed(case, rng, 5.0)
        assert smooth.row_lever is None, f"seed {seed}"
        assert smooth.plain_value, f"seed {seed}"
        levers = some_levers(case.problem, rng)
        slope = smooth(levers)[1]
        size = max(1.0, float(np.abs(slope).max()), abs(smooth(levers)[0]))
        assert slope == pytest.approx(differences(smooth, levers), abs=2e-5 * size), f"seed {seed}"
        rows = by_hand(smooth, levers)[1][smooth.live]
        assert smooth.totals(levers) == pytest.approx(rows, rel=1e-9, abs=1e-8), f"seed {seed}"


@pytest.mark.parametrize("width", [0.0, 0.01, 0.2])
def test_gradient_of_rows_that_are_narrow(width: float) -> None:
    """A row whose sides are equal or near each other is held like any other."""
    for seed in (secrets.randbelow(10**9) for _ in range(SEEDS)):
        case, rng = harmless(varied(seed)), np.random.default_rng(seed)
        smooth = smoothed(case, rng, 5.0)
        levers = some_levers(case.problem, rng)
        smooth.upper = smooth.totals(levers) + rng.normal(0, 0.5, len(smooth.live))
        smooth.lower = smooth.upper - width
        slope = smooth(levers)[1]
        size = max(1.0, float(np.abs(slope).max()), abs(smooth(levers)[0]))
        assert slope == pytest.approx(differences(smooth, levers), abs=2e-5 * size), f"seed {seed}"


def test_cold_followers_do_what_is_best() -> None:
    """As the temperature falls, rows and value become those of every follower's best listed response."""
    checked = 0
    for seed in (secrets.randbelow(10**9) for _ in range(SEEDS)):
        case, rng = harmless(varied(seed)), np.random.default_rng(seed)
        levers, pools = some_levers(case.problem, rng), some_pools(case, rng)
        live = live_rows(case.problem)
        rows, value, lead = case.problem.rules.toarray() @ levers, case.problem.lever_value @ levers, np.inf
        for follower, pool in zip(case.problem.followers, pools, strict=True):
            utilities = np.array([utility_of(follower, r.x, levers) for r in pool.responses])
            order = np.argsort(-utilities)
            x = pool.responses[order[0]].x
            lead = min([lead, *(utilities[order[0]] - utilities[order[1:2]])])
            paid = products(follower, x, levers)
            rows += follower.row_x.toarray() @ x + follower.row_product.toarray() @ paid
            value += follower.value @ x + follower.value_constant + follower.value_product @ paid
        if not np.isfinite(lead) or lead < 1e-4:
            continue
        checked += 1
        free = np.full(4, np.inf)
        loose = replace(case.problem, row_upper=free, row_lower=-free)
        far = []
        for temperature in (10.0, 1.0, 0.1, lead / 40):
            smooth = Smooth(loose, pools, temperature, np.zeros(len(live)), 1.0)
            far.append(
                float(np.abs(smooth.totals(levers) - rows[live]).max()) + abs(smooth(levers)[0] + value)
            )
        assert far[-1] < 1e-6 * max(1.0, np.abs(rows).max(), abs(value)), f"seed {seed}"
        assert far[-1] <= far[0] + 1e-9, f"seed {seed}"
    assert checked > SEEDS // 3
