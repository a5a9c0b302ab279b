"""Promise beside simulation: tolerances, intervals, and what cannot be told."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence

import pytest

from incentive_opt.simulate.figures import Quantity
from incentive_opt.validate.compare import HOLDS, OFF, UNCLEAR, Comparison, compare
from tests.validate.fakes import HEALTH, INCOME, OUTLAY, RATE, TIER, promises, simulation

T_THREE = 4.302652729749464
"""Student's t for a 95 % interval with three replications."""


def one(quantity: Quantity, promised: float, years: Sequence[float]) -> Comparison:
    """One quantity compared."""
    (found,) = compare(simulation({quantity: years}), promises({quantity: promised}))
    return found


def test_figures_are_those_of_the_years() -> None:
    """Mean, interval, error and relative error of three years, worked out by hand."""
    found = one(HEALTH, 100.0, [101.0, 102.0, 103.0])
    assert found.mean == pytest.approx(102.0)
    assert found.half_width == pytest.approx(T_THREE / math.sqrt(3.0))
    assert (found.error, found.relative_error) == (pytest.approx(2.0), pytest.approx(0.02))
    assert found.covers
    assert found.tolerance.value == pytest.approx(2.0)


@pytest.mark.parametrize(
    ("years", "status"),
    [
        ([101.9, 101.9, 101.9], HOLDS),
        ([102.0, 102.0, 102.0], HOLDS),  # at the tolerance
        ([102.1, 102.1, 102.1], OFF),
        ([97.9, 97.9, 97.9], OFF),
        ([98.0, 100.0, 102.0], UNCLEAR),  # right on average, but nobody knows
        ([103.0, 105.0, 107.0], UNCLEAR),  # wrong on average, and nobody knows
        ([119.0, 120.0, 121.0], OFF),  # nobody knows by how much, but off it is
        ([100.0], UNCLEAR),
    ],
)
def test_within_tolerance_and_known_well_enough(years: list[float], status: str) -> None:
    """A promise holds only if mean and half width are both within tolerance."""
    found = one(HEALTH, 100.0, years)
    assert found.status == status
    assert found.ok == (status == HOLDS)


@pytest.mark.parametrize(
    ("quantity", "promised", "within", "beyond"),
    [
        (OUTLAY, -1000.0, -1019.0, -1021.0),
        (INCOME, 10_000.0, 8_010.0, 7_990.0),  # 2 % of what the practice takes in, not of its income
        (RATE, 0.5, 0.529, 0.531),
        (TIER, 1.0, 0.91, 0.89),
        (TIER, 0.0, 0.09, 0.11),
        (Quantity("panel", "busy", "child"), 1000.0, 981.0, 979.0),
        (Quantity("revenue_usd", "busy"), 50_000.0, 51_990.0, 52_010.0),
    ],
)
def test_each_kind_has_its_tolerance(
    quantity: Quantity, promised: float, within: float, beyond: float
) -> None:
    """The same distance counts differently for dollars, rates and tiers."""
    assert one(quantity, promised, [within] * 2).ok
    assert not one(quantity, promised, [beyond] * 2).ok


@pytest.mark.parametrize(
    ("years", "status", "covers"),
    [
        ([98.9, 99.0, 99.1], HOLDS, True),
        ([99.9, 100.0, 100.1], HOLDS, False),  # the search was right, the year was not
        ([97.4, 97.5, 97.6], OFF, False),  # near enough to what was promised, not to what was searched
        ([101.4, 101.5, 101.6], OFF, False),
    ],
)
def test_search_and_real_year_both_have_to_hold(years: list[float], status: str, covers: bool) -> None:
    """The promise is of a real year; what the search had may be off by no more."""
    said = promises({HEALTH: 100.0}, real_year={HEALTH: 99.0})
    (found,) = compare(simulation({HEALTH: years}), said)
    assert (found.promised, found.searched) == (99.0, 100.0)
    assert (found.status, found.covers) == (status, covers)
    assert found.error == pytest.approx(years[1] - 99.0)
    assert (found.as_dict()["promised"], found.as_dict()["searched"]) == (99.0, 100.0)


def test_without_a_real_year_the_search_is_the_promise() -> None:
    """One figure stands for both."""
    found = one(OUTLAY, 100.0, [100.0] * 2)
    assert found.searched is None
    assert found.as_dict()["searched"] == 100.0


def test_parts_of_sums_are_measured_by_the_sum() -> None:
    """Bonuses by all contract payments; children turned away by those who ask."""
    kinds = ["contract_payments_usd", "bonuses_usd", "children_on_panels", "children_turned_away"]
    payments, bonuses, kept, away = (Quantity(kind) for kind in kinds)
    said = promises({payments: 1000.0, bonuses: 10.0, kept: 90.0, away: 10.0})
    years = simulation({payments: [1000.0] * 2, bonuses: [29.0] * 2, kept: [90.0] * 2, away: [11.9] * 2})
    assert [found.ok for found in compare(years, said)] == [True] * 4
    years = simulation({payments: [1000.0] * 2, bonuses: [31.0] * 2, kept: [90.0] * 2, away: [12.1] * 2})
    assert [found.ok for found in compare(years, said)] == [True, False, True, False]


def test_nothing_promised_and_nothing_simulated_holds() -> None:
    """A promise of zero has no relative error, and zero keeps it."""
    found = one(HEALTH, 0.0, [0.0, 0.0])
    assert found.ok
    assert found.relative_error is None


def test_what_is_not_promised_is_left_out() -> None:
    """Only promised quantities are compared."""
    years = simulation({HEALTH: [1.0, 1.0], Quantity("admissions"): [5.0, 5.0]})
    assert [found.quantity for found in compare(years, promises({HEALTH: 1.0}))] == [HEALTH]


@pytest.mark.parametrize("years", [[math.nan, math.nan], [0.5]])
def test_json_has_no_nan(years: list[float]) -> None:
    """Rates without a denominator and intervals of one year become null, and do not hold."""
    found = one(RATE, 0.5, years)
    assert not found.ok
    written = json.loads(json.dumps(found.as_dict(), allow_nan=False))
    assert written["high"] is None
