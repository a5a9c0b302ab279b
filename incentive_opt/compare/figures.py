"""What a way of paying does, in figures: health, money, incomes, children by segment, staff time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from incentive_opt.domain.instance import ROLES, Instance
from incentive_opt.domain.kinds import types_of
from incentive_opt.sums import Care, all_hours, asked, covered, health_of, kept, overtime, regular_hours

MILLION = 1e6


def sums(totals: Mapping[str, Any], today: Mapping[str, Any]) -> dict[str, Any]:
    """Health, money and children over all practices, with what changes against today.

    Parameters
    ----------
    totals, today : mapping
        As in ``totals`` of design.json, under the contract and under the one in force.
    """
    gain = totals["health_qaly"] - today["health_qaly"]
    outlay = totals["outlay_usd"]
    return {
        "health_qaly": totals["health_qaly"],
        "gain_qaly": gain,
        "gain_share": gain / abs(today["health_qaly"]) if today["health_qaly"] else None,
        "outlay_usd": outlay,
        "outlay_change_usd": outlay - today["outlay_usd"],
        "health_qaly_per_million_usd": MILLION * totals["health_qaly"] / outlay if outlay > 0.0 else None,
        "children_asked": totals["children_asked"],
        "children_kept": totals["children_kept"],
    }


def incomes(instance: Instance, then: Sequence[float], today: Sequence[float]) -> dict[str, Any]:
    """Net income by practice type, and who gains least and most.

    Parameters
    ----------
    instance : Instance
        In kinds, where the figures are of kinds.
    then, today : sequence of float
        Net income of one practice of each kind, in the order of the instance [USD/year].

    Returns
    -------
    dict
        ``practices``; ``worst`` and ``best``, the types whose income changes least and most [1]; and
        ``mean_change_share``, the change of the incomes of all practices together [1]. A share of nothing
        or of a loss says little, so types without an income today are neither worst nor best.
    """
    entries: list[dict[str, Any]] = []
    for members in types_of(instance):
        after, before = members.mean(then), members.mean(today)
        entries.append(
            {
                "practice": members.name,
                "count": sum(instance.practices[place].count for place in members.places),
                "net_income_usd": after,
                "status_quo_net_income_usd": before,
                "change_share": _change(after, before),
            }
        )
    known = [entry for entry in entries if entry["change_share"] is not None]
    ordered = sorted(known, key=lambda entry: float(entry["change_share"]))
    after, before = (
        sum(entry["count"] * entry[figure] for entry in entries)
        for figure in ("net_income_usd", "status_quo_net_income_usd")
    )
    return {
        "practices": entries,
        "worst": _named(ordered[0]) if ordered else None,
        "best": _named(ordered[-1]) if ordered else None,
        "mean_change_share": _change(after, before),
    }


def _change(after: float, before: float) -> float | None:
    return (after - before) / before if before > 0.0 else None


def _named(entry: Mapping[str, Any]) -> dict[str, Any]:
    return {"practice": entry["practice"], "change_share": entry["change_share"]}


def by_segment(care: Care) -> list[dict[str, Any]]:
    """Children, covered care and health of each contracted segment, over all practices.

    Returns
    -------
    list of dict
        ``children_asked``, ``children_kept`` [children]; ``covered_share``, share of the events of all who
        ask that practices cover [1]; ``health_qaly``, unweighted, and the same for 1,000 who ask [QALY/year].
    """
    return [_segment(care, segment.name) for segment in care.instance.segments if segment.contracted]


def _segment(care: Care, name: str) -> dict[str, Any]:
    children, gained = asked(care, name), health_of(care, name)
    return {
        "segment": name,
        "children_asked": children,
        "children_kept": kept(care, name),
        "covered_share": covered(care, (name,)),
        "health_qaly": gained,
        "health_qaly_per_1000_asked": 1000.0 * gained / children if children > 0.0 else None,
    }


def staff_time(care: Care) -> list[dict[str, Any]]:
    """Hours of each role that all children take, also those of other payers, against regular hours.

    Returns
    -------
    list of dict
        ``hours_available``, regular hours of all practices; ``hours_used``, overtime included;
        ``hours_overtime`` [hours/year]; ``used_share``, hours used of regular hours [1].
    """
    entries = []
    for role in ROLES:
        available, used = regular_hours(care, role), all_hours(care, role)
        entries.append(
            {
                "role": role,
                "hours_available": available,
                "hours_used": used,
                "hours_overtime": overtime(care, role),
                "used_share": used / available if available > 0.0 else None,
            }
        )
    return entries
