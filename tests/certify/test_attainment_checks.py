"""Rates that practices aim at, as design.json lists them: made false, verify must not let them pass."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

import incentive_opt
from incentive_opt.certify.attainment_checks import as_designed, check_targets
from incentive_opt.cli.main import main
from incentive_opt.cli.verify import verify_document
from incentive_opt.errors import InputError
from incentive_opt.files import read_instance

MEASURE = "thorough_visit"
AIMED = {(name, MEASURE, tier): rate for name in ("busy", "caring") for tier, rate in ((1, 0.52), (2, 0.93))}
Change = Callable[[list[dict[str, Any]]], object]
BUSY_FIRST, BUSY_SECOND, CARING_FIRST, CARING_SECOND = range(4)


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The run folder of a design with targets: busy practices reach tier 1, caring ones tier 2."""
    folder = tmp_path_factory.mktemp("targets") / "run"
    incentive_opt.solve("two_practices", "quality_bonus", gap=1e-6, attainment=AIMED).write(folder)
    return folder


@pytest.fixture
def run(kept: Path, tmp_path: Path) -> Path:
    """A copy of the run folder to tamper with."""
    return Path(shutil.copytree(kept, tmp_path / "run"))


def tamper(run: Path, change: Change) -> None:
    """Change the list of targets in design.json."""
    design = json.loads((run / "design.json").read_text(encoding="utf-8"))
    change(design["attainment_targets"])
    (run / "design.json").write_text(json.dumps(design), encoding="utf-8")


def broken(run: Path, change: Change) -> list[str]:
    """What verify says is broken after a change of the list."""
    tamper(run, change)
    return list(verify_document(run)["broken"])


def setting(entry: int, **fields: object) -> Change:
    """A change of some fields of one entry."""
    return lambda targets: targets[entry].update(fields)


def test_untampered_targets_hold(run: Path) -> None:
    """Without a change nothing is broken, so what the other tests see is the change."""
    assert broken(run, lambda targets: None) == []


TAMPERED: list[tuple[str, Change, str]] = [
    ("lowered", setting(CARING_SECOND, target=0.92), "caring: the intended response is a best response"),
    ("raised", setting(CARING_SECOND, target=0.94), "caring: paid tier attained of thorough_visit"),
    ("first lowered", setting(BUSY_FIRST, target=0.51), "busy: the intended response is a best response"),
    ("first raised", setting(BUSY_FIRST, target=0.53), "busy: paid tier attained of thorough_visit"),
    ("left out", lambda t: t.pop(CARING_SECOND), "caring: the intended response is a best response"),
    ("all left out", lambda t: t.clear(), "busy: the intended response is a best response"),
    ("other threshold", setting(BUSY_SECOND, threshold=0.89), "the thresholds beside them are the menu's"),
    ("below threshold", setting(BUSY_SECOND, target=0.89), "none below its threshold or above 1"),
    ("above one", setting(BUSY_SECOND, target=1.01), "none below its threshold or above 1"),
    ("falling", setting(BUSY_FIRST, target=0.94), "none below that of a lower tier"),
    ("no such practice", setting(BUSY_SECOND, practice="idle"), "the instance has no idle, thorough_visit"),
    ("no such measure", setting(BUSY_SECOND, measure="luck"), "the instance has no busy, luck, tier 2"),
    ("no such tier", setting(BUSY_SECOND, tier=3), "the instance has no busy, thorough_visit, tier 3"),
    ("twice", lambda t: t.append(dict(t[0])), "busy, thorough_visit, tier 1 stands there twice"),
]


@pytest.mark.parametrize(("change", "words"), [case[1:] for case in TAMPERED], ids=[c[0] for c in TAMPERED])
def test_tampered_target_is_a_broken_promise(run: Path, change: Change, words: str) -> None:
    """The practice would work otherwise, or the list itself is wrong: exit code 4, and it is named."""
    assert any(words in text for text in broken(run, change))
    assert CliRunner().invoke(main, ["verify", str(run)]).exit_code == 4


@pytest.mark.parametrize("gone", ["target", "threshold", "practice", "measure", "tier"])
def test_entry_without_a_field_is_bad_input(run: Path, gone: str) -> None:
    """Exit code 2, with the field that is missing."""
    tamper(run, lambda targets: targets[0].pop(gone))
    result = CliRunner().invoke(main, ["verify", str(run)])
    assert result.exit_code == 2
    assert gone in result.output


@pytest.mark.parametrize("target", ["0.95", None, True, [0.95]])
def test_target_that_is_no_number_is_bad_input(run: Path, target: object) -> None:
    """Exit code 2, not a traceback; the certificate does not trust the schema with it either."""
    tamper(run, setting(CARING_SECOND, target=target))
    result = CliRunner().invoke(main, ["verify", str(run)])
    assert result.exit_code == 2
    assert "target" in result.output
    design = json.loads((run / "design.json").read_text(encoding="utf-8"))
    with pytest.raises(InputError, match="a finite number"):
        as_designed(read_instance("two_practices"), design)


def test_list_that_is_no_list_is_bad_input() -> None:
    """Neither text nor nothing stands for a list."""
    for value in ("none", None, [1.0]):
        with pytest.raises(InputError, match="a list of objects"):
            as_designed(read_instance("two_practices"), {"attainment_targets": value})


def test_design_without_the_field_has_no_targets_and_no_checks() -> None:
    """An older design.json: thresholds count, whatever the instance at hand was made to aim at."""
    instance = incentive_opt.solve(
        "two_practices", "quality_bonus", iteration_limit=1, attainment=AIMED
    ).instance
    assert instance.attainment == AIMED
    plain = as_designed(instance, {})
    assert plain.attainment == {}
    assert check_targets(plain, {}) == []
