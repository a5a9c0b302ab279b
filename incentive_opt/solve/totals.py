"""Sums over all practices: children, what of their needs is covered, health and money."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from incentive_opt.domain.instance import Instance
from incentive_opt.domain.response import Response
from incentive_opt.payment import Account
from incentive_opt.sums import Care, asked, covered, kept


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
    care = Care(instance, responses)
    contracted = [segment.name for segment in instance.segments if segment.contracted]
    children = sum(asked(care, segment) for segment in contracted)
    health = outlay = elsewhere = 0.0
    for (practice, _), account in zip(care.pairs, accounts, strict=True):
        health += practice.count * account.health
        outlay += practice.count * account.outlay
        elsewhere += practice.count * account.outside_cost
    number = round(sum(practice.count for practice, _ in care.pairs), 6)
    return {
        "practices": int(number) if number == int(number) else number,
        "children_asked": children,
        "children_kept": sum(kept(care, segment) for segment in contracted),
        "health_qaly": health,
        "outlay_usd": outlay,
        "outside_cost_usd": elsewhere,
        "outlay_per_child_asked_usd": outlay / children if children else 0.0,
        "needs": _needs(care, contracted),
    }


def _needs(care: Care, contracted: Sequence[str]) -> list[dict[str, Any]]:
    """Each need with its events, and the share that practices cover, also of children turned away."""
    names = dict.fromkeys(need.name for need in care.instance.needs)
    shares = {name: covered(care, contracted, name) for name in names}
    return [
        {
            "need": name,
            "events": sum(
                all_ for (own, of), (all_, _) in care.events.items() if own == name and of in contracted
            ),
            "covered_share": share,
        }
        for name, share in shares.items()
        if share is not None
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
