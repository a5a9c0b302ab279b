"""``incentive-opt batch`` and ``results``: what people read, JSON, exit codes, and what is refused."""

from __future__ import annotations

import csv
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

from incentive_opt.batch.crew import Crew
from incentive_opt.batch.runner import supervise
from incentive_opt.cli.batch import WORKER, _memory
from incentive_opt.cli.main import main
from tests.batch import fake_worker as fake
from tests.conftest import write_small_instance

ROOT = Path(__file__).resolve().parents[2]
WORDS = ["batch", "two_practices", "--models", "capitation,care_management_fee", "--iterations", "1"]


def typed(*words: str) -> Result:
    return CliRunner().invoke(main, list(words))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A batch with real searches: one design, one model that does not fit."""
    out = tmp_path_factory.mktemp("batch") / "out"
    done = typed(*WORDS, "--jobs", "1", "--set", "payer.budget=515000", "--report", "--out", str(out))
    assert done.exit_code == 0, done.stderr
    assert "2 tasks in" in done.stdout
    assert "1 with a design, 1 whose model does not fit the instance." in done.stdout
    assert "summary.html" in done.stdout
    assert re.search(r"^ +\d+ s  2 of 2 done", done.stderr, re.MULTILINE)
    return out


@pytest.fixture
def fakes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Workers that search nothing."""
    monkeypatch.setattr("incentive_opt.cli.batch.WORKER", fake.MODULE)


def test_a_run_folder_is_as_solve_writes_it(folder: Path) -> None:
    """`verify` and `show` take it; its report is that of `report`; the change is in its own instance."""
    (run,) = folder.glob("runs/two_practices-capitation-*")
    assert typed("verify", str(run)).exit_code == 0
    assert typed("show", str(run)).exit_code == 0
    text = (run / "instance" / "instance.toml").read_text(encoding="utf-8")
    assert "budget = 515000.0  # set by a command; the instance says 515000.0" in text
    page = (run / "report.html").read_text(encoding="utf-8")
    typed("report", str(run), "--out", str(folder.parent / "again.html"))
    assert (folder.parent / "again.html").read_text(encoding="utf-8") == page
    for file in run.rglob("*.*"):
        text = file.read_text(encoding="utf-8") if file.is_file() else ""
        assert "incentive-opt-" not in text, f"{file.name} names the worker's scratch folder"


def test_the_same_command_again_and_no_command_at_all(folder: Path) -> None:
    """Nothing is begun again; --out alone goes on with what was asked."""
    done = typed("batch", "--out", str(folder), "--json")
    assert done.exit_code == 0, done.stderr
    document = json.loads(done.stdout)
    assert (document["tasks"], document["reused"], document["complete"]) == (2, 2, True)


def test_results(folder: Path) -> None:
    """A table for people, groups, a file for other programs, one JSON document."""
    shown = typed("results", str(folder), "--sort=-health_qaly").stdout
    assert re.search(r"^two_practices +capitation +payer.budget=515000 +0 +done +18\.00", shown, re.MULTILINE)
    assert "Not for two_practices" in shown
    grouped = typed("results", str(folder), "--group", "payer.budget").stdout
    assert re.search(r"^ +515000 +2 +1 +0 +18\.00", grouped, re.MULTILINE)
    document = json.loads(typed("results", str(folder), "--where", "gap < 0.01", "--json").stdout)
    assert [row["model"] for row in document["rows"]] == ["capitation"]
    assert (folder / document["rows"][0]["folder"] / "design.json").is_file()
    done = typed("results", str(folder), "--columns", "model,outcome", "--out", str(folder.parent / "a.csv"))
    assert done.exit_code == 0
    bare = typed("results", str(folder), "--where", "model = capitation")
    assert bare.exit_code == 2
    assert "put it in single quotes: 'capitation'. Columns:" in bare.stderr
    with (folder.parent / "a.csv").open(encoding="utf-8", newline="") as file:
        assert [row["outcome"] for row in csv.DictReader(file)] == ["done", "unfit"]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["batch"], "--out"),
        (["batch", "--out", "OUT"], "Name an INSTANCE"),
        (["batch", "two_practice", "--models", "x", "--out", "OUT"], "Did you mean 'two_practices'"),
        (["batch", "two_practices", "--seeds", "x", "--out", "OUT"], "--seeds"),
        (["batch", "two_practices", "--set", "payer.budget", "--out", "OUT"], "KEY=VALUE"),
        (["batch", "two_practices", "--set", "payer.budget=-1", "--out", "OUT"], "payer.budget=-1"),
        (["batch", "two_practices", "--gap", "2", "--out", "OUT"], "gap"),
        (["batch", "two_practices", "--replications", "2", "--out", "OUT"], "only with validate"),
        (["batch", "two_practices", "--memory-limit", "3", "--out", "OUT"], "--memory-limit"),
        (["batch", "two_practices", "--jobs", "0", "--out", "OUT"], "--jobs"),
        (["batch", "two_practices", "--jobs", "2", "--scheduler", "x", "--out", "OUT"], "one or the other"),
        (["batch", "two_practices", "--tls-cert", "x", "--scheduler", "x", "--out", "OUT"], "--tls-cert"),
        (["batch", "--study", "nothing.toml", "--out", "OUT"], "nothing.toml"),
        (["batch", "two_practices", "--out", "INSTANCE"], "holds an instance"),
        (["results", "OUT"], "the folder of a batch"),
        (["results", "INSTANCE"], "the folder of a batch"),
    ],
)
def test_what_is_refused(tmp_path: Path, words: list[str], said: str) -> None:
    """Exit code 2, the reason in words, and nothing written."""
    instance = write_small_instance(tmp_path / "town")
    before = sorted(tmp_path.rglob("*"))
    places = {"OUT": str(tmp_path / "out"), "INSTANCE": str(instance)}
    done = typed(*(places.get(word, word) for word in words))
    assert done.exit_code == 2, done.output
    assert said in done.stderr
    assert sorted(tmp_path.rglob("*")) == before


def test_what_is_refused_of_a_table(folder: Path) -> None:
    """A misspelt column is guessed at; a broken condition is told as typed."""
    done = typed("results", str(folder), "--sort", "helth_qaly")
    assert (done.exit_code, "Did you mean 'health_qaly'" in done.stderr) == (2, True)
    done = typed("results", str(folder), "--where", "gap <")
    assert (done.exit_code, "--where" in done.stderr) == (2, True)
    assert typed("results", str(folder), "--out", "x.doc").exit_code == 2


@pytest.mark.usefixtures("fakes")
def test_exit_codes(tmp_path: Path) -> None:
    """0 where all is well, 1 where a task failed, and --retry-failed tries it again."""
    out = ["--jobs", "1", "--out", str(tmp_path / "out")]
    words = ["batch", "two_practices", "--models", "capitation"]
    assert typed(*words, "--seeds", "2", *out).exit_code == 0
    done = typed(*words, "--seeds", f"1,{fake.RAISES}", *out)
    assert done.exit_code == 1
    assert "1 failed" in done.stdout
    assert "the worker ended in the middle of it" in done.stdout
    assert "--retry-failed tries again" in typed(*words, "--seeds", f"1,{fake.RAISES}", *out).stdout
    assert typed(*words, "--seeds", f"1,{fake.RAISES}", "--retry-failed", *out).exit_code == 1


def test_no_design_for_any_task(tmp_path: Path) -> None:
    """A budget that no contract keeps: exit code 3, and the reason in the table."""
    out = str(tmp_path / "out")
    done = typed("batch", "two_practices", "--models", "capitation", "--set", "payer.budget=1", "--out", out,
                 "--jobs", "1")  # fmt: skip
    assert done.exit_code == 3, done.output
    (row,) = json.loads(typed("results", out, "--json").stdout)["rows"]
    assert row["outcome"] == "no_design"
    assert "budget is 1 USD" in row["why"]


def test_limits_reach_the_workers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """--kill-after and --memory-limit are what each worker is kept by."""
    seen = []

    def give(crew: Crew, order: object) -> object:
        seen.append(crew.care)
        return crew.executor.submit(supervise, order, crew.care, ("another", "version"))

    monkeypatch.setattr(Crew, "give", give)
    limits = ["--kill-after", "7", "--memory-limit", "1.5 GB", "--jobs", "1"]
    typed("batch", "two_practices", "--models", "capitation", *limits, "--out", str(tmp_path / "out"))
    assert [(care.module, care.kill_after, care.memory) for care in seen] == [(WORKER, 7.0, 1_500_000_000)]
    assert _memory("800mb") == 800_000_000


def start(out: Path, seeds: str) -> subprocess.Popen[str]:
    """The program itself, with fake workers."""
    code = (
        "import incentive_opt.cli.batch as b; from tests.batch.fake_worker import MODULE; b.WORKER = MODULE\n"
        "from incentive_opt.cli.main import main; import sys; main(sys.argv[1:])"
    )
    words = ["batch", "two_practices", "--models", "capitation", "--seeds", seeds, "--jobs", "1"]
    return subprocess.Popen(
        [sys.executable, "-c", code, *words, "--out", str(out)],
        cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        env={**os.environ, fake.BEGUN: str(out.parent / "begun")},
    )  # fmt: skip


def await_begun(out: Path) -> None:
    """Until a task is at work."""
    until = time.monotonic() + 60.0
    while not (out.parent / "begun").exists() and time.monotonic() < until:
        time.sleep(0.02)


def test_ctrl_c_ends_with_the_tasks_that_run(tmp_path: Path) -> None:
    """Once: what runs is awaited and kept, the exit code says that it is not whole."""
    out = tmp_path / "out"
    process = start(out, f"{fake.SLOW},{','.join(map(str, range(300)))}")
    await_begun(out)
    process.send_signal(signal.SIGINT)
    said, told = process.communicate(timeout=60)
    assert process.returncode == 130, told
    assert "Stopping" in told
    assert "The batch was stopped; the same command goes on from here." in said
    runs = [path.name for path in (out / "runs").iterdir()]
    assert any(f"-s{fake.SLOW}-" in name for name in runs)
    assert len(runs) < 300


def test_ctrl_c_twice_ends_at_once(tmp_path: Path) -> None:
    """A task that hangs holds nobody up, and its worker does not stay."""
    out = tmp_path / "out"
    process = start(out, f"1,{fake.HANGS}")
    until = time.monotonic() + 60.0
    while (not (tmp_path / "begun").exists() or len((tmp_path / "begun").read_text().splitlines()) < 2) and (
        time.monotonic() < until
    ):
        time.sleep(0.02)
    process.send_signal(signal.SIGINT)
    time.sleep(1.3)
    process.send_signal(signal.SIGINT)
    _, told = process.communicate(timeout=20)
    assert process.returncode == 130
    assert "Interrupted. What was finished is kept." in told
    assert len(list((out / "runs").glob("[!.]*"))) == 1


def test_two_batches_in_one_folder(tmp_path: Path) -> None:
    """Started while another is at work: exit code 2, who that is, and the first one ends as if alone."""
    out = tmp_path / "out"
    first = start(out, f"{fake.SLOW},1,2")
    await_begun(out)
    second = start(out, "5")
    _, told = second.communicate(timeout=60)
    assert second.returncode == 2, told
    assert f"process {first.pid} on" in told
    said, told = first.communicate(timeout=60)
    assert first.returncode == 0, told
    assert "3 tasks in" in said
    assert len(list((out / "runs").iterdir())) == 3


def test_help_is_quick_to_load() -> None:
    """Neither the database nor the cluster's library is loaded for --help."""
    code = (
        "import sys; from incentive_opt.cli.main import main\n"
        "try:\n    main(['batch', '--help'])\nexcept SystemExit: pass\n"
        "try:\n    main(['results', '--help'])\nexcept SystemExit: pass\n"
        "print([m for m in ('duckdb', 'distributed', 'pandas', 'numpy', 'pydantic') if m in sys.modules],"
        " file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stderr.strip() == "[]"
