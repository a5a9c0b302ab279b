"""``incentive-opt validate``: exit codes, words and files."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from incentive_opt.cli.main import main
from tests.validate.towns import ROOT, honest_design, lucky_design, quiet_design, rewrite


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The run folder of a design that holds; not to be changed."""
    return honest_design(tmp_path_factory.mktemp("honest"))


@pytest.fixture
def run(kept: Path, tmp_path: Path) -> Path:
    """A copy of it."""
    return Path(shutil.copytree(kept, tmp_path / "run"))


def command(*words: str | Path) -> Result:
    """Run the command as typed."""
    return CliRunner().invoke(main, ["validate", *map(str, words)])


def test_a_design_that_holds(run: Path) -> None:
    """Exit code 0, the verdict first, tables, and a pointer to the file."""
    done = command(run, "--replications", "6")
    assert done.exit_code == 0, done.output
    lines = done.stdout.splitlines()
    assert lines[0].startswith("The design holds")
    for words in ("Promised and simulated", "By behaviour", "step by step", "satisficing", "staff time"):
        assert words in done.stdout
    assert lines[-1] == f"All figures of every practice type are in {run / 'validation.json'}."
    assert (run / "validation.json").is_file()


def test_a_design_that_fails(tmp_path: Path) -> None:
    """Exit code 5, with what is off and the cause in words."""
    done = command(lucky_design(tmp_path), "--replications", "6", "--behaviour", "rational")
    assert done.exit_code == 5, done.output
    assert done.stdout.startswith("The design fails")
    assert "What is off, by cause" in done.stdout
    assert "the rate varies by chance" in done.stdout
    assert "* Busy practice, practices paid for tier 1" in done.stdout
    assert "inertial" not in done.stdout


def test_a_tampered_promise_is_given_away(run: Path) -> None:
    """Exit code 5, and the reader is sent to verify."""
    rewrite(run, lambda design: design["objective"].update(health_qaly=41.0))
    done = command(run, "--replications", "3", "--behaviour", "rational")
    assert done.exit_code == 5, done.output
    assert "`incentive-opt verify` says more" in done.stdout
    assert "files disagree" in done.stdout


def test_too_few_replications_are_said_to_be_too_few(run: Path) -> None:
    """One year has no interval, so nothing is shown to hold."""
    done = command(run, "--replications", "1", "--behaviour", "rational")
    assert done.exit_code == 5
    assert "too few replications to tell" in done.stdout.splitlines()[0]


def test_json_is_the_file(run: Path) -> None:
    """The document on stdout is validation.json, progress and all else elsewhere."""
    done = command(run, "--replications", "2", "--behaviour", "quantal", "--seed", "7", "--json")
    document = json.loads(done.stdout)
    assert document == json.loads((run / "validation.json").read_text(encoding="utf-8"))
    assert document["seed"] == 7
    assert [one["behaviour"] for one in document["behaviours"]] == ["rational", "quantal"]


def test_seed_and_threads_do_what_they_say(tmp_path: Path) -> None:
    """Another seed is another year; another number of threads is not."""
    run = quiet_design(tmp_path)
    words = [run, "--replications", "2", "--behaviour", "rational", "--json"]
    first, again, other = (
        json.loads(command(*words, *more).stdout)
        for more in (["--threads", "1"], ["--threads", "2"], ["--seed", "1"])
    )
    assert first == again
    assert first["behaviours"][0]["quantities"] != other["behaviours"][0]["quantities"]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--replications", "0"], "at least 1"),
        (["--precision", "0"], "--precision"),
        (["--behaviour", "boldly"], "boldly"),
        (["--seed", "-1"], "at least 0"),
    ],
)
def test_options_that_make_no_sense(words: list[str], said: str, run: Path) -> None:
    """Exit code 2, and nothing is written."""
    done = command(run, *words)
    assert done.exit_code == 2
    assert said in done.output
    assert not (run / "validation.json").exists()


@pytest.mark.parametrize("name", ["nowhere", "contract.toml", "instance"])
def test_what_is_no_design(name: str, run: Path) -> None:
    """Exit code 2 in plain words."""
    done = command(run / name)
    assert done.exit_code == 2
    assert "Traceback" not in done.output
    assert "design" in done.output


def test_verify_and_solve_live_with_the_file(run: Path) -> None:
    """A validated folder still verifies."""
    assert command(run, "--replications", "1").exit_code in (0, 5)
    again = CliRunner().invoke(main, ["verify", str(run)])
    assert again.exit_code in (0, 4)
    assert "validation.json" not in again.output


def test_an_interrupt_writes_nothing(run: Path) -> None:
    """Ctrl-C is exit code 130, and leaves the folder as it was."""
    before = sorted(path.name for path in run.iterdir())
    process = subprocess.Popen(
        [sys.executable, "-m", "incentive_opt", "validate", str(run), "--replications", "100000"],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=os.environ | {"PYTHONUNBUFFERED": "1"},
    )
    assert process.stderr is not None
    for line in process.stderr:
        if "simulated years" in line:
            break
    process.send_signal(signal.SIGINT)
    said, told = process.communicate(timeout=60)
    assert process.returncode == 130, told
    assert said == ""
    assert "Traceback" not in told
    assert sorted(path.name for path in run.iterdir()) == before
