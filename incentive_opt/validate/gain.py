"""How much of the promised gain is kept under a behaviour, and whether the budget is."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from incentive_opt.simulate import Simulation
from incentive_opt.simulate.interval import estimates
from incentive_opt.validate.compare import SHARE, finite
from incentive_opt.validate.promises import Promises

KEPT = 0.9
"""The share of the promised gain that a robust design keeps under every behaviour [1]."""
NOTHING = 1e-9
"""A promised gain below this share of the health is none [1]."""


@dataclass(frozen=True)
class Gain:
    """Health above the contract in force, both simulated under the same behaviour.

    Attributes
    ----------
    promised, simulated, half_width : float
        [QALY/year]; replications are paired, the same children under both contracts.
    status_quo : float
        Simulated health under the contract in force [QALY/year].
    status_quo_promised : float
        The same as promised [QALY/year].
    """

    promised: float
    simulated: float
    half_width: float
    status_quo: float
    status_quo_promised: float

    @property
    def is_promised(self) -> bool:
        """Whether any gain is promised, so that one can be kept."""
        return self.promised > self._rounding

    @property
    def share(self) -> float | None:
        """The share of the promised gain that is kept [1]; None where none is promised."""
        return self.simulated / self.promised if self.is_promised else None

    @property
    def keeps(self) -> bool:
        """Whether 90 % is kept; where health is to fall, that it falls by at most a tenth more."""
        slack = (1.0 - KEPT) * abs(self.promised) + self._rounding
        if abs(self.promised) <= self._rounding:  # nothing changes: chance may have it either way
            slack += self.half_width if math.isfinite(self.half_width) else 0.0
        return self.simulated >= self.promised - slack

    @property
    def unclear(self) -> bool:
        """Whether 90 % lies within the interval of the share that is kept."""
        return self.is_promised and abs(self.simulated - KEPT * self.promised) < self.half_width

    @property
    def _rounding(self) -> float:
        """Changes below this are none [QALY/year]."""
        return NOTHING * abs(self.status_quo_promised)

    def as_dict(self) -> dict[str, Any]:
        """As plain data; what is not finite becomes None."""
        low, high = self.simulated - self.half_width, self.simulated + self.half_width
        shares = [x / self.promised if self.is_promised else None for x in (low, high)]
        return {
            "promised_qaly": finite(self.promised),
            "simulated_qaly": finite(self.simulated),
            "low_qaly": finite(low),
            "high_qaly": finite(high),
            "status_quo_qaly": finite(self.status_quo),
            "status_quo_promised_qaly": finite(self.status_quo_promised),
            "kept_share": finite(self.share),
            "kept_share_low": finite(shares[0]),
            "kept_share_high": finite(shares[1]),
            "keeps_90_percent": self.keeps,
        }


def gain_of(contract: Simulation, in_force: Simulation, promises: Promises) -> Gain:
    """The gain kept; replications beyond the fewer of the two are left out."""
    number = min(contract.replications, in_force.replications)
    then = contract.samples[:number, contract.index("health_qaly")]
    now = in_force.samples[:number, in_force.index("health_qaly")]
    found = estimates((then - now)[:, None])
    mean = float(found.mean[0])
    half_width = 0.0 if contract is in_force else float(found.half_width[0])
    return Gain(promises.health_gain, mean, half_width, float(np.mean(now)), promises.status_quo_health)


@dataclass(frozen=True)
class Spending:
    """The payer's outlay beside the budget [USD/year].

    Attributes
    ----------
    limit : float or None
        None where the design names none.
    """

    limit: float | None
    mean: float
    half_width: float

    @property
    def over(self) -> float | None:
        """How much more than the budget is spent, as a share of it [1]; negative where less."""
        return self.mean / self.limit - 1.0 if self.limit else None

    @property
    def within(self) -> bool:
        """Whether the mean outlay is within the budget, to a millionth."""
        return self.limit is None or self.mean <= self.limit * (1.0 + 1e-6)

    @property
    def nearly(self) -> bool:
        """Whether the mean outlay is over the budget by 2 % at most."""
        return self.limit is None or self.mean <= self.limit * (1.0 + SHARE)

    def as_dict(self) -> dict[str, Any]:
        """As plain data."""
        return {
            "limit_usd": finite(self.limit),
            "outlay_usd": finite(self.mean),
            "low_usd": finite(self.mean - self.half_width),
            "high_usd": finite(self.mean + self.half_width),
            "over_share": finite(self.over),
            "within": self.within,
            "surely_within": self.limit is None or self.mean + self.half_width <= self.limit,
            "within_2_percent": self.nearly,
        }


def spending_of(simulation: Simulation, promises: Promises) -> Spending:
    """What is spent under a behaviour."""
    column = simulation.index("outlay_usd")
    found = simulation.estimates
    return Spending(promises.budget, float(found.mean[column]), float(found.half_width[column]))
