"""Watching over a worker: orders go in, outcomes come out; what hangs, swells or dies is an outcome, too.

The same on this machine and on a cluster: a thread of the batch, or of a cluster's worker, calls
``supervise``.
"""

from __future__ import annotations

import atexit
import contextlib
import os
import pickle
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import dataclass
from multiprocessing import Pipe
from pathlib import Path

from incentive_opt import __version__
from incentive_opt.batch.order import SOLVER, Order
from incentive_opt.batch.record import Outcome, failed

LOOK = 0.1
"""How often a worker's memory is looked at [s]."""
STARTING = 60.0
"""Further time for a worker that has just been started [s]."""
ATTEMPTS = 2
"""So often an order is given to a worker that dies of itself."""
LAST_WORDS = 2000
"""Characters of what a dying worker wrote."""
SWOLLEN = 0.8
"""A worker that dies above this share of its memory died of it [1]."""
MEGABYTE = 1e6
LEAST_MEMORY = 400e6
"""With less, a worker does not even start [bytes]."""
MOST_MEMORY = 1e15
"""More is no limit on any machine [bytes]."""
ORDER = "order.pickle"
MEMORY_HERE = Path("/proc/self/statm").exists()
"""Whether this system tells how much memory a process has, and lets it be limited."""


@dataclass(frozen=True)
class Care:
    """How a worker is kept.

    Attributes
    ----------
    module : str
        What is started with ``python -m``.
    memory : int
        Memory that it may use [bytes]; 0 for any.
    kill_after : float or None
        Time after which it is taken to hang [s]; what the order says if None.
    """

    module: str
    memory: int = 0
    kill_after: float | None = None


_idle: dict[Care, list[Worker]] = {}
_busy: set[Worker] = set()
_lock = threading.Lock()


def supervise(order: Order, care: Care, version: tuple[str, str]) -> Outcome:
    """Have an order carried out by a worker of this machine.

    Parameters
    ----------
    order : Order
    care : Care
    version : (str, str)
        Of the program and the solver that the batch was planned with; a cluster may have others.
    """
    here = (__version__, SOLVER)
    if version != here:
        return failed(
            f"the worker has incentive-opt {here[0]} with {here[1]}, the batch has {version[0]} with "
            f"{version[1]}; install the same on all machines"
        )
    outcome = failed("it was not tried")
    for _ in range(ATTEMPTS):
        worker = _take(care)
        outcome, again = worker.carry_out(order, care)
        wanted = _give_back(worker, care, outcome)
        if not (again and wanted):
            break
    return outcome


def end_all() -> None:
    """End every worker of this process, also those that are at work."""
    with _lock:
        workers = [*_busy, *(worker for some in _idle.values() for worker in some)]
        _idle.clear()
        _busy.clear()
    for worker in workers:
        worker.end()


atexit.register(end_all)


def _take(care: Care) -> Worker:
    with _lock:
        while _idle.get(care):
            worker = _idle[care].pop()
            if worker.process.poll() is None:
                _busy.add(worker)
                return worker
            worker.end()
    worker = Worker(care)
    with _lock:
        _busy.add(worker)
    return worker


def _give_back(worker: Worker, care: Care, outcome: Outcome) -> bool:
    """Keep a worker for the next order, or end it; whether workers are still wanted at all."""
    fit = not outcome.worn and worker.process.poll() is None
    with _lock:
        known = worker in _busy
        _busy.discard(worker)
        if fit and known:
            _idle.setdefault(care, []).append(worker)
    if not (fit and known):
        worker.end()
    return known


class Worker:
    """A process of its own group, with a scratch folder and a file for what it says."""

    def __init__(self, care: Care) -> None:
        self.scratch = Path(tempfile.mkdtemp(prefix="incentive-opt-", dir=_quick_folder()))
        self.words = self.scratch / "words.txt"
        self.fresh = True
        here, there = Pipe()
        package = str(Path(__file__).resolve().parents[2])
        paths = [package, *filter(None, os.environ.get("PYTHONPATH", "").split(os.pathsep))]
        alone = dict.fromkeys(
            ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS"), "1"
        )
        said = [str(there.fileno()), str(self.scratch), str(care.memory), str(os.getpid())]
        with self.words.open("wb") as words:
            self.process = subprocess.Popen(
                [sys.executable, "-m", care.module, *said],
                stdin=subprocess.DEVNULL,
                stdout=words,
                stderr=words,
                pass_fds=(there.fileno(),),
                env={**os.environ, **alone, "PYTHONPATH": os.pathsep.join(paths)},
                start_new_session=True,
            )
        there.close()
        self.connection = here

    def carry_out(self, order: Order, care: Care) -> tuple[Outcome, bool]:
        """The outcome of an order, and whether it is worth another try with another worker."""
        limit = order.kill_after if care.kill_after is None else care.kill_after
        deadline = time.monotonic() + limit + (STARTING if self.fresh else 0.0)
        self.fresh, used = False, 0
        # Through a file: a socket takes so much only, and whoever waits for a process that hangs, hangs.
        (self.scratch / ORDER).write_bytes(pickle.dumps(order, protocol=pickle.HIGHEST_PROTOCOL))
        try:
            self.connection.send(limit)
            while not self.connection.poll(LOOK):
                used = max(used, _memory_of(self.process.pid) if care.memory else 0)
                if care.memory and used > care.memory:
                    self._kill()
                    return failed(_too_large(care), worn=True), False
                if time.monotonic() > deadline:
                    self._kill()
                    return failed(
                        f"it was still running after {limit:g} seconds and was ended", worn=True
                    ), False
            answer = self.connection.recv()
        except (EOFError, OSError):
            return self._died(care, used)
        if isinstance(answer, Outcome):
            return answer, False
        return failed("the worker gave an answer that makes no sense", worn=True), True

    def end(self) -> None:
        """End the process and whatever it started; nothing of it stays."""
        self._kill()
        with contextlib.suppress(OSError):
            self.connection.close()
        shutil.rmtree(self.scratch, ignore_errors=True)

    def _kill(self) -> None:
        if self.process.poll() is None:
            with contextlib.suppress(OSError):
                os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()

    def _died(self, care: Care, used: int) -> tuple[Outcome, bool]:
        """A worker that ended in the middle of an order."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(2.0)  # its end of the connection closes a little before it ends
        self._kill()
        try:
            said = self.words.read_text(encoding="utf-8", errors="replace")[-LAST_WORDS:]
        except OSError:
            said = ""
        code = self.process.returncode
        if care.memory and (used > SWOLLEN * care.memory or "bad_alloc" in said or "MemoryError" in said):
            return failed(_too_large(care), said, worn=True), False
        how = f"by signal {-code}" if code < 0 else f"with code {code}"
        return failed(f"the worker ended in the middle of it {how}", said, worn=True), True


def _too_large(care: Care) -> str:
    return f"it needs more than the {care.memory / MEGABYTE:,.0f} MB of memory that a worker may use"


def _memory_of(number: int) -> int:
    """Memory that a process holds [bytes]; 0 where the system does not say."""
    try:
        pages = int(Path(f"/proc/{number}/statm").read_text(encoding="ascii").split()[1])
    except (OSError, ValueError, IndexError):
        return 0
    return pages * os.sysconf("SC_PAGE_SIZE")


def _quick_folder() -> str | None:
    """A folder in memory for files that are read once, unless another is wished."""
    quick = "/dev/shm"
    wished = any(name in os.environ for name in ("TMPDIR", "TEMP", "TMP"))
    return quick if not wished and os.access(quick, os.W_OK) else None
