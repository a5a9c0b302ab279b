"""What behavioural_health_integration rests on: money for the child, the visit and the contact differ."""

from __future__ import annotations

import dataclasses
import secrets
from itertools import pairwise
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

FOLDER = Path(__file__).resolve().parents[2] / "instances" / "behavioural_health_integration"
COLLABORATIVE, VISIT = "mental_health_collaborative", "mental_health_visit"
SMALL, GROUP = "small_practice", "large_group"
PARITY = 1.0 / 0.66


@pytest.fixture(scope="module")
def instance() -> Instance:
    return read_instance(FOLDER)


@pytest.fixture(scope="module")
def today(instance: Instance) -> StatusQuo:
    return status_quo(instance)


def shipped(instance: Instance, name: str) -> Contract:
    return read_contract(FOLDER / f"contract_{name}.toml", instance)


def priced(instance: Instance, usd: float, visit: float = 1.0) -> Contract:
    """Today's fees, a price for the collaborative contact, the physician's visit at a multiple."""
    fees = instance.status_quo.fees
    return Contract(fees={**fees, COLLABORATIVE: usd, VISIT: fees[VISIT] * visit})


def answer(instance: Instance, name: str, contract: Contract) -> Response:
    return best_response(instance, name, contract)[0]


def covered(instance: Instance, response: Response, need: str, service: str = "") -> float:
    """Share of a need's events that practices cover, in any way or by one service."""
    ways = {s.name for s in instance.services if s.need == need and service in ("", s.name)}
    events = sum(
        n.events_per_child_year * response.panel[n.segment] for n in instance.needs if n.name == need
    )
    return sum(volume for (each, _), volume in response.services.items() if each in ways) / events


def collaborative(instance: Instance, name: str, contract: Contract) -> float:
    return covered(instance, answer(instance, name, contract), "mental_health", COLLABORATIVE)


def totals(instance: Instance, contract: Contract) -> dict[str, float]:
    """Health, outlay and care elsewhere over all practices."""
    found = {"health": 0.0, "outlay": 0.0, "outside_cost": 0.0}
    for practice in instance.practices:
        made = account(instance, contract, answer(instance, practice.name, contract))
        for figure in found:
            found[figure] += practice.count * float(getattr(made, figure))
    return found


def test_today_is_as_observed_and_unpaid_care_is_rare(instance: Instance, today: StatusQuo) -> None:
    """ADHD follow-up is within its tolerance, and hardly anyone gives what nobody pays for."""
    assert [row for row in compare(instance, today.responses) if not row.holds] == []
    for name in (SMALL, GROUP):
        assert covered(instance, today.responses[name], "mental_health", COLLABORATIVE) < 0.05
        assert 0.2 < covered(instance, today.responses[name], "mental_health") < 0.45


def test_a_monthly_payment_buys_no_contact(instance: Instance, today: StatusQuo) -> None:
    """It costs the payer all of itself and changes nothing that is done, however large it is."""
    usd = 1.0 + secrets.randbelow(1000) / 100.0
    amounts = dict.fromkeys(("school_age", "adolescent"), usd)
    paid = Contract(fees=instance.status_quo.fees, capitation=amounts)
    after = totals(instance, paid)
    children = sum(p.count * sum(today.responses[p.name].panel.values()) for p in instance.practices)
    assert after["health"] == pytest.approx(today.health, rel=1e-9), f"payment {usd}"
    assert after["outlay"] - today.outlay == pytest.approx(12.0 * usd * children, rel=1e-6)


def test_the_price_of_the_contact_brings_it(instance: Instance, today: StatusQuo) -> None:
    """At the Medicaid median most contacts are collaborative, more is seen of all, and less leaks."""
    paid = shipped(instance, "collaborative_fee")
    assert collaborative(instance, SMALL, paid) > 0.6
    assert collaborative(instance, GROUP, paid) > 0.9
    after = totals(instance, paid)
    assert after["health"] > 1.5 * today.health
    before = sum(p.count * today.accounts[p.name].outside_cost for p in instance.practices)
    assert after["outside_cost"] < before
    assert after["outlay"] < (instance.budget or 0.0)


def test_it_frees_the_physicians_minutes(instance: Instance, today: StatusQuo) -> None:
    """A group sees more acute illness than before, because a contact takes 6 of its minutes and not 26."""
    then = answer(instance, GROUP, shipped(instance, "collaborative_fee"))
    before = covered(instance, today.responses[GROUP], "acute_illness")
    assert covered(instance, then, "acute_illness") > before + 0.05


def test_dearer_visits_crowd_out_acute_illness(instance: Instance, today: StatusQuo) -> None:
    """At Medicare's price physicians see more anxiety, less acute illness, and care elsewhere rises."""
    paid = shipped(instance, "dearer_visits")
    for name in (SMALL, GROUP):
        then = answer(instance, name, paid)
        assert covered(instance, then, "mental_health") > covered(
            instance, today.responses[name], "mental_health"
        )
        assert covered(instance, then, "acute_illness") < covered(
            instance, today.responses[name], "acute_illness"
        )
    before = sum(p.count * today.accounts[p.name].outside_cost for p in instance.practices)
    assert totals(instance, paid)["outside_cost"] > 2.0 * before


def test_more_is_supplied_at_a_higher_price(instance: Instance) -> None:
    """Collaborative contacts never fall when their price rises, and groups come before small practices."""
    prices = sorted(secrets.randbelow(15000) / 100.0 for _ in range(4))
    for name in (SMALL, GROUP):
        shares = [collaborative(instance, name, priced(instance, usd)) for usd in prices]
        assert all(b >= a - 1e-6 for a, b in pairwise(shares)), f"{prices}: {shares}"
    assert collaborative(instance, GROUP, priced(instance, 60.0)) > 0.4
    assert collaborative(instance, SMALL, priced(instance, 60.0)) < 0.2


def test_visits_and_contacts_are_substitutes(instance: Instance) -> None:
    """With visits at Medicare's price the same price for the contact brings far less of it."""
    for name in (SMALL, GROUP):
        plain = collaborative(instance, name, priced(instance, 80.0))
        beside = collaborative(instance, name, priced(instance, 80.0, PARITY))
        assert beside < plain - 0.2, name


def test_idle_hours_are_what_keeps_small_practices_out(instance: Instance) -> None:
    """If a small practice could share its care manager (1.1 times the wage), 60 USD would do for it too."""
    shared = tuple(dataclasses.replace(p, overtime_wage_multiples=(1.1,)) for p in instance.practices)
    made = dataclasses.replace(instance, practices=shared)
    assert collaborative(made, SMALL, priced(made, 60.0)) > 0.25


def test_readme_says_what_comes_out(instance: Instance, today: StatusQuo) -> None:
    """Health and outlay of the three contracts in the README are those of the files."""
    text = (FOLDER / "README.md").read_text(encoding="utf-8")
    names = ("team_payment", "dearer_visits", "collaborative_fee")
    figures = [totals(instance, shipped(instance, name)) for name in names]
    health = [today.health] + [each["health"] for each in figures]
    spent = [today.outlay] + [each["outlay"] for each in figures]
    assert f"{health[0]:,.0f} | {health[1]:,.0f} | {health[2]:,.0f} | **{health[3]:,.0f}** |" in text
    assert "| " + " | ".join(f"{usd / 1e6:.1f}" for usd in spent) + " |" in text
