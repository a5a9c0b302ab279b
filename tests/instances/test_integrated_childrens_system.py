"""Hospital and physicians of one children's health system: whose money moves when care averts stays."""

from __future__ import annotations

import dataclasses
import random
import secrets
from dataclasses import dataclass
from pathlib import Path

import pytest

from incentive_opt.calibrate import compare
from incentive_opt.certify.best_response import best_response
from incentive_opt.domain.contract import Contract
from incentive_opt.domain.instance import Instance
from incentive_opt.files import read_contract, read_instance
from incentive_opt.payment import account, care_elsewhere, outside_cost, revenue

FOLDER = Path(__file__).resolve().parents[2] / "instances" / "integrated_childrens_system"
TEAM_CARE = {"asthma_team": 90.0, "coordination_staff": 90.0}
"""Prices for care by staff that nobody pays today [USD/service]."""


@dataclass(frozen=True)
class Books:
    """Health [QALY/year]; pay of physicians, care elsewhere, the hospital's margin on it [USD/year]."""

    health: float
    paid: float
    elsewhere: float
    margin: float

    @property
    def joined(self) -> float:
        """Outlay of one system that owns both [USD/year]."""
        return self.paid + self.elsewhere - self.margin

    @property
    def apart(self) -> float:
        """Outlay of whoever contracts with the physicians and pays the hospital's price [USD/year]."""
        return self.paid + self.elsewhere


@pytest.fixture(scope="module")
def instance() -> Instance:
    return read_instance(FOLDER)


def books(instance: Instance, contract: Contract) -> Books:
    """The books of both parts of the system under a contract for the physicians."""
    health = paid = elsewhere = margin = 0.0
    for practice in instance.practices:
        response = best_response(instance, practice, contract)[0]
        whole = care_elsewhere(instance, response)
        health += practice.count * account(instance, contract, response).health
        paid += practice.count * revenue(instance, contract, response).total
        elsewhere += practice.count * whole
        margin += practice.count * (whole - outside_cost(instance, response))
    return Books(health, paid, elsewhere, margin)


def test_today_is_as_observed(instance: Instance) -> None:
    """Rates are within their tolerances."""
    assert [row for row in compare(instance) if not row.holds] == []


def test_margins_are_those_of_the_story(instance: Instance) -> None:
    """30 % of Medicaid's price and, at 1.75 times the price for the same cost, 60 % of the commercial one."""
    assert instance.hospital_margin_share == 1.0
    for name in ("acute_illness", "asthma", "coordination"):
        medicaid, commercial = (instance.need(name, segment) for segment in ("medicaid", "commercial"))
        assert medicaid is not None
        assert commercial is not None
        assert (medicaid.hospital_margin, commercial.hospital_margin) == (0.3, 0.6)
        for field in ("uncovered_cost", "downstream_saving"):
            assert getattr(commercial, field) == pytest.approx(1.75 * getattr(medicaid, field))
            left = [getattr(one, field) * (1.0 - one.hospital_margin) for one in (medicaid, commercial)]
            assert left[0] == pytest.approx(left[1]), "a visit costs the hospital the same"


def test_what_averts_stays_costs_the_hospital(instance: Instance) -> None:
    """Paid for, team care saves whoever pays the price, and takes from the hospital's margin."""
    today = books(instance, instance.status_quo)
    contract = Contract(fees={**instance.status_quo.fees, **TEAM_CARE})
    then = books(instance, contract)
    assert then.health > 1.1 * today.health
    assert then.elsewhere < today.elsewhere
    assert then.margin < 0.95 * today.margin
    saved_apart, saved_joined = today.apart - then.apart, today.joined - then.joined
    assert saved_apart - saved_joined == pytest.approx(today.margin - then.margin)


def test_joined_the_best_price_for_care_by_staff_is_lower(instance: Instance) -> None:
    """Whoever pays the hospital's price would pay 60 USD a contact; the system that owns it stops at 45."""
    prices = (30.0, 45.0, 60.0, 90.0)
    found = {
        usd: books(instance, Contract(fees={**instance.status_quo.fees, **dict.fromkeys(TEAM_CARE, usd)}))
        for usd in prices
    }
    assert min(prices, key=lambda usd: found[usd].apart) == 60.0
    assert min(prices, key=lambda usd: found[usd].joined) == 45.0
    assert found[60.0].health > found[45.0].health


@pytest.mark.parametrize("name", ["shared_savings", "funds_flow"])
def test_shipped_contracts_fit_the_joined_budget_and_empty_beds(instance: Instance, name: str) -> None:
    """Two fifths more health within today's joined outlay; five sixths of the hospital's margin are gone."""
    today = books(instance, instance.status_quo)
    then = books(instance, read_contract(FOLDER / f"contract_{name}.toml", instance))
    assert then.health > 1.4 * today.health
    assert then.joined < today.joined
    assert then.margin < today.margin / 5.0
    assert today.apart - then.apart > today.joined - then.joined + 2.0e6


def test_with_one_insurer_alone_the_other_children_lose(instance: Instance) -> None:
    """Paid for savings on Medicaid's children only, clinics take their time from the commercial ones."""
    contract = read_contract(FOLDER / "contract_shared_savings.toml", instance)
    medicaid, commercial = instance.segments
    other = dataclasses.replace(commercial, contracted=False, other_payer_fee_multiple=1.0)
    alone = dataclasses.replace(instance, segments=(medicaid, other))
    for practice in instance.practices:
        today = best_response(instance, practice, instance.status_quo)[0]
        then = best_response(alone, practice, contract)[0]
        before, after = (
            sum(volume for (_, segment), volume in response.services.items() if segment == "commercial")
            for response in (today, then)
        )
        assert after < before


def test_apart_the_loss_is_not_in_the_budget(instance: Instance) -> None:
    """With books of their own the outlay counts the hospital's price; joined, what giving the care costs."""
    apart = dataclasses.replace(instance, hospital_margin_share=0.0)
    counted = books(instance, instance.status_quo)
    for made, expected in ((instance, counted.joined), (apart, counted.apart)):
        outlay = 0.0
        for practice in made.practices:
            response = best_response(made, practice, made.status_quo)[0]
            outlay += practice.count * account(made, made.status_quo, response).outlay
        assert outlay == pytest.approx(expected)


def test_physicians_do_not_see_whose_hospital_it_is(instance: Instance) -> None:
    """Under the same contract clinics work alike, whoever owns the hospital: only the contract moves them."""
    apart = dataclasses.replace(instance, hospital_margin_share=0.0)
    contract = Contract(fees={**instance.status_quo.fees, **TEAM_CARE})
    for practice in instance.practices:
        one, other = (best_response(made, practice, contract) for made in (instance, apart))
        assert one[1] == pytest.approx(other[1])


def test_a_productivity_target_is_the_better_of_two_contracts(instance: Instance) -> None:
    """Base B and rate r beyond a target T: the answer is that to B alone, or to B - rT with r on all RVUs.

    Beyond the target both pay the same; below it the target pays more for less work, so it never makes
    more RVUs worth doing than the plain rate does.
    """
    seed = secrets.randbits(32)
    draw = random.Random(seed)
    practice = instance.practices[0]
    clinicians = practice.fte["clinician"]
    base, rate = draw.uniform(150_000.0, 290_000.0), draw.uniform(5.0, 33.0)
    target = draw.uniform(0.5, 1.0) * base / rate  # RVUs for each clinician, so that B - rT is not negative

    def pay(salary: float, per_rvu: float) -> Contract:
        return Contract(
            fees={}, lines={("salary", "clinicians"): salary, ("rvu_rate", "all_services"): per_rvu}
        )

    plain, alone = pay(base - rate * target, rate), pay(base, 0.0)
    rvu = {service.name: service.rvu for service in instance.services}
    worth = []
    for contract in (plain, alone):
        response, utility = best_response(instance, practice, contract)
        rvus = sum(rvu[name] * volume for (name, _), volume in response.services.items())
        paid = revenue(instance, contract, response).total
        with_target = clinicians * base + rate * max(0.0, rvus - target * clinicians)
        worth.append(utility + with_target - paid)
        assert with_target >= paid - 1e-6, f"seed {seed}: the larger of the two"
        if contract is plain and rvus >= target * clinicians:
            assert with_target == pytest.approx(paid), f"seed {seed}"
    assert max(worth) == pytest.approx(
        max(best_response(instance, practice, c)[1] for c in (plain, alone)), rel=1e-9
    )
