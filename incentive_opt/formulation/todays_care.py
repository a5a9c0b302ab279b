"""Contract rules on prices alone: how far each may change, and what they come to at today's care.

docs/contract_rules.md says what each rule is; ``incentive_opt.certify`` checks them by other code.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

import numpy as np

from incentive_opt.domain.instance import ROLES, Instance
from incentive_opt.domain.payment_model import Lever
from incentive_opt.domain.rules import Rules
from incentive_opt.formulation.choices import Row
from incentive_opt.formulation.compile import CompiledPractice, FeatureKey
from incentive_opt.formulation.status_quo import Outcome

MONTHS, MINUTES_PER_HOUR = 12.0, 60.0


class Terms(Protocol):
    """What rules need to know of a payer (``incentive_opt.formulation.payer.Payer``)."""

    @property
    def instance(self) -> Instance:
        """The instance."""

    @property
    def rules(self) -> Rules:
        """The stricter of the instance's and the model's."""

    @property
    def levers(self) -> tuple[Lever, ...]:
        """Prices, in the order of the lever vector."""

    @property
    def lever_index(self) -> Mapping[FeatureKey, int]:
        """Place of each price among them."""

    @property
    def practices(self) -> tuple[CompiledPractice, ...]:
        """Practices, or kinds of practice, compiled."""

    @property
    def status_quo(self) -> tuple[Outcome, ...]:
        """What they do under the contract in force."""


def price_change(payer: Terms) -> list[Row]:
    """Fees and capitation rates that are paid today change by so much at most."""
    most = payer.rules.max_price_change
    if most is None:
        return []
    return [
        Row(
            f"change of {lever.kind} of {lever.of}",
            {number: 1.0},
            (1.0 - most) * lever.status_quo,
            (1.0 + most) * lever.status_quo,
        )
        for number, lever in enumerate(payer.levers)
        if lever.kind in ("fee", "capitation") and lever.status_quo > 0.0 and not lever.as_today
    ]


def rate_cells(payer: Terms) -> list[Row]:
    """What is paid for each group of children at today's care, against today."""
    floor, ceiling = payer.rules.rate_cell_floor, payer.rules.rate_cell_ceiling
    if floor is None and ceiling is None:
        return []
    rows = []
    for segment in payer.instance.segments:
        if segment.contracted:
            paid = _paid_at_todays_care(payer, segment.name)
            today = sum(payer.levers[lever].status_quo * amount for lever, amount in paid.items())
            lower = -np.inf if floor is None else floor * today
            upper = np.inf if ceiling is None else ceiling * today
            rows.append(Row(f"payments for {segment.name} at today's care", paid, lower, upper))
    return rows


def cover(payer: Terms) -> list[Row]:
    """Payments over cost of each group of children at today's care, against those of all children."""
    least = payer.rules.risk_cell_cover
    if least is None:
        return []
    groups = [segment.name for segment in payer.instance.segments if segment.contracted]
    paid = {group: _paid_at_todays_care(payer, group) for group in groups}
    cost = {group: _cost_of_todays_care(payer, group) for group in groups}
    total = sum(cost.values())
    rows = []
    for group in groups:
        if cost[group] <= 0.0:
            continue
        coefficients = {lever: amount / cost[group] for lever, amount in paid[group].items()}
        for other in groups:
            for lever, amount in paid[other].items():
                coefficients[lever] = coefficients.get(lever, 0.0) - least * amount / total
        rows.append(Row(f"cover of {group} at today's care", coefficients, 0.0, np.inf))
    return rows


def _paid_at_todays_care(payer: Terms, segment: str) -> dict[int, float]:
    """How much of what each price is paid for falls to a group of children today, over all practices."""
    services = {service.name: service for service in payer.instance.services}
    amounts: dict[int, float] = {}

    def add(kind: str, of: str, amount: float) -> None:
        lever = payer.lever_index.get((kind, of, 0))
        if lever is not None and amount != 0.0:
            amounts[lever] = amounts.get(lever, 0.0) + amount

    for today in payer.status_quo:
        add("capitation", segment, MONTHS * today.count * today.response.panel.get(segment, 0.0))
        for (name, group), volume in today.response.services.items():
            if group == segment:
                add("fee", name, today.count * volume)
                add("episode", services[name].need, today.count * volume)
                add("rvu_rate", "all_services", today.count * services[name].rvu * volume)
    return amounts


def _cost_of_todays_care(payer: Terms, segment: str) -> float:
    """Staff time, supplies and overhead by the child for a group today, over all practices [USD/year]."""
    instance = payer.instance
    services = {service.name: service for service in instance.services}
    child = sum(_hours_cost(instance, role, instance.staff[role].panel_minutes_per_child) for role in ROLES)
    total = 0.0
    for practice, today in zip(payer.practices, payer.status_quo, strict=True):
        per_child = practice.scope.practice.cost_per_child + child
        total += today.count * per_child * today.response.panel.get(segment, 0.0)
        for (name, group), volume in today.response.services.items():
            if group == segment:
                service = services[name]
                minutes = sum(_hours_cost(instance, role, service.minutes[role]) for role in ROLES)
                total += today.count * volume * (service.supply_cost + minutes)
    return total


def _hours_cost(instance: Instance, role: str, minutes: float) -> float:
    return minutes / MINUTES_PER_HOUR * instance.staff[role].wage
