"""What practices do under the contract in force: the point that promises are measured from."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import sparse
from scipy.optimize import Bounds, LinearConstraint, linprog, milp

from incentive_opt.certify.best_response import NoResponse, maximise, to_response
from incentive_opt.certify.practice_problem import FloatArray, Key, Linear, PracticeProblem
from incentive_opt.domain.contract import Contract
from incentive_opt.domain.instance import Instance, Practice
from incentive_opt.domain.kinds import Members
from incentive_opt.domain.response import Response
from incentive_opt.errors import InputError, Problem
from incentive_opt.payment import Account, account

PRICED = 1e-8
"""A row or bound with a larger shadow price binds at every optimum [USD per unit]."""
TIE = 1e-9
"""Ways of working whose utility differs by less than this share count as equally good."""
AS_GOOD = 1e-8
"""Up to this share of difference in utility, health and outlay, ways of working are the same for all [1]."""
TIE_BREAK = 0.01
"""What health counts for among equally good ways of working: too little to buy any [USD/QALY].

A utility that may fall short by a share, however small, can buy a visit in a large practice, and with it
move the income from which floors are measured.
"""


@dataclass(frozen=True)
class StatusQuo:
    """Responses and accounts under the contract in force, by practice; and totals over all practices."""

    responses: dict[str, Response]
    accounts: dict[str, Account]
    health: float
    outlay: float


def status_quo(instance: Instance) -> StatusQuo:
    """Best responses to the contract in force; of equally good ones the healthiest, then the cheapest."""
    responses: dict[str, Response] = {}
    accounts: dict[str, Account] = {}
    health = outlay = 0.0
    for practice in instance.practices:
        response = answer(instance, practice, instance.status_quo)
        figures = account(instance, instance.status_quo, response)
        responses[practice.name], accounts[practice.name] = response, figures
        health += practice.count * figures.health
        outlay += practice.count * figures.outlay
    return StatusQuo(responses, accounts, health, outlay)


def answer(instance: Instance, practice: Practice, contract: Contract) -> Response:
    """Best response to a contract; of equally good ones the healthiest, then the cheapest.

    Raises
    ------
    InputError
        The practice's staff cannot serve the smallest panel it has to keep.
    """
    problem = PracticeProblem(instance, practice, contract)
    try:
        aim = problem.utility.plus(problem.health, TIE_BREAK)
        kindest = maximise(problem, aim)
    except NoResponse as error:
        where, expected = f"practice={practice.name}", "staff time that covers the smallest panel"
        raise InputError([Problem("panels.csv", where, str(error), expected)]) from error
    return to_response(problem, _cheapest(problem, aim, kindest.point))


def _cheapest(problem: PracticeProblem, aim: Linear, point: FloatArray) -> FloatArray:
    """Of points as good as this one, with its tiers, one that costs the payer least; else this one.

    By complementary slackness such points have the same slacks where a row or a bound has a price.
    """
    whole = problem.integer == 1
    lower = np.where(whole, np.round(point), problem.lower)
    upper = np.where(whole, np.round(point), problem.upper)
    terms = {"A_ub": problem.matrix, "b_ub": problem.row_upper, "method": "highs"}
    solve: Any = linprog  # its stubs do not know sparse matrices
    best = solve(-aim.coefficients, bounds=np.column_stack([lower, upper]), **terms)
    if best.x is None:
        return point
    dear = np.abs(best.lower.marginals) > PRICED, np.abs(best.upper.marginals) > PRICED
    binding = np.abs(best.ineqlin.marginals) > PRICED
    least, most = np.where(dear[1], upper, lower), np.where(dear[0], lower, upper)
    cheapest = solve(
        problem.outlay.coefficients,
        A_ub=problem.matrix[~binding, :],
        b_ub=problem.row_upper[~binding],
        A_eq=problem.matrix[binding, :],
        b_eq=problem.row_upper[binding],
        bounds=np.column_stack([least, most]),
        method="highs",
    )
    return point if cheapest.x is None else np.clip(cheapest.x, problem.lower, problem.upper)


def least_and_most(
    instance: Instance, practice: Practice, before: StatusQuo, counted: Callable[[Key], bool]
) -> tuple[float, float]:
    """Least and most of some activities among ways of working today that are the same for all concerned.

    They have the utility, the health and the outlay of the response in ``before``.

    Parameters
    ----------
    counted : callable
        Whether a column of the practice's problem is among the activities.

    Raises
    ------
    NoResponse
        The solver finds none.
    """
    problem = PracticeProblem(instance, practice, instance.status_quo)
    own = before.accounts[practice.name]
    pairs = ((problem.utility, own.utility), (problem.health, own.health), (problem.outlay, own.outlay))
    values = np.array([value - function.constant for function, value in pairs])
    slack = np.array([AS_GOOD * max(1.0, abs(value)) for _, value in pairs])
    same = sparse.csr_array(np.array([function.coefficients for function, _ in pairs]))
    objective = np.array([1.0 if counted(key) else 0.0 for key in problem.columns])
    ends = []
    for sign in (1.0, -1.0):
        found = milp(
            sign * objective,
            integrality=problem.integer,
            bounds=Bounds(problem.lower, problem.upper),
            constraints=[
                LinearConstraint(problem.matrix, -np.inf, problem.row_upper),
                LinearConstraint(same, values - slack, values + slack),
            ],
        )
        if found.x is None:
            raise NoResponse(f"practice {practice.name}: {found.message}")
        ends.append(float(objective @ found.x))
    return ends[0], ends[1]


def corridor_of(instance: Instance, members: Members, before: StatusQuo) -> tuple[float, float]:
    """Least and most net income of a practice type, mean over its kinds [USD/practice and year]."""
    return income_limits(
        instance, members.mean([before.accounts[p.name].net_income for p in instance.practices])
    )


def income_limits(instance: Instance, income: float) -> tuple[float, float]:
    """Least and most net income, from the status-quo net income [USD/year]."""
    lowest = income - (1.0 - instance.income_floor) * abs(income)
    highest = income + (instance.income_ceiling - 1.0) * abs(income)
    return lowest, highest


def budget(instance: Instance, before: StatusQuo) -> float:
    """What the payer may spend: the budget given, or the outlay of the status quo [USD/year]."""
    return before.outlay if instance.budget is None else instance.budget
