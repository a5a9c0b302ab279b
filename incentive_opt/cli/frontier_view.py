"""What people are shown of a frontier: a row for each budget, and why some have none."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from incentive_opt.cli.output import Figure, clean, print_table
from incentive_opt.cli.sums_view import QALY, percent

LARGE = 100.0
"""Health from which on no decimals are shown [QALY/year]."""
COLUMNS = [
    "budget [USD/year]",
    "outlay [USD/year]",
    "health [QALY/year]",
    "gain [%]",
    "at most",
    "gap [%]",
    "USD per QALY to next",
    "design",
]
OWN, TODAY, NONE = "own search", "as today", "none"
READ = (
    "A design serves every budget from its outlay on, and what no contract passes with some budget none "
    "passes with less: so a row may have its design or its limit from another budget."
)
PRICES = (
    "Dollars per QALY go from one design found to the next; where the gap is wide against that step, "
    "they say little."
)


def show(document: dict[str, Any], folder: Path) -> None:
    """Print the frontier and what is to be known with it."""
    rows = document["rows"]
    click.echo()
    title = f"Health against budget: {document['model']['title']} on {document['instance']['name']}"
    print_table(title, COLUMNS, [_row(row) for row in rows])
    now = document["today"]
    click.echo(f"Today: {_qaly(now['health_qaly'])} QALY a year for {now['outlay_usd']:,.0f} USD.")
    click.echo(f"{QALY} {READ} {PRICES}\n")
    said = [*_reasons(rows), *document["notes"]]
    said += [
        f"{_usd(row['budget_usd'])} USD: its search was stopped before its time."
        for row in rows
        if row["found"] and row["stopped"]
    ]
    if not document["complete"]:
        said.append(
            "Not every budget was searched: the frontier was stopped or its time was over. The same command "
            "goes on from here."
        )
    for line in said:
        click.echo(clean(line))
    if said:
        click.echo()
    picture = ", frontier.svg" if any(row["found"] for row in rows) else ""
    click.echo(
        f"Files in {clean(folder)}: frontier.csv, frontier.json{picture}, a run folder for each search."
    )


def _row(row: dict[str, Any]) -> list[object]:
    return [
        Figure(row["budget_usd"], _cents(row["budget_usd"])),
        Figure(row["outlay_usd"], 0),
        _qaly(row["health_qaly"]),
        percent(row["gain_share"]),
        _qaly(row["upper_bound_qaly"] if row["found"] else None),
        percent(row["gap"]),
        Figure(row["usd_per_qaly_to_next"], 0),
        _whose(row),
    ]


def _whose(row: dict[str, Any]) -> str:
    """Where a row's design comes from."""
    if not row["found"]:
        return NONE
    if row["is_status_quo"]:
        return TODAY
    if row["design_of_budget_usd"] == row["budget_usd"]:
        return OWN
    return f"that of {_usd(row['design_of_budget_usd'])}"


def _reasons(rows: list[dict[str, Any]]) -> list[str]:
    """Why budgets have no design; each reason once, with the budgets that it is for."""
    budgets: dict[str, list[str]] = {}
    for row in rows:
        if not row["found"]:
            budgets.setdefault(row["why"], []).append(_usd(row["budget_usd"]))
    return [f"{'; '.join(which)} USD: {why}" for why, which in budgets.items()]


def _cents(usd: float) -> int:
    return 0 if usd == round(usd) else 2


def _usd(usd: float) -> str:
    return f"{usd:,.{_cents(usd)}f}"


def _qaly(value: float | None) -> Figure:
    return Figure(value, 0 if value is not None and abs(value) >= LARGE else 2)
