"""What the payer could reach if practices did what it chose, and the least money any design needs.

Two linear programs over all practice types' possibilities, with a payment to each type that is free
but not negative. Incentives are left out, so no contract passes the first and none manages on less than
the second.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import sparse
from scipy.optimize import linprog

from incentive_opt.domain.instance import ROLES
from incentive_opt.formulation.compile import FloatArray
from incentive_opt.formulation.payer import Payer, income_limit

MINUTES_PER_HOUR = 60.0
NEGLIGIBLE = 1e-9
"""A shadow price below this share of the largest one counts as none."""


@dataclass(frozen=True)
class FirstBest:
    """The most health within budget and income limits.

    Attributes
    ----------
    health : float
        [QALY/year]
    budget_price : float
        Health that one more dollar of budget would buy [QALY/USD].
    income_prices : mapping practice -> float
        Health from a dollar more of income to each practice of the type: above zero where a higher
        ceiling would help, below zero where the floor costs health [QALY/USD].
    hour_prices : mapping (practice, role) -> float
        Health from one more hour of staff in a practice [QALY/hour].
    """

    health: float
    budget_price: float
    income_prices: dict[str, float]
    hour_prices: dict[tuple[str, str], float]


@dataclass(frozen=True)
class LeastBudget:
    """The least outlay with which every income limit can be kept.

    Attributes
    ----------
    usd : float or None
        [USD/year]; None where no payment keeps a practice within its income limits.
    floors : tuple of str
        Practice types whose income floor drives it, or cannot be reached within the ceiling.
    """

    usd: float | None
    floors: tuple[str, ...]


@dataclass(frozen=True)
class _Program:
    """All practice types' possibilities side by side, each with its payment as the last column.

    Rows ``matrix x <= limit``: care, staff time, tiers; then income floor and ceiling of each type.
    """

    matrix: sparse.csr_array
    limit: FloatArray
    bounds: FloatArray
    health: FloatArray
    health_constant: float
    outlay: FloatArray
    outlay_constant: float
    floor_rows: dict[str, int]
    ceiling_rows: dict[str, int]
    staff_rows: dict[tuple[str, str], tuple[int, float]]


def first_best(payer: Payer) -> FirstBest | None:
    """The most health if practices did what the payer would choose; None where nothing is possible."""
    program = _program(payer)
    scale = max(1.0, abs(payer.budget))
    spare = (payer.budget - program.outlay_constant) / scale
    budget_row = sparse.csr_array(program.outlay[None, :] / scale)
    rows = sparse.csr_array(sparse.vstack([program.matrix, budget_row]))
    solve: Any = linprog  # its stubs do not know sparse matrices
    found = solve(
        -program.health,
        A_ub=rows,
        b_ub=np.append(program.limit, spare),
        bounds=program.bounds,
        method="highs",
    )
    if found.status != 0:
        return None
    prices = -np.asarray(found.ineqlin.marginals, dtype=np.float64)
    income = {
        name: float(prices[row]) - float(prices[program.floor_rows[name]])
        for name, row in program.ceiling_rows.items()
    }
    hours = {
        key: MINUTES_PER_HOUR * float(prices[row]) / count for key, (row, count) in program.staff_rows.items()
    }
    return FirstBest(program.health_constant - float(found.fun), float(prices[-1]) / scale, income, hours)


def least_budget(payer: Payer) -> LeastBudget:
    """The least outlay of any design, and the income floors that drive it."""
    program = _program(payer)
    solve: Any = linprog
    found = solve(
        program.outlay, A_ub=program.matrix, b_ub=program.limit, bounds=program.bounds, method="highs"
    )
    if found.status != 0:
        return LeastBudget(
            None,
            tuple(
                payer.practices[number].name
                for number in range(len(payer.practices))
                if not _possible(payer, number)
            ),
        )
    prices = np.abs(np.asarray(found.ineqlin.marginals, dtype=np.float64))
    floors = {name: float(prices[row]) for name, row in program.floor_rows.items()}
    most = max(floors.values(), default=0.0)
    return LeastBudget(
        program.outlay_constant + float(found.fun),
        tuple(name for name, price in floors.items() if price > NEGLIGIBLE * max(1.0, most)),
    )


def _possible(payer: Payer, number: int) -> bool:
    """Whether any payment keeps this practice type within its income limits."""
    program = _program(payer, (number,))
    solve: Any = linprog
    found = solve(
        np.zeros(program.matrix.shape[1]),
        A_ub=program.matrix,
        b_ub=program.limit,
        bounds=program.bounds,
        method="highs",
    )
    return bool(found.status == 0)


def _program(payer: Payer, chosen: tuple[int, ...] | None = None) -> _Program:
    """Put the practice types (or those chosen) side by side."""
    blocks, limits, bounds, health, outlay = [], [], [], [], []
    health_constant = outlay_constant = 0.0
    floor_rows: dict[str, int] = {}
    ceiling_rows: dict[str, int] = {}
    staff_rows: dict[tuple[str, str], tuple[int, float]] = {}
    height = 0
    for number in range(len(payer.practices)) if chosen is None else chosen:
        practice, today = payer.practices[number], payer.status_quo[number]
        count = practice.scope.practice.count
        above, below = np.isfinite(practice.row_upper), np.isfinite(practice.row_lower)
        care = sparse.csr_array(sparse.vstack([practice.matrix[above, :], -practice.matrix[below, :]]))
        floor, ceiling = (
            income_limit(today.net_income, multiple)
            for multiple in (payer.instance.income_floor, payer.instance.income_ceiling)
        )
        income = np.append(practice.own_income.coefficients, 1.0)[None, :]
        empty = sparse.csr_array((care.shape[0], 1))
        blocks.append(
            sparse.csr_array(
                sparse.vstack(
                    [sparse.hstack([care, empty]), sparse.csr_array(-income), sparse.csr_array(income)]
                )
            )
        )
        limits += [
            practice.row_upper[above],
            -practice.row_lower[below],
            np.array([practice.own_income.constant - floor, ceiling - practice.own_income.constant]),
        ]
        names = [name for name, has in zip(practice.row_names, above, strict=True) if has]
        staff_rows |= {
            (practice.name, role): (height + names.index(name), count)
            for role in ROLES
            if (name := f"staff_time[{role}]") in names
        }
        floor_rows[practice.name] = height + care.shape[0]
        ceiling_rows[practice.name] = height + care.shape[0] + 1
        height += care.shape[0] + 2
        bounds.append(np.column_stack([np.append(practice.lower, 0.0), np.append(practice.upper, np.inf)]))
        health.append(count * np.append(practice.health.coefficients, 0.0))
        outlay.append(count * np.append(practice.outside_cost.coefficients, 1.0))
        health_constant += count * practice.health.constant
        outlay_constant += count * practice.outside_cost.constant
    return _Program(
        sparse.csr_array(sparse.block_diag(blocks, format="csr")),
        np.concatenate(limits),
        np.concatenate(bounds),
        np.concatenate(health),
        health_constant,
        np.concatenate(outlay),
        outlay_constant,
        floor_rows,
        ceiling_rows,
        staff_rows,
    )
