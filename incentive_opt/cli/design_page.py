"""What ``show`` prints of a design: all prices and the certificate, in words."""

from __future__ import annotations

from typing import Any

from incentive_opt.cli.attainment_view import COLUMNS, TITLE, allowed_for, target_rows
from incentive_opt.cli.design_view import (
    INCOMES,
    PRICES,
    health_and_money,
    pools,
    practices,
    price_rows,
    tiers,
)
from incentive_opt.cli.output import Figure
from incentive_opt.cli.sums_view import QALY, SUMS, TOTAL_COLUMNS, total_rows

STATUS = {"optimal": "within the gap asked for", "feasible": "a design, not within the gap asked for"}
CERTIFICATE = {
    "budget_slack_usd": "Budget that is left",
    "worst_income_slack_usd": "Least distance of a practice from its income limits",
    "worst_incentive_slack_usd": "Most that a practice could gain by working otherwise",
}

Table = tuple[str, list[str], list[list[Any]]]


def heading(design: dict[str, Any]) -> list[str]:
    """The lines above the tables."""
    instance, model = (design[part].get("title") or design[part]["name"] for part in ("instance", "model"))
    return [
        f"Design for {instance}, under {model}: {STATUS.get(design['status'], design['status'])}.",
        QALY,
        "Prices, responses and the copied instance stand beside design.json in the same folder.",
        *pools(design),
        *allowed_for(design),
        *design.get("notes", []),
    ]


def tables(design: dict[str, Any]) -> list[Table]:
    """Health and money, sums, prices, practices, tiers, rates aimed at, certificate."""
    made: list[Table] = [("The design", ["quantity", "value", "unit"], health_and_money(design))]
    sums = design.get("totals")
    if sums:
        rows = total_rows(sums, design.get("labels", {}))
        made.append((SUMS.format(sums["practices"]), TOTAL_COLUMNS, rows))
    made.append(("Prices", PRICES, price_rows(design, design["contract"]["levers"])))
    made.append(("Practices (one of each type)", INCOMES, practices(design)))
    made += [("Tiers attained under the design", columns, rows) for columns, rows in tiers(design)]
    targets = target_rows(design)
    if targets:
        made.append((TITLE, COLUMNS, targets))
    made.append(("What is proved", ["quantity", "value", "unit"], _certificate(design["certificate"])))
    return made


def _certificate(part: dict[str, Any]) -> list[list[Any]]:
    """Rows: how near the promises are to being broken."""
    rows = []
    for key, words in CERTIFICATE.items():
        value = part.get(key)
        if value is not None:
            shown = abs(value) if key == "worst_incentive_slack_usd" else value
            rows.append([words, Figure(shown), "USD/year"])
    return rows
