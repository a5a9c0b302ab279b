"""What a design promises of every quantity that the simulator reads off a year."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from incentive_opt.domain.contract import Contract
from incentive_opt.domain.instance import Instance, Practice
from incentive_opt.domain.kinds import types_of
from incentive_opt.domain.response import Response
from incentive_opt.payment import account, attained, denominator, numerator, other_revenue
from incentive_opt.simulate.figures import Quantity
from incentive_opt.sums import Care, visits
from incentive_opt.validate.source import Source

Key = tuple[str, str, str, int]
Values = dict[Key, float]


def key_of(quantity: Quantity) -> Key:
    """What a quantity is found by, whatever its unit."""
    return quantity.kind, quantity.practice, quantity.of, quantity.tier


@dataclass(frozen=True)
class Year:
    """One practice's year, as somebody says it will be.

    Attributes
    ----------
    response : Response
        Panel and services.
    tiers : mapping measure -> int
        Highest tier paid, 0 for none.
    net_income, revenue, outside : float
        [USD/year]
    health : float
        Of contracted children, equity-weighted [QALY/year].
    """

    practice: Practice
    response: Response
    tiers: Mapping[str, int]
    net_income: float
    revenue: float
    health: float
    outside: float


@dataclass(frozen=True)
class Promises:
    """Figures to hold a simulation against.

    Attributes
    ----------
    searched : dict
        What design.json says in the optimiser's model; a quantity that it does not speak of is missing.
    intended : dict
        The same, recomputed from the intended responses: equal, unless the files contradict each other.
    revenue_of_all_payers : dict practice -> float
        Promised [USD/practice and year].
    health_gain : float
        Promised above the contract in force [QALY/year].
    status_quo_health : float
        Promised under the contract in force [QALY/year].
    budget : float or None
        [USD/year]
    real_year : dict
        Health and outlay with what the optimiser leaves out of a real year; empty where it was not estimated.
    """

    searched: Values
    intended: Values
    revenue_of_all_payers: Mapping[str, float]
    health_gain: float
    status_quo_health: float
    budget: float | None
    real_year: Values = field(default_factory=dict)

    @property
    def values(self) -> Values:
        """What is promised: of a real year where that was estimated, else as it was searched."""
        return self.searched | self.real_year


def promises_of(source: Source) -> Promises:
    """Everything that a design promises."""
    document, instance, contract = source.document, source.in_kinds, source.contract
    entries = {entry["practice"]: entry for entry in document["practices"]}
    said = [_said(practice, entries[practice.name]) for practice in instance.practices]
    meant = [_meant(source, practice) for practice in instance.practices]
    values = values_of(instance, contract, said)
    health, today = (float(document["objective"][key]) for key in ("health_qaly", "status_quo_qaly"))
    values["health_qaly", "", "", 0] = health
    values["outlay_usd", "", "", 0] = float(document["budget"]["outlay_usd"])
    if not all("outside_cost_usd" in entry for entry in entries.values()):
        values.pop(("outside_cost_usd", "", "", 0))
    limit = document["budget"].get("limit_usd")
    block = document.get("foreseen")
    real_year: Values = {}
    if isinstance(block, Mapping):
        health, today = float(block["health_qaly"]), float(block["status_quo_qaly"])
        real_year = {
            ("health_qaly", "", "", 0): health,
            ("outlay_usd", "", "", 0): float(block["outlay_usd"]),
        }
    return Promises(
        searched=values,
        intended=values_of(instance, contract, meant),
        revenue_of_all_payers=_revenue_of_all_payers(instance, said, meant),
        health_gain=health - today,
        status_quo_health=today,
        budget=None if limit is None else float(limit),
        real_year=real_year,
    )


def _said(practice: Practice, entry: Mapping[str, Any]) -> Year:
    """A practice's year as design.json has it."""
    services = {
        (service, segment): float(volume)
        for service, volumes in entry["services"].items()
        for segment, volume in volumes.items()
    }
    return Year(
        practice=practice,
        response=Response(practice.name, entry["panel"], services, {}, {}),
        tiers={tier["measure"]: tier["tier"] for tier in entry["tiers"]},
        net_income=entry["net_income_usd"],
        revenue=entry["revenue_usd"],
        health=entry["health_qaly"],
        outside=entry.get("outside_cost_usd", 0.0),
    )


def _meant(source: Source, practice: Practice) -> Year:
    """A practice's year, computed from its intended response."""
    instance, contract = source.in_kinds, source.contract
    response = source.intended[practice.name]
    figures = account(instance, contract, response)
    tiers = {
        measure.name: max(
            (
                tier
                for tier in contract.tiers_with_money(measure.name, len(measure.thresholds))
                if attained(instance, measure, tier, response, contract.benchmarks.counts_elsewhere)
            ),
            default=0,
        )
        for measure in instance.measures
    }
    return Year(
        practice,
        response,
        tiers,
        figures.net_income,
        figures.revenue.total,
        figures.health,
        figures.outside_cost,
    )


def values_of(instance: Instance, contract: Contract, years: Sequence[Year]) -> Values:
    """Every quantity that follows from the years of the instance's practices, in their order."""
    values = _totals(instance, contract, years)
    types = types_of(instance)

    def put(kind: str, of: str, tier: int, figures: Sequence[float]) -> None:
        for members in types:
            values[kind, members.name, of, tier] = members.mean(figures)

    put("net_income_usd", "", 0, [year.net_income for year in years])
    put("revenue_usd", "", 0, [year.revenue for year in years])
    put("practice_health_qaly", "", 0, [year.health for year in years])
    for segment in instance.segments:
        put("panel", segment.name, 0, [float(year.response.panel.get(segment.name, 0.0)) for year in years])
    for measure in instance.measures:
        events = [denominator(instance, measure, year.response) for year in years]
        counted = [numerator(instance, measure, year.response) for year in years]
        for members in types:
            if members.mean(events) > 0.0:
                rate = members.mean(counted) / members.mean(events)
                values["rate", members.name, measure.name, 0] = rate
    for measure in instance.measures:
        for tier in contract.tiers_with_money(measure.name, len(measure.thresholds)):
            reached = [float(tier <= year.tiers.get(measure.name, 0)) for year in years]
            put("tier_paid", measure.name, tier, reached)
    return values


def _revenue_of_all_payers(
    instance: Instance, said: Sequence[Year], meant: Sequence[Year]
) -> dict[str, float]:
    """Of one practice of each type, mean over its kinds [USD/year]."""
    revenues = [
        abs(one.revenue) + other_revenue(instance, other.response)
        for one, other in zip(said, meant, strict=True)
    ]
    return {members.name: members.mean(revenues) for members in types_of(instance)}


def _totals(instance: Instance, contract: Contract, years: Sequence[Year]) -> Values:
    """Sums over all practices."""
    sums: dict[str, float] = {}
    for year in years:
        kept, turned_away = _children(instance, year.response)
        for kind, figure in (
            ("health_qaly", year.health),
            ("outlay_usd", year.revenue + year.outside),
            ("contract_payments_usd", year.revenue),
            ("bonuses_usd", _bonuses(instance, contract, year)),
            ("outside_cost_usd", year.outside),
            ("children_on_panels", kept),
            ("children_turned_away", turned_away),
        ):
            sums[kind] = sums.get(kind, 0.0) + year.practice.count * figure
    together = visits(Care(instance, [year.response for year in years]))
    sums["visits"], sums["minutes_per_visit"] = together.number, together.minutes or 0.0
    return {(kind, "", "", 0): total for kind, total in sums.items()}


def _children(instance: Instance, response: Response) -> tuple[float, float]:
    """Contracted children whom one practice keeps, and whom it turns away."""
    contracted = {segment.name for segment in instance.segments if segment.contracted}
    panels = [p for p in instance.panels if p.practice == response.practice and p.segment in contracted]
    kept = sum(float(response.panel.get(panel.segment, 0.0)) for panel in panels)
    return kept, sum(panel.demanded for panel in panels) - kept


def _bonuses(instance: Instance, contract: Contract, year: Year) -> float:
    """Bonuses of one practice for the tiers that it is said to attain [USD/year]."""
    measures = {measure.name: measure for measure in instance.measures}
    return sum(
        usd * denominator(instance, measures[name], year.response)
        for (name, tier), usd in contract.bonuses.items()
        if tier <= year.tiers.get(name, 0)
    )
