"""Tables of one practice's year: money and health, children, services, needs, measures.

Each view gets the years to show, the contract in force first where there are two, and gives the title,
the headings and the rows of its table.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from incentive_opt.cli.output import Figure
from incentive_opt.cli.sums_view import percent

Year = dict[str, Any]
Labels = dict[str, dict[str, str]]
View = tuple[str, list[str], list[list[object]]]

LEAST = 0.5
"""Fewer services in a year are not shown."""
STAFF = {"clinician": "clinicians", "np": "nurse practitioners", "team": "the care team"}
OTHER = "Other lines of payment"
MONEY = (
    ("Fees", ("revenue_usd", "fees")),
    ("Capitation", ("revenue_usd", "capitation")),
    ("Bonuses", ("revenue_usd", "bonuses")),
    (OTHER, ("revenue_usd", "other_lines")),
    ("Other payers", ("other_revenue_usd",)),
    ("Costs", ("money_costs_usd",)),
    ("Net income", ("net_income_usd",)),
    ("Care elsewhere, paid by the payer", ("outside_cost_usd",)),
    ("Outlay of the payer", ("outlay_usd",)),
)


def summary(practices: Sequence[dict[str, Any]], labels: Labels, same: bool) -> View:
    """A line a practice type: children, income, health, measures that pay; today and then unless the same."""
    rows: list[list[object]] = []
    for entry in practices:
        years = [entry] if same else [entry["status_quo"], entry]
        income = [year["net_income_usd"] for year in years]
        change = [] if same else [percent((income[1] - income[0]) / abs(income[0]) if income[0] else None)]
        rows.append(
            [
                _label(labels, "practices", entry["practice"]),
                Figure(entry["count"], 0),
                Figure(sum(asked["demanded"] for asked in entry["panel"].values()), 0),
                *(Figure(sum(panel["kept"] for panel in year["panel"].values()), 0) for year in years),
                *(Figure(value, 0) for value in income),
                *change,
                *(Figure(year["health_qaly"]) for year in years),
                *(Figure(sum(row["tier_paid"] > 0 for row in year["measures"]), 0) for year in years),
            ]
        )
    paid = any(row["tier_paid"] for entry in practices for row in entry["measures"])
    paid = paid or any(row["tier_paid"] for entry in practices for row in entry["status_quo"]["measures"])
    if not paid:  # no bonus anywhere
        rows = [row[: -1 if same else -2] for row in rows]
    first, *later = _after([practices[0]] if same else [practices[0], practices[0]])
    then = [when.strip() for when in later]
    columns = [
        "practice type", "how many", "children who ask", f"kept{first}", *then,
        f"net income{first} [USD]", *then, *([] if same else ["change [%]"]),
        f"health{first} [QALY]", *then,
        *([f"bonuses{first}", *then] if paid else []),
    ]  # fmt: skip
    return (
        "One practice of each type, a year (children of all payers; health: those this contract pays for)",
        columns,
        rows,
    )


def money(years: Sequence[Year], _: Labels) -> View:
    """Where the money comes from and goes; health; overtime."""
    rows: list[list[object]] = [
        [words, *(Figure(_at(year, path), 0) for year in years), "USD/year"]
        for words, path in MONEY
        if words != OTHER or any(_at(year, path) for year in years)
    ]
    rows.append(["Health", *(Figure(year["health_qaly"]) for year in years), "QALY/year"])
    for roles in zip(*(year["overtime"] for year in years), strict=True):
        kind = "paid" if roles[0]["paid"] else "unpaid"
        rows.append(
            [
                f"Overtime of {STAFF.get(roles[0]['role'], roles[0]['role'])}, {kind}",
                *(Figure(role["hours"], 0) for role in roles),
                "hours/year",
            ]
        )
    return "Money and health", ["quantity", *_times(years), "unit"], rows


def children(years: Sequence[Year], labels: Labels) -> View:
    """Children who ask and children kept."""
    rows: list[list[object]] = [
        [
            _label(labels, "segments", segment),
            Figure(asked["demanded"], 0),
            *(Figure(year["panel"][segment]["kept"], 0) for year in years),
        ]
        for segment, asked in years[0]["panel"].items()
    ]
    return "Children (of all payers)", ["group", "ask", *(f"kept{when}" for when in _after(years))], rows


def services(years: Sequence[Year], labels: Labels) -> View:
    """How often each service is delivered."""
    rows: list[list[object]] = []
    for service in years[-1]["services"]:
        totals = [sum(year["services"][service].values()) for year in years]
        if max(totals) >= LEAST:
            rows.append([_label(labels, "services", service), *(Figure(total, 0) for total in totals)])
    return "Services a year", ["service", *_times(years)], rows


def needs(years: Sequence[Year], labels: Labels) -> View:
    """What is covered of each need, counting children turned away, and what the rest costs the payer."""
    rows: list[list[object]] = []
    for need in dict.fromkeys(row["need"] for row in years[0]["needs"]):
        own = [[row for row in year["needs"] if row["need"] == need] for year in years]
        rows.append(
            [
                _label(labels, "needs", need),
                *(_covered(entries) for entries in own),
                *(_elsewhere(entries) for entries in own),
            ]
        )
    title = "Needs: share covered [%], and cost of care elsewhere [USD/year]"
    first, *later = _after(years)
    then = [when.strip() for when in later]
    return title, ["need", f"covered{first}", *then, f"elsewhere{first}", *then], rows


def measures(years: Sequence[Year], labels: Labels) -> View:
    """The rate of every measure and the tier that is paid."""
    found = [{row["measure"]: row for row in year["measures"]} for year in years]
    rows: list[list[object]] = []
    for measure in dict.fromkeys(name for year in found for name in year):
        own = [year.get(measure) for year in found]
        rows.append(
            [
                _label(labels, "measures", measure),
                *(percent(row["rate"] if row else None) for row in own),
                *(str(row["tier_paid"] or "none") if row else "" for row in own),
            ]
        )
    return (
        "Measures",
        [
            "measure",
            *(f"rate{when} [%]" for when in _after(years)),
            *(f"tier paid{when}" for when in _after(years)),
        ],
        rows,
    )


VIEWS: tuple[Callable[[Sequence[Year], Labels], View], ...] = (money, children, services, needs, measures)


def _covered(entries: list[dict[str, Any]]) -> Figure:
    events, left = (sum(entry[key] for entry in entries) for key in ("events", "uncovered_events"))
    return percent(1.0 - left / events if events else None)


def _elsewhere(entries: list[dict[str, Any]]) -> Figure:
    return Figure(sum(entry["uncovered_cost_usd"] for entry in entries if entry["contracted"]), 0)


def _times(years: Sequence[Year]) -> list[str]:
    return ["today"] if len(years) == 1 else ["today", "then"]


def _after(years: Sequence[Year]) -> list[str]:
    return [""] if len(years) == 1 else [" today", " then"]


def _label(labels: Labels, kind: str, key: str) -> str:
    return labels.get(kind, {}).get(key, key)


def _at(year: Year, path: tuple[str, ...]) -> float:
    value: Any = year
    for key in path:
        value = value[key]
    return float(value)
