"""A worker that searches nothing: what it does with an order depends on the seed alone.

Started with ``python -m tests.batch.fake_worker``. A file that an environment variable names gets a line for
each order that is begun, so that a test can count.
"""

from __future__ import annotations

import mmap
import os
import signal
import sys
import time
from pathlib import Path

from incentive_opt.batch.order import Order
from incentive_opt.batch.record import DONE, NO_ROOM, Outcome
from incentive_opt.batch.worker import work

MODULE = "tests.batch.fake_worker"
BEGUN = "FAKE_WORKER_BEGUN"
HANGS, SWELLS, DIES, DIES_ONCE, RAISES, NO_MEMORY, FULL, SLOW, HOLDS, SHARES = range(1001, 1011)
"""Seeds with which something happens."""


def carry_out(order: Order, scratch: Path) -> Outcome:
    """What the seed says."""
    if BEGUN in os.environ:
        with Path(os.environ[BEGUN]).open("a", encoding="utf-8") as file:
            file.write(f"{order.key} {os.getpid()}\n")
    if order.seed == HANGS:
        signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGTERM, signal.SIGINT])
        time.sleep(1000.0)
    if order.seed == HOLDS:
        sum(range(10**12))  # in C: neither a signal nor another thread of Python gets a turn
    if order.seed == SWELLS:
        rooms = [bytearray(20_000_000) for _ in range(100_000)]
        return Outcome(DONE, f"{len(rooms)}")
    if order.seed == SHARES:  # the system does not count this as the process's own
        kept = [mmap.mmap(-1, 20_000_000) for _ in range(30)]
        for room in kept:
            room.write(b"x" * 20_000_000)
        time.sleep(1000.0)
    if order.seed == DIES:
        os.kill(os.getpid(), signal.SIGSEGV)
    if order.seed == DIES_ONCE and not (mark := Path(os.environ[BEGUN] + ".died")).exists():
        mark.touch()
        os._exit(7)
    if order.seed == RAISES:
        raise RuntimeError("out of the blue")
    if order.seed == FULL:
        return Outcome(NO_ROOM, "no room on the worker")
    if order.seed == SLOW:
        time.sleep(2.0)
    time.sleep(float(os.environ.get("FAKE_WORKER_SECONDS", "0")))
    from incentive_opt.parallel import cores  # as the search asks it

    threads = [os.environ[name] for name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "NUMBA_NUM_THREADS")]
    figures = {
        "iterations": cores() * max(map(int, threads)),
        "health_qaly": order.seed / 7.0,
        "gain_share": order.seed / 100.0,
        "status": "optimal",
    }
    files = {"design.json": b"{}\n", "instance/instance.toml": order.instance.files["instance.toml"]}
    return Outcome(DONE, "", figures, {"task_seconds": 0.0, "host": "here"}, files)


if __name__ == "__main__":
    work(sys.argv[1:], carry_out)
