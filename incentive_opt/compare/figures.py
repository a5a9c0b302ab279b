"""What a way of paying does, in figures: health, money, incomes, children by segment, staff time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from incentive_opt.domain.instance import ROLES, Instance, Practice
from incentive_opt.domain.kinds import types_of
from incentive_opt.domain.response import Response
from incentive_opt.payment import health, uncovered

MILLION = 1e6
MINUTES = 60.0


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


def by_segment(instance: Instance, responses: Sequence[Response]) -> list[dict[str, Any]]:
    """Children, covered care and health of each contracted segment, over all practices.

    Returns
    -------
    list of dict
        ``children_asked``, ``children_kept`` [children]; ``covered_share``, share of the events of all who
        ask that practices cover [1]; ``health_qaly``, unweighted, and the same for 1,000 who ask [QALY/year].
    """
    return [
        _segment(instance, responses, segment.name) for segment in instance.segments if segment.contracted
    ]


def _segment(instance: Instance, responses: Sequence[Response], name: str) -> dict[str, Any]:
    alone = replace(
        instance,
        segments=tuple(
            replace(segment, contracted=segment.name == name, equity_weight=1.0)
            for segment in instance.segments
        ),
    )
    counts = _counts(instance)
    asked = kept = events = left = gained = 0.0
    for response in responses:
        count = counts[response.practice].count
        panel = instance.panel(response.practice, name)
        if panel is None:
            continue
        missing = uncovered(instance, response)
        asked += count * panel.demanded
        kept += count * response.panel.get(name, 0.0)
        gained += count * health(alone, response)
        for need in instance.needs:
            if need.segment == name:
                events += count * need.events_per_child_year * panel.demanded
                left += count * max(0.0, missing.get((need.name, name), 0.0))
    return {
        "segment": name,
        "children_asked": asked,
        "children_kept": kept,
        "covered_share": 1.0 - left / events if events > 0.0 else None,
        "health_qaly": gained,
        "health_qaly_per_1000_asked": 1000.0 * gained / asked if asked > 0.0 else None,
    }


def staff_time(instance: Instance, responses: Sequence[Response]) -> list[dict[str, Any]]:
    """Hours of each role that all children take, also those of other payers, against regular hours.

    Returns
    -------
    list of dict
        ``hours_available``, regular hours of all practices; ``hours_used``, overtime included;
        ``hours_overtime`` [hours/year]; ``used_share``, hours used of regular hours [1].
    """
    counts = _counts(instance)
    entries = []
    for role in ROLES:
        staff = instance.staff[role]
        minutes = {service.name: service.minutes.get(role, 0.0) for service in instance.services}
        available = used = overtime = 0.0
        for response in responses:
            practice = counts[response.practice]
            work = sum(minutes[service] * volume for (service, _), volume in response.services.items())
            work += staff.panel_minutes_per_child * sum(response.panel.values())
            extra = sum(hours for (whose, _), hours in response.overtime.items() if whose == role)
            available += practice.count * practice.fte.get(role, 0.0) * staff.hours_per_fte
            used += practice.count * work / MINUTES
            overtime += practice.count * extra
        entries.append(
            {
                "role": role,
                "hours_available": available,
                "hours_used": used,
                "hours_overtime": overtime,
                "used_share": used / available if available > 0.0 else None,
            }
        )
    return entries


def _counts(instance: Instance) -> dict[str, Practice]:
    return {practice.name: practice for practice in instance.practices}
