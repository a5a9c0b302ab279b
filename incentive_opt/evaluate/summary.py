"""The bottom line of an evaluation: what a contract changes, in figures and in one or two sentences."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from incentive_opt.certify.checks import Check
from incentive_opt.domain.kinds import types_of
from incentive_opt.evaluate.answers import Answers
from incentive_opt.evaluate.conditions import BUDGET, INCOME, RULES, broken
from incentive_opt.pools import pool_sentences, pools_document, shared_pools
from incentive_opt.signs import signed

SAME = 1e-6
"""A smaller change of health or outlay, as a share of today's, is none [1]: solvers are no more exact."""
LEAST_LOSS = 0.0005
"""A practice type loses income from this share of today's on [1]: less is shown as 0.0 %."""
NAMED = 5
"""So many practice types that lose income are named; the largest losses first."""
MILLIONS = 1e7
"""Amounts from here on are told in millions [USD]."""
LARGE = 100.0
"""Health from here on is told without decimals [QALY]."""


def summary(found: Answers, checks: Sequence[Check], figures: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """What the contract changes against the contract in force.

    Parameters
    ----------
    found : Answers
        In the optimiser's model.
    checks : sequence of Check
        The payer's terms.
    figures : sequence of dict
        Simulated differences, as from ``differences``.

    Returns
    -------
    dict
        ``sentences``; ``health_gain_qaly``, ``outlay_change_usd``, ``within_budget``, ``usd_per_qaly`` (None
        unless both rise), ``losing_income`` (practice types, largest loss first), ``terms_broken``.
    """
    gain, change = found.health - found.health_today, found.outlay - found.outlay_today
    better = gain > SAME * max(1.0, abs(found.health_today))
    dearer = change > SAME * max(1.0, abs(found.outlay_today))
    losing = _losing(found)
    price = change / gain if better and dearer else None
    return {
        "sentences": [
            _health_and_money(found, checks, price),
            _incomes(found, losing),
            *_pools(found),
            *_terms(checks),
            *_simulated(figures),
        ],
        "health_gain_qaly": gain,
        "outlay_change_usd": change,
        "within_budget": not broken(checks, BUDGET),
        "usd_per_qaly": price,
        "losing_income": [name for name, _ in losing],
        "terms_broken": len(broken(checks)),
    }


def _health_and_money(found: Answers, checks: Sequence[Check], price: float | None) -> str:
    gain, change = found.health - found.health_today, found.outlay - found.outlay_today
    flat = abs(gain) <= SAME * max(1.0, abs(found.health_today))
    even = abs(change) <= SAME * max(1.0, abs(found.outlay_today))
    if flat:
        health = "health stays as it is"
    else:
        way = "rises" if gain > 0.0 else "falls"
        health = f"health {way} by {_health(gain)} QALY a year{_share(gain, found.health_today)}"
    if even:
        money = "the payer spends as much as today"
    else:
        way = "more" if change > 0.0 else "less"
        money = f"the payer spends {_usd(change)} a year {way}{_share(change, found.outlay_today)}"
    over = found.outlay - found.budget
    limit = f"within the budget of {_usd(found.budget)}"
    if broken(checks, BUDGET):
        limit = f"{_usd(over)} above the budget of {_usd(found.budget)}"
    worth = "" if price is None else f": {price:,.0f} USD for each QALY gained"
    if gain > 0.0 and change < 0.0 and not flat and not even:
        worth = ": more health for less money"
    return f"Against the contract in force, {health} and {money}, {limit}{worth}."


def _pools(found: Answers) -> list[str]:
    labels = {measure.name: measure.label for measure in found.instance.measures}
    shared = shared_pools(found.instance, found.contract, found.responses)
    return pool_sentences(pools_document(shared), labels)


def _losing(found: Answers) -> list[tuple[str, float]]:
    """Practice types with less net income than today, and by which share [1]; the largest loss first."""
    changes = []
    for members in types_of(found.instance):
        now, then = (
            members.mean([one.net_income for one in accounts])
            for accounts in (found.accounts_today, found.accounts)
        )
        changes.append((members.name, (then - now) / max(1.0, abs(now))))
    return sorted([one for one in changes if one[1] < -LEAST_LOSS], key=lambda one: one[1])


def _incomes(found: Answers, losing: Sequence[tuple[str, float]]) -> str:
    if not losing:
        return "No practice type loses income."
    labels = {members.name: members.label for members in types_of(found.instance)}
    named = [f"{labels[name]} ({_percent(share)})" for name, share in losing[:NAMED]]
    more = len(losing) - NAMED
    shown = "; ".join(named) + (f"; and {more} more" if more > 0 else "")
    verb = "loses" if len(losing) == 1 else "lose"
    return f"{len(losing)} of {len(labels)} practice types {verb} income: {shown}."


def _terms(checks: Sequence[Check]) -> list[str]:
    """How many terms other than the budget are broken; nothing if none is."""
    groups = {INCOME: "income limits", RULES: "contract rules"}
    counts = {words: len(broken(checks, group)) for group, words in groups.items()}
    told = [f"{number} of the {words}" for words, number in counts.items() if number]
    return [f"It breaks {' and '.join(told)}."] if told else []


def _simulated(figures: Sequence[dict[str, Any]]) -> list[str]:
    """What simulated years say of the same two changes; nothing where they say nothing."""
    totals = {one["quantity"]: one for one in figures if not one["practice"]}
    health, outlay = (totals.get(key) for key in ("health_qaly", "outlay_usd"))
    if not health or not outlay or health["difference"] is None or outlay["difference"] is None:
        return []
    sure = ""
    if health["low"] is not None and health["high"] is not None:
        sure = f" (95 % interval {_signed_health(health['low'])} to {_signed_health(health['high'])})"
    gain, change = health["difference"], outlay["difference"]
    return [
        f"Simulated child by child, health changes by {_signed_health(gain)} QALY a year{sure} and outlay by "
        f"{_signed(change, _usd(change))} a year."
    ]


def _signed(value: float, shown: str) -> str:
    """What is shown of a size, with the sign of the value unless nothing is left of it."""
    if not any(digit in shown for digit in "123456789"):
        return shown
    return f"{'-' if value < 0.0 else '+'}{shown}"


def _signed_health(value: float) -> str:
    return _signed(value, _health(value))


def _health(value: float) -> str:
    return f"{abs(value):,.0f}" if abs(value) >= LARGE else f"{abs(value):,.2f}"


def _usd(value: float) -> str:
    return f"{abs(value) / 1e6:,.1f} million USD" if abs(value) >= MILLIONS else f"{abs(value):,.0f} USD"


def _share(change: float, today: float) -> str:
    return f" ({_percent(change / abs(today))})" if today else ""


def _percent(share: float) -> str:
    """A change in percent, with its sign."""
    return f"{signed(100.0 * share)} %"
