"""The window of medical_complexity: what the payer saves, what the clinic loses, and what fits in between."""

from __future__ import annotations

import dataclasses
import secrets
from pathlib import Path

import pytest

import incentive_opt
from incentive_opt.certify.best_response import best_response
from incentive_opt.certify.status_quo import StatusQuo, status_quo
from incentive_opt.domain.contract import Contract
from incentive_opt.domain.instance import Instance
from incentive_opt.domain.response import Response
from incentive_opt.files import read_contract, read_instance
from incentive_opt.payment import Account, account

FOLDER = Path(__file__).resolve().parents[2] / "instances" / "medical_complexity"
SAVED, LOST = 6243.0, 6018.0
"""Per child-year: by Medicaid, by the clinic [USD] (Mosquera 2014)."""
COST = {"specialised": 0.85, "as_published": 1.0, "small_town": 1.3}
OWN_HEALTH = 10.0
"""What the children's health is worth to a clinic: 0.001 QALY a month x 10,000 USD [USD/child-month]."""
HOME, USUAL, CHILDREN = "medical_home_month", "usual_month", "complex"


@pytest.fixture(scope="module")
def instance() -> Instance:
    return read_instance(FOLDER)


@pytest.fixture(scope="module")
def today(instance: Instance) -> StatusQuo:
    return status_quo(instance)


def price(instance: Instance, extra: float, month: float = 0.0) -> Contract:
    """Today's fees with so much more for a month in the medical home, and so much for every child."""
    fees = dict(instance.status_quo.fees)
    fees[HOME] += extra
    return Contract(fees=fees, capitation={CHILDREN: month} if month else {})


def months(instance: Instance, contract: Contract, name: str) -> float:
    """Share of a clinic's months of care that are in the medical home."""
    response, _ = best_response(instance, name, contract)
    return response.services.get((HOME, CHILDREN), 0.0) / 1200.0


def outlay(instance: Instance, contract: Contract) -> float:
    total = 0.0
    for practice in instance.practices:
        response, _ = best_response(instance, practice, contract)
        total += practice.count * account(instance, contract, response).outlay
    return total


def forced(instance: Instance, name: str, service: str) -> Account:
    """A clinic's account if all its months are of one kind, under today's fees."""
    (practice,) = (p for p in instance.practices if p.name == name)
    one = next(s for s in instance.services if s.name == service)
    hours = 1200.0 * one.minutes["team"] / 60.0
    response = Response(
        name,
        {CHILDREN: 100.0},
        {(service, CHILDREN): 1200.0},
        {("care_month", CHILDREN): 1200.0 * one.effectiveness},
        {("team", 0): hours},
    )
    assert hours <= practice.fte["team"] * practice.overtime_hours_per_fte[0]
    return account(instance, instance.status_quo, response)


def test_the_trial_is_in_the_files(instance: Instance) -> None:
    """In the medical home, at today's fees, the payer saves 6,243 USD a child and the clinic loses 6,018."""
    usual, home = forced(instance, "as_published", USUAL), forced(instance, "as_published", HOME)
    assert (usual.outlay - home.outlay) / 100.0 == pytest.approx(SAVED, abs=0.01)
    assert (usual.net_income - home.net_income) / 100.0 == pytest.approx(LOST, abs=0.05)
    serious = instance.simulation.course("care_month").admission_cost
    assert serious is not None
    assert (usual.outside_cost - home.outside_cost) / 100.0 / serious == pytest.approx(0.22 - 0.10, rel=1e-4)


def test_today_nobody_has_a_medical_home(instance: Instance, today: StatusQuo) -> None:
    """The loss is fifty times what the children's health is worth to the clinic."""
    assert all(r.services.get((HOME, CHILDREN), 0.0) < 1e-6 for r in today.responses.values())
    assert today.health == pytest.approx(12.0)


@pytest.mark.parametrize(("name", "multiple"), COST.items())
def test_each_clinic_opens_at_its_own_price(instance: Instance, name: str, multiple: float) -> None:
    """Just below what its hours cost less its own care for the children: none; just above: every month."""
    needed = multiple * LOST / 12.0 - OWN_HEALTH
    assert months(instance, price(instance, needed - 0.5), name) == pytest.approx(0.0, abs=1e-6)
    assert months(instance, price(instance, needed + 0.5), name) == pytest.approx(1.0, abs=1e-6)


def test_a_payer_gains_inside_the_window_only(instance: Instance, today: StatusQuo) -> None:
    """At the published cost any price between loss and saving costs the payer less, one above more."""
    alone = tuple(p for p in instance.practices if p.name == "as_published")
    panels = tuple(p for p in instance.panels if p.practice == "as_published")
    made = dataclasses.replace(instance, practices=alone, panels=panels)
    before = 5 * today.accounts["as_published"].outlay
    width = SAVED / 12.0 - LOST / 12.0
    inside = LOST / 12.0 + 0.01 * width * (1 + secrets.randbelow(98))
    assert outlay(made, price(made, inside)) < before, f"price {inside}"
    assert outlay(made, price(made, SAVED / 12.0 + 1.0)) > before
    assert outlay(made, price(made, SAVED / 12.0)) == pytest.approx(before, abs=1.0)


def test_money_for_the_child_buys_no_care(instance: Instance, today: StatusQuo) -> None:
    """The same sum as capitation costs the payer all of it and changes nothing."""
    month = read_contract(FOLDER / "contract_month_per_child.toml", instance)
    assert month.capitation[CHILDREN] == 510.0
    for practice in instance.practices:
        assert months(instance, month, practice.name) == pytest.approx(0.0, abs=1e-6)
    assert outlay(instance, month) - today.outlay == pytest.approx(510.0 * 12 * 1000, rel=1e-3)


def test_shipped_contracts_do_what_they_say(instance: Instance, today: StatusQuo) -> None:
    """510 USD more: seven of ten clinics and less outlay; Medicare's 131.65 USD: none."""
    paid = read_contract(FOLDER / "contract_medical_home_price.toml", instance)
    assert [round(months(instance, paid, name)) for name in COST] == [1, 1, 0]
    assert outlay(instance, paid) < today.outlay
    little = read_contract(FOLDER / "contract_medicare_management.toml", instance)
    assert [round(months(instance, little, name)) for name in COST] == [0, 0, 0]


def test_no_blend_within_todays_spending_reaches_one_month() -> None:
    """The engine proves it: for a blend of fees, capitation and bonuses the ceiling is today's health."""
    design = incentive_opt.solve("medical_complexity", "blended", time_limit=20, seed=secrets.randbits(16))
    assert design.health == pytest.approx(12.0, abs=1e-3)
    assert design.upper_bound == pytest.approx(12.0, rel=1e-3)


def test_the_best_price_is_found_and_proved() -> None:
    """With the fee free: seven clinics of ten, at about what the clinic at the published cost needs."""
    model = FOLDER / "model_medical_home.toml"
    design = incentive_opt.solve("medical_complexity", model, time_limit=20, seed=secrets.randbits(16))
    assert design.health == pytest.approx(20.4, rel=1e-3)
    assert design.upper_bound == pytest.approx(20.4, rel=0.01)
    home, usual = design.contract.fees[HOME], design.contract.fees[USUAL]
    assert LOST / 12.0 - OWN_HEALTH - 1.0 < home - usual < SAVED / 12.0
