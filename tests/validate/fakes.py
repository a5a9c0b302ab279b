"""Promises and simulations made up for tests."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

import numpy as np

from incentive_opt.simulate import Simulation
from incentive_opt.simulate.figures import Quantity
from incentive_opt.simulate.interval import estimates
from incentive_opt.simulate.ledger import Ledger
from incentive_opt.validate.promises import Promises, Values, key_of

HEALTH = Quantity("health_qaly", unit="QALY/year")
OUTLAY = Quantity("outlay_usd", unit="USD/year")
INCOME = Quantity("net_income_usd", "busy", unit="USD/practice and year")
RATE = Quantity("rate", "busy", "thorough_visit", unit="1")
TIER = Quantity("tier_paid", "busy", "thorough_visit", 1, "of practices")


def promises(
    values: dict[Quantity, float],
    gain: float = 2.0,
    budget: float | None = None,
    real_year: dict[Quantity, float] | None = None,
) -> Promises:
    """Promises of a few quantities; a busy practice takes in 100,000 USD from all payers."""
    said: Values = {key_of(quantity): value for quantity, value in values.items()}
    of_year = {key_of(quantity): value for quantity, value in (real_year or {}).items()}
    return Promises(said, dict(said), {"busy": 100_000.0}, gain, 10.0, budget, of_year)


def simulation(rows: dict[Quantity, Sequence[float]], behaviour: str = "rational") -> Simulation:
    """Years with these figures; without a ledger."""
    samples = np.array(list(rows.values()), dtype=float).T
    return Simulation(behaviour, 0, list(rows), samples, estimates(samples), cast(Ledger, None))
