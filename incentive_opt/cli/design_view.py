"""What people are shown of a design: the ladder of health, money, practices, tiers and prices that moved."""

from __future__ import annotations

from pathlib import Path
from typing import Any

MOVED = 0.005
"""Prices that differ by less than half a cent are not shown as moved [USD]."""


def show(design: dict[str, Any], folder: Path) -> None:
    """Print the design as tables: health and money, each practice type, the prices that moved, the files."""
    import click

    from incentive_opt.cli.output import clean, print_table

    click.echo()
    print_table("The design", ["quantity", "value", "unit"], health_and_money(design))
    columns = ["practice type", "how many", "net income now [USD/year]", "then [USD/year]", "change [%]"]
    print_table("Practices (one of each type)", columns, practices(design))
    moved = moved_levers(design)
    if moved:
        print_table("Prices that moved", ["price", "of", "tier", "now", "then", "unit"], moved)
    attained = tiers(design)
    if attained:
        columns = ["measure", *(part["practice"] for part in design["practices"])]
        print_table("Tiers attained", columns, attained)
    for line in (*in_words(design), *design.get("notes", [])):
        click.echo(clean(line))
    click.echo(f"Files in {clean(folder)}:")
    for path in sorted(folder.iterdir()):
        if not path.name.startswith("."):
            click.echo(f"  {clean(path.name)}")


def health_and_money(design: dict[str, Any]) -> list[list[object]]:
    """Rows: what the contract brings the children and costs the payer, against the contract in force."""
    objective, budget = design["objective"], design["budget"]
    rows: list[list[object]] = [
        ["Health under the contract in force", rounded(objective["status_quo_qaly"], 1), "QALY/year"],
        ["Health under the design", rounded(objective["health_qaly"], 1), "QALY/year"],
        ["No contract of this kind passes", rounded(objective["upper_bound_qaly"], 1), "QALY/year"],
        ["Gap between the two", rounded(objective["gap"], 2, 100.0), "%"],
    ]
    for key, words in (("first_best_qaly", "First best: if practices did what the payer chose"),
                       ("pessimistic_qaly", "Design, if practices near a tie choose the worst for children")):
        if objective.get(key) is not None:
            rows.append([words, rounded(objective[key], 1), "QALY/year"])
    if budget.get("status_quo_outlay_usd") is not None:
        now = rounded(budget["status_quo_outlay_usd"], 2, 1e-6)
        rows.append(["Outlay under the contract in force", now, "million USD/year"])
    return [
        *rows,
        ["Outlay", rounded(budget["outlay_usd"], 2, 1e-6), "million USD/year"],
        ["Budget", rounded(budget["limit_usd"], 2, 1e-6), "million USD/year"],
    ]


def practices(design: dict[str, Any]) -> list[list[object]]:
    """Rows: net income of each practice type, before and after."""
    rows: list[list[object]] = []
    for practice in design["practices"]:
        now, then = practice["status_quo_net_income_usd"], practice["net_income_usd"]
        change = rounded((then - now) / abs(now), 1, 100.0) if now else None
        rows.append([practice["practice"], practice["count"], round(now), round(then), change])
    return rows


def moved_levers(design: dict[str, Any]) -> list[list[object]]:
    """Rows: prices that differ from the contract in force by half a cent or more, largest change first."""
    moved = [lever for lever in design["contract"]["levers"]
             if abs(lever["value"] - lever["status_quo"]) >= MOVED]
    moved.sort(key=lambda lever: -abs(lever["value"] - lever["status_quo"]))
    return [[lever["lever"], lever["of"], lever.get("tier") or None, rounded(lever["status_quo"], 2),
             rounded(lever["value"], 2), lever["unit"]] for lever in moved]


def tiers(design: dict[str, Any]) -> list[list[object]]:
    """Rows: the tier of each rewarded measure that each practice type attains."""
    rewarded = list(dict.fromkeys(lever["of"] for lever in design["contract"]["levers"]
                                  if lever["lever"] == "bonus" and lever["value"] > 0.0))
    attained = [{tier["measure"]: tier["tier"] for tier in practice.get("tiers", [])}
                for practice in design["practices"]]
    return [[measure, *(str(own.get(measure) or "none") for own in attained)] for measure in rewarded]


def in_words(design: dict[str, Any]) -> list[str]:
    """The gap as a sentence."""
    objective = design["objective"]
    gap, asked = objective.get("gap"), objective.get("gap_asked")
    if gap is None or asked is None:
        return []
    most = f"No contract of this kind can bring more than {objective['upper_bound_qaly']:,.1f} QALY a year"
    if gap <= 1e-6:
        return [f"{most}: the design is the best there is."]
    words = f"{most}; the design falls short of that by {100.0 * gap:.2g} % at most."
    return [words if gap <= asked else f"{words} The search ended before the {100.0 * asked:g} % asked for."]


def rounded(value: float | None, digits: int, scale: float = 1.0) -> float | None:
    """A number for people; None stays None."""
    return None if value is None else round(value * scale, digits)
