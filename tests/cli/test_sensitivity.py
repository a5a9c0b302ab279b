"""``incentive-opt sensitivity``: what people read, JSON, what is refused, and what Ctrl-C leaves."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from incentive_opt.cli.main import main
from incentive_opt.files import read_instance, read_model
from incentive_opt.solve import solve

TABLE = """\
parameter,of,scale,low,high,distribution,label,source
altruism,practices.csv:*:altruism,multiple,0.5,1.6,lognormal,Altruism of all,by_hand
saving,health.csv:need=asthma:downstream_saving,value,20,80,,What an asthma contact saves,by_hand
"""


def typed(*words: str | Path) -> Result:
    return CliRunner().invoke(main, [str(word) for word in words])


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run folder of two_practices with two uncertain parameters; not to be changed."""
    home = tmp_path_factory.mktemp("sensitivity")
    shutil.copytree(read_instance("two_practices").path, home / "two")
    (home / "two" / "uncertainty.csv").write_text(TABLE, encoding="utf-8")
    read = read_instance(home / "two")
    solve(read, read_model("quality_bonus", read), seed=0).write(home / "design")
    return home / "design"


@pytest.fixture
def run(kept: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(kept, tmp_path / "design"))


def test_what_people_read(run: Path) -> None:
    """The bottom line, the tornado, shares of draws, the value of knowing more; and the files."""
    done = typed("sensitivity", run, "--draws", "8", "--against", run / "contract.toml")
    assert done.exit_code == 0, done.stderr
    assert "the design brings 3.30 QALY a year more than today's contract." in done.stdout
    assert "8 draws (95 % interval" in done.stdout
    said = "Whether the budget is kept changes at an end of 1 of 2: What an asthma contact saves."
    assert said in done.stdout
    lines = [line for line in done.stdout.splitlines() if line.startswith("What an asthma contact saves ")]
    assert len(lines) == 1
    assert lines[0].endswith("high: budget passed")
    assert "in which the contract" in done.stdout
    assert "knowing all is worth [USD/year]" in done.stdout
    assert "Files in" in done.stdout
    for word in ("nan", "inf", "None"):
        assert word not in done.stdout.split()
    assert {"sensitivity.json", "sensitivity_draws.csv"} <= {path.name for path in run.iterdir()}


def test_json_is_the_file(run: Path) -> None:
    """One document, the same as sensitivity.json; the same seed gives the same, another seed does not."""
    words = ["sensitivity", run, "--draws", "4", "--json", "--seed", "7"]
    first = json.loads(typed(*words).stdout)
    assert first == json.loads((run / "sensitivity.json").read_text(encoding="utf-8"))
    again = json.loads(typed(*words, "--processes", "1").stdout)
    assert first["chances"] == again["chances"]
    assert first["chances"] != json.loads(typed(*words[:-1], "8").stdout)["chances"]
    assert first["complete"] is True
    assert [row["parameter"] for row in first["tornado"]] == ["altruism", "saving"]


def test_tornado_alone(run: Path) -> None:
    """No draws: no chances, and an empty table of draws."""
    document = json.loads(typed("sensitivity", run, "--draws", "0", "--json").stdout)
    assert document["chances"] is None
    assert document["value_of_information"] is None
    assert (run / "sensitivity_draws.csv").read_text(encoding="utf-8").strip() == ""
    assert "Gain over today's contract [QALY" not in typed("sensitivity", run, "--draws", "0").stdout


def test_search_again_and_indices(run: Path) -> None:
    """At each end what another search finds, never less than the design where that keeps its limits."""
    words = ["sensitivity", run, "--draws", "0", "--resolve", "1", "--indices", "2", "--json"]
    document = json.loads(typed(*words).stdout)
    seen = [row[end]["resolved"] for row in document["tornado"] for end in ("low", "high")]
    assert len(seen) == 4
    comparable = [one for one in seen if one["found"] and one["comparable"]]
    assert comparable
    assert {row["parameter"] for row in document["indices"]} == {"altruism", "saving"}
    saving = next(row for row in document["indices"] if row["parameter"] == "saving")
    assert saving["total"] == pytest.approx(0.0, abs=1e-9)  # it moves no practice
    shown = typed("sensitivity", run, "--draws", "0", "--resolve", "0.1").stdout
    assert "Searched again at the ends" in shown


def test_another_table(run: Path, tmp_path: Path) -> None:
    """A table from elsewhere in place of the instance's; its name and hash are kept."""
    other = tmp_path / "ranges.csv"
    other.write_text("\n".join(TABLE.splitlines()[:2]) + "\n", encoding="utf-8")
    document = json.loads(typed("sensitivity", run, "--draws", "0", "--uncertainty", other, "--json").stdout)
    assert [row["parameter"] for row in document["tornado"]] == ["altruism"]
    assert document["uncertainty"]["file"] == "ranges.csv"
    assert len(document["uncertainty"]["sha256"]) == 64


def test_refused(run: Path, tmp_path: Path) -> None:
    """What is no design, no contract or no number; exit code 2 and a way on."""
    cases = [
        (["two_practices"], "This is an instance."),
        ([tmp_path / "none"], "none"),
        ([run, "--draws", "-1"], "at least 0"),
        ([run, "--draws", "2000000"], "--draws: found '2e+06'"),
        ([run, "--worth", "0"], "at least 1"),
        ([run, "--kinds", "1000"], "a whole number from 1 to 100"),
        ([run, "--against", "two_practices"], "This is an instance."),
        ([run, "--against", tmp_path / "no.toml"], "no.toml"),
        ([run, "--uncertainty", tmp_path / "no.csv"], "no.csv"),
    ]
    for words, expected in cases:
        done = typed("sensitivity", *words)
        assert done.exit_code == 2, words
        assert expected in done.stderr, (words, done.stderr)
        assert "Traceback" not in done.stderr


def test_an_instance_that_says_nothing_of_ranges(run: Path) -> None:
    """A design from before the table: what to do about it."""
    (run / "instance" / "uncertainty.csv").unlink()
    changed = json.loads((run / "design.json").read_text(encoding="utf-8"))
    changed["instance"]["sha256"] = read_instance(run / "instance").sha256
    (run / "design.json").write_text(json.dumps(changed), encoding="utf-8")
    done = typed("sensitivity", run)
    assert done.exit_code == 2
    assert "uncertainty.csv" in done.stderr
    assert "--uncertainty FILE" in done.stderr


def test_a_folder_that_cannot_be_written(run: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The findings are shown, then the system's refusal is told; no half file stays."""

    def refuse(*_: object) -> None:
        raise PermissionError(13, "Permission denied", str(run / "sensitivity_draws.csv"))

    monkeypatch.setattr("incentive_opt.sensitivity.run.write_atomically", refuse)
    done = typed("sensitivity", run, "--draws", "0")
    assert done.exit_code == 1
    assert "One parameter at a time" in done.stdout
    assert "The system refused: Permission denied" in done.stderr
    assert not (run / "sensitivity.json").exists()


def test_ctrl_c_keeps_what_is_done(run: Path) -> None:
    """Stopped among many draws: exit code 0, with the draws that were done, and said so."""
    words = [sys.executable, "-m", "incentive_opt", "sensitivity", str(run), "--draws", "20000", "--json"]
    process = subprocess.Popen(
        words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True
    )
    assert process.stderr is not None
    next(line for line in process.stderr if "letting practices respond anew" in line)
    time.sleep(4.0)  # some cases
    os.kill(process.pid, signal.SIGINT)
    out, _ = process.communicate(timeout=60)
    assert process.returncode == 0
    document = json.loads(out)
    assert document["complete"] is False
    assert document["draws"] < 20_000
    assert "stopped before all was done" in document["sentences"][-1]


def test_help_is_quick() -> None:
    """The help has examples and loads nothing heavy."""
    code = "import sys; from incentive_opt.cli.main import main\ntry: main(['sensitivity', '--help'])\n"
    code += "except SystemExit: pass\nprint(sorted({'numpy', 'scipy', 'pyomo'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip().endswith("[]")
    assert "incentive-opt sensitivity my_design" in done.stdout


def test_one_contract_for_draws(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`solve --scenarios`: both contracts side by side, the price in a sentence, a design that verifies."""
    monkeypatch.setattr("incentive_opt.sensitivity.scenarios.FRESH", 2)
    out = tmp_path / "robust"
    words = ["solve", "two_practices", "--model", "quality_bonus", "--scenarios", "2", "--iterations", "60"]
    done = typed(*words, "--time-limit", "30", "--out", out)
    assert done.exit_code == 0, done.stderr
    assert "One contract for 2 draws at once" in done.stdout
    assert "mean over 2 fresh draws" in done.stdout
    assert "QALY a year with the numbers of the files; it brings" in done.stdout
    assert json.loads((out / "design.json").read_text(encoding="utf-8"))["scenarios"]["draws"] == 2
    assert typed("verify", out).exit_code == 0


def test_scenarios_refused(tmp_path: Path) -> None:
    """With --robust, with no number, and for an instance that has no ranges."""
    out = ["--out", str(tmp_path / "out")]
    bare = Path(shutil.copytree(read_instance("two_practices").path, tmp_path / "bare"))
    (bare / "uncertainty.csv").unlink(missing_ok=True)
    cases = [
        (["two_practices", "--robust", "--scenarios", "2"], "give it or --scenarios"),
        (["two_practices", "--scenarios", "0"], "at least 1"),
        (["two_practices", "--scenarios", "201"], "a whole number from 1 to 200"),
        ([bare, "--scenarios", "2"], "uncertainty.csv"),
    ]
    for words, expected in cases:
        done = typed("solve", *words, *out)
        assert done.exit_code == 2, words
        assert expected in done.stderr, (words, done.stderr)
    assert not (tmp_path / "out").exists()
