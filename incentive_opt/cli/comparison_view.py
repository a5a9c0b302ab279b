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
    "extra QALY per extra million USD",
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
EQUITY = [
    "model",
    "best less worst covered [points]",
    "least [QALY]",
    "children",
    "most [QALY]",
    "children ",
]
RANK = "The healthiest comes first; of equally healthy ones that which costs less, so brings more per dollar."
READ = (
    "A model that allows all that another allows can do at least as well: where it stands lower here, its "
    "search found less in the time, and its gap says by how much at most."
)
OVERTIME = "overtime [1000 hours]"


def show(document: dict[str, Any], folder: Path) -> None:
    """Print the comparison: health and money, incomes, children, staff time, and what was not found."""
    found = _ranked(document)
    labels = document["labels"]
    click.echo()
    print_table(f"Payment models on {document['instance']['name']}", HEALTH, [_health(row) for row in found])
    click.echo(f"{QALY} {RANK} {READ}\n")
    print_table(
        "Net income against today, and children", INCOME, [_income(row, labels["practices"]) for row in found]
    )
    names = [labels["segments"][entry["segment"]] for entry in document["today"]["segments"]]
    print_table(
        "Share of events that practices cover, by children [%]",
        ["model", *names],
        [[row["name"], *(percent(entry["covered_share"]) for entry in row["segments"])] for row in found],
    )
    _incomes_by_type(found, labels["practices"])
    print_table(
        "Health for 1,000 children who ask, by children [QALY/year]",
        ["model", *names],
        [
            [row["name"], *(Figure(entry["health_qaly_per_1000_asked"]) for entry in row["segments"])]
            for row in found
        ],
    )
    print_table(
        "Equity: how evenly children are covered, and whose health changes least and most for 1,000 who ask",
        EQUITY,
        [_equity(row, labels["segments"]) for row in found],
    )
    roles = [entry["role"] for entry in document["today"]["staff"]]
    print_table(
        "Staff hours used by all practices [1000 hours/year]",
        ["model", *roles, "all together", "change [%]"],
        [_hours(row, document["today"]) for row in found],
    )
    print_table(
        "Staff hours used, of regular hours [%]",
        ["model", *roles, *(f"{role}: {OVERTIME}" for role in roles)],
        [_staff(row) for row in found],
    )
    _reasons(document)
    click.echo(f"Files in {clean(folder)}: comparison.json, comparison.csv, a run folder for each model.")


def _ranked(document: dict[str, Any]) -> list[dict[str, Any]]:
    """Today, and below it the models with a design, the best first."""
    places = {name: place for place, name in enumerate(document["ranking"])}
    found = [row for row in document["rows"] if row["found"]]
    return [document["today"], *sorted(found, key=lambda row: places[row["name"]])]


def _health(row: dict[str, Any]) -> list[object]:
    return [
        row["name"],
        _qaly(row["health_qaly"]),
        percent(row["gain_share"]),
        _qaly(row.get("upper_bound_qaly")),
        percent(row.get("gap")),
        Figure(row["outlay_usd"] / MILLION),
        Figure(row["health_qaly_per_million_usd"]),
        _extra(row),
    ]


def _extra(row: dict[str, Any]) -> object:
    """What more health costs: a figure, or words where it costs nothing."""
    figure = row["qaly_per_extra_million_usd"]
    if figure is None:
        return "" if row["name"] == "today" else row["per_dollar"]
    return Figure(figure)


def _income(row: dict[str, Any], names: dict[str, str]) -> list[object]:
    income = row["income"]
    return [
        row["name"],
        percent(income["mean_change_share"]),
        *_one(income["worst"], names),
        *_one(income["best"], names),
        Figure(row["children_kept"], 0),
    ]


def _incomes_by_type(found: list[dict[str, Any]], names: dict[str, str]) -> None:
    """A row for each practice type, a column for each model."""
    today, *models = found
    changes = [
        {entry["practice"]: entry["change_share"] for entry in row["income"]["practices"]} for row in models
    ]
    rows: list[list[object]] = []
    for entry in today["income"]["practices"]:
        own = [percent(row.get(entry["practice"])) for row in changes]
        rows.append([names[entry["practice"]], Figure(entry["net_income_usd"], 0), *own])
    print_table(
        "Net income of one practice of each type: today, and how it changes [%]",
        ["practice type", "today [USD/year]", *(row["name"] for row in models)],
        rows,
    )


def _equity(row: dict[str, Any], names: dict[str, str]) -> list[object]:
    """The spread of coverage, and the groups whose health changes least and most."""
    figures = row["equity"]
    cells: list[object] = [row["name"], percent(figures["covered_spread_share"])]
    for end in ("worst", "best"):
        entry = figures[end]
        change = None if entry is None else entry["change_qaly_per_1000_asked"]
        cells += [Figure(change), "" if not change else names[entry["segment"]]]
    return cells


def _hours(row: dict[str, Any], today: dict[str, Any]) -> list[object]:
    """Hours of each role and of all, against today."""
    used, before = (sum(entry["hours_used"] for entry in one["staff"]) for one in (row, today))
    own = [Figure(entry["hours_used"] / 1000.0, 1) for entry in row["staff"]]
    change = (used - before) / before if before > 0.0 else None
    return [row["name"], *own, Figure(used / 1000.0, 1), percent(change)]


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
    said += [
        f"{row['name']}: {row['pieces']} pieces for each of an effect curve; its gain is against today "
        "with as many."
        for row in document["rows"]
        if row["found"] and row["pieces"] != document["terms"]["pieces"]
    ]
    if not document["complete"]:
        said.append("The comparison was stopped; the same command goes on from here.")
    for line in said:
        click.echo(clean(line))
    if said:
        click.echo()
