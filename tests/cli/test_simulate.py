"""``incentive-opt simulate``: what it prints, writes and refuses, and how it is watched and stopped."""

from __future__ import annotations

import json
import math
import os
import secrets
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner, Result
from scipy import stats

from incentive_opt.cli import simulating
from incentive_opt.cli.contracts import contract_named
from incentive_opt.cli.main import main
from incentive_opt.cli.simulate import simulation_document, years_of
from incentive_opt.cli.simulation_view import labels_of, measures, practices, sentence, total_rows
from incentive_opt.domain.instance import Instance
from incentive_opt.files import read_instance, write_contract
from incentive_opt.outside import read_ledger
from incentive_opt.simulate import run as run_module
from incentive_opt.simulate.run import Progress, Simulation
from tests.cli.simulated import made_up, two_tiers

PLACE = "two_practices"
ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def instance() -> Instance:
    return read_instance(PLACE)


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """A simulator that answers at once with random figures, and the questions it was asked."""
    questions: list[dict[str, Any]] = []

    def simulate(instance: Instance, contract: Any, behaviour: str, **options: Any) -> Simulation:
        questions.append({"contract": contract, "behaviour": behaviour, **options})
        options["report"](Progress("simulating", 1, 2))
        return made_up(instance, contract, 5, options["replications"] or 10, behaviour)

    monkeypatch.setattr(run_module, "simulate", simulate)
    return questions


def typed(*words: str) -> Result:
    return CliRunner().invoke(main, ["simulate", *words])


def test_means_and_intervals_are_those_of_the_samples(instance: Instance) -> None:
    """Recomputed with scipy from the figures of every year."""
    seed = secrets.randbits(32)
    contract = two_tiers(instance)
    made = made_up(instance, contract, seed, replications=6)
    document = simulation_document(instance, contract, years_of(made), 7, made)
    health = made.samples[:, 0]
    assert document["samples"]["health_qaly"] == health.tolist(), f"seed {seed}"
    low, high = stats.t.interval(0.95, 5, loc=health.mean(), scale=stats.sem(health))
    figure = document["totals"]["health_qaly"]
    assert figure["mean"] == pytest.approx(health.mean(), rel=1e-12), f"seed {seed}"
    assert (figure["low"], figure["high"]) == pytest.approx((low, high), rel=1e-9), f"seed {seed}"
    paid = document["practices"][1]["measures"][0]["tiers"][1]
    column = made.index("tier_paid", "caring", "thorough_visit", 2)
    assert paid["paid_share"]["mean"] == pytest.approx(made.samples[:, column].mean()), f"seed {seed}"
    assert (paid["tier"], paid["threshold"]) == (2, 0.9)


def test_one_year_has_no_interval(instance: Instance) -> None:
    """Null, not infinity; and nothing in place of it in the tables."""
    made = made_up(instance, instance.status_quo, 3, replications=1)
    document = simulation_document(instance, instance.status_quo, years_of(made), 7, made)
    json.dumps(document, allow_nan=False)
    assert document["totals"]["outlay_usd"]["low"] is None
    (row,) = [row for row in total_rows(document["totals"]) if row[0] == "Outlay of the payer"]
    assert [str(cell) for cell in row[2:4]] == ["", ""]
    assert "1 year of 5 rational practices" in sentence(document)


def test_a_rate_without_a_case_is_null(instance: Instance) -> None:
    """Where a year has no such figure its mean is not guessed, and the measure is left out."""
    made = made_up(instance, instance.status_quo, 3)
    rate = made.index("rate", "busy", "thorough_visit")
    made.samples[1, rate] = math.nan
    document = simulation_document(instance, instance.status_quo, years_of(made), 7, made)
    json.dumps(document, allow_nan=False)
    assert document["practices"][0]["measures"] == []
    assert [row[1] for row in measures(document, labels_of(instance))[2]] == ["Caring practice"]


def test_tables_say_who_is_paid(instance: Instance) -> None:
    """A row for each practice type: children, income with its interval; tiers with the share that is paid."""
    contract = two_tiers(instance)
    made = made_up(instance, contract, 11)
    made.samples[:, made.index("tier_paid", "busy", "thorough_visit", 1)] = 0.25
    document = simulation_document(instance, contract, years_of(made), 7, made)
    rows = measures(document, labels_of(instance))[2]
    assert str(rows[0][-1]).startswith("1 (50 %): 25 %, 2 (90 %): ")
    title, columns, rows = practices(document, labels_of(instance))
    assert "visits of the last year" in title
    assert columns[:4] == ["practice type", "how many", "child-years asked for", "kept"]
    assert [str(cell) for cell in rows[0][:3]] == ["Busy practice", "3", "1,000"]


def test_what_is_asked_for_is_simulated(
    asked: list[dict[str, Any]], instance: Instance, tmp_path: Path
) -> None:
    """Contract, behaviour, precision, seed and threads arrive; stdout holds one JSON document."""
    write_contract(two_tiers(instance), tmp_path / "contract.toml")
    (tmp_path / "design.json").write_text("{}")
    for name in (tmp_path, tmp_path / "contract.toml", tmp_path / "design.json"):
        done = typed(
            PLACE, "--contract", str(name), "--behaviour", "inertial", "--precision", "0.5%",
            "--replications", "3", "--seed", "9", "--threads", "2", "--json",
        )  # fmt: skip
        assert done.exit_code == 0, done.stderr
        document = json.loads(done.stdout)
        assert document["contract"] == {"title": "Two tiers", "is_status_quo": False}
        question = asked.pop()
        assert question["contract"] == two_tiers(instance)
        del question["contract"], question["report"]
        assert question == {
            "behaviour": "inertial", "precision": 0.005, "replications": 3, "seed": 9, "threads": 2
        }  # fmt: skip
    assert typed(PLACE).exit_code == 0
    assert asked.pop()["contract"] == instance.status_quo


def test_the_ledger_is_the_samples(asked: list[dict[str, Any]], instance: Instance, tmp_path: Path) -> None:
    """Written with --out, and read back by the reader of outside ledgers."""
    out = tmp_path / "new" / "ledger.csv"
    assert typed(PLACE, "--replications", "4", "--out", str(out)).exit_code == 0
    made = made_up(instance, instance.status_quo, 5, 4)
    read = read_ledger(out, instance, instance.status_quo, 4)
    assert read.quantities == made.quantities
    assert np.array_equal(read.values, made.samples)
    assert typed(PLACE, "--out", str(out)).exit_code == 0, "an earlier ledger may be replaced"


def test_no_other_file_is_overwritten(asked: list[dict[str, Any]], tmp_path: Path) -> None:
    """A table of an instance is not taken for an old ledger, and nothing is simulated."""
    file = tmp_path / "needs.csv"
    file.write_text("need,segment\n")
    done = typed(PLACE, "--out", str(file))
    assert done.exit_code == 2
    assert "an earlier ledger" in done.stderr
    assert (file.read_text(), asked) == ("need,segment\n", [])


def test_everything_wrong_is_told_at_once(tmp_path: Path) -> None:
    """Instance, contract, --out and options that clash, in one go."""
    (tmp_path / "bad.toml").write_text("schema = 1\nfeees = 3\n")
    (tmp_path / "file").write_text("")
    done = typed(
        "two_practises", "--contract", str(tmp_path / "bad.toml"), "--out", str(tmp_path / "file" / "x.csv"),
        "--with", "python3 x.py", "--behaviour", "quantal", "--precision", "1%", "--threads", "1", "--json",
    )  # fmt: skip
    assert done.exit_code == 2
    places = [f"{p['file']} {p['where']}" for p in json.loads(done.stdout)["error"]["problems"]]
    for words in ("two_practises", "bad.toml", "--out", "--behaviour", "--precision", "--threads"):
        assert any(words in place for place in places), places


@pytest.mark.parametrize(
    "words",
    [
        ["--replications", "0"],
        ["--replications", "2.5"],
        ["--precision", "5"],
        ["--precision", "0"],
        ["--seed", "-1"],
        ["--threads", "many"],
        ["--behaviour", "rationl"],
        ["--time-limit", "10"],
        ["--contract", "nowhere.toml"],
        ["--with", "'"],
    ],
)
def test_nonsense_is_refused(words: list[str]) -> None:
    """Exit code 2 and a plain sentence, no traceback."""
    done = typed(PLACE, *words)
    assert done.exit_code == 2
    assert done.stderr.strip()
    assert "Traceback" not in done.output


def test_another_program_answers(tmp_path: Path) -> None:
    """Its ledger becomes the same tables, without what it does not say."""
    script = tmp_path / "other.py"
    script.write_text(
        "import sys\nfile = open(sys.argv[-1], 'w')\n"
        "print('replication,practice,quantity,of,tier,value', file=file)\n"
        "for n in (1, 2, 3):\n"
        "    print(f'{n},,health_qaly,,,{n}\\n{n},,outlay_usd,,,9', file=file)\n"
        "    print(f'{n},busy,net_income_usd,,,5', file=file)\n"
    )
    words = [PLACE, "--with", f"{sys.executable} {script}", "--replications", "3"]
    document = json.loads(typed(*words, "--json").stdout)
    assert document["totals"]["health_qaly"]["mean"] == 2.0
    assert document["behaviour"] is None
    assert document["practices"][0]["net_income_usd"]["mean"] == 5.0
    assert document["practices"][0]["panel"] == {}
    said = typed(*words)
    assert said.exit_code == 0
    assert "simulated by the program" in said.stdout
    assert "Measures" not in said.stdout


def test_progress_is_lines_with_the_time_left(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing within two seconds, then a line every three, on stderr only."""
    now = [100.0]
    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    lines = simulating._Lines()
    for second in range(9):
        now[0] = 100.0 + second
        lines(simulating.step_of(Progress("simulating", 10_000 * second, 100_000)))
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.splitlines() == [
        "    2 s  simulating: 20 % of 100,000 child-years, about 8 s left",
        "    5 s  simulating: 50 % of 100,000 child-years, about 5 s left",
        "    8 s  simulating: 80 % of 100,000 child-years, about 2 s left",
    ]


def test_progress_without_an_end_promises_none() -> None:
    """With a precision nobody knows how many years it takes; decisions done, the compiler is at work."""
    step = simulating.step_of(Progress("simulating", 30_000, 100_000), open_ended=True)
    assert simulating.said(step, math.nan) == "simulating: 30,000 child-years so far"
    assert simulating.step_of(Progress("deciding", 8, 8), of="today").words == "preparing (today)"
    assert simulating.duration(200.0) == "3 min"


def test_failures_of_the_work_come_through() -> None:
    """What goes wrong in the thread is raised where it was started."""

    def work(tell: simulating.Tell, stop: simulating.Stop) -> None:
        raise ValueError("broken")

    with pytest.raises(ValueError, match="broken"):
        simulating.attend(work)


@pytest.mark.skipif(os.name != "posix", reason="signals of POSIX")
@pytest.mark.parametrize("other", [[], ["--with", f"{sys.executable} -c 'import time; time.sleep(60)'"]])
def test_interrupted_it_ends_at_once(other: list[str]) -> None:
    """Ctrl-C, whatever it is at: exit code 130 within seconds, nothing on stdout."""
    start = "from incentive_opt.cli.main import main; main()"
    words = [sys.executable, "-c", start, "simulate", "medicaid_statewide", "--replications", "999", *other]
    process = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert process.stderr is not None
    process.stderr.readline()  # progress: it is under way
    process.send_signal(signal.SIGINT)
    started = time.monotonic()
    out, err = process.communicate(timeout=30)
    assert process.returncode == 130, err
    assert out == ""
    assert "Interrupted" in err
    assert time.monotonic() - started < 10.0


@pytest.mark.skipif(os.name != "posix", reason="signals of POSIX")
def test_work_that_does_not_listen_is_left(tmp_path: Path) -> None:
    """A compiler in a thread of its own goes on for a minute; after Ctrl-C nobody waits for it."""
    script = tmp_path / "deaf.py"
    script.write_text(
        "import sys, time\nfrom concurrent.futures import ThreadPoolExecutor\n"
        "from incentive_opt.cli.simulating import attend\n"
        "def work(tell, stop):\n"
        "    with ThreadPoolExecutor() as pool:\n"
        "        pool.submit(time.sleep, 60).result()\n"
        "print('started', flush=True)\nattend(work)\n"
    )
    process = subprocess.Popen([sys.executable, str(script)], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                               text=True, env=os.environ | {"PYTHONPATH": str(ROOT)})  # fmt: skip
    assert process.stdout is not None
    process.stdout.readline()
    time.sleep(0.5)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=15)
    assert (process.returncode, err) == (130, "Interrupted.\n")


def test_the_real_simulator_answers(instance: Instance) -> None:
    """One seed gives one answer, whatever the threads; another seed gives another."""
    words = [PLACE, "--replications", "2", "--json"]
    done = [typed(*words, *more) for more in (["--threads", "1"], ["--threads", "2"], ["--seed", "1"])]
    assert [one.exit_code for one in done] == [0, 0, 0], done[0].output
    first, second, third = (json.loads(one.stdout) for one in done)
    assert first == second
    assert first["samples"] != third["samples"]
    assert first["totals"]["children_on_panels"]["mean"] == pytest.approx(5000.0, abs=5.0)
    assert first["practices"][0]["last_year"]["minutes_per_visit"] == pytest.approx(15.0, abs=1.0)


def test_a_contract_by_any_name(instance: Instance) -> None:
    """The contract in force has a name of its own."""
    assert contract_named("status_quo", instance) == instance.status_quo


@pytest.mark.slow
def test_a_million_children_fit_a_small_machine() -> None:
    """Children of a whole state in one command, in less than 1 GB."""
    words = ["simulate", "medicaid_statewide", "--replications", "1", "--json"]
    code = (
        "import resource, sys\nfrom click.testing import CliRunner\nfrom incentive_opt.cli.main import main\n"
        f"done = CliRunner().invoke(main, {words!r})\n"
        "print(done.stdout)\nprint(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, file=sys.stderr)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    totals = json.loads(done.stdout)["totals"]
    asked = totals["children_on_panels"]["mean"] + totals["children_turned_away"]["mean"]
    assert asked > 1e6
    assert int(done.stderr.split()[-1]) * (1 if sys.platform == "darwin" else 1024) < 1e9


def test_folders_made_for_the_ledger_are_told(tmp_path: Path) -> None:
    """Where --out names a folder that is not there, it is made, and said."""
    out = tmp_path / "new" / "deep" / "ledger.csv"
    words = ["simulate", "two_practices", "--replications", "1", "--out", str(out), "--json"]
    first = CliRunner().invoke(main, words)
    assert first.exit_code == 0, first.stderr
    assert f"The folder {out.parent} was made for it." in first.stderr
    again = CliRunner().invoke(main, words)
    assert str(out) in again.stderr
    assert "was made" not in again.stderr


def test_it_says_what_is_counted() -> None:
    """Child-years are called so, and which figures also count other payers' children."""
    said = CliRunner().invoke(main, ["simulate", "two_practices", "--replications", "1"]).stdout
    (kept,) = [line for line in said.splitlines() if line.startswith("On panels")]
    assert kept.endswith("child-years")
    assert "On panels (children this contract pays for)" in said
    for words in ("child-years asked for", "A child-year is", "children of all payers"):
        assert words in said
