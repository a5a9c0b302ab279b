"""A frontier of ``two_practices``: against its table by hand, against single searches, taken up again."""

from __future__ import annotations

import json
import re
import secrets
from itertools import pairwise
from pathlib import Path
from random import Random
from typing import Any
from xml.etree import ElementTree

import pytest

import incentive_opt as io
from incentive_opt.certify import certify, read_responses
from incentive_opt.errors import InputError, NoDesign
from incentive_opt.files import read_run_folder
from incentive_opt.frontier import frontier
from incentive_opt.frontier import run as run_module
from incentive_opt.solve.kept import Ended, Terms, Work

PLACE, MODEL = "two_practices", "quality_bonus"
TERMS = Terms(gap=1e-3, time_limit=60.0, iteration_limit=200)
RANGE = "440000:560000:9"
STEPS = [(450_000, 9.0), (461_000, 10.0), (469_800, 10.8), (502_500, 11.5), (511_300, 12.3), (544_500, 13.5)]
"""Least budget [USD/year] and health bought [QALY/year], by hand in the instance's README."""


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Any]]:
    """Nine budgets, the lowest of which is less than any contract needs."""
    folder = tmp_path_factory.mktemp("frontier")
    return folder, frontier(PLACE, MODEL, RANGE, folder, TERMS)


def no_search(*_: Any, **__: Any) -> Any:
    raise AssertionError("this was to be taken from the folder")


def test_the_table_by_hand(made: tuple[Path, dict[str, Any]]) -> None:
    """Every point is the row of the table that its budget reaches, proved to the gap; the lowest has none."""
    lowest, *rows = made[1]["rows"]
    assert made[1]["complete"]
    assert made[1]["notes"] == []
    assert (lowest["budget_usd"], lowest["found"], lowest["health_qaly"]) == (440_000.0, False, None)
    assert "budget" in lowest["why"]
    for row in rows:
        value = max(health for least, health in STEPS if row["budget_usd"] >= least)
        assert row["health_qaly"] == pytest.approx(value, rel=1e-3)
        assert row["upper_bound_qaly"] == pytest.approx(value, rel=1e-3)
        assert row["gain_qaly"] == pytest.approx(row["health_qaly"] - 9.0)


def test_the_band_rises_and_holds(made: tuple[Path, dict[str, Any]]) -> None:
    """More money is never worse; no limit is below a design; each outlay is within its budget."""
    rows = [row for row in made[1]["rows"] if row["found"]]
    for below, row in zip([None, *rows], rows, strict=False):
        assert row["health_qaly"] <= row["upper_bound_qaly"]
        assert row["outlay_usd"] <= row["budget_usd"] * (1.0 + 1e-6)
        assert row["gap"] == pytest.approx(1.0 - row["health_qaly"] / row["upper_bound_qaly"])
        if below:
            assert row["health_qaly"] >= below["health_qaly"]
            assert row["upper_bound_qaly"] >= below["upper_bound_qaly"]


def test_dollars_per_qaly(made: tuple[Path, dict[str, Any]]) -> None:
    """What the next design costs more, for what it does more; empty where it is the same or the last."""
    rows = made[1]["rows"]
    assert rows[-1]["usd_per_qaly_to_next"] is None
    prices = 0
    for row, after in pairwise(rows):
        if row["found"] and after["health_qaly"] > row["health_qaly"] + 1e-6:
            rise = after["health_qaly"] - row["health_qaly"]
            cost = after["outlay_usd"] - row["outlay_usd"]
            assert row["usd_per_qaly_to_next"] == pytest.approx(cost / rise)
            assert cost > 0.0
            prices += 1
        else:
            assert row["usd_per_qaly_to_next"] is None
    assert prices > 2


def test_every_design_verifies(made: tuple[Path, dict[str, Any]]) -> None:
    """From its files alone, under the budget it was made for; and where it serves another, it is paid for."""
    folder, document = made
    for row in document["rows"]:
        if not row["found"]:
            continue
        design, instance, model, contract = read_run_folder(folder / row["folder"])
        responses = read_responses(folder / row["folder"] / "responses.csv")
        broken = [check for check in certify(instance, model, contract, responses, design) if not check.ok]
        assert broken == []
        assert design["budget"]["limit_usd"] == row["design_of_budget_usd"]
        assert design["budget"]["outlay_usd"] == row["outlay_usd"]
        assert design["objective"]["health_qaly"] == row["health_qaly"]


def test_searches_of_their_own_lie_in_the_band(made: tuple[Path, dict[str, Any]]) -> None:
    """Three budgets anywhere: at least the design of the point below, at most the limit of the one above."""
    seed = secrets.randbits(31)
    draws = Random(seed)
    rows = made[1]["rows"][1:]
    for _ in range(3):
        budget = round(draws.uniform(rows[0]["budget_usd"], rows[-1]["budget_usd"]), 2)
        below = [row for row in rows if row["budget_usd"] <= budget][-1]
        above = next(row for row in rows if row["budget_usd"] >= budget)
        cold = io.solve(PLACE, MODEL, budget=budget, gap=1e-3, time_limit=20.0, seed=seed)
        assert cold.health <= above["upper_bound_qaly"] * (1.0 + 1e-6), (seed, budget)
        assert cold.upper_bound >= below["health_qaly"] * (1.0 - 1e-6), (seed, budget)
        assert cold.health >= below["health_qaly"] * (1.0 - 1e-3), (seed, budget)


def test_files(made: tuple[Path, dict[str, Any]]) -> None:
    """JSON says what is returned, CSV has a line for each budget, the picture says its figures in words."""
    folder, document = made
    assert json.loads((folder / "frontier.json").read_text(encoding="utf-8")) == document
    lines = (folder / "frontier.csv").read_text(encoding="utf-8").splitlines()
    assert len(lines) == 1 + len(document["rows"])
    assert lines[0].startswith("budget_usd,found,outlay_usd,health_qaly")
    root = ElementTree.parse(folder / "frontier.svg").getroot()
    assert root.tag == "{http://www.w3.org/2000/svg}svg"
    words = {child.get("id"): child.text or "" for child in root}
    assert set((root.get("aria-labelledby") or "").split()) <= set(words)
    assert "560,000 USD: 13.50 found, at most 13.5" in words["frontier-description"]
    assert "Today: 9.00 for 450,000 USD" in words["frontier-description"]


def test_what_others_settle_is_not_searched(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Between budgets on one step of the table nothing is searched; the row says whose design it is."""
    asked: list[float] = []

    def counting(*given: Any, **options: Any) -> Any:
        asked.append(options["budget"])
        return io.solve(*given, **options)

    monkeypatch.setattr(run_module, "solve", counting)
    rows = frontier(PLACE, MODEL, "512000:544000:9", tmp_path, TERMS)["rows"]
    assert len(asked) <= 2
    assert {round(row["health_qaly"], 2) for row in rows} == {12.3}
    middle = rows[4]
    assert (middle["searched"], middle["seconds"]) == (False, None)
    assert middle["design_of_budget_usd"] in asked


def test_what_is_there_is_taken(made: tuple[Path, dict[str, Any]], monkeypatch: pytest.MonkeyPatch) -> None:
    """The same call searches nothing again and says the same; with another seed, margin or gap it does."""
    folder, document = made
    monkeypatch.setattr(run_module, "solve", no_search)
    assert frontier(PLACE, MODEL, RANGE, folder, TERMS) == document
    for other in (
        Terms(1e-3, 60.0, 1, 200), Terms(1e-4, 60.0, 0, 200), Terms(1e-3, 60.0, 0, 200, margin=10.0)
    ):  # fmt: skip
        with pytest.raises(AssertionError, match="taken from the folder"):
            frontier(PLACE, MODEL, RANGE, folder, other)


def test_a_stopped_frontier_goes_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What ended is kept and said; what was stopped or not begun is searched the next time."""
    calls: list[int] = []

    def stopping(work: Work) -> Ended:
        calls.append(1)
        return work(None, None) if len(calls) <= 2 else Ended(None, "No design yet.", True)

    first = frontier(PLACE, MODEL, "455000:560000:4", tmp_path, TERMS, attend=stopping)
    assert len(calls) == 3
    assert first["complete"] is False
    assert [row["found"] for row in first["rows"]] == [True, True, True, True]
    assert [row["stopped"] for row in first["rows"]] == [False, True, False, False]
    asked: list[float] = []

    def noting(*given: Any, **options: Any) -> Any:
        asked.append(options["budget"])
        return io.solve(*given, **options)

    monkeypatch.setattr(run_module, "solve", noting)
    second = frontier(PLACE, MODEL, "455000:560000:4", tmp_path, TERMS)
    assert asked == [490_000.0, 525_000.0]
    assert second["complete"] is True
    assert [row["health_qaly"] for row in second["rows"]] == pytest.approx([9.0, 10.8, 12.3, 13.5], rel=1e-3)


def test_time_is_for_all_together(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Searches share the limit, the first has most; without any time every row says so."""
    limits: list[float] = []

    def counting(*_: Any, **options: Any) -> Any:
        limits.append(options["time_limit"])
        raise NoDesign("Nothing, for a test.")

    monkeypatch.setattr(run_module, "solve", counting)
    document = frontier(PLACE, MODEL, "455000:560000:4", tmp_path / "some", Terms(time_limit=16.0))
    assert [row["why"] for row in document["rows"]] == ["Nothing, for a test."] * 4
    assert limits[0] == pytest.approx(10.0, rel=0.01)
    assert all(limit <= 16.0 for limit in limits)
    assert document["complete"] is True
    limits.clear()
    document = frontier(PLACE, MODEL, "455000:560000:4", tmp_path / "none", Terms(time_limit=0.0))
    assert (limits, document["complete"]) == ([], False)
    assert {row["why"] for row in document["rows"]} == {run_module.NO_TIME}
    assert not (tmp_path / "none" / "frontier.svg").exists()


def test_later_searches_begin_near_what_was_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The first knows nothing; every other is given the contract of the nearest budget."""
    starts: list[Any] = []

    def noting(*given: Any, **options: Any) -> Any:
        starts.append(options["start"])
        return io.solve(*given, **options)

    monkeypatch.setattr(run_module, "solve", noting)
    frontier(PLACE, MODEL, "455000:560000:3", tmp_path, TERMS)
    top = read_run_folder(tmp_path / "budget-560000")[3]
    assert starts[0] is None
    assert starts[1].bonuses == top.bonuses
    assert all(start is not None for start in starts[1:])


def test_damaged_and_strange_files(tmp_path: Path) -> None:
    """A damaged design is searched again; other people's files are refused before any search."""
    frontier(PLACE, MODEL, "512000:544000:2", tmp_path, TERMS)
    (tmp_path / "budget-544000" / "contract.toml").write_text("", encoding="utf-8")
    assert frontier(PLACE, MODEL, "512000:544000:2", tmp_path, TERMS)["rows"][1]["found"]
    assert read_run_folder(tmp_path / "budget-544000")[3].bonuses
    (tmp_path / "budget-500000").mkdir()
    mine = tmp_path / "budget-500000" / "mine.txt"
    mine.write_text("mine", encoding="utf-8")
    with pytest.raises(InputError, match="this one holds other files"):
        frontier(PLACE, MODEL, "500000:544000:2", tmp_path, TERMS)
    assert mine.read_text(encoding="utf-8") == "mine"


def test_what_makes_no_sense_is_refused_at_once(tmp_path: Path) -> None:
    """Budgets, gap, model and folder in one list, and nothing is written."""
    with pytest.raises(InputError) as caught:
        frontier(PLACE, "capitaton", "3:2:1", tmp_path / "out", Terms(gap=5.0))
    said = str(caught.value)
    for words in ("LO below HI", "from 2 to 1000", "gap", "Did you mean 'capitation'?"):
        assert words in said
    assert re.search(r"^4 problems", said)
    with pytest.raises(InputError, match="holds an instance"):
        frontier(PLACE, MODEL, RANGE, io.read_instance(PLACE).path, TERMS)
    assert list(tmp_path.iterdir()) == []
