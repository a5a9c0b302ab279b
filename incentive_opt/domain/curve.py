"""Effect against care delivered: straight between the instance's points, or nearer to a smooth curve."""

from __future__ import annotations

import math
from functools import cache
from itertools import pairwise

Points = tuple[tuple[float, float], ...]
MOST_CUTS = 20
"""More cuts of each piece say nothing that fewer do not."""
STRAIGHT = 1e-9
"""A bend by less than this share of the steepest slope is none."""


@cache
def cut(curve: Points, cuts: int) -> Points:
    """Points on the smooth curve through an instance's points, so many straight pieces for each of its own.

    Parameters
    ----------
    curve : tuple of (share delivered, share of the effect)
        Concave, from (0, 0) to (1, 1).
    cuts : int
        Straight pieces in place of each of the curve's own; with 1 the curve stays as it is.

    Returns
    -------
    tuple of (share delivered, share of the effect)
        Where pieces meet. They stand closer where the smooth curve bends more, so that no chord is much
        farther from it than another. A curve that is straight stays as it is.

    Notes
    -----
    The smooth curve is the quadratic spline of Schumaker, "On shape preserving quadratic spline
    interpolation", SIAM Journal on Numerical Analysis 20 (1983): slopes at the points are harmonic means of
    the chords beside them, at the ends what one parabola asks for.
    """
    if cuts <= 1:
        return curve
    bent = _without_idle_points(curve)
    if len(bent) == 2:
        return curve
    slopes = _slopes(bent)
    found = [bent[0]]
    for number, (start, end) in enumerate(pairwise(bent)):
        parabolas = _parabolas(start, end, slopes[number], slopes[number + 1])
        found += _along(start, parabolas, cuts)[1:-1]
        found.append(end)
    return tuple(found)


def _without_idle_points(curve: Points) -> Points:
    """The points without those at which the curve does not bend."""
    slopes = _chords(curve)
    least = STRAIGHT * max(1.0, *(abs(slope) for slope in slopes))
    kept = [
        point
        for point, before, after in zip(curve[1:-1], slopes, slopes[1:], strict=False)
        if abs(after - before) > least
    ]
    return (curve[0], *kept, curve[-1])


def _chords(curve: Points) -> list[float]:
    return [(y1 - y0) / (x1 - x0) for (x0, y0), (x1, y1) in pairwise(curve)]


def _slopes(curve: Points) -> list[float]:
    """Slopes of the smooth curve at the points: twice the product of the chords that meet, over their sum."""
    chords = _chords(curve)
    inner = [
        2.0 * one * other / (one + other) if one + other > 0.0 else 0.0 for one, other in pairwise(chords)
    ]
    return [2.0 * chords[0] - inner[0], *inner, 2.0 * chords[-1] - inner[-1]]


def _parabolas(
    start: tuple[float, float], end: tuple[float, float], steep: float, flat: float
) -> list[tuple[float, float, float]]:
    """(width, slope at the start, slope at the end) of the one or two parabolas between two points."""
    width = end[0] - start[0]
    chord = (end[1] - start[1]) / width
    if abs(steep + flat - 2.0 * chord) <= 1e-12 * max(1.0, steep):
        return [(width, steep, flat)]
    above, below = steep - chord, chord - flat
    reach = 2.0 * width / (steep - flat)
    first = 0.5 * min(reach * below, width) if below < above else width - 0.5 * min(reach * above, width)
    middle = (2.0 * (end[1] - start[1]) - first * steep - (width - first) * flat) / width
    return [(first, steep, middle), (width - first, middle, flat)]


def _along(
    start: tuple[float, float], parabolas: list[tuple[float, float, float]], cuts: int
) -> list[tuple[float, float]]:
    """Points on the parabolas, the ends among them; chords between them are about equally far away.

    A chord of width w is off by at most bend * w**2 / 8, so each takes an equal part of width * sqrt(bend).
    """
    weights = [math.sqrt(width * max(0.0, first - last)) for width, first, last in parabolas]
    total = sum(weights)
    points, reached, (x, y) = [start], 0.0, start
    for (width, first, last), weight in zip(parabolas, weights, strict=True):
        inside = [
            n for n in range(1, cuts) if reached < n * total / cuts <= reached + weight and weight > 0.0
        ]
        for number in inside:
            along = width * (number * total / cuts - reached) / weight
            points.append((x + along, y + along * (first + 0.5 * along * (last - first) / width)))
        x, y, reached = x + width, y + 0.5 * width * (first + last), reached + weight
    return [*points, (x, y)]
