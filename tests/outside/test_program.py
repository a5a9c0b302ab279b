"""Running other people's simulators: what they are told, and what is said when they fail."""

from __future__ import annotations

import json
import os
import shlex
import sys
import time
from pathlib import Path

import pytest

from incentive_opt.domain.instance import Instance
from incentive_opt.errors import InputError
from incentive_opt.files import read_contract, read_instance
from incentive_opt.outside import Stopped, run_outside
from tests.cli.simulated import two_tiers

ANSWER = """
import json, sys
from pathlib import Path
given = dict(zip(sys.argv[-10::2], sys.argv[-9::2]))
rows = ["replication,practice,quantity,of,tier,value"]
for number in range(1, int(given["--replications"]) + 1):
    rows += [f"{number},,health_qaly,,,{number}.5", f"{number},,outlay_usd,,,{given['--seed']}"]
Path(given["--ledger"]).write_text("\\n".join(rows))
contract = Path(given["--contract"]).read_text()
Path("seen.json").write_text(json.dumps({"words": sys.argv[1:], "contract": contract}))
print("talk " * 100_000)
"""


@pytest.fixture(scope="module")
def instance() -> Instance:
    return read_instance("two_practices")


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Programs start in the folder where the command was typed; here one that is thrown away."""
    monkeypatch.chdir(tmp_path)


def command(folder: Path, text: str, *words: str) -> str:
    """A command line that runs the text as a program."""
    path = folder / "other program.py"
    path.write_text(text, encoding="utf-8")
    return shlex.join([sys.executable, str(path), *words])


def failure(instance: Instance, line: str, time_limit: float = 30.0) -> str:
    """What is said of a program that fails."""
    with pytest.raises(InputError) as caught:
        run_outside(line, instance, two_tiers(instance), 1, 2, time_limit)
    return str(caught.value)


def test_the_program_is_told_what_to_do(instance: Instance, tmp_path: Path) -> None:
    """Own words first, untouched by any shell; then instance, contract, seed, years and ledger."""
    line = command(tmp_path, ANSWER, "$HOME", "*", "a b; exit 3")
    years = run_outside(line, instance, two_tiers(instance), 41, 3)
    assert years.values.tolist() == [[1.5, 41.0], [2.5, 41.0], [3.5, 41.0]]
    seen = json.loads((tmp_path / "seen.json").read_text())
    assert seen["words"][:3] == ["$HOME", "*", "a b; exit 3"]
    assert seen["words"][3::2] == ["--instance", "--contract", "--seed", "--replications", "--ledger"]
    assert Path(seen["words"][4]) == Path(instance.path).resolve()
    (tmp_path / "contract.toml").write_text(seen["contract"])
    assert read_contract(tmp_path / "contract.toml", instance) == two_tiers(instance)
    assert not Path(seen["words"][-1]).parent.exists(), "the folder of the ledger is cleared away"


def test_a_program_that_fails(instance: Instance, tmp_path: Path) -> None:
    """Its exit code and its last words."""
    said = failure(
        instance, command(tmp_path, "import sys; print('no such child', file=sys.stderr); sys.exit(3)")
    )
    assert "exit code 3" in said
    assert "no such child" in said


@pytest.mark.skipif(os.name != "posix", reason="signals of POSIX")
def test_a_program_that_is_killed(instance: Instance, tmp_path: Path) -> None:
    """The signal is named."""
    said = failure(instance, command(tmp_path, "import os; os.kill(os.getpid(), 9)"))
    assert "ended by signal 9" in said


def test_a_program_without_an_answer(instance: Instance, tmp_path: Path) -> None:
    """Exit code 0 and no ledger."""
    said = failure(instance, command(tmp_path, "pass"))
    assert "this file to exist" in said
    assert "outside_simulators.md" in said


def test_a_bad_answer_names_its_rows(instance: Instance, tmp_path: Path) -> None:
    """The ledger's faults are told as they are for any file."""
    said = failure(instance, command(tmp_path, ANSWER.replace("health_qaly", "health")))
    assert "found 'health'" in said


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("there_is_no_such_program --fast", "a program that can be started"),
        ("python3 'half a quote", "No closing quotation"),
        ("   ", "a command, such as"),
        (".", "a program that can be started"),
    ],
)
def test_a_command_that_cannot_be_run(instance: Instance, line: str, words: str) -> None:
    """A plain word, and no traceback."""
    assert words in failure(instance, line)


@pytest.mark.skipif(os.name != "posix", reason="groups of processes")
def test_a_slow_program_is_ended_with_what_it_started(instance: Instance, tmp_path: Path) -> None:
    """At the time limit neither it nor its child is left."""
    mark = tmp_path / "alive"
    child = f"import time\nfor _ in range(600):\n    open({str(mark)!r}, 'w').close()\n    time.sleep(0.05)"
    text = (
        f"import subprocess, sys, time\nsubprocess.Popen([sys.executable, '-c', {child!r}])\ntime.sleep(30)"
    )
    started = time.monotonic()
    said = failure(instance, command(tmp_path, text), time_limit=1.0)
    assert "an answer within 1 seconds" in said
    assert time.monotonic() - started < 10.0
    assert mark.exists(), "the child never ran, so nothing is shown"
    mark.unlink()
    time.sleep(0.5)
    assert not mark.exists()


def test_whoever_watches_can_end_it(instance: Instance, tmp_path: Path) -> None:
    """Once stop says so, the program is ended."""
    started = time.monotonic()
    with pytest.raises(Stopped):
        run_outside(
            command(tmp_path, "import time; time.sleep(30)"), instance, two_tiers(instance), 0, 1,
            stop=lambda: time.monotonic() - started > 0.5,
        )  # fmt: skip
    assert time.monotonic() - started < 10.0
