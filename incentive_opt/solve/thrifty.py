"""From what a search found to a promise, at the cheapest prices for it that were found."""

from __future__ import annotations

from collections.abc import Callable

from incentive_opt import pricing
from incentive_opt.formulation.assurance import Stopwatch
from incentive_opt.formulation.payer import Payer
from incentive_opt.pricing.problem import PricingProblem
from incentive_opt.pricing.thrift import cheaper
from incentive_opt.solve.cheapest import BUDGET_ROW
from incentive_opt.solve.settle import Settled, settle


def settle_cheaply(
    problem: PricingProblem,
    payer: Payer,
    result: pricing.Result,
    seconds: float,
    stopwatch: Stopwatch,
    stop: Callable[[], bool] | None,
) -> tuple[Settled, list[str]]:
    """The contract with the same care for the least outlay found; where it breaks a promise, the one found.

    Parameters
    ----------
    result : Result
        With levers.
    seconds : float
        For looking for cheaper prices [s].

    Returns
    -------
    settled : Settled
    lines : list of str
        For the log.
    """
    assert result.levers is not None
    levers = cheaper(problem, result.levers, result.responses, BUDGET_ROW, seconds, stop)
    found, lines = settle(payer, levers, result.responses, stopwatch, stop)
    lines = [f"cheapest prices for the care found: {line}" for line in lines]
    if levers is result.levers or not found.faults:
        return found, lines
    found, more = settle(payer, result.levers, result.responses, stopwatch, stop)
    return found, lines + more
