"""From tables that hold no problem to the instance they describe."""

from __future__ import annotations

from incentive_opt.domain.contract import Contract
from incentive_opt.domain.instance import (
    ROLES,
    Instance,
    Measure,
    Need,
    Observed,
    Panel,
    Practice,
    Segment,
    Service,
    Source,
    StaffRole,
)
from incentive_opt.files.build_rules import build_rules, reliable
from incentive_opt.files.build_simulation import build_simulation
from incentive_opt.files.schemas import InstanceFile, Staff
from incentive_opt.files.tables import Row, Table


def build_instance(name: str, document: InstanceFile, tables: dict[str, Table]) -> Instance:
    """The instance; call only when no problem was found."""
    services = tuple(_service(row) for row in tables["services.csv"].rows)
    rules = build_rules(document.rules)
    measures = tuple(reliable(_measure(row), rules) for row in tables["measures.csv"].rows)
    health = {(row.text("need"), row.text("segment")): row for row in tables["health.csv"].rows}
    return Instance(
        name=name,
        title=document.title,
        description=document.description,
        price_year=document.price_year,
        budget=document.payer.budget,
        hospital_margin_share=document.payer.hospital_margin_share,
        conversion_factor=document.status_quo.conversion_factor,
        status_quo=_status_quo(document, services, measures),
        income_floor=document.income.floor,
        income_ceiling=document.income.ceiling,
        margin=document.incentive.margin,
        rules=rules,
        staff=_staff(document.staff),
        segments=tuple(_segment(row) for row in tables["segments.csv"].rows),
        needs=tuple(
            _need(row, health[row.text("need"), row.text("segment")]) for row in tables["needs.csv"].rows
        ),
        services=services,
        measures=measures,
        practices=tuple(_practice(row) for row in tables["practices.csv"].rows),
        panels=tuple(_panel(row) for row in tables["panels.csv"].rows),
        observed=tuple(_observed(row) for row in tables["observed.csv"].rows),
        sources={key: Source(key, entry.citation, entry.status) for key, entry in document.sources.items()},
        simulation=build_simulation(document.simulation, tables),
    )


def _status_quo(
    document: InstanceFile, services: tuple[Service, ...], measures: tuple[Measure, ...]
) -> Contract:
    table = document.status_quo
    rates = {measure.name: measure.thresholds for measure in measures}
    return Contract(
        fees={service.name: table.conversion_factor * service.rvu for service in services if service.rvu > 0},
        capitation=table.capitation.prices(),
        bonuses={(bonus.measure, bonus.tier): bonus.usd_per_event for bonus in table.bonuses},
        thresholds={
            (bonus.measure, bonus.tier): rates[bonus.measure][bonus.tier - 1] for bonus in table.bonuses
        },
        title="Status quo",
    )


def _staff(staff: Staff) -> dict[str, StaffRole]:
    tables = {"clinician": staff.clinician, "np": staff.np, "team": staff.team}
    return {
        role: StaffRole(
            role=role,
            hours_per_fte=tables[role].hours_per_fte,
            wage=tables[role].wage_usd_per_hour,
            overtime_paid=tables[role].overtime_paid,
            panel_minutes_per_child=tables[role].panel_minutes_per_child,
            source=tables[role].source or "",
        )
        for role in ROLES
    }


def _source(*rows: Row) -> str:
    return ";".join(dict.fromkeys(key for row in rows for key in row.names("source")))


def _segment(row: Row) -> Segment:
    return Segment(
        name=row.text("segment"),
        label=row.text("label") or row.text("segment"),
        equity_weight=row.number("equity_weight"),
        contracted=row.flag("contracted"),
        other_payer_fee_multiple=row.number("other_payer_fee_multiple"),
        source=_source(row),
    )


def _need(row: Row, health: Row) -> Need:
    return Need(
        name=row.text("need"),
        segment=row.text("segment"),
        events_per_child_year=row.number("events_per_child_year"),
        uncovered_to=row.text("uncovered_to"),
        uncovered_cost=row.number("uncovered_cost"),
        uncovered_qaly_loss=row.number("uncovered_qaly_loss"),
        qaly_per_event=health.number("qaly_per_event"),
        curve=health.curve("curve"),
        downstream_saving=health.number("downstream_saving"),
        source=_source(row, health),
        label=row.text("label") or row.text("need"),
        hospital_margin=row.number("hospital_margin"),
    )


def _service(row: Row) -> Service:
    return Service(
        name=row.text("service"),
        label=row.text("label") or row.text("service"),
        need=row.text("need"),
        minutes={role: row.number(f"{role}_minutes") for role in ROLES},
        supply_cost=row.number("supply_cost"),
        rvu=row.number("rvu"),
        effectiveness=row.number("effectiveness"),
        effort_cost=row.number("effort_cost"),
        segments=row.names("segments"),
        source=_source(row),
    )


def _measure(row: Row) -> Measure:
    return Measure(
        name=row.text("measure"),
        label=row.text("label") or row.text("measure"),
        numerator=row.weights("numerator"),
        denominator_need=row.text("denominator_need"),
        segments=row.names("segments"),
        thresholds=row.numbers("thresholds"),
        minimum_denominator=row.number("minimum_denominator"),
        source=_source(row),
        closed_elsewhere=row.number("closed_elsewhere"),
    )


def _practice(row: Row) -> Practice:
    return Practice(
        name=row.text("practice"),
        label=row.text("label") or row.text("practice"),
        ownership=row.text("ownership"),
        count=row.number("count"),
        fte={role: row.number(f"{role}_fte") for role in ROLES},
        altruism=row.number("altruism"),
        effort_scale=row.number("effort_scale"),
        overtime_hours_per_fte=row.numbers("overtime_hours_per_fte"),
        overtime_wage_multiples=row.numbers("overtime_wage_multiples"),
        fixed_cost=row.number("fixed_cost"),
        cost_per_child=row.number("cost_per_child"),
        source=_source(row),
    )


def _panel(row: Row) -> Panel:
    return Panel(
        row.text("practice"), row.text("segment"), row.number("demanded"), row.number("minimum"), _source(row)
    )


def _observed(row: Row) -> Observed:
    return Observed(
        row.text("practice"), row.text("quantity"), row.number("value"), row.number("tolerance"), _source(row)
    )
