"""What people are shown of a sensitivity analysis: the bottom line, the tornado, the draws."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from incentive_opt.cli.output import Figure, clean, print_table
from incentive_opt.cli.sums_view import QALY, percent

LARGE = 100.0
"""Health from which on no decimals are shown [QALY/year]."""
TORNADO = ["parameter", "range", "gain at low", "at high", "moves it by", "decision"]
BEATS = "Beats today's contract: more health than it in the same case, within the budget of that case."
LINES = (
    ("beats_today", "beats today's contract"),
    ("more_health", "more health than today's"),
    ("budget_kept", "within the budget"),
    ("incomes_kept", "all incomes within their limits"),
    ("beats_today_and_incomes_kept", "beats today's, and incomes kept"),
)
MULTIPLE = "x"
"""The unit of a multiple."""


def show(document: dict[str, Any], folder: Path | None) -> None:
    """Print what was found, and in which folder it is, if it was written."""
    from incentive_opt.sensitivity import DRAWS_FILE, FILE

    click.echo()
    for sentence in document["sentences"]:
        click.echo(clean(sentence))
    click.echo(f"{QALY} {BEATS}\n")
    rows = document["tornado"]
    if rows:
        base = document["base"]["design"]["gain_qaly"]
        title = f"One parameter at a time: gain [QALY/year]; with the numbers of the files {_qaly(base)}"
        print_table(title, TORNADO, [_row(row) for row in rows])
    if any("resolved" in row[end] for row in rows for end in ("low", "high")):
        _searched(rows)
    if document["chances"]:
        _chances(document)
        _knowing(document)
    if document["indices"]:
        _indices(document)
    if folder is not None:
        click.echo(f"Files in {clean(folder)}: {FILE}, {DRAWS_FILE}.")


def _row(row: dict[str, Any]) -> list[object]:
    unit = MULTIPLE if row["scale"] == "multiple" else row["unit"]
    ends = (Figure(row[end]["value"], decimals(row[end]["value"])) for end in ("low", "high"))
    return [
        row["label"],
        f"{' to '.join(map(str, ends))} {unit if unit != '1' else ''}".rstrip(),
        _qaly(row["low"].get("gain_qaly")),
        _qaly(row["high"].get("gain_qaly")),
        _qaly(row["swing_qaly"]),
        row["decision"],
    ]


def decimals(value: float) -> int:
    """So many decimals show a value."""
    size = abs(value)
    return 0 if size >= 1000.0 else 2 if size >= 0.1 or size == 0.0 else 5


def _searched(rows: list[dict[str, Any]]) -> None:
    """What searches at the ends found."""
    shown = []
    for row in rows:
        for end in ("low", "high"):
            found = row[end].get("resolved")
            if found is None:
                continue
            if not found["found"]:
                shown.append([row["label"], end, Figure(None), Figure(None), found["why"]])
                continue
            note = "" if found["comparable"] else "the design breaks a limit there, this contract does not"
            note = note or ("today's contract" if found["is_status_quo"] else "")
            figures = [_qaly(found["health_qaly"]), _qaly(found["better_by_qaly"])]
            shown.append([row["label"], end, *figures, note])
    columns = ["parameter", "end", "health found [QALY/year]", "over the design", "note"]
    print_table("Searched again at the ends", columns, shown)


def _chances(document: dict[str, Any]) -> None:
    found = document["chances"]
    names = list(found)
    rows = [[words, *(percent(found[name]["probability"][key]["share"]) for name in names)]
            for key, words in LINES]  # fmt: skip
    title = f"Share of {document['draws'] - document['draws_impossible']:,} draws of all parameters [%]"
    print_table(title, ["in which the contract", *names], rows)
    spread = [
        [
            name,
            *(
                _qaly(value)
                for value in (
                    found[name]["gain_qaly"]["mean"],
                    *(found[name]["gain_qaly"]["quantiles"][at] for at in ("2.5", "25", "50", "75", "97.5")),
                )
            ),
        ]
        for name in names
    ]
    columns = ["contract", "mean", "2.5 % below", "25 %", "50 %", "75 %", "97.5 %"]
    print_table("Gain over today's contract [QALY/year]", columns, spread)
    labels = document["labels"]
    outside = [
        [labels[one["practice"]], percent(one["below_share"]), percent(one["above_share"])]
        for one in found["design"]["incomes"]
        if one["below_share"] or one["above_share"]
    ]
    if outside:
        columns = ["practice type", "below its limits [% of draws]", "above"]
        print_table("Incomes that leave their limits under the design", columns, outside)


def _knowing(document: dict[str, Any]) -> None:
    found = document["value_of_information"]
    rows = [
        [
            Figure(row["worth_usd_per_qaly"], 0),
            row["best"],
            Figure(row["value_usd"], 0),
            *(percent(row["chosen_share"][name]) for name in found["contracts"]),
        ]
        for row in found["rows"]
    ]
    columns = ["QALY worth [USD]", "best on average", "knowing all is worth [USD/year]"]
    title = "Which contract is best, and what it is worth to know more before choosing"
    print_table(title, [*columns, *(f"{name} best [% of draws]" for name in found["contracts"])], rows)


def _indices(document: dict[str, Any]) -> None:
    labels = {one["parameter"]: one["label"] for one in document["parameters"]}
    rows = [
        [labels[one["parameter"]], Figure(one["first_order"], 3), Figure(one["total"], 3)]
        for one in document["indices"]
    ]
    columns = ["parameter", "by itself", "with others"]
    print_table("Share of the gain's variance that a parameter brings (Sobol' indices) [1]", columns, rows)


def _qaly(value: float | None) -> Figure:
    return Figure(value, 0 if value is not None and abs(value) >= LARGE else 2)
