"""Prices in whole cents: other prices with the same intended responses, far enough from every temptation.

The prices of an optimum leave practices just content, so rounding them could tempt a practice away. Here
the intended responses are held, and prices are sought that keep every condition by what rounding can take
away. Ways of working that tempt a practice at the rounded prices join the conditions, until none does.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from scipy.optimize import linprog

from incentive_opt.domain.harm import UNIT_SHARE
from incentive_opt.domain.kinds import types_of
from incentive_opt.domain.lines import WITHHOLD
from incentive_opt.domain.payment_model import Lever
from incentive_opt.formulation.assurance import Stopwatch, maximise
from incentive_opt.formulation.compile import Affine, CompiledPractice, FloatArray
from incentive_opt.formulation.contract_rules import money_rows, price_rows
from incentive_opt.formulation.payer import Payer, income_corridor
from incentive_opt.parallel import side_by_side

CENT = 0.01
ROUNDS = 12
"""Most times that the prices are rounded and the practices asked."""
TEMPTED = 0.005
"""A practice that could gain less is not tempted [USD/year]."""
CHEAPNESS = 1e-3
"""Weight of a cheaper contract, as a share of the budget, against full room for rounding."""


def to_cent(lever: Lever, value: float) -> float:
    """The nearest whole cent within the bounds, if there is one; a price that did not move stays."""
    if value == lever.status_quo:
        return value
    for cents in (round(value, 2), round(value - CENT / 2, 2), round(value + CENT / 2, 2)):
        if lever.lower <= cents <= lever.upper:
            return cents
    return value


def round_all(payer: Payer, values: FloatArray) -> FloatArray:
    """Every price in whole cents."""
    return np.array(
        [to_cent(lever, value) for lever, value in zip(payer.levers, values.tolist(), strict=True)]
    )


@dataclass
class _Conditions:
    """Conditions ``coefficients . prices >= least``, each to be kept with room for rounding."""

    coefficients: list[FloatArray] = field(default_factory=list)
    least: list[float] = field(default_factory=list)

    def add(self, coefficients: FloatArray, least: float) -> None:
        """Add one; infinite ones are none."""
        if np.isfinite(least):
            self.coefficients.append(coefficients)
            self.least.append(least)


def whole_cents(
    payer: Payer,
    values: FloatArray,
    activities: Sequence[FloatArray],
    stopwatch: Stopwatch,
    stop: Callable[[], bool] | None = None,
) -> FloatArray | None:
    """Prices in whole cents under which the intended responses stay best; None if none were found.

    Parameters
    ----------
    values : (prices,)
        Prices that have these responses.
    activities : sequence of arrays
        The intended response of each practice type.
    stop : callable, optional
        Asked between rounds; once it says True the search is given up.
    """
    conditions = _payers_conditions(payer, activities)
    rounded = values
    for turn in range(ROUNDS):
        with stopwatch.wall():
            asked = [
                (payer, number, intended, rounded, stopwatch) for number, intended in enumerate(activities)
            ]
            answers = side_by_side(lambda one: _ask(*one), asked)
        tempted = False
        for change, least in (pair for answer in answers for pair in answer):
            conditions.add(change, least)
            tempted |= float(change @ rounded) < least - TEMPTED
        if turn > 0 and not tempted:
            return rounded
        if stop is not None and stop():
            return None
        found = _roomy(payer, conditions, values, activities)
        if found is None:
            return None
        rounded = round_all(payer, found)
    return None


def _amounts(payer: Payer, number: int, x: FloatArray, earned: float, all_paid: float) -> FloatArray:
    """What each price is paid for, in a response of one practice type.

    Parameters
    ----------
    earned, all_paid : float
        Weight of what the practice earns, and of all that the payer pays.
    """
    practice = payer.practices[number]
    amounts = np.zeros(len(payer.levers))
    places = [payer.lever_index[key] for key in practice.feature_keys]
    np.add.at(amounts, places, (all_paid + earned * practice.earned) * (practice.features @ x))
    return amounts


def _payers_conditions(payer: Payer, activities: Sequence[FloatArray]) -> _Conditions:
    """Budget, income limits and contract rules when practices do what is intended."""
    made = _Conditions()
    total, outside = np.zeros(len(payer.levers)), 0.0
    amounts = [_amounts(payer, number, x, 1.0, 0.0) for number, x in enumerate(activities)]
    for number, (practice, x) in enumerate(zip(payer.practices, activities, strict=True)):
        total += practice.scope.practice.count * _amounts(payer, number, x, 0.0, 1.0)
        outside += practice.scope.practice.count * practice.outside_cost.at(x)
    unpaid = [practice.own_income.at(x) for practice, x in zip(payer.practices, activities, strict=True)]
    for members in types_of(payer.instance):
        floor, ceiling = income_corridor(payer, members)
        shares = zip(members.places, members.shares, strict=True)
        paid = sum((share * amounts[place] for place, share in shares), np.zeros(len(payer.levers)))
        made.add(paid, floor - members.mean(unpaid))
        made.add(-paid, members.mean(unpaid) - ceiling)
    made.add(-total, outside - payer.budget)
    if payer.rules.rvu_budget_neutral:
        _add_neutrality(payer, made)
    held = np.array([float(lever.kind == WITHHOLD) for lever in payer.levers])
    if held.any():
        made.add(-held, -(1.0 if payer.rules.max_withheld is None else payer.rules.max_withheld))
    _add_rules(payer, activities, made)
    return made


def _add_rules(payer: Payer, activities: Sequence[FloatArray], made: _Conditions) -> None:
    """Contract rules on prices, and on what practices are paid for what is intended."""
    for row in price_rows(payer):
        slopes = np.zeros(len(payer.levers))
        slopes[list(row.coefficients)] = list(row.coefficients.values())
        made.add(slopes, row.lower)
        made.add(-slopes, -row.upper)
    for rule in money_rows(payer):
        slopes, constant = np.zeros(len(payer.levers)), 0.0
        for practice, x, own, paid in zip(
            payer.practices, activities, rule.activities, rule.payments, strict=True
        ):
            places = [payer.lever_index[key] for key in practice.feature_keys]
            np.add.at(slopes, places, paid * (practice.features @ x))
            constant += float(own @ x)
        made.add(slopes, rule.lower - constant)
        made.add(-slopes, constant - rule.upper)


def _add_neutrality(payer: Payer, made: _Conditions) -> None:
    volumes = np.zeros(len(payer.levers))
    for today in payer.status_quo:
        for name, volume in today.volumes.items():
            volumes[payer.lever_index["fee", name, 0]] += today.count * volume
    before = float(volumes @ np.array([lever.status_quo for lever in payer.levers]))
    slack = payer.rules.rvu_neutral_tolerance * abs(before)
    made.add(volumes, before - slack)
    made.add(-volumes, -before - slack)


def _ask(
    payer: Payer,
    number: int,
    intended: FloatArray,
    prices: FloatArray,
    stopwatch: Stopwatch,
) -> list[tuple[FloatArray, float]]:
    """Ask one practice type what it prefers at these prices: conditions that keep it from that."""
    practice = payer.practices[number]
    conditions = []
    today = payer.status_quo[number].outlay
    for own, weight in _currencies(practice, payer.health_units[number], today, payer.margin_of(number)):
        paid = np.array([prices[payer.lever_index[key]] for key in practice.feature_keys])
        weights = practice.earned + weight - 1.0
        objective = Affine(own.coefficients + practice.features.T @ (weights * paid), own.constant)
        best = maximise(practice, objective, stopwatch).x
        change = _amounts(payer, number, intended - best, 1.0, weight - 1.0)
        least = own.at(best) - own.at(intended)
        conditions.append((change, least))
    return conditions


def _currencies(
    practice: CompiledPractice, health_unit: float, outlay: float, margin: float
) -> list[tuple[Affine, float]]:
    """What the practice maximises in each condition: its own part, and the weight of what it is paid.

    Utility alone; with less health as a gain; and with more outlay as a gain, which also weighs payments: its
    part above 1 weighs those to partners alike.
    """
    own = practice.own_utility
    made = [(own, 1.0)]
    if margin > 0.0:
        per_qaly, per_dollar = (
            margin / unit if unit else 0.0 for unit in (health_unit, UNIT_SHARE * abs(outlay))
        )
        made.append((_plus(own, practice.health, -per_qaly), 1.0))
        made.append((_plus(own, practice.outside_cost, per_dollar), 1.0 + per_dollar))
    return made


def _plus(one: Affine, other: Affine, weight: float) -> Affine:
    return Affine(one.coefficients + weight * other.coefficients, one.constant + weight * other.constant)


def _roomy(
    payer: Payer, conditions: _Conditions, values: FloatArray, activities: Sequence[FloatArray]
) -> FloatArray | None:
    """Prices that keep every condition with as much room for rounding as there is, up to enough."""
    free = np.array(
        [
            value != lever.status_quo and lever.lower < lever.upper
            for value, lever in zip(values.tolist(), payer.levers, strict=True)
        ]
    )
    lower = np.where(free, [lever.lower for lever in payer.levers], values)
    upper = np.where(free, [lever.upper for lever in payer.levers], values)
    coefficients = np.array(conditions.coefficients)
    room = CENT / 2 * np.abs(coefficients[:, free]).sum(axis=1)
    total = sum(
        (
            practice.scope.practice.count * _amounts(payer, number, x, 0.0, 1.0)
            for number, (practice, x) in enumerate(zip(payer.practices, activities, strict=True))
        ),
        np.zeros(len(payer.levers)),
    )
    rows = np.column_stack([-coefficients, room])
    scale = np.maximum(1.0, np.abs(rows).max(axis=1))
    solve: Any = linprog  # its stubs do not know all that it takes
    costs = np.append(CHEAPNESS * total / max(1.0, abs(payer.budget)), -1.0)
    found = solve(
        costs,
        A_ub=rows / scale[:, None],
        b_ub=-np.array(conditions.least) / scale,
        bounds=np.column_stack([np.append(lower, 0.0), np.append(upper, 1.0)]),
        method="highs",
    )
    return None if found.status != 0 else np.asarray(found.x[:-1], dtype=np.float64)
