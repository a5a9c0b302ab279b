"""Intervals over replications."""

from __future__ import annotations

import secrets

import numpy as np
import pytest
from scipy import stats

from incentive_opt.simulate.interval import estimates, t_quantile


@pytest.mark.parametrize("freedom", [1, 2, 3, 4, 5, 8, 9, 29, 30, 199])
def test_quantiles_agree_with_scipy(freedom: int) -> None:
    """Student's t quantiles, odd and even degrees of freedom, are those of a statistics library."""
    assert t_quantile(freedom) == pytest.approx(stats.t.ppf(0.975, freedom), rel=1e-8)


def test_a_single_replication_has_no_interval() -> None:
    """From one year nothing can be said about chance."""
    found = estimates(np.array([[3.0, 4.0]]))
    assert found.mean.tolist() == [3.0, 4.0]
    assert np.isinf(found.half_width).all()


def test_interval_by_hand() -> None:
    """Two years with 1 and 3: mean 2, standard error 1, t with one degree of freedom 12.706."""
    found = estimates(np.array([[1.0], [3.0]]))
    assert (found.mean[0], found.half_width[0]) == (2.0, pytest.approx(12.7062, abs=1e-4))
    assert (found.low[0], found.high[0]) == (
        pytest.approx(-10.7062, abs=1e-4),
        pytest.approx(14.7062, abs=1e-4),
    )


def test_intervals_cover_a_normal_mean() -> None:
    """Of 4,000 intervals from 6 normal replications, 95 % cover the mean (within 4 standard errors)."""
    seed = secrets.randbits(32)
    samples = np.random.default_rng(seed).normal(7.0, 2.0, size=(6, 4000))
    found = estimates(samples)
    share = float(np.mean((found.low <= 7.0) & (found.high >= 7.0)))
    assert abs(share - 0.95) < 4.0 * (0.95 * 0.05 / 4000) ** 0.5, seed
