"""Limits of a looser value hold for a stricter one, of numbers of which it is known; and of no others."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from incentive_opt.files import read_instance
from incentive_opt.frontier import variation
from incentive_opt.frontier.nested import LOOSER, contradictions, with_limits_of_looser
from incentive_opt.solve.kept import Terms
from incentive_opt.solve.run import solve


def row(value: float, health: float | None, bound: float | None) -> dict[str, Any]:
    gap = None if health is None or bound is None else (bound - health) / bound
    return {"value": value, "health_qaly": health, "upper_bound_qaly": bound, "gap": gap}


def limits(key: str, *rows: dict[str, Any]) -> list[tuple[float | None, float | None]]:
    return [(one["upper_bound_qaly"], one["bound_of_value"]) for one in with_limits_of_looser(key, rows)]


ROWS = (row(0.9, 12.3, 12.30), row(1.0, 12.3, 12.35), row(1.1, 11.0, 11.5), row(1.2, 10.0, 12.0))


def test_a_higher_floor_allows_less() -> None:
    """What nobody passes with a floor of 0.9 nobody passes with one of 1.0; and not the other way round."""
    assert limits("income.floor", *ROWS) == [(12.30, 0.9), (12.30, 0.9), (11.5, 1.1), (11.5, 1.1)]
    told = with_limits_of_looser("income.floor", ROWS)
    assert told[1]["gap"] == 0.0
    assert told[3]["gap"] == pytest.approx(1.5 / 11.5)
    assert told[2]["gap"] == ROWS[2]["gap"]


def test_a_higher_ceiling_or_budget_allows_more() -> None:
    """The limit of the highest value holds for all below it."""
    rows = (row(1.0, 9.0, 13.0), row(1.2, 10.0, 11.0), row(1.4, 12.0, 12.5))
    for key in ("income.ceiling", "payer.budget"):
        assert limits(key, *rows) == [(11.0, 1.2), (11.0, 1.2), (12.5, 1.4)]


def test_of_other_numbers_every_value_has_its_own() -> None:
    """Of a wage or a margin nothing is known."""
    for key in ("staff.np.wage_usd_per_hour", "incentive.margin", "income.flor"):
        assert limits(key, *ROWS) == [(one["upper_bound_qaly"], one["value"]) for one in ROWS]
        assert contradictions(key, ROWS) == []


def test_values_without_a_design_lend_and_take_nothing() -> None:
    """None stays None."""
    assert limits("income.floor", row(0.9, None, None), ROWS[1]) == [(None, None), (12.35, 1.0)]
    assert limits("income.floor", ROWS[0], row(1.3, None, None)) == [(12.30, 0.9), (None, None)]


def test_a_design_that_passes_a_limit_is_told() -> None:
    """By rounding it may, and then the limit is the design's health; by more one of the two is wrong."""
    near = (row(0.9, 12.0, 12.0), row(1.0, 12.0 + 1e-9, 12.5))
    assert contradictions("income.floor", near) == []
    assert with_limits_of_looser("income.floor", near)[1]["gap"] == 0.0
    (said,) = contradictions("income.floor", (row(0.9, 12.0, 12.0), row(1.0, 12.2, 12.5)))
    assert said.startswith("The design for income.floor = 1 passes the limit proved for 0.9")
    assert contradictions("income.ceiling", (row(0.9, 12.0, 12.0), row(1.0, 12.2, 12.5))) == []


@pytest.mark.parametrize(
    ("key", "values"), [("income.floor", "0.9:1.3:3"), ("payer.budget", "509000:515000:3")]
)
def test_limits_hold_for_the_best_of_each_value(key: str, values: str, tmp_path: Path) -> None:
    """No limit is below what a search to the end finds; they rise with what is allowed."""
    found = variation(
        "two_practices", "quality_bonus", key, values, tmp_path, Terms(gap=0.05, time_limit=60.0)
    )
    rows = [one for one in found["rows"] if one["health_qaly"] is not None]
    assert len(rows) > 1
    assert found["notes"] == []
    for one in rows:
        given = read_instance(tmp_path / "instances" / f"{key}-{one['value']:.10g}")
        best = solve(given, "quality_bonus", gap=0.0, time_limit=30.0)
        assert best.health <= one["upper_bound_qaly"] * (1.0 + 1e-6)
        assert one["gap"] == pytest.approx(1.0 - one["health_qaly"] / one["upper_bound_qaly"], abs=1e-9)
    bounds = [one["upper_bound_qaly"] for one in rows]
    assert bounds == sorted(bounds, reverse=LOOSER[key] < 0)
