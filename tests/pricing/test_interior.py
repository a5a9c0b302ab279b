"""The interior-point bound: never below the optimum, near it, and valid for multipliers of any kind."""

from __future__ import annotations

import secrets

import numpy as np
import pytest
from scipy import sparse
from scipy.optimize import linprog

from incentive_opt.pricing.highs import Clock, Program
from incentive_opt.pricing.interior import dual_bound, solve_inside
from incentive_opt.pricing.problem import FloatArray

Sides = tuple[FloatArray, FloatArray]


def drawn(seed: int) -> tuple[FloatArray, sparse.csr_array, Sides, Sides]:
    """A linear program with a feasible point: costs, rows, sides (some open, some equal), bounds."""
    rng = np.random.default_rng(seed)
    columns, height = int(rng.integers(3, 30)), int(rng.integers(2, 20))
    rows = rng.normal(size=(height, columns)) * (rng.random((height, columns)) < 0.5)
    lower = rng.normal(size=columns)
    upper = lower + rng.random(columns) * 3.0
    at = rows @ (lower + rng.random(columns) * (upper - lower))
    least = np.where(rng.random(height) < 0.5, -np.inf, at - rng.random(height))
    most = np.where(rng.random(height) < 0.3, np.inf, at + rng.random(height))
    equal = rng.random(height) < 0.2
    sides = np.where(equal, at, least), np.where(equal, at, most)
    return rng.normal(size=columns), sparse.csr_array(rows), sides, (lower, upper)


def optimum(costs: FloatArray, rows: sparse.csr_array, sides: Sides, bounds: Sides) -> float:
    """By another program."""
    least, most = sides
    above, below = np.isfinite(most), np.isfinite(least)
    dense = rows.toarray()
    found = linprog(
        -costs,
        A_ub=np.vstack([dense[above], -dense[below]]),
        b_ub=np.concatenate([most[above], -least[below]]),
        bounds=list(zip(*bounds, strict=True)),
    )
    assert found.status == 0
    return -float(found.fun)


@pytest.mark.parametrize("turn", range(40))
def test_the_bound_is_one_and_is_near(turn: int) -> None:
    """Not below the optimum, and above it by a millionth at most."""
    seed = secrets.randbits(32)
    costs, rows, sides, bounds = drawn(seed)
    best = optimum(costs, rows, sides, bounds)
    found = solve_inside(Program(Clock(), costs, rows, *sides, *bounds), 10.0)
    assert found.status == "optimal", f"seed {seed}"
    assert found.bound >= best - 1e-9 * max(1.0, abs(best)), f"seed {seed}"
    assert found.bound <= best + 1e-6 * max(1.0, abs(best)), f"seed {seed}"


@pytest.mark.parametrize("turn", range(40))
def test_any_multipliers_give_a_bound(turn: int) -> None:
    """Multipliers drawn at random, with whatever signs, never cut off the optimum."""
    seed = secrets.randbits(32)
    costs, rows, sides, bounds = drawn(seed)
    best = optimum(costs, rows, sides, bounds)
    rng = np.random.default_rng([seed, 1])
    for _ in range(20):
        multipliers = rng.normal(size=rows.shape[0]) * 10.0 ** rng.uniform(-3, 2)
        found = dual_bound(costs, rows, sides, bounds, multipliers)
        assert found >= best - 1e-9 * max(1.0, abs(best)), f"seed {seed}"


def test_by_hand() -> None:
    """Maximise x + y with x + 2 y at most 4 and both up to 3: 3.5; the row's price is one half."""
    costs, rows = np.ones(2), sparse.csr_array(np.array([[1.0, 2.0]]))
    sides, bounds = (np.array([-np.inf]), np.array([4.0])), (np.zeros(2), np.full(2, 3.0))
    assert dual_bound(costs, rows, sides, bounds, np.array([0.5])) == pytest.approx(3.5)
    assert dual_bound(costs, rows, sides, bounds, np.array([0.0])) == pytest.approx(6.0)
    assert dual_bound(costs, rows, sides, bounds, np.array([-1.0])) == pytest.approx(6.0)


def test_no_time_gives_no_bound_that_is_wrong() -> None:
    """Stopped at once the bound is still one."""
    seed = secrets.randbits(32)
    costs, rows, sides, bounds = drawn(seed)
    found = solve_inside(Program(Clock(), costs, rows, *sides, *bounds), 0.0)
    assert found.bound >= optimum(costs, rows, sides, bounds) - 1e-9, f"seed {seed}"
