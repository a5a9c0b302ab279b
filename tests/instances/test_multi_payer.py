"""One payer of three: what its prices move, what they cost it, and who has the savings."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest

from incentive_opt.calibrate import compare
from incentive_opt.domain.contract import Contract
from incentive_opt.domain.instance import Instance
from incentive_opt.files import read_instance
from incentive_opt.files.models import read_model
from incentive_opt.formulation.status_quo import respond
from incentive_opt.payment import account

FOLDER = Path(__file__).resolve().parents[2] / "instances" / "multi_payer"
OWN_PART = 1.0 / 3.0
OWN_FEE, OTHER_FEE = 21.35, 1.75 * 21.35
"""What this payer and the others pay for a unit of relative value [USD/RVU]."""
COORDINATION = "coordination_staff"


@dataclass(frozen=True)
class Books:
    """Health [QALY/year] and the outlay [USD/year] of all payers, of this one and of the others."""

    health: float
    everyone: float
    own: float
    others: float


@pytest.fixture(scope="module")
def instance() -> Instance:
    return read_instance(FOLDER)


def books(instance: Instance, contract: Contract) -> Books:
    """Who pays what, if the others pay today's fees and this payer the rest of each average price."""
    health = paid = elsewhere = by_others = 0.0
    relative = {name: fee / 32.03 for name, fee in instance.status_quo.fees.items()}
    for practice, answer in zip(instance.practices, respond(instance, contract), strict=True):
        accounts = account(instance, contract, answer.response)
        health += practice.count * accounts.health
        elsewhere += practice.count * accounts.outside_cost
        paid += practice.count * (accounts.outlay - accounts.outside_cost)
        for (name, _), volume in answer.response.services.items():
            by_others += practice.count * (1.0 - OWN_PART) * OTHER_FEE * relative.get(name, 0.0) * volume
    own = paid - by_others + OWN_PART * elsewhere
    return Books(health, paid + elsewhere, own, by_others + (1.0 - OWN_PART) * elsewhere)


def coordinated(instance: Instance, average: float) -> Contract:
    """Today's fees, and an average price for coordination by staff, all of it paid by this payer."""
    return Contract(fees={**instance.status_quo.fees, COORDINATION: average})


@pytest.fixture(scope="module")
def today(instance: Instance) -> Books:
    return books(instance, instance.status_quo)


def test_today_is_near_what_is_observed(instance: Instance) -> None:
    """Rates, panels and visits are within tolerance of what was observed."""
    assert [row for row in compare(instance) if not row.holds] == []


def test_prices_are_averages_over_payers(instance: Instance) -> None:
    """A third at this payer's fee and two thirds at the others' make the fee of the files."""
    average = OWN_PART * OWN_FEE + (1.0 - OWN_PART) * OTHER_FEE
    assert instance.status_quo.fees["well_visit_long"] / 3.1 == pytest.approx(average, abs=0.01)


def test_books_add_up(today: Books) -> None:
    """What this payer and the others spend is all that is spent; this one, with lower fees, below a third."""
    assert today.own + today.others == pytest.approx(today.everyone)
    fees = OWN_PART * OWN_FEE / (OWN_PART * OWN_FEE + (1.0 - OWN_PART) * OTHER_FEE)
    assert fees < today.own / today.everyone < OWN_PART


def test_alone_moves_a_third_as_far() -> None:
    """The bounds of the model for one payer are those of the blended model for its own prices, averaged."""
    blended, alone = read_model("blended"), read_model(FOLDER / "model_alone.toml")
    wide, narrow = ({lever.kind: lever for lever in model.levers} for model in (blended, alone))
    for kind in ("capitation", "bonus"):
        assert narrow[kind].upper == pytest.approx(OWN_PART * wide[kind].upper, abs=0.01)
    assert narrow["fee"].upper == pytest.approx(OWN_PART * wide["fee"].upper)
    for bound in ("lower_multiple", "upper_multiple"):
        own = getattr(wide["fee"], bound) * OWN_FEE
        average = (OWN_PART * own + (1.0 - OWN_PART) * OTHER_FEE) / 32.03
        assert getattr(narrow["fee"], bound) == pytest.approx(average, abs=0.001)


def test_a_modest_price_is_lost_among_payers(instance: Instance, today: Books) -> None:
    """60 USD from one payer of three are 20 on average, and move nothing."""
    found = books(instance, coordinated(instance, 60.0 * OWN_PART))
    assert found.health == pytest.approx(today.health)
    assert found.everyone == pytest.approx(today.everyone)


def test_the_best_price_for_all_is_a_loss_for_one(instance: Instance, today: Books) -> None:
    """270 USD for its own children (90 on average) save all together money, and cost the one who pays."""
    found = books(instance, coordinated(instance, 90.0))
    assert found.health > 1.1 * today.health
    assert found.everyone < today.everyone - 2.0e6
    assert found.own > today.own
    assert found.others < today.others - 2.5e6


def test_alone_one_stops_early(instance: Instance, today: Books) -> None:
    """Its own books are best at 40 USD on average, those of all at 80 or more; others have most of it."""
    prices = (20.0, 30.0, 40.0, 50.0, 60.0, 70.0, 80.0, 90.0, 100.0, 110.0, 120.0, 150.0)
    found = {price: books(instance, coordinated(instance, price)) for price in prices}
    own = min(prices, key=lambda price: found[price].own)
    everyone = min(prices, key=lambda price: found[price].everyone)
    assert own == 40.0
    assert everyone >= 80.0
    assert found[everyone].health > found[own].health > today.health
    assert today.others - found[own].others > 2.0 * (today.own - found[own].own) > 0.0
