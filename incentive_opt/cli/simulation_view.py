"""What people are shown of a simulation: totals, practices, measures, and what was assumed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from incentive_opt.cli.output import Figure
from incentive_opt.cli.sums_view import MILLIONS, QALY, percent

if TYPE_CHECKING:
    from incentive_opt.domain.instance import Instance

Labels = dict[str, dict[str, str]]
Rows = list[list[object]]

TOTALS = ["over all practices", "mean", "from", "to", "unit"]
WORDS = {
    "health_qaly": "Health",
    "outlay_usd": "Outlay of the payer",
    "contract_payments_usd": "of it: paid to practices",
    "bonuses_usd": "of that: bonuses",
    "outside_cost_usd": "of it: care elsewhere",
    "children_on_panels": "On panels (children this contract pays for)",
    "children_turned_away": "Turned away (children this contract pays for)",
    "visits": "Visits",
    "minutes_per_visit": "Minutes per visit",
    "leak_visits": "Visits elsewhere that practices could have made",
    "admissions": "Admissions",
    "crowded_out": "Care that was meant and had no time",
    "own_clinician_share": "Contacts with the child's own clinician",
}
UNITS = {"children_on_panels": "child-years", "children_turned_away": "child-years"}
"""Units where the table says more exactly what is counted than the quantity's own words."""
COUNTED = (
    "A child-year is one child for a year, or two for half a year. Health, outlay and panels: children this "
    "contract pays for; visits, admissions, care that had no time and contacts: children of all payers."
)
DECIMALS = {"health_qaly": 2, "minutes_per_visit": 1}
NONE = "none"


def show(document: dict[str, Any], labels: Labels) -> None:
    """Print the document as tables."""
    import click

    from incentive_opt.cli.output import clean, print_table

    click.echo(clean(sentence(document)) + "\n")
    print_table("", TOTALS, total_rows(document["totals"]))
    click.echo(QALY + " From and to: the interval in which the mean lies with 95 % confidence.")
    click.echo(COUNTED + "\n")
    for title, columns, rows in (practices(document, labels), measures(document, labels)):
        if rows:
            print_table(title, columns, rows)
    if document["assumed"]:
        click.echo("The instance does not say, and it was taken that:")
        for text in document["assumed"]:
            click.echo(clean(f"  {text}"))


def labels_of(instance: Instance) -> Labels:
    """What people call practice types and measures."""
    return {
        "practices": {practice.name: practice.label or practice.name for practice in instance.practices},
        "measures": {measure.name: measure.label or measure.name for measure in instance.measures},
    }


def sentence(document: dict[str, Any]) -> str:
    """What was simulated, in one sentence."""
    contract = document["contract"]
    title = contract["title"] or "this contract"
    terms = "the contract in force" if contract["is_status_quo"] else f"\u201c{title}\u201d"
    number = document["replications"]
    years = "1 year" if number == 1 else f"{number:,} independent years"
    practices = f"{sum(entry['count'] for entry in document['practices']):,.0f}"
    who = f"{practices} {document['behaviour']} practices, simulated child by child"
    if document["behaviour"] is None:
        who = f"{practices} practices, simulated by the program {document['simulator']!r}"
    return f"{document['instance']['name']} under {terms}: {years} of {who} (seed {document['seed']})."


def total_rows(totals: dict[str, dict[str, Any]]) -> Rows:
    """Rows: every total with its interval."""
    return [
        [WORDS[kind], *scaled([figure[end] for end in ("mean", "low", "high")], kind, figure["unit"])]
        for kind, figure in totals.items()
        if figure["mean"] is not None
    ]


def scaled(values: list[float | None], kind: str, unit: str) -> list[object]:
    """Figures of one quantity and their unit: dollars from ten million on in millions, shares in percent."""
    if kind == "own_clinician_share":
        return [*(percent(value) for value in values), f"% {unit}"]
    if kind.endswith("_usd") and max(abs(value or 0.0) for value in values) >= MILLIONS:
        return [*(Figure(None if v is None else v / 1e6) for v in values), f"million {unit}"]
    return [*(Figure(value, DECIMALS.get(kind, 0)) for value in values), UNITS.get(kind, unit)]


def practices(document: dict[str, Any], labels: Labels) -> tuple[str, list[str], Rows]:
    """A row a practice type: children, visits, income, health."""
    rows: Rows = []
    for entry in document["practices"]:
        last = entry["last_year"] or {}
        income, health = entry["net_income_usd"] or {}, entry["health_qaly"] or {}
        rows.append(
            [
                labels["practices"].get(entry["practice"], entry["practice"]),
                Figure(entry["count"], 0),
                Figure(sum(p["demanded"] for p in entry["panel"].values()) or None, 0),
                Figure(_kept(entry), 0),
                Figure(last.get("visits"), 0),
                Figure(last.get("minutes_per_visit"), 1),
                Figure(income.get("mean"), 0),
                Figure(_half(income), 0),
                Figure(health.get("mean")),
            ]
        )
    columns = [
        "practice type", "how many", "child-years asked for", "kept", "visits", "minutes/visit",
        "net income [USD]", "±", "health [QALY]",
    ]  # fmt: skip
    title = (
        "One practice of each type, a year (means over the type; children of all payers, health of this one's"
    )
    title += (
        "; visits of the last year simulated)" if any(e["last_year"] for e in document["practices"]) else ")"
    )
    known = [index for index in range(len(columns)) if any(str(row[index]) for row in rows)]
    return title, [columns[index] for index in known], [[row[index] for index in known] for row in rows]


def _kept(entry: dict[str, Any]) -> float | None:
    kept = [panel["kept"]["mean"] for panel in entry["panel"].values()]
    return None if not kept or None in kept else sum(kept)


def _half(figure: dict[str, Any]) -> float | None:
    high, mean = figure.get("high"), figure.get("mean")
    return None if high is None or mean is None else high - mean


def measures(document: dict[str, Any], labels: Labels) -> tuple[str, list[str], Rows]:
    """A row for each measure and practice type: the rate, and who is paid for which tier."""
    rows: Rows = []
    names = dict.fromkeys(m["measure"] for entry in document["practices"] for m in entry["measures"])
    for name in names:
        for entry in document["practices"]:
            for own in (m for m in entry["measures"] if m["measure"] == name):
                rate = own["rate"] or {}
                rows.append(
                    [
                        labels["measures"].get(name, name),
                        labels["practices"].get(entry["practice"], entry["practice"]),
                        percent(rate.get("mean")),
                        percent(_half(rate)),
                        ", ".join(_paid(tier) for tier in own["tiers"]) or NONE,
                    ]
                )
    columns = ["measure", "practice type", "rate [%]", "±", "tier (threshold): practices paid"]
    if all(row[-1] == NONE for row in rows):  # no bonus anywhere in the contract
        columns, rows = columns[:-1], [row[:-1] for row in rows]
    return "Measures", columns, rows


def _paid(tier: dict[str, Any]) -> str:
    share = tier["paid_share"]["mean"]
    paid = "unknown" if share is None else f"{100.0 * share:.0f} %"
    return f"{tier['tier']} ({100.0 * tier['threshold']:.0f} %): {paid}"
