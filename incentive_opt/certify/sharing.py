"""Shared savings with a minimum, limits and a gate: columns and rows of the certificate's own problem.

A second construction of docs/mathematics.md, "Minimum, limits and gate of shared savings"; it shares no code
with the formulation, nor with the arithmetic in ``incentive_opt.other_lines``.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from incentive_opt.certify.held_back import Key, Problem, Terms
from incentive_opt.domain.instance import Measure
from incentive_opt.domain.lines import Benchmarks
from incentive_opt.domain.sharing import PLAIN

FloatArray = npt.NDArray[np.float64]
TOLERANCE = 1e-6
"""Savings this little (a share of the benchmark) short of a limit reach it."""
LEVEL = {"owes all": -1, "owes": -1, "even": 0, "gains": 1, "gains all": 1}
"""Ways to end the year, and which way the money goes."""


def savings(problem: Problem, benchmarks: Benchmarks) -> tuple[FloatArray, float]:
    """What care elsewhere costs less than its benchmark, as a linear function of the columns."""
    made, constant = np.zeros(len(problem.columns)), 0.0
    for need in problem.needs:
        if not problem.contracted[need.segment]:
            continue
        events = need.events_per_child_year * problem.demanded[need.segment]
        constant -= (need.uncovered_cost + need.downstream_saving) * events
        made[problem.columns["effective", need.name, need.segment]] += need.downstream_saving
        for service in problem.delivered_by[need.name, need.segment]:
            made[problem.columns["service", service.name, need.segment]] += need.uncovered_cost
    return made, constant + benchmark(problem, benchmarks)


def benchmark(problem: Problem, benchmarks: Benchmarks) -> float:
    """Benchmark of care elsewhere for all children who ask [USD/year]."""
    asked = problem.demanded.items()
    return sum(benchmarks.cost[k] * n for k, n in asked if problem.contracted[k] and n > 0.0)


def add_sharing(
    problem: Problem,
    column: Callable[[Key, float, float], int],
    row: Callable[[Terms, float], None],
    judged: Callable[[Measure], tuple[Terms, Terms, float] | None],
) -> None:
    """A yes/no and the savings for every way to end the year.

    Parameters
    ----------
    judged : callable
        Numerator, denominator and largest denominator of a measure; None where it does not apply.
    """
    terms = problem.contract.benchmarks
    if terms.sharing == PLAIN or problem.contract.lines.get(("shared_savings", "care_elsewhere"), 0.0) <= 0.0:
        return
    coefficients, constant = savings(problem, terms)
    ends = _ends(problem, terms, constant)
    tied: Terms = [(int(place), float(coefficients[place])) for place in np.flatnonzero(coefficients)]
    yes = {}
    for name, (low, high) in ends.items():
        yes[name] = column(("way", name, ""), 0.0, 1.0)
        amount = column(("saved", name, ""), min(0.0, low), max(0.0, high))
        row([(amount, -1.0), (yes[name], low)], 0.0)
        row([(amount, 1.0), (yes[name], -high)], 0.0)
        tied.append((amount, -1.0))
    for sign in (1.0, -1.0):
        row([(place, sign) for place in yes.values()], sign)
        row([(place, sign * value) for place, value in tied], -sign * constant)
    if terms.sharing.quality_gate:
        gaining = [place for name, place in yes.items() if LEVEL[name] > 0]
        for measure in problem.instance.measures:
            found = judged(measure)
            if found is None:
                continue
            numerator, denominator, largest = found
            target = problem.instance.target(problem.practice.name, measure, 1)
            entries = [(c, -v) for c, v in numerator] + [(c, target * v) for c, v in denominator]
            row([*entries, *((place, target * largest) for place in gaining)], target * largest)


def _ends(problem: Problem, terms: Benchmarks, worst: float) -> dict[str, tuple[float, float]]:
    """Least and most savings of every way to end the year; ``worst`` where nobody is cared for."""
    whole = benchmark(problem, terms)
    neutral, made = (
        terms.sharing.minimum * whole,
        {"even": (max(worst, -terms.sharing.minimum * whole), whole)},
    )
    made["owes"], made["gains"] = (worst, -neutral), (neutral, whole)
    if terms.sharing.most_lost is not None:
        limit = -terms.sharing.most_lost * whole
        made["owes"] = (max(worst, limit), -neutral)
        made["owes all"] = (worst, min(limit, -neutral))
    if terms.sharing.most_gained is not None:
        limit = terms.sharing.most_gained * whole
        made["gains"] = (neutral, min(limit, whole))
        made["gains all"] = (max(limit, neutral), whole)
    return {name: ends for name, ends in made.items() if ends[0] <= ends[1]}


def counted(problem: Problem, terms: Benchmarks) -> FloatArray:
    """Coefficients of what counts of the savings, in the columns that ``add_sharing`` made."""
    made, whole = np.zeros(len(problem.columns)), benchmark(problem, terms)
    for (kind, name, _), place in problem.columns.items():
        if (kind, name) in (("saved", "owes"), ("saved", "gains")):
            made[place] = 1.0
        elif (kind, name) == ("way", "owes all"):
            made[place] = -(terms.sharing.most_lost or 0.0) * whole
        elif (kind, name) == ("way", "gains all"):
            made[place] = (terms.sharing.most_gained or 0.0) * whole
    return made


def take_best(problem: Problem, point: FloatArray, passed: bool) -> None:
    """Set the columns of ``add_sharing`` in a point: of the ways its savings allow the one that pays most."""
    names = [name for kind, name, _ in problem.columns if kind == "way"]
    if not names:
        return
    terms = problem.contract.benchmarks
    coefficients, constant = savings(problem, terms)
    saved, size = float(coefficients @ point) + constant, max(1.0, abs(benchmark(problem, terms)))
    values, ends = counted(problem, terms), _ends(problem, terms, constant)
    best, chosen = -np.inf, names[0]
    for name in names:
        low, high = ends[name]
        inside = low - TOLERANCE * size <= saved <= high + TOLERANCE * size
        if inside and (passed or LEVEL[name] <= 0):
            paid = (
                values[problem.columns["way", name, ""]] + saved * values[problem.columns["saved", name, ""]]
            )
            if paid > best:
                best, chosen = paid, name
    point[problem.columns["way", chosen, ""]] = 1.0
    point[problem.columns["saved", chosen, ""]] = saved


def paid_range(problem: Problem, benchmarks: Benchmarks) -> tuple[FloatArray, float, FloatArray, float]:
    """Least and most that can count, as linear functions: lines below every loss and above every gain."""
    coefficients, constant = savings(problem, benchmarks)
    whole, zero = benchmark(problem, benchmarks), np.zeros(len(problem.columns))
    worst = min(0.0, constant)
    if whole - worst <= 0.0:
        return zero, 0.0, zero, 0.0
    up, down = whole / (whole - worst), -worst / (whole - worst)
    return down * coefficients, down * (constant - whole), up * coefficients, up * (constant - worst)
