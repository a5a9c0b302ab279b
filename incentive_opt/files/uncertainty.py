"""uncertainty.csv: which numbers of an instance are not known well, and how far each may move."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from incentive_opt.domain.uncertain import MULTIPLE, TERMS, VALUE, Place, Uncertain
from incentive_opt.files.columns import TABLES, Column
from incentive_opt.files.problems import Problems, did_you_mean
from incentive_opt.files.tables import Row, Table

FILE = "uncertainty.csv"
NOT_ASKED = {
    "observed.csv": "only calibration reads it",
    "conditions.csv": "only the simulator reads it",
    "courses.csv": "only the simulator reads it",
    FILE: "these are no numbers of the instance",
}
"""Tables whose numbers change nothing that practices do in the optimiser's model, and why."""
STAFF = {
    "hours_per_fte": (8784.0, "hours/FTE-year", True),
    "wage_usd_per_hour": (10_000.0, "USD/hour", False),
    "panel_minutes_per_child": (100_000.0, "minutes/child-year", False),
}
KEYS = {
    "payer.budget": (1e13, "USD/year", True),
    "payer.hospital_margin_share": (1.0, "1", False),
    "status_quo.conversion_factor": (1e5, "USD/RVU", False),
    "income.floor": (100.0, "1", False),
    "income.ceiling": (1000.0, "1", False),
    **{
        f"staff.{role}.{key}": limits for role in ("clinician", "np", "team") for key, limits in STAFF.items()
    },
}
"""Numbers of instance.toml that may be uncertain: the most each may be, its unit, whether zero is too low."""
FORM = "FILE:ROWS:COLUMN, such as health.csv:need=asthma:qaly_per_event, or instance.toml:payer.budget"
EVERY = "*"


@dataclass(frozen=True)
class Cell:
    """A number that a parameter moves: where it stands, what it is, and within which limits it makes sense.

    ``above`` says whether the least number itself is out of bounds.
    """

    place: Place
    number: float
    least: float
    most: float
    unit: str
    above: bool


class _Wrong(Exception):
    """An address that leads nowhere: what was expected, and what to do."""

    def __init__(self, expected: str, remedy: str = "") -> None:
        super().__init__(expected)
        self.expected, self.remedy = expected, remedy


def check_uncertainty(tables: dict[str, Table], raw: dict[str, Any] | None, problems: Problems) -> None:
    """Note everything that is wrong with the parameters: addresses, ranges, numbers named twice."""
    taken: dict[Place, str] = {}
    for row in tables[FILE].rows:
        if not row.has("parameter", "of", "scale"):
            continue
        cells = []
        for address in _addresses(row):
            try:
                cells += _cells(address, tables, raw)
            except _Wrong as wrong:
                problems.add(row.file, f"{row.where}, of", address, wrong.expected, wrong.remedy)
        for cell in cells:
            earlier = taken.setdefault(cell.place, row.text("parameter"))
            if earlier != row.text("parameter") or cells.count(cell) > 1:
                remedy = f"It also belongs to {earlier}; two parameters cannot move one number."
                where = ":".join((cell.place.table, "+".join(cell.place.row), cell.place.column))
                problems.add(row.file, f"{row.where}, of", where, "every number once", remedy)
                break
        if cells and row.has("low", "high"):
            _check_range(row, cells, problems)


def build_uncertainty(tables: dict[str, Table], raw: dict[str, Any]) -> tuple[Uncertain, ...]:
    """The uncertain parameters; call only when no problem was found."""
    return tuple(_uncertain(row, tables, raw) for row in tables[FILE].rows)


def _uncertain(row: Row, tables: dict[str, Table], raw: dict[str, Any]) -> Uncertain:
    cells = [cell for address in _addresses(row) for cell in _cells(address, tables, raw)]
    scale = row.text("scale")
    least, most = _limits(scale, cells)
    return Uncertain(
        name=row.text("parameter"),
        label=row.text("label") or row.text("parameter"),
        places=tuple(cell.place for cell in cells),
        scale=scale,
        base=1.0 if scale == MULTIPLE else cells[0].number,
        low=row.number("low"),
        high=row.number("high"),
        distribution=row.text("distribution") or "uniform",
        least=least,
        most=most,
        unit="1" if scale == MULTIPLE else cells[0].unit,
        source=";".join(row.names("source")),
    )


def _addresses(row: Row) -> list[str]:
    return [part.strip() for part in row.text("of").split(";")]


def _limits(scale: str, cells: list[Cell]) -> tuple[float, float]:
    """Within which the parameter leaves every one of its numbers within the limits of its column."""
    if scale == VALUE:
        return max(cell.least for cell in cells), min(cell.most for cell in cells)
    moved = [cell for cell in cells if cell.number > 0.0]
    lowest = max((cell.least / cell.number for cell in moved), default=0.0)
    return lowest, min((cell.most / cell.number for cell in moved), default=math.inf)


def _check_range(row: Row, cells: list[Cell], problems: Problems) -> None:
    """The range holds what the files say, is a range, and leaves no number outside its limits."""
    scale, low, high = row.text("scale"), row.number("low"), row.number("high")

    def note(column: str, expected: str, remedy: str = "") -> None:
        problems.add(row.file, f"{row.where}, {column}", row.cells.get(column, ""), expected, remedy)

    if low >= high:
        note("high", f"more than low, {low:.12g}")
        return
    numbers = sorted({cell.number for cell in cells})
    if scale == VALUE and len(numbers) > 1:
        expected = f"numbers that are all the same; these go from {numbers[0]:.12g} to {numbers[-1]:.12g}"
        note("of", expected, "Make it a multiple, or give each a row of its own.")
        return
    if scale == MULTIPLE and not any(numbers):
        note("of", "a number above zero: no multiple moves a zero", "Give values instead of multiples.")
        return
    base = 1.0 if scale == MULTIPLE else numbers[0]
    words = (
        "1, which leaves the numbers as they are" if scale == MULTIPLE else f"{base:.12g}, what the file says"
    )
    if not low <= base <= high:
        note("low" if low > base else "high", f"a range that holds {words}")
    if row.text("distribution") == "lognormal" and low <= 0.0:
        note("low", "a number above 0, as the distribution is lognormal")
    least, most = _limits(scale, cells)
    if low < least or high > most:
        column = "low" if low < least else "high"
        note(column, f"within {least:.12g} and {most:.12g}, or numbers leave the limits of their column")
    elif low == least and any(cell.above for cell in cells):
        note("low", f"above {least:.12g}, or numbers leave the limits of their column")


def _cells(address: str, tables: dict[str, Table], raw: dict[str, Any] | None) -> list[Cell]:
    """The numbers at an address; none where the tables hold problems of their own."""
    file, colon, rest = (part.strip() for part in address.partition(":"))
    if not colon or not rest:
        raise _Wrong(FORM)
    if file == TERMS:
        return _terms(rest, raw)
    layouts = {layout.file: layout for layout in TABLES if layout.file not in NOT_ASKED}
    if file in NOT_ASKED:
        raise _Wrong(f"numbers that practices answer to; of {file}, {NOT_ASKED[file]}")
    if file not in layouts:
        raise _Wrong("a table of the instance, or instance.toml", did_you_mean(file, [*layouts, TERMS]))
    rows, colon, column = (part.strip() for part in rest.rpartition(":"))
    if not colon:
        raise _Wrong(FORM)
    named = {one.name: one for one in layouts[file].columns if one.kind == "number"}
    if column not in named:
        raise _Wrong(f"a column of {file} with one number in each cell", did_you_mean(column, named))
    if not tables[file].readable:
        return []
    found = [row for row in tables[file].once if _meant(row, rows, file)]
    if not found and tables[file].may_hold(*_values(rows)):
        return []
    if not found:
        raise _Wrong(f"at least one row of {file}", "No row is like that.")
    return [_cell(row, file, layouts[file].keys, named[column]) for row in found if row.has(column)]


def _cell(row: Row, file: str, keys: tuple[str, ...], column: Column) -> Cell:
    place = Place(file, tuple(row.cells[key] for key in keys), column.name)
    return Cell(
        place, row.number(column.name), column.lowest, column.highest, column.unit, column.above_lowest
    )


def _meant(row: Row, rows: str, file: str) -> bool:
    """Whether a row is among those that an address means."""
    return rows == EVERY or all(row.cells.get(name) == value for name, value in _conditions(row, rows, file))


def _values(rows: str) -> list[str]:
    """What rows that an address means have among their cells."""
    return [] if rows == EVERY else [part.partition("=")[2].strip() for part in rows.split("&")]


def _conditions(row: Row, rows: str, file: str) -> Iterator[tuple[str, str]]:
    for part in rows.split("&"):
        name, sign, value = (word.strip() for word in part.partition("="))
        if not sign or not value:
            raise _Wrong(f"rows as column=value, joined by '&', or {EVERY} for all", f"Example: {FORM}.")
        if name not in row.cells:
            raise _Wrong(f"a column of {file}", did_you_mean(name, row.cells))
        yield name, value


def _terms(key: str, raw: dict[str, Any] | None) -> list[Cell]:
    """A number of instance.toml."""
    if key not in KEYS:
        raise _Wrong("a number of instance.toml that practices or limits answer to", did_you_mean(key, KEYS))
    part: Any = raw
    for name in key.split("."):
        part = part.get(name) if isinstance(part, dict) else None
    if part is None and raw is not None and key == "payer.budget":
        raise _Wrong("a budget in instance.toml", "There is none: the budget is what today's contract costs.")
    if part is None and raw is not None and key == "payer.hospital_margin_share":
        raise _Wrong("a share in instance.toml", "There is none; write hospital_margin_share = 0.0 there.")
    if isinstance(part, bool) or not isinstance(part, int | float):
        return []  # its own problem is told where it stands
    most, unit, above = KEYS[key]
    return [Cell(Place(TERMS, (), key), float(part), 0.0, most, unit, above)]
