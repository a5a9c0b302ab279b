"""Contract rules as rows of the payer's problem: on prices alone, or on what practices are paid.

docs/contract_rules.md says what each rule is; ``incentive_opt.certify`` checks them by other code.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from incentive_opt.domain.kinds import Members, types_of
from incentive_opt.domain.rules import (
    LARGE_PANEL,
    MOST_REFERRAL_BONUS,
    MOST_REFERRAL_LOSS,
    PERFORMANCE,
    REFERRAL,
    SERVICES,
)
from incentive_opt.formulation.choices import Row
from incentive_opt.formulation.compile import FloatArray
from incentive_opt.formulation.todays_care import Terms, cover, price_change, rate_cells

SMALLEST_INCOME = 1.0
"""Shares of an income are of at least so much [USD/year]."""


@dataclass(frozen=True)
class MoneyRow:
    """One row on what practices are paid: ``lower <= sum (activities . x + payments . w) <= upper``.

    Attributes
    ----------
    activities : tuple of arrays
        For every practice the coefficients of its activities.
    payments : tuple of arrays
        For every practice the coefficient of what each of its features is paid.
    """

    name: str
    activities: tuple[FloatArray, ...]
    payments: tuple[FloatArray, ...]
    lower: float
    upper: float


def money_rows(payer: Terms) -> list[MoneyRow]:
    """Every rule on what practices are paid."""
    return [
        *_pool(payer),
        *_risk(payer),
        *_payment_change(payer),
        *_income_change(payer),
        *_clinician_income(payer),
    ]


def price_rows(payer: Terms) -> list[Row]:
    """Every rule on prices alone."""
    return [*price_change(payer), *rate_cells(payer), *_risk_at_todays_care(payer), *cover(payer)]


def within(
    lower: Sequence[float], rows: Iterable[Row], upper: Sequence[float]
) -> tuple[FloatArray, FloatArray]:
    """The box of levers, as far as rows on a single lever narrow it."""
    low, high = np.array(lower, dtype=np.float64), np.array(upper, dtype=np.float64)
    for row in rows:
        if len(row.coefficients) == 1:
            ((lever, slope),) = row.coefficients.items()
            if slope > 0.0:
                low[lever] = max(low[lever], min(row.lower / slope, high[lever]))
                high[lever] = min(high[lever], max(row.upper / slope, low[lever]))
    return low, high


def _paid(payer: Terms, weights: Sequence[float], worth: Callable[[str], float]) -> tuple[FloatArray, ...]:
    """Coefficients of payments: so much for a dollar of each kind, times a weight for each practice."""
    return tuple(
        weight
        * practice.earned
        * np.array([worth(kind) for kind, _, _ in practice.feature_keys], dtype=np.float64)
        for practice, weight in zip(payer.practices, weights, strict=True)
    )


def _only_paid(
    payer: Terms,
    name: str,
    weights: Sequence[float],
    worth: Callable[[str], float],
    lower: float,
    upper: float,
) -> MoneyRow:
    """A row in which activities count only by what is paid for them."""
    none = tuple(np.zeros(len(practice.columns)) for practice in payer.practices)
    return MoneyRow(name, none, _paid(payer, weights, worth), lower, upper)


def _counts(payer: Terms) -> list[float]:
    return [practice.scope.practice.count for practice in payer.practices]


def _weights(payer: Terms, members: Members) -> list[float]:
    """The mean over the kinds of one type, as weights of all practices."""
    shares = dict(zip(members.places, members.shares, strict=True))
    return [shares.get(number, 0.0) for number in range(len(payer.practices))]


def _pool(payer: Terms) -> list[MoneyRow]:
    """Payments for results: of all payments, and of capitation."""
    rules, rows = payer.rules, []
    share, cap = rules.bonus_pool_share, rules.incentive_cap
    if share is not None:
        rows.append(
            _only_paid(
                payer, "bonus pool", _counts(payer), lambda kind: (kind in PERFORMANCE) - share, -np.inf, 0.0
            )
        )
    if cap is not None:
        rows.append(
            _only_paid(
                payer,
                "incentive cap",
                _counts(payer),
                lambda kind: (kind in PERFORMANCE) - cap * (kind == "capitation"),
                -np.inf,
                0.0,
            )
        )
    return rows


def _limited(payer: Terms) -> list[Members]:
    """Practice types that may bear only so much risk for others' services."""
    if not payer.rules.limits_risk:
        return []
    patients = [sum(one.response.panel.values()) for one in payer.status_quo]
    return [members for members in types_of(payer.instance) if members.mean(patients) <= LARGE_PANEL]


def _gain(kind: str) -> float:
    """Gain by others' services, less the most that it may be."""
    return (kind in REFERRAL) - MOST_REFERRAL_BONUS * (kind in SERVICES)


def _loss(kind: str) -> float:
    """Loss by others' services, less the most that it may be."""
    return -1.0 * (kind in REFERRAL) - MOST_REFERRAL_LOSS * (kind in SERVICES)


def _risk(payer: Terms) -> list[MoneyRow]:
    """Physician incentive plan, by what practices are meant to do."""
    return [
        _only_paid(payer, f"{words} of {members.name}", _weights(payer, members), worth, -np.inf, 0.0)
        for members in _limited(payer)
        for words, worth in (("referral bonus", _gain), ("referral loss", _loss))
    ]


def _risk_at_todays_care(payer: Terms) -> list[Row]:
    """The same if practices went on working as they do today."""
    rows = []
    for members in _limited(payer):
        weights = _weights(payer, members)
        for words, worth in (("referral bonus", _gain), ("referral loss", _loss)):
            coefficients: dict[int, float] = {}
            payments = _paid(payer, weights, worth)
            for practice, today, each in zip(payer.practices, payer.status_quo, payments, strict=True):
                amounts = each * (practice.features @ today.activities)
                for key, amount in zip(practice.feature_keys, amounts.tolist(), strict=True):
                    if amount != 0.0:
                        lever = payer.lever_index[key]
                        coefficients[lever] = coefficients.get(lever, 0.0) + amount
            rows.append(Row(f"{words} of {members.name} at today's care", coefficients, -np.inf, 0.0))
    return rows


def _payment_change(payer: Terms) -> list[MoneyRow]:
    """What each type is paid in total, against today."""
    most = payer.rules.max_payment_change
    if most is None:
        return []
    rows = []
    for members in types_of(payer.instance):
        today = members.mean([one.revenue for one in payer.status_quo])
        room = most * abs(today)
        weights = _weights(payer, members)
        name = f"change of payments to {members.name}"
        rows.append(_only_paid(payer, name, weights, lambda _: 1.0, today - room, today + room))
    return rows


def _incomes(payer: Terms, name: str, weights: Sequence[float], lower: float, upper: float) -> MoneyRow:
    """A row on a weighted sum of net incomes."""
    constant = sum(
        weight * practice.own_income.constant
        for weight, practice in zip(weights, payer.practices, strict=True)
    )
    return MoneyRow(
        name,
        tuple(
            w * practice.own_income.coefficients for w, practice in zip(weights, payer.practices, strict=True)
        ),
        _paid(payer, weights, lambda _: 1.0),
        lower - constant,
        upper - constant,
    )


def _income_change(payer: Terms) -> list[MoneyRow]:
    """How far the change of a type's income may be from that of all practices."""
    most = payer.rules.income_change_gap
    if most is None:
        return []
    counts = _counts(payer)
    incomes = [one.net_income for one in payer.status_quo]
    total = sum(count * income for count, income in zip(counts, incomes, strict=True))
    everyone = max(abs(total), SMALLEST_INCOME)
    rows = []
    for members in types_of(payer.instance):
        today = members.mean(incomes)
        own = max(abs(today), SMALLEST_INCOME)
        weights = [
            mine / own - count / everyone
            for mine, count in zip(_weights(payer, members), counts, strict=True)
        ]
        middle = today / own - total / everyone
        rows.append(
            _incomes(payer, f"income change of {members.name}", weights, middle - most, middle + most)
        )
    return rows


def _clinician_income(payer: Terms) -> list[MoneyRow]:
    """Net income per clinician of each type against the mean over all practices that have clinicians."""
    least = payer.rules.min_clinician_income
    if least is None:
        return []
    clinicians = [practice.scope.practice.fte.get("clinician", 0.0) for practice in payer.practices]
    counts = [count if fte > 0.0 else 0.0 for count, fte in zip(_counts(payer), clinicians, strict=True)]
    everyone = sum(count * fte for count, fte in zip(counts, clinicians, strict=True))
    rows = []
    for members in types_of(payer.instance):
        own = members.mean(clinicians)
        if own <= 0.0:
            continue
        weights = [
            mine / own - least * count / everyone
            for mine, count in zip(_weights(payer, members), counts, strict=True)
        ]
        rows.append(_incomes(payer, f"income per clinician of {members.name}", weights, 0.0, np.inf))
    return rows
