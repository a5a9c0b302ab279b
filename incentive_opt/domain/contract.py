"""A contract: what a payer would sign."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Contract:
    """Prices for features of care.

    Attributes
    ----------
    fees : mapping service -> float
        [USD/service]. A service that is not named is not paid.
    capitation : mapping segment -> float
        [USD/child-month].
    bonuses : mapping (measure, tier) -> float
        Paid for every denominator event of the measure when the tier (1-based) is attained
        [USD/eligible event and year]; tiers add up, so the payment rises from tier to tier.
    thresholds : mapping (measure, tier) -> float
        The rate at which each tier in ``bonuses`` is attained, for the reader of the contract.
    """

    fees: Mapping[str, float] = field(default_factory=dict)
    capitation: Mapping[str, float] = field(default_factory=dict)
    bonuses: Mapping[tuple[str, int], float] = field(default_factory=dict)
    thresholds: Mapping[tuple[str, int], float] = field(default_factory=dict)
    title: str = ""
