"""Would each practice really work as intended? Best responses, directions of harm, pessimistic health."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress

from incentive_opt.certify.best_response import NoResponse, Optimum, Tilt, maximise, tilted_objective
from incentive_opt.certify.checks import RELATIVE, Check, at_least, fact
from incentive_opt.certify.practice_problem import Linear, PracticeProblem
from incentive_opt.certify.status_quo import TIE
from incentive_opt.domain.contract import Contract
from incentive_opt.domain.harm import UNIT_SHARE
from incentive_opt.domain.instance import Instance, Practice
from incentive_opt.payment import Account

GROUP = "incentives"
Maximise = Callable[[Linear], Optimum]


def utility_tolerance(revenue: float) -> float:
    """1e-6 of the revenue, at most a dollar and at least a cent [USD]."""
    return min(1.0, max(0.01, RELATIVE * abs(revenue)))


def check_incentives(
    instance: Instance,
    practice: Practice,
    contract: Contract,
    intended: Account,
    before: Account,
    health_unit: float,
    margin: float,
) -> list[Check]:
    """No way of working is better for the practice; worse ones for the payer are worse by the margin.

    Parameters
    ----------
    intended : Account
        Of the response that the design intends.
    before : Account
        Of the status quo, which sets the unit of harm to the purse.
    health_unit : float
        1 % of harm to health [QALY/year], see ``domain.harm``.
    margin : float
        [USD per practice and year, per 1 % of harm]
    """
    problem = PracticeProblem(instance, practice, contract)
    tolerance = utility_tolerance(intended.revenue.total)
    label = f"{practice.name}: the intended response is a best response"
    checks = [_no_better(problem, label, None, intended, tolerance)]
    if margin > 0.0:
        outlay_unit = UNIT_SHARE * abs(before.outlay)
        if health_unit > 0.0:
            label = f"{practice.name}: what harms health costs the practice the margin"
            checks.append(_no_better(problem, label, Tilt(health=-margin / health_unit), intended, tolerance))
        if outlay_unit > 0.0:
            label = f"{practice.name}: what costs the payer more costs the practice the margin"
            checks.append(_no_better(problem, label, Tilt(outlay=margin / outlay_unit), intended, tolerance))
    return checks


def _no_better(
    problem: PracticeProblem, label: str, tilt: Tilt | None, intended: Account, tolerance: float
) -> Check:
    try:
        best = maximise(problem, tilted_objective(problem, tilt))
    except NoResponse as error:
        return fact(GROUP, label, False, str(error))
    reached = intended.utility
    if tilt is not None:
        reached += tilt.health * intended.health + tilt.outlay * intended.outlay
    missed = best.bound - reached
    note = f"another way of working is better by {missed:,.2f} USD" if missed > tolerance else ""
    return at_least(GROUP, label, reached, best.bound, "USD/year", tolerance, note)


def pessimistic_health(instance: Instance, practice: Practice, contract: Contract, margin: float) -> float:
    """Least health among ways of working within the margin of the practice's best [QALY/year].

    Effective care may fall short of what the services bring about here, at what that is worth to the
    practice: the figure is never too high.
    """
    problem = PracticeProblem(instance, practice, contract)
    best = maximise(problem, problem.utility).value
    harm = Linear(-problem.health.coefficients, -problem.health.constant)
    for wider in (1.0, 10.0, 100.0, 1000.0):  # what is best may lie a hair outside for the solver
        enough = best - max(margin, wider * TIE * max(1.0, abs(best)))
        with suppress(NoResponse):
            return -maximise(problem, harm, (problem.utility, enough)).bound
    raise NoResponse(f"practice {practice.name}: its best way of working is not found again")
