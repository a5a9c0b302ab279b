"""A Dask cluster for tests: a scheduler and workers as programs of their own, as people start them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PATIENCE = 120.0
"""How long a loaded machine may take to start one [s]."""


@dataclass
class Cluster:
    """A scheduler's address, and processes."""

    address: str
    folder: Path
    options: Sequence[str]
    env: Mapping[str, str]
    workers: list[subprocess.Popen[bytes]] = field(default_factory=list)

    def add_worker(self) -> None:
        """Start one more worker, of one thread."""
        words = ["worker", self.address, "--nthreads", "1", "--no-nanny", "--no-dashboard"]
        words += ["--local-directory", str(self.folder), "--death-timeout", str(PATIENCE)]
        self.workers.append(_start([*words, *self.options], self.folder, self.env))


@contextmanager
def cluster(
    folder: Path, workers: int = 2, options: Sequence[str] = (), protocol: str = "tcp", **more: str
) -> Iterator[Cluster]:
    """A cluster on this machine; it ends with the block.

    Parameters
    ----------
    options : sequence of str
        For scheduler and workers alike.
    more
        Further variables of their environment.
    """
    env = {**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1", **more}
    file = folder / "scheduler.json"
    words = ["scheduler", "--host", f"{protocol}://127.0.0.1", "--port", "0", "--no-dashboard"]
    scheduler = _start([*words, "--scheduler-file", str(file), *options], folder, env)
    made = Cluster(_address(file), folder, options, env)
    try:
        for _ in range(workers):
            made.add_worker()
        yield made
    finally:
        for process in [*made.workers, scheduler]:
            process.kill()
            process.wait()


def _start(words: Sequence[str], folder: Path, env: Mapping[str, str]) -> subprocess.Popen[bytes]:
    with (folder / "words.txt").open("ab") as said:
        return subprocess.Popen(
            [sys.executable, "-m", "dask", *words], cwd=ROOT, env=dict(env), stdout=said, stderr=said
        )


def _address(file: Path) -> str:
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        if file.exists():
            return str(json.loads(file.read_text(encoding="utf-8"))["address"])
        time.sleep(0.05)
    raise TimeoutError((file.parent / "words.txt").read_text(encoding="utf-8"))
