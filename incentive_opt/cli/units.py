"""Units of the numbers in the TOML files, by their key; of tables they stand in ``files.columns``."""

from __future__ import annotations

import re

from incentive_opt.domain.lines import LINE_KINDS

SHARE = "1"
"""A share or a multiple: a number without a unit."""

UNITS = {
    "price_year": "calendar year",
    "payer.budget": "USD/year",
    "payer.hospital_margin_share": SHARE,
    "status_quo.conversion_factor": "USD/RVU",
    "status_quo.capitation.*": "USD/child-month",
    "status_quo.bonuses.usd_per_event": "USD/event",
    "status_quo.bonuses.tier": "tier",
    "income.floor": "of today's net income",
    "income.ceiling": "of today's net income",
    "rules.rvu_neutral_tolerance": SHARE,
    "rules.max_services_repriced": "services",
    "rules.max_measures": "measures",
    "rules.max_tiers": "tiers/measure",
    "rules.bonus_pool_share": "of contract payments",
    "rules.incentive_cap": "of capitation payments",
    "rules.rate_cell_floor": "of today's payments for each group of children",
    "rules.rate_cell_ceiling": "of today's payments for each group of children",
    "rules.max_price_change": "of today's price",
    "rules.max_payment_change": "of today's payments to each practice type",
    "rules.income_change_gap": "of today's net income, away from the change of all",
    "rules.min_clinician_income": "of the mean net income per clinician",
    "rules.risk_cell_cover": "of payments over cost of all children",
    "rules.min_reliability": "reliability",
    "rules.between_practice_sd": "standard deviation of practices' rates",
    "rules.max_withheld": "of today's fees",
    "sharing.minimum": "of benchmark",
    "sharing.most_gained": "of benchmark",
    "sharing.most_lost": "of benchmark",
    "incentive.margin": "USD/practice-year per 1 % of harm",
    "staff.*.hours_per_fte": "hours/FTE-year",
    "staff.*.wage_usd_per_hour": "USD/hour",
    "staff.*.panel_minutes_per_child": "minutes/child-year",
    "simulation.practices.characters": "kinds/type",
    "simulation.practices.*": "coefficient of variation",
    "simulation.enrolment.leaving_per_month": "1/month",
    "simulation.enrolment.continuous_months": "months",
    "simulation.continuity.*": SHARE,
    "simulation.waiting.gives_up_per_month": "1/month",
    "simulation.waiting.squeeze_in": "of a month's regular hours",
    "simulation.behaviour.quantal_usd_per_service": "USD/service",
    "simulation.behaviour.inertial_move_per_year": "1/year",
    "simulation.behaviour.contract_years": "years",
    "simulation.behaviour.satisficing_usd_per_clinician": "USD/clinician-year",
    # Payment models and contracts.
    "levers.lower_multiple": "of today's fee",
    "levers.upper_multiple": "of today's fee",
    "levers.lower": "as `unit` says",
    "levers.upper": "as `unit` says",
    "fees.*": "USD/service",
    "capitation.*": "USD/child-month",
    "pools.*": "USD/year",
    "bonuses.tier": "tier",
    "bonuses.usd_per_event": "USD/event",
    "bonuses.threshold": "rate",
    **{f"{kind.table}.*": kind.unit for kind in LINE_KINDS.values()},
    "benchmarks.care.*.*": "effective events/child-year",
    "benchmarks.cost.*": "USD/child-year",
}


def unit_of(key: str) -> str:
    """Unit of the number at a key of a TOML file; empty where it has none.

    Parameters
    ----------
    key : str
        Names joined by points; ``[1]`` after a name counts the entries of a list and is left out.
    """
    plain = re.sub(r"\[\d*\]", "", key)
    if plain in UNITS:
        return UNITS[plain]
    for pattern, unit in UNITS.items():
        if "*" in pattern and re.fullmatch(re.escape(pattern).replace(r"\*", "[^.]+"), plain):
            return unit
    return ""
