"""Checks of the contract itself: levers within bounds, contract rules, and what design.json says of it."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any, TypeVar

from incentive_opt.certify.checks import (
    RELATIVE,
    Check,
    at_least,
    at_most,
    entries,
    fact,
    number,
    share_tolerance,
    text,
)
from incentive_opt.certify.rule_checks import check_price_rules
from incentive_opt.domain.contract import Contract
from incentive_opt.domain.instance import Instance, Rules
from incentive_opt.domain.lines import LINE_KINDS, POOL_SHARE, WITHHOLD
from incentive_opt.domain.payable import of_words
from incentive_opt.domain.payment_model import UNITS, LeverRule, PaymentModel
from incentive_opt.domain.response import Response

GROUP = "contract"
Price = tuple[str, str, int]
"""Kind of lever, what it is of, tier (0 unless a bonus)."""
Limit = TypeVar("Limit", int, float)


def prices(instance: Instance, contract: Contract, kinds: Collection[str] = ()) -> dict[Price, float]:
    """Every price that a contract on this instance could set, with its value; 0 where it is not named.

    Of other lines of payment those of ``kinds`` and of the kinds that the contract names.
    """
    result: dict[Price, float] = {}
    for service in instance.services:
        result["fee", service.name, 0] = contract.fees.get(service.name, 0.0)
    for segment in instance.segments:
        if segment.contracted:
            result["capitation", segment.name, 0] = contract.capitation.get(segment.name, 0.0)
    for measure in instance.measures:
        for tier in range(1, len(measure.thresholds) + 1):
            result["bonus", measure.name, tier] = contract.bonuses.get((measure.name, tier), 0.0)
    for kind in LINE_KINDS:
        if kind in kinds or any(kind == named for named, _ in contract.lines):
            for of in of_words(instance, kind):
                result[kind, of, 0] = contract.lines.get((kind, of), 0.0)
    return result


def _kinds(contract: Contract, model: PaymentModel) -> set[str]:
    """Kinds of other lines of payment that a contract or a model names."""
    return {kind for kind, _ in contract.lines} | {rule.kind for rule in model.levers}


def same_prices(instance: Instance, first: Contract, second: Contract) -> bool:
    """Whether two contracts pay the same."""
    kinds = {kind for kind, _ in (*first.lines, *second.lines)}
    one, other = prices(instance, first, kinds), prices(instance, second, kinds)
    return all(abs(value - other[price]) <= share_tolerance(value) for price, value in one.items()) and (
        first.benchmarks == second.benchmarks or not (first.lines or second.lines or first.bonuses)
    )


def words(price: Price) -> str:
    """The price as a person would say it."""
    kind, of, tier = price
    return f"{kind} of {of}, tier {tier}" if kind == "bonus" else f"{kind} of {of}"


def check_contract(
    instance: Instance, model: PaymentModel, contract: Contract, status_quo: Mapping[str, Response]
) -> list[Check]:
    """Bounds of every lever and every contract rule of model and instance."""
    kinds = _kinds(contract, model)
    before, now = prices(instance, instance.status_quo, kinds), prices(instance, contract, kinds)
    rules = stricter(instance.rules, model.rules)
    checks = _known_names(now, contract)
    checks += [_bounds(model, price, value, before[price]) for price, value in now.items()]
    checks += _counts(rules, before, now)
    if any(kind == "shared_savings" for kind, _ in contract.lines):
        terms = contract.benchmarks.sharing
        same = terms == model.sharing
        note = (
            ""
            if same
            else f"[sharing] of the model: {model.sharing.in_words}; of the contract: {terms.in_words}"
        )
        checks.append(fact(GROUP, "terms of shared savings are the model's", same, note))
    if contract.bonuses or contract.lines:
        counted = contract.benchmarks.counts_elsewhere == model.counts_elsewhere
        note = "" if counted else "count_closed_elsewhere differs between the model and the contract"
        checks.append(fact(GROUP, "whether measures count what others closed is the model's", counted, note))
    if rules.rvu_budget_neutral:
        checks.append(_neutral(instance, rules, before, now, status_quo))
    return checks + check_price_rules(instance, rules, contract, status_quo)


def _known_names(now: Mapping[Price, float], contract: Contract) -> list[Check]:
    named = [("fee", of, 0) for of in contract.fees] + [("capitation", of, 0) for of in contract.capitation]
    named += [("bonus", of, tier) for of, tier in contract.bonuses]
    named += [(kind, of, 0) for kind, of in contract.lines]
    return [
        fact(GROUP, words(price), False, "the contract pays for something that the instance does not have")
        for price in named
        if price not in now
    ]


def _bounds(model: PaymentModel, price: Price, value: float, before: float) -> Check:
    lower, upper = lever_range(model, price, before)
    tolerance = share_tolerance(lower, upper)
    unit = UNITS[price[0]]
    if value < lower:
        return at_least(GROUP, f"{words(price)} at least its lower bound", value, lower, unit, tolerance)
    note = "the model leaves it at its status-quo value" if lower == upper == before else ""
    return at_most(GROUP, f"{words(price)} at most its upper bound", value, upper, unit, tolerance, note)


def lever_range(model: PaymentModel, price: Price, before: float) -> tuple[float, float]:
    """Bounds of one price: the widest of the rules that name it; without a rule, its status-quo value."""
    kind, of, _ = price
    limits = [_limits(r, before) for r in model.levers if r.kind == kind and (not r.of or of in r.of)]
    return min((low for low, _ in limits), default=before), max((high for _, high in limits), default=before)


def _limits(rule: LeverRule, before: float) -> tuple[float, float]:
    """Bounds of one lever; multiples hold for fees with a status-quo fee above zero."""
    lower, upper = rule.lower, rule.upper
    if rule.kind == "fee" and before > 0.0:
        if rule.lower_multiple is not None:
            lower = rule.lower_multiple * before
        if rule.upper_multiple is not None:
            upper = rule.upper_multiple * before
    return lower, upper


def stricter(first: Rules, second: Rules) -> Rules:
    """Rules that hold both sets."""

    def both(name: str) -> list[Any]:
        return [value for rules in (first, second) if (value := getattr(rules, name)) is not None]

    def least(name: str) -> Any:
        return min(both(name), default=None)

    def most(name: str) -> Any:
        return max(both(name), default=None)

    neutral = [r.rvu_neutral_tolerance for r in (first, second) if r.rvu_budget_neutral]
    plans = [r.stop_loss for r in (first, second) if r.physician_incentive_plan]
    return Rules(
        rvu_budget_neutral=bool(neutral),
        rvu_neutral_tolerance=min(neutral, default=0.0),
        max_services_repriced=least("max_services_repriced"),
        max_measures=least("max_measures"),
        max_tiers=least("max_tiers"),
        max_withheld=least("max_withheld"),
        bonus_pool_share=least("bonus_pool_share"),
        incentive_cap=least("incentive_cap"),
        physician_incentive_plan=bool(plans),
        stop_loss=bool(plans) and False not in plans,
        rate_cell_floor=most("rate_cell_floor"),
        rate_cell_ceiling=least("rate_cell_ceiling"),
        max_price_change=least("max_price_change"),
        max_payment_change=least("max_payment_change"),
        income_change_gap=least("income_change_gap"),
        min_clinician_income=most("min_clinician_income"),
        risk_cell_cover=most("risk_cell_cover"),
        min_reliability=most("min_reliability"),
        between_practice_sd=least("between_practice_sd"),
    )


def _counts(rules: Rules, before: Mapping[Price, float], now: Mapping[Price, float]) -> list[Check]:
    repriced = [
        p[1] for p in now if p[0] == "fee" and abs(now[p] - before[p]) > RELATIVE * max(1.0, before[p])
    ]
    tiers: dict[str, int] = {}
    for (kind, of, _), value in now.items():
        if kind == "bonus" and value > 0.0:
            tiers[of] = tiers.get(of, 0) + 1
    pools = {of for (kind, of, _), value in now.items() if kind == POOL_SHARE and value > 0.0}
    checks = []
    if rules.max_services_repriced is not None:
        name = "rule: number of services repriced"
        limit = float(rules.max_services_repriced)
        checks.append(at_most(GROUP, name, float(len(repriced)), limit, "services", 0.0, ", ".join(repriced)))
    held = sum(value for (kind, _, _), value in now.items() if kind == WITHHOLD)
    if rules.max_withheld is not None or held > 1.0:  # without a rule no more than there is
        name = "rule: share of today's fees held back"
        limit = 1.0 if rules.max_withheld is None else rules.max_withheld
        checks.append(at_most(GROUP, name, held, limit, "of fees", RELATIVE))
    if rules.max_measures is not None:
        held_on = {of for (kind, of, _), value in now.items() if kind == WITHHOLD and value > 0.0}
        carrying, limit = float(len(held_on | pools | set(tiers))), float(rules.max_measures)
        checks.append(at_most(GROUP, "rule: number of measures rewarded", carrying, limit, "measures", 0.0))
    if rules.max_tiers is not None:
        for measure, count in tiers.items():
            name = f"rule: number of tiers rewarded of {measure}"
            checks.append(at_most(GROUP, name, float(count), float(rules.max_tiers), "tiers", 0.0))
    return checks


def _neutral(
    instance: Instance,
    rules: Rules,
    before: Mapping[Price, float],
    now: Mapping[Price, float],
    status_quo: Mapping[str, Response],
) -> Check:
    contracted = {s.name for s in instance.segments if s.contracted}
    change = total = 0.0
    for practice in instance.practices:
        for (service, segment), volume in status_quo[practice.name].services.items():
            if segment in contracted:
                old, new = before["fee", service, 0], now["fee", service, 0]
                change += practice.count * volume * (new - old)
                total += practice.count * volume * old
    limit = rules.rvu_neutral_tolerance * total
    name = "rule: RVU budget neutrality (change of fee payments at status-quo volumes)"
    return at_most(GROUP, name, abs(change), limit, "USD/year", max(0.01, 1e-8 * total))


def check_listed_levers(
    instance: Instance, model: PaymentModel, contract: Contract, design: Mapping[str, Any]
) -> list[Check]:
    """The levers listed in design.json are the contract in contract.toml, with the right status quo."""
    kinds = _kinds(contract, model)
    before, now = prices(instance, instance.status_quo, kinds), prices(instance, contract, kinds)
    thresholds = {
        (m.name, tier): rate for m in instance.measures for tier, rate in enumerate(m.thresholds, start=1)
    }
    checks: list[Check] = []
    listed: set[Price] = set()
    for entry in entries(design, "contract", "levers"):
        kind, of = text(entry, "lever"), text(entry, "of")
        price = (kind, of, int(number(entry, "tier")) if kind == "bonus" else 0)
        if price not in now or price in listed:
            note = "design.json lists it twice" if price in listed else "the instance has no such lever"
            checks.append(fact(GROUP, f"design.json: {words(price)}", False, note))
            continue
        listed.add(price)
        unit = UNITS[kind]
        if text(entry, "unit") != unit:
            checks.append(fact(GROUP, f"design.json: unit of {words(price)}", False, f"it is {unit}"))
        for end, limit in zip(("lower", "upper"), lever_range(model, price, before[price]), strict=True):
            if entry.get(end) is not None:
                label = f"design.json: {end} bound of {words(price)}"
                checks.append(_same(label, number(entry, end), limit, unit))
        checks.append(
            _same(f"contract.toml and design.json: {words(price)}", number(entry, "value"), now[price], unit)
        )
        name = f"design.json: status-quo {words(price)}"
        checks.append(_same(name, number(entry, "status_quo"), before[price], unit))
        if kind == "bonus":
            name = f"design.json: threshold of {words(price)}"
            checks.append(_same(name, number(entry, "threshold"), thresholds[of, price[2]], "of denominator"))
    for price, value in now.items():
        if price not in listed and abs(value - before[price]) > share_tolerance(before[price]):
            note = "contract.toml changes it but design.json does not list it"
            checks.append(fact(GROUP, f"design.json: {words(price)}", False, note))
    for (measure, tier), rate in contract.thresholds.items():
        if (measure, tier) in thresholds:
            name = f"contract.toml: threshold of {words(('bonus', measure, tier))}"
            checks.append(_same(name, rate, thresholds[measure, tier], "of denominator"))
    return checks


def _same(name: str, promised: float, recomputed: float, unit: str) -> Check:
    tolerance = share_tolerance(recomputed)
    slack = -abs(promised - recomputed)
    return Check(GROUP, name, promised, recomputed, slack, tolerance, unit, slack >= -tolerance)
