"""Contract rules as rows of the search against the certificate's arithmetic, on random contracts."""

from __future__ import annotations

import secrets
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from incentive_opt.certify.contract_checks import check_contract
from incentive_opt.certify.rule_checks import check_money_rules
from incentive_opt.domain.contract import Contract
from incentive_opt.domain.instance import Instance, Rules
from incentive_opt.domain.kinds import in_kinds
from incentive_opt.domain.lines import LINE_KINDS
from incentive_opt.domain.payment_model import LEVER_KINDS, UNITS, LeverRule, PaymentModel
from incentive_opt.domain.rules import HELD_BACK, LARGE_PANEL, PERFORMANCE, REFERRAL, SERVICES
from incentive_opt.files import read_instance
from incentive_opt.formulation.build import build
from incentive_opt.formulation.cents import _payers_conditions
from incentive_opt.formulation.contract_rules import money_rows, price_rows
from incentive_opt.formulation.payer import Payer
from incentive_opt.formulation.status_quo import Outcome, outcome
from incentive_opt.payment import account
from incentive_opt.pricing.problem import PricingProblem
from tests.drawn_lines import HIGHEST

MOST = {"fee": 120.0, "capitation": 15.0, "bonus": 40.0} | HIGHEST
EVERYTHING = PaymentModel(
    "everything",
    "Everything",
    "Every price is free.",
    tuple(LeverRule(kind, (), 0.0, MOST[kind], UNITS[kind]) for kind in LEVER_KINDS),
    Rules(),
)
LIMITS = {
    "bonus_pool_share": (0.0, 0.8),
    "incentive_cap": (0.0, 1.0),
    "rate_cell_floor": (0.2, 3.0),
    "rate_cell_ceiling": (0.2, 3.0),
    "max_price_change": (0.0, 3.0),
    "max_payment_change": (0.0, 3.0),
    "income_change_gap": (0.0, 1.0),
    "min_clinician_income": (0.0, 1.0),
    "risk_cell_cover": (0.0, 1.0),
}


def varied(instance: Instance, draw: np.random.Generator, with_kinds: bool) -> Instance:
    """Other altruism, a payment per child today; or two kinds of each type, and infants of another payer."""
    practices = tuple(replace(p, altruism=float(draw.uniform(1e3, 4e4))) for p in instance.practices)
    made = replace(instance, practices=practices)
    if not with_kinds:
        return replace(made, status_quo=replace(made.status_quo, capitation={"school_age": 6.0}))
    infant, school_age = made.segments
    infant = replace(infant, contracted=False, other_payer_fee_multiple=1.2)
    return in_kinds(replace(made, segments=(infant, school_age)), 2)


def drawn(payer: Payer, draw: np.random.Generator) -> Contract:
    """Every price between nothing and its upper bound, one in three nothing."""
    values = np.array([float(draw.uniform(0.0, one.upper)) * (draw.random() > 0.3) for one in payer.levers])
    return payer.contract(values)


def followers_rows(
    payer: Payer, problem: PricingProblem, contract: Contract, answers: list[Outcome]
) -> dict[str, float]:
    """How much room each row of the payer's problem has left."""
    levers = payer.lever_values(contract)
    found = np.asarray(problem.rules @ levers)
    for follower, answer in zip(problem.followers, answers, strict=True):
        products = levers[follower.levers] * (follower.features @ answer.activities)
        found = found + follower.row_x @ answer.activities + follower.row_product @ products
    room = np.minimum(found - problem.row_lower, problem.row_upper - found)
    return dict(zip(problem.row_names, room.tolist(), strict=True))


def certified_room(
    instance: Instance, rules: Rules, contract: Contract, answers: list[Outcome], today: list[Outcome]
) -> list[float]:
    """The same by the certificate: room left by every rule."""
    asked = replace(instance, rules=rules)
    before = {one.practice: one.response for one in today}
    accounts = {one.practice: account(asked, contract, one.response) for one in answers}
    checks = check_contract(asked, EVERYTHING, contract, before)
    checks += check_money_rules(asked, rules, accounts, before)
    return [check.slack for check in checks if check.name.startswith("rule: ")]


def test_every_kind_of_payment_is_of_one_sort() -> None:
    """Paid for results or for services; a new kind of line has to be put into one of the two."""
    assert set(LEVER_KINDS) == PERFORMANCE | SERVICES | HELD_BACK
    assert not PERFORMANCE & SERVICES
    assert not HELD_BACK & (PERFORMANCE | SERVICES)
    assert PERFORMANCE >= REFERRAL
    assert {one.name for one in LINE_KINDS.values() if one.benchmark} <= REFERRAL


@pytest.mark.parametrize("key", [*LIMITS, "physician_incentive_plan"])
def test_search_and_certificate_agree(small_instance: Path, key: str) -> None:
    """Room under a rule is the same by the rows and by the certificate; the least also for whole cents."""
    seed = secrets.randbits(32)
    draw = np.random.default_rng(seed)
    as_read = replace(read_instance(small_instance), rules=Rules(), margin=0.0)
    for trial in range(2):
        where = f"{key}, seed {seed}, trial {trial}"
        instance = varied(as_read, draw, trial == 1)
        limit = True if key not in LIMITS else float(draw.uniform(*LIMITS[key]))
        rules = Rules(**{key: limit})  # type: ignore[arg-type]
        free, unruled = build(instance, EVERYTHING)
        problem, payer = build(replace(instance, rules=rules), EVERYTHING)
        contract = drawn(payer, draw)
        answers = [outcome(practice, contract) for practice in payer.practices]
        rooms = followers_rows(payer, problem, contract, answers)
        ruled = sorted(room for name, room in rooms.items() if name not in free.row_names)
        certified = sorted(certified_room(instance, rules, contract, answers, list(payer.status_quo)))
        assert ruled == pytest.approx(certified, rel=1e-6, abs=1e-5), where
        activities = [answer.activities for answer in answers]
        made, bare = _payers_conditions(payer, activities), _payers_conditions(unruled, activities)
        prices = payer.lever_values(contract)
        own = [
            float(slopes @ prices) - at_least
            for slopes, at_least in zip(made.coefficients, made.least, strict=True)
        ][len(bare.least) :]
        assert min(own) == pytest.approx(certified[0], rel=1e-6, abs=1e-5), where


@pytest.mark.parametrize("panel", [LARGE_PANEL, LARGE_PANEL + 1.0])
def test_practices_of_many_patients_bear_risk(small_instance: Path, panel: float) -> None:
    """Up to 25,000 patients the physician incentive plan is limited, above it is not: in both."""
    instance = replace(read_instance(small_instance), margin=0.0)
    rules = Rules(physician_incentive_plan=True)
    _, payer = build(replace(instance, rules=rules), EVERYTHING)
    few = payer.status_quo[0]
    kept = sum(few.response.panel.values())
    grown = replace(few.response, panel={name: n * panel / kept for name, n in few.response.panel.items()})
    today = (replace(few, response=grown), *payer.status_quo[1:])
    large = replace(payer, status_quo=today)
    named = [row.name for row in money_rows(large)] + [row.name for row in price_rows(large)]
    before = {one.practice: one.response for one in today}
    accounts = {
        one.practice: account(instance, instance.status_quo, one.response) for one in payer.status_quo
    }
    checks = check_money_rules(instance, rules, accounts, before)
    limited = panel <= LARGE_PANEL
    assert any(few.practice in name for name in named) is limited
    assert any(few.practice in check.name for check in checks) is limited


@pytest.mark.parametrize(("least", "allowed"), [(0.3, True), (0.4, False)])
def test_no_more_is_held_back_than_there_is(least: float, allowed: bool) -> None:
    """Of three measures, without a rule too: search, whole cents and certificate know it."""
    instance = replace(read_instance("hedis_thresholds"), rules=Rules())
    lever = LeverRule("withhold", (), 0.0, 0.9, UNITS["withhold"])
    problem, payer = build(instance, replace(EVERYTHING, levers=(lever,)))
    contract = Contract(
        fees=instance.status_quo.fees, lines={("withhold", one.name): least for one in instance.measures}
    )
    levers, today = payer.lever_values(contract), payer.status_quo
    row = problem.row_names.index("share of fees held back")
    assert bool((problem.rules @ levers)[row] <= problem.row_upper[row]) is allowed
    conditions = _payers_conditions(payer, [one.activities for one in today])
    prices = levers[: len(payer.levers)]
    assert bool(conditions.coefficients[-1] @ prices >= conditions.least[-1]) is allowed
    checks = check_contract(instance, payer.model, contract, {one.practice: one.response for one in today})
    assert all(check.ok for check in checks if "held back" in check.name) is allowed
