"""What people are shown of a variation: a row for each value, and why some have no design."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from incentive_opt.cli.output import Figure, clean, print_table
from incentive_opt.cli.sums_view import QALY, percent

LARGE = 100.0
"""Health from which on no decimals are shown [QALY/year]."""
COLUMNS = ["today [QALY/year]", "design [QALY/year]", "at most", "gap [%]", "outlay [USD/year]", "is"]


def show(document: dict[str, Any], folder: Path) -> None:
    """Print the variation and what is to be known with it."""
    rows, key = document["rows"], document["key"]
    click.echo()
    title = f"Health against {key}: {document['model']['title']} on {document['instance']['name']}"
    decimals = decimals_of([row["value"] for row in rows])
    print_table(clean(title), [clean(key), *COLUMNS], [_row(row, decimals) for row in rows])
    click.echo(f"{QALY}\n")
    said = [f"{key} = {row['value']:g}: {row['why']}" for row in rows if row["why"]]
    said += [
        f"{key} = {row['value']:g}: its search was stopped before its time." for row in rows if row["stopped"]
    ]
    said += document["notes"]
    if not document["complete"]:
        said.append(
            "Not every value was searched: somebody stopped, or the time was over. The same command goes on "
            "from here."
        )
    for line in said:
        click.echo(clean(line))
    if said:
        click.echo()
    picture = ", variation.svg" if any(row["found"] for row in rows) else ""
    click.echo(
        f"Files in {clean(folder)}: variation.csv, variation.json{picture}, the instances with each value, "
        "a run folder for each search."
    )


def decimals_of(values: list[float]) -> int:
    """So many decimals as tell the values of the table apart and hide nothing of them, six at most."""
    return max(len(f"{value:.6f}".rstrip("0").partition(".")[2]) for value in values)


def _row(row: dict[str, Any], decimals: int) -> list[object]:
    kind = "as today" if row["is_status_quo"] else "a design" if row["found"] else "none"
    return [
        Figure(row["value"], decimals),
        *(_qaly(row[name]) for name in ("status_quo_qaly", "health_qaly", "upper_bound_qaly")),
        percent(row["gap"]),
        Figure(row["outlay_usd"], 0),
        kind,
    ]


def _qaly(value: float | None) -> Figure:
    return Figure(value, 0 if value is not None and abs(value) >= LARGE else 2)
