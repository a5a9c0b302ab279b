"""From a payment model to the prices that can be set on one instance, with their bounds."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any

from incentive_opt.domain.instance import Instance, Rules
from incentive_opt.domain.lines import LINE_KINDS, MEASURE, NEED
from incentive_opt.domain.payable import of_words
from incentive_opt.domain.payment_model import UNITS, Lever, LeverRule, PaymentModel
from incentive_opt.domain.rules import AT_LEAST, AT_MOST
from incentive_opt.domain.sharing import PLAIN
from incentive_opt.errors import InputError, Problem

TABLES = {
    "fee": "services.csv",
    "capitation": "segments.csv (contracted segments)",
    "bonus": "measures.csv",
} | {
    kind.name: {NEED: "needs.csv (needs of contracted children)", MEASURE: "measures.csv"}.get(
        kind.of, "no table; the only name"
    )
    for kind in LINE_KINDS.values()
}


def levers(instance: Instance, model: PaymentModel) -> tuple[Lever, ...]:
    """Every price of the instance: fees, capitation, bonuses, and the other lines that the model has.

    What no rule names stays as it is.

    Parameters
    ----------
    instance : Instance
        Gives the services, the contracted segments, the measures and the contract in force.
    model : PaymentModel
        Gives the bounds. Where several of its rules name one price, the widest bounds hold.

    Raises
    ------
    InputError
        A rule names what the instance does not have, bounds are crossed, a bonus could be negative,
        or the status quo lies outside the bounds of a model that does not replace it.
    """
    everything = _status_quo_prices(instance, {rule.kind for rule in model.levers})
    problems = _unknown_names(instance, model)
    result = []
    for (kind, of, tier), value in everything.items():
        rules = [rule for rule in model.levers if rule.kind == kind and (not rule.of or of in rule.of)]
        bounds = [_bounds(rule, value) for rule in rules]
        lower = min((low for low, _ in bounds), default=value)
        upper = max((high for _, high in bounds), default=value)
        lever = Lever(kind, of, tier, lower, upper, value, UNITS[kind])
        problems += _faults(model, lever)
        result.append(lever)
    if problems:
        raise InputError(problems)
    return tuple(result)


def combine(models: Sequence[PaymentModel]) -> PaymentModel:
    """One model that has the levers of all: widest bounds where they share a lever, strictest rules.

    Raises
    ------
    InputError
        Where they share savings on different terms: a contract has one set of them.
    """
    if len(models) == 1:
        return models[0]
    sharing = [model for model in models if any(rule.kind == "shared_savings" for rule in model.levers)]
    if len({model.sharing for model in sharing}) > 1:
        names = ", ".join(model.name for model in sharing)
        remedy = "Join only one of them, or give a model of your own the terms that are meant."
        raise InputError(
            [Problem("what was asked for", "model", names, "one set of terms of [sharing]", remedy)]
        )
    rules = models[0].rules
    for model in models[1:]:
        rules = stricter(rules, model.rules)
    return PaymentModel(
        name="+".join(model.name for model in models),
        title=" + ".join(model.title for model in models),
        description="\n".join(model.description for model in models),
        levers=tuple(rule for model in models for rule in model.levers),
        rules=rules,
        sha256=hashlib.sha256("+".join(model.sha256 for model in models).encode()).hexdigest(),
        path="+".join(model.path for model in models),
        replaces=any(model.replaces for model in models),
        counts_elsewhere=any(model.counts_elsewhere for model in models),
        sharing=next((model.sharing for model in models if model.sharing != PLAIN), PLAIN),
    )


def stricter(one: Rules, other: Rules) -> Rules:
    """The stricter of two sets of rules, rule by rule."""
    neutral = [rules.rvu_neutral_tolerance for rules in (one, other) if rules.rvu_budget_neutral]
    limiting = [rules for rules in (one, other) if rules.physician_incentive_plan]
    limits: dict[str, Any] = {}
    for names, strictest in ((AT_MOST, min), (AT_LEAST, max)):
        for name in names:
            given = [limit for rules in (one, other) if (limit := getattr(rules, name)) is not None]
            limits[name] = strictest(given) if given else None
    return Rules(
        rvu_budget_neutral=bool(neutral),
        rvu_neutral_tolerance=min(neutral, default=one.rvu_neutral_tolerance),
        physician_incentive_plan=bool(limiting),
        stop_loss=bool(limiting) and all(rules.stop_loss for rules in limiting),
        **limits,
    )


def _status_quo_prices(instance: Instance, kinds: set[str]) -> dict[tuple[str, str, int], float]:
    """Every price that a contract could name, at its value in the contract in force.

    Of other lines of payment those of ``kinds``.
    """
    force = instance.status_quo
    prices = {("fee", s.name, 0): force.fees.get(s.name, 0.0) for s in instance.services}
    prices |= {
        ("capitation", s.name, 0): force.capitation.get(s.name, 0.0)
        for s in instance.segments
        if s.contracted
    }
    prices |= {
        ("bonus", m.name, tier): force.bonuses.get((m.name, tier), 0.0)
        for m in instance.measures
        for tier in range(1, len(m.thresholds) + 1)
    }
    prices |= {
        (kind, of, 0): force.lines.get((kind, of), 0.0)
        for kind in LINE_KINDS
        if kind in kinds
        for of in of_words(instance, kind)
    }
    return prices


def _bounds(rule: LeverRule, status_quo: float) -> tuple[float, float]:
    """Bounds of one price under one rule; multiples count where there is something to multiply."""
    lower, upper = rule.lower, rule.upper
    if rule.kind == "fee" and status_quo > 0:
        lower = lower if rule.lower_multiple is None else rule.lower_multiple * status_quo
        upper = upper if rule.upper_multiple is None else rule.upper_multiple * status_quo
    return lower, upper


def _unknown_names(instance: Instance, model: PaymentModel) -> list[Problem]:
    known = {
        "fee": [s.name for s in instance.services],
        "capitation": [s.name for s in instance.segments if s.contracted],
        "bonus": [m.name for m in instance.measures],
    } | {kind: of_words(instance, kind) for kind in LINE_KINDS}
    return [
        Problem(
            _file(model),
            f"levers, kind = {rule.kind}",
            name,
            f"one of {', '.join(known[rule.kind]) or 'none'} from {TABLES[rule.kind]} of {instance.name}",
            "Correct or remove the name.",
        )
        for rule in model.levers
        for name in rule.of
        if name not in known[rule.kind]
    ]


def _faults(model: PaymentModel, lever: Lever) -> list[Problem]:
    """What is wrong with the bounds of one price."""
    where = f"levers, {describe(lever)}"
    found = f"{lever.lower:g} to {lever.upper:g} {lever.unit}"
    if lever.lower > lever.upper:
        return [Problem(_file(model), where, found, "a lower bound that is not above the upper bound")]
    if lever.kind == "bonus" and lever.lower < 0:
        return [
            Problem(
                _file(model),
                where,
                found,
                "a bonus that is never negative",
                "A practice could decline a negative bonus; set lower = 0.",
            )
        ]
    slack = 1e-9 * max(1.0, abs(lever.status_quo))
    if not model.replaces and not lever.lower - slack <= lever.status_quo <= lever.upper + slack:
        return [
            Problem(
                _file(model),
                where,
                found,
                f"bounds that include the status quo, {lever.status_quo:g} {lever.unit}",
                "Widen the bounds, or say `replaces_today = true` if no contract of the model pays as today.",
            )
        ]
    return []


def describe(lever: Lever) -> str:
    """A price in words: 'fee of well_visit', 'bonus of well_child, tier 2'."""
    return f"{lever.kind} of {lever.of}" + (f", tier {lever.tier}" if lever.tier else "")


def _file(model: PaymentModel) -> str:
    return model.path or f"model {model.name}"
