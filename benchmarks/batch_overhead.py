"""What a batch costs beside its searches: two processes against one, overhead of a task, asking its table.

    python benchmarks/batch_overhead.py [TASKS] [ROWS]

Whole commands, from start to end, in one run: TASKS small tasks on one process and then on two; then a table
of ROWS recorded results. Overhead is the wall time on one process beyond the seconds inside ``solve``,
divided by tasks: starting Python and the worker, reading, writing, the table and the summary are all in it.
A busy machine spoils all of these figures, so its load is printed, too.
"""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import duckdb

from incentive_opt.batch import Product, Study
from incentive_opt.batch.folder import TABLE, Folder
from incentive_opt.batch.plan import plan
from incentive_opt.batch.record import DONE, Outcome
from incentive_opt.batch.table import rows_of, write_table

ROOT = Path(__file__).resolve().parents[1]
TASKS, ROWS = 200, 10_000
SPEED, OVERHEAD, ASKING = 1.8, 0.050, 1.0
"""Two processes are so many times as fast [1]; a task costs so much beyond its search [s]; a question [s]."""
QUESTIONS = (
    ["--group", "model,payer.budget"],
    ["--where", "gap < 0.05 AND outcome = 'done'", "--sort=-health_qaly", "--limit", "20"],
)


def run(words: list[str]) -> float:
    """Seconds that a command takes."""
    started = time.perf_counter()
    done = subprocess.run(
        [sys.executable, "-m", "incentive_opt", *words],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
    )
    if done.returncode != 0:
        raise SystemExit(f"{' '.join(words)} ended with {done.returncode}:\n{done.stderr}")
    return time.perf_counter() - started


def batch(out: Path, tasks: int, jobs: int) -> tuple[float, float]:
    """Wall time of a batch [s], and the seconds inside ``solve`` [s]."""
    words = ["batch", "two_practices", "--models", "quality_bonus", "--seeds", str(tasks)]
    wall = run([*words, "--iterations", "50", "--jobs", str(jobs), "--out", str(out)])
    with duckdb.connect() as connection:
        found = connection.execute(f"SELECT count(*), sum(search_seconds) FROM '{out / TABLE}'").fetchone()
    assert found is not None
    assert found[0] == tasks
    return wall, float(found[1])


def recorded(out: Path, rows: int) -> None:
    """A batch whose results nobody searched for: figures drawn at random."""
    settings = (("payer.budget", (500000, 515000)),)
    seeds = tuple(range(rows // 4))
    study = Study((Product(("two_practices",), ("capitation", "quality_bonus"), seeds, settings),))
    orders, folder, chance = plan(study), Folder(out), random.Random(1)
    tasks = [order.columns() for order in orders]
    with folder.locked():
        folder.write_plan({"schema": 1, "kind": "batch", "study": study.as_dict(), "tasks": tasks})
        for order in orders:
            figures = {"health_qaly": chance.random(), "gap": chance.random(), "status": "feasible"}
            record = Outcome(DONE, "", figures).record(order.key, order.asked, dict(order.instance.settings))
            (folder.runs / order.folder).mkdir()
            (folder.runs / order.folder / "task.json").write_bytes(record)
        write_table(rows_of(folder), out / TABLE)


def verdict(name: str, figure: float, limit: float, at_least: bool = False) -> bool:
    """Print a figure beside its limit; whether it keeps it."""
    kept = figure >= limit if at_least else figure <= limit
    asked = f"{'at least' if at_least else 'at most'} {limit:g}"
    print(f"{name:58} {figure:8.3f}  {asked}  {'ok' if kept else 'NOT MET'}")
    return kept


def main() -> int:
    tasks = int(sys.argv[1]) if len(sys.argv) > 1 else TASKS
    rows = int(sys.argv[2]) if len(sys.argv) > 2 else ROWS
    kept = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        print(f"load before: {os.getloadavg()[0]:.2f} on {os.cpu_count()} cores")
        one, searched = batch(folder / "one", tasks, 1)
        two, searched_by_two = batch(folder / "two", tasks, 2)
        print(f"{tasks} tasks on one process: {one:.1f} s, of which {searched:.1f} s inside solve")
        print(f"{tasks} tasks on two: {two:.1f} s, {searched_by_two:.1f} s inside solve")
        kept.append(verdict("speed of two processes over one [1]", one / two, SPEED, at_least=True))
        kept.append(verdict("overhead for each task, one process [s]", (one - searched) / tasks, OVERHEAD))
        recorded(folder / "rows", rows)
        for question in QUESTIONS:
            times = [run(["results", str(folder / "rows"), *question]) for _ in range(3)]
            words = json.dumps(" ".join(question))[:38]
            kept.append(verdict(f"{rows} results, {words} [s]", sorted(times)[1], ASKING))
        print(f"load after: {os.getloadavg()[0]:.2f}")
    return 0 if all(kept) else 1


if __name__ == "__main__":
    raise SystemExit(main())
