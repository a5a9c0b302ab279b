"""Designs: written whole, read strictly, complete enough to verify later."""

from __future__ import annotations

import copy
import csv
import json
import os
from pathlib import Path
from typing import Any

import pytest

from incentive_opt.errors import InputError
from incentive_opt.files import (
    load_design,
    read_contract,
    read_instance,
    read_model,
    read_run_folder,
    write_atomically,
    write_design,
    write_run_folder,
)
from tests.conftest import edit

DESIGN: dict[str, Any] = {
    "schema": 1,
    "instance": {"name": "small_town", "sha256": ""},
    "model": {"name": "mixed", "sha256": ""},
    "status": "feasible",
    "objective": {
        "health_qaly": 10.0,
        "upper_bound_qaly": 11.0,
        "gap": 0.1,
        "status_quo_qaly": 9.0,
        "pessimistic_qaly": None,
        "first_best_qaly": 12.0,
    },
    "budget": {"limit_usd": 2e6, "outlay_usd": 1.9e6},
    "contract": {
        "levers": [
            {"lever": "fee", "of": "sick_visit", "value": 55.0, "unit": "USD/service", "status_quo": 55.51}
        ]
    },
    "practices": [
        {
            "practice": "solo",
            "count": 12,
            "utility_usd": 1.0,
            "revenue_usd": 1.0,
            "net_income_usd": 1.0,
            "status_quo_net_income_usd": 1.0,
            "health_qaly": 1.0,
            "incentive_margin_usd": 5.0,
            "tiers": [{"measure": "well_child", "tier": 2}],
            "panel": {"infant": 200.0},
            "services": {"sick_visit": {"infant": 500.0}},
        }
    ],
    "certificate": {
        "budget_slack_usd": 1e5,
        "worst_income_slack_usd": 0.0,
        "worst_incentive_slack_usd": 0.0,
        "rules": [],
    },
    "shadow_prices": [],
    "provenance": {"version": "0.1.0", "solver": "HiGHS", "seed": 0, "seconds": 1.5, "iterations": 3},
    "something_newer": {"kept": True},
}


@pytest.fixture
def run_folder(tmp_path: Path, small_instance: Path, small_model: Path, small_contract: Path) -> Path:
    """A run folder of the small instance."""
    instance, model = read_instance(small_instance), read_model(small_model)
    design = copy.deepcopy(DESIGN)
    design["instance"]["sha256"], design["model"]["sha256"] = instance.sha256, model.sha256
    rows = [{"practice": "solo", "panel": 1100.0}, {"practice": "group", "tier": 1}]
    folder = tmp_path / "runs" / "first"
    write_run_folder(folder, design, read_contract(small_contract, instance), rows, "it ran", instance, model)
    return folder


def test_a_run_folder_is_complete(run_folder: Path) -> None:
    """All files are there, and nothing is left over from writing them."""
    names = {path.name for path in run_folder.iterdir()}
    assert names == {"design.json", "contract.toml", "responses.csv", "run.log", "instance", "model.toml"}
    assert not list(run_folder.rglob("*.part"))
    with (run_folder / "responses.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert rows[1] == {"practice": "group", "panel": "", "tier": "1"}


def test_a_run_folder_stands_alone(run_folder: Path, small_instance: Path, small_model: Path) -> None:
    """Design, instance, model and contract are read from the folder after the originals have gone."""
    before = read_instance(small_instance)
    for path in [*small_instance.iterdir(), small_model]:
        path.unlink()
    design, instance, model, contract = read_run_folder(run_folder)
    assert design["something_newer"] == {"kept": True}
    assert (instance.name, instance.sha256) == ("small_town", before.sha256)
    assert instance.practices == before.practices
    assert model.name == "mixed"
    assert contract.bonuses == {("well_child", 2): 8.0}


def test_a_changed_copy_is_noticed(run_folder: Path) -> None:
    """Another instance than the one that was solved cannot vouch for the design."""
    edit(run_folder / "instance" / "panels.csv", "solo,infant,200,100", "solo,infant,200,101")
    with pytest.raises(InputError, match="the instance the design was made from"):
        read_run_folder(run_folder)


def test_an_instance_that_changed_while_solving_is_noticed(
    tmp_path: Path, small_instance: Path, small_model: Path
) -> None:
    """The copy would not be what was solved."""
    instance = read_instance(small_instance)
    edit(small_instance / "panels.csv", "solo,infant,200,100", "solo,infant,200,101")
    with pytest.raises(InputError, match="changed in the meantime"):
        write_run_folder(
            tmp_path / "run", DESIGN, instance.status_quo, [], "", instance, read_model(small_model)
        )
    assert not (tmp_path / "run" / "design.json").exists()


MISSING = [("objective", "gap"), ("budget", "limit_usd"), ("certificate", "rules"), ("provenance", "seed")]


@pytest.mark.parametrize(("part", "field"), MISSING)
def test_a_missing_field_is_named(run_folder: Path, part: str, field: str) -> None:
    """A design without a field others rely on is refused."""
    design = load_design(run_folder)
    del design[part][field]
    (run_folder / "design.json").write_text(json.dumps(design))
    with pytest.raises(InputError, match=rf"{part}; expected a key '{field}'"):
        load_design(run_folder / "design.json")


def test_every_missing_field_at_once(tmp_path: Path) -> None:
    """An empty object lacks every part of a design."""
    (tmp_path / "design.json").write_text("{}")
    with pytest.raises(InputError) as caught:
        load_design(tmp_path)
    assert len(caught.value.problems) == len(DESIGN) - 1


def test_faults_of_every_kind_at_once(run_folder: Path) -> None:
    """A NaN hides neither what is missing nor a text in place of a number, and is told once."""
    design = load_design(run_folder)
    del design["budget"]
    design["objective"]["gap"] = float("nan")
    design["certificate"]["budget_slack_usd"] = "12,5"
    design["margin_newer"] = float("inf")
    (run_folder / "design.json").write_text(json.dumps(design))
    with pytest.raises(InputError) as caught:
        load_design(run_folder)
    said = [str(one).partition("design.json")[2] for one in caught.value.problems]
    assert [one for one in said if "finite" in one] == said[:2]
    assert "objective.gap" in said[0]
    assert "margin_newer" in said[1]
    assert "expected a key 'budget'" in " ".join(said[2:])
    assert "budget_slack_usd" in " ".join(said[2:])
    assert len(said) == 4, said


@pytest.mark.parametrize("number", ["NaN", "Infinity", "1e999"])
def test_strange_numbers_are_refused(run_folder: Path, number: str) -> None:
    """NaN and infinities are found wherever they stand, also in fields this version does not know."""
    file = run_folder / "design.json"
    edit(file, '"kept": true', f'"kept": {number}')
    with pytest.raises(InputError, match=r"something_newer\.kept.*finite"):
        load_design(file)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('{"schema": 1', "line 1.*damaged"),
        ("[1, 2]", "a JSON object"),
        ('{"schema": 1, "schema": 1}', "every field once"),
        ("[" * 100_000, "without end"),
    ],
)
def test_what_is_no_design_is_refused(tmp_path: Path, text: str, said: str) -> None:
    """Half a file, another kind of JSON, doubled fields."""
    (tmp_path / "design.json").write_text(text)
    with pytest.raises(InputError, match=said):
        load_design(tmp_path)


def test_nothing_strange_is_written(tmp_path: Path) -> None:
    """A NaN is refused with its place, and no file appears."""
    design = copy.deepcopy(DESIGN)
    design["objective"]["gap"] = float("nan")
    with pytest.raises(ValueError, match=r"objective\.gap"):
        write_design(design, tmp_path / "design.json")
    assert list(tmp_path.iterdir()) == []


def test_a_killed_write_leaves_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """If the last step fails, the old file stands and the temporary one is gone."""
    file = tmp_path / "a.txt"
    write_atomically(file, "old")

    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "replace", killed)
    with pytest.raises(KeyboardInterrupt):
        write_atomically(file, "new")
    assert file.read_text() == "old"
    assert list(tmp_path.iterdir()) == [file]
