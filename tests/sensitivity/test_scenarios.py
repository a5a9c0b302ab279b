"""One contract for many cases at once: against cases one by one, and what is refused."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from incentive_opt.certify import certify, read_responses
from incentive_opt.domain.changed import changed
from incentive_opt.errors import InputError
from incentive_opt.files import read_instance, read_model, read_run_folder
from incentive_opt.formulation.status_quo import respond
from incentive_opt.sensitivity import scenarios
from incentive_opt.sensitivity.draws import draw
from incentive_opt.sensitivity.joined import joined
from incentive_opt.sensitivity.scenarios import solve_scenarios
from incentive_opt.solve import Design, solve
from incentive_opt.solve.pose import pose

DRAWS = 3
QUICK: dict[str, Any] = {"gap": 0.01, "time_limit": 40.0, "iteration_limit": 60}


@pytest.fixture(scope="module", autouse=True)
def few_fresh_draws() -> Iterator[None]:
    """The comparison on fresh draws takes most of the time of a search this small."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(scenarios, "FRESH", 2)
        yield


@pytest.fixture(scope="module")
def robust(place: Path, few_fresh_draws: None) -> Design:
    return solve_scenarios(place, "quality_bonus", DRAWS, **QUICK)


def test_means_are_those_of_cases_one_by_one(place: Path, robust: Design) -> None:
    """Health, outlay and budget kept of the contract, over the draws it was made for, by the formulation."""
    instance = read_instance(place)
    names = [one.name for one in instance.uncertainty]
    health, outlay = [], []
    for row in draw(instance.uncertainty, DRAWS, 0).tolist():
        case = changed(instance, dict(zip(names, row, strict=True)))
        found = respond(case, robust.contract)
        health.append(sum(one.count * one.health for one in found))
        outlay.append(sum(one.count * one.outlay for one in found))
    block = robust.document["scenarios"]["over_draws"]["robust"]
    assert block["health_qaly"] == pytest.approx(np.mean(health), rel=1e-6)
    assert block["outlay_usd"] == pytest.approx(np.mean(outlay), rel=1e-6)
    assert block["budget_kept_share"] == np.mean(np.array(outlay) <= 515_000.5)


def test_more_on_average_than_the_other(robust: Design) -> None:
    """Over base and draws it has about as much health as the other at least, and keeps limits in the base."""
    block = robust.document["scenarios"]
    assert block["found"]
    base, own = block["at_base"], block["over_draws"]
    mean = {
        name: (base[name]["health_qaly"] + DRAWS * own[name]["health_qaly"]) / (DRAWS + 1)
        for name in ("robust", "alone")
    }
    outlay = (base["robust"]["outlay_usd"] + DRAWS * own["robust"]["outlay_usd"]) / (DRAWS + 1)
    assert outlay <= 515_000.5
    assert base["robust"]["budget_kept_share"] == base["robust"]["incomes_kept_share"] == 1.0
    assert mean["robust"] <= block["mean_bound_qaly"] * (1 + 1e-6)
    assert mean["robust"] >= 0.97 * mean["alone"]  # a margin is asked of it in every draw
    assert block["costs_at_base_qaly"] == pytest.approx(12.3 - robust.health, rel=1e-2)


def test_its_promises_are_proved(robust: Design, tmp_path: Path) -> None:
    """The run folder is that of a design for the files' numbers, and its certificate holds."""
    robust.write(tmp_path / "design")
    document, instance, model, contract = read_run_folder(tmp_path / "design")
    responses = read_responses(tmp_path / "design" / "responses.csv")
    assert all(check.ok for check in certify(instance, model, contract, responses, document))
    written = json.loads((tmp_path / "design" / "design.json").read_text(encoding="utf-8"))
    assert written["scenarios"]["draws"] == DRAWS


@pytest.mark.slow
def test_draws_that_do_not_differ_change_nothing(place: Path, tmp_path: Path) -> None:
    """With ranges of nearly nothing the best contract is the one for the files' numbers."""
    folder = Path(shutil.copytree(place, tmp_path / "sure"))
    row = "saving,health.csv:need=asthma:downstream_saving,multiple,0.999999,1.000001,,,by_hand\n"
    header = (folder / "uncertainty.csv").read_text(encoding="utf-8").splitlines()[0]
    (folder / "uncertainty.csv").write_text(f"{header}\n{row}", encoding="utf-8")
    found = solve_scenarios(folder, "quality_bonus", 2, **QUICK)
    assert found.health == pytest.approx(12.3, rel=1e-3)
    assert found.document["scenarios"]["costs_at_base_qaly"] == pytest.approx(0.0, abs=1e-6)


def test_joined_by_hand(place: Path) -> None:
    """Weights, rows and bounds of the joined problem: the base by itself, then means over base and draw."""
    instance = read_instance(place)
    model = read_model("quality_bonus", instance)
    base, _ = pose(instance, model, None, 1)
    other, _ = pose(changed(instance, {"asthma_saving": 70.0}), model, None, 1)
    both = joined(base, [other], 3)
    rows, practices = len(base.row_names), len(base.followers)
    assert len(both.followers) == 2 * practices
    assert both.row_names[rows:] == ("budget, mean", "income of busy, mean", "income of caring, mean")
    for before, after in zip((*base.followers, *other.followers), both.followers, strict=True):
        assert after.value == pytest.approx(before.value / 2)
        assert after.row_x[rows:, :].toarray() == pytest.approx(before.row_x[:3, :].toarray() / 2)
    assert not both.followers[practices].row_x[:rows, :].toarray().any()
    assert both.followers[0].row_x[:rows, :].toarray() == pytest.approx(base.followers[0].row_x.toarray())
    assert both.row_upper[rows] == pytest.approx((base.row_upper[0] + other.row_upper[0]) / 2)


def test_refused(place: Path) -> None:
    """No number of draws, and an instance that says nothing of what is not known."""
    for number in (0, 201, True, 1.5):
        with pytest.raises(InputError, match="a whole number from 1 to 200"):
            solve_scenarios(place, "quality_bonus", number)  # type: ignore[arg-type]
    bare = replace(read_instance(place), uncertainty=())
    with pytest.raises(InputError, match=r"uncertainty\.csv"):
        solve_scenarios(bare, "quality_bonus", 2)


@pytest.mark.slow
def test_no_better_contract_is_said(place: Path) -> None:
    """Without time for the search for all draws the design is the other one, with a note."""
    found = solve_scenarios(place, "quality_bonus", 2, gap=0.5, time_limit=30.0, iteration_limit=0)
    block = found.document["scenarios"]
    alone = solve(place, "quality_bonus", gap=0.5, time_limit=12.0, iteration_limit=0)
    if not block["found"]:
        assert found.contract == alone.contract
        assert any("for all cases" in note for note in found.document["notes"])
