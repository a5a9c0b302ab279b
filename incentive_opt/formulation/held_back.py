"""Fees held back until a measure's tiers are attained, in the practice's problem.

docs/mathematics.md, "Fees held back".
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pyomo.core as pyo

from incentive_opt.domain.lines import WITHHOLD, Line
from incentive_opt.formulation.scope import PracticeScope, TierKey


def held_tiers(scope: PracticeScope, lines: Iterable[Line]) -> tuple[TierKey, ...]:
    """Tiers that return what some line holds back."""
    return tuple(
        (name, tier)
        for kind, name in lines
        if kind == WITHHOLD and name in scope.measures
        for tier in range(1, len(scope.measures[name].measure.thresholds) + 1)
    )


def add_returned(model: Any, scope: PracticeScope, tiers: Iterable[TierKey]) -> None:
    """What is due at today's fees, returned at a tier: all of it if the tier is attained, else nothing.

    A product of a quantity and a yes/no, held from both sides, so that it is exact for any way of working.
    """
    keys = list(tiers)
    most = _most_claims(scope)
    claims = claims_today(model, scope) if keys else 0.0
    model.returned = pyo.Var(keys, bounds=(0, most))
    model.returned_of_claims = pyo.Constraint(keys, rule=lambda _, *key: model.returned[key] - claims <= 0)
    model.returned_if_attained = pyo.Constraint(
        keys, rule=lambda _, *key: model.returned[key] - most * model.tier[key] <= 0
    )
    model.returned_in_full = pyo.Constraint(
        keys, rule=lambda _, *key: claims + most * model.tier[key] - model.returned[key] <= most
    )


def withhold_quantity(model: Any, scope: PracticeScope, measure: str) -> Any:
    """What a share held back is counted on: claims at today's fees, less equal parts for tiers attained.

    Nothing is held back for a measure that the practice is too small for.
    """
    if measure not in scope.measures:
        return 0.0 * model.always["one"]
    menu = len(scope.measures[measure].measure.thresholds)
    back = pyo.quicksum(model.returned[measure, tier] for tier in range(1, menu + 1))
    return back / menu - claims_today(model, scope)


def claims_today(model: Any, scope: PracticeScope) -> Any:
    """Services to contracted children at today's fees [USD/year]."""
    contracted = set(scope.contracted)
    return pyo.quicksum(
        scope.status_quo_fees[name] * model.services[name, segment]
        for name, segment in model.services
        if segment in contracted and scope.status_quo_fees[name]
    )


def _most_claims(scope: PracticeScope) -> float:
    """No services come to more at today's fees: every event met by the dearest service [USD/year]."""
    contracted = set(scope.contracted)
    return sum(
        scope.demanded_events(scope.needs[key]) * max(scope.status_quo_fees[one.name] for one in services)
        for key, services in scope.deliverable.items()
        if key[1] in contracted and services
    )
