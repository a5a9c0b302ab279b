"""Points of a relaxation moved to what followers can do, on followers nobody chose."""

from __future__ import annotations

import secrets

import numpy as np

from incentive_opt.pricing.highs import Clock
from incentive_opt.pricing.nearest import nearest
from tests.pricing.random_problems import draw
from tests.pricing.test_responses import feasible

SEEDS = 25


def test_a_point_moves_no_farther_than_it_was_moved() -> None:
    """A vertex shaken a little: what comes back can be done, and is as near as the vertex is."""
    first, moved = secrets.randbelow(10**9), 0
    for seed in range(first, first + SEEDS):
        case, rng = draw(seed), np.random.default_rng([seed, 2])
        for follower, points in zip(case.problem.followers, case.points, strict=True):
            vertex = points[rng.integers(len(points))]
            noise = rng.uniform(-1e-6, 1e-6, len(vertex))
            shaken = vertex + noise
            found = nearest(follower, shaken, Clock())
            assert found is not None, f"seed {seed}"
            assert feasible(follower, found, 2e-9), f"seed {seed}: {follower.name}"
            own = ~follower.integer
            distance = np.abs(found - shaken)[own].sum()
            assert distance <= np.abs(noise)[own].sum() + 1e-8, f"seed {seed}: {follower.name}"
            moved += bool(np.any(found != vertex))
    assert moved > 0


def test_what_can_be_done_stays() -> None:
    """Every point there is comes back as it was."""
    case = draw(secrets.randbelow(10**9))
    for follower, points in zip(case.problem.followers, case.points, strict=True):
        for point in points:
            found = nearest(follower, point, Clock())
            assert found is not None
            np.testing.assert_allclose(found, point, rtol=0, atol=2e-9)


def test_whole_numbers_that_nothing_allows_have_no_neighbour() -> None:
    """All of a whole-number follower's columns at their upper bounds: its rows never allow that."""
    checked = 0
    while checked < 5:
        case = draw(secrets.randbelow(10**9))
        for follower in case.problem.followers:
            if np.all(follower.integer):
                assert nearest(follower, follower.upper, Clock()) is None
                assert nearest(follower, follower.upper + 1.0, Clock()) is None
                checked += 1
