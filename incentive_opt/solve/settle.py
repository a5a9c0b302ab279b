"""From lever values to a contract that is promised: cleaned, rounded where it can be, and checked."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import numpy.typing as npt

from incentive_opt.certify import Check
from incentive_opt.certify.contract_checks import check_contract
from incentive_opt.certify.rule_checks import check_money_rules
from incentive_opt.domain.contract import Contract
from incentive_opt.domain.kinds import Members, types_of
from incentive_opt.domain.payment_model import Lever
from incentive_opt.domain.response import Response
from incentive_opt.formulation.assurance import Assurance, Standing, Stopwatch
from incentive_opt.formulation.cents import round_all, whole_cents
from incentive_opt.formulation.payer import Payer, income_corridor
from incentive_opt.formulation.pools_due import pools_due
from incentive_opt.parallel import side_by_side
from incentive_opt.payment import Account, account

FloatArray = npt.NDArray[np.float64]

CENT = 0.01
NEGLIGIBLE = 1e-9
"""Prices below this are zero [USD]."""
UNMOVED = 1e-7
"""A price this near to the contract in force is left as it is [share of it, or of one USD]."""
DIGITS = 9
"""Digits after the point of a price that was left alone."""
HALF = 0.5
"""Of the tolerance with which designs are verified, what is allowed here."""
RELATIVE = 1e-6


@dataclass(frozen=True)
class Settled:
    """A contract with its intended responses, examined.

    Attributes
    ----------
    margin : float
        Least incentive margin that is promised [USD per practice and year, per 1 % of harm].
    margins : tuple of float
        That of each practice type.
    rules : list of Check
        Lever bounds and contract rules.
    slacks : tuple of float
        Of each practice type's incentives [USD/year]; never above zero.
    income_slack, outlay : float
        Smallest distance from an income limit; over all practices [USD/year].
    faults : tuple of str
        What does not hold; nothing where the contract can be promised.
    """

    contract: Contract
    responses: tuple[Response, ...]
    accounts: tuple[Account, ...]
    assurances: tuple[Assurance, ...]
    margin: float
    margins: tuple[float, ...]
    is_status_quo: bool
    rules: list[Check]
    slacks: tuple[float, ...]
    income_slack: float
    outlay: float
    health: float
    faults: tuple[str, ...] = field(default=())


def utility_tolerance(revenue: float) -> float:
    """Dollars a year by which a practice could do better without it being counted [USD]."""
    return HALF * min(1.0, max(CENT, RELATIVE * abs(revenue)))


def status_quo(payer: Payer, stopwatch: Stopwatch) -> Settled:
    """The contract in force: how practices answer it is observed, so no margin is asked of it."""
    responses = tuple(outcome.response for outcome in payer.status_quo)
    return examine(payer, payer.instance.status_quo, responses, True, stopwatch)


def settle(
    payer: Payer,
    values: FloatArray,
    activities: Sequence[FloatArray],
    stopwatch: Stopwatch,
    stop: Callable[[], bool] | None,
) -> tuple[Settled, list[str]]:
    """The contract that lever values stand for, in whole cents if that holds; and lines for the log."""
    log = []
    settled = None
    within = [np.clip(x, p.lower, p.upper) for p, x in zip(payer.practices, activities, strict=True)]
    for words, levers in _versions(payer, values, activities, stopwatch, stop):
        responses = tuple(payer.response(number, x, levers) for number, x in enumerate(within))
        contract = payer.contract(_tidy(payer, levers), f"{payer.model.title} for {payer.instance.title}")
        contract = replace(contract, pools=pools_due(payer.practices, contract, within))
        settled = examine(payer, contract, responses, False, stopwatch)
        log.append(f"prices {words}: " + ("; ".join(settled.faults) or "every promise holds"))
        if not settled.faults:
            break
    assert settled is not None
    return settled, log


def is_status_quo(payer: Payer, values: FloatArray) -> bool:
    """Whether lever values are the contract in force."""
    return all(_unmoved(lever, value) for lever, value in zip(payer.levers, values.tolist(), strict=False))


def _versions(
    payer: Payer,
    values: FloatArray,
    activities: Sequence[FloatArray],
    stopwatch: Stopwatch,
    stop: Callable[[], bool] | None,
) -> Iterator[tuple[str, FloatArray]]:
    """The prices rounded to whole cents, prices in whole cents with the same responses, the full prices."""
    full = np.array(
        [_clean(lever, value) for lever, value in zip(payer.levers, values.tolist(), strict=False)]
    )
    rounded = round_all(payer, full)
    yield "rounded to whole cents", rounded
    if np.array_equal(rounded, full):
        return
    other = whole_cents(payer, full, activities, stopwatch, stop)
    if other is not None:
        yield "moved to whole cents", other
    yield "in full", full


def _unmoved(lever: Lever, value: float) -> bool:
    return abs(value - lever.status_quo) <= UNMOVED * max(1.0, abs(lever.status_quo))


def _tidy(payer: Payer, levers: FloatArray) -> FloatArray:
    """Prices as people write them: those left alone without the last digits of a multiplication."""
    return np.array(
        [
            round(value, DIGITS) if value == lever.status_quo else value
            for lever, value in zip(payer.levers, levers.tolist(), strict=True)
        ]
    )


def _clean(lever: Lever, value: float) -> float:
    """Within bounds, exactly the status quo where it is left alone, exactly zero where it is nothing."""
    if _unmoved(lever, value):
        return lever.status_quo
    value = min(max(value, lever.lower), lever.upper)
    return 0.0 if abs(value) < NEGLIGIBLE else value


def examine(
    payer: Payer,
    contract: Contract,
    responses: tuple[Response, ...],
    is_status_quo: bool,
    stopwatch: Stopwatch,
) -> Settled:
    """Check everything that would be promised of a contract; costly checks only if the others hold."""
    instance = payer.instance
    accounts = tuple(account(instance, contract, response) for response in responses)
    counts = [practice.scope.practice.count for practice in payer.practices]
    outlay = sum(count * figures.outlay for count, figures in zip(counts, accounts, strict=True))
    health = sum(count * figures.health for count, figures in zip(counts, accounts, strict=True))
    today = {outcome.practice: outcome.response for outcome in payer.status_quo}
    rules = check_contract(instance, payer.model, contract, today)
    by_name = {response.practice: figures for response, figures in zip(responses, accounts, strict=True)}
    rules += check_money_rules(instance, payer.rules, by_name, today)
    faults = [str(check) for check in rules if not check.ok]
    if outlay > payer.budget + HALF * RELATIVE * max(1.0, abs(payer.budget)):
        faults.append(f"outlay is {outlay - payer.budget:,.2f} USD above the budget")
    types = types_of(instance)
    incomes = [figures.net_income for figures in accounts]
    income_slacks = [_income_slack(payer, members, accounts) for members in types]
    faults += [
        f"income of {members.name} misses its limits by {-slack:,.2f} USD"
        for members, slack in zip(types, income_slacks, strict=True)
        if slack < -HALF * max(CENT, RELATIVE * abs(members.mean(incomes)))
    ]
    assurances = tuple(
        Assurance(
            practice,
            contract,
            Standing(figures.utility, figures.health, figures.outlay),
            unit,
            today,
            stopwatch,
        )
        for practice, figures, unit, today in zip(
            payer.practices, accounts, payer.health_units, payer.status_quo, strict=True
        )
    )
    margins = tuple(0.0 if is_status_quo else payer.margin_of(n) for n in range(len(payer.practices)))
    slacks: tuple[float, ...] = ()
    if not faults:
        with stopwatch.wall():
            pairs = zip(assurances, margins, strict=True)
            slacks = tuple(side_by_side(lambda pair: pair[0].slack(pair[1]), pairs))
        faults += [
            f"{practice.name} could do better by {-slack:,.2f} USD"
            for practice, slack, figures in zip(payer.practices, slacks, accounts, strict=True)
            if slack < -utility_tolerance(figures.revenue.total)
        ]
    return Settled(
        contract,
        responses,
        accounts,
        assurances,
        0.0 if is_status_quo else instance.margin,
        margins,
        is_status_quo,
        rules,
        slacks,
        min(income_slacks),
        outlay,
        health,
        tuple(faults),
    )


def _income_slack(payer: Payer, members: Members, accounts: Sequence[Account]) -> float:
    """Least distance of a practice type's net income from its limits, mean over its kinds [USD/year]."""
    income = members.mean([figures.net_income for figures in accounts])
    floor, ceiling = income_corridor(payer, members)
    return min(income - floor, ceiling - income)
