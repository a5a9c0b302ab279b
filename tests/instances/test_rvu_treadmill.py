"""What rvu_treadmill rests on: minutes are short, and neutral on paper is not neutral in the year."""

from __future__ import annotations

import dataclasses
import secrets
from pathlib import Path

import pytest

from incentive_opt.calibrate import compare, delivery
from incentive_opt.certify.best_response import best_response
from incentive_opt.certify.status_quo import StatusQuo, status_quo
from incentive_opt.domain.contract import Contract
from incentive_opt.domain.instance import Instance
from incentive_opt.domain.response import Response
from incentive_opt.files import read_contract, read_instance
from incentive_opt.payment import account

FOLDER = Path(__file__).resolve().parents[2] / "instances" / "rvu_treadmill"
REFORM = FOLDER / "contract_procedures_halved.toml"
NEUTRAL = 2e-4
"""What Medicare lets relative values move spending by, as a share (fee_for_service.toml)."""


@pytest.fixture(scope="module")
def instance() -> Instance:
    return read_instance(FOLDER)


@pytest.fixture(scope="module")
def today(instance: Instance) -> StatusQuo:
    return status_quo(instance)


def answers(instance: Instance, contract: Contract) -> dict[str, Response]:
    return {p.name: best_response(instance, p, contract)[0] for p in instance.practices}


def total(instance: Instance, contract: Contract, responses: dict[str, Response], figure: str) -> float:
    """Over all practices: health, outlay, net_income, or paid, what the contract pays."""
    result = 0.0
    for practice in instance.practices:
        made = account(instance, contract, responses[practice.name])
        result += practice.count * (made.revenue.total if figure == "paid" else float(getattr(made, figure)))
    return result


def covered(instance: Instance, responses: dict[str, Response], need: str) -> float:
    shares = delivery(instance, responses)
    return sum(shares[service.name] for service in instance.services if service.need == need)


def scaled(contract: Contract, factor: float) -> Contract:
    return Contract(fees={name: fee * factor for name, fee in contract.fees.items()})


def test_today_is_as_observed(instance: Instance, today: StatusQuo) -> None:
    """Rates and visits are within the tolerances of observed.csv, and the year has no hours left."""
    assert [row for row in compare(instance, today.responses) if not row.holds] == []
    for practice in instance.practices:
        worked = sum(
            v for (role, _), v in today.responses[practice.name].overtime.items() if role == "clinician"
        )
        most = practice.fte["clinician"] * sum(practice.overtime_hours_per_fte)
        assert worked == pytest.approx(most, rel=1e-6), practice.name


def test_quicker_pays_more_in_every_line(instance: Instance) -> None:
    """USD per clinician's minute: procedure over twice conversation, each short way above its long one."""
    paid = {s.name: instance.status_quo.fees[s.name] / s.minutes["clinician"] for s in instance.services}
    assert paid["procedure"] > 2.2 * max(paid["talk_20"], paid["talk_40"])
    assert paid["well_visit_short"] > 1.7 * paid["well_visit_long"]
    assert paid["sick_visit_10"] > 1.2 * paid["sick_visit_20"]
    assert paid["talk_20"] > paid["talk_40"]


def test_only_products_of_weight_and_factor_count(instance: Instance) -> None:
    """All weights times a number and the conversion factor divided by it change nothing."""
    number = 0.5 + secrets.randbelow(1000) / 500.0
    services = tuple(dataclasses.replace(s, rvu=s.rvu * number) for s in instance.services)
    fees = {s.name: s.rvu * instance.conversion_factor / number for s in services}
    other = dataclasses.replace(instance, services=services, status_quo=Contract(fees=fees))
    same = status_quo(other)
    assert same.health == pytest.approx(status_quo(instance).health, rel=1e-6), f"number {number}"
    assert same.outlay == pytest.approx(status_quo(instance).outlay, rel=1e-6), f"number {number}"


def test_who_counts_only_money_gives_no_long_visit_at_the_same_fee(instance: Instance) -> None:
    """Without altruism, hassle and supplies the quicker of two visits that pay alike is the only one."""
    services = tuple(dataclasses.replace(s, effort_cost=0.0, supply_cost=0.0) for s in instance.services)
    greedy = tuple(dataclasses.replace(p, altruism=0.0) for p in instance.practices)
    made = dataclasses.replace(instance, services=services, practices=greedy)
    shares = delivery(made, answers(made, made.status_quo))
    assert shares["well_visit_long"] == pytest.approx(0.0, abs=1e-6)
    assert shares["procedure"] == pytest.approx(1.0, abs=1e-6)


def test_the_reform_is_neutral_on_paper(instance: Instance, today: StatusQuo) -> None:
    """At today's volumes procedures at half their value pay for conversation at 28 % more."""
    reform = read_contract(REFORM, instance)
    before = total(instance, instance.status_quo, today.responses, "paid")
    assert total(instance, reform, today.responses, "paid") == pytest.approx(before, rel=NEUTRAL)
    fees, old = reform.fees, instance.status_quo.fees
    assert fees["procedure"] == pytest.approx(old["procedure"] / 2, abs=0.01)
    for talk in ("talk_20", "talk_40"):
        assert fees[talk] / old[talk] == pytest.approx(1.28, abs=0.005)


def test_minutes_for_conversation_come_from_other_care(instance: Instance, today: StatusQuo) -> None:
    """After the reform more is talked, less illness and fewer check-ups are seen, and more leaks."""
    reform = read_contract(REFORM, instance)
    then = answers(instance, reform)
    before = today.responses
    assert covered(instance, then, "conversation") > covered(instance, before, "conversation") + 0.3
    for need in ("acute_illness", "well_child"):
        assert covered(instance, then, need) < covered(instance, before, need) - 0.1, need
    assert total(instance, reform, then, "outside_cost") > 1.5 * total(
        instance, instance.status_quo, before, "outside_cost"
    )


def test_the_next_turn_of_the_treadmill(instance: Instance, today: StatusQuo) -> None:
    """The schedule pays more than before; cutting the factor until it does not takes half of the gain."""
    reform = read_contract(REFORM, instance)
    before = total(instance, instance.status_quo, today.responses, "paid")
    first = answers(instance, reform)
    assert total(instance, reform, first, "paid") > 1.03 * before
    factor, contract, then = 1.0, reform, first
    for _ in range(6):
        factor *= before / total(instance, contract, then, "paid")
        contract = scaled(reform, factor)
        then = answers(instance, contract)
    assert total(instance, contract, then, "paid") == pytest.approx(before, rel=1e-3)
    assert 0.94 < factor < 0.98
    gain = total(instance, reform, first, "health") - today.health
    left = total(instance, contract, then, "health") - today.health
    assert 0.0 < left < 0.5 * gain


def test_with_more_hours_the_same_weights_buy_more(instance: Instance, today: StatusQuo) -> None:
    """A fifth more physicians at today's fees see more of every need: what is short is time."""
    more = tuple(
        dataclasses.replace(p, fte={**p.fte, "clinician": 1.2 * p.fte["clinician"]})
        for p in instance.practices
    )
    wider = dataclasses.replace(instance, practices=more)
    then = answers(wider, wider.status_quo)
    assert total(wider, wider.status_quo, then, "health") > 1.03 * today.health


def test_readme_says_what_comes_out(instance: Instance, today: StatusQuo) -> None:
    """Today's and the reform's figures in the README are those of the files."""
    text = (FOLDER / "README.md").read_text(encoding="utf-8")
    reform = read_contract(REFORM, instance)
    then = answers(instance, reform)
    assert f"| {today.health:,.0f} |" in text
    assert f"{total(instance, reform, then, 'health'):,.0f} (+4.0 %)" in text
    assert f"{today.outlay / 1e6:,.1f} | {total(instance, reform, then, 'outlay') / 1e6:,.1f} |" in text
    for service in instance.services:
        fee = instance.status_quo.fees[service.name]
        minutes = service.minutes["clinician"]
        assert f"| {minutes:.0f} | {fee:,.2f} | {fee / minutes:.2f} |" in text, service.name
