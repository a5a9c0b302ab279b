"""The optimum that the README of two_practices derives by hand, found again by enumeration."""

from __future__ import annotations

import dataclasses
import itertools
from pathlib import Path

import pytest

from incentive_opt.certify import best_response
from incentive_opt.certify.status_quo import status_quo
from incentive_opt.domain.contract import Contract
from incentive_opt.domain.instance import Instance
from incentive_opt.files import read_instance
from incentive_opt.formulation.status_quo import respond
from incentive_opt.payment import Account, account

FOLDER = Path(__file__).resolve().parents[2] / "instances" / "two_practices"
HEALTH_BY_HAND = 12.3
PAID_BY_HAND = 61_300.0
MEASURE = "thorough_visit"
VISITS = 1e-4  # ties in utility are settled to 1e-9 of its size, that is 1e-4 USD: far below a visit
BREAKPOINTS = (0.0, 4.4, 5.5, 8.4, 10.5, 18.9)
JUST_BELOW, JUST_ABOVE = -0.05, 0.05


@pytest.fixture(scope="module")
def instance() -> Instance:
    return read_instance(FOLDER)


def contract_with(instance: Instance, first: float, second: float) -> Contract:
    bonuses = {(MEASURE, tier): usd for tier, usd in ((1, first), (2, second)) if usd > 0.0}
    return Contract(fees=instance.status_quo.fees, bonuses=bonuses)


def answers(instance: Instance, contract: Contract) -> dict[str, Account]:
    """Accounts of the responses that hold even if practices value a QALY less, by the margin."""
    today = status_quo(instance)
    result = {}
    for practice in instance.practices:
        doubt = instance.margin / (0.01 * today.accounts[practice.name].health)
        careful = dataclasses.replace(practice, altruism=practice.altruism - doubt)
        response, _ = best_response(instance, careful, contract)
        result[practice.name] = account(instance, contract, response)
    return result


def total(instance: Instance, accounts: dict[str, Account], quantity: str) -> float:
    return sum(p.count * float(getattr(accounts[p.name], quantity)) for p in instance.practices)


def test_status_quo_by_hand(instance: Instance) -> None:
    """Today both practices deliver short visits only: 9.0 QALY for 450,000 USD."""
    today = status_quo(instance)
    assert today.health == pytest.approx(9.0, abs=1e-6)
    assert today.outlay == pytest.approx(450_000.0, abs=1e-3)
    for response in today.responses.values():
        assert response.services["well_visit_long", "child"] == pytest.approx(0.0, abs=VISITS)
        assert response.services["asthma_team", "child"] == pytest.approx(0.0, abs=VISITS)


@pytest.mark.parametrize(
    ("first", "second", "shares"),
    [
        (5.5, 0.0, {"busy": 0.0, "caring": 0.5}),
        (5.5, 4.4, {"busy": 0.0, "caring": 0.9}),
        (10.5, 0.0, {"busy": 0.5, "caring": 0.5}),
        (10.5, 4.4, {"busy": 0.5, "caring": 0.9}),
        (10.5, 8.4, {"busy": 0.9, "caring": 0.9}),
    ],
)
def test_each_row_of_the_table(
    instance: Instance, first: float, second: float, shares: dict[str, float]
) -> None:
    """Just above the cheapest bonuses of a row, practices do what the row says."""
    raised = (first + JUST_ABOVE, second + JUST_ABOVE if second else 0.0)
    gained = {name: 1.8 + share for name, share in shares.items()}
    for name, figures in answers(instance, contract_with(instance, *raised)).items():
        assert figures.health == pytest.approx(gained[name], abs=1e-6)


@pytest.mark.parametrize(("second", "share"), [(4.4, 0.5), (4.6, 0.95)])
def test_a_practice_that_aims_above_a_threshold_delivers_its_target(
    instance: Instance, second: float, share: float
) -> None:
    """Where caring practices aim at 95 % for the tier at 90 %: 950 of 1,000 long visits, once 4.50 USD pay.

    A long visit costs a caring practice 10 USD (no margin here), so 0.45 x 10 for the way from 50 to 95 %;
    for the way to the threshold itself 4 USD would do.
    """
    aiming = dataclasses.replace(instance, attainment={("caring", MEASURE, 2): 0.95})
    contract = contract_with(instance, 6.0, second)
    for own, rate in ((instance, 0.9), (aiming, share)):
        certified, _ = best_response(own, "caring", contract)
        (formulated,) = respond(own, contract, ["caring"])
        for response in (certified, formulated.response):
            assert response.services["well_visit_long", "child"] == pytest.approx(1000 * rate, abs=1e-4)


def test_optimum_by_enumeration(instance: Instance) -> None:
    """Of all bonuses around the points where responses change, the best affordable give 12.3 QALY."""
    values = sorted({max(0.0, b + step) for b in BREAKPOINTS for step in (JUST_BELOW, 0.0, JUST_ABOVE)})
    today = status_quo(instance)
    assert instance.budget is not None
    best, paid = today.health, 0.0
    dearer_but_better = 0.0
    for first, second in itertools.product(values, values):
        accounts = answers(instance, contract_with(instance, first, second))
        health, outlay = total(instance, accounts, "health"), total(instance, accounts, "outlay")
        if outlay > instance.budget:
            dearer_but_better = max(dearer_but_better, health)
        elif health > best + 1e-9:
            best, paid = health, outlay - today.outlay
        elif health > best - 1e-9:
            paid = min(paid, outlay - today.outlay)
    assert best == pytest.approx(HEALTH_BY_HAND, abs=1e-6)
    assert paid == pytest.approx(PAID_BY_HAND, rel=0.01)
    assert dearer_but_better > best + 1.0  # the budget binds


def test_readme_states_the_tested_numbers() -> None:
    """What the README derives is what the enumeration checks."""
    text = (FOLDER / "README.md").read_text(encoding="utf-8")
    assert f"{HEALTH_BY_HAND} QALY/year" in text
    assert f"{PAID_BY_HAND:,.0f}" in text
