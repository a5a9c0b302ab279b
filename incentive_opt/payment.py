"""What a contract pays for a response, and what the response costs and brings: plain arithmetic.

Written from docs/mathematics.md and from nothing else in the program: no formulation, no solver.
Every figure is for one practice and one year.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from incentive_opt.attainment import attained as attained
from incentive_opt.attainment import denominator as denominator
from incentive_opt.attainment import large_enough as large_enough
from incentive_opt.attainment import numerator as numerator
from incentive_opt.domain.contract import Contract
from incentive_opt.domain.instance import Instance, Practice
from incentive_opt.domain.lines import Line
from incentive_opt.domain.response import Response
from incentive_opt.other_lines import paid_lines
from incentive_opt.pools import partners_paid


@dataclass(frozen=True)
class Revenue:
    """Contract payments by line [USD/year].

    Attributes
    ----------
    fees : mapping service -> float
    capitation : mapping segment -> float
    bonuses : mapping (measure, tier) -> float
    lines : mapping (kind, of) -> float
        Other lines of payment; below zero where a practice owes.
    """

    fees: Mapping[str, float]
    capitation: Mapping[str, float]
    bonuses: Mapping[tuple[str, int], float]
    lines: Mapping[Line, float] = field(default_factory=dict)

    @property
    def total(self) -> float:
        """All lines together [USD/year]."""
        return sum(sum(part.values()) for part in (self.fees, self.capitation, self.bonuses, self.lines))


@dataclass(frozen=True)
class Account:
    """A practice's year under a contract.

    Attributes
    ----------
    revenue : Revenue
        What this payer's contract pays.
    other_revenue, money_costs, burdens : float
        [USD/year]; burdens are effort and unpaid overtime, not money.
    own_health : float
        Of all its children, unweighted [QALY/year].
    health : float
        Of contracted children, equity-weighted: what the payer values [QALY/year].
    outside_cost : float
        Care of contracted children elsewhere; with what partners are paid from pools [USD/year].
    net_income, utility, outlay : float
        [USD/year]
    """

    revenue: Revenue
    other_revenue: float
    money_costs: float
    burdens: float
    own_health: float
    health: float
    outside_cost: float
    net_income: float
    utility: float
    outlay: float


def account(instance: Instance, contract: Contract, response: Response) -> Account:
    """Everything that follows from a response under a contract."""
    practice = _practice(instance, response)
    paid = revenue(instance, contract, response)
    other = other_revenue(instance, response)
    costs = money_costs(instance, response)
    burden = burdens(instance, response)
    own = own_health(instance, response)
    outside = outside_cost(instance, response) + partners_paid(instance, contract, response)
    income = paid.total + other - costs
    return Account(
        revenue=paid,
        other_revenue=other,
        money_costs=costs,
        burdens=burden,
        own_health=own,
        health=health(instance, response),
        outside_cost=outside,
        net_income=income,
        utility=income - burden + practice.altruism * own,
        outlay=paid.total + outside,
    )


def revenue(instance: Instance, contract: Contract, response: Response) -> Revenue:
    """Contract payments by line [USD/year]; tiers are recomputed from services and panel."""
    contracted = _contracted(instance)
    volumes: dict[str, float] = {}
    for (service, segment), volume in response.services.items():
        if segment in contracted:
            volumes[service] = volumes.get(service, 0.0) + volume
    fees = {service: fee * volumes.get(service, 0.0) for service, fee in contract.fees.items()}
    capitation = {
        segment: 12.0 * rate * response.panel.get(segment, 0.0)
        for segment, rate in contract.capitation.items()
        if segment in contracted
    }
    lines = (
        paid_lines(instance, contract, response, care_elsewhere(instance, response)) if contract.lines else {}
    )
    return Revenue(fees, capitation, _bonuses(instance, contract, response), lines)


def _bonuses(instance: Instance, contract: Contract, response: Response) -> dict[tuple[str, int], float]:
    """Bonus per denominator event for every tier attained [USD/year]."""
    measures = {measure.name: measure for measure in instance.measures}
    return {
        (name, tier): usd * denominator(instance, measures[name], response)
        if attained(instance, measures[name], tier, response, contract.benchmarks.counts_elsewhere)
        else 0.0
        for (name, tier), usd in contract.bonuses.items()
    }


def other_revenue(instance: Instance, response: Response) -> float:
    """What other payers pay for children who are not contracted [USD/year]."""
    segments = {segment.name: segment for segment in instance.segments if not segment.contracted}
    fees = instance.status_quo.fees
    return sum(
        segments[segment].other_payer_fee_multiple * fees.get(service, 0.0) * volume
        for (service, segment), volume in response.services.items()
        if segment in segments
    )


def money_costs(instance: Instance, response: Response) -> float:
    """Fixed cost, cost per child, supplies and paid overtime [USD/year]."""
    practice = _practice(instance, response)
    supply = {service.name: service.supply_cost for service in instance.services}
    return (
        practice.fixed_cost
        + practice.cost_per_child * sum(response.panel.values())
        + sum(supply[service] * volume for (service, _), volume in response.services.items())
        + _overtime(instance, practice, response, paid=True)
    )


def burdens(instance: Instance, response: Response) -> float:
    """Effort and unpaid overtime, at what they are worth to the practice [USD-equivalent/year]."""
    practice = _practice(instance, response)
    effort = {service.name: service.effort_cost for service in instance.services}
    return sum(
        practice.effort_scale * effort[service] * volume for (service, _), volume in response.services.items()
    ) + _overtime(instance, practice, response, paid=False)


def own_health(instance: Instance, response: Response) -> float:
    """Health of all the practice's children, unweighted [QALY/year]."""
    return _health(instance, response, {segment.name: 1.0 for segment in instance.segments})


def health(instance: Instance, response: Response) -> float:
    """Equity-weighted health of contracted children [QALY/year]."""
    return _health(
        instance,
        response,
        {segment.name: segment.equity_weight for segment in instance.segments if segment.contracted},
    )


def outside_cost(instance: Instance, response: Response) -> float:
    """What care elsewhere costs the payer, less what its own hospital earns by it [USD/year]."""
    return _elsewhere(instance, response, instance.hospital_margin_share)


def care_elsewhere(instance: Instance, response: Response) -> float:
    """Care elsewhere for contracted children, whoever earns by it [USD/year]; savings are counted on it."""
    return _elsewhere(instance, response, 0.0)


def _elsewhere(instance: Instance, response: Response, earned: float) -> float:
    """Care elsewhere for contracted children, less a share of the hospital's margin on it [USD/year].

    Uncovered events leak at their cost; events without effective care cost what that care would have saved.
    """
    contracted = _contracted(instance)
    left = uncovered(instance, response)
    asked = {
        panel.segment: panel.demanded for panel in instance.panels if panel.practice == response.practice
    }
    cost = 0.0
    for need in instance.needs:
        if need.segment not in contracted:
            continue
        key = need.name, need.segment
        events = need.events_per_child_year * asked.get(need.segment, 0.0)
        whole = need.uncovered_cost * left.get(key, 0.0)
        whole += need.downstream_saving * (events - response.effective.get(key, 0.0))
        cost += whole - earned * need.hospital_margin * whole
    return cost


def uncovered(instance: Instance, response: Response) -> dict[tuple[str, str], float]:
    """Events by (need, segment) that the practice leaves to others [events/year].

    Counted against the children who asked, so those turned away are included.
    """
    demanded = {
        panel.segment: panel.demanded for panel in instance.panels if panel.practice == response.practice
    }
    need_of = {service.name: service.need for service in instance.services}
    left = {
        (need.name, need.segment): need.events_per_child_year * demanded[need.segment]
        for need in instance.needs
        if demanded.get(need.segment, 0.0) > 0
    }
    for (service, segment), volume in response.services.items():
        left[need_of[service], segment] = left.get((need_of[service], segment), 0.0) - volume
    return left


def effective_care(instance: Instance, response: Response) -> dict[tuple[str, str], float]:
    """The most effective care that the services can bring about [fully effective events/year].

    For checking ``response.effective``, which must not exceed it.
    """
    given: dict[tuple[str, str], float] = {}
    services = {service.name: service for service in instance.services}
    for (name, segment), volume in response.services.items():
        key = services[name].need, segment
        given[key] = given.get(key, 0.0) + services[name].effectiveness * volume
    result = {}
    for need in instance.needs:
        key = need.name, need.segment
        events = need.events_per_child_year * response.panel.get(need.segment, 0.0)
        if key in given:
            result[key] = min(slope * given[key] + intercept * events for slope, intercept in need.pieces())
    return result


def _health(instance: Instance, response: Response, weights: Mapping[str, float]) -> float:
    left = uncovered(instance, response)
    return sum(
        weights[need.segment]
        * (
            need.qaly_per_event * response.effective.get((need.name, need.segment), 0.0)
            - need.uncovered_qaly_loss * left.get((need.name, need.segment), 0.0)
        )
        for need in instance.needs
        if need.segment in weights
    )


def _overtime(instance: Instance, practice: Practice, response: Response, paid: bool) -> float:
    """Overtime hours at each band's price, for roles whose overtime is paid or is not [USD/year]."""
    return sum(
        instance.staff[role].wage * practice.overtime_wage_multiples[band] * hours
        for (role, band), hours in response.overtime.items()
        if instance.staff[role].overtime_paid is paid
    )


def _practice(instance: Instance, response: Response) -> Practice:
    return next(practice for practice in instance.practices if practice.name == response.practice)


def _contracted(instance: Instance) -> set[str]:
    return {segment.name for segment in instance.segments if segment.contracted}
