"""Checks of the figures in design.json: each practice's, the totals, the budget and the gap."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from incentive_opt.certify.checks import (
    RELATIVE,
    Check,
    at_least,
    at_most,
    dollars_tolerance,
    equal,
    fact,
    number,
    optional_number,
    share_tolerance,
)
from incentive_opt.certify.status_quo import StatusQuo, budget, corridor_of
from incentive_opt.domain.instance import Instance, Practice
from incentive_opt.domain.kinds import Members, types_of
from incentive_opt.domain.response import Response
from incentive_opt.errors import InputError, Problem
from incentive_opt.payment import Account

MONEY = "money"
TOTALS = "totals"


def check_practice_figures(
    practice: Practice, promised: Mapping[str, Any], figures: Account, before: Account
) -> list[Check]:
    """Revenue, net income, utility and health of one practice."""
    name = practice.name
    pairs = (
        ("revenue", "revenue_usd", figures.revenue.total, "USD/year"),
        ("net income", "net_income_usd", figures.net_income, "USD/year"),
        ("utility", "utility_usd", figures.utility, "USD/year"),
        ("health", "health_qaly", figures.health, "QALY/year"),
        ("status-quo net income", "status_quo_net_income_usd", before.net_income, "USD/year"),
    )
    checks = [
        equal(MONEY, f"{name}: number of practices", number(promised, "count"), practice.count, "practices")
    ]
    checks += [
        equal(MONEY, f"{name}: {text}", number(promised, key), value, unit)
        for text, key, value, unit in pairs
    ]
    return checks


def check_incomes(instance: Instance, accounts: Mapping[str, Account], before: StatusQuo) -> list[Check]:
    """Net income of each practice type, mean over its kinds, within its limits."""
    checks = []
    for members in types_of(instance):
        lowest, highest = corridor_of(instance, members, before)
        income = members.mean([accounts[p.name].net_income for p in instance.practices])
        today = members.mean([before.accounts[p.name].net_income for p in instance.practices])
        tolerance = dollars_tolerance(today)
        floor, ceiling = f"{members.name}: net income at least its", f"{members.name}: net income at most its"
        checks.append(at_least(MONEY, f"{floor} floor", income, lowest, "USD/year", tolerance))
        checks.append(at_most(MONEY, f"{ceiling} ceiling", income, highest, "USD/year", tolerance))
    return checks


def check_activities(practice: Practice, promised: Mapping[str, Any], response: Response) -> list[Check]:
    """Panel and services in design.json are those in responses.csv."""
    panel = _table(promised, practice.name, "panel")
    services = {
        (service, segment): value
        for service, by_segment in _mapping(promised, practice.name, "services").items()
        for segment, value in _table({"services": by_segment}, practice.name, "services").items()
    }
    return [
        _same(f"{practice.name}: panel in design.json and responses.csv", panel, response.panel),
        _same(f"{practice.name}: services in design.json and responses.csv", services, response.services),
    ]


def _mapping(data: Mapping[str, Any], practice: str, key: str) -> Mapping[str, Any]:
    value = data.get(key)
    if not isinstance(value, Mapping):
        where = f"practices, {practice}, {key}"
        raise InputError([Problem("design.json", where, type(value).__name__, "an object of numbers")])
    return value


def _table(data: Mapping[str, Any], practice: str, key: str) -> dict[str, float]:
    table = _mapping(data, practice, key)
    return {name: number(table, name) for name in table}


def _same(name: str, first: Mapping[Any, float], second: Mapping[Any, float]) -> Check:
    keys = [*first, *(key for key in second if key not in first)]
    wrong = [
        f"{'/'.join(key) if isinstance(key, tuple) else key}: {first.get(key, 0.0):.8g} "
        f"and {second.get(key, 0.0):.8g}"
        for key in keys
        if abs(first.get(key, 0.0) - second.get(key, 0.0)) > share_tolerance(second.get(key, 0.0))
    ]
    return fact("files", name, not wrong, "; ".join(wrong[:3]))


def check_totals(
    instance: Instance, design: Mapping[str, Any], accounts: Mapping[str, Account], before: StatusQuo
) -> list[Check]:
    """Health and outlay over all practices, budget, slacks and status quo."""
    health = sum(p.count * accounts[p.name].health for p in instance.practices)
    outlay = sum(p.count * accounts[p.name].outlay for p in instance.practices)
    limit = budget(instance, before)
    loose = RELATIVE * max(1.0, abs(limit))
    slacks = [_income_slack(instance, members, accounts, before) for members in types_of(instance)]
    checks = [
        equal(
            TOTALS, "health of all children", number(design, "objective", "health_qaly"), health, "QALY/year"
        ),
        equal(
            TOTALS,
            "status-quo health",
            number(design, "objective", "status_quo_qaly"),
            before.health,
            "QALY/year",
        ),
        equal(TOTALS, "outlay", number(design, "budget", "outlay_usd"), outlay, "USD/year"),
        *status_quo_outlay(design, before),
        equal(TOTALS, "budget limit", number(design, "budget", "limit_usd"), limit, "USD/year"),
        at_most(TOTALS, "outlay within the budget", outlay, limit, "USD/year", loose),
    ]
    slack = number(design, "certificate", "budget_slack_usd")
    missed = -abs(slack - (limit - outlay))
    name = "budget slack"
    checks.append(Check(TOTALS, name, slack, limit - outlay, missed, loose, "USD/year", missed >= -loose))
    promised = number(design, "certificate", "worst_income_slack_usd")
    tolerance = dollars_tolerance(*(a.net_income for a in accounts.values()))
    checks.append(
        _not_better("smallest distance from an income limit", promised, min(slacks), "USD/year", tolerance)
    )
    return checks


def status_quo_outlay(design: Mapping[str, Any], before: StatusQuo) -> list[Check]:
    """The outlay under the contract in force, where it is given."""
    said = optional_number(design, "budget", "status_quo_outlay_usd")
    return [] if said is None else [equal(TOTALS, "status-quo outlay", said, before.outlay, "USD/year")]


def check_first_best(design: Mapping[str, Any], recomputed: float | None) -> list[Check]:
    """The first best that is promised is the one recomputed here."""
    said = optional_number(design, "objective", "first_best_qaly")
    if said is None or recomputed is None:
        return []
    return [equal(TOTALS, "first best", said, recomputed, "QALY/year")]


def _income_slack(
    instance: Instance, members: Members, accounts: Mapping[str, Account], before: StatusQuo
) -> float:
    lowest, highest = corridor_of(instance, members, before)
    income = members.mean([accounts[p.name].net_income for p in instance.practices])
    return min(income - lowest, highest - income)


def _not_better(name: str, promised: float, recomputed: float, unit: str, tolerance: float) -> Check:
    """Check that a promised slack is not larger than the recomputed one."""
    slack = recomputed - promised
    return Check(TOTALS, name, promised, recomputed, slack, tolerance, unit, slack >= -tolerance)


def check_incentive_slack(design: Mapping[str, Any], incentives: list[Check], tolerance: float) -> Check:
    """The worst incentive slack that is promised is not better than the recomputed one."""
    promised = number(design, "certificate", "worst_incentive_slack_usd")
    worst = min(check.slack for check in incentives)
    return _not_better("worst incentive slack", promised, worst, "USD/year", tolerance)


def check_pessimistic(design: Mapping[str, Any], recomputed: float) -> list[Check]:
    """The pessimistic value that is promised is not better than the recomputed one."""
    promised = optional_number(design, "objective", "pessimistic_qaly")
    if promised is None:
        return []
    tolerance = share_tolerance(recomputed)
    return [_not_better("pessimistic health", promised, recomputed, "QALY/year", tolerance)]


def check_gap(
    design: Mapping[str, Any], health: float, before: StatusQuo, status_quo_allowed: bool
) -> list[Check]:
    """Arithmetic of bound and gap, and sanity of the bound.

    The bound itself is the solver's word: it is only compared with what must lie below and above it.
    """
    upper = number(design, "objective", "upper_bound_qaly")
    gap = number(design, "objective", "gap")
    tolerance = share_tolerance(upper)
    expected = (upper - health) / abs(upper) if upper != 0.0 else 0.0 if health == 0.0 else float("inf")
    checks = [
        at_least(
            TOTALS, "upper bound not below the design's own health", upper, health, "QALY/year", tolerance
        ),
        equal(TOTALS, "gap = (upper bound - health) / upper bound", gap, expected, ""),
    ]
    if status_quo_allowed:
        name = "upper bound not below the health of the status quo, which is allowed"
        checks.append(at_least(TOTALS, name, upper, before.health, "QALY/year", tolerance))
    first_best = optional_number(design, "objective", "first_best_qaly")
    if first_best is not None:
        name = "upper bound not above the first best"
        checks.append(at_most(TOTALS, name, upper, first_best, "QALY/year", share_tolerance(first_best)))
    return checks
