"""Plain arithmetic of payments, on figures that can be checked by hand."""

import pytest

from incentive_opt.domain.contract import Contract
from incentive_opt.domain.instance import Measure, Panel, Segment
from incentive_opt.domain.response import Response
from incentive_opt.payment import account, attained, revenue, uncovered
from tests.formulation.hand_made import instance, need, practice, service


def made():
    """Two segments, of which the second has another payer; visits and a need that leaks."""
    return instance(
        segments=(Segment("child", "", 2.0), Segment("other", "", 1.0, False, 1.5)),
        needs=(
            need(uncovered_cost=30.0, uncovered_qaly_loss=0.01, qaly_per_event=0.02, downstream_saving=5.0),
            need(segment="other", qaly_per_event=0.02),
        ),
        services=(service("visit", supply_cost=4.0, effort_cost=3.0),),
        measures=(Measure("rate", "", {"visit": 1.0}, "well_care", (), (0.5, 0.8), 50.0),),
        practices=(
            practice(
                effort_scale=2.0,
                overtime_hours_per_fte=(100.0,),
                overtime_wage_multiples=(1.5,),
                fixed_cost=1000.0,
                cost_per_child=10.0,
            ),
        ),
        panels=(Panel("office", "child", 100.0, 50.0), Panel("office", "other", 20.0, 0.0)),
    )


def response(visits=60.0):
    """80 of 100 contracted children kept, all 20 others; 6 hours of unpaid and 2 of paid overtime."""
    return Response(
        "office",
        {"child": 80.0, "other": 20.0},
        {("visit", "child"): visits, ("visit", "other"): 10.0},
        {("well_care", "child"): 50.0, ("well_care", "other"): 10.0},
        {("clinician", 0): 6.0, ("team", 0): 2.0},
    )


CONTRACT = Contract(
    fees={"visit": 70.0},
    capitation={"child": 3.0, "other": 99.0},
    bonuses={("rate", 1): 5.0, ("rate", 2): 9.0},
)


def test_revenue_by_line():
    """Fees and capitation for contracted children only; 60 of 80 events attain 50 %, not 80 %."""
    lines = revenue(made(), CONTRACT, response())
    assert lines.fees == {"visit": 70.0 * 60}
    assert lines.capitation == {"child": 12 * 3.0 * 80}
    assert lines.bonuses == {("rate", 1): 5.0 * 80, ("rate", 2): 0.0}
    assert lines.total == pytest.approx(4200 + 2880 + 400)


def test_the_whole_account():
    """Every figure by hand."""
    year = account(made(), CONTRACT, response())
    assert year.other_revenue == pytest.approx(1.5 * 50.0 * 10)
    assert year.money_costs == pytest.approx(1000 + 10 * 100 + 4 * 70 + 60 * 1.5 * 2)
    assert year.burdens == pytest.approx(2 * 3 * 70 + 60 * 1.5 * 6)
    assert year.net_income == pytest.approx(7480 + 750 - 2460)
    assert year.own_health == pytest.approx((0.02 * 50 - 0.01 * 40) + 0.02 * 10)
    assert year.health == pytest.approx(2 * (0.02 * 50 - 0.01 * 40))
    assert year.outside_cost == pytest.approx(30 * 40 + 5 * (100 - 50))
    assert year.outlay == pytest.approx(7480 + 1450)
    assert year.utility == pytest.approx(year.net_income - 960 + 1000 * 0.8)


def test_children_turned_away_count_as_uncovered():
    """100 asked, 60 visits: 40 events go elsewhere although only 80 children were kept."""
    assert uncovered(made(), response())["well_care", "child"] == pytest.approx(40)


@pytest.mark.parametrize(
    ("visits", "tier", "expected"),
    [(39.9, 1, False), (40.0, 1, True), (63.9, 2, False), (64.0, 2, True), (63.99999, 2, True)],
)
def test_a_tier_is_attained_at_its_threshold(visits, tier, expected):
    """Of 80 events kept, 50 % are 40 and 80 % are 64; a solver's rounding does not lose a tier."""
    one = made()
    assert attained(one, one.measures[0], tier, response(visits)) is expected


@pytest.mark.parametrize(("visits", "expected"), [(40.0, False), (47.9, False), (48.0, True), (64.0, True)])
def test_a_tier_is_attained_at_the_rate_aimed_at(visits, expected):
    """Where the office aims at 60 % of 80 events for the tier at 50 %; other practices do not matter."""
    aims = {("office", "rate", 1): 0.6, ("another", "rate", 1): 0.9}
    one = instance(**{**vars(made()), "attainment": aims})
    assert attained(one, one.measures[0], 1, response(visits)) is expected
    assert (revenue(one, CONTRACT, response(visits)).bonuses["rate", 1] > 0) is expected
    assert not attained(one, one.measures[0], 2, response(63.0))
    assert attained(one, one.measures[0], 2, response(64.0))


def test_a_measure_below_its_minimum_denominator_pays_nothing():
    """The largest denominator is 100 events; a minimum of 101 takes the measure away."""
    one = made()
    small = Measure("rate", "", {"visit": 1.0}, "well_care", (), (0.5, 0.8), 101.0)
    lines = revenue(instance(**{**vars(one), "measures": (small,)}), CONTRACT, response())
    assert set(lines.bonuses.values()) == {0.0}


def test_a_service_the_contract_does_not_name_is_not_paid():
    """An empty contract pays nothing; the other payer still pays."""
    year = account(made(), Contract(), response())
    assert year.revenue.total == 0.0
    assert year.other_revenue > 0
