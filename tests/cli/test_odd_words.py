"""What people and programs may type by accident: negative seeds, sizes beyond sense, names outside UTF-8."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from incentive_opt.cli.design_view import in_words
from incentive_opt.files.library import shipped_instances, shipped_models
from tests.batch.batches import carried_out, study_with
from tests.cli.test_batch import ROOT, typed


@pytest.mark.parametrize(
    "words",
    [
        ["solve", "two_practices"],
        ["compare", "two_practices", "--models", "capitation"],
        ["frontier", "two_practices", "--budgets", "450000:550000:2"],
        ["explain", "two_practices"],
        ["batch", "two_practices", "--out", "x"],
    ],
)
def test_a_negative_seed(words: list[str]) -> None:
    """Refused by every command that searches, before anything is read."""
    for seed in ("-1", "1.5", "x"):
        done = typed(*words, "--seed", seed)
        assert done.exit_code == 2, done.output
        assert "a whole number of at least 0" in done.stderr


@pytest.mark.parametrize(
    ("option", "value", "said"),
    [
        ("--kill-after", "1e300", "at most 1e+09 seconds"),
        ("--memory-limit", "99999999999999999GB", "at most 1000000GB"),
        ("--memory-limit", "9" * 400 + "GB", "at most 1000000GB"),
        ("--time-limit", "1e300", "at most 1e+09 seconds"),
    ],
)
def test_sizes_beyond_sense(tmp_path: Path, option: str, value: str, said: str) -> None:
    """Exit code 2 and the most that is allowed, nothing written."""
    done = typed("batch", "two_practices", option, value, "--out", str(tmp_path / "out"))
    assert done.exit_code == 2, done.output
    assert said in done.stderr
    assert not (tmp_path / "out").exists()


def test_names_outside_utf_8(tmp_path: Path) -> None:
    """Of instances, models and batches: they could not be written into any file, so they are refused."""
    instance, model = tmp_path / "tow\udcffn", tmp_path / "mod\udcffel.toml"
    shutil.copytree(shipped_instances()["two_practices"], instance)
    shutil.copy(shipped_models()["capitation"], model)
    for words in (
        ["batch", str(instance), "--models", "capitation", "--out", str(tmp_path / "out")],
        ["batch", "two_practices", "--models", str(model), "--out", str(tmp_path / "out")],
        ["solve", str(instance), "--out", str(tmp_path / "out")],
        ["solve", "two_practices", "--model", str(model), "--out", str(tmp_path / "out")],
    ):
        done = typed(*words)
        assert done.exit_code == 2, done.output
        assert "a name in UTF-8" in done.stderr
    assert not (tmp_path / "out").exists()


def test_a_condition_outside_utf_8(tmp_path: Path) -> None:
    """Told as a condition, not as a bug; so is a page of such a name."""
    carried_out(study_with([1]), tmp_path / "out")
    done = typed("results", str(tmp_path / "out"), "--where", "model = '\udcff'")
    assert (done.exit_code, "a condition in UTF-8" in done.stderr) == (2, True)
    done = typed("results", str(tmp_path / "out"), "--page", str(tmp_path / "\udcff.md"))
    assert (done.exit_code, "a name in UTF-8" in done.stderr) == (2, True)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows knows no SIGTERM that a program can handle")
def test_a_batch_that_is_ended_while_it_is_planned(tmp_path: Path) -> None:
    """SIGTERM then is as Ctrl-C: exit code 130, and no scratch folder stays."""
    words = ["batch", "two_practices", "--models", "capitation", "--out", str(tmp_path / "out")]
    changed = ",".join(str(500_000 + step) for step in range(3000))  # each is read: a while
    process = subprocess.Popen(
        [sys.executable, "-m", "incentive_opt", *words, "--set", f"payer.budget={changed}"],
        cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        env={**os.environ, "TMPDIR": str(tmp_path)},
    )  # fmt: skip
    until = time.monotonic() + 60.0
    while not list(tmp_path.glob("incentive-opt-*")) and time.monotonic() < until:
        time.sleep(0.02)
    process.send_signal(signal.SIGTERM)
    _, told = process.communicate(timeout=60)
    assert process.returncode == 130, told
    assert "Interrupted" in told
    assert list(tmp_path.glob("incentive-opt-*")) == []


def test_a_gap_without_a_bound() -> None:
    """A design.json that says the gap and no bound is shown without that sentence."""
    objective = {"gap": 0.1, "gap_asked": 0.01, "upper_bound_qaly": None}
    assert in_words({"objective": objective}) == []
    (said,) = in_words({"objective": objective | {"upper_bound_qaly": 12.0}})
    assert "12.00 QALY" in said
