"""The practice's problem, in the field's words (docs/mathematics.md, "The practice's problem").

Everything a practice can do in a year, what it costs and what good it does. Prices are not in here:
what a contract can pay for stands in ``model.feature``, so that the model is the same under every
contract.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pyomo.core as pyo

from incentive_opt.domain.contract import Contract
from incentive_opt.domain.lines import Benchmarks, Line
from incentive_opt.formulation.held_back import add_returned, held_tiers
from incentive_opt.formulation.other_lines import line_features
from incentive_opt.formulation.scope import PracticeScope, TierKey
from incentive_opt.formulation.sharing import add_pieces

Model = Any
"""A Pyomo ConcreteModel (Pyomo carries no types)."""

MINUTES_PER_HOUR = 60.0
MONTHS_PER_YEAR = 12.0


def practice_model(
    scope: PracticeScope,
    tiers: Iterable[TierKey] | None = None,
    lines: Iterable[Line] = (),
    benchmarks: Benchmarks | None = None,
) -> Model:
    """The practice's problem without a contract.

    Parameters
    ----------
    scope : PracticeScope
        What the practice type can do.
    tiers : iterable of (measure, tier), optional
        Tiers that may carry money; all of the practice's tiers if not given. A tier without money
        changes nothing, so leaving it out only makes the problem smaller.
    lines : iterable of (kind, of)
        Other lines of payment that may carry money.
    benchmarks : Benchmarks, optional
        What lines against a benchmark are counted from.

    Returns
    -------
    pyomo ConcreteModel
        Variables ``panel``, ``services``, ``effective``, ``overtime``, ``tier``, ``eligible``, ``returned``,
        ``piece``, ``saved`` and ``always``, which is 1; expressions ``own_utility`` and ``own_income`` (both
        without this payer's revenue) [USD/year], ``health`` [QALY/year], ``outside_cost`` [USD/year], and
        ``feature``.
    """
    model = pyo.ConcreteModel(name=scope.practice.name)
    _add_activities(model, scope)
    _add_care_constraints(model, scope)
    _add_staff_time(model, scope)
    lines = tuple(lines)
    held = held_tiers(scope, lines)
    elsewhere = benchmarks is not None and benchmarks.counts_elsewhere
    _add_tiers(model, scope, scope.tiers(None if tiers is None else {*tiers, *held}), elsewhere)
    add_returned(model, scope, held)
    _add_money(model, scope)
    _add_health(model, scope)
    model.own_utility = pyo.Expression(
        expr=model.own_income - model.burdens + scope.practice.altruism * model.own_health
    )
    model.always = pyo.Var(["one"] if lines else [], bounds=(1, 1))
    add_pieces(model, scope, lines, benchmarks or Benchmarks())
    _add_features(model, scope, line_features(model, scope, lines, benchmarks or Benchmarks()))
    return model


def best_response_model(scope: PracticeScope, contract: Contract) -> Model:
    """The practice's problem under a contract: utility is maximised."""
    tiers = [key for key, usd in contract.bonuses.items() if usd > 0]
    model = practice_model(scope, tiers, tuple(contract.lines), contract.benchmarks)
    prices = {("fee", name, 0): usd for name, usd in contract.fees.items()}
    prices |= {("capitation", name, 0): usd for name, usd in contract.capitation.items()}
    prices |= {("bonus", name, tier): usd for (name, tier), usd in contract.bonuses.items()}
    prices |= {(*line, 0): price for line, price in contract.lines.items()}
    model.revenue = pyo.Expression(
        expr=pyo.quicksum(prices.get(key, 0.0) * model.feature[key] for key in model.feature)
    )
    model.utility = pyo.Objective(expr=model.own_utility + model.revenue, sense=pyo.maximize)
    return model


def _add_activities(model: Model, scope: PracticeScope) -> None:
    """Panel, services, effective care and overtime, each with the tightest simple bounds."""
    practice = scope.practice
    pairs = [
        (service.name, segment)
        for (_, segment), services in scope.deliverable.items()
        for service in services
    ]
    events = {
        (service.name, key[1]): scope.demanded_events(scope.needs[key])
        for key, services in scope.deliverable.items()
        for service in services
    }
    most = {key: _most_effective(scope, key) for key, services in scope.deliverable.items() if services}
    bands = [
        (role, band)
        for role in scope.instance.staff
        if practice.fte.get(role, 0.0) > 0
        for band in range(len(practice.overtime_hours_per_fte))
    ]
    model.panel = pyo.Var(
        list(scope.segments), bounds=lambda _, segment: (scope.minimum[segment], scope.demanded[segment])
    )
    model.services = pyo.Var(pairs, bounds=lambda _, service, segment: (0, events[service, segment]))
    model.effective = pyo.Var(list(most), bounds=lambda _, need, segment: (0, most[need, segment]))
    model.overtime = pyo.Var(
        bands, bounds=lambda _, role, band: (0, practice.fte[role] * practice.overtime_hours_per_fte[band])
    )


def _most_effective(scope: PracticeScope, key: tuple[str, str]) -> float:
    """Effective care if every event were met by the most effective service [events/year]."""
    need = scope.needs[key]
    best = max(service.effectiveness for service in scope.deliverable[key])
    return scope.demanded_events(need) * min(slope * best + intercept for slope, intercept in need.pieces())


def _delivered(model: Model, scope: PracticeScope, key: tuple[str, str]) -> Any:
    """All services for a need in a segment [services/year]."""
    return pyo.quicksum(model.services[service.name, key[1]] for service in scope.deliverable[key])


def _add_care_constraints(model: Model, scope: PracticeScope) -> None:
    """Care within need, and the concave effect of care."""
    served = list(model.effective)

    def care_within_need(_: Model, need: str, segment: str) -> Any:
        rate = scope.needs[need, segment].events_per_child_year
        return _delivered(model, scope, (need, segment)) <= rate * model.panel[segment]

    pieces = [(*key, piece) for key in served for piece in range(len(scope.needs[key].pieces()))]

    def concave_effect(_: Model, name: str, segment: str, piece: int) -> Any:
        need = scope.needs[name, segment]
        slope, intercept = need.pieces()[piece]
        effect = pyo.quicksum(
            slope * service.effectiveness * model.services[service.name, segment]
            for service in scope.deliverable[name, segment]
        )
        return (
            model.effective[name, segment]
            <= effect + intercept * need.events_per_child_year * model.panel[segment]
        )

    model.care_within_need = pyo.Constraint(served, rule=care_within_need)
    model.concave_effect = pyo.Constraint(pieces, rule=concave_effect)


def _add_staff_time(model: Model, scope: PracticeScope) -> None:
    """Minutes of work per role fit into regular hours and overtime."""
    minutes = {service.name: service.minutes for service in scope.instance.services}

    def staff_time(_: Model, role: str) -> Any:
        terms = scope.instance.staff[role]
        fte = scope.practice.fte.get(role, 0.0)
        work = pyo.quicksum(
            minutes[name].get(role, 0.0) * model.services[name, segment]
            for name, segment in model.services
            if minutes[name].get(role, 0.0)
        )
        panel = terms.panel_minutes_per_child * pyo.quicksum(model.panel.values())
        overtime = pyo.quicksum(
            MINUTES_PER_HOUR * model.overtime[key] for key in model.overtime if key[0] == role
        )
        return work + panel - overtime <= MINUTES_PER_HOUR * fte * terms.hours_per_fte

    busy = [
        role
        for role, terms in scope.instance.staff.items()
        if terms.panel_minutes_per_child or any(minutes[name].get(role, 0.0) for name, _ in model.services)
    ]
    model.staff_time = pyo.Constraint(busy, rule=staff_time)


def _add_tiers(model: Model, scope: PracticeScope, tiers: tuple[TierKey, ...], elsewhere: bool) -> None:
    """Tiers attained, and the denominators that are paid for them."""
    measures = scope.measures
    largest = {name: measures[name].largest_denominator for name, _ in tiers}
    model.tier = pyo.Var(list(tiers), domain=pyo.Binary)
    model.eligible = pyo.Var(list(tiers), bounds=lambda _, name, tier: (0, largest[name]))

    def denominator(name: str) -> Any:
        need = measures[name].measure.denominator_need
        return pyo.quicksum(
            scope.needs[need, segment].events_per_child_year * model.panel[segment]
            for segment in measures[name].segments
        )

    def numerator(name: str) -> Any:
        return pyo.quicksum(
            weight * model.services[service, segment]
            for service, weight in measures[name].measure.numerator.items()
            for segment in measures[name].segments
            if (service, segment) in model.services
        )

    denominators = {name: denominator(name) for name in largest}
    closed = {name: measures[name].measure.closed_elsewhere if elsewhere else 0.0 for name in largest}
    numerators = {
        name: (1.0 - closed[name]) * numerator(name) + closed[name] * denominators[name] for name in largest
    }
    lower = {
        (name, tier): max((other for same, other in tiers if same == name and other < tier), default=0)
        for name, tier in tiers
    }
    model.tier_attained = pyo.Constraint(
        list(tiers),
        rule=lambda _, name, tier: (
            measures[name].targets[tier - 1] * model.eligible[name, tier] - numerators[name] <= 0
        ),
    )
    model.paid_within_denominator = pyo.Constraint(
        list(tiers), rule=lambda _, name, tier: model.eligible[name, tier] - denominators[name] <= 0
    )
    model.paid_if_attained = pyo.Constraint(
        list(tiers),
        rule=lambda _, name, tier: model.eligible[name, tier] - largest[name] * model.tier[name, tier] <= 0,
    )
    model.paid_for_all = pyo.Constraint(
        list(tiers),
        rule=lambda _, name, tier: (
            denominators[name] + largest[name] * model.tier[name, tier] - model.eligible[name, tier]
            <= largest[name]
        ),
    )
    model.tiers_nested = pyo.Constraint(
        [key for key in tiers if lower[key]],
        rule=lambda _, name, tier: model.tier[name, tier] - model.tier[name, lower[name, tier]] <= 0,
    )


def _add_money(model: Model, scope: PracticeScope) -> None:
    """Income apart from this payer's revenue, and burdens that are not money [USD/year]."""
    practice, staff = scope.practice, scope.instance.staff
    service = {service.name: service for service in scope.instance.services}
    model.other_revenue = pyo.Expression(
        expr=pyo.quicksum(
            scope.segments[segment].other_payer_fee_multiple
            * scope.status_quo_fees[name]
            * model.services[name, segment]
            for name, segment in model.services
            if not scope.segments[segment].contracted
        )
    )

    def overtime_cost(paid: bool) -> Any:
        return pyo.quicksum(
            staff[role].wage * practice.overtime_wage_multiples[band] * model.overtime[role, band]
            for role, band in model.overtime
            if staff[role].overtime_paid == paid
        )

    model.money_costs = pyo.Expression(
        expr=practice.fixed_cost
        + practice.cost_per_child * pyo.quicksum(model.panel.values())
        + pyo.quicksum(
            service[name].supply_cost * model.services[name, segment] for name, segment in model.services
        )
        + overtime_cost(True)
    )
    model.burdens = pyo.Expression(
        expr=pyo.quicksum(
            practice.effort_scale * service[name].effort_cost * model.services[name, segment]
            for name, segment in model.services
        )
        + overtime_cost(False)
    )
    model.own_income = pyo.Expression(expr=model.other_revenue - model.money_costs)


def _add_health(model: Model, scope: PracticeScope) -> None:
    """Health as the practice sees it, health and outside cost as the payer sees them."""
    uncovered = {
        key: scope.demanded_events(need) - _delivered(model, scope, key) for key, need in scope.needs.items()
    }

    effective = dict.fromkeys(scope.needs, 0.0) | dict(model.effective.items())
    gain = {
        key: need.qaly_per_event * effective[key] - need.uncovered_qaly_loss * uncovered[key]
        for key, need in scope.needs.items()
    }
    seen = {key: need for key, need in scope.needs.items() if scope.segments[key[1]].contracted}
    kept = scope.instance.hospital_margin_share  # what the payer's own hospital earns is no cost to it
    model.own_health = pyo.Expression(expr=pyo.quicksum(gain.values()))
    model.health = pyo.Expression(
        expr=pyo.quicksum(scope.segments[key[1]].equity_weight * gain[key] for key in seen)
    )
    model.outside_cost = pyo.Expression(
        expr=pyo.quicksum(
            (1.0 - kept * need.hospital_margin)
            * (
                need.uncovered_cost * uncovered[key]
                + need.downstream_saving * (scope.demanded_events(need) - effective[key])
            )
            for key, need in seen.items()
        )
    )


def _add_features(model: Model, scope: PracticeScope, lines: dict[tuple[str, str, int], Any]) -> None:
    """What a contract can pay for: service volumes, child-months, denominators of tiers, other lines."""
    contracted = set(scope.contracted)
    volumes: dict[str, list[Any]] = {}
    for name, segment in model.services:
        if segment in contracted:
            volumes.setdefault(name, []).append(model.services[name, segment])
    features = {("fee", name, 0): pyo.quicksum(terms) for name, terms in volumes.items()}
    features |= {("capitation", name, 0): MONTHS_PER_YEAR * model.panel[name] for name in scope.contracted}
    features |= {("bonus", name, tier): model.eligible[name, tier] for name, tier in model.eligible}
    features |= lines
    model.feature = pyo.Expression(list(features), rule=lambda _, kind, of, tier: features[kind, of, tier])
