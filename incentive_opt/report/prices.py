"""The prices of a design: what moved, and how far."""

from __future__ import annotations

from typing import Any

from incentive_opt.domain.lines import LINE_KINDS
from incentive_opt.domain.payment_model import THINGS
from incentive_opt.report.facts import Facts

MOVED = 0.005
"""Prices that differ by less than half a cent have not moved [USD]."""
AT_BOUND = 0.005
"""A price this near to the end of its range is at it [USD]."""


def levers(facts: Facts, kind: str) -> list[dict[str, Any]]:
    """Prices of one kind as design.json lists them."""
    return [lever for lever in facts.design["contract"]["levers"] if lever["lever"] == kind]


def change(lever: dict[str, Any]) -> float:
    """By how much a price moved [USD]."""
    return float(lever["value"] - lever["status_quo"])


def has_moved(lever: dict[str, Any]) -> bool:
    """Whether a price moved by half a cent or more."""
    return abs(change(lever)) >= MOVED


def moves(facts: Facts) -> dict[str, list[str]]:
    """What moved: fees first ``paid``, ``raised``, ``cut``; then of every other kind what it is of."""
    moved: dict[str, list[str]] = {key: [] for key in ("paid", "raised", "cut", *THINGS) if key != "fee"}
    for lever in facts.design["contract"]["levers"]:
        if not has_moved(lever):
            continue
        key = lever["lever"]
        if key == "fee":
            first = lever["status_quo"] < MOVED
            key = "paid" if first else "raised" if change(lever) > 0.0 else "cut"
        moved[key].append(lever["of"])
    return moved


def name_of(facts: Facts, lever: dict[str, Any]) -> str:
    """What a price is for."""
    found = facts.label(THINGS[lever["lever"]], lever["of"])
    return found.replace("_", " ") if lever["lever"] in LINE_KINDS else found


def at_bound(lever: dict[str, Any]) -> str:
    """Which end of its range a price is at: ``lowest``, ``highest``, ``fixed``, or nothing."""
    lower, upper = lever.get("lower"), lever.get("upper")
    if lower is None or upper is None:
        return ""
    if upper - lower < AT_BOUND:
        return "fixed"
    if lever["value"] <= lower + AT_BOUND:
        return "lowest"
    return "highest" if lever["value"] >= upper - AT_BOUND else ""
