"""What practices do under the contract in force: the point that promises are measured from."""

from __future__ import annotations

from dataclasses import dataclass

from incentive_opt.certify.best_response import NoResponse, maximise, to_response
from incentive_opt.certify.practice_problem import PracticeProblem
from incentive_opt.domain.instance import Instance, Practice
from incentive_opt.domain.response import Response
from incentive_opt.errors import InputError, Problem
from incentive_opt.payment import Account, account

TIE = 1e-9
"""Ways of working whose utility differs by less than this share count as equally good."""
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
    """Best responses to the contract in force; among equally good ones the best for health."""
    responses: dict[str, Response] = {}
    accounts: dict[str, Account] = {}
    health = outlay = 0.0
    for practice in instance.practices:
        response = _today(instance, practice)
        figures = account(instance, instance.status_quo, response)
        responses[practice.name], accounts[practice.name] = response, figures
        health += practice.count * figures.health
        outlay += practice.count * figures.outlay
    return StatusQuo(responses, accounts, health, outlay)


def _today(instance: Instance, practice: Practice) -> Response:
    """Best response to the contract in force; among equally good ones the best for health."""
    problem = PracticeProblem(instance, practice, instance.status_quo)
    try:
        kindest = maximise(problem, problem.utility.plus(problem.health, TIE_BREAK))
    except NoResponse as error:
        where, expected = f"practice={practice.name}", "staff time that covers the smallest panel"
        raise InputError([Problem("panels.csv", where, str(error), expected)]) from error
    return to_response(problem, kindest.point)


def income_limits(instance: Instance, income: float) -> tuple[float, float]:
    """Least and most net income, from the status-quo net income [USD/year]."""
    lowest = income - (1.0 - instance.income_floor) * abs(income)
    highest = income + (instance.income_ceiling - 1.0) * abs(income)
    return lowest, highest


def budget(instance: Instance, before: StatusQuo) -> float:
    """What the payer may spend: the budget given, or the outlay of the status quo [USD/year]."""
    return before.outlay if instance.budget is None else instance.budget
