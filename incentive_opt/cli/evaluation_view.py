"""What people are shown of an evaluation: the bound, the terms, practices, and simulated differences."""

from __future__ import annotations

import re
from typing import Any

from incentive_opt.cli.output import Figure
from incentive_opt.cli.simulation_view import COUNTED, WORDS, scaled
from incentive_opt.cli.sums_view import QALY, SUMS, TOTAL_COLUMNS, percent, total_rows

Labels = dict[str, dict[str, str]]
Rows = list[list[object]]

SIMULATED = ["over all practices", "today", "then", "difference", "from", "to", "unit"]
INCOMES = [
    "practice type", "how many", "net income today [USD]", "then [USD]", "change [%]",
    "health today [QALY]", "then [QALY]",
]  # fmt: skip
TERMS = ["broken", "is", "", "limit", "by", "unit"]
MOST_REASONS = 5
"""So many reasons why a bound says nothing are shown."""
WHOLE = ("services", "measures", "tiers")
"""Units of terms that are counted; of others that are not dollars four decimals are shown."""
OF_PRACTICES = (
    "change of payments to", "change of income of", "income per clinician of", "referral bonus of",
    "referral loss of", r"reliability of \S+ for",
)  # fmt: skip
"""How the names of rules begin that are of one practice type, which comes next."""
SAYS = {"<=": "at most", ">=": "at least", "=": "exactly"}


def show(document: dict[str, Any], labels: Labels) -> None:
    """Print the document as tables."""
    import click

    from incentive_opt.cli.output import clean, print_table

    click.echo(clean(_title(document)) + "\n")
    click.echo("Every practice works best for itself (the model that designs are made with).\n")
    sums = document["optimiser"]["totals"]
    print_table(SUMS.format(sums["practices"]), TOTAL_COLUMNS, total_rows(sums, labels, money=True))
    click.echo(f"{QALY}\n")
    print_table("One practice of each type", INCOMES, incomes(document, labels))
    print_table("Against what no contract can pass", ["quantity", "value", "unit"], bound_rows(document))
    for line in bound_words(document):
        click.echo(clean(line))
    click.echo()
    kept, rows = term_rows(document, labels)
    click.echo(kept)
    if rows:
        print_table("", TERMS, rows)
    click.echo(clean(_simulated(document)) + "\n")
    print_table("", SIMULATED, simulated_rows(document))
    print_table("", ["one practice of the type", *SIMULATED[1:]], simulated_incomes(document, labels))
    for line in ENDING:
        click.echo(line)
    for text in document["assumed"]:
        click.echo(clean(f"  {text}"))
    click.echo()
    for line in bottom_line(document):
        click.echo(clean(line))


ENDING = (
    "From and to hold the mean difference with 95 % confidence; both contracts meet the same children.",
    COUNTED,
    "The simulator and the model that designs are made with are two models; the bound is one of the latter.",
)


def bottom_line(document: dict[str, Any]) -> list[str]:
    """The last words: what the contract changes, a sentence a line."""
    if document["contract"]["is_status_quo"]:
        return ["In short: this is the contract in force; nothing changes."]
    return ["In short:", *(f"  {sentence}" for sentence in document["summary"]["sentences"])]


def _title(document: dict[str, Any]) -> str:
    contract, name = document["contract"], document["instance"]["name"]
    if contract["is_status_quo"]:
        return f"{name}: the contract in force, held against itself."
    return f"{name}: \u201c{contract['title'] or 'this contract'}\u201d against the contract in force."


def incomes(document: dict[str, Any], labels: Labels) -> Rows:
    """A row a practice type: net income and health, today and then."""
    rows: Rows = []
    for entry in document["optimiser"]["practices"]:
        now, then = entry["status_quo_net_income_usd"], entry["net_income_usd"]
        rows.append(
            [
                labels["practices"].get(entry["practice"], entry["practice"]),
                Figure(entry["count"], 0),
                Figure(now, 0),
                Figure(then, 0),
                percent((then - now) / abs(now) if now else None),
                Figure(entry["status_quo_health_qaly"]),
                Figure(entry["health_qaly"]),
            ]
        )
    return rows


def bound_rows(document: dict[str, Any]) -> Rows:
    """Health today, under the contract, of the best design, and the bound."""
    bound = document["bound"]
    words = "Bound of the design" if bound["kind"] == "design" else "First best"
    rows: Rows = [
        ["Health under the contract in force", Figure(bound["status_quo_qaly"]), "QALY/year"],
        ["Health under this contract", Figure(bound["health_qaly"]), "QALY/year"],
    ]
    if bound["best_health_qaly"] is not None:
        rows.append(["Health under the design", Figure(bound["best_health_qaly"]), "QALY/year"])
    if bound["bound_qaly"] is not None:
        rows.append([words, Figure(bound["bound_qaly"]), "QALY/year"])
    if bound["share_of_gain"] is not None:
        rows.append(["Share of the possible gain reached", percent(bound["share_of_gain"]), "%"])
    if bound["best_share_of_gain"] is not None:
        rows.append(["the design reaches", percent(bound["best_share_of_gain"]), "%"])
    return rows


def bound_words(document: dict[str, Any]) -> list[str]:
    """What the bound says, and whether it speaks of this contract."""
    bound = document["bound"]
    lines = [bound["says"], *document["terms_of_the_design"]]
    if bound["bound_qaly"] is None:
        return lines
    if bound["share_of_gain"] is None:
        lines.append("The contract in force is already at the bound: there is nothing to gain.")
    if bound["not_covered_because"]:
        lines.append("The bound need not hold for this contract, because:")
        reasons = bound["not_covered_because"]
        lines += [f"  {reason}" for reason in reasons[:MOST_REASONS]]
        more = len(reasons) - MOST_REASONS
        lines += [f"  … and {more} more; --json has them all"] if more > 0 else []
    return lines


def term_rows(document: dict[str, Any], labels: Labels) -> tuple[str, Rows]:
    """How many of the payer's terms are kept, and a row for each that is broken."""
    terms = document["terms"]
    broken = [term for term in terms if not term["ok"]]
    if not broken:
        return f"The contract keeps all {len(terms)} terms: budget, income limits, contract rules.", []
    rows: Rows = []
    for term in broken:
        decimals = 2 if term["unit"].startswith("USD") else 0 if term["unit"] in WHOLE else 4
        figures = [Figure(term[key], decimals) for key in ("value", "limit", "breach")]
        rows.append(
            [
                _named(term["name"], labels),
                figures[0],
                SAYS[term["relation"]],
                figures[1],
                figures[2],
                term["unit"],
            ]
        )
    return f"The contract breaks {len(broken)} of {len(terms)} terms.", rows


def _named(term: str, labels: Labels) -> str:
    """A term with what people call the practice type that it is of."""
    name, _, rest = term.partition(": ")
    if rest:
        return f"{labels['practices'].get(name, name)}: {rest}"
    for known, label in labels["practices"].items():
        of_it = rf"((?:{'|'.join(OF_PRACTICES)}) ){re.escape(known)}(?=,| if |$)"
        if found := re.match(of_it, term):
            return f"{found[1]}{label}{term[found.end() :]}"
    return term


def _simulated(document: dict[str, Any]) -> str:
    made = document["simulated"]
    number = made["replications"]
    years = "1 year" if number == 1 else f"{number:,} years"
    return f"Simulated child by child: {years}, {made['behaviour']} practices (seed {made['seed']})."


def simulated_rows(document: dict[str, Any]) -> Rows:
    """Totals under both contracts with their difference."""
    return [
        [WORDS[figure["quantity"]], *_apart(figure)]
        for figure in document["simulated"]["figures"]
        if not figure["practice"] and figure["difference"] is not None
    ]


def simulated_incomes(document: dict[str, Any], labels: Labels) -> Rows:
    """Net income of practices under both contracts with its difference."""
    return [
        [labels["practices"].get(figure["practice"], figure["practice"]) + ": net income", *_apart(figure)]
        for figure in document["simulated"]["figures"]
        if figure["quantity"] == "net_income_usd"
    ]


def _apart(figure: dict[str, Any]) -> list[object]:
    values = [figure[key] for key in ("status_quo", "contract", "difference", "low", "high")]
    return scaled(values, figure["quantity"], figure["unit"])
