"""What a budget frontier costs: health at 20 budgets, each a ``solve`` that knows nothing of the others.

    python benchmarks/frontier.py                            # two_practices under quality_bonus
    python benchmarks/frontier.py --types 3 --seconds 30 --seed 7 --model blended

Budgets go in even steps from ``--lowest`` to ``--highest`` times the outlay of the contract in force
(assumed: from a little less to a fifth more). More money cannot make health worse, so wherever a design is
worse than one for less money the search, and not the budget, is at fault; such points are counted.

The package has no solve that starts from a neighbouring design yet. Once it has, ``warm`` is the place to
call it, and its line will stand beside the cold one.
"""

from __future__ import annotations

import argparse
import secrets
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.made_instances import made
from incentive_opt.certify.status_quo import status_quo
from incentive_opt.domain.instance import Instance
from incentive_opt.errors import NoDesign
from incentive_opt.files import read_instance
from incentive_opt.solve import solve

POINTS = 20
WORSE = 1e-6
"""Share of health by which a design may be worse than one for less money and not be counted."""


@dataclass(frozen=True)
class Point:
    """One budget [USD/year], what was found [QALY/year; NaN for no design], and the time it took [s]."""

    budget: float
    health: float
    bound: float
    status: str
    seconds: float


@dataclass(frozen=True)
class Asked:
    """What every solve is given."""

    model: str
    gap: float
    seconds: float
    seed: int


def cold(instance: Instance, budgets: list[float], asked: Asked) -> list[Point]:
    """The frontier by solves that know nothing of one another."""
    points = []
    for budget in budgets:
        started = time.perf_counter()
        try:
            design = solve(
                instance,
                asked.model,
                gap=asked.gap,
                time_limit=asked.seconds,
                seed=asked.seed,
                budget=budget,
            )
            found = (design.health, design.upper_bound, design.status)
        except NoDesign:
            found = (np.nan, np.nan, "no design")
        points.append(Point(budget, *found, time.perf_counter() - started))
    return points


def warm(instance: Instance, budgets: list[float], asked: Asked) -> list[Point] | None:
    """The same, each solve starting from its neighbour's design: None, since that cannot be asked yet."""
    return None


WAYS: dict[str, Callable[[Instance, list[float], Asked], list[Point] | None]] = {"cold": cold, "warm": warm}


def summary(name: str, points: list[Point]) -> str:
    """A way's time, and how sound its frontier is."""
    seconds = np.array([point.seconds for point in points])
    health = np.array([point.health for point in points])
    best = np.fmax.accumulate(health)
    worse = int(np.sum(health[1:] < best[:-1] * (1.0 - WORSE)))
    closed = sum(point.status == "optimal" for point in points)
    none = int(np.isnan(health).sum())
    return (
        f"{name}: {seconds.sum():.2f} s for {len(points)} points (median {np.median(seconds):.2f} s, "
        f"most {seconds.max():.2f} s); {closed} closed to the gap, {none} without a design, "
        f"{worse} worse than one for less money"
    )


def main() -> None:
    given = _arguments()
    instance = made(given.types, given.seed) if given.types else read_instance(given.instance)
    model = given.model or ("blended" if given.types else "quality_bonus")
    asked = Asked(model, given.gap, given.seconds, given.seed % 2**31)
    today = status_quo(instance)
    budgets = (today.outlay * np.linspace(given.lowest, given.highest, given.points)).tolist()
    print(
        f"{instance.name} under {model}: outlay today {today.outlay:,.0f} USD, "
        f"health {today.health:,.3f} QALY a year; "
        f"gap {given.gap:g}, {given.seconds:g} s for each, seed {given.seed}"
    )
    found = {name: way(instance, budgets, asked) for name, way in WAYS.items()}
    print(f"{'budget [USD]':>16} {'health':>12} {'bound':>12} {'s':>8}  status")
    for point in found["cold"] or []:
        found_there = f"{point.health:12,.3f} {point.bound:12,.3f}"
        print(f"{point.budget:16,.0f} {found_there} {point.seconds:8.2f}  {point.status}")
    for name, points in found.items():
        print(summary(name, points) if points else f"{name}: not there yet, so only the other can be told")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--instance", default="two_practices")
    parser.add_argument(
        "--types", type=int, default=0, help="a made instance of so many practice types instead"
    )
    parser.add_argument("--model", default="")
    parser.add_argument("--seconds", type=float, default=30.0)
    parser.add_argument("--gap", type=float, default=0.01)
    parser.add_argument("--lowest", type=float, default=0.98)
    parser.add_argument("--highest", type=float, default=1.2)
    parser.add_argument("--points", type=int, default=POINTS)
    parser.add_argument("--seed", type=int, default=secrets.randbelow(10**9))
    return parser.parse_args()


if __name__ == "__main__":
    main()
