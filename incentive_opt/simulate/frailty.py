"""How children of a kind differ in how often needs arise: four levels that stand for a gamma variable."""

from __future__ import annotations

import math

import numpy as np

from incentive_opt.simulate.world import FloatArray

LEVELS = 4


def frailty_levels(variance: float) -> FloatArray:
    """Means of the quarters of a gamma variable of mean 1, ascending, rescaled to the mean 1.

    Parameters
    ----------
    variance : float
        Of the gamma variable [1]; 0 gives ones. The levels vary a little less, since within a quarter
        all are alike; and never by more than 3.

    Returns
    -------
    array (LEVELS,)
    """
    if variance <= 0.0:
        return np.ones(LEVELS)
    shape = 1.0 / variance
    cuts = [_quantile(shape, level / LEVELS) for level in range(1, LEVELS)]
    # The share of the mean below a cut is the distribution of a gamma variable of one more in shape.
    below = np.array([0.0, *(_gamma_below(shape + 1.0, cut) for cut in cuts), 1.0])
    levels = np.diff(below) * LEVELS
    return np.asarray(levels / levels.mean())


def _quantile(shape: float, share: float) -> float:
    """Where a gamma variable of the shape (scale 1) has the share below it; by halving."""
    low, high = 0.0, shape + 1.0
    while _gamma_below(shape, high) < share:
        high *= 2.0
    for _ in range(200):
        middle = 0.5 * (low + high)
        if middle in (low, high):
            break
        low, high = (middle, high) if _gamma_below(shape, middle) < share else (low, middle)
    return 0.5 * (low + high)


def _gamma_below(shape: float, x: float) -> float:
    """Chance that a gamma variable (scale 1) is below x: the regularised incomplete gamma function.

    Series below shape + 1, continued fraction above (Lentz): the usual pair, each where it converges fast.
    """
    if x <= 0.0:
        return 0.0
    factor = math.exp(shape * math.log(x) - x - math.lgamma(shape))
    if x < shape + 1.0:
        term = total = 1.0 / shape
        step = shape
        while term > total * 1e-17:
            step += 1.0
            term *= x / step
            total += term
        return factor * total
    tiny = 1e-300
    b = x + 1.0 - shape
    c, d = 1.0 / tiny, 1.0 / b
    fraction = d
    for step in range(1, 10_000):
        a = -step * (step - shape)
        b += 2.0
        d = a * d + b
        d = 1.0 / (d if abs(d) > tiny else tiny)
        c = b + a / c
        c = c if abs(c) > tiny else tiny
        fraction *= d * c
        if abs(d * c - 1.0) < 1e-16:
            break
    return 1.0 - factor * fraction
