"""What binds in a design, and what a changed limit is worth: against the table derived by hand."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from incentive_opt import solve
from incentive_opt.errors import InputError
from incentive_opt.explain import binding, explain_design, read_source
from incentive_opt.explain.design import price_labels
from incentive_opt.explain.resolved import LOOSER, TIGHTER
from incentive_opt.explain.say_design import say_resolved
from incentive_opt.solve.kept import Terms
from tests.conftest import edit

TERMS = Terms(gap=1e-3, time_limit=80.0)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The best quality bonus of the smallest instance, 511,300 of 515,000 USD."""
    path = tmp_path_factory.mktemp("explained") / "run"
    solve("two_practices", "quality_bonus", gap=1e-3).write(path)
    return path


@pytest.fixture(scope="module")
def explained(folder: Path) -> dict[str, Any]:
    return explain_design(folder, TERMS)


def moved(explained: dict[str, Any], limit: str, way: str) -> dict[str, Any]:
    return next(one for one in explained["resolved"] if (one["limit"], one["way"]) == (limit, way))


def test_what_binds(explained: dict[str, Any]) -> None:
    """Both tiers are used, and both practice types are only just kept to them; 3,700 USD are left."""
    states = {one["limit"]: one["state"] for one in explained["binding"]}
    assert states["incentives of busy"] == states["incentives of caring"] == "binds"
    assert states["rule: number of tiers rewarded of thorough_visit"] == "binds"
    assert states["budget"] == "nearly"
    assert states["income floor of busy"] == "free"
    assert {one["limit"]: one["left"] for one in explained["binding"]}["budget"] == pytest.approx(3_700.0)


def test_budget_in_both_directions(explained: dict[str, Any]) -> None:
    """By hand: 520,150 USD buy no other row of the table, 509,850 USD only the row of 11.5 QALY."""
    more, less = (moved(explained, "budget", way) for way in (LOOSER, TIGHTER))
    assert (more["after"], less["after"]) == pytest.approx((520_150.0, 509_850.0))
    assert (more["change_qaly"], more["exact"], more["new"]) == (0.0, True, False)
    assert less["change_qaly"] == pytest.approx(-0.8, abs=1e-3)
    assert less["at_most_qaly"] == pytest.approx(-0.8, abs=0.02)
    assert "Searching again with 1 % less budget: health falls by 0.8 QALY a year." in explained["says"]


def test_looser_is_never_worse_and_tighter_never_better(explained: dict[str, Any]) -> None:
    """And what was found never passes what is proved."""
    assert len(explained["resolved"]) >= 8
    for one in explained["resolved"]:
        sign = 1.0 if one["way"] == LOOSER else -1.0
        assert one["change_qaly"] is not None, one
        assert sign * one["change_qaly"] >= 0.0, one
        assert one["at_most_qaly"] is None or one["change_qaly"] <= one["at_most_qaly"] + 1e-9, one


def test_held_prices_are_checked_and_said(explained: dict[str, Any]) -> None:
    """183.33 USD for a dollar of margin, on both sides."""
    (price,) = explained["held"]["prices"]
    assert price["limit"] == "margin"
    assert price["agrees"]
    for key in ("price", "of_last", "of_next"):
        assert price[key] == pytest.approx(3_300.0 / 18.0, rel=1e-3), key
    assert any(
        "Each dollar of incentive margin costs the payer 183 USD a year" in one for one in explained["says"]
    )


def test_it_is_plain_data(explained: dict[str, Any]) -> None:
    """One JSON document without NaN."""
    assert json.loads(json.dumps(explained, allow_nan=False))["of"] == "design"


def test_binding_needs_no_search(folder: Path, explained: dict[str, Any]) -> None:
    """The same plain data for a report."""
    assert binding(read_source(folder)) == explained["binding"]


def again(limit: str, **changes: Any) -> dict[str, Any]:
    """A search again that found nothing better and proved little."""
    entry = {"limit": limit, "way": LOOSER, "before": 1.0, "after": 2.0, "exact": False, "why": ""}
    return entry | {"change_qaly": 0.0, "at_most_qaly": 0.25} | changes


def test_searches_that_found_nothing_share_a_sentence() -> None:
    """Two that leave something open are told together with bounds; one alone, or a fall, by itself."""
    fall = again("income ceiling", change_qaly=-0.5, exact=True)
    together = say_resolved(
        {"resolved": [again("income floor"), fall, again("bonus pool", at_most_qaly=0.5)]}
    )
    assert together == [
        "Searching again with income ceiling 2 in place of 1: health falls by 0.5 QALY a year.",
        "Searching again with another limit, no better design was found, though one is not ruled out (in "
        "brackets how much more health it could have at most, QALY a year): income floor 2 in place of 1 "
        "(0.25); bonus pool 2 in place of 1 (0.5).",
    ]
    assert say_resolved({"resolved": [again("income floor")]}) == [
        "Searching again with income floor 2 in place of 1: no better design was found; no design can have "
        "more than 0.25 QALY more than the present one."
    ]


def test_prices_have_names_that_people_know(folder: Path) -> None:
    """A price that binds is called by what it pays for, a bonus by its tier too."""
    source = read_source(folder)
    labels = price_labels(source.read, source.question.payer.levers)
    assert labels["fee:well_visit_short"] == "fee of Short well-child visit"
    assert labels["bonus:thorough_visit:2"] == "bonus of Well-child visits with full content (tier 2)"
    assert labels["capitation:child"] == "capitation of Children"


def test_todays_contract_as_design(tmp_path: Path) -> None:
    """Of today's contract no margin is asked: and what binds is told all the same."""
    solve("two_practices", "quality_bonus", budget=450_000.0, gap=1e-3).write(tmp_path / "run")
    found = explain_design(tmp_path / "run", Terms(gap=1e-3, time_limit=0.0))
    assert found["design"]["is_status_quo"]
    assert not found["complete"]
    assert found["resolved"] == []
    assert {one["limit"]: one["state"] for one in found["binding"]}["budget"] == "binds"


def test_a_design_with_kinds(tmp_path: Path) -> None:
    """Kinds are told apart as in the design, and limits are of types."""
    solve("two_practices", "capitation", kinds=2, time_limit=5.0, gap=0.05).write(tmp_path / "run")
    found = explain_design(tmp_path / "run", Terms(gap=0.05, time_limit=3.0))
    assert {one["limit"] for one in found["binding"]} >= {"income floor of busy", "income ceiling of caring"}
    assert all(price["agrees"] for price in found["first_best"])


def test_files_that_do_not_belong_together(folder: Path, tmp_path: Path) -> None:
    """A contract of another price is refused, and so are responses of another practice."""
    run = tmp_path / "run"
    shutil.copytree(folder, run)
    edit(run / "contract.toml", "usd_per_event = 10.5", "usd_per_event = 9.5")
    with pytest.raises(InputError, match="outlay_usd"):
        explain_design(run, TERMS)
    shutil.rmtree(run)
    shutil.copytree(folder, run)
    file = run / "responses.csv"
    file.write_text(file.read_text(encoding="utf-8").replace("caring,", "carrying,"), encoding="utf-8")
    with pytest.raises(InputError, match=r"carrying|caring"):
        explain_design(run, TERMS)
    (run / "responses.csv").unlink()
    with pytest.raises(InputError, match=r"responses\.csv"):
        explain_design(run, TERMS)
