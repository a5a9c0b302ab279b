"""A contract: what a payer would sign."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from incentive_opt.domain.lines import PARTNERS, POOL_SHARE, WITHHOLD, Benchmarks, Line


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
    lines : mapping (kind, of) -> float
        Other lines of payment, in the unit of their kind (``incentive_opt.domain.lines``).
    benchmarks : Benchmarks
        What lines that are paid against a benchmark are counted from.
    pools : mapping measure -> float
        Of every measure with a pool share in ``lines``: the fixed sum that is shared among all who close its
        gaps [USD/year]. Its share in ``lines`` is what the pool is expected to come to for a gap.
    """

    fees: Mapping[str, float] = field(default_factory=dict)
    capitation: Mapping[str, float] = field(default_factory=dict)
    bonuses: Mapping[tuple[str, int], float] = field(default_factory=dict)
    thresholds: Mapping[tuple[str, int], float] = field(default_factory=dict)
    title: str = ""
    lines: Mapping[Line, float] = field(default_factory=dict)
    benchmarks: Benchmarks = field(default_factory=Benchmarks)
    pools: Mapping[str, float] = field(default_factory=dict)

    def price(self, kind: str, of: str, tier: int = 0) -> float:
        """The price of one kind of lever for one thing; 0 where it is not paid [unit of the kind]."""
        if kind == "bonus":
            return self.bonuses.get((of, tier), 0.0)
        if kind == "fee":
            return self.fees.get(of, 0.0)
        if kind == PARTNERS:
            kind = POOL_SHARE
        return self.capitation.get(of, 0.0) if kind == "capitation" else self.lines.get((kind, of), 0.0)

    def tiers_with_money(self, measure: str, menu: int) -> tuple[int, ...]:
        """Tiers (1-based) of a measure, of so many on its menu, that carry money: a bonus or a withhold."""
        if self.lines.get((WITHHOLD, measure), 0.0) > 0.0:
            return tuple(range(1, menu + 1))
        return tuple(tier for tier in range(1, menu + 1) if self.bonuses.get((measure, tier), 0.0) > 0.0)
