"""How firmly a design holds: slack of the intended responses, the largest margin, the pessimistic value.

Every figure is for one practice and year, and is found on the practice's own arrays.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass

import numpy as np
from scipy import sparse
from scipy.optimize import Bounds, LinearConstraint, milp

from incentive_opt.domain.contract import Contract
from incentive_opt.domain.harm import UNIT_SHARE
from incentive_opt.formulation.compile import Affine, CompiledPractice, FloatArray
from incentive_opt.formulation.status_quo import TIE, Outcome

WIDER = (TIE, 10.0 * TIE, 100.0 * TIE, 1000.0 * TIE)
"""Shares of utility that count as equally good; a wider one where the solver finds nothing within [1]."""
ROUNDS = 40
"""Most steps in the search for the largest margin; each step solves one practice's problem."""


@dataclass
class Stopwatch:
    """Seconds spent in the solver [s]."""

    seconds: float = 0.0

    @contextmanager
    def wall(self) -> Iterator[None]:
        """For work done side by side: what counts is how long it took, not the sum over threads."""
        before, started = self.seconds, time.perf_counter()
        yield
        self.seconds = before + time.perf_counter() - started


@dataclass(frozen=True)
class Optimum:
    """An optimal way of working, its value, and what no way of working can pass."""

    x: FloatArray
    value: float
    bound: float


def maximise(
    compiled: CompiledPractice,
    objective: Affine,
    stopwatch: Stopwatch,
    at_least: tuple[Affine, float] | None = None,
) -> Optimum:
    """Maximise over a practice's ways of working, tiers included.

    Parameters
    ----------
    stopwatch : Stopwatch
        Where the seconds are booked.
    at_least : (Affine, float), optional
        Another function, and the least value it must have.
    """
    rows = [LinearConstraint(compiled.matrix, compiled.row_lower, compiled.row_upper)]
    if at_least is not None:
        function, floor = at_least
        rows.append(
            LinearConstraint(
                sparse.csr_array(function.coefficients[np.newaxis, :]), floor - function.constant, np.inf
            )
        )
    started = time.perf_counter()
    found = milp(
        -objective.coefficients,
        constraints=rows,
        bounds=Bounds(compiled.lower, compiled.upper),
        integrality=compiled.integer.astype(np.int64),
        options={"mip_rel_gap": 0.0},
    )
    stopwatch.seconds += time.perf_counter() - started
    if found.status != 0 or found.x is None:
        raise RuntimeError(f"the solver stopped without a best response of {compiled.name}: {found.message}")
    x = np.clip(np.asarray(found.x, dtype=np.float64), compiled.lower, compiled.upper)
    bound = found.fun if found.mip_dual_bound is None else found.mip_dual_bound
    value = objective.at(x)
    return Optimum(x, value, max(value, objective.constant - float(bound)))


@dataclass(frozen=True)
class Standing:
    """What a practice has and does under a contract, as the payment rules see it.

    Attributes
    ----------
    utility, outlay : float
        [USD/year]
    health : float
        [QALY/year]
    """

    utility: float
    health: float
    outlay: float


@dataclass(frozen=True)
class Assurance:
    """One practice type under one contract, with its intended response and the size of its harm units.

    Parameters
    ----------
    health_unit : float
        1 % of harm to health [QALY/year], see ``domain.harm``.
    today : Outcome
        Under the contract in force: sets the unit of harm to the purse.
    stopwatch : Stopwatch
        Where the seconds of solving are booked.
    """

    compiled: CompiledPractice
    contract: Contract
    intended: Standing
    health_unit: float
    today: Outcome
    stopwatch: Stopwatch

    def slack(self, margin: float) -> float:
        """By how many dollars the intended response keeps its best margin condition; negative if it fails.

        Never above zero: the intended response is itself among the ways of working.
        """
        worst = self.intended.utility - maximise(self.compiled, self._utility(), self.stopwatch).bound
        if margin > 0.0:
            for harm, unit, own in self._harms():
                if unit > 0.0:
                    tilted = _sum(self._utility(), harm, margin / unit)
                    reached = self.intended.utility + margin / unit * own
                    worst = min(worst, reached - maximise(self.compiled, tilted, self.stopwatch).bound)
        return min(0.0, worst)

    def largest_margin(self, most: float, tolerance: float) -> float:
        """The largest margin, up to ``most``, that holds for the intended response [USD per 1 % of harm].

        Starts at ``most``; a way of working that breaks the condition gives the margin at which it just
        would not, until none breaks it.
        """
        margin = most
        for harm, unit, own in self._harms():
            if unit <= 0.0:
                continue
            for _ in range(ROUNDS):
                if margin <= 0.0:
                    return 0.0
                tilted = _sum(self._utility(), harm, margin / unit)
                best = maximise(self.compiled, tilted, self.stopwatch)
                if best.bound - (self.intended.utility + margin / unit * own) <= tolerance:
                    break
                gain = harm.at(best.x) - own
                lost = self.intended.utility - self._utility().at(best.x)
                closer = max(0.0, lost) * unit / gain if gain > 0.0 else 0.0
                margin = min(0.999999 * margin, closer)
            else:
                return 0.0
        return margin

    def pessimistic_health(self, margin: float) -> float:
        """Least health among ways of working within ``margin`` dollars of the best [QALY/year]."""
        utility = self._utility()
        best = maximise(self.compiled, utility, self.stopwatch).value
        health = self.compiled.health
        least = Affine(-health.coefficients, -health.constant)
        for tie in WIDER:
            enough = best - max(margin, tie * max(1.0, abs(best)))
            with suppress(RuntimeError):
                return -maximise(self.compiled, least, self.stopwatch, (utility, enough)).bound
        raise RuntimeError(f"the solver does not find again what is best for {self.compiled.name}")

    def _utility(self) -> Affine:
        own = self.compiled.own_utility
        return Affine(own.coefficients + self.compiled.revenue(self.contract), own.constant)

    def _harms(self) -> list[tuple[Affine, float, float]]:
        """Harm to health and to the purse: as a function, its unit, and that of the intended response."""
        health, outside = self.compiled.health, self.compiled.outside_cost
        outlay = Affine(outside.coefficients + self.compiled.spent(self.contract), outside.constant)
        return [
            (
                Affine(-health.coefficients, -health.constant),
                self.health_unit,
                -self.intended.health,
            ),
            (outlay, UNIT_SHARE * abs(self.today.outlay), self.intended.outlay),
        ]


def _sum(one: Affine, other: Affine, weight: float) -> Affine:
    return Affine(one.coefficients + weight * other.coefficients, one.constant + weight * other.constant)
