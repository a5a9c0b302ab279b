"""Printing: tables on a terminal, plain aligned text in a pipe, one JSON document on request."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import click

from incentive_opt.signs import unsigned


@dataclass(frozen=True)
class Figure:
    """A number as people read it: thousands separated, so many decimals; None is an empty cell."""

    value: float | None
    decimals: int = 2

    def __str__(self) -> str:
        """The text of the cell; what rounds to nothing has no sign."""
        if self.value is None:
            return ""
        return unsigned(self.value, self.decimals)


def print_json(document: Any) -> None:
    """Print one JSON document; NaN and infinities are a bug and raise ValueError."""
    click.echo(json.dumps(document, indent=2, ensure_ascii=False, allow_nan=False))


def clean(value: object) -> str:
    """A cell as text: numbers short, nothing that moves the cursor."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float):
        text = f"{value:,.2f}" if abs(value) >= 1000 else f"{value:.6g}"
        return text.removesuffix(".00")
    return "".join(character if character.isprintable() else " " for character in str(value))


def print_table(title: str, columns: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    """Print a table, with colour and lines on a terminal only.

    Parameters
    ----------
    title : str
        Stands above the table; may be empty.
    columns : sequence of str
        Headings, with the unit in brackets.
    rows : sequence of rows
        Cells; numbers stand to the right.
    """
    text = [[clean(cell) for cell in row] for row in rows]
    right = [
        bool(rows) and all(isinstance(row[index], int | float | Figure | None) for row in rows)
        for index in range(len(columns))
    ]
    if sys.stdout.isatty():
        _print_rich(title, columns, text, right)
    else:
        click.echo(plain_table(title, columns, text, right))


def plain_table(
    title: str, columns: Sequence[str], rows: Sequence[Sequence[str]], right: Sequence[bool]
) -> str:
    """The table as aligned text without colour."""
    lines = [list(columns), *[list(row) for row in rows]]
    widths = [max(len(line[index]) for line in lines) for index in range(len(columns))]
    body = [
        "  ".join(
            cell.rjust(width) if at_right else cell.ljust(width)
            for cell, width, at_right in zip(line, widths, right, strict=True)
        ).rstrip()
        for line in lines
    ]
    return "\n".join(([title] if title else []) + body) + "\n"


def _print_rich(
    title: str, columns: Sequence[str], rows: Sequence[Sequence[str]], right: Sequence[bool]
) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(title=Text(title) if title else None, title_justify="left")
    for name, at_right in zip(columns, right, strict=True):
        table.add_column(Text(name), justify="right" if at_right else "left", overflow="fold")
    for row in rows:
        table.add_row(*[Text(cell) for cell in row])
    Console().print(table)
