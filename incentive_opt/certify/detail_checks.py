"""Checks of what else design.json says: status, terms, each practice's limits and its status quo.

A figure that is not there is no promise; one that is there must be right.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from incentive_opt.certify.checks import (
    Check,
    at_least,
    at_most,
    entries,
    equal,
    fact,
    number,
    optional_number,
    share_tolerance,
    text,
    whole_number,
)
from incentive_opt.certify.status_quo import StatusQuo, corridor_of
from incentive_opt.domain.contract import Contract
from incentive_opt.domain.instance import Instance, Practice
from incentive_opt.domain.kinds import MOST_KINDS, Members, differ, types_of
from incentive_opt.domain.response import Response
from incentive_opt.payment import Account, attained

MONEY = "money"
TOTALS = "totals"


def check_terms(instance: Instance, design: Mapping[str, Any], in_force: bool) -> list[Check]:
    """Status, incentive margin and whether it is the contract in force, against what the design says."""
    checks = [
        at_least("incentives", "incentive margin not negative", number(design, "margin_usd"), 0.0, "USD", 0.0)
    ]
    if not in_force and design.get("margin_overrides_instance") is not True:
        name = "incentive margin at least the instance's, or said to be given in its place"
        promised, least = number(design, "margin_usd"), instance.margin / kinds_in(design)
        checks.append(at_least("incentives", name, promised, least, "USD", share_tolerance(least)))
    if kinds_in(design) > 1:
        name = "practices of a type differ, so that kinds of them can be told apart"
        checks.append(fact("files", name, differ(instance), "neither altruism nor effort is spread"))
    asked = optional_number(design, "objective", "gap_asked")
    if text(design, "status") == "optimal" and asked is not None:
        name = "status optimal: the gap is within the gap asked for"
        gap = number(design, "objective", "gap")
        checks.append(at_most(TOTALS, name, gap, asked, "", share_tolerance(asked) * 1e-3))
    elif asked is not None:
        name = "status feasible: the gap is wider than the gap asked for"
        gap = number(design, "objective", "gap")
        checks.append(at_least(TOTALS, name, gap, asked, "", share_tolerance(asked) * 1e-3))
    if design.get("is_status_quo") is True:
        note = "contract.toml is another contract"
        checks.append(fact("contract", "it is the contract in force", in_force, note))
    return checks


def kinds_in(design: Mapping[str, Any]) -> int:
    """Kinds of practice within each type that the design tells apart; 1 where it says nothing of them."""
    return whole_number(design, "kinds", MOST_KINDS)


def check_kind(practice: Practice, promised: Mapping[str, Any]) -> list[Check]:
    """A kind says what type it belongs to, and a type belongs to none."""
    said = promised.get("of_type") or ""
    if not practice.of_type and not said:
        return []
    name = f"{practice.name}: type that it belongs to"
    return [fact("files", name, said == practice.of_type, f"it is {practice.of_type or 'a type itself'}")]


def check_titles(design: Mapping[str, Any], titles: Mapping[str, str]) -> list[Check]:
    """Titles of instance and model are those of the copies beside the design."""
    checks = []
    for part, title in titles.items():
        said = design[part].get("title") if isinstance(design.get(part), Mapping) else None
        if said is not None:
            checks.append(fact("files", f"title of the {part}", said == title, f"it is {title!r}"))
    return checks


def check_practice_details(
    instance: Instance,
    practice: Practice,
    promised: Mapping[str, Any],
    figures: Account,
    before: StatusQuo,
    pessimistic: float | None,
) -> list[Check]:
    """Limits, outlay and pessimistic health of one practice, and how it stands today."""
    today, name = before.accounts[practice.name], practice.name
    lowest, highest = corridor_of(instance, _type_of(instance, practice), before)
    pairs = (
        (("income_floor_usd",), "income floor", lowest),
        (("income_ceiling_usd",), "income ceiling", highest),
        (("outlay_usd",), "outlay", figures.outlay),
        (("outside_cost_usd",), "care elsewhere", figures.outside_cost),
        (("status_quo", "utility_usd"), "status-quo utility", today.utility),
        (("status_quo", "revenue_usd"), "status-quo revenue", today.revenue.total),
        (("status_quo", "outlay_usd"), "status-quo outlay", today.outlay),
        (("status_quo", "health_qaly"), "status-quo health", today.health),
    )
    checks = []
    for path, words, value in pairs:
        said = optional_number(promised, *path)
        if said is not None:
            unit = "QALY/year" if path[-1].endswith("_qaly") else "USD/year"
            checks.append(equal(MONEY, f"{name}: {words}", said, value, unit))
    said = optional_number(promised, "pessimistic_health_qaly")
    if said is not None and pessimistic is not None:
        label, tolerance = f"{name}: pessimistic health", share_tolerance(pessimistic)
        checks.append(at_most(MONEY, label, said, pessimistic, "QALY/year", tolerance))
    if isinstance(promised.get("status_quo"), Mapping) and "tiers" in promised["status_quo"]:
        label = f"{name}: tiers attained under the contract in force"
        response = before.responses[name]
        wrong = wrong_tiers(instance, instance.status_quo, response, entries(promised, "status_quo", "tiers"))
        checks.append(fact(MONEY, label, not wrong, "; ".join(wrong)))
    return checks


def _type_of(instance: Instance, practice: Practice) -> Members:
    """The type of which the practice is, or is a kind."""
    return next(one for one in types_of(instance) if one.name == (practice.of_type or practice.name))


def wrong_tiers(
    instance: Instance, contract: Contract, response: Response, listed: list[Mapping[str, Any]]
) -> list[str]:
    """Measures listed twice, unknown, or with another tier than payment sees."""
    names = [text(entry, "measure") for entry in listed]
    wrong = [f"{name} stands there twice" for name in dict.fromkeys(names) if names.count(name) > 1]
    claimed = {text(entry, "measure"): int(number(entry, "tier")) for entry in listed}
    known = {measure.name for measure in instance.measures}
    wrong += [f"the instance has no measure {name}" for name in claimed if name not in known]
    elsewhere = contract.benchmarks.counts_elsewhere
    for measure in instance.measures:
        paid = contract.tiers_with_money(measure.name, len(measure.thresholds))
        tier = max(
            (t for t in paid if attained(instance, measure, t, response, elsewhere)),
            default=0,
        )
        if claimed.get(measure.name, 0) != tier:
            wrong.append(f"{measure.name}: {claimed.get(measure.name, 0)} is promised, {tier} is attained")
    return wrong


def check_rules_listed(design: Mapping[str, Any], instance: Instance, contract: list[Check]) -> Check:
    """Every rule that the certificate lists was re-checked here, and none is said to fail."""
    known = {"budget", "prices within their bounds", *(f"income of {one.name}" for one in types_of(instance))}
    known |= {check.name.removeprefix("rule: ") for check in contract if check.name.startswith("rule: ")}
    wrong = []
    for rule in entries(design, "certificate", "rules"):
        name = text(rule, "rule")
        if name not in known:
            wrong.append(f"{name!r} is no rule of this instance and model")
        elif rule.get("holds") is not True:
            wrong.append(f"{name!r} is not said to hold")
    return fact(TOTALS, "rules that the certificate lists", not wrong, "; ".join(wrong[:3]))
