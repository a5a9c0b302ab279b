"""The certificate's own best responses, against enumeration and against answers known on paper."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations, pairwise
from pathlib import Path

import numpy as np
import pytest

from incentive_opt.certify import NoResponse, Tilt, best_response
from incentive_opt.certify.best_response import to_point
from incentive_opt.certify.incentive_checks import pessimistic_health
from incentive_opt.certify.practice_problem import PracticeProblem
from incentive_opt.domain.contract import Contract
from incentive_opt.domain.instance import Instance
from incentive_opt.files import read_contract, read_instance
from incentive_opt.payment import account
from tests.certify_instances import (
    CHILDREN,
    CURVE,
    LONG_MINUTES,
    QALY,
    SHORT_EFFECT,
    SHORT_MINUTES,
    THRESHOLDS,
    tiny_instance,
)


def best_by_enumeration(hours: float, altruism: float, contract: Contract) -> float:
    """Most utility of the tiny practice: every corner of its problem, for every tier it may aim at."""
    pieces = []
    for (x0, y0), (x1, y1) in pairwise(CURVE):
        slope = (y1 - y0) / (x1 - x0)
        pieces.append((slope, (y0 - slope * x0) * CHILDREN))
    prices = np.array([contract.fees["short"], contract.fees["long"], altruism * QALY])
    best = -np.inf
    for tier in range(len(THRESHOLDS) + 1):
        aim = THRESHOLDS[tier - 1] * CHILDREN if tier else 0.0
        bonus = sum(contract.bonuses.get(("long_visits", t), 0.0) for t in range(1, tier + 1)) * CHILDREN
        rows = [[-1.0, 0.0, 0.0], [0.0, -1.0, 0.0], [0.0, 0.0, -1.0], [1.0, 1.0, 0.0], [0.0, -1.0, 0.0]]
        limits = [0.0, 0.0, 0.0, CHILDREN, -aim]
        rows.append([SHORT_MINUTES, LONG_MINUTES, 0.0])
        limits.append(60.0 * hours)
        for slope, intercept in pieces:
            rows.append([-slope * SHORT_EFFECT, -slope, 1.0])
            limits.append(intercept)
        best = max(best, best_corner(np.array(rows), np.array(limits), prices) + bonus)
    return float(best)


def best_corner(rows: np.ndarray, limits: np.ndarray, prices: np.ndarray) -> float:
    """Largest value over the corners of ``rows x <= limits``."""
    best = -np.inf
    for chosen in combinations(range(len(limits)), rows.shape[1]):
        square = rows[list(chosen)]
        if abs(np.linalg.det(square)) > 1e-9:
            corner = np.linalg.solve(square, limits[list(chosen)])
            if (rows @ corner <= limits + 1e-6).all():
                best = max(best, float(prices @ corner))
    return best


@pytest.mark.parametrize("seed", range(12))
def test_best_response_is_the_best_corner(seed: int) -> None:
    """Random hours, altruism, fees and bonuses: the utility is that of the best corner found by hand."""
    random = np.random.default_rng(seed)
    hours, altruism = random.uniform(320.0, 520.0), random.uniform(0.0, 20_000.0)
    fees = {"short": random.uniform(0.0, 60.0), "long": random.uniform(0.0, 60.0)}
    contract = Contract(fees, {}, {("long_visits", t): random.uniform(0.5, 15.0) for t in (1, 2)})
    instance = tiny_instance(hours, altruism)
    response, utility = best_response(instance, "solo", contract)
    assert utility == pytest.approx(best_by_enumeration(hours, altruism, contract), rel=1e-8)
    assert account(instance, contract, response).utility == pytest.approx(utility, rel=1e-9)


def test_short_visits_fill_the_year_where_minutes_are_scarce() -> None:
    """Fee-for-service with little time: the mode with the most dollars a minute, and no other."""
    response, utility = best_response(
        tiny_instance(200.0, 0.0), "solo", Contract({"short": 60.0, "long": 70.0})
    )
    assert response.services["short", "child"] == pytest.approx(800.0)
    assert response.services["long", "child"] == pytest.approx(0.0, abs=1e-6)
    assert utility == pytest.approx(48_000.0)


def test_bonus_brings_the_measure_to_its_threshold_and_no_further() -> None:
    """A bonus worth more than the short visits it displaces is taken at exactly the threshold."""
    instance = tiny_instance(350.0, 0.0)
    contract = Contract({"short": 60.0, "long": 60.0}, {}, {("long_visits", 2): 60.0})
    response, utility = best_response(instance, "solo", contract)
    assert response.services["long", "child"] == pytest.approx(600.0)
    assert response.services["short", "child"] == pytest.approx(200.0)
    assert response.tiers == {"long_visits": 2}
    assert utility == pytest.approx(800.0 * 60.0 + 60_000.0)


def test_bonus_too_small_to_pay_is_left() -> None:
    """The same bonus at a tenth does not pay for the visits it displaces: no tier."""
    contract = Contract({"short": 60.0, "long": 60.0}, {}, {("long_visits", 2): 6.0})
    response, utility = best_response(tiny_instance(350.0, 0.0), "solo", contract)
    assert response.tiers == {"long_visits": 0}
    assert utility == pytest.approx(60_000.0)


def test_practice_below_the_minimum_denominator_gets_no_bonus() -> None:
    """Where the measure does not exist for a practice, its bonus changes nothing."""
    instance = tiny_instance(350.0, 0.0)
    small = replace(instance, measures=(replace(instance.measures[0], minimum_denominator=1001.0),))
    contract = Contract({"short": 60.0, "long": 60.0}, {}, {("long_visits", 1): 60.0})
    response, utility = best_response(small, "solo", contract)
    assert response.tiers == {}
    assert utility == pytest.approx(60_000.0)


def test_tilt_against_health_is_less_altruism() -> None:
    """With weights of one, taking 3,000 USD a QALY off is the same as altruism lower by 3,000."""
    contract = Contract({"short": 30.0, "long": 42.0})
    _, tilted = best_response(tiny_instance(400.0, 9000.0), "solo", contract, Tilt(health=-3000.0))
    _, lower = best_response(tiny_instance(400.0, 6000.0), "solo", contract)
    assert tilted == pytest.approx(lower, rel=1e-10)


def test_tilt_for_outlay_is_higher_prices() -> None:
    """Where nothing is paid elsewhere, outlay is revenue: half of it on top is prices times 1.5."""
    contract = Contract({"short": 30.0, "long": 42.0}, {}, {("long_visits", 1): 8.0})
    dearer = Contract({"short": 45.0, "long": 63.0}, {}, {("long_visits", 1): 12.0})
    instance = tiny_instance(400.0, 4000.0)
    _, tilted = best_response(instance, "solo", contract, Tilt(outlay=0.5))
    assert tilted == pytest.approx(best_response(instance, "solo", dearer)[1], rel=1e-10)


def test_pessimistic_health_gives_up_what_the_margin_buys() -> None:
    """Where every other change costs income too, the margin buys margin / altruism of health."""
    instance = tiny_instance(600.0, 10_000.0)
    contract = Contract({"short": 20.0, "long": 60.0})
    response, _ = best_response(instance, "solo", contract)
    best = account(instance, contract, response).health
    worst = pessimistic_health(instance, instance.practices[0], contract, 100.0)
    assert best == pytest.approx(QALY * CHILDREN)
    assert worst == pytest.approx(best - 100.0 / 10_000.0, rel=1e-9)


def test_impossible_panel_says_which_practice() -> None:
    """A practice whose smallest panel takes more time than it has is named."""
    instance = tiny_instance(100.0, 0.0)
    clinician = replace(instance.staff["clinician"], panel_minutes_per_child=10.0)
    with pytest.raises(NoResponse, match="solo"):
        best_response(replace(instance, staff={**instance.staff, "clinician": clinician}), "solo", Contract())


def test_matrix_counts_dollars_as_payment_does(small_instance: Path, small_contract: Path) -> None:
    """The matrix and payment.py agree on utility, income, health and outlay, with every kind of money."""
    instance = short_of_time(read_instance(small_instance))
    contract = read_contract(small_contract)
    overtime = bonuses = other_revenue = 0.0
    for practice in instance.practices:
        problem = PracticeProblem(instance, practice, contract)
        for tilt in (None, Tilt(health=50_000.0), Tilt(outlay=0.5)):
            response, _ = best_response(instance, practice, contract, tilt)
            figures = account(instance, contract, response)
            point = to_point(problem, response)
            assert problem.utility(point) == pytest.approx(figures.utility, rel=1e-12)
            assert problem.net_income(point) == pytest.approx(figures.net_income, rel=1e-12)
            assert problem.health(point) == pytest.approx(figures.health, rel=1e-12)
            assert problem.outlay(point) == pytest.approx(figures.outlay, rel=1e-12)
            overtime += sum(response.overtime.values())
            bonuses += sum(figures.revenue.bonuses.values())
            other_revenue += figures.other_revenue
    assert min(overtime, bonuses, other_revenue) > 0.0, "the instance must exercise every kind of money"


def short_of_time(instance: Instance) -> Instance:
    """The instance with fewer hours, paid clinician overtime, more effort, and infants of another payer."""
    clinician = replace(instance.staff["clinician"], hours_per_fte=1500.0, overtime_paid=True, wage=20.0)
    infant, school_age = instance.segments
    infant = replace(infant, contracted=False, other_payer_fee_multiple=1.3)
    practices = tuple(replace(p, effort_scale=1.7) for p in instance.practices)
    staff = {**instance.staff, "clinician": clinician}
    return replace(instance, staff=staff, segments=(infant, school_age), practices=practices)
