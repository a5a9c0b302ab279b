"""What the story of hedis_thresholds rests on: small denominators, cut-offs, steps and chance."""

from __future__ import annotations

import dataclasses
import math
import secrets
from pathlib import Path

import pytest
from scipy.stats import binom

from incentive_opt.calibrate import compare
from incentive_opt.certify.best_response import best_response
from incentive_opt.certify.status_quo import StatusQuo, status_quo
from incentive_opt.domain.contract import Contract
from incentive_opt.domain.instance import Instance
from incentive_opt.domain.response import Response
from incentive_opt.files import read_contract, read_instance
from incentive_opt.payment import account
from incentive_opt.simulate import simulate
from incentive_opt.solve.attainment import targets_for

FOLDER = Path(__file__).resolve().parents[2] / "instances" / "hedis_thresholds"
ASTHMA, SCREENING = "asthma_control", "developmental_screening"
SIZES = {"solo": 1.0, "small_group": 3.5, "large_group": 12.0}


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


def delivered(response: Response, service: str) -> float:
    return sum(volume for (each, _), volume in response.services.items() if each == service)


def denominator(instance: Instance, practice: str, measure: str) -> float:
    one = next(m for m in instance.measures if m.name == measure)
    total = 0.0
    for segment in instance.segments_of_measure(one):
        need, panel = instance.need(one.denominator_need, segment), instance.panel(practice, segment)
        assert need is not None
        assert panel is not None
        total += need.events_per_child_year * panel.demanded
    return total


def test_today_is_as_observed_and_alike_in_all_sizes(instance: Instance, today: StatusQuo) -> None:
    """Rates are within their tolerances; health and income go with size, and nothing else differs."""
    assert [row for row in compare(instance, today.responses) if not row.holds] == []
    for name, size in SIZES.items():
        assert today.accounts[name].health / size == pytest.approx(today.accounts["solo"].health, rel=1e-3)
        assert today.accounts[name].net_income / size == pytest.approx(
            today.accounts["solo"].net_income, rel=1e-3
        )


def test_denominators_are_those_of_the_evidence(instance: Instance) -> None:
    """At a share of 35 % one clinician has eleven children with persistent asthma, below NCQA's 30."""
    assert denominator(instance, "solo", ASTHMA) == pytest.approx(10.6, abs=0.5)
    assert denominator(instance, "small_group", ASTHMA) > 30.0
    assert denominator(instance, "solo", SCREENING) == pytest.approx(90.0, abs=1.0)


def test_minimum_denominator_leaves_the_small_panel_without_a_measure(
    instance: Instance, today: StatusQuo
) -> None:
    """A large asthma bonus moves both groups and leaves the practice of one clinician as it was."""
    bonus = shipped(instance, "asthma")
    for name in SIZES:
        before = delivered(today.responses[name], "asthma_visits")
        then = answer(instance, name, bonus)
        if name == "solo":
            assert delivered(then, "asthma_visits") == pytest.approx(before, abs=1e-4)
            assert sum(account(instance, bonus, then).revenue.bonuses.values()) == 0.0
        else:
            assert delivered(then, "asthma_visits") > 1.1 * before
    lower = tuple(dataclasses.replace(m, minimum_denominator=10.0) for m in instance.measures)
    asked = dataclasses.replace(instance, measures=lower)
    assert delivered(answer(asked, "solo", bonus), "asthma_visits") > 7.5


def test_a_cut_off_is_reached_or_left(instance: Instance, today: StatusQuo) -> None:
    """A bonus at one threshold brings a practice exactly there, or nowhere: never in between."""
    usd = 0.01 * (1 + secrets.randbelow(2000))
    contract = Contract(fees=instance.status_quo.fees, bonuses={(SCREENING, 4): usd})
    before = delivered(today.responses["solo"], "developmental_screen")
    then = delivered(answer(instance, "solo", contract), "developmental_screen")
    goal = 0.648 * denominator(instance, "solo", SCREENING)
    assert min(abs(then - before), abs(then - goal)) < 1e-3, f"bonus {usd}"
    for usd, expected in ((2.0, before), (4.0, goal)):
        contract = Contract(fees=instance.status_quo.fees, bonuses={(SCREENING, 4): usd})
        screens = delivered(answer(instance, "solo", contract), "developmental_screen")
        assert screens == pytest.approx(expected, abs=1e-3)


def test_a_scale_pays_for_what_is_done_already(instance: Instance, today: StatusQuo) -> None:
    """At today's care the five steps pay 8 USD a child, the one cut-off nothing; both may pay 20 USD."""
    cliff, sliding = shipped(instance, "cliff"), shipped(instance, "sliding")
    assert sum(cliff.bonuses.values()) == sum(sliding.bonuses.values()) == 20.0
    eligible = denominator(instance, "solo", SCREENING)
    for contract, usd in ((cliff, 0.0), (sliding, 8.0)):
        paid = account(instance, contract, today.responses["solo"]).revenue.bonuses
        assert sum(paid.values()) == pytest.approx(usd * eligible)


def test_steps_reach_further_than_the_cut_off_for_less(instance: Instance) -> None:
    """With the same most money, five steps bring more screens and cost less than one cut-off."""
    figures = {}
    for name in ("cliff", "sliding"):
        contract = shipped(instance, name)
        then = answer(instance, "large_group", contract)
        paid = sum(account(instance, contract, then).revenue.bonuses.values())
        figures[name] = (delivered(then, "developmental_screen"), paid)
    assert figures["sliding"][0] > 1.2 * figures["cliff"][0]
    assert figures["sliding"][1] < figures["cliff"][1]


def test_the_smaller_has_to_aim_higher(instance: Instance) -> None:
    """To be paid in 98 years of 100 one clinician aims 11 points above a cut-off, twelve aim 3."""
    targets = targets_for(instance, 2.0)
    aims = [targets[name, SCREENING, 3] for name in SIZES]
    assert aims[0] > aims[1] > aims[2] > 0.52
    for name, aim in zip(SIZES, aims, strict=True):
        counted = denominator(instance, name, SCREENING)
        least = 0.52 + 2.0 * math.sqrt(0.52 * 0.48 / counted)  # if every child counted
        assert aim >= least - 1e-9, name
        assert aim == pytest.approx(least, abs=0.02), name


@pytest.mark.parametrize(("rate", "paid"), [(0.56, 0.27), (0.61, 0.48), (0.66, 0.70)])
def test_at_thirty_children_a_cut_off_is_a_lottery(rate: float, paid: float) -> None:
    """Chances of being paid at a cut-off of 61 % that the README quotes."""
    assert binom.sf(math.ceil(0.61 * 30) - 1, 30, rate) == pytest.approx(paid, abs=0.01)


@pytest.mark.slow
def test_simulated_a_small_denominator_is_paid_by_luck(instance: Instance) -> None:
    """Under the asthma bonus every large group is paid, many a small one is not, and no solo practice."""
    seed = secrets.randbits(16)
    years = simulate(instance, shipped(instance, "asthma"), replications=10, seed=seed)
    paid = {name: years.mean("tier_paid", name, ASTHMA, 3) for name in SIZES}
    assert paid["solo"] == 0.0, f"seed {seed}"
    assert 0.4 < paid["small_group"] < 0.9, f"seed {seed}"
    assert paid["large_group"] > 0.95, f"seed {seed}"
