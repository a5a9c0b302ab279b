"""Contract rules: what a contract has to keep besides budget and incomes; see docs/contract_rules.md."""

from __future__ import annotations

from dataclasses import dataclass

PERFORMANCE: frozenset[str] = frozenset({"bonus", "outcome", "improvement", "shared_savings", "pool_share"})
"""Kinds of payment that are paid for results: what the bonus pool and the incentive cap count."""
REFERRAL: frozenset[str] = frozenset({"outcome", "improvement", "shared_savings"})
"""Kinds of payment that depend on care given elsewhere: what the physician incentive plan counts.

A quality bonus for the practice's own services is not among them (42 CFR 422.208(a), "potential payments").
"""
SERVICES: frozenset[str] = frozenset({"fee", "capitation", "episode", "rvu_rate", "salary"})
"""Kinds of payment for services and children."""
HELD_BACK: frozenset[str] = frozenset({"withhold"})
"""Kinds that keep back what services are paid until quality is shown. Like quality bonuses they depend on the
practice's own services, so the physician incentive plan leaves them out. With the other two these are all
kinds.
"""

MOST_REFERRAL_BONUS = 0.33
"""Bonus for using less of others' services, as a share of what else is paid (42 CFR 422.208(d)(2)) [1]."""
MOST_REFERRAL_LOSS = 0.25
"""What a practice may lose by others' services, of what else is paid (42 CFR 422.208(d)(2)) [1]."""
LARGE_PANEL = 25_000.0
"""Practices with more patients bear such risk without a limit (42 CFR 422.208) [children]."""


@dataclass(frozen=True)
class Rules:
    """Contract rules; ``None`` means the rule does not apply.

    Attributes
    ----------
    rvu_budget_neutral : bool
        RVUs at status-quo volumes keep their total.
    rvu_neutral_tolerance : float
        Allowed relative departure [1].
    max_services_repriced, max_measures, max_tiers : int or None
        At most so many fees changed, measures rewarded, tiers per rewarded measure.
    max_withheld : float or None
        Of today's fees at most this share is held back, over all measures [1].
    bonus_pool_share : float or None
        Payments for results, of all contract payments, over all practices [1].
    incentive_cap : float or None
        Payments for results, as a share of capitation payments, over all practices [1].
    physician_incentive_plan, stop_loss : bool
        Whether limits on risk for others' services apply; whether stop-loss protection lifts them.
    rate_cell_floor, rate_cell_ceiling : float or None
        What the contract pays for each group of children at today's care, of what it pays today [1].
    max_price_change : float or None
        Of each fee and capitation rate that is paid today [1].
    max_payment_change : float or None
        Of what each practice type is paid in total [1].
    income_change_gap : float or None
        Between the change of a type's net income and that of all practices [1].
    min_clinician_income : float or None
        Net income per full-time clinician of each type, of the mean over all practices [1].
    risk_cell_cover : float or None
        Payments over cost of each group of children at today's care, of the same for all children [1].
    min_reliability, between_practice_sd : float or None
        Least reliability of a measure that carries money, and how far rates of practices truly differ: their
        standard deviation [1]. Of the instance only; measures have them as a minimum denominator already.
    """

    rvu_budget_neutral: bool = False
    rvu_neutral_tolerance: float = 0.0002
    max_services_repriced: int | None = None
    max_measures: int | None = None
    max_tiers: int | None = None
    max_withheld: float | None = None
    bonus_pool_share: float | None = None
    incentive_cap: float | None = None
    physician_incentive_plan: bool = False
    stop_loss: bool = False
    rate_cell_floor: float | None = None
    rate_cell_ceiling: float | None = None
    max_price_change: float | None = None
    max_payment_change: float | None = None
    income_change_gap: float | None = None
    min_clinician_income: float | None = None
    risk_cell_cover: float | None = None
    min_reliability: float | None = None
    between_practice_sd: float | None = None

    @property
    def limits_risk(self) -> bool:
        """Whether practices may bear only so much risk for others' services."""
        return self.physician_incentive_plan and not self.stop_loss


AT_MOST: tuple[str, ...] = (
    "max_services_repriced",
    "max_measures",
    "max_tiers",
    "max_withheld",
    "bonus_pool_share",
    "incentive_cap",
    "rate_cell_ceiling",
    "max_price_change",
    "max_payment_change",
    "income_change_gap",
    "between_practice_sd",
)
"""Limits of which the smaller one is the stricter."""
AT_LEAST: tuple[str, ...] = ("rate_cell_floor", "min_clinician_income", "risk_cell_cover", "min_reliability")
"""Limits of which the larger one is the stricter."""
