"""The instance with other values of what is not known well."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from incentive_opt.domain.instance import Instance, Practice, Service
from incentive_opt.domain.uncertain import MULTIPLE, TERMS, Place

MINUTES, FTE = "_minutes", "_fte"


def changed(instance: Instance, values: Mapping[str, float]) -> Instance:
    """The instance with other values of uncertain parameters; those not named stay as they are.

    Parameters
    ----------
    values : mapping parameter -> float
        In the parameter's own scale.

    Returns
    -------
    Instance
        A practice never has to keep more children than ask: where fewer ask, the smallest panel is theirs.
    """
    numbers: dict[Place, float] = {}
    for one in instance.uncertainty:
        if one.name not in values or values[one.name] == one.base:
            continue
        for place in one.places:
            value = values[one.name]
            numbers[place] = value * number_at(instance, place) if one.scale == MULTIPLE else value
    if not numbers:
        return instance
    by_row: dict[str, dict[tuple[str, ...], dict[str, float]]] = {}
    for place, number in numbers.items():
        by_row.setdefault(place.table, {}).setdefault(place.row, {})[place.column] = number
    return _with_terms(_with_tables(instance, by_row), by_row.get(TERMS, {}).get((), {}))


def number_at(instance: Instance, place: Place) -> float:
    """The number that stands at a place.

    Raises
    ------
    KeyError
        There is no such place.
    """
    if place.table == TERMS:
        return float(_term(instance, place.column))
    for one in _things(instance, place.table):
        if _key(place.table, one) == place.row:
            return float(_number(one, place.column))
    raise KeyError(place)


def _things(instance: Instance, table: str) -> tuple[Any, ...]:
    things: dict[str, tuple[Any, ...]] = {
        "segments.csv": instance.segments,
        "needs.csv": instance.needs,
        "health.csv": instance.needs,
        "services.csv": instance.services,
        "measures.csv": instance.measures,
        "practices.csv": instance.practices,
        "panels.csv": instance.panels,
    }
    return things[table]


def _key(table: str, one: Any) -> tuple[str, ...]:
    """The cells that name the row of a thing."""
    if table in ("needs.csv", "health.csv"):
        return one.name, one.segment
    return (one.practice, one.segment) if table == "panels.csv" else (one.name,)


def _number(one: Any, column: str) -> Any:
    """The number of a column: as the field of its name, or by staff role."""
    if isinstance(one, Service) and column.endswith(MINUTES):
        return one.minutes[column.removesuffix(MINUTES)]
    if isinstance(one, Practice) and column.endswith(FTE):
        return one.fte[column.removesuffix(FTE)]
    return getattr(one, column)


def _with_numbers(one: Any, numbers: Mapping[str, float]) -> Any:
    """A thing with other numbers in some columns."""
    for column, number in numbers.items():
        if isinstance(one, Service) and column.endswith(MINUTES):
            one = replace(one, minutes={**one.minutes, column.removesuffix(MINUTES): number})
        elif isinstance(one, Practice) and column.endswith(FTE):
            one = replace(one, fte={**one.fte, column.removesuffix(FTE): number})
        else:
            one = replace(one, **{column: number})
    return one


def _with_tables(
    instance: Instance, by_row: Mapping[str, Mapping[tuple[str, ...], Mapping[str, float]]]
) -> Instance:
    """The instance with other numbers in its tables."""

    def moved(table: str, things: tuple[Any, ...]) -> tuple[Any, ...]:
        rows = by_row.get(table, {})
        return tuple(_with_numbers(one, rows.get(_key(table, one), {})) for one in things)

    panels = moved("panels.csv", instance.panels)
    services = moved("services.csv", instance.services)
    result = replace(
        instance,
        segments=moved("segments.csv", instance.segments),
        needs=moved("health.csv", moved("needs.csv", instance.needs)),
        services=services,
        measures=moved("measures.csv", instance.measures),
        practices=moved("practices.csv", instance.practices),
        panels=tuple(replace(one, minimum=min(one.minimum, one.demanded)) for one in panels),
    )
    if any("rvu" in row for row in by_row.get("services.csv", {}).values()):
        result = _with_fees(result, result.conversion_factor)
    return result


def _with_fees(instance: Instance, conversion_factor: float) -> Instance:
    """The instance with the fees of its contract in force worked out again."""
    fees = {one.name: conversion_factor * one.rvu for one in instance.services if one.rvu > 0}
    status_quo = replace(instance.status_quo, fees=fees)
    return replace(instance, conversion_factor=conversion_factor, status_quo=status_quo)


def _term(instance: Instance, key: str) -> Any:
    """A number of instance.toml; KeyError where it is none that can be uncertain."""
    if key.startswith("staff."):
        _, role, name = key.split(".")
        return getattr(instance.staff[role], _staff_field(name))
    fields = {
        "payer.budget": instance.budget,
        "payer.hospital_margin_share": instance.hospital_margin_share,
        "status_quo.conversion_factor": instance.conversion_factor,
        "income.floor": instance.income_floor,
        "income.ceiling": instance.income_ceiling,
    }
    if fields.get(key) is None:
        raise KeyError(key)
    return fields[key]


def _staff_field(name: str) -> str:
    return "wage" if name == "wage_usd_per_hour" else name


def _with_terms(instance: Instance, terms: Mapping[str, float]) -> Instance:
    """The instance with other numbers of instance.toml."""
    fields = {
        "payer.budget": "budget",
        "payer.hospital_margin_share": "hospital_margin_share",
        "income.floor": "income_floor",
        "income.ceiling": "income_ceiling",
    }
    staff = dict(instance.staff)
    for key, number in terms.items():
        if key.startswith("staff."):
            _, role, name = key.split(".")
            staff[role] = _with_numbers(staff[role], {_staff_field(name): number})
    plain: dict[str, Any] = {fields[key]: number for key, number in terms.items() if key in fields}
    result = replace(instance, staff=staff, **plain)
    factor = terms.get("status_quo.conversion_factor")
    return result if factor is None else _with_fees(result, factor)
