"""How effect grows with care: a smooth concave curve through an instance's knots, or its straight pieces."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from functools import cache
from itertools import pairwise

import numpy as np

from incentive_opt.domain.instance import Need
from incentive_opt.simulate.world import FloatArray, IntArray

Knots = tuple[tuple[float, float], ...]


@dataclass(frozen=True, eq=False)
class Curve:
    """A concave curve from (0, 0) to (1, 1), straight or quadratic between its knots.

    Attributes
    ----------
    knots : array (pieces + 1,)
        Where pieces meet, from 0 to 1 [share delivered].
    values : array (pieces + 1,)
        Share of the effect at the knots [1].
    first, last : array (pieces,)
        Slope where each piece begins and where it ends; in between it is linear.
    """

    knots: FloatArray
    values: FloatArray
    first: FloatArray
    last: FloatArray

    def __call__(self, share: FloatArray) -> FloatArray:
        """Share of the effect at shares delivered; shares outside 0 to 1 count as 0 or 1."""
        piece, along = self._piece(share)
        width = self.knots[piece + 1] - self.knots[piece]
        bend = (self.last[piece] - self.first[piece]) / width
        return np.asarray(self.values[piece] + along * (self.first[piece] + 0.5 * bend * along))

    def slope(self, share: FloatArray) -> FloatArray:
        """Effect of a little more care at shares delivered; at a kink, that of going on."""
        piece, along = self._piece(share)
        width = self.knots[piece + 1] - self.knots[piece]
        return np.asarray(self.first[piece] + (self.last[piece] - self.first[piece]) * along / width)

    def _piece(self, share: FloatArray) -> tuple[IntArray, FloatArray]:
        inside = np.clip(share, 0.0, 1.0)
        after = np.searchsorted(self.knots, inside, side="right")
        piece = np.minimum(after, len(self.first)) - 1
        return piece, inside - self.knots[piece]

    @property
    def bent(self) -> bool:
        """Whether any piece is curved."""
        return bool(np.any(self.first != self.last))

    def tangent(self, share: float) -> tuple[float, float]:
        """Slope and intercept of the tangent at a share delivered, from 0 to 1."""
        piece = min(bisect_right(self.knots, share), len(self.first)) - 1
        begin, end = float(self.knots[piece]), float(self.knots[piece + 1])
        first, bend = float(self.first[piece]), float(self.last[piece] - self.first[piece]) / (end - begin)
        slope = first + bend * (share - begin)
        effect = float(self.values[piece]) + 0.5 * (first + slope) * (share - begin)
        return slope, effect - slope * share

    def tangents(self, number: int) -> list[tuple[float, float]]:
        """Straight lines (slope, intercept) whose lower envelope is the curve, or hugs it from above.

        Parameters
        ----------
        number : int
            How many tangents, at least 2, if the curve is bent; those at 0 and at 1 are among them. They
            stand closer where it bends more. A curve of straight pieces has one line a piece.
        """
        if not self.bent:
            starts = self.values[:-1] - self.first * self.knots[:-1]
            return [(float(slope), float(at)) for slope, at in zip(self.first, starts, strict=True)]
        grid = np.linspace(0.0, 1.0, 2001)
        bend = np.sqrt(np.abs(np.diff(self.slope(grid))))
        # Half by bend, which evens out the error of the effect, and half by distance, for that of the share.
        weight = bend / bend.sum() + 1.0 / len(bend)
        reached = np.concatenate([[0.0], np.cumsum(weight)]) / weight.sum()
        places = np.interp(np.linspace(0.0, 1.0, number), reached, grid)
        return list(dict.fromkeys(self.tangent(float(place)) for place in places))


def curve_of(need: Need, smooth: bool) -> Curve:
    """The need's curve: smooth through the knots that the instance gives, or straight between them.

    The smooth curve is a quadratic spline that keeps its shape (Schumaker, SIAM Journal on Numerical
    Analysis 20, 1983): its slope falls without a jump, so that a small change in what care is worth brings
    a small change in care. A need with one straight piece keeps it; a knot at which the instance's curve does
    not bend says nothing, and is passed over.
    """
    return _smooth(need.curve) if smooth else _straight(_cut(need.curve, need.cuts))


@cache
def _cut(curve: Knots, cuts: int) -> Knots:
    """Where the optimiser's straight pieces meet: the instance's points, and others on the curve between.

    In each piece they are spread evenly by the integral of the root of the curve's bend, which makes chords
    equally good.
    """
    smooth = _smooth(curve)
    if cuts <= 1 or not smooth.bent:
        return curve
    shares = [0.0]
    for start, end in pairwise(_bends(np.array(curve, dtype=float))[0].tolist()):
        inside = (smooth.knots >= start) & (smooth.knots <= end)
        places = smooth.knots[inside]
        own = slice(int(np.flatnonzero(inside)[0]), int(np.flatnonzero(inside)[-1]))
        steps = np.sqrt(np.diff(places) * (smooth.first[own] - smooth.last[own]))
        reached = np.concatenate([[0.0], np.cumsum(steps)])
        if reached[-1] > 0.0:
            shares += np.interp(reached[-1] * np.arange(1, cuts) / cuts, reached, places).tolist()
        shares.append(end)
    effects = smooth(np.array(shares)).tolist()
    return tuple(zip(shares, effects, strict=True))


@cache
def _straight(curve: Knots) -> Curve:
    points = np.array(curve, dtype=float)
    slopes = np.diff(points[:, 1]) / np.diff(points[:, 0])
    return Curve(points[:, 0], points[:, 1], slopes, slopes)


@cache
def _smooth(curve: Knots) -> Curve:
    x, y = _bends(np.array(curve, dtype=float))
    if len(x) == 2:
        return _straight(((x[0], y[0]), (x[1], y[1])))
    chords = np.diff(y) / np.diff(x)
    slopes = _knot_slopes(chords)
    places, steepness = [x[0]], [slopes[0]]
    for i, chord in enumerate(chords):
        middle = _extra_knot(x[i], x[i + 1], slopes[i], slopes[i + 1], chord)
        if middle is not None:
            before, after = middle - x[i], x[i + 1] - middle
            rest = 2.0 * (y[i + 1] - y[i]) - before * slopes[i] - after * slopes[i + 1]
            places.append(middle)
            steepness.append(rest / (x[i + 1] - x[i]))
        places.append(x[i + 1])
        steepness.append(slopes[i + 1])
    knots, slope = np.array(places), np.array(steepness)
    values = np.concatenate([[0.0], np.cumsum(0.5 * (slope[:-1] + slope[1:]) * np.diff(knots))])
    return Curve(knots, values + y[0], slope[:-1], slope[1:])


def _bends(points: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Places and values of the knots without those at which the curve does not bend."""
    slopes = np.diff(points[:, 1]) / np.diff(points[:, 0])
    bends = np.abs(np.diff(slopes)) > 1e-9 * max(1.0, float(np.abs(slopes).max()))
    kept = points[np.concatenate([[True], bends, [True]])]
    return kept[:, 0], kept[:, 1]


def _knot_slopes(chords: FloatArray) -> FloatArray:
    """Slopes at the knots: inside, the harmonic mean of the two chords that meet there.

    It is at most twice the smaller chord, so the last piece, one parabola, never falls.
    """
    before, after = chords[:-1], chords[1:]
    total = before + after
    inner = np.divide(2.0 * before * after, total, out=np.zeros_like(total), where=total > 0.0)
    return np.concatenate([[2.0 * chords[0] - inner[0]], inner, [2.0 * chords[-1] - inner[-1]]])


def _extra_knot(x0: float, x1: float, slope0: float, slope1: float, chord: float) -> float | None:
    """Where two parabolas have to meet so that a piece stays concave; None if one parabola does."""
    if abs(slope0 + slope1 - 2.0 * chord) <= 1e-12 * max(1.0, slope0):
        return None
    left, right = slope0 - chord, chord - slope1
    reach = 2.0 * (x1 - x0) / (slope0 - slope1)
    if right < left:
        return x0 + 0.5 * min(reach * right, x1 - x0)
    return x1 - 0.5 * min(reach * left, x1 - x0)
