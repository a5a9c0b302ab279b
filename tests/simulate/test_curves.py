"""Effect curves: smooth, concave, through the instance's knots."""

from __future__ import annotations

import secrets

import numpy as np
import pytest

from incentive_opt.simulate.curves import curve_of
from tests.simulate.small_worlds import BENT, STRAIGHT, need

GRID = np.linspace(0.0, 1.0, 20_001)


def random_curve(seed: int) -> tuple[tuple[float, float], ...]:
    """A concave curve from (0, 0) to (1, 1) with up to six pieces."""
    draw = np.random.default_rng(seed)
    pieces = int(draw.integers(1, 7))
    widths = draw.uniform(0.05, 1.0, pieces)
    slopes = np.sort(draw.uniform(0.0, 3.0, pieces))[::-1]
    x = np.concatenate([[0.0], np.cumsum(widths)]) / widths.sum()
    y = np.concatenate([[0.0], np.cumsum(slopes * widths)]) / (slopes * widths).sum()
    return tuple((float(a), float(b)) for a, b in zip(x, y, strict=True))


def test_smooth_curve_by_hand() -> None:
    """Chords 1.5 and 0.5 meet with slope 0.75, so the two parabolas start at 2.25 and end at 0.25."""
    curve = curve_of(need(curve=BENT), smooth=True)
    assert curve.slope(np.array([0.0, 0.5, 1.0])) == pytest.approx([2.25, 0.75, 0.25])
    at_quarter, at_three_quarters = 2.25 * 0.25 - 1.5 * 0.25**2, 0.75 + 0.75 * 0.25 - 0.5 * 0.25**2
    assert curve(np.array([0.0, 0.25, 0.75, 1.0])) == pytest.approx([0.0, at_quarter, at_three_quarters, 1.0])


@pytest.mark.parametrize("trial", range(30))
def test_smooth_curves_keep_their_shape(trial: int) -> None:
    """Through every knot, rising, concave, and without a jump in slope."""
    seed = secrets.randbits(32)
    knots = random_curve(seed)
    curve = curve_of(need(curve=knots), smooth=True)
    places = np.array([x for x, _ in knots])
    assert curve(places) == pytest.approx([y for _, y in knots], abs=1e-9), f"seed {seed}"
    slopes = curve.slope(GRID)
    assert slopes.min() >= -1e-9, f"seed {seed}"
    assert np.diff(slopes).max() <= 1e-9, f"seed {seed}"
    assert curve.last[:-1] == pytest.approx(curve.first[1:], abs=1e-9), f"seed {seed}: the slope jumps"
    inside = np.linspace(curve.knots[:-1], curve.knots[1:], 7)[1:-1]
    steps = (curve(inside + 1e-6) - curve(inside - 1e-6)) / 2e-6
    wide = np.diff(curve.knots) > 1e-4
    assert steps[:, wide] == pytest.approx(curve.slope(inside)[:, wide], abs=1e-6), f"seed {seed}"


def test_one_straight_piece_stays_straight() -> None:
    """Nothing is bent that the instance says is straight, also if it names a point on the line."""
    for knots in (STRAIGHT, ((0.0, 0.0), (0.3, 0.3), (1.0, 1.0))):
        curve = curve_of(need(curve=knots), smooth=True)
        assert not curve.bent
        assert curve(GRID) == pytest.approx(GRID)
        assert curve.tangents(16) == [(1.0, 0.0)]


def test_a_knot_without_a_bend_says_nothing() -> None:
    """Another way of writing the same pieces gives the same smooth curve."""
    more = (BENT[0], (0.25, 0.375), *BENT[1:])
    first, second = curve_of(need(curve=BENT), smooth=True), curve_of(need(curve=more), smooth=True)
    assert first(GRID) == pytest.approx(second(GRID))


def test_pieces_are_the_instances() -> None:
    """Not smooth: the straight pieces, with the slope of going on at a kink."""
    curve = curve_of(need(curve=BENT), smooth=False)
    assert curve(np.array([0.25, 0.5, 0.75])) == pytest.approx([0.375, 0.75, 0.875])
    assert curve.slope(np.array([0.0, 0.49, 0.5, 1.0])) == pytest.approx([1.5, 1.5, 0.5, 0.5])
    assert curve.tangents(16) == [pytest.approx(line) for line in need(curve=BENT).pieces()]


def test_tangents_hug_the_curve_from_above() -> None:
    """Four times as many tangents are about sixteen times as close."""
    seed = secrets.randbits(32)
    knots = next(k for k in map(random_curve, range(seed, seed + 99)) if len(k) > 3)
    curve = curve_of(need(curve=knots), smooth=True)
    errors = []
    for number in (8, 32):
        lines = np.array(curve.tangents(number))
        above = (lines[:, :1] * GRID + lines[:, 1:]).min(axis=0) - curve(GRID)
        assert above.min() >= -1e-12, f"seed {seed}"
        errors.append(above.max())
    assert errors[1] < errors[0] / 6.0, f"seed {seed}"
    assert errors[0] < 0.05, f"seed {seed}"


def test_shares_beyond_the_ends_count_as_the_ends() -> None:
    """Rounding may put a share a hair outside."""
    curve = curve_of(need(curve=BENT), smooth=True)
    assert curve(np.array([-0.1, 1.1])) == pytest.approx([0.0, 1.0])
    assert curve(np.array(0.5)) == pytest.approx(0.75)
