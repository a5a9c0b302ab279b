"""What the payer could reach if practices did what it chose, and the least money any design needs.

Two linear programs over all practice types' possibilities, with a payment to each type that is free but not
negative, unless the payment model lets practices owe. Incentives are left out, so no contract passes the
first and none manages on less than the second.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import sparse
from scipy.optimize import linprog

from incentive_opt.domain.instance import ROLES
from incentive_opt.domain.kinds import Members, types_of
from incentive_opt.domain.payment_model import may_owe
from incentive_opt.formulation.compile import CompiledPractice, FloatArray
from incentive_opt.formulation.payer import Payer, income_corridor

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


Limit = tuple[str, str, str]
"""``("budget", "", "")``, ``("floor", type, "")``, ``("ceiling", type, "")``, or
``("hours", practice, role)``."""


def first_best(payer: Payer) -> FirstBest | None:
    """The most health if practices did what the payer would choose; None where nothing is possible."""
    return first_bests(payer)({})


def first_bests(payer: Payer) -> Callable[[Mapping[Limit, float]], FirstBest | None]:
    """The first best with some limits moved, again and again.

    Returns
    -------
    callable
        Takes by how much each limit is higher: of the budget [USD/year], of a practice type's income floor or
        ceiling [USD/practice and year], of a practice's staff hours [hours/practice and year].
    """
    program = _program(payer)
    scale = max(1.0, abs(payer.budget))
    budget_row = sparse.csr_array(program.outlay[None, :] / scale)
    rows = sparse.csr_array(sparse.vstack([program.matrix, budget_row]))

    def solved(higher: Mapping[Limit, float]) -> FirstBest | None:
        limit = np.append(program.limit, (payer.budget - program.outlay_constant) / scale)
        for (what, name, role), amount in higher.items():
            if what == "budget":
                limit[-1] += amount / scale
            elif what == "hours":
                limit[program.staff_rows[name, role][0]] += MINUTES_PER_HOUR * amount
            elif what == "floor":
                limit[program.floor_rows[name]] -= amount
            else:
                limit[program.ceiling_rows[name]] += amount
        solve: Any = linprog  # its stubs do not know sparse matrices
        found = solve(-program.health, A_ub=rows, b_ub=limit, bounds=program.bounds, method="highs")
        return _read(program, found, scale) if found.status == 0 else None

    return solved


def _read(program: _Program, found: Any, scale: float) -> FirstBest:
    """The most health, and the prices of the limits."""
    prices = -np.asarray(found.ineqlin.marginals, dtype=np.float64)
    income = {
        name: float(prices[row]) - float(prices[program.floor_rows[name]])
        for name, row in program.ceiling_rows.items()
    }
    hours = {
        key: MINUTES_PER_HOUR * float(prices[row]) / count for key, (row, count) in program.staff_rows.items()
    }
    return FirstBest(program.health_constant - float(found.fun), float(prices[-1]) / scale, income, hours)


def least_budget(payer: Payer, without: str | None = None) -> LeastBudget:
    """The least outlay of any design, and the income floors that drive it.

    Parameters
    ----------
    without : str, optional
        A practice type whose income limits are left out.
    """
    program = _program(payer)
    kept = np.ones(len(program.limit), dtype=np.bool_)
    if without is not None:
        kept[[program.floor_rows[without], program.ceiling_rows[without]]] = False
    matrix, limit = program.matrix[kept, :], program.limit[kept]
    solve: Any = linprog
    found = solve(program.outlay, A_ub=matrix, b_ub=limit, bounds=program.bounds, method="highs")
    if found.status != 0:
        return LeastBudget(
            None,
            tuple(members.name for members in types_of(payer.instance) if not _possible(payer, members)),
        )
    prices = np.zeros(len(kept))
    prices[kept] = np.abs(found.ineqlin.marginals)
    floors = {name: float(prices[row]) for name, row in program.floor_rows.items()}
    most = max(floors.values(), default=0.0)
    return LeastBudget(
        program.outlay_constant + float(found.fun),
        tuple(name for name, price in floors.items() if price > NEGLIGIBLE * max(1.0, most)),
    )


def _possible(payer: Payer, members: Members) -> bool:
    """Whether any payment keeps this practice type within its income limits."""
    program = _program(payer, members)
    solve: Any = linprog
    found = solve(
        np.zeros(program.matrix.shape[1]),
        A_ub=program.matrix,
        b_ub=program.limit,
        bounds=program.bounds,
        method="highs",
    )
    return bool(found.status == 0)


def _program(payer: Payer, only: Members | None = None) -> _Program:
    """Put the practice types (or the kinds of only one) side by side."""
    chosen = range(len(payer.practices)) if only is None else only.places
    practices = [payer.practices[number] for number in chosen]
    types = types_of(payer.instance) if only is None else (only,)
    counts = [practice.scope.practice.count for practice in practices]
    care, limits = zip(*(_care(practice) for practice in practices), strict=True)
    heights = np.cumsum([0, *(len(limit) for limit in limits)])
    staff_rows = {
        (practice.name, role): (int(height) + row, practice.scope.practice.count)
        for practice, height in zip(practices, heights, strict=False)
        for role, row in _staff_rows(practice).items()
    }
    incomes, income_limits = _incomes(payer, practices, types)
    names = [members.name for members in types]
    first = int(heights[-1])
    least = -np.inf if may_owe(payer.model) else 0.0
    paid = [
        (np.append(practice.health.coefficients, 0.0), np.append(practice.outside_cost.coefficients, 1.0))
        for practice in practices
    ]
    return _Program(
        sparse.csr_array(sparse.vstack([sparse.block_diag(care, format="csr"), incomes])),
        np.concatenate([*limits, income_limits]),
        np.concatenate(
            [np.column_stack([np.append(p.lower, least), np.append(p.upper, np.inf)]) for p in practices]
        ),
        np.concatenate([count * health for count, (health, _) in zip(counts, paid, strict=True)]),
        sum(count * p.health.constant for count, p in zip(counts, practices, strict=True)),
        np.concatenate([count * outlay for count, (_, outlay) in zip(counts, paid, strict=True)]),
        sum(count * p.outside_cost.constant for count, p in zip(counts, practices, strict=True)),
        {name: first + 2 * row for row, name in enumerate(names)},
        {name: first + 2 * row + 1 for row, name in enumerate(names)},
        staff_rows,
    )


def _care(practice: CompiledPractice) -> tuple[sparse.csr_array, FloatArray]:
    """What the practice can do, as rows that stay below limits; its payment is the last column."""
    above, below = np.isfinite(practice.row_upper), np.isfinite(practice.row_lower)
    care = sparse.vstack([practice.matrix[above, :], -practice.matrix[below, :]])
    rows = sparse.csr_array(sparse.hstack([care, sparse.csr_array((care.shape[0], 1))]))
    return rows, np.concatenate([practice.row_upper[above], -practice.row_lower[below]])


def _staff_rows(practice: CompiledPractice) -> dict[str, int]:
    """The row of each role's staff time among those of ``_care``."""
    above = np.isfinite(practice.row_upper)
    names = [name for name, has in zip(practice.row_names, above, strict=True) if has]
    return {role: names.index(name) for role in ROLES if (name := f"staff_time[{role}]") in names}


def _incomes(
    payer: Payer, practices: Sequence[CompiledPractice], types: Sequence[Members]
) -> tuple[sparse.csr_array, FloatArray]:
    """Floor and ceiling of the net income of each type, mean over its kinds; all practices are theirs."""
    rows, limits = [], []
    position = {practice.name: place for place, practice in enumerate(practices)}
    for members in types:
        floor, ceiling = income_corridor(payer, members)
        own = [np.zeros(len(practice.columns) + 1) for practice in practices]
        for number, share in zip(members.places, members.shares, strict=True):
            practice = payer.practices[number]
            own[position[practice.name]] = share * np.append(practice.own_income.coefficients, 1.0)
        constant = members.mean([practice.own_income.constant for practice in payer.practices])
        rows += [-np.concatenate(own), np.concatenate(own)]
        limits += [constant - floor, ceiling - constant]
    return sparse.csr_array(np.array(rows)), np.array(limits)
