"""A margin in proportion to what practices care: asked for, kept, and checked again."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner

import incentive_opt as io
from incentive_opt.cli.main import main
from incentive_opt.cli.verify import verify_document
from incentive_opt.errors import InputError
from incentive_opt.solve import Design


@pytest.fixture(scope="module")
def design() -> Design:
    """The quality bonus for two practices that holds for practices that value a QALY by a tenth less."""
    return io.solve("two_practices", "quality_bonus", gap=1e-6, altruism_margin=0.1)


def test_the_larger_margin_counts() -> None:
    """A tenth of 15,000 USD/QALY on 1 % of 1.8 QALY is 27 USD; of 5,000 it is 9, so 18 stands."""
    instance = replace(io.read_instance("two_practices"), altruism_margin=0.1)
    busy, caring = instance.practices
    assert instance.margin_of(caring, 0.018) == pytest.approx(27.0)
    assert instance.margin_of(busy, 0.018) == pytest.approx(18.0)


def test_the_design_keeps_it(design: Design, tmp_path: Path) -> None:
    """Each type's promised margin is at least that, and verify finds every promise kept."""
    margins = {part["practice"]: part["incentive_margin_usd"] for part in design.document["practices"]}
    assert margins["caring"] >= 27.0 - 1e-6
    assert margins["busy"] >= 18.0 - 1e-6
    design.write(tmp_path / "run")
    assert verify_document(tmp_path / "run")["broken"] == []


def test_it_costs_the_payer(design: Design) -> None:
    """Caring practices need 5.0 USD less 10 % for tier 2, and so the bonus is larger than without."""
    without = io.solve("two_practices", "quality_bonus", gap=1e-6)
    assert design.outlay > without.outlay + 1.0
    assert design.health == pytest.approx(without.health)


def test_a_share_that_is_not_kept_is_seen(design: Design, tmp_path: Path) -> None:
    """A design.json that claims a margin of half of what practices care is found out."""
    design.write(tmp_path / "run")
    path = tmp_path / "run" / "design.json"
    document = json.loads(path.read_text(encoding="utf-8"))
    document["altruism_margin"] = 0.5
    path.write_text(json.dumps(document), encoding="utf-8")
    assert verify_document(tmp_path / "run")["broken"]


@pytest.mark.parametrize("share", [-0.1, 1.5, float("nan")])
def test_shares_that_make_no_sense(share: float) -> None:
    """Only shares between 0 and 1 are taken."""
    with pytest.raises(InputError, match="altruism margin"):
        io.solve("two_practices", "quality_bonus", altruism_margin=share)


def test_the_command_says_what_was_allowed_for(tmp_path: Path) -> None:
    """`solve --altruism-margin` tells the reader, and so does `verify`."""
    words = [
        "two_practices",
        "--model",
        "quality_bonus",
        "--altruism-margin",
        "10%",
        "--out",
        str(tmp_path / "run"),
    ]
    done = CliRunner().invoke(main, ["solve", *words])
    assert done.exit_code == 0, done.output
    assert "value a QALY by 10 % less" in done.output
    assert "value a QALY by 10 % less" in CliRunner().invoke(main, ["verify", str(tmp_path / "run")]).output
