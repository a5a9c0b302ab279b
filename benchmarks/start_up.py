"""How long a user waits before anything is computed: whole commands, beside a bare ``python -c pass``.

    python benchmarks/start_up.py [ROUNDS]

Wall time of the whole process, from start to end; every round runs each command once, the bare one first.
Where a median passes its limit, the imports that cost most by themselves follow (``python -X importtime``,
which itself slows things down).
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parents[1]
ROUNDS = 5
BARE = "python -c pass"
COSTLIEST = 10

COMMANDS: dict[str, tuple[list[str], float]] = {
    BARE: (["-c", "pass"], np.inf),
    "incentive-opt --help": (["-m", "incentive_opt", "--help"], 0.3),
    "incentive-opt solve two_practices": (
        ["-m", "incentive_opt", "solve", "two_practices", "--model", "quality_bonus", "--out", "{out}"],
        2.0,
    ),
}
"""What is run, and the seconds it should take at most [s]."""

IMPORT = re.compile(r"import time:\s*(\d+) \|\s*(\d+) \|(\s*)(\S+)")


def run(words: list[str], *options: str) -> tuple[float, str]:
    """Seconds that a command takes, and what it says on the error channel."""
    with tempfile.TemporaryDirectory() as folder:
        filled = [word.format(out=Path(folder, "design")) if word == "{out}" else word for word in words]
        environment = {**os.environ, "PYTHONPATH": str(ROOT)}
        started = time.perf_counter()
        done = subprocess.run(
            [sys.executable, *options, *filled], env=environment, cwd=folder, capture_output=True, text=True
        )
        seconds = time.perf_counter() - started
    if done.returncode != 0:
        raise SystemExit(f"{' '.join(filled)} ended with {done.returncode}:\n{done.stderr}")
    return seconds, done.stderr


def costly_imports(words: list[str]) -> list[str]:
    """The imports that take longest by themselves, and the sum by package."""
    _, said = run(words, "-X", "importtime")
    own = [(int(found[1]), found[4]) for found in IMPORT.finditer(said)]
    packages: dict[str, int] = {}
    for cost, name in own:
        packages[name.split(".")[0]] = packages.get(name.split(".")[0], 0) + cost
    lines = [f"    {len(own)} imports, {sum(cost for cost, _ in own) / 1e3:.0f} ms in all; by themselves:"]
    lines += [f"    {cost / 1e3:8.1f} ms  {name}" for cost, name in sorted(own, reverse=True)[:COSTLIEST]]
    ranked = sorted(packages.items(), key=lambda item: -item[1])[:COSTLIEST]
    return [*lines, "    by package: " + ", ".join(f"{name} {cost / 1e3:.0f} ms" for name, cost in ranked)]


def main() -> int:
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else ROUNDS
    for words, _ in COMMANDS.values():  # so that compiled files and the disk's cache are there
        run(words)
    times: dict[str, list[float]] = {name: [] for name in COMMANDS}
    for _ in range(rounds):
        for name, (words, _) in COMMANDS.items():
            times[name].append(run(words)[0])
    print(f"whole commands, {rounds} rounds, seconds")
    print(f"{'':36} {'median':>8} {'least':>8} {'most':>8} {'over bare':>10} {'limit':>7}")
    slow = []
    for name, (words, limit) in COMMANDS.items():
        taken = np.array(times[name])
        over = float(np.median(taken - np.array(times[BARE])))
        late = float(np.median(taken)) > limit
        figures = f"{np.median(taken):8.3f} {taken.min():8.3f} {taken.max():8.3f} {over:10.3f}"
        verdict = "" if np.isinf(limit) else f" {limit:7.1f}  {'OVER' if late else 'ok'}"
        print(f"{name:36} {figures}{verdict}")
        slow += [(name, words)] if late else []
    for name, words in slow:
        print(f"{name}: costliest imports")
        print("\n".join(costly_imports(words)))
    return 1 if slow else 0


if __name__ == "__main__":
    raise SystemExit(main())
