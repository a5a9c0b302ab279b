"""From tables that hold no problem to what only the simulator reads."""

from __future__ import annotations

from typing import Any

from incentive_opt.domain.simulation import (
    BehaviourTerms,
    Condition,
    Continuity,
    Course,
    Enrolment,
    Simulation,
    Spread,
    Waiting,
)
from incentive_opt.files.schemas import SimulationTable, Sourced
from incentive_opt.files.tables import Row, Table

PARTS = ("practices", "enrolment", "continuity", "waiting", "behaviour")
"""The parts of [simulation] in instance.toml."""

FILES = {"courses": "courses.csv", "conditions": "conditions.csv"}
"""The parts that are tables, with their files."""


def build_simulation(terms: SimulationTable, tables: dict[str, Table]) -> Simulation:
    """What only the simulator reads; parts that are not given stay plain.

    Parameters
    ----------
    terms : SimulationTable
        [simulation] of instance.toml.
    tables : mapping file -> Table
        The tables of the instance, free of problems.
    """
    given = {part for part in PARTS if getattr(terms, part) is not None}
    given |= {part for part, file in FILES.items() if tables[file].rows}
    return Simulation(
        spread=_spread(terms),
        enrolment=Enrolment(**_values(terms.enrolment, terms)),
        continuity=Continuity(**_values(terms.continuity, terms)),
        waiting=Waiting(**_values(terms.waiting, terms)),
        behaviour=BehaviourTerms(**_values(terms.behaviour, terms)),
        courses=tuple(_course(row) for row in tables["courses.csv"].rows),
        conditions=tuple(_condition(row) for row in tables["conditions.csv"].rows),
        given=frozenset(given),
    )


def _values(part: Sourced | None, terms: SimulationTable) -> dict[str, Any]:
    """Values of a part by the names they have in the file; a part without a source has that around it."""
    if part is None:
        return {}
    return part.model_dump() | {"source": part.source or terms.source or ""}


def _spread(terms: SimulationTable) -> Spread:
    values = _values(terms.practices, terms)
    return Spread(**{name.removesuffix("_spread"): value for name, value in values.items()})


def _condition(row: Row) -> Condition:
    return Condition(
        name=row.text("condition"),
        segment=row.text("segment"),
        prevalence=row.number("prevalence"),
        multiplies=row.weights("multiplies"),
        label=row.text("label") or row.text("condition"),
        source=";".join(row.names("source")),
    )


def _course(row: Row) -> Course:
    def value(column: str) -> float | None:
        return row.number(column) if row.has(column) else None

    return Course(
        need=row.text("need"),
        arrival=row.text("arrival"),
        condition=row.text("condition"),
        season_amplitude=row.number("season_amplitude"),
        season_peak_month=int(row.number("season_peak_month")),
        dispersion=row.number("dispersion"),
        can_wait=row.flag("can_wait"),
        qaly_if_it_works=value("qaly_if_it_works"),
        admission_cost=value("admission_cost"),
        leak_visit_cost=value("leak_visit_cost"),
        source=";".join(row.names("source")),
    )
