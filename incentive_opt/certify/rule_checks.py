"""Contract rules on prices, payments and incomes, recomputed from accounts: docs/contract_rules.md.

Written from that page; it shares no code with the formulation.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from incentive_opt.certify.checks import Check, at_least, at_most, dollars_tolerance, share_tolerance
from incentive_opt.domain.contract import Contract
from incentive_opt.domain.instance import Instance, Practice
from incentive_opt.domain.kinds import types_of
from incentive_opt.domain.response import Response
from incentive_opt.domain.rules import (
    HELD_BACK,
    LARGE_PANEL,
    MOST_REFERRAL_BONUS,
    MOST_REFERRAL_LOSS,
    PERFORMANCE,
    REFERRAL,
    Rules,
)
from incentive_opt.payment import Account, Revenue, account, revenue

GROUP = "contract"
USD, USD_EACH = "USD/year", "USD/practice and year"
SHARE = "of today's"


def check_money_rules(
    instance: Instance,
    rules: Rules,
    accounts: Mapping[str, Account],
    status_quo: Mapping[str, Response],
) -> list[Check]:
    """Every rule on what practices are paid and earn.

    Parameters
    ----------
    accounts : mapping practice -> Account
        Under the contract, for what each practice is meant to do.
    status_quo : mapping practice -> Response
        What each does under the contract in force.
    """
    if rules == Rules():
        return []
    today = {name: account(instance, instance.status_quo, response) for name, response in status_quo.items()}
    checks = _pool(instance, rules, accounts)
    if rules.limits_risk:
        for name, kinds in _limited(instance, status_quo):
            paid = [(share, accounts[p.name].revenue) for p, share in kinds]
            checks += _risk(name, "", paid)
    for name, kinds in _types(instance):
        now = sum(share * accounts[p.name].revenue.total for p, share in kinds)
        before = sum(share * today[p.name].revenue.total for p, share in kinds)
        if rules.max_payment_change is not None:
            label = f"rule: change of payments to {name}"
            limit = rules.max_payment_change * abs(before)
            tolerance = dollars_tolerance(before, now)
            checks.append(at_most(GROUP, label, abs(now - before), limit, USD_EACH, tolerance))
    if rules.income_change_gap is not None:
        checks += _income_change(instance, rules.income_change_gap, accounts, today)
    if rules.min_clinician_income is not None:
        checks += _clinician_income(instance, rules.min_clinician_income, accounts)
    return checks


def check_price_rules(
    instance: Instance, rules: Rules, contract: Contract, status_quo: Mapping[str, Response]
) -> list[Check]:
    """Every rule on prices alone, and on how reliable a measure is that carries money."""
    checks: list[Check] = []
    if rules.max_price_change is not None:
        checks += _price_change(instance, rules.max_price_change, contract)
    if rules.rate_cell_floor is not None or rules.rate_cell_ceiling is not None:
        checks += _rate_cells(instance, rules, contract, status_quo)
    if rules.limits_risk:
        for name, kinds in _limited(instance, status_quo):
            paid = [(share, revenue(instance, contract, status_quo[p.name])) for p, share in kinds]
            checks += _risk(name, " if it works as today", paid)
    if rules.risk_cell_cover is not None:
        checks += _cover(instance, rules.risk_cell_cover, contract, status_quo)
    if rules.min_reliability is not None and rules.between_practice_sd is not None:
        checks += _reliability(instance, rules.min_reliability, rules.between_practice_sd, contract)
    return checks


def _types(instance: Instance) -> Iterator[tuple[str, list[tuple[Practice, float]]]]:
    """Each practice type with its kinds and the share of each."""
    for members in types_of(instance):
        kinds = [instance.practices[place] for place in members.places]
        yield members.name, list(zip(kinds, members.shares, strict=True))


def _results(paid: Revenue) -> float:
    """Payments for results [USD/year]."""
    return sum(paid.bonuses.values()) + sum(
        usd for (kind, _), usd in paid.lines.items() if kind in PERFORMANCE
    )


def _pool(instance: Instance, rules: Rules, accounts: Mapping[str, Account]) -> list[Check]:
    results = total = capitation = 0.0
    for practice in instance.practices:
        paid = accounts[practice.name].revenue
        results += practice.count * _results(paid)
        total += practice.count * paid.total
        capitation += practice.count * sum(paid.capitation.values())
    checks = []
    tolerance = dollars_tolerance(total)
    if rules.bonus_pool_share is not None:
        name = f"rule: bonus pool, {rules.bonus_pool_share:.4g} of contract payments"
        checks.append(at_most(GROUP, name, results, rules.bonus_pool_share * total, USD, tolerance))
    if rules.incentive_cap is not None:
        name = f"rule: incentive cap, {rules.incentive_cap:.4g} of capitation payments"
        checks.append(at_most(GROUP, name, results, rules.incentive_cap * capitation, USD, tolerance))
    return checks


def _limited(
    instance: Instance, status_quo: Mapping[str, Response]
) -> Iterator[tuple[str, list[tuple[Practice, float]]]]:
    """Practice types with so few patients that their risk is limited."""
    for name, kinds in _types(instance):
        patients = sum(share * sum(status_quo[p.name].panel.values()) for p, share in kinds)
        if patients <= LARGE_PANEL:
            yield name, kinds


def _risk(name: str, when: str, paid: Iterable[tuple[float, Revenue]]) -> list[Check]:
    """Gain and loss by others' services against what else is paid; money for own quality is in neither."""
    riding = rest = 0.0
    for share, money in paid:
        moved = sum(usd for (kind, _), usd in money.lines.items() if kind in REFERRAL)
        riding += share * moved
        own = HELD_BACK | PERFORMANCE - REFERRAL  # rides on the practice's own quality
        rides = sum(usd for (kind, _), usd in money.lines.items() if kind in own)
        rest += share * (money.total - moved - rides - sum(money.bonuses.values()))
    tolerance = dollars_tolerance(rest, riding)
    bonus, loss = f"rule: referral bonus of {name}{when}", f"rule: referral loss of {name}{when}"
    return [
        at_most(GROUP, bonus, riding, MOST_REFERRAL_BONUS * rest, USD_EACH, tolerance),
        at_most(GROUP, loss, 0.0 - riding, MOST_REFERRAL_LOSS * rest, USD_EACH, tolerance),
    ]


def _income_change(
    instance: Instance, most: float, accounts: Mapping[str, Account], today: Mapping[str, Account]
) -> list[Check]:
    def change(then: float, before: float) -> float:
        return (then - before) / max(1.0, abs(before))

    everyone = change(
        sum(p.count * accounts[p.name].net_income for p in instance.practices),
        sum(p.count * today[p.name].net_income for p in instance.practices),
    )
    checks = []
    for name, kinds in _types(instance):
        own = change(
            sum(share * accounts[p.name].net_income for p, share in kinds),
            sum(share * today[p.name].net_income for p, share in kinds),
        )
        label = f"rule: change of income of {name}, away from that of all"
        checks.append(at_most(GROUP, label, abs(own - everyone), most, SHARE, share_tolerance()))
    return checks


def _clinician_income(instance: Instance, least: float, accounts: Mapping[str, Account]) -> list[Check]:
    with_clinicians = [p for p in instance.practices if p.fte.get("clinician", 0.0) > 0.0]
    income = sum(p.count * accounts[p.name].net_income for p in with_clinicians)
    clinicians = sum(p.count * p.fte["clinician"] for p in with_clinicians)
    checks = []
    for name, kinds in _types(instance):
        own = sum(share * p.fte.get("clinician", 0.0) for p, share in kinds)
        if own > 0.0:
            each = sum(share * accounts[p.name].net_income for p, share in kinds) / own
            limit = least * income / clinicians
            label = f"rule: income per clinician of {name}"
            checks.append(
                at_least(GROUP, label, each, limit, "USD/FTE and year", dollars_tolerance(each, limit))
            )
    return checks


def _price_change(instance: Instance, most: float, contract: Contract) -> list[Check]:
    checks = []
    force = instance.status_quo
    tables = (
        ("fee", force.fees, contract.fees, "USD/service"),
        ("capitation", force.capitation, contract.capitation, "USD/child-month"),
    )
    for kind, before, now, unit in tables:
        for of, price in before.items():
            if price > 0.0:
                moved = abs(now.get(of, 0.0) - price)
                label = f"rule: change of {kind} of {of}"
                checks.append(at_most(GROUP, label, moved, most * price, unit, share_tolerance(price)))
    return checks


def _rate_cells(
    instance: Instance, rules: Rules, contract: Contract, status_quo: Mapping[str, Response]
) -> list[Check]:
    checks = []
    for segment in instance.segments:
        if not segment.contracted:
            continue
        before = _paid_for(instance, instance.status_quo, status_quo, segment.name)
        now = _paid_for(instance, contract, status_quo, segment.name)
        tolerance = dollars_tolerance(before, now)
        label = f"rule: payments for {segment.name} at today's care"
        if rules.rate_cell_floor is not None:
            limit = rules.rate_cell_floor * before
            checks.append(at_least(GROUP, f"{label}, floor", now, limit, USD, tolerance))
        if rules.rate_cell_ceiling is not None:
            limit = rules.rate_cell_ceiling * before
            checks.append(at_most(GROUP, f"{label}, ceiling", now, limit, USD, tolerance))
    return checks


def _paid_for(
    instance: Instance, contract: Contract, status_quo: Mapping[str, Response], segment: str
) -> float:
    """What a contract pays for a group of children by service and child if all work as today [USD/year]."""
    total = 0.0
    for practice in instance.practices:
        response = status_quo[practice.name]
        paid = 12.0 * contract.capitation.get(segment, 0.0) * response.panel.get(segment, 0.0)
        for service in instance.services:
            price = contract.fees.get(service.name, 0.0)
            price += contract.lines.get(("episode", service.need), 0.0)
            price += contract.lines.get(("rvu_rate", "all_services"), 0.0) * service.rvu
            paid += price * response.services.get((service.name, segment), 0.0)
        total += practice.count * paid
    return total


def _cost_of(instance: Instance, status_quo: Mapping[str, Response], segment: str) -> float:
    """Staff time, supplies and overhead by the child of a group of children today [USD/year]."""
    wage = {role: terms.wage / 60.0 for role, terms in instance.staff.items()}
    child = sum(wage[role] * terms.panel_minutes_per_child for role, terms in instance.staff.items())
    total = 0.0
    for practice in instance.practices:
        response = status_quo[practice.name]
        own = (practice.cost_per_child + child) * response.panel.get(segment, 0.0)
        for service in instance.services:
            each = service.supply_cost + sum(wage[role] * used for role, used in service.minutes.items())
            own += each * response.services.get((service.name, segment), 0.0)
        total += practice.count * own
    return total


def _cover(
    instance: Instance, least: float, contract: Contract, status_quo: Mapping[str, Response]
) -> list[Check]:
    groups = [segment.name for segment in instance.segments if segment.contracted]
    paid = {group: _paid_for(instance, contract, status_quo, group) for group in groups}
    cost = {group: _cost_of(instance, status_quo, group) for group in groups}
    checks = []
    for group in groups:
        if cost[group] > 0.0:
            limit = least * sum(paid.values()) / sum(cost.values())
            label = f"rule: payments over cost of {group} at today's care"
            own = paid[group] / cost[group]
            checks.append(at_least(GROUP, label, own, limit, "of its cost", share_tolerance(own, limit)))
    return checks


def _reliability(
    instance: Instance, least: float, between_practice_sd: float, contract: Contract
) -> list[Check]:
    """Of every measure that carries money, for the practices that are paid by it; and who is left out."""
    checks = []
    contracted = {segment.name for segment in instance.segments if segment.contracted}
    carrying = {name for (name, _), usd in contract.bonuses.items() if usd > 0.0}
    carrying |= {of for (kind, of), share in contract.lines.items() if kind in HELD_BACK and share > 0.0}
    for measure in instance.measures:
        if measure.name not in carrying:
            continue
        counted = {
            need.segment: need.events_per_child_year
            for need in instance.needs
            if need.name == measure.denominator_need
            and need.segment in contracted
            and (not measure.segments or need.segment in measure.segments)
        }
        chance = max(rate - rate * rate for rate in measure.thresholds)
        for name, kinds in _types(instance):
            own = {p.name for p, _ in kinds[:1]}
            events = sum(
                counted.get(panel.segment, 0.0) * panel.demanded
                for panel in instance.panels
                if panel.practice in own
            )
            if events <= 0.0 or events < measure.minimum_denominator:
                continue
            signal = between_practice_sd * between_practice_sd
            found = signal / (signal + chance / events)
            label = f"rule: reliability of {measure.name} for {name}"
            checks.append(at_least(GROUP, label, found, least, "reliability", share_tolerance()))
    return checks
