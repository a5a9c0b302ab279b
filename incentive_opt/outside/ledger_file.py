"""The ledger of a simulation as a CSV file: one row for each figure of each simulated year."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from incentive_opt.domain.contract import Contract
from incentive_opt.domain.instance import Instance
from incentive_opt.files.columns import Column, TableFormat
from incentive_opt.files.problems import Problems, did_you_mean
from incentive_opt.files.tables import Row, read_table
from incentive_opt.files.text import decode, read_bytes
from incentive_opt.files.writing import write_atomically
from incentive_opt.simulate.figures import Quantity, quantities
from incentive_opt.simulate.interval import Estimates, estimates
from incentive_opt.simulate.world import FloatArray, terms_of, world_of

COLUMNS = ("replication", "practice", "quantity", "of", "tier", "value")
HEADER = ",".join(COLUMNS)
REQUIRED = ("health_qaly", "outlay_usd")
"""Totals without which a year says too little."""
SHARES = ("tier_paid", "own_clinician_share")
NOT_NEGATIVE = (
    "children_on_panels", "children_turned_away", "visits", "minutes_per_visit", "leak_visits", "admissions",
    "crowded_out", "panel", "rate",
)  # fmt: skip
ROUNDING = 1e-6
"""A figure may lie this little outside its range: sums of fractions are rounded."""
MOST_PROBLEMS = 50
"""So many problems are named; a program that gets one row wrong gets thousands wrong."""
MOST_NAMED = 5

Key = tuple[str, str, str, int]
"""Quantity, practice, what it is of, tier."""

LAYOUT = TableFormat(
    "ledger",
    (
        Column("replication", "number", lowest=1.0, highest=1e6, whole=True),
        Column("practice", "text", optional=True),
        Column("quantity", "text"),
        Column("of", "text", optional=True),
        Column("tier", "number", optional=True, highest=1e6, whole=True),
        Column("value", "number", lowest=-1e15, highest=1e15),
    ),
    COLUMNS[:5],
    most_rows=5_000_000,
)


@dataclass(frozen=True)
class Years:
    """Figures of independently simulated years.

    Attributes
    ----------
    quantities : sequence of Quantity
    values : array (years, quantities)
        NaN where a year has no such figure, as the rate of a measure without cases.
    """

    quantities: Sequence[Quantity]
    values: FloatArray

    @property
    def estimates(self) -> Estimates:
        """Mean and 95 % interval of every quantity."""
        return estimates(self.values)


def ledger_text(years: Years) -> str:
    """The ledger as CSV; a figure that a year does not have gets no row."""
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(COLUMNS)
    for number, row in enumerate(years.values.tolist(), start=1):
        for q, value in zip(years.quantities, row, strict=True):
            if math.isfinite(value):
                writer.writerow((number, q.practice, q.kind, q.of, q.tier or "", repr(value)))
    return buffer.getvalue()


def write_ledger(path: str | Path, years: Years) -> None:
    """Write a ledger, whole or not at all."""
    write_atomically(path, ledger_text(years))


def read_ledger(
    path: str | Path, instance: Instance, contract: Contract, replications: int, shown: str = ""
) -> Years:
    """Read and check a ledger.

    Parameters
    ----------
    path : str or Path
    instance, contract : Instance, Contract
        What was simulated: they say which practices, segments, measures and paid tiers there are.
    replications : int
        Years that were asked for; the required totals must stand there for each of them.
    shown : str, optional
        What to call the file in a problem.

    Returns
    -------
    Years
        Only the quantities that the ledger has.

    Raises
    ------
    InputError
        With every problem found, up to a limit.
    """
    name = shown or str(path)
    problems = Problems()
    remedy = "The program is to write it where --ledger says; see docs/outside_simulators.md."
    content = read_bytes(Path(path), name, problems, remedy)
    text = None if content is None else decode(content, name, problems)
    rows = [] if text is None else _rows(text, name, problems)
    years = _Reader(quantities(world_of(instance), terms_of(instance, contract)), replications, problems)
    for row in rows:
        years.take(row)
    if not problems.found:
        years.need_totals(name)
    _raise_some(problems, name)
    return years.made()


def _rows(text: str, shown: str, problems: Problems) -> list[Row]:
    """The rows below a header that has all columns."""
    header = [cell.strip() for cell in next(csv.reader(io.StringIO(text.split("\n", 1)[0])), [])]
    missing = [name for name in COLUMNS if name not in header]
    if missing and text.strip():
        for name in missing:
            remedy = f"The header is: {HEADER}."
            problems.add(shown, "row 1", ",".join(header), f"a column {name!r}", remedy)
        return []
    return read_table(text, LAYOUT, shown, problems).rows


class _Reader:
    """Takes rows one by one and notes what is wrong with them."""

    def __init__(self, known: Iterable[Quantity], replications: int, problems: Problems) -> None:
        self.known: dict[Key, Quantity] = {(q.kind, q.practice, q.of, q.tier): q for q in known}
        self.kinds: dict[str, list[Key]] = {}
        for key in self.known:
            self.kinds.setdefault(key[0], []).append(key)
        self.replications = replications
        self.problems = problems
        self.found: dict[Key, dict[int, float]] = {}
        self.seen: set[tuple[str, ...]] = set()

    def take(self, row: Row) -> None:
        """One row; those with a cell that could not be read are reported already."""
        if not row.has("replication", "quantity", "value") or (row.cells["tier"] and not row.has("tier")):
            return
        number = int(row.number("replication"))
        if number > self.replications:
            self._wrong(row, "replication", f"a whole number from 1 to {self.replications}, as was asked for")
            return
        key = row.text("quantity"), row.text("practice"), row.text("of"), int(row.number("tier"))
        if not (self._is_known(row, key) and self._in_range(row, key[0])):
            return
        years = self.found.setdefault(key, {})
        cells = tuple(row.cells[column] for column in COLUMNS[:5])
        if number in years and cells not in self.seen:  # the same text twice is reported already
            self._wrong(row, "replication", "every figure once in a year")
        self.seen.add(cells)
        years[number] = row.number("value")

    def _is_known(self, row: Row, key: Key) -> bool:
        kind = key[0]
        if kind not in self.kinds:
            paid = kind == "tier_paid"
            expected = "no tier: no bonus is paid under this contract" if paid else "a known quantity"
            self._wrong(row, "quantity", expected, "" if paid else did_you_mean(kind, self.kinds))
            return False
        if key in self.known:
            return True
        for place, column in ((1, "practice"), (2, "of"), (3, "tier")):
            # what was right so far narrows down what may follow
            right = {other[place] for other in self.kinds[kind] if other[:place] == key[:place]}
            if key[place] not in right:
                names = [str(name) for name in sorted(right) if name]
                expected = f"{_one_of(names)} for {kind}" if names else f"an empty cell for {kind}"
                remedy = did_you_mean(str(key[place]), names) if names and key[place] else ""
                self._wrong(row, column, expected, remedy)
                break
        return False

    def _in_range(self, row: Row, kind: str) -> bool:
        value = row.number("value")
        if kind in SHARES and not -ROUNDING <= value <= 1.0 + ROUNDING:
            self._wrong(row, "value", f"a share from 0 to 1 for {kind}")
            return False
        if kind in NOT_NEGATIVE and value < -ROUNDING:
            self._wrong(row, "value", f"a number that is not negative for {kind}")
            return False
        return True

    def _wrong(self, row: Row, column: str, expected: str, remedy: str = "") -> None:
        self.problems.add(row.file, f"{row.where}, {column}", row.cells[column], expected, remedy)

    def need_totals(self, shown: str) -> None:
        """Note years without one of the required totals."""
        for kind in REQUIRED:
            years = self.found.get((kind, "", "", 0), {})
            missing = [str(n) for n in range(1, self.replications + 1) if n not in years]
            if missing:
                which = ", ".join(missing[:MOST_NAMED]) + (", …" if len(missing) > MOST_NAMED else "")
                expected = f"a row for every replication, 1 to {self.replications}; there is none for {which}"
                self.problems.add(shown, f"quantity={kind}", "", expected)

    def made(self) -> Years:
        """The figures that were there, in the order of our own ledger."""
        there = [key for key in self.known if key in self.found]
        values = np.full((self.replications, len(there)), np.nan)
        for column, key in enumerate(there):
            for number, value in self.found[key].items():
                values[number - 1, column] = value
        return Years([self.known[key] for key in there], values)


def _one_of(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"one of {', '.join(names)}"


def _raise_some(problems: Problems, shown: str) -> None:
    """End with the problems found; of very many, the first."""
    more = len(problems.found) - MOST_PROBLEMS
    if more > 0:
        problems.found = problems.found[:MOST_PROBLEMS]
        problems.add(shown, "", f"{more} more problems", "a ledger as in docs/outside_simulators.md")
    problems.raise_if_any()
