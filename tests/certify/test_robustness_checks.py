"""What design.json says of its robustness: made false, verify must not let it pass."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from itertools import product
from pathlib import Path
from typing import Any

import pytest

import incentive_opt
from incentive_opt.certify.robustness_checks import _counted, check_robustness
from incentive_opt.cli.verify import verify_document
from incentive_opt.domain.simulation import Enrolment
from incentive_opt.errors import InputError
from incentive_opt.files import read_instance
from incentive_opt.simulate.children import counted_share
from incentive_opt.solve.attainment import targets_for

DEVIATIONS, MARGIN = 2.5, 0.06
KEPT = {"rational": 0.99, "quantal": 0.93, "inertial": 0.92, "satisficing": None}
Change = Callable[[dict[str, Any]], object]


def attempt(deviations: float, margin: float, health: float | None, robust: bool, least: float) -> Any:
    """One attempt that holds; nothing is said of one without a design."""
    none = health is None
    return {
        "deviations": deviations,
        "altruism_margin": margin,
        "health_qaly": health,
        "simulated_qaly": health,
        "holds": None if none else True,
        "robust": None if none else robust,
        "kept": None if none else KEPT | {"quantal": least},
        "reason": "no design within the limits." if none else "",
    }


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The run folder of a design with an allowance, and the story of how it came about."""
    folder = tmp_path_factory.mktemp("robust") / "run"
    targets = targets_for(read_instance("two_practices"), DEVIATIONS)
    incentive_opt.solve("two_practices", "quality_bonus", attainment=targets, altruism_margin=MARGIN).write(
        folder
    )
    design = json.loads((folder / "design.json").read_text(encoding="utf-8"))
    health = design["objective"]["health_qaly"]
    design["robustness"] = {
        "holds": True,
        "robust": True,
        "price_qaly": 0.75,
        "deviations": DEVIATIONS,
        "altruism_margin": MARGIN,
        "attempts": [
            attempt(0.0, 0.0, health + 0.75, False, 0.7),
            attempt(DEVIATIONS, 0.18, None, False, 0.0),
            attempt(DEVIATIONS, MARGIN, health, True, 0.93),
        ],
        "sentences": [],
    }
    (folder / "design.json").write_text(json.dumps(design), encoding="utf-8")
    return folder


@pytest.fixture
def run(kept: Path, tmp_path: Path) -> Path:
    """A copy of the run folder to tamper with."""
    return Path(shutil.copytree(kept, tmp_path / "run"))


def broken(run: Path, change: Change) -> list[str]:
    """What verify says is broken after a change of the story."""
    path = run / "design.json"
    design = json.loads(path.read_text(encoding="utf-8"))
    change(design["robustness"])
    path.write_text(json.dumps(design), encoding="utf-8")
    return list(verify_document(run)["broken"])


def setting(**fields: object) -> Change:
    """A change of some fields of the story."""
    return lambda story: story.update(fields)


def of_attempt(number: int, **fields: object) -> Change:
    """A change of some fields of one attempt."""
    return lambda story: story["attempts"][number].update(fields)


def test_an_untampered_story_holds(run: Path) -> None:
    """Without a change nothing is broken, so what the other tests see is the change."""
    assert broken(run, lambda story: None) == []


BEST = "the design is the best of the attempts listed"
TAMPERED: dict[str, tuple[Change, str]] = {
    "larger margin": (setting(altruism_margin=0.5), "altruism margin is that of the certificate"),
    "larger aim": (setting(deviations=3.0), "attainment targets lie so many deviations above thresholds"),
    "no aim": (setting(deviations=0.0), "aims above its threshold"),
    "negative aim": (setting(deviations=-1.0), "deviations not negative"),
    "cheaper": (setting(price_qaly=0.1), "price of robustness"),
    "first promised less": (lambda s: s["attempts"][0].update(health_qaly=9.0), "price of robustness"),
    "first allows": (of_attempt(0, altruism_margin=0.01), "the first attempt allows for nothing"),
    "other health": (of_attempt(2, health_qaly=1.0), BEST),
    "other allowance": (of_attempt(2, deviations=2.0), BEST),
    "attempt not robust": (of_attempt(2, robust=False), BEST),
    "story not robust": (setting(robust=False), BEST),
    "attempt does not hold": (of_attempt(2, holds=False), BEST),
    "better one": (of_attempt(0, robust=True, kept=KEPT), BEST),
    "robust with little left": (of_attempt(2, kept=KEPT | {"inertial": 0.85}), "keep 90% of their gain"),
    "attempt left out": (lambda s: s["attempts"].pop(2), BEST),
}


@pytest.mark.parametrize("name", TAMPERED)
def test_a_false_story_is_named(run: Path, name: str) -> None:
    """Every figure that can be held against another one is."""
    change, named = TAMPERED[name]
    found = broken(run, change)
    assert any(named in line for line in found), found


def test_targets_without_their_deviations_are_noticed(run: Path) -> None:
    """Aims that the certificate was held to, and that the deviations do not give."""
    path = run / "design.json"
    design = json.loads(path.read_text(encoding="utf-8"))
    design["attainment_targets"][0]["target"] += 0.001
    path.write_text(json.dumps(design), encoding="utf-8")
    assert any("attainment targets lie so many deviations" in line for line in verify_document(run)["broken"])


@pytest.mark.parametrize(
    "change",
    [
        setting(price_qaly="cheap"),
        setting(attempts=[]),
        setting(attempts=None),
        setting(holds="yes"),
        of_attempt(2, kept=0.9),
        of_attempt(0, deviations=None),
    ],
)
def test_a_malformed_story_is_bad_input(run: Path, change: Change) -> None:
    """Said in plain words, not with a traceback."""
    with pytest.raises(InputError, match="robustness"):
        broken(run, change)


def test_a_design_without_the_story_promises_nothing() -> None:
    """Designs of a plain search have none."""
    assert check_robustness(read_instance("two_practices"), {}) == []


@pytest.mark.parametrize(("leaving", "months"), list(product([0.0, 0.03, 0.4, 1.0], [0, 1, 6, 11, 12])))
def test_the_share_that_counts_is_the_simulators(leaving: float, months: int) -> None:
    """Added up over stays here, and over the months of joining there."""
    enrolment = replace(Enrolment(), leaving_per_month=leaving, continuous_months=months)
    assert _counted(enrolment) == pytest.approx(counted_share(enrolment), abs=1e-12)
