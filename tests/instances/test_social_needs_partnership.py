"""Help with social needs: what is paid is what is done, who does it, and what if it does not work."""

from __future__ import annotations

import dataclasses
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

FOLDER = Path(__file__).resolve().parents[2] / "instances" / "social_needs_partnership"
LIST, OWN, PARTNER = "screen_and_list", "screen_and_navigation", "screen_and_partner"
LEAN, STAFFED = "lean_practice", "staffed_clinic"
FAMILIES = 12 * 4800 * 0.3 + 4 * 8000 * 0.3
"""Families in need who fall due in a year, in all practices."""


@dataclass(frozen=True)
class Town:
    """Health [QALY/year], outlay [USD/year], social services of each practice type [services/year]."""

    health: float
    outlay: float
    services: dict[str, dict[str, float]]

    def families(self, service: str) -> float:
        """Families served so, in all practices."""
        return 12 * self.services[LEAN][service] + 4 * self.services[STAFFED][service]


@pytest.fixture(scope="module")
def instance() -> Instance:
    return read_instance(FOLDER)


def town(instance: Instance, contract: Contract) -> Town:
    """What all practices do under a contract."""
    health = outlay = 0.0
    services: dict[str, dict[str, float]] = {}
    for practice, answer in zip(instance.practices, respond(instance, contract), strict=True):
        accounts = account(instance, contract, answer.response)
        health += practice.count * accounts.health
        outlay += practice.count * accounts.outlay
        volumes = answer.response.services
        services[practice.name] = {name: volumes.get((name, "child"), 0.0) for name in (LIST, OWN, PARTNER)}
    return Town(health, outlay, services)


def shipped(instance: Instance, name: str) -> Contract:
    return read_contract(FOLDER / f"contract_{name}.toml", instance)


@pytest.fixture(scope="module")
def today(instance: Instance) -> Town:
    return town(instance, instance.status_quo)


def without_effect(instance: Instance) -> Instance:
    """The same place, where help with social needs does nothing for a child."""
    needs = tuple(
        dataclasses.replace(need, qaly_per_event=0.0) if need.name == "social_need" else need
        for need in instance.needs
    )
    return dataclasses.replace(instance, needs=needs)


def test_today_is_near_what_is_observed(instance: Instance) -> None:
    """Well-child visits, asthma control and panels are within tolerance of what was observed."""
    assert [row for row in compare(instance) if not row.holds] == []


def test_unpaid_nobody_asks(today: Town) -> None:
    """Today no practice screens for social needs."""
    assert sum(today.families(service) for service in (LIST, OWN, PARTNER)) == pytest.approx(0.0, abs=1e-6)


def test_paid_for_screening_practices_hand_out_lists(instance: Instance, today: Town) -> None:
    """One price for any screen buys the cheapest one, for every family, and nobody is helped."""
    found = town(instance, shipped(instance, "screening_paid"))
    assert found.families(LIST) == pytest.approx(FAMILIES)
    assert found.families(OWN) + found.families(PARTNER) == pytest.approx(0.0, abs=1e-6)
    assert found.outlay - today.outlay == pytest.approx(16.94 * FAMILIES)


def test_paid_for_help_practices_help(instance: Instance, today: Town) -> None:
    """Paid for navigation only, every family is helped: 2.6 times the health that lists bring."""
    lists = town(instance, shipped(instance, "screening_paid"))
    found = town(instance, shipped(instance, "navigation_paid"))
    assert found.families(OWN) + found.families(PARTNER) == pytest.approx(FAMILIES)
    assert (found.health - today.health) / (lists.health - today.health) == pytest.approx(
        1.0 / 0.38, rel=1e-3
    )


def test_who_has_staff_helps_and_who_has_not_buys(instance: Instance) -> None:
    """The staffed clinic helps families itself; the lean practice until hours run out, then it buys."""
    found = town(instance, shipped(instance, "navigation_paid")).services
    assert found[STAFFED][PARTNER] == pytest.approx(0.0, abs=1e-6)
    assert found[LEAN][OWN] > 0.0
    assert found[LEAN][PARTNER] > found[LEAN][OWN]


def test_a_dear_partner_is_not_asked(instance: Instance) -> None:
    """At 75 USD a family instead of 25 nobody buys: the lean practice hires or leaves families alone."""
    services = tuple(
        dataclasses.replace(one, supply_cost=one.supply_cost + 50.0) if one.name == PARTNER else one
        for one in instance.services
    )
    dear = dataclasses.replace(instance, services=services)
    assert town(dear, shipped(instance, "navigation_paid")).families(PARTNER) == pytest.approx(0.0, abs=1e-6)


def test_a_bonus_buys_as_far_as_its_threshold(instance: Instance, today: Town) -> None:
    """Six families in ten are helped, not one more, for less money a QALY than a fee."""
    fee, bonus = (town(instance, shipped(instance, name)) for name in ("navigation_paid", "navigation_bonus"))
    assert bonus.families(OWN) + bonus.families(PARTNER) == pytest.approx(0.6 * FAMILIES)
    dear, cheap = ((t.outlay - today.outlay) / (t.health - today.health) for t in (fee, bonus))
    assert cheap < 0.6 * dear


def test_without_effect_a_fee_is_spent_all_the_same(instance: Instance, today: Town) -> None:
    """If help does nothing, the fee still buys all of it: the same outlay, no health."""
    nothing = without_effect(instance)
    found = town(nothing, shipped(instance, "navigation_paid"))
    assert found.families(OWN) + found.families(PARTNER) == pytest.approx(FAMILIES)
    assert found.health == pytest.approx(town(nothing, nothing.status_quo).health)
    assert found.outlay > today.outlay + 1.5e6
