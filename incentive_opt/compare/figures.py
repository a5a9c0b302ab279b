"""What a way of paying does, in figures: health, money, incomes, children by segment, staff time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

from incentive_opt.domain.instance import ROLES, Instance
from incentive_opt.domain.kinds import types_of
from incentive_opt.sums import Care, all_hours, asked, covered, health_of, kept, overtime, regular_hours

Entry = TypeVar("Entry", bound=Mapping[str, Any])
MILLION = 1e6
UNMOVED = 1e-6
"""A change below this share of what there is today is none [1]."""
TIED = 1e-4
"""Health that differs by less than this share is the same [1]."""
NO_HEALTH, SAVES, NO_COST, COSTS = "no more health", "saves money", "costs nothing more", "costs money"
"""What more health costs: there is none; less is spent; as much as today; more."""


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
        **per_dollar(gain, outlay - today["outlay_usd"], today),
        "health_qaly_per_million_usd": MILLION * totals["health_qaly"] / outlay if outlay > 0.0 else None,
        "children_asked": totals["children_asked"],
        "children_kept": totals["children_kept"],
    }


def per_dollar(gain: float, change: float, today: Mapping[str, Any]) -> dict[str, Any]:
    """What the extra health costs: a figure where it costs extra money, and words.

    Parameters
    ----------
    gain : float
        Above today [QALY/year].
    change : float
        Of outlay against today [USD/year].

    Returns
    -------
    dict
        ``qaly_per_extra_million_usd``, None unless more health costs more money [QALY per 1,000,000 USD];
        ``per_dollar``, one of the words above.
    """
    if gain <= UNMOVED * abs(today["health_qaly"]):
        return {"qaly_per_extra_million_usd": None, "per_dollar": NO_HEALTH}
    slack = UNMOVED * abs(today["outlay_usd"])
    if change <= slack:
        return {"qaly_per_extra_million_usd": None, "per_dollar": SAVES if change < -slack else NO_COST}
    return {"qaly_per_extra_million_usd": MILLION * gain / change, "per_dollar": COSTS}


def ranked(rows: Sequence[Entry]) -> list[Entry]:
    """The healthiest first; of equally healthy ones that which costs less, so brings more per dollar.

    Parameters
    ----------
    rows : sequence of mapping
        Each with ``health_qaly`` and ``outlay_usd``.
    """
    left = sorted(rows, key=lambda row: -row["health_qaly"])
    found: list[Entry] = []
    while left:
        most = left[0]["health_qaly"]
        tied = [row for row in left if most - row["health_qaly"] <= TIED * abs(most)]
        found += sorted(tied, key=lambda row: float(row["outlay_usd"]))
        left = left[len(tied) :]
    return found


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


def equity(segments: Sequence[Mapping[str, Any]], today: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """How evenly a way of paying treats groups of children.

    Parameters
    ----------
    segments, today : sequence of mapping
        As ``by_segment`` gives them, under the contract and under the one in force.

    Returns
    -------
    dict
        ``covered_spread_share``, between the group covered best and the one covered worst [1];
        ``worst`` and ``best``, the groups whose health changes least and most, with the change for 1,000 who
        ask [QALY/year].
    """
    before = {entry["segment"]: entry["health_qaly_per_1000_asked"] or 0.0 for entry in today}
    changes = sorted(
        ((entry["health_qaly_per_1000_asked"] or 0.0) - before[entry["segment"]], entry["segment"])
        for entry in segments
    )
    shares = [entry["covered_share"] for entry in segments]
    named = [{"segment": name, "change_qaly_per_1000_asked": change} for change, name in changes]
    return {
        "covered_spread_share": max(shares) - min(shares) if shares else None,
        "worst": named[0] if named else None,
        "best": named[-1] if named else None,
    }


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
