"""Values of uncertain parameters, drawn all at once by a Sobol' sequence."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import stats
from scipy.stats import qmc

from incentive_opt.domain.uncertain import Uncertain

FloatArray = npt.NDArray[np.float64]

NORMAL_95 = 1.959963984540054
"""So many standard deviations to either side of the mean hold 95 % of a normal distribution."""


class Bounded:
    """The distribution of a parameter, cut off where no value makes sense."""

    def __init__(self, one: Uncertain) -> None:
        self.whole = _distribution(one)
        self.least, self.most = self.whole.cdf(one.least), self.whole.cdf(one.most)

    def ppf(self, shares: Any) -> Any:
        """Values below which these shares of the draws lie."""
        return self.whole.ppf(self.least + (self.most - self.least) * np.asarray(shares))


def _distribution(one: Uncertain) -> Any:
    """The distribution as scipy has it; low and high are ends of the first two, 95 % of the others."""
    span = one.high - one.low
    if one.distribution == "triangular":
        return stats.triang((one.base - one.low) / span, loc=one.low, scale=span)
    if one.distribution == "normal":
        return stats.norm(loc=(one.low + one.high) / 2.0, scale=span / (2.0 * NORMAL_95))
    if one.distribution == "lognormal":
        spread = math.log(one.high / one.low) / (2.0 * NORMAL_95)
        return stats.lognorm(spread, scale=math.sqrt(one.low * one.high))
    return stats.uniform(loc=one.low, scale=span)


def draw(uncertainty: Sequence[Uncertain], number: int, seed: int) -> FloatArray:
    """So many draws of all parameters, which are taken to be independent of each other.

    Parameters
    ----------
    number : int
        A power of two spreads the draws most evenly.

    Returns
    -------
    array of shape (number, parameters)
        In each parameter's own scale. A larger number begins with the draws of a smaller one.
    """
    if number <= 0 or not uncertainty:
        return np.zeros((0, len(uncertainty)))
    sequence = qmc.Sobol(len(uncertainty), scramble=True, rng=np.random.default_rng(seed))
    shares = sequence.random_base2(max(0, math.ceil(math.log2(number))))[:number]
    columns = [Bounded(one).ppf(shares[:, place]) for place, one in enumerate(uncertainty)]
    return np.asarray(np.column_stack(columns), dtype=np.float64)
