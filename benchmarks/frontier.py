"""What a budget frontier costs: health at 20 budgets, each a ``solve`` that knows nothing of the others.

    python benchmarks/frontier.py                            # two_practices under quality_bonus
    python benchmarks/frontier.py --types 3 --seconds 30 --seed 7 --model blended

Budgets go in even steps from ``--lowest`` to ``--highest`` times the outlay of the contract in force
(assumed: from a little less to a fifth more). More money cannot make health worse, so wherever a design is
worse than one for less money the search, and not the budget, is at fault; such points are counted.

``warm`` gives the first budget as long as ``cold`` does, every other a share of that (``WARM``), from near
its neighbour's design. So its time says little by itself: what counts is at how many budgets it is as good.
"""

from __future__ import annotations

import argparse
import secrets
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.made_instances import made
from incentive_opt.certify.status_quo import status_quo
from incentive_opt.domain.instance import Instance
from incentive_opt.errors import NoDesign
from incentive_opt.files import read_instance
from incentive_opt.solve import Design, solve

POINTS = 20
WARM = 0.2
"""Share of a cold solve's time that a warm one has."""
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


def point(
    instance: Instance, budget: float, asked: Asked, near: Design | None = None
) -> tuple[Point, Design | None]:
    """One budget, near a neighbour's design if there is one."""
    started = time.perf_counter()
    design = None
    found = (np.nan, np.nan, "no design")
    with suppress(NoDesign):
        design = solve(
            instance,
            asked.model,
            gap=asked.gap,
            time_limit=asked.seconds if near is None else WARM * asked.seconds,
            seed=asked.seed,
            budget=budget,
            start=near,
        )
        found = (design.health, design.upper_bound, design.status)
    return Point(budget, *found, time.perf_counter() - started), design


def cold(instance: Instance, budgets: list[float], asked: Asked) -> list[Point]:
    """The frontier by solves that know nothing of one another."""
    return [point(instance, budget, asked)[0] for budget in budgets]


def warm(instance: Instance, budgets: list[float], asked: Asked) -> list[Point]:
    """The same, each solve but the first beginning near the last design found."""
    points: list[Point] = []
    near: Design | None = None
    for budget in budgets:
        made, design = point(instance, budget, asked, near)
        points.append(made)
        near = design or near
    return points


WAYS: dict[str, Callable[[Instance, list[float], Asked], list[Point]]] = {"cold": cold, "warm": warm}


def summary(name: str, points: list[Point]) -> str:
    """A way's time, and how sound its frontier is."""
    seconds = np.array([one.seconds for one in points])
    health = np.array([one.health for one in points])
    best = np.fmax.accumulate(health)
    worse = int(np.sum(health[1:] < best[:-1] * (1.0 - WORSE)))
    closed = sum(one.status == "optimal" for one in points)
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
    for one in found["cold"]:
        found_there = f"{one.health:12,.3f} {one.bound:12,.3f}"
        print(f"{one.budget:16,.0f} {found_there} {one.seconds:8.2f}  {one.status}")
    for name, points in found.items():
        print(summary(name, points))
    print(compared(found["cold"], found["warm"]))


def compared(cold: list[Point], warm: list[Point]) -> str:
    """What the warm frontier costs, in cold solves, and how it stands beside the cold one."""
    each = float(np.mean([one.seconds for one in cold]))
    cost = sum(one.seconds for one in warm) / each
    change = np.array([w.health / c.health - 1.0 for c, w in zip(cold, warm, strict=True)])
    known = change[np.isfinite(change)]
    return (
        f"warm costs {cost:.1f} cold solves; health against cold: mean {100 * known.mean():+.2f} %, least "
        f"{100 * known.min():+.2f} %, as good or better at {int((known >= -WORSE).sum())} of {len(warm)}"
    )


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
