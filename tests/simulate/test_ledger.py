"""The settlement: counts of a year and a contract in, dollars out, by hand."""

from __future__ import annotations

from dataclasses import fields, replace

import numpy as np
import pytest

import incentive_opt as io
from incentive_opt.domain.contract import Contract
from incentive_opt.simulate.ledger import Ledger, StaffedTally, regular_hours, settle
from incentive_opt.simulate.tally import Tally, empty
from incentive_opt.simulate.world import World, terms_of, world_of

INSTANCE = io.read_instance("two_practices")
"""Services: short visit, long visit, asthma visit, asthma team; 20 USD an RVU; one segment, contracted."""


@pytest.fixture
def world() -> World:
    return world_of(INSTANCE)


def year(world: World) -> Tally:
    """A busy practice of 1,000 children: 200 short and 700 long visits, 100 asthma and 40 team contacts."""
    tally = empty(1, world.shape)
    tally.size[0] = 1.0
    tally.asked[0], tally.child_years[0] = 1000.0, 1000.0
    tally.served[0, :, 0] = 200.0, 700.0, 100.0, 40.0
    tally.events[0] = 1000.0, 400.0
    tally.covered[0] = 900.0, 140.0
    tally.gained[0] = 1.6, 0.36
    tally.leak_cost[0] = 0.0, 40.0 * 260.0
    tally.failure_cost[0] = 0.0, 50.0 * 310.0
    tally.numerator[0, 0], tally.denominator[0, 0], tally.eligible[0, 0] = 630.0, 900.0, 1000.0
    tally.hours[0], tally.overtime[0] = (425.0, 0.0, 40.0), (75.0, 0.0, 10.0)
    return tally


def settled(world: World, contract: Contract, tally: Tally | None = None) -> Ledger:
    return settle(world, terms_of(INSTANCE, contract), year(world) if tally is None else tally)


def test_claims_and_capitation(world: World) -> None:
    """A claim is paid its fee, a child-month its rate, and a service without a fee nothing."""
    ledger = settled(
        world, Contract(fees={"well_visit_long": 80.0, "asthma_visit": 50.0}, capitation={"child": 2.5})
    )
    assert ledger.fees[0].tolist() == [0.0, 56000.0, 5000.0, 0.0]
    assert ledger.capitation[0].tolist() == [30000.0]
    assert ledger.revenue[0] == 91000.0


def test_costs_and_income(world: World) -> None:
    """Income: payments less fixed cost and paid overtime; effort and the owners' overtime are burdens."""
    ledger = settled(world, Contract(fees={"well_visit_long": 80.0}))
    assert ledger.overhead[0] == 40000.0
    assert ledger.overtime_wages[0] == 10.0 * 25.0
    assert ledger.burdens[0] == 75.0 * 100.0 + 40.0 * 20.0
    assert ledger.income[0] == 56000.0 - 40000.0 - 250.0


def test_overtime_goes_through_the_bands(world: World) -> None:
    """Hours fill the cheap band first; what passes the last band costs what that band costs."""
    width = np.zeros((2, 3, 2))
    price = np.zeros((2, 3, 2))
    width[:, 2], price[:, 2] = (4.0, 3.0), (25.0, 50.0)
    banded = replace(world, overtime_width=width, overtime_price=price)
    assert settled(banded, Contract()).overtime_wages[0] == 4.0 * 25.0 + 6.0 * 50.0


def test_health_and_care_elsewhere(world: World) -> None:
    """Health is gains less losses of unmet events; outlay adds care elsewhere to payments."""
    ledger = settled(world, Contract(capitation={"child": 1.0}))
    assert ledger.health[0] == pytest.approx(1.96 - 0.001 * 100.0 - 0.001 * 260.0)
    assert ledger.outside[0] == 10400.0 + 15500.0
    assert ledger.outlay[0] == 12000.0 + 25900.0


@pytest.mark.parametrize(("count", "paid"), [(449.0, False), (450.0, True)])
def test_a_tier_is_paid_at_its_threshold(world: World, count: float, paid: bool) -> None:
    """The rate of children who count decides; all eligible events are paid for."""
    tally = year(world)
    tally.numerator[0, 0] = count
    ledger = settled(world, Contract(bonuses={("thorough_visit", 1): 7.0}), tally)
    assert bool(ledger.paid[0][0, 0]) is paid
    assert ledger.bonuses[0][0].tolist() == ([7000.0, 0.0] if paid else [0.0, 0.0])


def test_a_denominator_that_is_too_small_pays_nothing(world: World) -> None:
    """Below the minimum denominator no money rides on a measure, however good the rate."""
    tally = year(world)
    tally.numerator[0, 0] = tally.denominator[0, 0] = 29.0
    ledger = settled(world, Contract(bonuses={("thorough_visit", 2): 7.0}), tally)
    assert ledger.revenue[0] == 0.0


def test_other_payers_children() -> None:
    """Children of other payers bring their fees and no health or cost to this payer."""
    instance = io.read_instance("medicaid_statewide")
    world = world_of(instance)
    tally = empty(1, world.shape)
    tally.size[0] = 1.0
    private = [s.name for s in instance.segments].index("private")
    tally.served[0, 0, private] = 10.0
    row = next(
        n for n, need in enumerate(instance.needs) if (need.name, need.segment) == ("well_child", "private")
    )
    tally.events[0, row] = tally.covered[0, row] = 10.0
    tally.gained[0, row] = 0.02
    ledger = settle(world, terms_of(instance, instance.status_quo), tally)
    assert ledger.revenue[0] == 0.0
    assert ledger.other_revenue[0] == pytest.approx(10.0 * 1.75 * 21.35 * 3.1)
    assert (ledger.health[0], ledger.outside[0]) == (0.0, 0.0)
    assert ledger.own_health[0] == pytest.approx(0.02)


def test_rows_stand_for_their_type(world: World) -> None:
    """Two rows of a type of three practices stand for one and a half each."""
    from incentive_opt.simulate.tally import joined

    ledger = settled(world, Contract(capitation={"child": 1.0}), joined([year(world), year(world)]))
    assert ledger.weight.tolist() == [1.5, 1.5]
    assert ledger.total(ledger.revenue) == 3 * 12000.0
    assert ledger.by_type(ledger.revenue).tolist() == [12000.0, 0.0]


def test_bands_and_regular_hours_go_with_the_staff(world: World) -> None:
    """A practice with more staff than its size says works more overtime at the price of the first band."""
    width, price = np.zeros((2, 2, 3, 2))
    width[:, 2], price[:, 2] = (4.0, 3.0), (25.0, 50.0)
    banded = replace(world, overtime_width=width, overtime_price=price)
    plain = year(world)
    given = {field.name: getattr(plain, field.name) for field in fields(plain)}
    staffed = StaffedTally(**given, staff=np.array([[1.0, 1.0, 1.5]]))
    assert settled(banded, Contract(), staffed).overtime_wages[0] == 6.0 * 25.0 + 4.0 * 50.0
    assert regular_hours(world, plain)[0].tolist() == world.hours[0].tolist()
    assert regular_hours(world, staffed)[0].tolist() == (world.hours[0] * [1.0, 1.0, 1.5]).tolist()
