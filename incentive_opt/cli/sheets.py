"""Tables of ``show`` on a terminal: wide ones in parts that fit, units below names, colour by source."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from incentive_opt.cli.output import Figure, clean

WIDEST = 34
"""A column is no wider than that where a table has to be split; longer cells go on below [characters]."""
BETWEEN = 3
"""What the frame adds to a column [characters]."""
UNSURE = ("assumption", "M", "no source")
"""Statuses of sources that are shown as a warning."""

LEGEND = "Sources in yellow are assumptions, those in green can be looked up."

Part = tuple[list[str], list[list[object]]]


def parts(columns: Sequence[str], rows: Sequence[Sequence[object]], keys: int, width: int) -> list[Part]:
    """A table as parts that fit a width, each beginning with the columns that name a row.

    Parameters
    ----------
    keys : int
        How many columns name a row.
    width : int
        Of the terminal [characters].
    """
    needed = [_needed(name, [row[number] for row in rows]) for number, name in enumerate(columns)]
    named = sum(needed[:keys]) + 1
    if sum(needed) + 1 <= width or len(columns) <= keys + 1:
        return [(list(columns), [list(row) for row in rows])]
    groups: list[list[int]] = [[]]
    used = named
    for number in range(keys, len(columns)):
        if groups[-1] and used + needed[number] > width:
            groups.append([])
            used = named
        groups[-1].append(number)
        used += needed[number]
    shown = [[*range(keys), *group] for group in groups]
    return [([columns[n] for n in some], [[row[n] for n in some] for row in rows]) for some in shown]


def _needed(name: str, cells: Iterable[object]) -> int:
    """Characters that a column takes, its frame included."""
    longest = max((len(line) for line in [*_heading(name).split("\n"), *map(clean, cells)]), default=0)
    return min(longest, WIDEST) + BETWEEN


def _heading(name: str) -> str:
    """The name of a column, its unit below it."""
    return name.replace(" [", "\n[", 1)


def print_sheet(
    title: str, columns: Sequence[str], rows: Sequence[Sequence[object]], keys: int, statuses: dict[str, str]
) -> None:
    """Print a table on a terminal.

    Parameters
    ----------
    keys : int
        How many columns name a row; they stand in every part of a table that is too wide.
    statuses : dict
        Status of each source, to colour what rests on it.
    """
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    console = Console()
    for number, (some, lines) in enumerate(parts(columns, rows, keys, console.width)):
        words = title if number == 0 else f"{title}, continued"
        table = Table(title=Text(words, style="bold"), title_justify="left", header_style="")
        for place, name in enumerate(some):
            at_right = bool(lines) and all(
                isinstance(line[place], int | float | Figure | None) for line in lines
            )
            at_right &= not all(isinstance(line[place], bool) for line in lines)
            table.add_column(Text(_heading(name)), justify="right" if at_right else "left", overflow="fold",
                             no_wrap=at_right)  # fmt: skip
        for line in lines:
            table.add_row(*[
                Text(clean(cell), style=_style(name, clean(cell), statuses))
                for name, cell in zip(some, line, strict=True)
            ])  # fmt: skip
        console.print(table)


def _style(column: str, cell: str, statuses: dict[str, str]) -> str:
    """Colour of a cell that names sources: yellow where one is an assumption, green where none is."""
    if column == "status":
        found = {cell}
    elif column == "source" and cell:
        found = {statuses.get(key.strip(), "") for key in cell.split(";")}
    else:
        return ""
    if found & set(UNSURE):
        return "yellow"
    return "green" if "" not in found else ""
