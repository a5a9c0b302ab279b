"""The rates that practices aim at above thresholds, read from design.json and held against the menu."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

from incentive_opt.certify.checks import RELATIVE, Check, entries, fact, number, text, whole_number
from incentive_opt.domain.curve import MOST_CUTS
from incentive_opt.domain.instance import Instance, Measure

GROUP = "incentives"
FIELD = "attainment_targets"
NAMED = 3
"""So many faults of a kind are named."""


@dataclass(frozen=True)
class Aim:
    """One entry of the list: the rate at which a practice type aims for a tier, beside its threshold [1]."""

    practice: str
    measure: Measure
    tier: int
    threshold: float
    target: float

    def __str__(self) -> str:
        return f"{self.practice}, {self.measure.name}, tier {self.tier}"


def as_designed(instance: Instance, design: Mapping[str, Any]) -> Instance:
    """The instance as the design takes it.

    A tier counts as attained from the rate that is aimed at, and effect curves have the straight
    pieces that the design says.
    """
    aims, _ = _read(instance, design)
    return replace(
        instance.with_pieces(pieces_in(design)),
        attainment={(aim.practice, aim.measure.name, aim.tier): aim.target for aim in aims},
    )


def pieces_in(design: Mapping[str, Any]) -> int:
    """Straight pieces in place of each of an effect curve's own; 1 where the design says nothing of them."""
    return whole_number(design, "pieces", MOST_CUTS)


def check_targets(instance: Instance, design: Mapping[str, Any]) -> list[Check]:
    """The targets are of tiers on the menu, not below their thresholds, at most 1, and rise with the tiers.

    Parameters
    ----------
    instance : Instance
        With the design's targets.

    Raises
    ------
    InputError
        The list is not one of objects, or a field is missing or of the wrong kind.
    """
    aims, strangers = _read(instance, design)
    if not aims and not strangers:
        return []
    menu = [
        f"{aim}: {aim.threshold:.8g}, the menu has {aim.measure.thresholds[aim.tier - 1]:.8g}"
        for aim in aims
        if abs(aim.threshold - aim.measure.thresholds[aim.tier - 1]) > RELATIVE
    ]
    range_ = [
        f"{aim}: {aim.target:.8g}, the threshold is {aim.measure.thresholds[aim.tier - 1]:.8g}"
        for aim in aims
        if not aim.measure.thresholds[aim.tier - 1] <= aim.target <= 1.0
    ]
    faults = (
        ("attainment targets: every tier is on the menu and stands there once", strangers),
        ("attainment targets: the thresholds beside them are the menu's", menu),
        ("attainment targets: none below its threshold or above 1", range_),
        ("attainment targets: none below that of a lower tier", _falling(instance, aims)),
    )
    return [fact(GROUP, name, not wrong, "; ".join(wrong[:NAMED])) for name, wrong in faults]


def _read(instance: Instance, design: Mapping[str, Any]) -> tuple[list[Aim], list[str]]:
    """The targets listed; and what is listed that the instance does not have, or twice."""
    practices = {practice.name for practice in instance.practices}
    measures = {measure.name: measure for measure in instance.measures}
    aims: dict[tuple[str, str, int], Aim] = {}
    wrong = []
    for entry in entries(design, FIELD) if FIELD in design else []:
        practice, name, tier = text(entry, "practice"), text(entry, "measure"), number(entry, "tier")
        threshold, target = number(entry, "threshold"), number(entry, "target")
        menu = measures[name].thresholds if name in measures else ()
        if practice not in practices or tier not in range(1, len(menu) + 1):
            wrong.append(f"the instance has no {practice}, {name}, tier {tier:g}")
        elif (practice, name, int(tier)) in aims:
            wrong.append(f"{practice}, {name}, tier {tier:g} stands there twice")
        else:
            aims[practice, name, int(tier)] = Aim(practice, measures[name], int(tier), threshold, target)
    return list(aims.values()), wrong


def _falling(instance: Instance, aims: list[Aim]) -> list[str]:
    """Tiers that would be attained before a lower one, tiers without a target of their own included."""
    wrong = []
    for practice, name in dict.fromkeys((aim.practice, aim.measure.name) for aim in aims):
        measure = next(m for m in instance.measures if m.name == name)
        rates = [instance.target(practice, measure, tier) for tier in range(1, len(measure.thresholds) + 1)]
        wrong += [
            f"{practice}, {name}: {before:.8g}, then {after:.8g}"
            for before, after in pairwise(rates)
            if after < before
        ]
    return wrong
