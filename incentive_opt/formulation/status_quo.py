"""What practices do under a contract: best responses by solving each practice's problem."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import sparse
from scipy.optimize import Bounds, LinearConstraint, linprog, milp

from incentive_opt.domain.contract import Contract
from incentive_opt.domain.instance import Instance
from incentive_opt.domain.response import Response
from incentive_opt.errors import InputError, Problem
from incentive_opt.formulation.compile import CompiledPractice, FloatArray, compile_practice
from incentive_opt.formulation.scope import TierKey, practice_scope

TIE = 1e-9
"""Responses whose utilities differ by less than this share of the utility count as equally good."""

PRICED = 1e-7
"""A bound or row whose shadow price is larger than this is held on the optimal face [USD per unit]."""

INFEASIBLE = 2
"""Status of scipy's milp: no point satisfies the constraints."""


@dataclass(frozen=True)
class Outcome:
    """A practice's best response to a contract and what follows from it, for one practice and year.

    Attributes
    ----------
    activities : array
        The response as a vector over the compiled practice's columns.
    utility, revenue, net_income, outside_cost : float
        [USD/year]
    health : float
        As the payer values it: contracted children, equity-weighted [QALY/year].
    volumes : mapping service -> float
        Services to contracted children [services/year].
    """

    practice: str
    count: float
    response: Response
    activities: FloatArray
    utility: float
    revenue: float
    net_income: float
    health: float
    outside_cost: float
    volumes: dict[str, float]

    @property
    def outlay(self) -> float:
        """What the payer spends: contract payments plus care elsewhere [USD/year]."""
        return self.revenue + self.outside_cost


def paid_tiers(contract: Contract) -> list[TierKey]:
    """Tiers that carry money in a contract."""
    return [key for key, usd in contract.bonuses.items() if usd > 0]


def tiers_with_money(compiled: CompiledPractice, contract: Contract) -> list[TierKey]:
    """Tiers of a practice's measures on which money rides in a contract: bonuses, or fees held back."""
    return [
        (name, tier)
        for name, one in compiled.scope.measures.items()
        for tier in contract.tiers_with_money(name, len(one.measure.thresholds))
    ]


def respond(instance: Instance, contract: Contract, practices: Sequence[str] | None = None) -> list[Outcome]:
    """Best response of every practice type (or of those named) to a contract.

    Among best responses the one best for the children is taken.
    """
    chosen = [p for p in instance.practices if practices is None or p.name in practices]
    lines, benchmarks = tuple(contract.lines), contract.benchmarks
    compiled = [
        compile_practice(practice_scope(instance, p), paid_tiers(contract), lines, benchmarks) for p in chosen
    ]
    return [outcome(one, contract) for one in compiled]


def outcome(compiled: CompiledPractice, contract: Contract) -> Outcome:
    """Best response to a contract of a practice that was compiled with the contract's tiers."""
    return outcome_of(compiled, contract, best_response(compiled, contract))


def outcome_of(compiled: CompiledPractice, contract: Contract, activities: FloatArray) -> Outcome:
    """What follows from given activities under a contract."""
    revenue = float(compiled.revenue(contract) @ activities)
    partners = float(compiled.spent(contract) @ activities) - revenue
    volumes = {
        of: float(value)
        for (kind, of, _), value in zip(compiled.feature_keys, compiled.features @ activities, strict=True)
        if kind == "fee"
    }
    return Outcome(
        practice=compiled.name,
        count=compiled.scope.practice.count,
        response=compiled.response(activities, tiers_with_money(compiled, contract)),
        activities=activities,
        utility=compiled.own_utility.at(activities) + revenue,
        revenue=revenue,
        net_income=compiled.own_income.at(activities) + revenue,
        health=compiled.health.at(activities),
        outside_cost=compiled.outside_cost.at(activities) + partners,
        volumes=volumes,
    )


def best_response(compiled: CompiledPractice, contract: Contract) -> FloatArray:
    """Best response to a contract; among equally good ones the best for health, then the least outlay.

    A mixed-integer problem finds the tiers; with the tiers held, a linear problem finds the most
    utility, a second one the most health on its optimal face, a third the least outlay on that. Other
    tiers that leave utility within 1e-9 (relative) are tried for more health.
    """
    unknown = set(paid_tiers(contract)) & set(compiled.scope.tiers())
    unknown -= {(of, tier) for kind, of, tier in compiled.feature_keys if kind == "bonus"}
    if unknown:
        raise ValueError(f"compiled without tiers that the contract pays for: {sorted(unknown)}")
    utility = compiled.own_utility.coefficients + compiled.revenue(contract)
    found = _with_tiers(compiled, utility)
    if found is None:
        raise InputError([_impossible(compiled)])
    first = _healthiest(compiled, utility, found, contract)
    if not compiled.integer.any():
        return first
    enough = float(utility @ first)
    enough -= TIE * max(1.0, abs(enough + compiled.own_utility.constant))
    other = _with_tiers(compiled, compiled.health.coefficients, (utility, enough))
    if other is None or np.array_equal(np.round(other)[compiled.integer], np.round(first)[compiled.integer]):
        return first
    second = _healthiest(compiled, utility, other, contract)
    better = compiled.health.at(second) > compiled.health.at(first)
    return second if better and utility @ second >= enough else first


def _with_tiers(
    compiled: CompiledPractice, objective: FloatArray, at_least: tuple[FloatArray, float] | None = None
) -> FloatArray | None:
    """Maximise over the practice's problem, tiers included; None where it is infeasible."""
    rows = [LinearConstraint(compiled.matrix, compiled.row_lower, compiled.row_upper)]
    if at_least is not None:
        rows.append(LinearConstraint(sparse.csr_array(at_least[0][np.newaxis, :]), at_least[1], np.inf))
    result = milp(
        -objective,
        constraints=rows,
        bounds=Bounds(compiled.lower, compiled.upper),
        integrality=compiled.integer.astype(np.int64),
        options={"mip_rel_gap": 0.0},
    )
    if result.status == INFEASIBLE:
        return None
    if result.x is None or result.status != 0:
        raise RuntimeError(f"the solver stopped without a best response: {result.message}")
    return np.asarray(result.x, dtype=np.float64)


def _healthiest(
    compiled: CompiledPractice, utility: FloatArray, found: FloatArray, contract: Contract
) -> FloatArray:
    """With the tiers of ``found``: most utility; among what gives that most health; then least outlay.

    Equally healthy ways of working that a practice likes as much may leave other children to other doors, at
    other costs; without a rule for these the outlay today would depend on the solver.
    """
    held = np.round(found)
    face = _Face(
        compiled,
        np.where(compiled.integer, held, compiled.lower),
        np.where(compiled.integer, held, compiled.upper),
    )
    answer = found  # the rounded tiers may be a hair out of reach; then the mixed-integer answer stands
    outlay = compiled.spent(contract) + compiled.outside_cost.coefficients
    for objective in (utility, compiled.health.coefficients, -outlay):
        best = face.hold(objective)
        if best is None:
            break
        answer = best
    return np.clip(answer, compiled.lower, compiled.upper)


class _Face:
    """What is left of a practice's ways of working, tiers held: all at first, then optimal faces of it."""

    def __init__(self, compiled: CompiledPractice, lower: FloatArray, upper: FloatArray) -> None:
        above, below = np.isfinite(compiled.row_upper), np.isfinite(compiled.row_lower)
        self.rows = sparse.csr_array(sparse.vstack([compiled.matrix[above, :], -compiled.matrix[below, :]]))
        self.limit = np.concatenate([compiled.row_upper[above], -compiled.row_lower[below]])
        self.tight = np.zeros(len(self.limit), dtype=np.bool_)
        self.lower, self.upper = lower, upper

    def hold(self, objective: FloatArray) -> FloatArray | None:
        """A point with the largest objective, and hold to such points from then on; None if none is found."""
        solve: Any = linprog  # its stubs do not know sparse matrices
        best = solve(
            -objective,
            A_ub=self.rows[~self.tight, :],
            b_ub=self.limit[~self.tight],
            A_eq=self.rows[self.tight, :],
            b_eq=self.limit[self.tight],
            bounds=np.column_stack([self.lower, self.upper]),
            method="highs",
        )
        if best.x is None:
            return None
        # The optimal face: what has a price stays where it is.
        lower = np.where(np.abs(best.upper.marginals) > PRICED, self.upper, self.lower)
        self.upper = np.where(np.abs(best.lower.marginals) > PRICED, self.lower, self.upper)
        self.lower = lower
        self.tight[np.flatnonzero(~self.tight)[np.abs(best.ineqlin.marginals) > PRICED]] = True
        return np.asarray(best.x, dtype=np.float64)


def _impossible(compiled: CompiledPractice) -> Problem:
    minimum = sum(compiled.scope.minimum.values())
    return Problem(
        "panels.csv",
        f"practice={compiled.name}",
        f"at least {minimum:g} children kept",
        "staff whose hours, overtime included, cover the panel minutes of the smallest panel",
        "Lower `minimum`, or add staff or overtime in practices.csv.",
    )
