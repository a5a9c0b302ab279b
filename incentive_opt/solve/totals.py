"""Sums over all practices: children, what of their needs is covered, health and money."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from incentive_opt.domain.instance import Instance
from incentive_opt.domain.response import Response
from incentive_opt.payment import Account, uncovered


def compared(
    instance: Instance,
    responses: Sequence[Response],
    accounts: Sequence[Account],
    before: Sequence[Response],
    accounts_before: Sequence[Account],
) -> dict[str, Any]:
    """Totals of the practices that respond, with those under the contract in force as ``status_quo``."""
    return totals(instance, responses, accounts) | {"status_quo": totals(instance, before, accounts_before)}


def totals(instance: Instance, responses: Sequence[Response], accounts: Sequence[Account]) -> dict[str, Any]:
    """Totals over every practice of the types that respond; only children whom the contract pays for.

    Parameters
    ----------
    responses, accounts
        One of each practice type, in the same order.
    """
    counts = {practice.name: practice.count for practice in instance.practices}
    contracted = {segment.name for segment in instance.segments if segment.contracted}
    asked = kept = health = outlay = elsewhere = 0.0
    for response, account in zip(responses, accounts, strict=True):
        count = counts[response.practice]
        asked += count * sum(
            panel.demanded
            for panel in instance.panels
            if panel.practice == response.practice and panel.segment in contracted
        )
        kept += count * sum(children for segment, children in response.panel.items() if segment in contracted)
        health += count * account.health
        outlay += count * account.outlay
        elsewhere += count * account.outside_cost
    number = round(sum(counts[response.practice] for response in responses), 6)
    return {
        "practices": int(number) if number == int(number) else number,
        "children_asked": asked,
        "children_kept": kept,
        "health_qaly": health,
        "outlay_usd": outlay,
        "outside_cost_usd": elsewhere,
        "outlay_per_child_asked_usd": outlay / asked if asked else 0.0,
        "needs": _needs(instance, responses, counts, contracted),
    }


def _needs(
    instance: Instance, responses: Sequence[Response], counts: dict[str, float], contracted: set[str]
) -> list[dict[str, Any]]:
    """Each need with its events, and the share that practices cover, also of children turned away."""
    events: dict[str, float] = {}
    missing: dict[str, float] = {}
    for response in responses:
        left = uncovered(instance, response)
        for need in instance.needs:
            panel = instance.panel(response.practice, need.segment)
            if panel is None or need.segment not in contracted:
                continue
            count = counts[response.practice]
            arising = count * need.events_per_child_year * panel.demanded
            events[need.name] = events.get(need.name, 0.0) + arising
            gone = count * max(0.0, left.get((need.name, need.segment), 0.0))
            missing[need.name] = missing.get(need.name, 0.0) + gone
    return [
        {"need": name, "events": all_, "covered_share": 1.0 - missing[name] / all_}
        for name, all_ in events.items()
        if all_ > 0.0
    ]


def labels(instance: Instance, of_types: Instance | None = None) -> dict[str, dict[str, str]]:
    """What people call the things that have a key; of practices both kinds and types."""

    def named(things: Sequence[Any]) -> dict[str, str]:
        return {thing.name: thing.label or thing.name for thing in things}

    return {
        "practices": named((of_types or instance).practices) | named(instance.practices),
        "segments": named(instance.segments),
        "needs": named(instance.needs),
        "services": named(instance.services),
        "measures": named(instance.measures),
    }
