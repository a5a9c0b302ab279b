"""Distributions of uncertain parameters, and the sequence that draws from them."""

from __future__ import annotations

import secrets
from dataclasses import replace

import numpy as np
import pytest

from incentive_opt.domain.uncertain import Uncertain
from incentive_opt.sensitivity.draws import Bounded, draw


def parameter(distribution: str, **more: float) -> Uncertain:
    terms = {"base": 3.0, "low": 2.0, "high": 6.0, **more}
    return Uncertain("one", "One", (), "value", distribution=distribution, **terms)


@pytest.mark.parametrize(
    ("distribution", "share", "value"),
    [
        ("uniform", 0.25, 3.0),
        ("uniform", 1.0, 6.0),
        ("triangular", 0.25, 3.0),  # (3 - 2) / (6 - 2) of the draws are below the peak
        ("triangular", 1.0, 6.0),
        ("normal", 0.5, 4.0),
        ("normal", 0.975, 6.0),
        ("normal", 0.025, 2.0),
        ("lognormal", 0.5, 12**0.5),
        ("lognormal", 0.975, 6.0),
        ("lognormal", 0.025, 2.0),
    ],
)
def test_quantiles_by_hand(distribution: str, share: float, value: float) -> None:
    """Low and high are the ends of the first two, and 95 % of the others lie between them."""
    wide = parameter(distribution, least=-1e6, most=1e6)
    assert float(Bounded(wide).ppf(share)) == pytest.approx(value, rel=1e-4)


@pytest.mark.parametrize("distribution", ["normal", "lognormal"])
def test_no_draw_outside_its_limits(distribution: str) -> None:
    """A distribution with tails is cut off where no value makes sense; it still fills what is left."""
    seed = secrets.randbelow(10**6)
    values = draw([parameter(distribution, least=1.9, most=4.0)], 512, seed)[:, 0]
    assert values.min() >= 1.9, f"seed {seed}"
    assert values.max() <= 4.0, f"seed {seed}"
    assert values.max() > 3.95, f"seed {seed}"


def test_draws_have_the_mean_and_no_correlation() -> None:
    """A thousand draws know the mean of each parameter to a thousandth, and parameters do not go together."""
    seed = secrets.randbelow(10**6)
    both = [parameter("uniform"), replace(parameter("triangular"), name="other")]
    values = draw(both, 1024, seed)
    assert values.shape == (1024, 2)
    assert values.mean(axis=0) == pytest.approx([4.0, 11.0 / 3.0], rel=1e-3), f"seed {seed}"
    assert abs(np.corrcoef(values.T)[0, 1]) < 0.05, f"seed {seed}"


def test_same_seed_same_draws() -> None:
    """More draws of a seed begin with those of fewer; another seed gives others."""
    seed = secrets.randbelow(10**6)
    one = [parameter("normal")]
    assert draw(one, 24, seed).tolist() == draw(one, 100, seed)[:24].tolist(), f"seed {seed}"
    assert draw(one, 24, seed).tolist() != draw(one, 24, seed + 1).tolist(), f"seed {seed}"
    assert draw(one, 0, seed).shape == (0, 1)
    assert draw(one, 1, seed).shape == (1, 1)
