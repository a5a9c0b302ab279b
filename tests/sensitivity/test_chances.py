"""Probabilities, quantiles, the value of information and correlations: by hand on a few made-up cases."""

from __future__ import annotations

import numpy as np
import pytest

from incentive_opt.domain.uncertain import Uncertain
from incentive_opt.sensitivity.cases import Case, Year
from incentive_opt.sensitivity.chances import chances, moved_by, share, worth_of_knowing

TYPES = ("a", "b")


def case(gain: float, outlay: float = 100.0, incomes: tuple[float, float] = (10.0, 20.0)) -> Case:
    today = Year(50.0, 100.0, (10.0, 20.0))
    return Case(today, (Year(50.0 + gain, outlay, incomes),), 110.0, ((9.7, 15.0), (19.4, 30.0)))


CASES = [
    case(2.0),  # beats today's contract
    case(4.0, outlay=120.0),  # more health, beyond the budget
    case(-1.0),  # worse
    case(0.0),  # as good as today
    case(5.0, incomes=(9.0, 31.0)),  # one income too low, one too high
]


def test_what_counts_as_better() -> None:
    """Better is more health; beating also keeps the budget; incomes count by themselves."""
    odds = chances(CASES, TYPES)["probability"]
    found = {key: one["share"] for key, one in odds.items()}
    assert found == pytest.approx(
        {
            "beats_today": 2 / 5,
            "more_health": 3 / 5,
            "budget_kept": 4 / 5,
            "incomes_kept": 4 / 5,
            "beats_today_and_incomes_kept": 1 / 5,
        }
    )


def test_whose_income_leaves_its_limits() -> None:
    """Each practice type with its own share of draws, below and above."""
    assert chances(CASES, TYPES)["incomes"] == [
        {"practice": "a", "below_share": 1 / 5, "above_share": 0.0},
        {"practice": "b", "below_share": 0.0, "above_share": 1 / 5},
    ]


def test_a_limit_met_exactly_is_kept() -> None:
    """Budget and incomes at their limits, and a hair beyond by the solver's exactness."""
    edge = case(1.0, outlay=110.0 * (1 + 1e-9), incomes=(9.7 - 1e-7, 30.0 + 1e-6))
    assert edge.beats()
    assert edge.outside() == []
    assert not case(1.0, outlay=110.1).budget_kept()


def test_gain_over_the_draws() -> None:
    """Mean, deviation and median of the gains."""
    gain = chances(CASES, TYPES)["gain_qaly"]
    assert gain["mean"] == pytest.approx(2.0)
    assert gain["standard_deviation"] == pytest.approx(np.std([2, 4, -1, 0, 5], ddof=1))
    assert gain["quantiles"]["50"] == pytest.approx(2.0)
    assert chances(CASES[:1], TYPES)["gain_qaly"]["standard_deviation"] is None


def test_interval_of_a_share() -> None:
    """Wilson's interval: by its textbook formula for 8 of 10; never beyond 0 or 1."""
    found = share([True] * 8 + [False] * 2)
    assert (found["low"], found["high"]) == pytest.approx((0.4902, 0.9433), abs=1e-4)
    assert share([True] * 5)["high"] == 1.0
    assert share([False] * 5)["low"] == 0.0


def test_value_of_perfect_information_by_hand() -> None:
    """With a QALY worth 10 USD: today is always 0; the contract's gain less a tenth of its extra outlay."""
    # net gains 2, 4 - 2 = 2, -1, 0, 5: mean 1.6; the better of both in each draw 2, 2, 0, 0, 5: mean 1.8
    (row,) = worth_of_knowing(CASES, ("today", "design"), (10.0,))["rows"]
    assert row["best"] == "design"
    assert row["best_over_today_qaly"] == pytest.approx(1.6)
    assert row["value_qaly"] == pytest.approx(0.2)
    assert row["value_usd"] == pytest.approx(2.0)
    assert row["chosen_share"] == pytest.approx({"today": 2 / 5, "design": 3 / 5})


def test_money_turns_the_choice() -> None:
    """Where a QALY is worth little, a contract that costs more is not chosen."""
    dear = [case(1.0, outlay=109.0)]
    first, last = worth_of_knowing(dear, ("today", "design"), (1.0, 100.0))["rows"]
    assert (first["best"], last["best"]) == ("today", "design")
    assert first["value_qaly"] == last["value_qaly"] == 0.0


def test_ranks() -> None:
    """A parameter that the gain follows in order has 1, one that it runs against -1, a constant one none."""
    names = [Uncertain(name, name, (), "value", 1.0, 0.0, 2.0) for name in ("up", "down", "still")]
    gains = [0.0, 1.0, 10.0, 11.0]
    drawn = np.array([[0.0, 3.0, 1.0], [0.1, 2.0, 1.0], [0.2, 1.0, 1.0], [5.0, 0.0, 1.0]])
    found = {row["parameter"]: row["rank_correlation"] for row in moved_by(names, drawn, gains)}
    assert found["up"] == pytest.approx(1.0)
    assert found["down"] == pytest.approx(-1.0)
    assert found["still"] is None
    assert all(row["rank_correlation"] is None for row in moved_by(names, drawn, [1.0] * 4))
