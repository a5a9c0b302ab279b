"""Rates that practices aim at: how they are made, what is refused, and a design that is made with them."""

from __future__ import annotations

import itertools
import math
import secrets
from dataclasses import replace
from pathlib import Path
from random import Random

import pytest
from click.testing import CliRunner
from scipy.stats import binom

import incentive_opt
from incentive_opt.cli.main import main
from incentive_opt.domain.instance import Instance, Measure
from incentive_opt.domain.simulation import Enrolment, Simulation
from incentive_opt.errors import InputError
from incentive_opt.files import load_design, read_contract, read_instance
from incentive_opt.solve import Design
from incentive_opt.solve.attainment import check_targets, counted_share, listed, targets_for
from tests.formulation.hand_made import instance, need, random_instance

MEASURE = "thorough_visit"
AIMED = {1: 0.52, 2: 0.93}
TARGETS = {(name, MEASURE, tier): rate for name in ("busy", "caring") for tier, rate in AIMED.items()}
"""For two_practices, whose thresholds are 0.5 and 0.9."""


def measured(
    thresholds: tuple[float, ...] = (0.5, 0.9), enrolment: Enrolment | None = None, least: float = 0.0
) -> Instance:
    """One office with 100 children and 4 events a child and year: 400 at the demanded panel."""
    return instance(
        needs=(need(events=4.0),),
        measures=(Measure("coverage", "", {"visit": 1.0}, "well_care", (), thresholds, least),),
        simulation=Simulation(enrolment=enrolment or Enrolment()),
    )


def share_by_enumeration(leave: float, months: int) -> float:
    """The counted share from all 2,048 ways in which the months of a place can fall to children."""
    share = 0.0
    for ends in itertools.product((False, True), repeat=11):
        chance = math.prod(leave if end else 1.0 - leave for end in ends)
        stays = [1]
        for end in ends:
            stays.append(1) if end else stays.append(stays.pop() + 1)
        share += chance * sum(stay for stay in stays if stay >= months) / 12.0
    return share


def test_targets_by_hand() -> None:
    """400 events: one deviation is sqrt(0.25 / 400) = 0.025 at one half and 0.3 / 20 = 0.015 at 0.9."""
    assert targets_for(measured(), 2.0) == pytest.approx(
        {("office", "coverage", 1): 0.55, ("office", "coverage", 2): 0.93}, abs=1e-12
    )


def test_no_deviations_leave_the_thresholds() -> None:
    """Whoever does not fear chance aims at the threshold."""
    assert list(targets_for(measured(), 0.0).values()) == [0.5, 0.9]


def test_a_target_is_never_above_one() -> None:
    """Also where no child counts at all, and at a threshold of one."""
    nobody = Enrolment(leaving_per_month=1.0, continuous_months=2)
    assert list(targets_for(measured((0.5, 1.0)), 90.0).values()) == [1.0, 1.0]
    assert list(targets_for(measured((0.5, 1.0), nobody), 1.0).values()) == [1.0, 1.0]


def test_measures_too_small_for_money_have_no_targets() -> None:
    """400 events are enough for 400 and not for 401."""
    assert len(targets_for(measured(least=400.0), 1.0)) == 2
    assert targets_for(measured(least=401.0), 1.0) == {}


def test_fewer_counted_events_mean_higher_targets() -> None:
    """With so many leaving that a quarter of the events counts, the distance to the threshold doubles."""
    leave = 1.0 - 0.25 ** (1.0 / 11.0)
    made = measured(enrolment=Enrolment(leaving_per_month=leave, continuous_months=12))
    assert targets_for(made, 2.0)["office", "coverage", 1] == pytest.approx(0.6, abs=1e-12)


@pytest.mark.parametrize("months", range(13))
def test_counted_share_is_that_of_all_possible_years(months: int) -> None:
    """The formula agrees with the sum over every way to leave, at a chance drawn at random."""
    leave = secrets.SystemRandom().uniform(0.0, 0.3)
    found = counted_share(Enrolment(leaving_per_month=leave, continuous_months=months))
    assert found == pytest.approx(share_by_enumeration(leave, months), abs=1e-12), f"leave {leave}"
    assert counted_share(Enrolment(leaving_per_month=0.0, continuous_months=months)) == 1.0


def test_targets_never_fall_from_tier_to_tier() -> None:
    """Thresholds, deviations and sizes drawn at random: all are between threshold and 1 and in order."""
    seed = secrets.randbits(32)
    draw = Random(seed)
    for _ in range(300):
        thresholds = tuple(sorted(draw.uniform(0.001, 1.0) for _ in range(4)))
        leave = Enrolment(leaving_per_month=draw.uniform(0.0, 0.3))
        rates = list(targets_for(measured(thresholds, leave), draw.uniform(0.0, 30.0)).values())
        assert rates == sorted(rates), f"seed {seed}: {thresholds}"
        assert all(t <= rate <= 1.0 for t, rate in zip(thresholds, rates, strict=True)), f"seed {seed}"


@pytest.mark.parametrize(("deviations", "surely"), [(1.0, 0.841), (2.0, 0.977)])
def test_who_aims_at_a_target_is_paid_about_as_surely_as_said(deviations: float, surely: float) -> None:
    """Exact binomial chance in 400 events; the normal curve says 84.1 and 97.7 %.

    It is a little more, because a rate varies less the nearer it is to one.
    """
    for (_, _, tier), target in targets_for(measured(), deviations).items():
        needed = 400 * (0.5, 0.9)[tier - 1]
        assert surely - 0.005 <= binom.sf(needed - 1, 400, target) <= surely + 0.04


@pytest.mark.parametrize("deviations", [-0.1, math.nan, math.inf])
def test_senseless_deviations_are_refused(deviations: float) -> None:
    """They would be targets below thresholds, or none."""
    with pytest.raises(InputError, match="standard deviations, 0 or more"):
        targets_for(measured(), deviations)


REFUSED = [
    ({("busy", MEASURE, 2): 0.89}, "a rate from the threshold, 0.9, to 1"),
    ({("busy", MEASURE, 2): 1.01}, "a rate from the threshold, 0.9, to 1"),
    ({("busy", MEASURE, 2): math.nan}, "a rate from the threshold, 0.9, to 1"),
    ({("busy", MEASURE, 1): 0.95}, "not below that of tier 1, 0.95"),
    ({("nobody", MEASURE, 1): 0.6}, "one of busy, caring"),
    ({("busy", "nothing", 1): 0.6}, "one of thorough_visit"),
    ({("busy", MEASURE, 3): 0.95}, "a tier of the menu, 1 to 2"),
    ({("busy", MEASURE, 0): 0.95}, "a tier of the menu, 1 to 2"),
    ({"busy": 0.95}, "a practice, a measure and a tier"),
]


@pytest.mark.parametrize(("attainment", "words"), REFUSED, ids=[str(given) for given, _ in REFUSED])
def test_targets_that_make_no_sense_are_refused(attainment: dict[object, float], words: str) -> None:
    """What is wrong, with which target, and what would be right."""
    with pytest.raises(InputError) as caught:
        incentive_opt.solve("two_practices", "quality_bonus", attainment=attainment)
    (problem,) = caught.value.problems
    assert words in str(problem)


def test_all_wrong_targets_are_named_at_once() -> None:
    """One below its threshold, one above 1."""
    wrong = {("busy", MEASURE, 1): 0.4, ("caring", MEASURE, 2): 2.0}
    with pytest.raises(InputError) as caught:
        incentive_opt.solve("two_practices", "quality_bonus", attainment=wrong)
    assert len(caught.value.problems) == 2


@pytest.fixture(scope="module")
def aimed() -> Design:
    """The hand-made instance where practices aim at 52 and 93 %; not to be changed."""
    return incentive_opt.solve("two_practices", "quality_bonus", gap=1e-6, attainment=TARGETS)


def test_design_with_targets_by_hand(aimed: Design) -> None:
    """The README's derivation with 52 and 93 % in place of 50 and 90 %.

    Busy practices need b1 = 0.52 x 21, caring ones b2 = 0.41 x 11 beyond that: 63,620 USD of the 65,000 that
    there are, for 3 x 0.52 + 2 x 0.93 QALY. All five at 93 % would cost 97,650 USD.
    """
    assert aimed.health == pytest.approx(9.0 + 3 * 0.52 + 2 * 0.93, abs=1e-6)
    assert aimed.upper_bound == pytest.approx(aimed.health, rel=1e-5)
    assert aimed.contract.bonuses[MEASURE, 1] >= 10.92 - 1e-4
    long = {response.practice: response.services["well_visit_long", "child"] for response in aimed.intended}
    assert long == pytest.approx({"busy": 520.0, "caring": 930.0}, abs=1e-4)


def test_contract_keeps_the_real_thresholds(aimed: Design, tmp_path: Path) -> None:
    """What the payer writes is the menu; design.json lists the targets beside it."""
    aimed.write(tmp_path / "run")
    contract = read_contract(tmp_path / "run" / "contract.toml", read_instance("two_practices"))
    assert contract.thresholds == {(MEASURE, 1): 0.5, (MEASURE, 2): 0.9}
    design = load_design(tmp_path / "run")
    menu = {lever["tier"]: lever["threshold"] for lever in design["contract"]["levers"] if "tier" in lever}
    assert menu == {1: 0.5, 2: 0.9}
    assert design["attainment_targets"] == [
        {"practice": name, "measure": MEASURE, "tier": tier, "threshold": menu[tier], "target": AIMED[tier]}
        for name in ("busy", "caring")
        for tier in (1, 2)
    ]


def test_design_with_targets_verifies_from_its_folder(aimed: Design, tmp_path: Path) -> None:
    """Exit code 0, and the reader is told; ``show`` lists the rates."""
    aimed.write(tmp_path / "run")
    verified = CliRunner().invoke(main, ["verify", str(tmp_path / "run")])
    assert verified.exit_code == 0, verified.output
    words = "Made so that practices aim above thresholds, to be paid almost surely: by 2.0 to 3.0 percentage"
    assert words in verified.output
    shown = CliRunner().invoke(main, ["show", str(tmp_path / "run")]).output
    assert words in shown
    assert "aimed at [%]" in shown
    assert "93.0" in shown


def test_without_targets_nothing_is_said() -> None:
    """An empty mapping is as good as none: the optimum of the README, nothing listed."""
    design = incentive_opt.solve("two_practices", "quality_bonus", gap=1e-6, attainment={})
    assert design.health == pytest.approx(12.3, abs=1e-6)
    assert design.document["attainment_targets"] == []


def test_targets_of_a_random_instance_are_listed_in_its_order() -> None:
    """What ``targets_for`` makes makes sense and is listed whole, in whatever order it comes."""
    seed = secrets.randbelow(10**6)
    made = random_instance(seed, tiers=3)
    targets = targets_for(made, 1.5)
    backwards = replace(made, attainment=dict(reversed(targets.items())))
    check_targets(backwards)
    listing = listed(backwards)
    found = {(one["practice"], one["measure"], one["tier"]): one["target"] for one in listing}
    assert list(found.items()) == list(targets.items()), f"seed {seed}"
