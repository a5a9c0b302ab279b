"""What people are shown of the table of a batch."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import click

from incentive_opt.cli.output import Figure, print_table

if TYPE_CHECKING:
    from incentive_opt.batch.query import Answer

TERMS = ("kinds", "pieces", "margin_usd", "time_limit_seconds")
"""Terms of a search; shown where rows of one model and instance differ in them."""
SHOWN = ("instance", "model", "scenario", "seed", *TERMS, "outcome", "health_qaly", "gain_share", "gap",
         "outlay_usd", "verdict", "why", "folder")  # fmt: skip
"""Columns that are shown where none are asked for; those that are empty in all rows are left out."""
UNITS = {
    "margin_usd": ("USD per 1 % of harm", 2, 1.0),
    "_qaly": ("QALY/year", 2, 1.0),
    "_usd": ("USD/year", 0, 1.0),
    "_share": ("%", 1, 100.0),
    "gap": ("%", 2, 100.0),
    "_seconds": ("s", 1, 1.0),
}
"""Unit, decimals and scale by how a column's name ends."""
LONGEST = 60
"""Characters of a text that are shown."""


def show(answer: Answer, whole: bool) -> None:
    """Print rows as a table.

    Parameters
    ----------
    whole : bool
        Whether no columns were chosen, so that the most telling ones are.
    """
    if not answer.rows:
        click.echo("No rows.")
        return
    columns = list(answer.columns)
    if whole:
        used = {name for place, name in enumerate(columns) if _tells(name, place, columns, answer.rows)}
        columns = [name for name in SHOWN if name in used]
    places = [answer.columns.index(name) for name in columns]
    rows = [
        [_cell(name, row[place]) for name, place in zip(columns, places, strict=True)] for row in answer.rows
    ]
    print_table("", [_heading(name) for name in columns], rows)


def _tells(name: str, place: int, columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> bool:
    """Whether a column says something: of a term of the search, what tells one model's rows apart."""
    if name not in TERMS:
        return any(row[place] not in (None, "") for row in rows)
    same = [columns.index(key) for key in ("instance", "model", "scenario") if key in columns]
    values: dict[tuple[Any, ...], set[Any]] = {}
    for row in rows:
        if row[place] is not None:
            values.setdefault(tuple(row[at] for at in same), set()).add(row[place])
    return any(len(found) > 1 for found in values.values())


def _unit(name: str) -> tuple[str, int, float] | None:
    return next((unit for ending, unit in UNITS.items() if name.endswith(ending)), None)


def _heading(name: str) -> str:
    unit = _unit(name)
    short = name.removesuffix("_share").removesuffix("_usd").removesuffix("_qaly").removesuffix("_seconds")
    return f"{short} [{unit[0]}]" if unit else name


def _cell(name: str, value: Any) -> object:
    unit = _unit(name)
    if unit and (value is None or isinstance(value, int | float)):
        return Figure(None if value is None else value * unit[2], unit[1])
    if isinstance(value, str) and len(value) > LONGEST and name != "folder":
        return value[: LONGEST - 1] + "…"
    return value
