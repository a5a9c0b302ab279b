"""What people are shown of a validation: verdict, totals, behaviours, what is off and why."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from incentive_opt.cli.output import Figure
from incentive_opt.cli.sums_view import MILLIONS, QALY, label, percent
from incentive_opt.signs import signed
from incentive_opt.validate.compare import UNCLEAR

Row = dict[str, Any]

TOTALS = {
    "health_qaly": "Health",
    "outlay_usd": "Outlay",
    "contract_payments_usd": "Contract payments",
    "bonuses_usd": "Bonuses among them",
    "outside_cost_usd": "Care elsewhere",
    "children_on_panels": "On panels (children this contract pays for)",
    "children_turned_away": "Turned away (children this contract pays for)",
    "visits": "Visits",
    "minutes_per_visit": "Minutes per visit",
}
UNITS = {"contracted children": "child-years", "clinician and NP minutes": "minutes"}
"""Units that are shorter on a terminal."""
OF_TYPES = {
    "net_income_usd": "net income",
    "revenue_usd": "contract payments",
    "practice_health_qaly": "health of its children",
    "panel": "panel",
    "rate": "rate",
    "tier_paid": "practices paid for tier {tier}",
}
SHARES = ("rate", "tier_paid")
STATUS = {UNCLEAR: "unclear"}
"""How the status of a quantity is shown where it is too long for a table."""
LARGE = 1000.0
"""Figures from here on are shown without decimals."""
STEPS = {
    "files": "files disagree",
    "indifference": "practices choose otherwise",
    "curve": "smooth effect",
    "spread": "practices differ",
    "threshold": "chance, thresholds",
    "capacity": "staff time",
}
COMPARED = ["quantity", "promised", "simulated", "±", "off [%]", "unit", ""]
FEW_ROWS = 12
"""So many of the things that are off for one cause are listed, and all that decide."""


def show(document: Row, folder: Path | None) -> None:
    """Print a validation: sentences first, then tables, then where the rest stands, if it was written."""
    import click

    from incentive_opt.cli.output import clean, print_table

    for sentence in document["sentences"]:
        click.echo(clean(sentence))
    click.echo()
    rational = document["behaviours"][0]
    years = f"{document['replications']} simulated year{'s' * (document['replications'] != 1)}"
    print_table(
        f"Promised and simulated, practices rational ({years}; 95 % interval)", COMPARED, totals(rational)
    )
    click.echo(QALY + "".join(of_the_search(rational)) + "\n")
    print_table("By behaviour of practices (95 % interval of the gain kept)", *behaviours(document))
    print_table(*waterfall(document))
    for line in (*what_is_off(document), *assumed(document)):
        click.echo(clean(line))
    if folder is not None:
        click.echo(f"All figures of every practice type are in {clean(folder / 'validation.json')}.")


def totals(rational: Row) -> list[list[object]]:
    """Rows: totals over all practices."""
    found = {one["kind"]: one for one in rational["quantities"] if not one["practice"]}
    rows: list[list[object]] = []
    for kind, words in TOTALS.items():
        if kind in found:
            one = found[kind]
            scaled, unit = _scale(one)
            half_width = None if one["high"] is None else one["high"] - one["mean"]
            figures = [scaled(value) for value in (one["promised"], one["mean"], half_width)]
            status = STATUS.get(one["status"], one["status"])
            rows.append([words, *figures, percent(one["relative_error"]), unit, status])
    return rows


def of_the_search(rational: Row) -> list[str]:
    """Say that parts of outlay are promised as the search has them, where outlay itself is not."""
    outlay = next(
        one for one in rational["quantities"] if one["kind"] == "outlay_usd" and not one["practice"]
    )
    if outlay["searched"] is None or outlay["searched"] == outlay["promised"]:
        return []
    return [
        " Health and outlay are promised of a real year, all else as in the search, where outlay is "
        f"{outlay['searched']:,.0f} USD/year."
    ]


def _scale(one: Row) -> tuple[Callable[[float | None], Figure], str]:
    """How a quantity is written, and its unit: large sums in millions."""
    largest = max(abs(one[key] or 0.0) for key in ("promised", "mean"))
    if largest >= MILLIONS and one["unit"].startswith("USD"):
        return (lambda value: Figure(None if value is None else value / 1e6)), "M USD/year" if not one[
            "practice"
        ] else f"million {one['unit']}"
    decimals = 0 if largest >= LARGE else 2
    return (lambda value: Figure(value, decimals)), UNITS.get(one["unit"], str(one["unit"]))


def behaviours(document: Row) -> tuple[list[str], list[list[object]]]:
    """Columns and rows: what is kept of the promised gain, what is spent, whose income suffers most."""
    columns = [
        "practices",
        "gain kept [%]",
        "from",
        "to",
        "over budget [%]",
        "income that misses most [USD/year]",
    ]
    rows: list[list[object]] = []
    for one in document["behaviours"]:
        gain, worst = one["gain"], one["worst_income"]
        kept = [percent(gain[key]) for key in ("kept_share", "kept_share_low", "kept_share_high")]
        missed = worst["error_usd"]
        most = (
            f"{signed(missed, 0)} {label(document, 'practices', worst['practice'])}"
            if missed is not None
            else ""
        )
        rows.append([one["behaviour"], *kept, percent(one["budget"]["over_share"]), most])
    return columns, rows


def waterfall(document: Row) -> tuple[str, list[str], list[list[object]]]:
    """Title, columns and rows: from what the search had to the simulation, step by step."""
    found = {one["kind"]: one for one in document["waterfall"]["quantities"] if not one["practice"]}
    health, outlay = found["health_qaly"], found["outlay_usd"]
    rows: list[list[object]] = [["in the search", Figure(health["searched"]), Figure(outlay["searched"], 0)]]
    for step, words in STEPS.items():
        change, dollars = health["changes"][step], outlay["changes"][step]
        told = abs(change or 0.0) > 5e-3 or abs(dollars or 0.0) > 0.5
        if told or step != "files":
            rows.append([f"+ {words}", Figure(change), Figure(dollars, 0)])
    rows.append(["simulated", Figure(health["simulated"]), Figure(outlay["simulated"], 0)])
    return "From search to simulation, step by step", ["", "health [QALY/year]", "outlay [USD/year]"], rows


def what_is_off(document: Row) -> list[str]:
    """Lines: every promise that is off, by cause, and those that cannot be told; first those that decide."""
    found = {_key(one): one for one in document["behaviours"][0]["quantities"]}
    failures = [(one, found[_key(one)]["status"] == UNCLEAR) for one in document["failures"]]
    off, untold = ([one for one, unclear in failures if unclear is which] for which in (False, True))
    lines = []
    if off:
        lines.append(f"What is off, by cause: {len(off)} (* decides the verdict)")
    for words in dict.fromkeys(one["words"] for one in off):
        lines.append(f"{words[0].upper()}{words[1:]}:")
        lines += _listed(document, found, [one for one in off if one["words"] == words])
    if untold:
        lines.append(f"Too few replications to tell: {len(untold)} (* decides the verdict)")
        lines += _listed(document, found, untold)
    return lines


def _listed(document: Row, found: dict[tuple[object, ...], Row], own: list[Row]) -> list[str]:
    """Lines: promises that do not hold, all that decide among them."""
    shown = max(FEW_ROWS, sum(one["decides"] for one in own))
    lines = [f"  {'*' if one['decides'] else ' '} {_line(document, found[_key(one)])}" for one in own[:shown]]
    return lines + [f"    and {len(own) - shown} more."] * (len(own) > shown)


def _key(one: Row) -> tuple[object, ...]:
    return one["kind"], one["practice"], one["of"], one["tier"]


def _line(document: Row, one: Row) -> str:
    """One promise that is off: name and figures."""
    if one["kind"] in SHARES:
        promised, mean, unit = percent(one["promised"]), percent(one["mean"]), "%"
    else:
        scaled, unit = _scale(one)
        promised, mean = scaled(one["promised"]), scaled(one["mean"])
    simulated = f"{mean} {unit}" if one["mean"] is not None else "none"
    return f"{_name(document, one)}: promised {promised}, simulated {simulated}"


def _name(document: Row, one: Row) -> str:
    if not one["practice"]:
        return TOTALS[one["kind"]]
    words = OF_TYPES[one["kind"]].format(tier=one["tier"])
    kind = "segments" if one["kind"] == "panel" else "measures"
    of = f", {label(document, kind, one['of'])}" if one["of"] else ""
    return f"{label(document, 'practices', one['practice'])}, {words}{of}"


def assumed(document: Row) -> list[str]:
    """Lines: what the instance does not say of children and practices one by one."""
    if not document["assumed"]:
        return []
    return ["Assumed, because the instance does not say:", *(f"  {text}" for text in document["assumed"])]
