"""Paying for outcomes or for rates: what each way of counting can tell apart, and what practices do then."""

from __future__ import annotations

import secrets
from pathlib import Path

import pytest

from incentive_opt.calibrate import compare
from incentive_opt.certify.best_response import best_response
from incentive_opt.certify.status_quo import StatusQuo, status_quo
from incentive_opt.domain.contract import Contract
from incentive_opt.domain.instance import Instance
from incentive_opt.domain.response import Response
from incentive_opt.files import read_contract, read_instance
from incentive_opt.files.models import read_model
from incentive_opt.payment import account

FOLDER = Path(__file__).resolve().parents[2] / "instances" / "outcomes_against_process"
SHORT, FULL = "check_up_short", "check_up_full"
PAIRS = {
    "check_ups": (SHORT, FULL),
    "screenings": ("screen", "screen_followed"),
    "asthma_contacts": ("asthma_visit", "asthma_team"),
}
"""Each measure of rates, with the two forms of care that it counts alike; the second helps more."""


@pytest.fixture(scope="module")
def instance() -> Instance:
    return read_instance(FOLDER)


@pytest.fixture(scope="module")
def today(instance: Instance) -> StatusQuo:
    return status_quo(instance)


def delivered(response: Response, service: str) -> float:
    return sum(volume for (each, _), volume in response.services.items() if each == service)


def health(instance: Instance, contract: Contract) -> tuple[float, float]:
    """Health [QALY/year] and outlay [USD/year] of all practices under a contract."""
    total = outlay = 0.0
    for practice in instance.practices:
        accounts = account(instance, contract, best_response(instance, practice, contract)[0])
        total += practice.count * accounts.health
        outlay += practice.count * accounts.outlay
    return total, outlay


def test_today_is_as_observed(instance: Instance, today: StatusQuo) -> None:
    """Rates are within their tolerances, and nobody gives the form of care that takes longer."""
    assert [row for row in compare(instance, today.responses) if not row.holds] == []
    for response in today.responses.values():
        for _, better in PAIRS.values():
            assert delivered(response, better) == pytest.approx(0.0, abs=1e-6)


def test_rates_cannot_tell_the_two_forms_apart(instance: Instance) -> None:
    """Both forms count the same in a rate and in today's fee, but for the asthma team, which is not paid."""
    services = {service.name: service for service in instance.services}
    for name, (plain, better) in PAIRS.items():
        measure = next(one for one in instance.measures if one.name == name)
        assert measure.numerator[plain] == measure.numerator[better] == 1.0
        assert services[better].effectiveness > 1.5 * services[plain].effectiveness
        assert services[better].rvu in (services[plain].rvu, 0.0)


def test_budget_is_today_and_five_percent(instance: Instance, today: StatusQuo) -> None:
    """The money is what is spent today and 5 % of what practices are paid, to the nearest 10,000 USD."""
    paid = spent = 0.0
    for practice in instance.practices:
        figures = today.accounts[practice.name]
        paid += practice.count * (figures.outlay - figures.outside_cost)
        spent += practice.count * figures.outlay
    assert instance.budget == pytest.approx(spent + 0.05 * paid, abs=10_000.0)


def test_a_bonus_on_the_rate_buys_more_of_the_short_form(instance: Instance, today: StatusQuo) -> None:
    """Whatever is paid for the rate of check-ups, all of them stay short."""
    usd = 1.0 + 0.01 * secrets.randbelow(1000)
    contract = Contract(fees=instance.status_quo.fees, bonuses={("check_ups", 3): usd})
    answer = best_response(instance, "suburban", contract)[0]
    assert delivered(answer, SHORT) > 1.1 * delivered(today.responses["suburban"], SHORT), f"bonus {usd}"
    assert delivered(answer, FULL) == pytest.approx(0.0, abs=1e-6), f"bonus {usd}"


def test_a_bonus_on_content_buys_the_full_form(instance: Instance) -> None:
    """8 USD for each child where half the check-ups are full, and they are."""
    contract = Contract(fees=instance.status_quo.fees, bonuses={("full_check_ups", 2): 8.0})
    answer = best_response(instance, "suburban", contract)[0]
    assert delivered(answer, FULL) == pytest.approx(0.5 * 1.44 * 4638, rel=1e-6)


def test_a_price_of_outcomes_buys_whatever_brings_them(instance: Instance, today: StatusQuo) -> None:
    """Paid for outcomes, asthma goes to the team: fewer contacts, more effect; a rate would call it worse.

    Check-ups become more of the short ones, each of which is paid a fee.
    """
    contract = read_contract(FOLDER / "contract_outcomes.toml", instance)
    before, after = today.responses["suburban"], best_response(instance, "suburban", contract)[0]
    contacts = {True: delivered(after, "asthma_team"), False: delivered(before, "asthma_visit")}
    assert delivered(after, "asthma_visit") == pytest.approx(0.0, abs=1e-6)
    assert contacts[True] < 0.9 * contacts[False]
    effect = ("asthma_control", "asthma")
    assert after.effective[effect] > 1.15 * before.effective[effect]
    assert delivered(after, SHORT) > 1.2 * delivered(before, SHORT)
    assert delivered(after, FULL) == pytest.approx(0.0, abs=1e-6)


def test_what_the_shipped_contracts_do(instance: Instance) -> None:
    """Outcomes and content bring many times the health that rates bring, within the same money."""
    before, _ = health(instance, instance.status_quo)
    gains = {}
    for name in ("rates", "content", "outcomes"):
        after, outlay = health(instance, read_contract(FOLDER / f"contract_{name}.toml", instance))
        assert instance.budget is not None
        assert outlay < 1.01 * instance.budget
        gains[name] = after - before
    assert gains["rates"] > 0.0
    assert min(gains["content"], gains["outcomes"]) > 3.0 * gains["rates"]


def test_models_differ_in_what_they_name_alone(instance: Instance) -> None:
    """The three models of the story have the same bounds, and all leave fees as they are."""
    rates, content, outcomes = (
        read_model(FOLDER / f"model_{name}.toml", instance) for name in ("rates", "content", "outcomes")
    )
    assert {lever.upper for model in (rates, content, outcomes) for lever in model.levers} == {131.65}
    assert {lever.kind for lever in rates.levers} == {lever.kind for lever in content.levers} == {"bonus"}
    assert {lever.kind for lever in outcomes.levers} == {"outcome", "improvement"}
