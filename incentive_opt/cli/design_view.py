"""What people are shown of a design: health and money, children, practices, tiers and prices that moved."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from incentive_opt.cli.attainment_view import allowed_for
from incentive_opt.cli.output import Figure
from incentive_opt.cli.real_year_view import expected
from incentive_opt.cli.sums_view import (
    QALY,
    SUMS,
    TOTAL_COLUMNS,
    dollars,
    label,
    named,
    percent,
    total_rows,
)
from incentive_opt.domain.lines import WITHHOLD
from incentive_opt.domain.payment_model import THINGS

MOVED = 0.005
"""Prices that differ by less than half a cent are not shown as moved [USD]."""
AS_GOOD = 1e-4
"""Health this near to the first best reaches it [share]."""
CHEAPER = (
    "Designs are sought for health: `explain` says whether other prices buy the same care for less money."
)
UNSPENT = 0.01
"""Share of the budget from which on what is left of it is explained [1]."""
NEAR = 0.005
"""An income this near to a limit is at it [share of the limit]."""
MEASURES_ABREAST = 4
"""Measures in one table of tiers, so that it fits a narrow terminal."""
INCOMES = ["practice type", "how many", "net income today [USD/year]", "then [USD/year]", "change [%]"]
PRICES = ["price", "of", "tier", "today", "then", "unit"]


def show(design: dict[str, Any], folder: Path) -> None:
    """Print the design as tables: health and money, each practice type, the prices that moved, the files."""
    import click

    from incentive_opt.cli.output import clean, print_table

    click.echo()
    print_table("The design", ["quantity", "value", "unit"], health_and_money(design))
    click.echo(QALY + "\n")
    sums = design.get("totals")
    if sums:
        print_table(SUMS.format(sums["practices"]), TOTAL_COLUMNS, total_rows(sums, design.get("labels", {})))
    print_table("Practices (one of each type)", INCOMES, practices(design))
    moved = moved_levers(design)
    if moved:
        print_table("Prices that moved", PRICES, moved)
    for columns, rows in tiers(design):
        print_table("Tiers attained under the design", columns, rows)
    said = (*pools(design), *in_words(design), *expected(design), *unspent(design), *allowed_for(design))
    for line in (*said, *design.get("notes", [])):
        click.echo(clean(line))
    click.echo(f"Files in {clean(folder)}:")
    for path in sorted(folder.iterdir()):
        if not path.name.startswith("."):
            click.echo(f"  {clean(path.name)}")


def pools(design: dict[str, Any]) -> list[str]:
    """What every pool of the contract comes to."""
    from incentive_opt.pools import pool_sentences

    return pool_sentences(design["contract"].get("pools", []), design.get("labels", {}).get("measures", {}))


def health_and_money(design: dict[str, Any]) -> list[list[object]]:
    """Rows: what the contract brings the children and costs the payer, against the contract in force."""
    objective, budget = design["objective"], design["budget"]
    rows: list[list[object]] = [
        ["Health under the contract in force", Figure(objective["status_quo_qaly"]), "QALY/year"],
        ["Health under the design", Figure(objective["health_qaly"]), "QALY/year"],
        [
            f"The most any contract of this kind could reach{_with_allowances(design)}",
            Figure(objective["upper_bound_qaly"]),
            "QALY/year",
        ],
        ["Gap between the two", percent(objective["gap"]), "%"],
    ]
    for key, words in (
        ("first_best_qaly", "First best: if practices did what the payer chose"),
        ("pessimistic_qaly", "Design, if practices near a tie choose the worst for children"),
    ):
        if objective.get(key) is not None:
            rows.append([words, Figure(objective[key]), "QALY/year"])
    if budget.get("status_quo_outlay_usd") is not None:
        rows.append(["Outlay under the contract in force", *dollars(budget["status_quo_outlay_usd"])])
    return [*rows, ["Outlay", *dollars(budget["outlay_usd"])], ["Budget", *dollars(budget["limit_usd"])]]


def by_type(design: dict[str, Any]) -> dict[str, list[dict[str, Any]]]:
    """What is said of practices, by type: one entry, or those of the type's kinds."""
    types: dict[str, list[dict[str, Any]]] = {}
    for part in design["practices"]:
        types.setdefault(part.get("of_type") or part["practice"], []).append(part)
    return types


def mean(kinds: list[dict[str, Any]], key: str) -> float:
    """Mean of a figure over all practices of a type."""
    if len(kinds) == 1:
        return float(kinds[0][key])
    number = sum(kind["count"] for kind in kinds)
    if number <= 0.0:
        return float(kinds[0][key])
    return float(sum(kind["count"] * kind[key] for kind in kinds) / number)


def practices(design: dict[str, Any]) -> list[list[object]]:
    """Rows: net income of each practice type, before and after; mean over its kinds."""
    rows: list[list[object]] = []
    for name, kinds in by_type(design).items():
        now, then = (mean(kinds, key) for key in ("status_quo_net_income_usd", "net_income_usd"))
        change = percent((then - now) / abs(now) if now else None)
        count = round(sum(kind["count"] for kind in kinds), 6)
        number = int(count) if count == int(count) else count
        rows.append([label(design, "practices", name), number, Figure(now, 0), Figure(then, 0), change])
    return rows


def moved_levers(design: dict[str, Any]) -> list[list[object]]:
    """Rows: prices that differ from the contract in force by half a cent or more, largest change first."""
    moved = [
        lever for lever in design["contract"]["levers"] if abs(lever["value"] - lever["status_quo"]) >= MOVED
    ]
    moved.sort(key=lambda lever: -abs(lever["value"] - lever["status_quo"]))
    return price_rows(design, moved)


def price_rows(design: dict[str, Any], levers: list[dict[str, Any]]) -> list[list[object]]:
    """Rows: prices, today and under the design."""
    return [
        [
            lever["lever"],
            label(design, THINGS[lever["lever"]], lever["of"]),
            lever.get("tier") or None,
            Figure(lever["status_quo"]),
            Figure(lever["value"]),
            lever["unit"],
        ]
        for lever in levers
    ]


def tiers(design: dict[str, Any]) -> list[tuple[list[str], list[list[object]]]]:
    """Tables (columns, rows): the tier of each rewarded measure that each practice type attains."""
    rewarded = list(
        dict.fromkeys(
            lever["of"]
            for lever in design["contract"]["levers"]
            if lever["lever"] in ("bonus", WITHHOLD) and lever["value"] > 0.0
        )
    )
    tables: list[tuple[list[str], list[list[object]]]] = []
    for start in range(0, len(rewarded), MEASURES_ABREAST):
        measures = rewarded[start : start + MEASURES_ABREAST]
        rows: list[list[object]] = []
        for name, kinds in by_type(design).items():
            attained = [_attained(kinds, measure) for measure in measures]
            rows.append([label(design, "practices", name), *attained])
        columns = ["practice type", *(label(design, "measures", measure) for measure in measures)]
        tables.append((columns, rows))
    return tables


def _attained(kinds: list[dict[str, Any]], measure: str) -> str:
    """The tier that a practice type attains, or the lowest and the highest of its kinds."""
    own = [
        next((tier["tier"] for tier in kind.get("tiers", []) if tier["measure"] == measure), 0)
        for kind in kinds
    ]
    least, most = (str(end or "none") for end in (min(own), max(own)))
    return least if least == most else f"{least} to {most}"


def in_words(design: dict[str, Any]) -> list[str]:
    """The gap as a sentence, and why the search ended where it had not reached the gap asked for."""
    objective = design["objective"]
    gap, asked = objective.get("gap"), objective.get("gap_asked")
    if gap is None or asked is None or objective.get("upper_bound_qaly") is None:
        return []
    kind = f"No contract of this kind{_with_allowances(design)}"
    most = f"{kind} can bring more than {objective['upper_bound_qaly']:,.2f} QALY a year"
    if gap <= 1e-6:
        return [f"{most}: the design is the best there is."]
    share = f"{100.0 * gap:.1f}" if gap >= UNSPENT else f"{100.0 * gap:.2g}"
    words = f"{most}; the design falls short of that by {share} % at most."
    if gap <= asked or design.get("stopped"):  # a note says that it was stopped
        return [words]
    return [f"{words} The search ended before the {100.0 * asked:g} % asked for."]


def _with_allowances(design: dict[str, Any]) -> str:
    """A bound holds for contracts that allow for as much as the design does."""
    allows = design.get("altruism_margin") or design.get("attainment_targets")
    return " that allows for as much" if allows else ""


def unspent(design: dict[str, Any]) -> list[str]:
    """Where much of the budget is left: what stands in the way instead."""
    limit, outlay = design["budget"]["limit_usd"], design["budget"]["outlay_usd"]
    if limit is None or outlay is None or limit - outlay <= UNSPENT * abs(limit):
        return []
    amount, unit = dollars(limit - outlay)
    said = f"{amount} {unit} of the budget, {100.0 * (limit - outlay) / limit:.1f} %, is left unspent"
    if design.get("is_status_quo"):
        return [f"{said}: the contract in force costs less than the budget."]
    if _reaches_first_best(design):
        return [
            f"{said}: the design has all the health that even practices which did as the payer chose could "
            f"bring. {CHEAPER}"
        ]
    at = [
        (
            words,
            [
                label(design, "practices", name)
                for name, kinds in by_type(design).items()
                if _near(mean(kinds, "net_income_usd"), kinds[0].get(key))
            ],
        )
        for key, words in (("income_ceiling_usd", "highest"), ("income_floor_usd", "lowest"))
    ]
    limits = [
        f"{named(names)} {'is' if len(names) == 1 else 'are'} at the {words} net income allowed"
        for words, names in at
        if names
    ]
    if limits:
        return [f"{said}; what binds instead: {'; '.join(limits)}.{_perhaps(design)} {CHEAPER}"]
    return [
        f"{said}; no practice is at an income limit, so the bounds of the prices, the contract rules and "
        f"what practices choose bind instead.{_perhaps(design)} {CHEAPER}"
    ]


def _reaches_first_best(design: dict[str, Any]) -> bool:
    """Whether no more health is there to be had, whatever practices do."""
    objective = design["objective"]
    found, most = objective.get("health_qaly"), objective.get("first_best_qaly")
    return found is not None and most is not None and found >= most - AS_GOOD * max(1.0, abs(most))


def _perhaps(design: dict[str, Any]) -> str:
    """What to add where the search had not come to its end."""
    gap, asked = (design["objective"].get(key) for key in ("gap", "gap_asked"))
    over = gap is not None and asked is not None and gap > asked
    return " A longer search may find a use for the rest." * over


def _near(income: float, limit: float | None) -> bool:
    return limit is not None and abs(income - limit) <= NEAR * abs(limit)
