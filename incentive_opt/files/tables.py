"""Reading one CSV table strictly: every cell typed, every problem noted with its row."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import cast

from incentive_opt.files.cells import DECIMAL_COMMA, PARSERS, CellError
from incentive_opt.files.columns import TableFormat
from incentive_opt.files.problems import Problems, did_you_mean, nearest


@dataclass(frozen=True)
class Row:
    """A row of a table.

    Attributes
    ----------
    where : str
        How to name the row to a person: ``row 7 (need=asthma, segment=infant)``.
    cells : mapping column -> str
        What stands in the file.
    values : mapping column -> object
        What it means; a cell that was empty or wrong is not there.
    repeated : bool
        Whether a row further up has the same key, which is a problem of its own.
    """

    file: str
    where: str
    cells: Mapping[str, str]
    values: Mapping[str, object]
    repeated: bool = False

    def has(self, *columns: str) -> bool:
        """Whether all of these cells hold a good value."""
        return all(column in self.values for column in columns)

    def text(self, column: str) -> str:
        """A name or words; empty where not given."""
        return cast(str, self.values.get(column, ""))

    def number(self, column: str) -> float:
        """A number; zero where not given."""
        return cast(float, self.values.get(column, 0.0))

    def flag(self, column: str) -> bool:
        """True or false."""
        return cast(bool, self.values[column])

    def names(self, column: str) -> tuple[str, ...]:
        """Names in one cell."""
        return cast("tuple[str, ...]", self.values.get(column, ()))

    def numbers(self, column: str) -> tuple[float, ...]:
        """Numbers in one cell."""
        return cast("tuple[float, ...]", self.values.get(column, ()))

    def weights(self, column: str) -> dict[str, float]:
        """Weighted names in one cell."""
        return cast("dict[str, float]", self.values.get(column, {}))

    def curve(self, column: str) -> tuple[tuple[float, float], ...]:
        """Points of a curve, with (0, 0)."""
        return cast("tuple[tuple[float, float], ...]", self.values.get(column, ()))


@dataclass(frozen=True)
class Table:
    """A table as read; ``readable`` is False where the file or its header was not.

    ``torn`` are rows with too many or too few cells, by column as far as that goes. They have a problem of
    their own; no other should follow from what they would have held.
    """

    layout: TableFormat
    shown: str
    rows: list[Row] = field(default_factory=list)
    readable: bool = True
    torn: Sequence[Mapping[str, str]] = ()

    @property
    def once(self) -> list[Row]:
        """The rows without those that repeat another."""
        return [row for row in self.rows if not row.repeated]

    def may_hold(self, *names: str) -> bool:
        """Whether a torn row has all of these among its cells."""
        return any(set(names) <= set(cells.values()) for cells in self.torn)

    def key_names(self, column: str) -> list[str] | None:
        """Every name in a column, also from rows with other faults; None if the table is unreadable."""
        if not self.readable:
            return None
        every = (*(row.cells for row in self.rows), *self.torn)
        return list(dict.fromkeys(cells[column] for cells in every if cells.get(column)))


def read_table(text: str, layout: TableFormat, shown: str, problems: Problems) -> Table:
    """Read a CSV table.

    Parameters
    ----------
    text : str
        Content of the file.
    layout : TableFormat
        The columns it must have.
    shown : str
        What to call the file in a problem.
    problems : Problems
        Where to note what is wrong.
    """
    lines = _split(text, shown, problems)
    if not lines:
        if lines is not None:
            problems.add(shown, "", "an empty file", "a header row with the column names")
        return Table(layout, shown, readable=False)
    header = lines[0][1]
    if not _header_is_good(header, layout, shown, problems):
        return Table(layout, shown, readable=False)
    body = lines[1:]
    if len(body) > layout.most_rows:
        problems.add(
            shown,
            "",
            f"{len(body)} rows",
            f"at most {layout.most_rows} rows",
            "A problem this large is beyond this program; group alike rows.",
        )
        return Table(layout, shown, readable=False)
    if len(body) < layout.fewest_rows:
        problems.add(shown, "", "no rows", f"at least {layout.fewest_rows} row below the header")
    rows = [row for line, cells in body if (row := _row(line, header, cells, layout, shown, problems))]
    torn = [_by_column(header, cells) for _, cells in body if len(cells) != len(header)]
    return Table(layout, shown, _marked(rows, layout, problems), torn=torn)


def _by_column(header: list[str], cells: list[str]) -> dict[str, str]:
    """Cells under the columns they seem to stand in; those beyond the last column by their number."""
    columns = [*header, *map(str, range(len(header), len(cells)))]
    return dict(zip(columns, cells, strict=False))


def _split(text: str, shown: str, problems: Problems) -> list[tuple[int, list[str]]] | None:
    """Cells of every row that is not blank, with the line it starts on; None after a problem."""
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    result = []
    start = 1
    try:
        for cells in reader:
            if any(cell.strip() for cell in cells):
                result.append((start, [cell.strip() for cell in cells]))
            start = reader.line_num + 1
    except csv.Error as error:
        problems.add(
            shown,
            f"row {start}",
            str(error),
            "a CSV row",
            "Put text that holds commas or line breaks in double quotes, and double any quote in it.",
        )
        return None
    return result


def _header_is_good(header: list[str], layout: TableFormat, shown: str, problems: Problems) -> bool:
    before = len(problems.found)
    known = [column.name for column in layout.columns]
    if len(header) == 1 and (";" in header[0] or "\t" in header[0]):
        problems.add(
            shown,
            "row 1",
            header[0],
            "commas between the columns",
            "Save it again as a CSV file with commas.",
        )
        return False
    missing = [column.name for column in layout.columns if column.name not in header and not column.optional]
    for name in dict.fromkeys(header):
        if header.count(name) > 1:
            problems.add(shown, "row 1", name or "(no name)", "every column once", "Remove one of them.")
        if name not in known:
            meant = nearest(name, missing)
            remedy = f"Did you mean {meant!r}, which is missing?" if meant else did_you_mean(name, known)
            problems.add(shown, "row 1", name or "(no name)", "only known columns", remedy)
            missing = [other for other in missing if other != meant]
    for column in layout.columns:
        if column.name in missing:
            problems.add(shown, "row 1", "", f"a column {column.name!r}", _unit_hint(column.unit))
    return len(problems.found) == before


def _unit_hint(unit: str) -> str:
    return f"Its unit is {unit}." if unit not in ("", "1") else ""


def _row(
    line: int, header: list[str], cells: list[str], layout: TableFormat, shown: str, problems: Problems
) -> Row | None:
    if len(cells) != len(header):
        problems.add(
            shown,
            f"row {line}",
            f"{len(cells)} cells",
            f"{len(header)} cells, as in the header",
            _cells_remedy(header, cells, layout),
        )
        return None
    given = dict(zip(header, cells, strict=True))
    keys = ", ".join(f"{key}={given[key]}" for key in layout.keys)
    where = f"row {line} ({keys})"
    values: dict[str, object] = {}
    for column in layout.columns:
        text = given.get(column.name, "")
        if not text:
            if not column.optional:
                problems.add(
                    shown,
                    f"{where}, {column.name}",
                    "",
                    f"a value ({_kind_in_words(column.kind)}), but the cell is empty",
                )
            continue
        try:
            values[column.name] = PARSERS[column.kind](text, column)
        except CellError as error:
            problems.add(shown, f"{where}, {column.name}", text, error.expected, error.remedy)
    return Row(shown, where, given, values)


def _cells_remedy(header: list[str], cells: list[str], layout: TableFormat) -> str:
    """What to do about too many or too few cells; a decimal comma makes two cells of a number."""
    remedy = "Put text that holds commas in double quotes."
    numeric = {column.name for column in layout.columns if column.kind == "number"}
    for at, (name, cell) in enumerate(zip(header, cells, strict=False)):
        both = ",".join(cells[at : at + 2])
        if len(cells) > len(header) and name in numeric and DECIMAL_COMMA.fullmatch(both):
            return f"Is {both} a number with a decimal comma? Write a point, {cell}.{cells[at + 1]}. {remedy}"
    return remedy


def _kind_in_words(kind: str) -> str:
    words = {"weights": "services", "curve": "points of a curve", "name": "a name", "text": "words"}
    words |= {"number": "a number", "choice": "one of a few words"}
    return words.get(kind, kind)


def _marked(rows: list[Row], layout: TableFormat, problems: Problems) -> list[Row]:
    """The rows, those that repeat another marked and noted."""
    first: dict[tuple[str, ...], Row] = {}
    marked = []
    for row in rows:
        key = tuple(row.cells[column] for column in layout.keys)
        if key in first:
            problems.add(
                row.file,
                row.where,
                "",
                f"every {' and '.join(layout.keys)} once",
                f"It already stands in {first[key].where.split(' (')[0]}.",
            )
        marked.append(replace(row, repeated=key in first))
        first.setdefault(key, row)
    return marked
