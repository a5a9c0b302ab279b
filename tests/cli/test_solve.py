"""``incentive-opt solve``: words, files, exit codes, and what Ctrl-C does."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from incentive_opt.cli.main import main
from incentive_opt.files import load_design
from incentive_opt.files.design_schema import DesignFile
from tests.conftest import edit

ROOT = Path(__file__).resolve().parents[2]
QUICK = ["two_practices", "--model", "quality_bonus"]


def run(*words: str | Path) -> Result:
    """Run the command as typed."""
    return CliRunner().invoke(main, ["solve", *map(str, words)])


def test_tables_and_files(tmp_path: Path) -> None:
    """Before and after stand side by side, children too; the folder verifies."""
    done = run(*QUICK, "--out", tmp_path / "run")
    assert done.exit_code == 0, done.output
    for words in (
        "12.30",
        "511,300",
        "50,500",
        "10.50",
        "Well-child visits with full content",
        "All 5 practices",
        "Children kept",
        "102.26",
        "full health",
    ):
        assert words in done.stdout
    assert "the best there is" in done.stdout
    assert str(tmp_path / "run") in done.stdout
    assert CliRunner().invoke(main, ["verify", str(tmp_path / "run")]).exit_code == 0


def test_json_is_the_design(tmp_path: Path) -> None:
    """Stdout holds one document: every field of design.json, and the folder."""
    done = run(*QUICK, "--out", tmp_path / "run", "--json")
    document = json.loads(done.stdout)
    assert document.pop("folder") == str(tmp_path / "run")
    assert document == load_design(tmp_path / "run")
    assert {field.alias or name for name, field in DesignFile.model_fields.items()} <= set(document)


def test_default_folder_and_solving_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without --out the files go to runs/INSTANCE-MODEL, and a second run replaces them."""
    monkeypatch.chdir(tmp_path)
    folder = Path("runs") / "two_practices-quality_bonus"
    for budget in ("515000", "600000"):
        done = run(*QUICK, "--budget", budget, "--quiet")
        assert done.exit_code == 0
        assert ("Replaced the earlier design" in done.stderr) is (budget == "600000")
        assert load_design(folder)["budget"]["limit_usd"] == float(budget)
    assert [path.name for path in folder.iterdir() if path.name.startswith(".")] == []


def test_terms_given_on_the_line_are_recorded(tmp_path: Path) -> None:
    """Margin, seed and gap stand in design.json."""
    done = run(*QUICK, "--out", tmp_path, "--margin", "5", "--seed", "7", "--gap", "5%", "--iterations", "9")
    assert done.exit_code == 0, done.output
    design = load_design(tmp_path)
    assert design["margin_usd"] == 5.0
    assert design["provenance"]["seed"] == 7
    assert design["objective"]["gap_asked"] == 0.05
    assert design["provenance"]["solver"].startswith("HiGHS ")


def test_no_design_is_exit_code_three(small_instance: Path, small_model: Path, tmp_path: Path) -> None:
    """The reason goes to stderr, in --json also to stdout, and no folder is left."""
    done = run(small_instance, "--model", small_model, "--out", tmp_path / "run", "--json")
    assert done.exit_code == 3
    assert "no contract can do with less" in done.stderr
    assert json.loads(done.stdout)["error"]["kind"] == "no_design"
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["nowhere"], "nowhere"),
        (["two_practices", "--model", "quality_bonus+nothing"], "nothing"),
        (["two_practices", "--gap", "-1"], "gap"),
        (["two_practices", "--gap", "5"], "5 is not a share between 0 and 1; for 5 % write 0.05"),
        (["two_practices", "--gap", "101%"], "101% is not a share between 0 and 1"),
        (["two_practices", "--gap", "nan"], "gap"),
        (["two_practices", "--gap", "little"], "'little' is not a share"),
        (["two_practices", "--out", "."], "this one holds other files"),
        (["two_practices", "--margin", "nan"], "margin"),
        (["two_practices", "--margin", "1e9"], "margin"),
        (["two_practices", "--seed", "x"], "--seed"),
        (["two_practices", "--out", "README.md"], "--out"),
    ],
)
def test_bad_input_is_exit_code_two(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: list[str], said: str
) -> None:
    """What is wrong is named before anything is written."""
    monkeypatch.chdir(tmp_path)
    Path("README.md").write_text("A file.", encoding="utf-8")
    done = run(*words)
    assert done.exit_code == 2, done.output
    assert said in done.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["README.md"]


def test_folder_that_cannot_be_written_is_refused_before_the_search(tmp_path: Path) -> None:
    """A file where a folder above should be."""
    (tmp_path / "file").write_text("", encoding="utf-8")
    done = run(*QUICK, "--out", tmp_path / "file" / "run")
    assert done.exit_code == 2
    assert "best so far" not in done.stderr


def test_folder_of_an_instance_is_refused_even_beside_a_design(small_instance: Path, tmp_path: Path) -> None:
    """Its files would be mixed with those of the design; nothing of it is touched."""
    (small_instance / "design.json").write_text("{}", encoding="utf-8")
    before = {path.name: path.read_bytes() for path in small_instance.iterdir()}
    done = run(*QUICK, "--out", small_instance)
    assert done.exit_code == 2
    assert "this one holds an instance" in done.stderr
    assert {path.name: path.read_bytes() for path in small_instance.iterdir()} == before


def test_show_of_a_design_is_in_words(tmp_path: Path) -> None:
    """No keys of the file and no powers of ten."""
    assert run(*QUICK, "--out", tmp_path / "run", "--quiet").exit_code == 0
    shown = CliRunner().invoke(main, ["show", str(tmp_path / "run")]).stdout
    assert "Least distance of a practice from its income limits" in shown
    assert re.search(r"_usd|_qaly|\de-\d", shown) is None


def start(folder: Path) -> subprocess.Popen[str]:
    """A search that would go on for long, once it has reported its first design."""
    words = [
        sys.executable,
        "-m",
        "incentive_opt",
        "solve",
        "medicaid_statewide",
        "--gap",
        "0",
        "--time-limit",
        "300",
        "--out",
        str(folder),
        "--quiet",
    ]
    process = subprocess.Popen(
        words,
        cwd=ROOT,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        env=os.environ | {"PYTHONUNBUFFERED": "1"},
    )
    assert process.stderr is not None
    for line in process.stderr:
        if "best so far" in line:
            return process
    raise AssertionError(f"it ended by itself: {process.wait()}")


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_first_signal_ends_the_search_with_a_design(tmp_path: Path, number: signal.Signals) -> None:
    """Exit code 0 long before the time limit, and a folder that verifies."""
    process = start(tmp_path / "run")
    sent = time.monotonic()
    process.send_signal(number)
    _, told = process.communicate(timeout=120)
    assert process.returncode == 0, told
    assert "Stopping" in told
    assert "The search ended because you stopped it." in load_design(tmp_path / "run")["notes"]
    assert time.monotonic() - sent < 100.0
    assert CliRunner().invoke(main, ["verify", str(tmp_path / "run")]).exit_code == 0


def test_second_signal_aborts() -> None:
    """Work that does not end by itself: a signal more than a second after the first is exit code 130."""
    words = "import time; from incentive_opt.cli.watching import watch; watch(lambda *_: time.sleep(60))"
    process = subprocess.Popen(
        [sys.executable, "-u", "-c", words], cwd=ROOT, stderr=subprocess.PIPE, text=True
    )
    time.sleep(3.0)
    process.send_signal(signal.SIGINT)
    assert process.stderr is not None
    assert "Stopping" in process.stderr.readline()
    time.sleep(1.2)
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=30)
    assert process.returncode == 130


def test_tables_name_every_practice_type(small_instance: Path, small_model: Path, tmp_path: Path) -> None:
    """With an ample budget the small instance gets tables with incomes and tiers of both practice types."""
    edit(small_instance / "instance.toml", "budget = 2.0e6", "budget = 1.2e7")
    done = run(small_instance, "--model", small_model, "--out", tmp_path / "run", "--time-limit", "30")
    assert done.exit_code == 0, done.output
    for words in ("Solo practice", "Group practice", "Prices that moved", "First best", "Budget"):
        assert words in done.stdout


def test_attempts_need_robust() -> None:
    """Without --robust there is one search, whatever --attempts says: refused, not ignored."""
    done = CliRunner().invoke(main, ["solve", "two_practices", "--attempts", "3"])
    assert done.exit_code == 2
    assert "--robust" in done.stderr
