"""Who gains and who loses under a design, and what it asks of staff: columns of a row."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from incentive_opt.compare.rows import row_of_folder, row_of_today
from incentive_opt.domain.instance import ROLES, Instance
from incentive_opt.signs import signed

UNCHANGED = 0.0005
"""A change below this share of what there is today is none [1]."""
Row = Mapping[str, Any]


def people_of(run: Path, instance: Instance, labels: Mapping[str, Mapping[str, str]], kinds: int) -> Row:
    """Columns of a design in its run folder: incomes by practice type, health by children, hours of staff.

    Parameters
    ----------
    labels : mapping
        What practice types and segments are called, as in design.json.
    kinds : int
        Kinds of practice that the design tells apart.
    """
    today, then = row_of_today(instance, kinds), row_of_folder(run.name, run, instance)
    return (
        _incomes(then["income"], labels["practices"])
        | _children(then["segments"], today["segments"], labels["segments"])
        | _staff(then["staff"], today["staff"])
    )


def _incomes(income: Row, names: Mapping[str, str]) -> dict[str, Any]:
    """Net income by practice type; a type without an income today gains or loses in dollars."""
    entries = income["practices"]
    changes = [(entry, _income_change(entry)) for entry in entries]
    worst, best = income["worst"] or {}, income["best"] or {}
    return {
        "mean_income_change_share": income["mean_change_share"],
        "least_income_change_share": worst.get("change_share"),
        "least_income_practice": names.get(worst.get("practice", "")),
        "most_income_change_share": best.get("change_share"),
        "most_income_practice": names.get(best.get("practice", "")),
        "practices_gaining": sum(entry["count"] for entry, change in changes if change > 0.0),
        "practices_losing": sum(entry["count"] for entry, change in changes if change < 0.0),
        "practices_that_gain": _said(
            [(change, _income_words(e, names)) for e, change in changes if change > 0.0]
        ),
        "practices_that_lose": _said(
            [(change, _income_words(e, names)) for e, change in changes if change < 0.0]
        ),
    }


def _income_change(entry: Row) -> float:
    """The change of net income, 0 where it is too small to speak of [1, or USD where there is none today]."""
    if entry["change_share"] is None:
        change = float(entry["net_income_usd"] - entry["status_quo_net_income_usd"])
        return change if abs(change) >= 1.0 else 0.0
    share = float(entry["change_share"])
    return share if abs(share) >= UNCHANGED else 0.0


def _income_words(entry: Row, names: Mapping[str, str]) -> str:
    change = _income_change(entry)
    figure = (
        _signed(change, 0) + " USD" if entry["change_share"] is None else _signed(100.0 * change, 1) + " %"
    )
    return f"{names.get(entry['practice'], entry['practice'])} {figure}"


def _children(then: Sequence[Row], today: Sequence[Row], names: Mapping[str, str]) -> dict[str, Any]:
    """Health by group of children, for 1,000 who ask."""
    before = {entry["segment"]: entry for entry in today}
    changes = [(entry, _health_change(entry, before[entry["segment"]])) for entry in then]
    known = sorted((change, names.get(e["segment"], e["segment"])) for e, change in changes)
    return {
        "least_health_change_per_1000_qaly": known[0][0] if known else None,
        "least_health_children": known[0][1] if known else None,
        "most_health_change_per_1000_qaly": known[-1][0] if known else None,
        "most_health_children": known[-1][1] if known else None,
        "children_gaining": sum(entry["children_asked"] for entry, change in changes if change > 0.0),
        "children_losing": sum(entry["children_asked"] for entry, change in changes if change < 0.0),
        "children_that_gain": _said([(c, _health_words(e, c, names)) for e, c in changes if c > 0.0]),
        "children_that_lose": _said([(c, _health_words(e, c, names)) for e, c in changes if c < 0.0]),
    }


def _health_change(then: Row, today: Row) -> float:
    """The change for 1,000 children who ask, 0 where it is too small to speak of [QALY/year]."""
    after, before = then["health_qaly_per_1000_asked"] or 0.0, today["health_qaly_per_1000_asked"] or 0.0
    return float(after - before) if abs(after - before) > UNCHANGED * abs(before) else 0.0


def _health_words(entry: Row, change: float, names: Mapping[str, str]) -> str:
    return f"{names.get(entry['segment'], entry['segment'])} {_signed(change, 2)} QALY per 1,000"


def _staff(then: Sequence[Row], today: Sequence[Row]) -> dict[str, Any]:
    """Hours of all practices, for children of every payer [hours/year]."""
    used, before = ({entry["role"]: entry["hours_used"] for entry in row} for row in (then, today))
    overtime, earlier = (sum(entry["hours_overtime"] for entry in row) for row in (then, today))
    hours, hours_before = sum(used.values()), sum(before.values())
    return {
        "staff_hours": hours,
        "staff_hours_change": hours - hours_before,
        "staff_hours_change_share": (hours - hours_before) / hours_before if hours_before > 0.0 else None,
        **{f"{role}_hours_change": used[role] - before[role] for role in ROLES},
        "overtime_hours": overtime,
        "overtime_hours_change": overtime - earlier,
    }


def _said(parts: Sequence[tuple[float, str]]) -> str:
    """Words of each, the largest change first."""
    return "; ".join(words for _, words in sorted(parts, key=lambda part: -abs(part[0])))


def _signed(value: float, decimals: int) -> str:
    return signed(value, decimals).replace("-", "\N{MINUS SIGN}")
