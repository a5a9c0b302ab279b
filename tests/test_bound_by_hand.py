"""The certified bound against contracts tried one by one, on random instances with other lines and rules."""

from __future__ import annotations

import secrets
from dataclasses import replace
from itertools import product

import numpy as np
import pytest

from incentive_opt.certify import best_response, status_quo
from incentive_opt.certify.contract_checks import check_contract
from incentive_opt.certify.promise_checks import check_incomes
from incentive_opt.certify.rule_checks import check_money_rules
from incentive_opt.certify.status_quo import StatusQuo, budget
from incentive_opt.domain.contract import Contract
from incentive_opt.domain.instance import Instance, Rules
from incentive_opt.domain.lines import LINE_KINDS
from incentive_opt.domain.payable import of_words
from incentive_opt.domain.payment_model import UNITS, LeverRule, PaymentModel
from incentive_opt.errors import NoDesign
from incentive_opt.formulation.build import build
from incentive_opt.payment import account
from incentive_opt.solve.run import solve
from tests.drawn_lines import HIGHEST, drawn_sharing, with_partners
from tests.formulation.hand_made import random_instance

CASES, MORE = 3, 60
STEPS = 6
LIMITS = {
    "bonus_pool_share": (0.0, 0.5),
    "incentive_cap": (0.0, 1.5),
    "rate_cell_floor": (0.5, 1.0),
    "rate_cell_ceiling": (1.0, 2.0),
    "max_payment_change": (0.0, 0.5),
    "income_change_gap": (0.0, 0.3),
    "min_clinician_income": (0.0, 0.6),
    "risk_cell_cover": (0.0, 0.6),
    "max_withheld": (0.0, 0.15),
}
MOST = {"capitation": 30.0, "bonus": 120.0} | {
    kind: most if kind in ("shared_savings", "withhold") else 3.0 * most for kind, most in HIGHEST.items()
}
TODAY = 0.4
"""Of the fees of the drawn instance: so little is done today that prices can change it."""


def drawn_case(seed: int) -> tuple[Instance, PaymentModel]:
    """A tiny instance with two rules, and a model in which two prices move and all others stay."""
    draw = np.random.default_rng(seed)
    made = random_instance(seed, practices=1 + seed % 2, segments=2, needs=2, measures=1, margin=0.0)
    fees = {name: TODAY * fee for name, fee in made.status_quo.fees.items()}
    force = replace(made.status_quo, fees=fees, bonuses={})
    instance = replace(with_partners(replace(made, status_quo=force), draw), income_ceiling=3.0)
    things = {kind: of_words(instance, kind) for kind in LINE_KINDS}
    things |= {"capitation": ["segment0"], "bonus": ["measure0"]}
    moving = draw.choice(sorted(things), size=2, replace=False).tolist()
    levers = tuple(
        LeverRule(kind, (str(draw.choice(things[kind])),), 0.0, MOST[kind], UNITS[kind]) for kind in moving
    )
    if "capitation" in moving:
        instance = replace(instance, status_quo=replace(instance.status_quo, capitation={}))
    keys = draw.choice(sorted(LIMITS), size=2, replace=False).tolist()
    rules = Rules(
        physician_incentive_plan=bool(draw.random() < 0.3),
        **{key: float(draw.uniform(*LIMITS[key])) for key in keys},
    )
    counts = bool(draw.random() < 0.3)
    sharing = drawn_sharing(draw)
    model = PaymentModel("drawn", "Drawn", "", levers, Rules(), sharing=sharing, counts_elsewhere=counts)
    return replace(instance, rules=rules, budget=float(draw.uniform(1.0, 1.6)) * _outlay(instance)), model


def _outlay(instance: Instance) -> float:
    return status_quo(instance).outlay


def contracts(instance: Instance, model: PaymentModel, draw: np.random.Generator) -> list[Contract]:
    """Every combination of prices on a grid whose inner points are drawn; a coarser one for three prices."""
    _, payer = build(instance, model)
    free = [number for number, lever in enumerate(payer.levers) if lever.upper > lever.lower]
    ends = [(payer.levers[number].lower, payer.levers[number].upper) for number in free]
    grids = [[low, high, *draw.uniform(low, high, STEPS - 2)] for low, high in ends]
    values = np.array([lever.status_quo for lever in payer.levers])
    made = []
    for prices in product(*(grid[: STEPS if len(grids) == 2 else 3] for grid in grids)):
        values[free] = prices
        made.append(payer.contract(values))
    return made


def health_if_allowed(
    instance: Instance, model: PaymentModel, contract: Contract, before: StatusQuo
) -> float | None:
    """Health where practices do what is best for them, by the certificate; None where a limit is broken."""
    if not all(check.ok for check in check_contract(instance, model, contract, before.responses)):
        return None
    answers = {one.name: best_response(instance, one, contract)[0] for one in instance.practices}
    accounts = {name: account(instance, contract, answer) for name, answer in answers.items()}
    checks = check_money_rules(instance, instance.rules, accounts, before.responses)
    checks += check_incomes(instance, accounts, before)
    outlay = sum(one.count * accounts[one.name].outlay for one in instance.practices)
    if outlay > budget(instance, before) or not all(check.ok for check in checks):
        return None
    return sum(one.count * accounts[one.name].health for one in instance.practices)


def certified(instance: Instance, model: PaymentModel) -> float:
    """The bound; minus infinity where none is proved to exist, infinity where none was found."""
    try:
        return solve(instance, model, gap=1e-3, time_limit=4.0, seed=0).upper_bound
    except NoDesign as error:
        return np.inf if "not proved" in str(error) else -np.inf


def check_a_case() -> None:
    """No contract on the grid passes the bound, nor is there one where it is proved that there is none."""
    seed = secrets.randbits(24)
    instance, model = drawn_case(seed)
    before = status_quo(instance)
    tried = contracts(instance, model, np.random.default_rng(seed))
    found = [health_if_allowed(instance, model, one, before) for one in tried]
    best = max((health for health in found if health is not None), default=-np.inf)
    assert best <= certified(instance, model) + 1e-5 * max(1.0, best), f"seed {seed}"


@pytest.mark.parametrize("_", range(CASES))
def test_no_contract_passes_the_bound(_: int) -> None:
    """Of contracts on a grid, with what the certificate says that practices do."""
    check_a_case()


@pytest.mark.slow
@pytest.mark.parametrize("_", range(MORE))
def test_no_contract_passes_the_bound_in_more_cases(_: int) -> None:
    """The same for whoever has the time."""
    check_a_case()
