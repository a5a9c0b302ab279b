"""What must hold between the tables of an instance: references, orders, reach."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, TypeGuard

from incentive_opt.domain.instance import ROLES
from incentive_opt.files.build_rules import check_rules
from incentive_opt.files.columns import OBSERVED_QUANTITIES
from incentive_opt.files.prices import Payable, check_prices
from incentive_opt.files.problems import Problems, did_you_mean
from incentive_opt.files.schemas import InstanceFile
from incentive_opt.files.simulation_checks import check_simulation, check_simulation_terms
from incentive_opt.files.tables import Row, Table
from incentive_opt.files.toml_files import place
from incentive_opt.files.uncertainty import check_uncertainty

HOMES = {
    "segment": "segments.csv",
    "need": "needs.csv",
    "service": "services.csv",
    "measure": "measures.csv",
    "practice": "practices.csv",
    "condition": "conditions.csv",
}
"""Where each kind of name is defined."""


def check_tables(
    tables: dict[str, Table], raw: dict[str, Any] | None, document: InstanceFile | None, problems: Problems
) -> None:
    """Note everything that is wrong between the tables."""
    known = {kind: tables[file].key_names(kind) for kind, file in HOMES.items()}
    known["source"] = None if raw is None else source_keys(raw)
    for table in tables.values():
        _references(table, tables, known, problems)
    _needs_and_health(tables, problems)
    _needs_of_segments(tables, problems)
    _segments(tables["segments.csv"], problems)
    _practices(tables, document, problems)
    _panels(tables, document, problems)
    _observed(tables["observed.csv"], known["measure"], problems)
    check_simulation(tables, problems)
    check_uncertainty(tables, raw, problems)


def check_document(
    raw: dict[str, Any], tables: dict[str, Table], text: str, shown: str, problems: Problems
) -> None:
    """Note everything in instance.toml that does not fit the tables or itself."""
    status_quo = raw.get("status_quo")
    status_quo = status_quo if isinstance(status_quo, dict) else {}
    check_prices(status_quo, ("status_quo",), _payable(tables), text, shown, problems)
    check_sources(raw, text, shown, problems)
    check_simulation_terms(raw, text, shown, problems)
    check_rules(raw, text, shown, problems)
    income = raw.get("income")
    if not isinstance(income, dict):
        return
    floor, ceiling = income.get("floor"), income.get("ceiling")
    if _is_number(floor) and _is_number(ceiling) and floor > ceiling:
        where = place(("income", "floor"), text)
        problems.add(shown, where, floor, f"at most the ceiling, {ceiling}")


def _payable(tables: dict[str, Table]) -> Payable:
    segments, measures = tables["segments.csv"], tables["measures.csv"]
    menu = {row.cells["measure"]: row.numbers("thresholds") for row in measures.rows}
    menu |= {cells["measure"]: () for cells in measures.torn if "measure" in cells}
    return Payable(
        services=tables["services.csv"].key_names("service"),
        segments=segments.key_names("segment"),
        elsewhere=[row.text("segment") for row in segments.rows if row.values.get("contracted") is False],
        menu=menu if measures.readable else None,
    )


def source_keys(raw: dict[str, Any]) -> list[str]:
    """Keys of the sources a document defines."""
    sources = raw.get("sources")
    return list(sources) if isinstance(sources, dict) else []


def check_sources(raw: dict[str, Any], text: str, shown: str, problems: Problems) -> None:
    """Note every ``source`` of a document that is not among its sources."""
    known = source_keys(raw)
    for location, value in _walk({key: part for key, part in raw.items() if key != "sources"}):
        if location[-1] != "source" or not isinstance(value, str):
            continue
        for key in (part.strip() for part in value.split(";")):
            if key not in known:
                problems.add(
                    shown, place(location, text), key, "a key of [sources]", did_you_mean(key, known)
                )


def _walk(part: Any, location: tuple[int | str, ...] = ()) -> Iterator[tuple[tuple[int | str, ...], Any]]:
    if isinstance(part, dict):
        for key, value in part.items():
            yield from _walk(value, (*location, key))
    elif isinstance(part, list):
        for index, value in enumerate(part):
            yield from _walk(value, (*location, index))
    else:
        yield location, part


def _is_number(value: object) -> TypeGuard[float]:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _references(
    table: Table, tables: dict[str, Table], known: dict[str, list[str] | None], problems: Problems
) -> None:
    for column in table.layout.columns:
        names = known.get(column.refers_to)
        if not column.refers_to or names is None:
            continue
        home = HOMES.get(column.refers_to, "[sources] in instance.toml")
        for row in table.rows:
            if not row.has(column.name) or (column.refers_to == "practice" and _is_all(row)):
                continue
            for name in _named(row.values[column.name]):
                if name not in names and not (home in tables and tables[home].may_hold(name)):
                    problems.add(
                        row.file,
                        f"{row.where}, {column.name}",
                        name,
                        f"a {column.refers_to} of {home}",
                        did_you_mean(name, names),
                    )


def _is_all(row: Row) -> bool:
    return "quantity" in row.cells and row.text("practice") == "all"


def _named(value: object) -> list[str]:
    return [value] if isinstance(value, str) else list(value) if isinstance(value, tuple | dict) else []


def _pairs(table: Table) -> dict[tuple[str, str], Row]:
    return {(row.cells["need"], row.cells["segment"]): row for row in table.rows}


def _needs_and_health(tables: dict[str, Table], problems: Problems) -> None:
    needs, health = tables["needs.csv"], tables["health.csv"]
    if not (needs.readable and health.readable):
        return
    for here, there in ((needs, health), (health, needs)):
        other = _pairs(there)
        for pair, row in _pairs(here).items():
            if pair not in other and not there.may_hold(*pair):
                problems.add(
                    row.file,
                    row.where,
                    "",
                    f"a row for the same need and segment in {there.layout.file}",
                    "Add it there, or remove it here.",
                )


def _needs_of_segments(tables: dict[str, Table], problems: Problems) -> None:
    """Services and measures name only segments that have their need."""
    having: dict[str, set[str]] = {}
    for need, segment in _pairs(tables["needs.csv"]):
        having.setdefault(need, set()).add(segment)
    known = tables["segments.csv"].key_names("segment") or []
    for file, column in (("services.csv", "need"), ("measures.csv", "denominator_need")):
        for row in tables[file].rows:
            need = row.text(column)
            for segment in row.names("segments"):
                if tables["needs.csv"].may_hold(need, segment):
                    continue
                if need in having and segment in known and segment not in having[need]:
                    problems.add(
                        row.file,
                        f"{row.where}, segments",
                        segment,
                        f"a segment that has the need {need!r}",
                        f"These have it: {', '.join(sorted(having[need]))}.",
                    )


def _segments(table: Table, problems: Problems) -> None:
    column = "other_payer_fee_multiple"
    for row in table.rows:
        contracted = row.values.get("contracted")
        if contracted is False and not row.cells.get(column):
            problems.add(
                row.file,
                f"{row.where}, {column}",
                "",
                "a number, as the segment is not contracted",
                "What does its own payer pay, as a multiple of the status-quo fee?",
            )
        if contracted is True and row.number(column) > 0:
            problems.add(
                row.file,
                f"{row.where}, {column}",
                row.cells[column],
                "no other payer, as the segment is contracted",
                "Leave the cell empty.",
            )
    flags = [row.values.get("contracted") for row in table.rows]
    if flags and all(flag is False for flag in flags) and not table.torn:
        problems.add(table.shown, "", "", "at least one segment with contracted = true")


def _practices(tables: dict[str, Table], document: InstanceFile | None, problems: Problems) -> None:
    panels = tables["panels.csv"]
    with_panel = set(panels.key_names("practice") or [])
    hours, multiples = "overtime_hours_per_fte", "overtime_wage_multiples"
    for row in tables["practices.csv"].rows:
        if row.has(hours, multiples) and len(row.numbers(hours)) != len(row.numbers(multiples)):
            problems.add(
                row.file,
                f"{row.where}, {multiples}",
                row.cells[multiples],
                f"as many multiples as bands of overtime, {len(row.numbers(hours))}",
            )
        if row.text("practice") == "all":
            problems.add(
                row.file, row.where, "all", "another name", "In observed.csv 'all' means every practice."
            )
        name = row.text("practice")
        without = panels.readable and name not in with_panel and not panels.may_hold(name)
        if without and row.has("practice") and not row.repeated:
            problems.add(
                row.file, row.where, "", "children: at least one row of panels.csv for this practice"
            )
        if row.has(hours) and document is not None:
            most = max(getattr(document.staff, role).hours_per_fte for role in ROLES)
            if most + sum(row.numbers(hours)) > 8784:
                problems.add(
                    row.file,
                    f"{row.where}, {hours}",
                    row.cells[hours],
                    "hours that fit in a year together with hours_per_fte",
                )


def _panels(tables: dict[str, Table], document: InstanceFile | None, problems: Problems) -> None:
    kept: dict[str, float] = {}
    for row in tables["panels.csv"].rows:
        if row.has("demanded", "minimum") and row.number("minimum") > row.number("demanded"):
            problems.add(
                row.file,
                f"{row.where}, minimum",
                row.cells["minimum"],
                f"at most the children demanded, {row.cells['demanded']}",
            )
        practice = row.text("practice")
        kept[practice] = kept.get(practice, 0.0) + (0.0 if row.repeated else row.number("minimum"))
    if document is None:
        return
    for row in tables["practices.csv"].rows:
        for role in ROLES:
            if row.has(f"{role}_fte", "overtime_hours_per_fte"):
                _reachable(row, role, kept.get(row.text("practice"), 0.0), document, problems)


def _reachable(row: Row, role: str, children: float, document: InstanceFile, problems: Problems) -> None:
    """The minimum panel's own work fits into the staff time, overtime included."""
    terms = getattr(document.staff, role)
    work = children * terms.panel_minutes_per_child / 60
    most = row.number(f"{role}_fte") * (terms.hours_per_fte + sum(row.numbers("overtime_hours_per_fte")))
    if work > most:
        problems.add(
            row.file,
            f"{row.where}, {role}_fte",
            row.cells[f"{role}_fte"],
            f"staff time for the minimum panel: {children:.12g} children bring {work:.12g} hours/year of "
            f"{role} work, and there are at most {most:.12g} with overtime",
            "Lower the minimum in panels.csv, or panel_minutes_per_child, or add staff.",
        )


def _observed(table: Table, measures: list[str] | None, problems: Problems) -> None:
    for row in table.rows:
        quantity = row.text("quantity")
        kind, colon, measure = quantity.partition(":")
        where = f"{row.where}, quantity"
        if colon and kind == "rate":
            if measures is not None and measure not in measures:
                problems.add(
                    row.file, where, measure, "a measure of measures.csv", did_you_mean(measure, measures)
                )
        elif quantity and quantity not in OBSERVED_QUANTITIES:
            known = (*OBSERVED_QUANTITIES, "rate:MEASURE")
            problems.add(row.file, where, quantity, "a known quantity", did_you_mean(quantity, known))
