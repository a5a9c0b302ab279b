"""What team_based_delegation rests on: comparative advantage, full hours, and work that nobody pays for."""

from __future__ import annotations

import dataclasses
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
from incentive_opt.payment import account

FOLDER = Path(__file__).resolve().parents[2] / "instances" / "team_based_delegation"
ALONE, WITH_NP, SHORT = "physicians_alone", "with_np", "short_of_staff"
CHILD = "child"


@pytest.fixture(scope="module")
def instance() -> Instance:
    return read_instance(FOLDER)


@pytest.fixture(scope="module")
def today(instance: Instance) -> StatusQuo:
    return status_quo(instance)


def shipped(instance: Instance, name: str) -> Contract:
    return read_contract(FOLDER / f"contract_{name}.toml", instance)


def answer(instance: Instance, name: str, contract: Contract) -> Response:
    return best_response(instance, name, contract)[0]


def done(response: Response, service: str) -> float:
    return response.services.get((service, CHILD), 0.0)


def total(instance: Instance, contract: Contract, figure: str) -> float:
    """Over all practices: health, outlay, net_income, or paid, what the contract pays."""
    result = 0.0
    for practice in instance.practices:
        made = account(instance, contract, answer(instance, practice.name, contract))
        result += practice.count * (made.revenue.total if figure == "paid" else float(getattr(made, figure)))
    return result


def test_today_is_as_observed_and_hours_are_full(instance: Instance, today: StatusQuo) -> None:
    """Rates and visits are within their tolerances; practitioners work all of their overtime."""
    assert [row for row in compare(instance, today.responses) if not row.holds] == []
    for practice in instance.practices:
        for role in ("clinician", "np"):
            worked = sum(
                h for (each, _), h in today.responses[practice.name].overtime.items() if each == role
            )
            assert worked == pytest.approx(
                practice.fte[role] * sum(practice.overtime_hours_per_fte), rel=1e-6
            )


def test_comparative_advantage_divides_the_work(instance: Instance) -> None:
    """Alike in pay, effect and effort, the nurse practitioner does sick visits and no check-up."""
    services = tuple(
        dataclasses.replace(s, effort_cost=0.0, supply_cost=0.0, effectiveness=1.0) for s in instance.services
    )
    practices = tuple(
        dataclasses.replace(p, altruism=0.0, overtime_hours_per_fte=(1e-4,), overtime_wage_multiples=(1.0,))
        for p in instance.practices
    )
    made = dataclasses.replace(instance, services=services, practices=practices)
    fees = dict(instance.status_quo.fees)
    for kind in ("well_visit", "sick_visit"):
        fees[f"{kind}_np"] = fees[f"{kind}_physician"]
    response = answer(made, WITH_NP, Contract(fees=fees))
    assert done(response, "sick_visit_np") > 1000.0
    assert done(response, "well_visit_physician") > 1000.0
    assert done(response, "well_visit_np") == pytest.approx(0.0, abs=1.0)
    assert done(response, "sick_visit_physician") == pytest.approx(0.0, abs=1.0)


def test_unpaid_work_is_not_done_today(instance: Instance, today: StatusQuo) -> None:
    """No practice runs the asthma programme or the telephone for nothing."""
    for response in today.responses.values():
        assert done(response, "asthma_care_team") == pytest.approx(0.0, abs=1e-3)
        assert done(response, "nurse_triage") == pytest.approx(0.0, abs=1e-3)


def test_equal_pay_is_a_windfall(instance: Instance, today: StatusQuo) -> None:
    """Nine tenths or more of what parity pays becomes income; who has no nurse practitioner gets nothing."""
    parity = shipped(instance, "np_parity")
    paid = total(instance, parity, "paid") - total(instance, instance.status_quo, "paid")
    earned = total(instance, parity, "net_income") - total(instance, instance.status_quo, "net_income")
    assert paid > 0.0
    assert 0.9 * paid < earned < 1.1 * paid
    alone = account(instance, parity, answer(instance, ALONE, parity))
    assert alone.net_income == pytest.approx(today.accounts[ALONE].net_income, rel=1e-4)


def test_equal_pay_moves_towards_comparative_advantage(instance: Instance, today: StatusQuo) -> None:
    """The nurse practitioner does more sick visits and fewer check-ups than at 85 %."""
    then = answer(instance, WITH_NP, shipped(instance, "np_parity"))
    assert done(then, "sick_visit_np") > done(today.responses[WITH_NP], "sick_visit_np") + 100.0
    assert done(then, "well_visit_np") < done(today.responses[WITH_NP], "well_visit_np") - 100.0


def test_a_price_for_the_team_frees_the_physician(instance: Instance, today: StatusQuo) -> None:
    """Asthma goes to the team, physicians do more check-ups, children gain, the payer spends no more."""
    paid = shipped(instance, "team_paid")
    then = answer(instance, ALONE, paid)
    assert done(then, "asthma_care_team") > 0.8 * (
        done(then, "asthma_care_team") + done(then, "asthma_visit")
    )
    assert done(then, "well_visit_physician") > 1.1 * done(today.responses[ALONE], "well_visit_physician")
    assert total(instance, paid, "health") > 1.08 * today.health
    assert total(instance, paid, "outlay") < today.outlay


def test_who_is_short_of_staff_delegates_less(instance: Instance) -> None:
    """The same price brings fewer team contacts where staff time is full."""
    paid = shipped(instance, "team_paid")
    few, many = (done(answer(instance, name, paid), "asthma_care_team") for name in (SHORT, WITH_NP))
    assert few < 0.8 * many


def test_half_by_the_head_is_half_of_todays_pay_and_buys_less(instance: Instance, today: StatusQuo) -> None:
    """At today's volumes it pays the same; then less is done, though the unpaid programme appears."""
    half = shipped(instance, "half_capitation")
    before = sum(p.count * today.accounts[p.name].revenue.total for p in instance.practices)
    same = sum(
        p.count * account(instance, half, today.responses[p.name]).revenue.total for p in instance.practices
    )
    assert same == pytest.approx(before, rel=1e-3)
    assert total(instance, half, "health") < 0.97 * today.health
    assert total(instance, half, "paid") < 0.95 * before
    assert done(answer(instance, WITH_NP, half), "asthma_care_team") > 100.0


def test_time_that_cannot_be_billed_costs_health(instance: Instance, today: StatusQuo) -> None:
    """More inbox for physicians, less health; half of it to staff, more."""
    minutes = 16.0 + secrets.randbelow(8)

    def inbox(clinician: float, team: float) -> float:
        staff = {
            **instance.staff,
            "clinician": dataclasses.replace(instance.staff["clinician"], panel_minutes_per_child=clinician),
            "team": dataclasses.replace(instance.staff["team"], panel_minutes_per_child=team),
        }
        made = dataclasses.replace(instance, staff=staff)
        return total(made, made.status_quo, "health")

    assert inbox(minutes, 15.0) < today.health, f"{minutes} minutes"
    assert inbox(7.5, 22.5) > 1.04 * today.health


def test_readme_says_what_comes_out(instance: Instance, today: StatusQuo) -> None:
    """Health and outlay of the three contracts in the README are those of the files."""
    text = (FOLDER / "README.md").read_text(encoding="utf-8")
    contracts = [shipped(instance, name) for name in ("np_parity", "team_paid", "half_capitation")]
    health = [total(instance, each, "health") for each in contracts]
    gains = [100.0 * (each / today.health - 1.0) for each in health]
    assert f"| {today.health:,.0f} | {health[0]:,.0f} ({gains[0]:+.1f} %) |" in text
    assert f"**{health[1]:,.0f} ({gains[1]:+.1f} %)** | {health[2]:,.0f} ({gains[2]:+.1f} %) |" in text
    spent = [today.outlay] + [total(instance, each, "outlay") for each in contracts]
    assert "| " + " | ".join(f"{usd / 1e6:.1f}" for usd in spent) + " |" in text
