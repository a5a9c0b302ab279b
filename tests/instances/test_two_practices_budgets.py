"""More money is never worse: every budget of the table derived by hand in the instance's README."""

from __future__ import annotations

import secrets
from random import Random

import pytest

import incentive_opt

STEPS = [(450_000, 9.0), (461_000, 10.0), (469_800, 10.8), (502_500, 11.5), (511_300, 12.3), (544_500, 13.5)]
"""Least budget [USD/year] and health bought [QALY/year]: 450,000 plus the bonuses of the README's rows."""


def health(budget: float) -> tuple[float, float]:
    """Health and bound of the design at a budget."""
    design = incentive_opt.solve("two_practices", "quality_bonus", budget=budget, gap=1e-3, time_limit=20)
    return design.health, design.upper_bound


def by_hand(budget: float) -> float:
    """What the README's table says of a budget."""
    return max(value for least, value in STEPS if budget >= least)


@pytest.mark.parametrize(("least", "value"), STEPS)
def test_each_row_at_the_dollar_where_it_begins(least: float, value: float) -> None:
    """A row is reached with exactly its budget."""
    found, bound = health(least)
    assert found == pytest.approx(value, rel=1e-3)
    assert bound == pytest.approx(value, rel=1e-3)


def test_budgets_drawn_at_random() -> None:
    """Twelve budgets anywhere in the table."""
    seed = secrets.randbelow(10**9)
    draws = Random(seed)
    for budget in sorted(round(draws.uniform(450_000, 560_000), 2) for _ in range(12)):
        found, bound = health(budget)
        assert found == pytest.approx(by_hand(budget), rel=1e-3), f"{budget} from seed {seed}"
        assert bound == pytest.approx(by_hand(budget), rel=1e-3), f"{budget} from seed {seed}"
