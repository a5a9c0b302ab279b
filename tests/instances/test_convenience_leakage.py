"""Evening illness that leaks to urgent care: which prices bring it home, and what they crowd out."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest

from incentive_opt.calibrate import compare
from incentive_opt.domain.contract import Contract
from incentive_opt.domain.instance import Instance
from incentive_opt.files import read_instance
from incentive_opt.files.contracts import read_contract
from incentive_opt.formulation.status_quo import respond
from incentive_opt.payment import account

FOLDER = Path(__file__).resolve().parents[2] / "instances" / "convenience_leakage"
CHILD = "child"
MEDIAN_ADD_ON = 15.56


@dataclass(frozen=True)
class Town:
    """All practices: health [QALY/year], money [USD/year], the share of each need's events covered."""

    health: float
    outlay: float
    elsewhere: float
    covered: dict[str, float]
    services: dict[str, float]


@pytest.fixture(scope="module")
def instance() -> Instance:
    return read_instance(FOLDER)


def town(instance: Instance, contract: Contract) -> Town:
    """What all practices do under a contract."""
    health = outlay = elsewhere = children = 0.0
    volumes: dict[str, float] = {service.name: 0.0 for service in instance.services}
    for practice, answer in zip(instance.practices, respond(instance, contract), strict=True):
        accounts = account(instance, contract, answer.response)
        health += practice.count * accounts.health
        outlay += practice.count * accounts.outlay
        elsewhere += practice.count * accounts.outside_cost
        children += practice.count * answer.response.panel[CHILD]
        for (name, _), volume in answer.response.services.items():
            volumes[name] += practice.count * volume
    covered = {need.name: 0.0 for need in instance.needs}
    for service in instance.services:
        need = instance.need(service.need, CHILD)
        assert need is not None
        covered[need.name] += volumes[service.name] / (need.events_per_child_year * children)
    return Town(health, outlay, elsewhere, covered, volumes)


@pytest.fixture(scope="module")
def today(instance: Instance) -> Town:
    return town(instance, instance.status_quo)


def paid(instance: Instance, **fees: float) -> Contract:
    """Today's fees, with some others."""
    return Contract(fees={**instance.status_quo.fees, **fees})


def test_today_is_near_what_is_observed(instance: Instance) -> None:
    """Well-child visits, asthma control and panels are within tolerance of what was observed."""
    assert [row for row in compare(instance) if not row.holds] == []


def test_evenings_leak_as_often_as_families_say(today: Town) -> None:
    """By day practices see all illness, in the evening none: 0.4 visits elsewhere for each child and year."""
    assert today.covered["acute_day"] == pytest.approx(1.0)
    assert today.covered["acute_evening"] == pytest.approx(0.0)


def test_the_payer_pays_more_elsewhere(instance: Instance) -> None:
    """An illness seen elsewhere costs the payer more than twice the practice's fee, add-on or not."""
    evening = instance.need("acute_evening", CHILD)
    assert evening is not None
    fee = instance.status_quo.fees["evening_visit"]
    assert evening.downstream_saving > 2.0 * fee > fee + MEDIAN_ADD_ON


def test_a_small_add_on_changes_nothing(instance: Instance, today: Town) -> None:
    """Ten dollars more do not pay for the trouble of an evening: nothing moves, and nothing is paid."""
    found = town(instance, paid(instance, evening_visit=instance.status_quo.fees["evening_visit"] + 10.0))
    assert found.covered == pytest.approx(today.covered)
    assert found.outlay == pytest.approx(today.outlay)


def test_the_shipped_contracts_are_what_they_say(instance: Instance) -> None:
    """The add-ons are one and two published medians; the membership pays what fees come to today."""
    evening = instance.status_quo.fees["evening_visit"]
    for name, times in (("evening_add_on", 1), ("evening_add_on_doubled", 2)):
        contract = read_contract(FOLDER / f"contract_{name}.toml", instance)
        assert contract.fees == pytest.approx(
            paid(instance, evening_visit=evening + times * MEDIAN_ADD_ON).fees, rel=1e-6
        )
    membership = read_contract(FOLDER / "contract_membership.toml", instance)
    counts = {p.name: p.count for p in instance.practices}
    children = sum(counts[panel.practice] * panel.demanded for panel in instance.panels)
    found = town(instance, instance.status_quo)
    assert 12.0 * membership.capitation[CHILD] * children == pytest.approx(
        found.outlay - found.elsewhere, rel=1e-3
    )
    assert membership.fees == {}


def test_add_ons_bring_evenings_home_and_save(instance: Instance, today: Town) -> None:
    """The median add-on brings most evening illness home, twice that all of it, and saves money."""
    once = town(instance, read_contract(FOLDER / "contract_evening_add_on.toml", instance))
    twice = town(instance, read_contract(FOLDER / "contract_evening_add_on_doubled.toml", instance))
    assert 0.5 < once.covered["acute_evening"] < twice.covered["acute_evening"] == pytest.approx(1.0)
    assert twice.outlay < once.outlay < today.outlay
    assert twice.elsewhere < once.elsewhere < today.elsewhere


def test_evenings_crowd_out_the_day(instance: Instance, today: Town) -> None:
    """Time is short: evening visits take from well-child visits, and health falls with the leak."""
    twice = town(instance, read_contract(FOLDER / "contract_evening_add_on_doubled.toml", instance))
    assert twice.covered["well_child"] < today.covered["well_child"] - 0.03
    assert twice.health < today.health


def test_a_nurse_line_crowds_out_nothing(instance: Instance, today: Town) -> None:
    """Staff have the time: a third of the leak is saved, and care by day stays as it is."""
    line = town(instance, read_contract(FOLDER / "contract_nurse_line.toml", instance))
    assert line.services["nurse_line"] > 0.0
    assert line.outlay < today.outlay
    assert line.health > today.health
    for need in ("well_child", "acute_day", "asthma"):
        assert line.covered[need] == pytest.approx(today.covered[need])
    evening = instance.need("acute_evening", CHILD)
    assert evening is not None
    calls = line.services["nurse_line"]
    assert today.elsewhere - line.elsewhere == pytest.approx(
        0.35 * evening.downstream_saving * calls, rel=1e-6
    )


def test_a_membership_alone_sends_everyone_elsewhere(instance: Instance, today: Town) -> None:
    """Paid by the month whatever they do, practices see no acute illness at all; outlay rises by half."""
    membership = town(instance, read_contract(FOLDER / "contract_membership.toml", instance))
    assert membership.covered["acute_day"] == pytest.approx(0.0)
    assert membership.elsewhere > 2.0 * today.elsewhere
    assert membership.outlay > 1.5 * today.outlay
    assert membership.health < 0.6 * today.health
