"""The share of the gain that is kept, and the budget."""

from __future__ import annotations

import json

import pytest

from incentive_opt.validate.gain import gain_of, spending_of
from tests.validate.fakes import HEALTH, OUTLAY, promises, simulation


def test_years_are_paired() -> None:
    """Children who differ from year to year, and not from contract to contract, leave no doubt."""
    then, now = simulation({HEALTH: [11.0, 14.0, 12.0]}), simulation({HEALTH: [10.0, 13.0, 11.0]})
    gain = gain_of(then, now, promises({HEALTH: 12.0}, gain=2.0))
    assert (gain.simulated, gain.half_width, gain.share) == (pytest.approx(1.0), 0.0, pytest.approx(0.5))
    assert gain.status_quo == pytest.approx(34.0 / 3.0)
    assert not gain.keeps


def test_years_beyond_the_fewer_are_left_out() -> None:
    """Where precision ended one simulation earlier, the rest of the other has no partner."""
    then, now = simulation({HEALTH: [11.0, 12.0, 90.0]}), simulation({HEALTH: [10.0, 11.0]})
    assert gain_of(then, now, promises({HEALTH: 12.0})).simulated == pytest.approx(1.0)


@pytest.mark.parametrize(("simulated", "keeps"), [(1.79, False), (1.81, True), (2.5, True)])
def test_nine_tenths_are_enough(simulated: float, keeps: bool) -> None:
    """Of a promised gain of 2 QALY, 1.8 have to be kept."""
    then, now = simulation({HEALTH: [10.0 + simulated] * 2}), simulation({HEALTH: [10.0] * 2})
    assert gain_of(then, now, promises({HEALTH: 12.0}, gain=2.0)).keeps is keeps


def test_where_no_gain_is_promised_there_is_no_share() -> None:
    """The contract in force divides by nothing, and keeps what it promises."""
    same = simulation({HEALTH: [10.0, 11.0]})
    gain = gain_of(same, same, promises({HEALTH: 10.0}, gain=0.0))
    assert gain.share is None
    assert gain.keeps
    assert json.loads(json.dumps(gain.as_dict(), allow_nan=False))["kept_share"] is None


@pytest.mark.parametrize(("simulated", "keeps"), [(-1.0, True), (-1.09, True), (-1.11, False)])
def test_a_promised_loss_may_be_a_tenth_larger(simulated: float, keeps: bool) -> None:
    """A budget below today's can cost health; it must not cost much more than was said."""
    then, now = simulation({HEALTH: [10.0 + simulated] * 2}), simulation({HEALTH: [10.0] * 2})
    gain = gain_of(then, now, promises({HEALTH: 9.0}, gain=-1.0))
    assert gain.share is None
    assert gain.keeps is keeps


def test_one_year_has_no_interval() -> None:
    """A single pair of years gives a share without limits."""
    then, now = simulation({HEALTH: [12.0]}), simulation({HEALTH: [10.0]})
    written = gain_of(then, now, promises({HEALTH: 12.0}, gain=2.0)).as_dict()
    assert (written["kept_share"], written["kept_share_low"]) == (pytest.approx(1.0), None)


@pytest.mark.parametrize(
    ("outlay", "within", "nearly"), [(999.0, True, True), (1019.0, False, True), (1021.0, False, False)]
)
def test_the_budget_may_be_passed_by_two_percent(outlay: float, within: bool, nearly: bool) -> None:
    """A budget of 1,000 USD."""
    spending = spending_of(simulation({OUTLAY: [outlay] * 2}), promises({}, budget=1000.0))
    assert (spending.within, spending.nearly) == (within, nearly)
    assert spending.over == pytest.approx(outlay / 1000.0 - 1.0)


@pytest.mark.parametrize("budget", [None, 0.0])
def test_without_a_budget_there_is_no_share(budget: float | None) -> None:
    """No budget, or one of nothing, divides by nothing."""
    spending = spending_of(simulation({OUTLAY: [5.0] * 2}), promises({}, budget=budget))
    assert spending.over is None
    assert spending.within is (budget is None)
    json.dumps(spending.as_dict(), allow_nan=False)
