"""Contract rules of an instance or a payment model: whether they fit together, what they make of measures."""

from __future__ import annotations

from dataclasses import fields, replace
from typing import Any

from incentive_opt.domain.instance import Measure
from incentive_opt.domain.rules import Rules
from incentive_opt.files.problems import Problems
from incentive_opt.files.schemas import RulesTable
from incentive_opt.files.toml_files import place


def build_rules(table: RulesTable) -> Rules:
    """Contract rules of an instance or a payment model."""
    return Rules(**{one.name: getattr(table, one.name) for one in fields(Rules) if hasattr(table, one.name)})


def reliable(measure: Measure, rules: Rules) -> Measure:
    """The measure with the minimum denominator at which it is as reliable as the rules ask.

    The reliability of a rate that is counted from n events is v / (v + t (1 - t) / n): v is the variance of
    practices' true rates, t the threshold, of several the one where chance is largest.
    """
    if rules.min_reliability is None or rules.between_practice_sd is None:
        return measure
    chance = max((rate * (1.0 - rate) for rate in measure.thresholds), default=0.0)
    odds = rules.min_reliability / (1.0 - rules.min_reliability)
    least = odds * chance / rules.between_practice_sd**2
    return replace(measure, minimum_denominator=max(measure.minimum_denominator, least))


def check_rules(raw: dict[str, Any], text: str, shown: str, problems: Problems) -> None:
    """Note rules that contradict or lack one another."""
    rules = raw.get("rules")
    if not isinstance(rules, dict):
        return

    def number(key: str) -> float | None:
        value = rules.get(key)
        return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None

    floor, ceiling = number("rate_cell_floor"), number("rate_cell_ceiling")
    if floor is not None and ceiling is not None and floor > ceiling:
        where = place(("rules", "rate_cell_floor"), text)
        problems.add(shown, where, floor, f"at most the ceiling, {ceiling}")
    if ("min_reliability" in rules) != ("between_practice_sd" in rules):
        given, lacking = "min_reliability", "between_practice_sd"
        if lacking in rules:
            given, lacking = lacking, given
        problems.add(
            shown,
            place(("rules", given), text),
            rules[given],
            f"{lacking} beside it",
            "How reliable a rate is depends on how far practices truly differ: give both, or neither.",
        )
    if rules.get("stop_loss") is True and rules.get("physician_incentive_plan") is not True:
        problems.add(
            shown,
            place(("rules", "stop_loss"), text),
            "true",
            "physician_incentive_plan = true beside it",
            "Stop-loss protection lifts the limits of that rule, and does nothing without it.",
        )
