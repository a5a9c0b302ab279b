"""What ``solve --scenarios`` prints: what the contract for all cases brings, and what it costs."""

from __future__ import annotations

from typing import Any

import click

from incentive_opt.cli.output import Figure, print_table
from incentive_opt.cli.sums_view import percent

LARGE = 100.0
"""Health from which on no decimals are shown [QALY/year]."""
CASES = (
    ("at_base", "numbers of the files"),
    ("over_draws", "mean over the {} draws it was made for"),
    ("over_fresh_draws", "mean over {} fresh draws"),
)
COLUMNS = [
    "case", "contract", "health [QALY/year]", "outlay [USD/year]", "beats today's [% of cases]",
    "budget kept", "incomes kept",
]  # fmt: skip


def show(block: dict[str, Any]) -> None:
    """Print both contracts side by side, and the price of robustness in a sentence."""
    contracts = [("alone", "for the files' numbers")]
    if block["found"]:
        contracts.insert(0, ("robust", "for all draws"))
    rows = []
    for key, words in CASES:
        found = block[key]
        for name, contract in contracts:
            if not found["cases"]:
                continue
            one = found[name]
            shares = (one[f"{what}_share"] for what in ("beats_today", "budget_kept", "incomes_kept"))
            rows.append([
                words.format(found["cases"]), contract, _qaly(one["health_qaly"]),
                Figure(one["outlay_usd"], 0), *map(percent, shares),
            ])  # fmt: skip
    click.echo()
    print_table(f"One contract for {block['draws']} draws at once", COLUMNS, rows)
    click.echo(sentence(block))


def sentence(block: dict[str, Any]) -> str:
    """What the robustness costs and brings."""
    if not block["found"]:
        return "No contract for all draws was found that can be promised; the design is the other one."
    fresh = block["over_fresh_draws"]
    text = f"Robustness costs {_qaly(block['costs_at_base_qaly'])} QALY a year with the numbers of the files"
    if not fresh["cases"]:
        return f"{text}."
    gained = fresh["robust"]["health_qaly"] - fresh["alone"]["health_qaly"]
    own = block["over_draws"]
    before = own["robust"]["health_qaly"] - own["alone"]["health_qaly"] if own["cases"] else 0.0
    return (
        f"{text}; it brings {_qaly(before)} QALY a year on average over the draws it was made for, and "
        f"{_qaly(gained)} over fresh draws, which the search had not seen."
    )


def _qaly(value: float) -> Figure:
    return Figure(value, 0 if abs(value) >= LARGE else 2)
