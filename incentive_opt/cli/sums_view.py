"""Words and figures that the views of designs and of responses share: totals, labels, dollars."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from incentive_opt.cli.output import Figure

QALY = "A QALY is a year of life in full health."
SUMS = "All {:,} practices (children whom this contract pays for)"
TOTAL_COLUMNS = ["quantity", "today", "then", "unit"]
MILLIONS = 1e7
"""Amounts from here on are shown in millions [USD]."""


def label(design: dict[str, Any], kind: str, key: str) -> str:
    """What people call a thing; its key where a design has no labels."""
    return str(design.get("labels", {}).get(kind, {}).get(key, key))


def named(names: Sequence[str]) -> str:
    """Names as an enumeration; those with commas of their own are set apart by semicolons."""
    separator = "; " if any("," in name for name in names) else ", "
    return names[0] if len(names) == 1 else f"{separator.join(names[:-1])} and {names[-1]}"


def percent(share: float | None) -> Figure:
    """A share in percent."""
    return Figure(None if share is None else 100.0 * share, 1)


def dollars(usd: float | None) -> tuple[Figure, str]:
    """An amount and its unit: dollars below ten million, else millions."""
    if usd is None or abs(usd) < MILLIONS:
        return Figure(usd, 0), "USD/year"
    return Figure(usd / 1e6), "million USD/year"


def total_rows(
    sums: dict[str, Any], labels: dict[str, dict[str, str]], money: bool = False, compare: bool = True
) -> list[list[object]]:
    """Rows: children, what is covered of each need, money per child; today and then.

    Parameters
    ----------
    money : bool
        Also health, outlay and care elsewhere, which the view of a design has in another table.
    compare : bool
        Whether there is another contract than the one in force; if not, there is one figure a row.
    """
    years = [sums["status_quo"], sums] if compare else [sums]
    rows: list[list[object]] = [
        [words, *(Figure(year[key], 0) for year in years), "children"]
        for words, key in (
            ("Children who ask for a practice", "children_asked"),
            ("Children kept", "children_kept"),
        )
    ]
    if money:
        rows.append(["Health", *(Figure(year["health_qaly"]) for year in years), "QALY/year"])
        for key, words in (
            ("outlay_usd", "Outlay of the payer"),
            ("outside_cost_usd", "of it: care elsewhere"),
        ):
            large = max(abs(year[key]) for year in years) >= MILLIONS
            figures = [Figure(year[key] / 1e6) if large else Figure(year[key], 0) for year in years]
            rows.append([words, *figures, "million USD/year" if large else "USD/year"])
    for now, *both in zip(sums["needs"], *(year["needs"] for year in years), strict=True):
        name = labels.get("needs", {}).get(now["need"], now["need"])
        rows.append([f"Covered: {name}", *(percent(need["covered_share"]) for need in both), "% of events"])
    rows.append(
        [
            "Outlay per child who asks",
            *(Figure(year["outlay_per_child_asked_usd"]) for year in years),
            "USD/child-year",
        ]
    )
    return rows
