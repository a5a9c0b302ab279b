"""What people are shown of a comparison: payment models as rows, one table for each question."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from incentive_opt.cli.output import Figure, clean, print_table
from incentive_opt.cli.sums_view import QALY, percent

MILLION = 1e6
LARGE = 100.0
"""Health from which on no decimals are shown [QALY/year]."""
UNCHANGED = 0.0005
"""A change of income below this share is shown as none [1]."""
HEALTH = [
    "model",
    "health [QALY/year]",
    "gain [%]",
    "at most",
    "gap [%]",
    "outlay [million USD/year]",
    "QALY per million USD",
]
INCOME = [
    "model",
    "all together [%]",
    "least [%]",
    "practice type",
    "most [%]",
    "practice type ",
    "children kept",
]
READ = (
    "A model that allows all that another allows can do at least as well: where it stands lower here, its "
    "search found less in the time, and its gap says by how much at most."
)
OVERTIME = "overtime [1000 hours]"


def show(document: dict[str, Any], folder: Path) -> None:
    """Print the comparison: health and money, incomes, children, staff time, and what was not found."""
    found = [row for row in (document["today"], *document["rows"]) if row["found"]]
    labels = document["labels"]
    click.echo()
    print_table(f"Payment models on {document['instance']['name']}", HEALTH, [_health(row) for row in found])
    click.echo(QALY + " " + READ + "\n")
    print_table(
        "Net income against today, and children", INCOME, [_income(row, labels["practices"]) for row in found]
    )
    names = [labels["segments"][entry["segment"]] for entry in document["today"]["segments"]]
    print_table(
        "Share of events that practices cover, by children [%]",
        ["model", *names],
        [[row["name"], *(percent(entry["covered_share"]) for entry in row["segments"])] for row in found],
    )
    print_table(
        "Health for 1,000 children who ask, by children [QALY/year]",
        ["model", *names],
        [
            [row["name"], *(Figure(entry["health_qaly_per_1000_asked"]) for entry in row["segments"])]
            for row in found
        ],
    )
    roles = [entry["role"] for entry in document["today"]["staff"]]
    print_table(
        "Staff hours used, of regular hours [%]",
        ["model", *roles, *(f"{role}: {OVERTIME}" for role in roles)],
        [_staff(row) for row in found],
    )
    _reasons(document)
    click.echo(f"Files in {clean(folder)}: comparison.json, comparison.csv, a run folder for each model.")


def _health(row: dict[str, Any]) -> list[object]:
    return [
        row["name"],
        _qaly(row["health_qaly"]),
        percent(row["gain_share"]),
        _qaly(row.get("upper_bound_qaly")),
        percent(row.get("gap")),
        Figure(row["outlay_usd"] / MILLION),
        Figure(row["health_qaly_per_million_usd"]),
    ]


def _income(row: dict[str, Any], names: dict[str, str]) -> list[object]:
    income = row["income"]
    return [
        row["name"],
        percent(income["mean_change_share"]),
        *_one(income["worst"], names),
        *_one(income["best"], names),
        Figure(row["children_kept"], 0),
    ]


def _one(entry: dict[str, Any] | None, names: dict[str, str]) -> list[object]:
    """A change of income and whose it is; nobody's where nothing changes."""
    if entry is None:
        return [Figure(None), ""]
    changes = abs(entry["change_share"]) >= UNCHANGED
    return [percent(entry["change_share"]), names[entry["practice"]] if changes else ""]


def _staff(row: dict[str, Any]) -> list[object]:
    shares: list[object] = [percent(entry["used_share"]) for entry in row["staff"]]
    return [row["name"], *shares, *(Figure(entry["hours_overtime"] / 1000.0, 1) for entry in row["staff"])]


def _qaly(value: float | None) -> Figure:
    return Figure(value, 0 if value is not None and abs(value) >= LARGE else 2)


def _reasons(document: dict[str, Any]) -> None:
    """Models without a design or with none better than today, each with the reason."""
    said = [f"{row['name']}: {row['why']}" for row in document["rows"] if row["why"]]
    said += [
        f"{row['name']}: its search was stopped before its time."
        for row in document["rows"]
        if row["found"] and row["stopped"]
    ]
    said += [
        f"{row['name']}: {row['kinds']} kinds of practice told apart; its gain is against today with as many."
        for row in document["rows"]
        if row["found"] and row["kinds"] != document["terms"]["kinds"]
    ]
    if not document["complete"]:
        said.append("The comparison was stopped; the same command goes on from here.")
    for line in said:
        click.echo(clean(line))
    if said:
        click.echo()
