"""A design of two_practices with its validation, made once for all tests of reports."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from incentive_opt.domain.contract import Contract
from incentive_opt.files import read_instance
from incentive_opt.files.library import find_model
from incentive_opt.validate import validate
from tests.certify_designs import write_design
from tests.report.runs import solved


@pytest.fixture(scope="session")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The run folder; not to be changed."""
    folder = solved(tmp_path_factory.mktemp("report") / "my_design")
    validate(folder, replications=5, behaviours=("rational", "inertial"))
    return folder


@pytest.fixture
def run(kept: Path, tmp_path: Path) -> Path:
    """A copy of the run folder to tamper with."""
    return Path(shutil.copytree(kept, tmp_path / "my_design"))


@pytest.fixture(scope="session")
def state(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A contract by hand for medicaid_statewide, as a run folder with little in it; not to be changed.

    Its design.json has only what it must have: no labels, totals, rules or shadow prices.
    """
    folder = tmp_path_factory.mktemp("state") / "by_hand"
    instance = read_instance("medicaid_statewide")
    fees = dict(instance.status_quo.fees)
    fees |= {"well_visit_short": 0.6 * fees["well_visit_short"], "asthma_care_team": 45.0}
    bonuses = {("immunisation_early", 1): 10.0, ("immunisation_early", 4): 5.0, ("well_child_early", 2): 3.0}
    menu = {measure.name: measure.thresholds for measure in instance.measures}
    contract = Contract(
        fees=fees,
        capitation={"toddler": 1.5, "school_age": 2.0},
        bonuses=bonuses,
        thresholds={(name, tier): menu[name][tier - 1] for name, tier in bonuses},
    )
    write_design(folder, Path(instance.path), find_model("blended"), contract)
    return folder
