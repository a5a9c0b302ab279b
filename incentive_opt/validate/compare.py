"""Promise beside simulation, quantity by quantity, with how far they may lie apart."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from incentive_opt.simulate import Simulation
from incentive_opt.simulate.figures import Quantity
from incentive_opt.validate.promises import Key, Promises, key_of

SHARE = 0.02
"""Health, money, panels and visits may differ by this share of the promise [1]."""
RATE_POINTS = 0.03
"""Rates of measures may differ by so much [1]."""
TIER_POINTS = 0.10
"""So many of a type's practices may miss a tier that is promised, or attain one that is not [1]."""
DUST = 1e-9
"""Differences of this share of the figures are rounding [1]."""

OF_PROMISE = f"{SHARE:.0%} of the promise".replace("%", " %")
OF_REVENUE = (
    f"{SHARE:.0%} of the practice's promised revenue from all payers, because net income is a small "
    "difference of large sums"
).replace("%", " %")
OF_PAYMENTS = f"{SHARE:.0%} of the promised contract payments".replace("%", " %")
OF_ASKED = f"{SHARE:.0%} of the children who ask".replace("%", " %")
POINTS = f"{100 * RATE_POINTS:.0f} percentage points"
OF_PRACTICES = f"{100 * TIER_POINTS:.0f} percentage points of practices"

HOLDS, OFF, UNCLEAR = "holds", "off", "too few replications to tell"
DECIDING = ("health_qaly", "outlay_usd", "net_income_usd", "tier_paid")
"""The kinds of quantity on which the verdict rests."""


@dataclass(frozen=True)
class Tolerance:
    """How far simulation and promise may lie apart, and what that is measured by, in words."""

    value: float
    kind: str


@dataclass(frozen=True)
class Comparison:
    """One quantity, promised and simulated.

    Attributes
    ----------
    mean, half_width : float
        Over replications, with a 95 % interval; infinite with one replication, NaN where a simulated
        year has no such figure (a rate without a denominator).
    searched : float or None
        The figure in the optimiser's model, where the promise is another one, of a real year; else None.
    """

    quantity: Quantity
    promised: float
    mean: float
    half_width: float
    tolerance: Tolerance
    searched: float | None = None

    @property
    def low(self) -> float:
        """Lower end of the interval."""
        return self.mean - self.half_width

    @property
    def high(self) -> float:
        """Upper end of the interval."""
        return self.mean + self.half_width

    @property
    def error(self) -> float:
        """Simulated less promised, in the unit of the quantity."""
        return self.mean - self.promised

    @property
    def relative_error(self) -> float | None:
        """The error as a share of the promise; None where nothing is promised."""
        return self.error / abs(self.promised) if self.promised else None

    @property
    def farthest(self) -> float:
        """Simulated less promised or, if that is more, less what the optimiser's model has."""
        other = self.error if self.searched is None else self.mean - self.searched
        return max(self.error, other, key=abs)

    @property
    def status(self) -> str:
        """Whether promise and optimiser's model both hold, one is off, or too few replications tell."""
        allowed = self.tolerance.value + DUST * max(abs(self.promised), abs(self.mean))
        if not math.isfinite(self.mean):
            return OFF
        if self.half_width <= allowed:
            return HOLDS if abs(self.farthest) <= allowed else OFF
        return OFF if abs(self.farthest) - self.half_width > allowed else UNCLEAR

    @property
    def ok(self) -> bool:
        """Within tolerance, and known well enough to say so."""
        return self.status == HOLDS

    @property
    def covers(self) -> bool:
        """Whether the promise lies in the interval."""
        return self.low <= self.promised <= self.high

    @property
    def decides(self) -> bool:
        """Whether the verdict rests on it."""
        return self.quantity.kind in DECIDING

    def as_dict(self) -> dict[str, Any]:
        """As plain data; figures that are not finite become None."""
        return named(self.quantity) | {
            "promised": finite(self.promised),
            "mean": finite(self.mean),
            "low": finite(self.low),
            "high": finite(self.high),
            "error": finite(self.error),
            "relative_error": finite(self.relative_error),
            "tolerance": finite(self.tolerance.value),
            "tolerance_is": self.tolerance.kind,
            "ok": self.ok,
            "status": self.status,
            "covers": self.covers,
            "searched": finite(self.promised if self.searched is None else self.searched),
            "decides": self.decides,
        }


def compare(simulation: Simulation, promises: Promises) -> list[Comparison]:
    """Every quantity that is promised beside what was simulated."""
    result, values = [], promises.values
    for number, quantity in enumerate(simulation.quantities):
        key = key_of(quantity)
        promised = values.get(key)
        if promised is not None:
            mean = float(simulation.estimates.mean[number])
            half_width = float(simulation.estimates.half_width[number])
            tolerance = tolerance_of(quantity, promises)
            searched = promises.searched.get(key) if key in promises.real_year else None
            result.append(Comparison(quantity, promised, mean, half_width, tolerance, searched))
    return result


def tolerance_of(quantity: Quantity, promises: Promises) -> Tolerance:
    """How far a simulation may lie from what is promised.

    Net income and revenue are measured by what the practice takes in: net income is the small difference
    of large sums, and 2 % of it would ask more of the simulation than anybody asks of a budget. In the
    same way bonuses are measured by all contract payments, and children turned away by those who ask.
    """
    kind, values = quantity.kind, promises.values
    if kind == "rate":
        return Tolerance(RATE_POINTS, POINTS)
    if kind == "tier_paid":
        return Tolerance(TIER_POINTS, OF_PRACTICES)
    if kind in ("net_income_usd", "revenue_usd"):
        return Tolerance(SHARE * promises.revenue_of_all_payers[quantity.practice], OF_REVENUE)
    if kind == "bonuses_usd":
        return Tolerance(SHARE * abs(_total(values, "contract_payments_usd")), OF_PAYMENTS)
    if kind == "children_turned_away":
        asked = _total(values, "children_on_panels") + _total(values, "children_turned_away")
        return Tolerance(SHARE * asked, OF_ASKED)
    return Tolerance(SHARE * abs(values[key_of(quantity)]), OF_PROMISE)


def _total(values: Mapping[Key, float], kind: str) -> float:
    return values[kind, "", "", 0]


def named(quantity: Quantity) -> dict[str, Any]:
    """What a quantity is called in validation.json."""
    return {
        "kind": quantity.kind,
        "practice": quantity.practice,
        "of": quantity.of,
        "tier": quantity.tier,
        "unit": quantity.unit,
    }


def finite(value: float | None) -> float | None:
    """The number, or None where it is none: JSON knows no NaN."""
    return None if value is None or not math.isfinite(value) else float(value)
