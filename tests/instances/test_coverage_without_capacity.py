"""Insurance for everyone without a clinician more: what moves, what cannot, what would help."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

from incentive_opt.calibrate import compare
from incentive_opt.domain.contract import Contract
from incentive_opt.domain.instance import Instance
from incentive_opt.domain.response import Response
from incentive_opt.files import read_instance
from incentive_opt.files.contracts import read_contract
from incentive_opt.formulation.status_quo import respond
from incentive_opt.payment import Account, account

FOLDER = Path(__file__).resolve().parents[2] / "instances" / "coverage_without_capacity"
INSURED, UNINSURED = "insured", "uninsured"
FULL, ROOM = "full", "with_room"
Found = dict[str, tuple[Response, Account]]


@pytest.fixture(scope="module")
def instance() -> Instance:
    return read_instance(FOLDER)


@pytest.fixture(scope="module")
def everyone(instance: Instance) -> Contract:
    return read_contract(FOLDER / "contract_everyone_insured.toml", instance)


def answers(instance: Instance, contract: Contract) -> Found:
    """What each practice type does, and its accounts."""
    found = zip(instance.practices, respond(instance, contract), strict=True)
    return {p.name: (a.response, account(instance, contract, a.response)) for p, a in found}


@pytest.fixture(scope="module")
def today(instance: Instance) -> Found:
    return answers(instance, instance.status_quo)


@pytest.fixture(scope="module")
def insured(instance: Instance, everyone: Contract) -> Found:
    return answers(instance, everyone)


def clinician_hours(instance: Instance, response: Response) -> float:
    """Hours of clinicians that go into services [hours/year]."""
    minutes = {service.name: service.minutes["clinician"] for service in instance.services}
    return sum(minutes[name] * volume for (name, _), volume in response.services.items()) / 60.0


def visits(response: Response, segment: str) -> float:
    """Visits with a clinician of one group of children [visits/year]."""
    kinds = ("well_visit", "sick_visit", "asthma_visit")
    return sum(
        v for (name, whose), v in response.services.items() if whose == segment and name.startswith(kinds)
    )


def total(instance: Instance, found: Found, quantity: str) -> float:
    """Sum over all practices of a quantity of their accounts."""
    return sum(p.count * float(getattr(found[p.name][1], quantity)) for p in instance.practices)


def test_today_is_near_what_is_observed(instance: Instance) -> None:
    """Well-child visits today are within five points of the published rate."""
    assert [row for row in compare(instance) if not row.holds] == []


def test_coverage_is_the_same_fee_for_everyone(instance: Instance, everyone: Contract) -> None:
    """The reform changes nothing for the insured, and pays for the others what it pays for them."""
    for name, fee in instance.status_quo.fees.items():
        assert everyone.fees[name] == pytest.approx(fee, rel=1e-6)
        assert everyone.fees[f"{name}_uninsured"] == pytest.approx(fee, rel=1e-6)
    assert len(everyone.fees) == 2 * len(instance.status_quo.fees)


def test_full_practices_have_no_more_hours_to_give(instance: Instance, today: Found, insured: Found) -> None:
    """Where clinicians are short, everyone's insurance brings not one clinician hour more."""
    before = clinician_hours(instance, today[FULL][0])
    assert clinician_hours(instance, insured[FULL][0]) == pytest.approx(before, rel=1e-6)


def test_what_the_uninsured_gain_the_insured_give(today: Found, insured: Found) -> None:
    """Visits of the newly insured rise by about what visits of the insured fall."""
    gained = visits(insured[FULL][0], UNINSURED) - visits(today[FULL][0], UNINSURED)
    given = visits(today[FULL][0], INSURED) - visits(insured[FULL][0], INSURED)
    assert gained > 1000.0
    assert given == pytest.approx(gained, rel=0.05)


def test_illness_leaks_to_the_emergency_department(instance: Instance, today: Found, insured: Found) -> None:
    """Covered acute illness falls, and what care elsewhere costs rises by a third or more."""
    outside = {
        name: total(instance, found, "outside_cost") for name, found in (("now", today), ("then", insured))
    }
    assert outside["then"] > 1.33 * outside["now"]


def test_practices_with_room_give_more_care(instance: Instance, today: Found, insured: Found) -> None:
    """With idle hours the fee does what it is meant to: more for the newly insured, none taken away."""
    before, after = today[ROOM][0], insured[ROOM][0]
    assert visits(after, UNINSURED) > 1.2 * visits(before, UNINSURED)
    assert visits(after, INSURED) == pytest.approx(visits(before, INSURED))
    assert clinician_hours(instance, after) > clinician_hours(instance, before)


def test_health_comes_from_sharing_out_not_from_more(instance: Instance, everyone: Contract) -> None:
    """Were the last visit worth as much as the first, health would hardly rise (under 2 %)."""
    straight = tuple(dataclasses.replace(need, curve=((0.0, 0.0), (1.0, 1.0))) for need in instance.needs)
    town = dataclasses.replace(instance, needs=straight)
    before, after = answers(town, town.status_quo)[FULL][1], answers(town, everyone)[FULL][1]
    assert after.health < 1.02 * before.health


def test_team_care_makes_room(instance: Instance, today: Found, insured: Found) -> None:
    """Paying for what spares the clinician more than doubles the gain, and illness leaks less."""
    contract = read_contract(FOLDER / "contract_insured_and_team.toml", instance)
    helped = answers(instance, contract)
    start = total(instance, today, "health")
    alone, both = total(instance, insured, "health") - start, total(instance, helped, "health") - start
    assert both > 2.0 * alone > 0.0
    assert total(instance, helped, "outside_cost") < total(instance, today, "outside_cost")
    assert total(instance, helped, "outlay") < 25.5e6


def test_more_physicians_would_do_it_too(instance: Instance, everyone: Contract, insured: Found) -> None:
    """With a fifth more physicians in full practices, nobody loses: the shortage is what makes it a trade."""
    more = tuple(
        dataclasses.replace(p, fte={**p.fte, "clinician": 1.2 * p.fte["clinician"]}) if p.name == FULL else p
        for p in instance.practices
    )
    town = dataclasses.replace(instance, practices=more)
    found = answers(town, everyone)
    assert clinician_hours(town, found[FULL][0]) > 1.1 * clinician_hours(instance, insured[FULL][0])
    assert total(town, found, "health") > total(instance, insured, "health")
