"""Effect curves in finer straight pieces: on the smooth curve, concave, and the simulator's own agree."""

from __future__ import annotations

import secrets
from itertools import pairwise

import numpy as np
import pytest

from incentive_opt.domain.curve import Points, cut
from incentive_opt.files import read_instance
from incentive_opt.simulate.curves import curve_of
from tests.simulate.small_worlds import BENT, STRAIGHT, need
from tests.simulate.test_curves import random_curve

GRID = np.linspace(0.0, 1.0, 5_001)


def farthest(points: Points, knots: Points) -> float:
    """Largest distance between straight pieces and the smooth curve."""
    shares, effects = np.array(points).T
    return float(
        np.abs(np.interp(GRID, shares, effects) - curve_of(need(curve=knots), smooth=True)(GRID)).max()
    )


def test_one_piece_for_each_is_the_curve_itself() -> None:
    """Nothing moves unless it is asked for, and what is straight stays."""
    assert cut(BENT, 1) == BENT
    assert cut(STRAIGHT, 5) == STRAIGHT


def test_by_hand() -> None:
    """Parabolas from slope 2.25 to 0.75 and on to 0.25: each bends evenly, so it is cut in its middle."""
    points = cut(BENT, 2)
    assert [share for share, _ in points] == pytest.approx([0.0, 0.25, 0.5, 0.75, 1.0])
    middle = 0.75 + 0.75 * 0.25 - 0.5 * 0.25**2
    assert [effect for _, effect in points] == pytest.approx(
        [0.0, 2.25 * 0.25 - 1.5 * 0.25**2, 0.75, middle, 1.0]
    )


@pytest.mark.parametrize("trial", range(30))
def test_points_on_the_smooth_curve(trial: int) -> None:
    """The instance's own are kept, slopes fall, and chords come nearer with the square of the pieces."""
    seed = secrets.randbits(32)
    knots = random_curve(seed)
    once, fine = cut(knots, 2), cut(knots, 6)
    slopes = [(y1 - y0) / (x1 - x0) for (x0, y0), (x1, y1) in pairwise(fine)]
    assert all(after <= before + 1e-6 for before, after in pairwise(slopes)), seed
    assert all(x1 > x0 and y1 >= y0 - 1e-12 for (x0, y0), (x1, y1) in pairwise(fine)), seed
    assert farthest(knots, knots) <= 1e-12 or len(fine) > len(knots), seed
    assert farthest(fine, knots) <= farthest(once, knots) / 4.0 + 1e-9, seed
    smooth = curve_of(need(curve=knots), smooth=True)
    assert smooth(np.array([x for x, _ in fine])) == pytest.approx([y for _, y in fine], abs=1e-12), seed


@pytest.mark.parametrize("trial", range(30))
def test_the_simulator_cuts_alike(trial: int) -> None:
    """By code of its own it takes the same straight pieces where it is told to be as the optimiser."""
    seed = secrets.randbits(32)
    knots, cuts = random_curve(seed), 1 + seed % 5
    straight = curve_of(need(curve=knots, cuts=cuts), smooth=False)
    shares, effects = np.array(cut(knots, cuts)).T
    assert straight(GRID) == pytest.approx(np.interp(GRID, shares, effects), abs=1e-9), seed


def test_an_instance_in_finer_pieces() -> None:
    """It says how many; the instance's own curves are still there for the simulator."""
    given = read_instance("medicaid_statewide")
    finer = given.with_pieces(3)
    assert (given.pieces, finer.pieces) == (1, 3)
    assert [one.curve for one in finer.needs] == [one.curve for one in given.needs]
    before, after = (sum(len(one.pieces()) for one in instance.needs) for instance in (given, finer))
    assert before < after <= 3 * before
