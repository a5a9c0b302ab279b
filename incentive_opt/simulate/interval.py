"""Means over replications and their 95 % intervals."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cache

import numpy as np

from incentive_opt.simulate.world import FloatArray

LEVEL = 0.95


@dataclass(frozen=True)
class Estimates:
    """Means of several quantities over replications, array (quantities,) each.

    Attributes
    ----------
    mean : array
    half_width : array
        Of the 95 % interval (Student's t over replications); infinite with a single replication.
    """

    mean: FloatArray
    half_width: FloatArray

    @property
    def low(self) -> FloatArray:
        """Lower ends of the intervals."""
        return np.asarray(self.mean - self.half_width)

    @property
    def high(self) -> FloatArray:
        """Upper ends of the intervals."""
        return np.asarray(self.mean + self.half_width)


def estimates(samples: FloatArray) -> Estimates:
    """Means and intervals from independent replications, array (replications, quantities)."""
    number = len(samples)
    mean = samples.mean(axis=0)
    if number < 2:
        return Estimates(mean, np.full(mean.shape, np.inf))
    error = samples.std(axis=0, ddof=1) / math.sqrt(number)
    return Estimates(mean, t_quantile(number - 1) * error)


@cache
def t_quantile(freedom: int, level: float = LEVEL) -> float:
    """Student's t: half of the width that holds ``level`` of the probability."""
    low, high = 0.0, 1e4
    while high - low > 1e-10 * max(1.0, low):
        middle = 0.5 * (low + high)
        low, high = (middle, high) if _within(middle, freedom) < level else (low, middle)
    return 0.5 * (low + high)


def _within(t: float, freedom: int) -> float:
    """Chance that Student's t lies within ``-t`` and ``t`` (Abramowitz and Stegun 26.7.3 and 26.7.4)."""
    angle = math.atan(t / math.sqrt(freedom))
    square = math.cos(angle) ** 2
    odd = freedom % 2 == 1
    term = total = math.cos(angle) if odd else 1.0
    for k in range(3 if odd else 2, freedom - 1, 2):
        term *= square * (k - 1) / k
        total += term
    if odd:
        return 2.0 / math.pi * (angle + (math.sin(angle) * total if freedom > 1 else 0.0))
    return math.sin(angle) * total
