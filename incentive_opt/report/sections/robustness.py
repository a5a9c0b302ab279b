"""Searches that a robust design came from: what was allowed for, and what simulation left of each."""

from __future__ import annotations

from typing import Any

from incentive_opt.report.facts import Facts
from incentive_opt.report.parts import Number, Paragraph, Part, Row, Table
from incentive_opt.report.wording import clean, qaly


def robustness(facts: Facts) -> list[Part]:
    """What `solve --robust` tried, and what its allowances cost; nothing for other designs."""
    block = facts.design.get("robustness")
    if not isinstance(block, dict):
        return []
    parts: list[Part] = []
    price = block.get("price_qaly")
    if isinstance(price, int | float):
        cost = f"{qaly(price)} a year of what the search without them found"
        parts.append(Paragraph(f"Several searches were made and simulated; the allowances cost {cost}."))
    rows = [_attempt(one) for one in block.get("attempts") or [] if isinstance(one, dict)]
    columns = (
        "aims above thresholds [standard deviations]", "altruism margin [%]", "found [QALY/year]",
        "simulated [QALY/year]", "least gain kept under any behaviour [%]", "holds", "robust", "why not",
    )  # fmt: skip
    note = "Robust: 90 % of the gain is kept under every behaviour and the budget passed by 2 % at most."
    return [*parts, Table("robust_searches", "Searches for a robust design", columns, tuple(rows), note)]


def _attempt(one: dict[str, Any]) -> Row:
    found = one.get("kept")
    found = found if isinstance(found, dict) else {}
    kept = [share for share in found.values() if share is not None]
    margin = one.get("altruism_margin")
    return (
        Number(one.get("deviations"), 2),
        Number(None if margin is None else 100.0 * margin, 1),
        Number(one.get("health_qaly"), 2),
        Number(one.get("simulated_qaly"), 2),
        Number(100.0 * min(kept) if kept else None, 0),
        _yes(one.get("holds")),
        _yes(one.get("robust")),
        clean(one.get("reason") or ""),
    )


def _yes(value: object) -> str:
    return "yes" if value is True else "no" if value is False else ""
