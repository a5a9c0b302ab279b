"""A new payment model is one TOML file."""

from __future__ import annotations

import random
import secrets
from pathlib import Path

import pytest
from click.testing import CliRunner

import incentive_opt as io
from incentive_opt.cli.main import main
from incentive_opt.files import read_model
from incentive_opt.solve.reasons import remarks

PLACE = "two_practices"
MODEL = """\
schema = 1
title = "A price for the asthma programme"
description = "Written by a test: nothing changes but the price of a service that nobody pays for today."

[[levers]]
kind = "fee"
of = ["asthma_team"]
lower = 0.0
upper = {upper}
unit = "USD/service"
source = "drawn"

[sources.drawn]
citation = "Drawn at random by a test."
status = "assumption"
"""


def written(folder: Path, upper: float) -> Path:
    path = folder / "asthma_price.toml"
    path.write_text(MODEL.format(upper=upper), encoding="utf-8")
    return path


def test_a_model_written_on_the_fly_is_solved(tmp_path: Path) -> None:
    """A price of 58 USD or more moves every practice: 9 + 5 x (0.8 + 0.4) = 15 QALY.

    An event in the programme instead of a visit gains 0.002 QALY and frees 15 minutes, in which a well-child
    visit can be long (0.001 QALY). A busy practice gives up 50 USD, bears 20 USD of effort, values the gain
    at 15 USD, and the margin asks for 3 USD more: 50 + 20 - 15 + 3 = 58.
    """
    seed = secrets.randbits(32)
    upper = round(random.Random(seed).uniform(65.0, 95.0), 2)
    model = written(tmp_path, upper)
    design = io.solve(PLACE, model, gap=1e-6, time_limit=30.0)
    assert design.health == pytest.approx(15.0), f"seed {seed}"
    price = design.contract.fees["asthma_team"]
    assert 58.0 - 1e-6 <= price <= upper, f"seed {seed}"
    today = design.instance.status_quo
    assert {**design.contract.fees, "asthma_team": 0.0} == {**today.fees, "asthma_team": 0.0}, f"seed {seed}"
    assert (design.contract.capitation, sum(design.contract.bonuses.values())) == (today.capitation, 0.0)
    design.write(tmp_path / "run")
    verified = CliRunner().invoke(main, ["verify", str(tmp_path / "run")])
    assert verified.exit_code == 0, f"seed {seed}\n{verified.output}"


def test_bounds_of_such_a_model_count(tmp_path: Path) -> None:
    """A price that may not pass what the programme costs in fees and effort leaves everything as it is."""
    seed = secrets.randbits(32)
    upper = round(random.Random(seed).uniform(5.0, 40.0), 2)
    design = io.solve(PLACE, written(tmp_path, upper), gap=1e-6, time_limit=30.0)
    assert design.health == pytest.approx(9.0), f"seed {seed}"
    assert design.gap == pytest.approx(0.0, abs=1e-6), f"seed {seed}"


def test_a_model_with_nothing_to_count_says_so() -> None:
    """What others closed counts only where the instance says how much that is; else a note tells."""
    plain = io.read_instance(PLACE)
    model = read_model("community_partnership")
    assert len(remarks(plain, model)) == 1
    assert remarks(io.read_instance("social_needs_partnership"), model) == []
    assert remarks(plain, read_model("quality_bonus")) == []
    design = io.solve(PLACE, "community_partnership", iteration_limit=3)
    assert remarks(plain, model)[0] in design.document["notes"]
