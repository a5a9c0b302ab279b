"""Tolls on random networks (Labbe, Marcotte, Savard 1998), against every choice of paths."""

from __future__ import annotations

import itertools
import secrets

import numpy as np
import pytest
from scipy.optimize import linprog

from incentive_opt import pricing
from incentive_opt.pricing.literature import problem_from

Network = tuple[list[tuple[int, int]], list[float], list[int], list[tuple[int, int]], int]


def network(rng: np.random.Generator) -> Network:
    """Arcs, their costs, which are tolled, the trips (each with a toll-free arc of its own), nodes."""
    nodes = int(rng.integers(4, 6))
    arcs = [(i, j) for i in range(nodes) for j in range(nodes) if i != j and rng.random() < 0.5]
    costs = [float(rng.integers(1, 12)) for _ in arcs]
    tolled = [k for k in range(len(arcs)) if rng.random() < 0.4]
    trips = []
    for _ in range(int(rng.integers(1, 3))):
        start, end = (int(v) for v in rng.choice(nodes, 2, replace=False))
        trips.append((start, end))
        arcs.append((start, end))
        costs.append(float(rng.integers(18, 35)))
    return arcs, costs, tolled, trips, nodes


def as_problem(drawn: Network) -> dict:
    """The network in the literature's format, tolls and flows without upper bounds."""
    arcs, costs, tolled, trips, nodes = drawn
    size, count = len(arcs), len(trips)
    flow = np.zeros((nodes * count, size * count))
    side = np.zeros(nodes * count)
    for c, (start, end) in enumerate(trips):
        for k, (i, j) in enumerate(arcs):
            flow[c * nodes + i, c * size + k] += 1
            flow[c * nodes + j, c * size + k] -= 1
        side[c * nodes + start] = 1
        side[c * nodes + end] = -1
    products = [[lever, c * size + k, 1.0] for lever, k in enumerate(tolled) for c in range(count)]
    levers, amounts = len(tolled), size * count
    open_ended = {"lb": [0] * levers, "ub": [None] * levers, "integer": [False] * levers}
    leader = {
        "sense": "max", "c_x": [0.0] * levers, "c_y": [0.0] * amounts, "C_xy": products, "const": 0.0,
        "x": open_ended, "constraints": {"A_x": [], "A_y": [], "sense": [], "rhs": []},
    }  # fmt: skip
    rows = {"A_x": [[0.0] * levers] * len(side), "A_y": flow.tolist(), "sense": ["=="] * len(side)}
    follower = {
        "sense": "min", "d_x": [0.0] * levers, "d_y": costs * count, "D_xy": products, "const": 0.0,
        "y": {"lb": [0] * amounts, "ub": [None] * amounts, "integer": [False] * amounts},
        "constraints": {**rows, "rhs": side.tolist()},
    }  # fmt: skip
    return {"id": "tolls", "leader": leader, "follower": follower}


def paths(arcs: list[tuple[int, int]], start: int, end: int) -> list[list[int]]:
    """Every path without a repeated node, as arcs."""
    found: list[list[int]] = []

    def walk(node: int, seen: set[int], so_far: list[int]) -> None:
        if node == end:
            found.append(so_far)
            return
        for k, (i, j) in enumerate(arcs):
            if i == node and j not in seen:
                walk(j, seen | {j}, [*so_far, k])

    walk(start, {start}, [])
    return found


def best_revenue(drawn: Network) -> float | None:
    """The best over every choice of a path per trip, tolls by a linear program; None if too many."""
    arcs, costs, tolled, trips, _ = drawn
    place = {k: lever for lever, k in enumerate(tolled)}
    options = []
    for start, end in trips:
        uses = [np.bincount([place[k] for k in p if k in place], minlength=len(tolled)).astype(float)
                for p in paths(arcs, start, end)]  # fmt: skip
        options.append(
            list(zip([sum(costs[k] for k in p) for p in paths(arcs, start, end)], uses, strict=True))
        )
    if np.prod([len(o) for o in options]) > 2500:
        return None
    best = 0.0
    for choice in itertools.product(*options):
        rows = [own[1] - other[1] for own, each in zip(choice, options, strict=True) for other in each]
        sides = [other[0] - own[0] for own, each in zip(choice, options, strict=True) for other in each]
        goal = -np.sum([own[1] for own in choice], axis=0)
        answer = linprog(goal, A_ub=np.array(rows), b_ub=sides, bounds=[(0, 500)] * len(tolled))
        if answer.status == 0:
            best = max(best, -answer.fun)
    return best


def test_tolls_without_upper_bounds() -> None:
    """Eight random networks with something to earn: revenue and bound meet at the best choice of paths."""
    first = secrets.randbelow(10**9)
    checked = 0
    for seed in range(first, first + 400):
        drawn = network(np.random.default_rng(seed))
        best = best_revenue(drawn) if drawn[2] else None
        if not best:
            continue
        result = pricing.solve(problem_from(as_problem(drawn)), gap=1e-3, time_limit=30)
        assert result.objective == pytest.approx(best, rel=1e-3), f"seed {seed}"
        assert result.bound >= best * (1 - 1e-6), f"seed {seed}"
        assert result.gap <= 1e-3, f"seed {seed}"
        checked += 1
        if checked == 8:
            return
    raise AssertionError(f"only {checked} networks from seed {first}")
