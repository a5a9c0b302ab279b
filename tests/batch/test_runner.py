"""Watching over a worker: what hangs, swells, dies or errs ends as a failure with its reason, and in time."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from incentive_opt import __version__
from incentive_opt.batch import runner
from incentive_opt.batch.order import SOLVER
from incentive_opt.batch.record import DONE, FAILED, NO_ROOM
from incentive_opt.batch.runner import Care, end_all, supervise
from tests.batch import fake_worker as fake
from tests.batch.batches import order_of

HERE = (__version__, SOLVER)
CARE = Care(fake.MODULE)


@pytest.fixture(autouse=True)
def ended() -> object:
    """No worker is left by a test."""
    yield
    end_all()
    assert not runner._busy
    assert not any(runner._idle.values())


def test_a_worker_is_used_again_and_its_scratch_is_removed() -> None:
    """Two orders, one process; at the end neither the process nor its folder is there."""
    assert supervise(order_of(1), CARE, HERE).outcome == DONE
    (worker,) = runner._idle[CARE]
    number, scratch = worker.process.pid, worker.scratch
    assert supervise(order_of(2), CARE, HERE).outcome == DONE
    (worker,) = runner._idle[CARE]
    assert worker.process.pid == number
    assert scratch.is_dir()
    end_all()
    assert not scratch.exists()
    with pytest.raises(ProcessLookupError):
        os.kill(number, 0)


def test_a_worker_takes_one_core(monkeypatch: pytest.MonkeyPatch) -> None:
    """The search is told of one core and every library of one thread, whatever is set outside."""
    monkeypatch.setenv("OMP_NUM_THREADS", "8")
    assert supervise(order_of(3), CARE, HERE).figures["iterations"] == 1


@pytest.mark.parametrize("seed", [fake.HANGS, fake.HOLDS])
def test_what_hangs_is_ended(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Asleep with signals blocked, or busy in C with no turn for Python: over soon after its time."""
    monkeypatch.setattr(runner, "STARTING", 2.0)
    started = time.monotonic()
    outcome = supervise(order_of(seed), Care(fake.MODULE, kill_after=0.5), HERE)
    assert outcome.outcome == FAILED
    assert "still running after 0.5 seconds" in outcome.why
    assert time.monotonic() - started < 20.0


def test_the_limit_follows_from_the_time_of_the_search() -> None:
    """Without a limit of its own a task has one that its search fits into, with room to spare."""
    order = order_of(1)
    assert order.terms.time_limit < order.kill_after < 3.0 * order.terms.time_limit


@pytest.mark.parametrize("seed", [fake.SWELLS, fake.SHARES])
def test_what_swells_is_ended(seed: int) -> None:
    """A worker that takes ever more memory, of whatever kind, fails; it is said how much it was allowed."""
    outcome = supervise(order_of(seed), Care(fake.MODULE, memory=500_000_000), HERE)
    assert outcome.outcome == FAILED
    assert "500 MB" in outcome.why


def test_what_dies_is_tried_once_more(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A worker that dies of itself: a second one does the work; where that dies, too, it is told how."""
    begun = tmp_path / "begun"
    monkeypatch.setenv(fake.BEGUN, str(begun))
    assert supervise(order_of(fake.DIES_ONCE), CARE, HERE).outcome == DONE
    assert len(begun.read_text(encoding="utf-8").splitlines()) == 2
    outcome = supervise(order_of(fake.DIES), CARE, HERE)
    assert outcome.outcome == FAILED
    assert f"by signal {signal.SIGSEGV.value}" in outcome.why


def test_what_raises_in_the_loop_is_told_with_its_last_words() -> None:
    """An error that nobody caught ends the worker; what it wrote is kept for whoever looks for the cause."""
    outcome = supervise(order_of(fake.RAISES), CARE, HERE)
    assert outcome.outcome == FAILED
    assert "out of the blue" in outcome.detail


def test_a_full_disk_is_no_failure_of_the_task() -> None:
    """The outcome says so, and the batch decides."""
    assert supervise(order_of(fake.FULL), CARE, HERE).outcome == NO_ROOM


def test_another_version_is_refused() -> None:
    """A cluster with another program or solver would give other results under the same key."""
    for version in (("0.0.1", SOLVER), (__version__, "HiGHS 1.0")):
        outcome = supervise(order_of(1), CARE, version)
        assert outcome.outcome == FAILED
        assert "install the same" in outcome.why


def test_workers_leave_when_nobody_waits(tmp_path: Path) -> None:
    """The process that watches is killed: its worker ends by itself, also in the middle of an order."""
    script = (
        "from tests.batch.batches import order_of; from tests.batch import fake_worker as fake\n"
        "from incentive_opt.batch.runner import supervise, Care\n"
        f"supervise(order_of(fake.HANGS), Care(fake.MODULE), {HERE!r})\n"
    )
    begun = tmp_path / "begun"
    root = str(Path(__file__).resolve().parents[2])
    process = subprocess.Popen(
        [sys.executable, "-c", script], cwd=root, env={**os.environ, fake.BEGUN: str(begun)}
    )
    until = time.monotonic() + 60.0
    while not begun.exists() and time.monotonic() < until:
        time.sleep(0.05)
    number = int(begun.read_text(encoding="utf-8").split()[1])
    process.kill()
    process.wait()
    until = time.monotonic() + 15.0
    while _lives(number) and time.monotonic() < until:
        time.sleep(0.05)
    assert not _lives(number)


def _lives(number: int) -> bool:
    try:
        state = Path(f"/proc/{number}/stat").read_text(encoding="ascii").rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state != "Z"
