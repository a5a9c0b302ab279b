"""Designs that tell kinds of practice apart: a known answer, promises re-checked, and bad arguments."""

from __future__ import annotations

import json
import math
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

import incentive_opt as io
from incentive_opt.cli.main import main
from incentive_opt.cli.verify import verify_document
from incentive_opt.errors import InputError
from incentive_opt.solve import Design
from tests.conftest import edit

ROOT = Path(__file__).resolve().parents[2]
LEAST = math.exp(-math.sqrt(math.log(1.01))) / math.cosh(math.sqrt(math.log(1.01)))
"""Altruism of the less caring of two kinds, as a share of the type's."""


@pytest.fixture(scope="module")
def design() -> Design:
    """The quality bonus for two kinds of each of two practices."""
    return io.solve("two_practices", "quality_bonus", gap=1e-6, kinds=2)


def test_the_bonus_holds_for_the_kind_that_cares_least(design: Design) -> None:
    """A long visit costs a practice 25 USD less what it cares, half of the margin added (README)."""
    assert design.health == pytest.approx(12.3)
    first, second = (design.contract.bonuses["thorough_visit", tier] for tier in (1, 2))
    per_visit = [25.0 - 0.001 * (altruism * LEAST - 500.0) for altruism in (5000.0, 15000.0)]
    assert first >= 0.5 * per_visit[0] - 1e-6
    assert second >= 0.4 * per_visit[1] - 1e-6
    assert first + second < 0.9 * per_visit[0]


def test_every_kind_is_listed_and_every_promise_holds(design: Design, tmp_path: Path) -> None:
    """Kinds with their type, half as many practices each; verify asks them all."""
    listed = [(p["practice"], p["of_type"], p["count"]) for p in design.document["practices"]]
    assert listed == [
        ("busy~1", "busy", 1.5),
        ("busy~2", "busy", 1.5),
        ("caring~1", "caring", 1),
        ("caring~2", "caring", 1),
    ]
    design.write(tmp_path / "run")
    assert verify_document(tmp_path / "run")["broken"] == []


def test_without_a_margin_of_its_own_it_is_shared_out(design: Design) -> None:
    """18 USD of the instance for two kinds: 9 USD each; one that is given counts as it is."""
    assert design.document["margin_usd"] == 9.0
    given = io.solve("two_practices", "quality_bonus", gap=1e-6, kinds=2, margin=18.0)
    assert given.document["margin_usd"] == 18.0
    assert given.outlay > design.outlay


def _other_kinds(document: dict[str, Any]) -> None:
    document["kinds"] = 3


def _no_kinds(document: dict[str, Any]) -> None:
    del document["kinds"]


def _another_type(document: dict[str, Any]) -> None:
    document["practices"][0]["of_type"] = "caring"


def _another_floor(document: dict[str, Any]) -> None:
    document["practices"][0]["income_floor_usd"] -= 100.0


def _smaller_margin(document: dict[str, Any]) -> None:
    document["margin_usd"] = 4.0


@pytest.mark.parametrize("tamper", [_other_kinds, _no_kinds, _another_type, _another_floor, _smaller_margin])
def test_what_was_tampered_with_is_seen(
    design: Design, tmp_path: Path, tamper: Callable[[dict[str, Any]], None]
) -> None:
    """A design.json that says other things of its kinds than are true."""
    design.write(tmp_path / "run")
    path = tmp_path / "run" / "design.json"
    document = json.loads(path.read_text(encoding="utf-8"))
    tamper(document)
    path.write_text(json.dumps(document), encoding="utf-8")
    assert verify_document(tmp_path / "run")["broken"]


@pytest.mark.parametrize("kinds", [0, 101, 2.0, 2.5, "3", None, True, 10**400])
def test_numbers_that_make_no_sense(kinds: Any) -> None:
    """Only whole numbers from 1 to 100 are taken."""
    with pytest.raises(InputError, match="kinds"):
        io.solve("two_practices", "quality_bonus", kinds=kinds)


def test_a_start_that_is_a_design_is_one() -> None:
    """Without any search the contract that was given stands, if its promises hold."""
    terms: dict[str, Any] = {"kinds": 2, "budget": 530_000.0}
    wide = io.solve("two_practices", "quality_bonus", gap=1e-6, **terms)
    again = io.solve("two_practices", "quality_bonus", iteration_limit=0, start=wide, **terms)
    assert again.health == pytest.approx(wide.health)
    assert again.health > 9.0


@pytest.mark.parametrize("kinds", [10**400, 101, 2.5, "2", True])
def test_a_design_with_kinds_of_no_sense_is_refused(design: Design, tmp_path: Path, kinds: Any) -> None:
    """A plain error in place of a traceback."""
    design.write(tmp_path / "run")
    path = tmp_path / "run" / "design.json"
    document = json.loads(path.read_text(encoding="utf-8")) | {"kinds": kinds}
    path.write_text(json.dumps(document), encoding="utf-8")
    for command in ("verify", "validate", "show"):
        run = CliRunner().invoke(main, [command, str(tmp_path / "run")])
        assert run.exit_code == 2, run.output
        assert "kinds" in run.output


def test_a_type_is_of_no_type(tmp_path: Path) -> None:
    """Without kinds a practice that says that it belongs to another is found out."""
    plain = io.solve("two_practices", "quality_bonus", gap=1e-6)
    plain.write(tmp_path / "run")
    path = tmp_path / "run" / "design.json"
    document = json.loads(path.read_text(encoding="utf-8"))
    document["practices"][1]["of_type"] = "busy"
    path.write_text(json.dumps(document), encoding="utf-8")
    assert verify_document(tmp_path / "run")["broken"]


def test_practices_that_do_not_differ(tmp_path: Path) -> None:
    """Where the instance spreads nothing there are no kinds; the command says what to do."""
    alike = tmp_path / "alike"
    shutil.copytree(ROOT / "instances" / "two_practices", alike)
    edit(alike / "instance.toml", "altruism_spread = 0.1", "altruism_spread = 0.0")
    run = CliRunner().invoke(main, ["solve", str(alike), "--kinds", "2", "--out", str(tmp_path / "o")])
    assert run.exit_code == 2
    assert "altruism_spread" in run.output
    assert not (tmp_path / "o").exists()


def test_a_start_is_begun_from(design: Design, tmp_path: Path) -> None:
    """The contract of a run folder, or of a file; one that is not there is an error."""
    design.write(tmp_path / "run")
    for start in (design, tmp_path / "run", tmp_path / "run" / "contract.toml"):
        again = io.solve("two_practices", "quality_bonus", gap=1e-6, kinds=2, start=start)
        assert again.health == pytest.approx(12.3)
    with pytest.raises(InputError):
        io.solve("two_practices", "quality_bonus", start=tmp_path / "nowhere.toml")


def test_the_command_tells_of_kinds(tmp_path: Path) -> None:
    """One row a type, and a sentence that says what it is a mean over."""
    words = [
        "solve",
        "two_practices",
        "--model",
        "quality_bonus",
        "--kinds",
        "2",
        "--out",
        str(tmp_path / "o"),
    ]
    run = CliRunner().invoke(main, words)
    assert run.exit_code == 0
    assert "2 kinds of practice are told apart" in run.output
    assert "~" not in run.output.split("Files in")[0]
