"""Answers that health economics knows, on instances small enough to check on paper."""

import dataclasses

import pytest

from incentive_opt.domain.contract import Contract
from incentive_opt.domain.instance import Measure, Panel
from incentive_opt.formulation.status_quo import respond
from tests.formulation.hand_made import instance, need, practice, random_instance, service


def volumes(made, contract):
    """Services of the only practice under a contract."""
    (only,) = respond(made, contract)
    return {name: volume for (name, _), volume in only.response.services.items()}


def treadmill():
    """5,000 children, 60,000 minutes: short visits pay 6 USD a minute, sick visits 5, long visits 4."""
    fees = {"well_short": 60.0, "well_long": 80.0, "sick_visit": 100.0}
    return instance(
        needs=(
            need("well_care"),
            need("sickness", events=0.2),
            need("asthma", events=0.05),
            need("coordination", events=0.1),
        ),
        services=(
            service("well_short", minutes=10, effectiveness=0.6),
            service("well_long", minutes=20),
            service("sick_visit", "sickness", 20),
            service("asthma_programme", "asthma", 5),
            service("coordinate", "coordination", 15),
        ),
        panels=(Panel("office", "child", 5000.0, 5000.0),),
        practices=(practice(altruism=100.0),),
        status_quo=Contract(fees=fees),
    )


def test_fee_for_service_gives_the_treadmill():
    """All well visits short (50,000 minutes), sick visits in the rest of the time, nothing unpaid."""
    made = treadmill()
    assert volumes(made, made.status_quo) == pytest.approx(
        {"well_short": 5000, "well_long": 0, "sick_visit": 500, "asthma_programme": 0, "coordinate": 0},
        abs=1e-6,
    )


def test_paying_for_coordination_ends_its_neglect():
    """At 6 USD a minute coordination (7,500 minutes for 500 events) goes before sick visits."""
    made = treadmill()
    done = volumes(made, Contract(fees={**made.status_quo.fees, "coordinate": 90.0}))
    assert done["coordinate"] == pytest.approx(500)
    assert done["sick_visit"] == pytest.approx((60_000 - 50_000 - 7_500) / 20)


@pytest.mark.parametrize("seed", [3, 4, 5])
def test_capitation_alone_does_not_move_a_fixed_panel(seed):
    """With the panel fixed, capitation without fees gives what no payment at all gives, at any rate."""
    made = random_instance(seed)
    fixed = tuple(Panel(p.practice, p.segment, p.demanded * 0.3, p.demanded * 0.3) for p in made.panels)
    made = random_instance(seed, panels=fixed)
    rates = {segment.name: 25.0 for segment in made.segments if segment.contracted}
    both = zip(respond(made, Contract(capitation=rates)), respond(made, Contract()), strict=True)
    for paid, unpaid in both:
        assert paid.response.services == pytest.approx(unpaid.response.services, abs=1e-6)
        assert paid.revenue == pytest.approx(
            sum(
                12 * 25.0 * paid.response.panel[segment]
                for segment in rates
                if segment in paid.response.panel
            )
        )


def ellis_mcguire(weight):
    """100 events; effect slopes 1.5 (to 40 %), 0.75 (to 80 %), 0.5; a full effect is worth 100 USD."""
    value_of_qaly = 50_000.0
    return instance(
        needs=(need(qaly_per_event=0.002, curve=((0.0, 0.0), (0.4, 0.6), (0.8, 0.9), (1.0, 1.0))),),
        services=(service("visit", minutes=0, supply_cost=60.0),),
        practices=(practice(altruism=weight * value_of_qaly),),
    )


@pytest.mark.parametrize("weight", [0.1, 0.35, 0.5, 0.85])
def test_ellis_mcguire_cost_share(weight):
    """A practice that weighs health at alpha of its value, repaid 1 - alpha of cost, gives first best.

    Ellis, McGuire 1986 (J Health Econ 5:129). First best: cost 60 is below 100 * 0.75 and above
    100 * 0.5, so 80 of 100 visits. Full repayment gives all 100; none gives too few.
    """
    made = ellis_mcguire(weight)
    assert volumes(made, Contract(fees={"visit": (1 - weight) * 60})) == pytest.approx({"visit": 80})
    assert volumes(made, Contract(fees={"visit": 60})) == pytest.approx({"visit": 100})
    unpaid = 40 if weight * 150 > 60 else 0
    if weight * 75 > 60:
        unpaid = 80
    assert volumes(made, Contract()) == pytest.approx({"visit": unpaid}, abs=1e-6)


def bonus_instance():
    """100 events, a service that costs 10 USD and nobody wants to give; thresholds 60 % and 90 %."""
    return instance(
        services=(service("visit", minutes=0, supply_cost=10.0),),
        practices=(practice(altruism=0.0),),
        measures=(Measure("coverage", "", {"visit": 1.0}, "well_care", (), (0.6, 0.9), 0.0),),
    )


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        (5.9, 0.0, 0.0),  # 590 USD for 600 USD of visits: not at all
        (6.1, 0.0, 60.0),  # exactly to the threshold
        (40.0, 0.0, 60.0),  # and not beyond it
        (6.1, 2.9, 60.0),  # 290 USD more for 300 USD of visits
        (6.1, 3.1, 90.0),
        (0.0, 9.1, 90.0),  # the upper tier alone
        (1.0, 8.1, 90.0),  # tiers add up: 910 USD for 900 USD of visits
    ],
)
def test_a_bonus_moves_its_measure_to_a_threshold_or_not_at_all(first, second, expected):
    """The rate is zero or one of the thresholds, whichever pays."""
    contract = Contract(bonuses={("coverage", 1): first, ("coverage", 2): second})
    assert volumes(bonus_instance(), contract) == pytest.approx({"visit": expected}, abs=1e-6)


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        (6.1, 0.0, 0.0),  # enough for 60 visits, not for the 66 that are aimed at
        (6.7, 0.0, 66.0),
        (6.7, 2.4, 66.0),  # 240 USD more for the 290 USD of visits to the second target
        (6.7, 3.0, 95.0),
        (0.0, 9.6, 95.0),
    ],
)
def test_a_practice_that_allows_for_chance_goes_to_its_target(first, second, expected):
    """As above, for a practice that aims at 66 and 95 % where the thresholds are 60 and 90 %."""
    made = bonus_instance()
    made = dataclasses.replace(
        made, attainment={("office", "coverage", 1): 0.66, ("office", "coverage", 2): 0.95}
    )
    contract = Contract(bonuses={("coverage", 1): first, ("coverage", 2): second})
    assert volumes(made, contract) == pytest.approx({"visit": expected}, abs=1e-6)
