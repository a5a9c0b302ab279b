"""What binds in a design: plain data, without a search, also for reports."""

from __future__ import annotations

from typing import Any

from incentive_opt.domain.kinds import types_of
from incentive_opt.domain.payment_model import Lever
from incentive_opt.explain.source import Source
from incentive_opt.formulation.payer import income_corridor

BINDS, NEAR = 1e-4, 0.01
"""A limit from which this share of it is left binds, and nearly binds [1]."""
CENT = 0.01


def binding(source: Source) -> list[dict[str, Any]]:
    """Every limit with how much of it is left.

    Returns
    -------
    list of dict
        ``limit`` (``budget``, ``income floor of …``, ``rule: …``, ``lowest fee:…``, ``incentives of …``),
        ``kind`` (``budget``, ``floor``, ``ceiling``, ``price``, ``rule``, ``incentives``), ``of`` (name of
        the practice type or price), ``is``, ``limit_value``, ``left``, ``unit``, ``state`` (``binds``,
        ``nearly``, ``free``). Prices inside their range, and fixed ones, are left out.
    """
    return [*_money(source), *_prices(source), *_rules(source), *_incentives(source)]


def _entry(
    limit: str, kind: str, of: str, value: float, end: float, left: float, unit: str, size: float
) -> dict[str, Any]:
    share = left / size if size > 0.0 else 0.0
    state = "binds" if left <= CENT or share <= BINDS else "nearly" if share <= NEAR else "free"
    return {
        "limit": limit,
        "kind": kind,
        "of": of,
        "is": value,
        "limit_value": end,
        "left": left,
        "unit": unit,
        "state": state,
    }


def _money(source: Source) -> list[dict[str, Any]]:
    """Budget, and floor and ceiling of every practice type."""
    payer, settled = source.question.payer, source.settled
    budget = payer.budget
    found = [
        _entry(
            "budget", "budget", "", settled.outlay, budget, budget - settled.outlay, "USD/year", abs(budget)
        )
    ]
    for members in types_of(payer.instance):
        floor, ceiling = income_corridor(payer, members)
        income = members.mean([figures.net_income for figures in settled.accounts])
        size = abs(members.mean([one.net_income for one in payer.status_quo]))
        unit = "USD/practice and year"
        found += [
            _entry(f"income floor of {members.name}", "floor", members.name, income, floor, income - floor,
                   unit, size),
            _entry(f"income ceiling of {members.name}", "ceiling", members.name, income, ceiling,
                   ceiling - income, unit, size),
        ]  # fmt: skip
    return found


def _prices(source: Source) -> list[dict[str, Any]]:
    """Prices at an end of their range; those that are fixed, or not paid, are left out."""
    payer = source.question.payer
    found = []
    values = payer.lever_values(source.contract).tolist()
    for lever, value in zip(payer.levers, values, strict=False):
        if lever.upper - lever.lower < CENT:
            continue
        name = price_name(lever)
        for end, words, left in (
            (lever.lower, "lowest", value - lever.lower),
            (lever.upper, "highest", lever.upper - value),
        ):
            entry = _entry(f"{words} {name}", "price", name, value, end, left, lever.unit, 0.0)
            entry["state"] = "binds" if left <= 0.5 * CENT else "free"
            if entry["state"] == "binds" and end != 0.0:  # that what is not paid costs nothing is no limit
                found.append(entry)
    return found


def price_name(lever: Lever) -> str:
    """A price as files and JSON name it: ``fee:visit``, ``bonus:rate:2``."""
    return ":".join((lever.kind, lever.of, *([str(lever.tier)] if lever.tier else [])))


def _rules(source: Source) -> list[dict[str, Any]]:
    """Contract rules, as they were checked."""
    found = []
    for check in source.settled.rules:
        now, most = check.recomputed, check.promised
        if check.name.startswith("rule:") and now is not None and most is not None:
            of = check.name.removeprefix("rule: ")
            left = now - most if check.relation == ">=" else most - now
            found.append(_entry(check.name, "rule", of, now, most, left, check.unit, abs(most)))
    return found


def _incentives(source: Source) -> list[dict[str, Any]]:
    """How much more margin each practice type (or kind) would stand; nothing for the contract in force."""
    if source.is_status_quo:
        return []
    promised = {part["practice"]: part for part in source.document["practices"]}
    found = []
    for number, practice in enumerate(source.question.payer.practices):
        asked = source.settled.margins[number]
        stands = promised.get(practice.name, {}).get("incentive_margin_usd")
        if not isinstance(stands, int | float) or practice.scope.practice.of_type:
            continue
        found.append(
            _entry(f"incentives of {practice.name}", "incentives", practice.name, float(stands), asked,
                   float(stands) - asked, "USD per 1 % of harm", max(asked, 1.0))
        )  # fmt: skip
    return found
