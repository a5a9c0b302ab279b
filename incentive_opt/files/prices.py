"""Whether prices, of the status quo or of a contract, pay for something that is there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from incentive_opt.domain.instance import Instance
from incentive_opt.domain.lines import LINE_KINDS
from incentive_opt.domain.payable import contracted_needs, of_words
from incentive_opt.files.line_checks import check_lines
from incentive_opt.files.problems import Problems, did_you_mean
from incentive_opt.files.toml_files import place


@dataclass(frozen=True)
class Payable:
    """What can be paid for; None where it could not be read.

    Attributes
    ----------
    services, segments : sequence of str
        Names a fee or a capitation may carry.
    elsewhere : sequence of str
        Segments that are not contracted.
    menu : mapping measure -> thresholds
        Tiers of each measure; empty where its thresholds could not be read.
    lines : mapping kind -> sequence of str
        What other lines of payment can be of.
    needs : sequence of (need, segment)
        Of contracted children: what benchmarks can be of.
    """

    services: Sequence[str] | None
    segments: Sequence[str] | None
    elsewhere: Sequence[str]
    menu: Mapping[str, Sequence[float]] | None
    lines: Mapping[str, Sequence[str]] | None = None
    needs: Sequence[tuple[str, str]] = ()


def payable(instance: Instance) -> Payable:
    """What can be paid for in an instance."""
    return Payable(
        services=[service.name for service in instance.services],
        segments=[segment.name for segment in instance.segments],
        elsewhere=[segment.name for segment in instance.segments if not segment.contracted],
        menu={measure.name: measure.thresholds for measure in instance.measures},
        lines={kind: of_words(instance, kind) for kind in LINE_KINDS},
        needs=[(need.name, need.segment) for need in contracted_needs(instance)],
    )


def check_prices(
    prices: dict[str, Any], at: tuple[str, ...], known: Payable, text: str, shown: str, problems: Problems
) -> None:
    """Note fees, capitation and bonuses that name nothing, or that would pay for nothing."""
    for table, kind, names in (
        ("fees", "service", known.services),
        ("capitation", "segment", known.segments),
    ):
        entries = prices.get(table)
        for name, price in entries.items() if isinstance(entries, dict) else ():
            if name == "source":
                continue
            where = place((*at, table, name), text)
            if names is not None and name not in names:
                problems.add(shown, where, name, f"a {kind} of the instance", did_you_mean(name, names))
            elif kind == "segment" and name in known.elsewhere and price:
                problems.add(
                    shown, where, price, "no payment for a segment that is not contracted", "Remove it."
                )
    _check_bonuses(prices.get("bonuses"), (*at, "bonuses"), known, text, shown, problems)
    if known.lines is not None:
        contracted = [name for name in known.segments or () if name not in known.elsewhere]
        check_lines(prices, known.lines, known.needs, contracted, text, shown, problems)


def _check_bonuses(
    bonuses: object, at: tuple[str, ...], known: Payable, text: str, shown: str, problems: Problems
) -> None:
    seen: set[tuple[str, int]] = set()
    for index, bonus in enumerate(bonuses if isinstance(bonuses, list) else ()):
        measure, tier = (bonus.get("measure"), bonus.get("tier")) if isinstance(bonus, dict) else (None, None)
        if not isinstance(measure, str) or not isinstance(tier, int):
            continue
        where = place((*at, index), text)
        if (measure, tier) in seen:
            problems.add(shown, where, f"{measure}, tier {tier}", "every measure and tier once")
        seen.add((measure, tier))
        if known.menu is not None:
            _check_tier(measure, tier, bonus.get("threshold"), known.menu, where, shown, problems)


def _check_tier(
    measure: str,
    tier: int,
    threshold: object,
    menu: Mapping[str, Sequence[float]],
    where: str,
    shown: str,
    problems: Problems,
) -> None:
    if measure not in menu:
        problems.add(shown, where, measure, "a measure of the instance", did_you_mean(measure, menu))
        return
    rates = menu[measure]
    if rates and tier > len(rates):
        problems.add(
            shown,
            where,
            f"tier {tier}",
            f"a tier from 1 to {len(rates)}",
            f"The menu of measure {measure!r} has no more thresholds.",
        )
    elif rates and tier >= 1 and threshold is not None and threshold != rates[tier - 1]:
        problems.add(
            shown,
            where,
            f"threshold {threshold}",
            f"{rates[tier - 1]}, the rate of tier {tier} in the instance",
        )
