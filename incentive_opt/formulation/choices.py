"""Contract rules on how many prices may change: yes/no levers and the rows that tie them to prices."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from incentive_opt.domain.instance import Rules
from incentive_opt.domain.lines import POOL_SHARE
from incentive_opt.domain.payment_model import Lever


@dataclass
class Row:
    """One row on the levers: ``lower <= sum coefficient * lever <= upper``."""

    name: str
    coefficients: dict[int, float]
    lower: float
    upper: float


@dataclass
class Choices:
    """Yes/no levers, numbered after the prices.

    Attributes
    ----------
    names : list of str
        ``repriced:SERVICE``, ``rewarded:MEASURE``, ``tier_used:MEASURE:TIER``.
    rows : list of Row
        Over prices and yes/no levers.
    """

    first: int
    names: list[str] = field(default_factory=list)
    rows: list[Row] = field(default_factory=list)

    def new(self, name: str) -> int:
        """Add a yes/no lever; returns its number."""
        self.names.append(name)
        return self.first + len(self.names) - 1


def choices(levers: tuple[Lever, ...], rules: Rules) -> Choices:
    """Yes/no levers and rows, only for limits that could bind."""
    made = Choices(len(levers))
    _limit_repriced(made, levers, rules.max_services_repriced)
    _limit_measures(made, levers, rules.max_measures, rules.max_tiers)
    return made


def _limit_repriced(made: Choices, levers: tuple[Lever, ...], most: int | None) -> None:
    """At most so many fees differ from the status quo."""
    free = [(n, lever) for n, lever in enumerate(levers) if lever.kind == "fee" and lever.upper > lever.lower]
    if most is None or len(free) <= most:
        return
    repriced = {}
    for number, lever in free:
        yes = repriced[number] = made.new(f"repriced:{lever.of}")
        rise, fall = lever.upper - lever.status_quo, lever.status_quo - lever.lower
        made.rows.append(
            Row(
                f"fee of {lever.of} rises only if repriced",
                {number: 1.0, yes: -rise},
                -np.inf,
                lever.status_quo,
            )
        )
        made.rows.append(
            Row(
                f"fee of {lever.of} falls only if repriced",
                {number: 1.0, yes: fall},
                lever.status_quo,
                np.inf,
            )
        )
    made.rows.append(Row("services repriced", dict.fromkeys(repriced.values(), 1.0), -np.inf, float(most)))


def _limit_measures(
    made: Choices, levers: tuple[Lever, ...], most_measures: int | None, most_tiers: int | None
) -> None:
    """At most so many measures carry money, and so many tiers of each."""
    tiers: dict[str, list[int]] = {}
    pools: dict[str, int] = {}
    for number, lever in enumerate(levers):
        if lever.kind in ("bonus", POOL_SHARE) and lever.upper > 0:
            own = tiers.setdefault(lever.of, [])
            if lever.kind == "bonus":
                own.append(number)
            else:
                pools[lever.of] = number
    limit_measures = most_measures is not None and len(tiers) > most_measures
    rewarded: list[int] = []
    for measure, numbers in tiers.items():
        limit_tiers = most_tiers is not None and len(numbers) > most_tiers
        yes = made.new(f"rewarded:{measure}") if limit_measures else None
        if yes is not None:
            rewarded.append(yes)
            if measure in pools:
                number = pools[measure]
                made.rows.append(
                    Row(
                        f"pool of {measure} only if used",
                        {number: 1.0, yes: -levers[number].upper},
                        -np.inf,
                        0.0,
                    )
                )
        used = []
        for number in numbers:
            lever = levers[number]
            switch = yes
            if limit_tiers:
                switch = made.new(f"tier_used:{measure}:{lever.tier}")
                used.append(switch)
            if switch is not None:
                made.rows.append(
                    Row(
                        f"bonus of {measure}, tier {lever.tier}, only if used",
                        {number: 1.0, switch: -lever.upper},
                        -np.inf,
                        0.0,
                    )
                )
        if limit_tiers and most_tiers is not None:
            coefficients = dict.fromkeys(used, 1.0) | ({} if yes is None else {yes: -float(most_tiers)})
            made.rows.append(
                Row(f"tiers of {measure}", coefficients, -np.inf, float(most_tiers) if yes is None else 0.0)
            )
    if limit_measures and most_measures is not None:
        made.rows.append(
            Row("measures rewarded", dict.fromkeys(rewarded, 1.0), -np.inf, float(most_measures))
        )
