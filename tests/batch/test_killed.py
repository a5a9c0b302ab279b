"""A batch that is killed again and again ends with the same table as one that nobody disturbed."""

from __future__ import annotations

import json
import os
import random
import secrets
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import pytest

from incentive_opt.batch.figures import figures_of
from incentive_opt.batch.folder import Folder
from incentive_opt.batch.table import open_table
from tests.batch import fake_worker as fake
from tests.batch.batches import events, records, untimed

ROOT = Path(__file__).resolve().parents[2]


def start(out: Path, seeds: int, kind: str, begun: Path) -> subprocess.Popen[bytes]:
    """A batch in a process of its own."""
    scratch = begun.parent / "scratch"
    scratch.mkdir(exist_ok=True)
    env = {**os.environ, fake.BEGUN: str(begun), "FAKE_WORKER_SECONDS": "0.05", "TMPDIR": str(scratch)}
    words = [sys.executable, "-m", "tests.batch.start_batch", str(out), str(seeds), kind]
    return subprocess.Popen(words, cwd=ROOT, env=env)


def finished(out: Path) -> int:
    """So many run folders there are."""
    return len(list((out / "runs").glob("[!.]*")))


def disturb(
    out: Path, seeds: int, kind: str, kills: int, chance: random.Random, begun: Path
) -> list[tuple[int, int]]:
    """Kill the batch at random moments; after each, look at what it left.

    How far it was each time, and how many more tasks had to end first: with none it may die before it has
    workers.
    """
    far = []
    for _ in range(kills):
        before, more, kept = finished(out), chance.randrange(4), records(out)
        process = start(out, seeds, kind, begun)
        until = time.monotonic() + 90.0
        while finished(out) < before + more and process.poll() is None and time.monotonic() < until:
            time.sleep(0.005)
        time.sleep(chance.random() * (2.0 if more == 0 else 0.2))
        process.kill()
        process.wait()
        far.append((finished(out), more))
        look(out)
        assert {name: records(out)[name] for name in kept} == kept, "a finished task was done again"
    return far


def look(out: Path) -> None:
    """Every file that has its name is whole."""
    for run in (out / "runs").glob("[!.]*"):
        record = json.loads((run / "task.json").read_text(encoding="utf-8"))
        assert record["outcome"] == "done"
        design = json.loads((run / "design.json").read_text(encoding="utf-8"))
        if design:  # a fake worker's is empty
            found = figures_of(design, record["asked"]["iterations"], record["asked"]["time_limit"])
            assert found == {name: record["figures"][name] for name in found}
    if (out / "batch.json").exists():
        assert Folder(out).read_plan()
        with open_table(Folder(out)) as connection:
            connection.execute("SELECT count(*) FROM results")


def killed_and_resumed(tmp_path: Path, seeds: int, kind: str, kills: int) -> None:
    """The whole of it, for so many seeds and kills."""
    seed = secrets.randbits(32)
    chance, out, calm, begun = random.Random(seed), tmp_path / "out", tmp_path / "calm", tmp_path / "begun"
    words = f"seed {seed}"
    found = disturb(out, seeds, kind, kills, chance, begun)
    far, early = [done for done, _ in found], sum(more == 0 for _, more in found)
    assert len(far) == kills, words
    assert sorted(far) == far, f"{words}: a finished task was lost: {far}"
    before = records(out)
    assert start(out, seeds, kind, begun).wait() == 0, words
    assert {name: records(out)[name] for name in before} == before, f"{words}: a finished task was done again"
    assert start(calm, seeds, kind, tmp_path / "calmly").wait() == 0, words
    assert untimed(out) == untimed(calm), words
    assert [path.name for path in out.rglob(".*")] == [], words
    until = time.monotonic() + 30.0
    while len(left := list((tmp_path / "scratch").iterdir())) > early and time.monotonic() < until:
        time.sleep(0.1)
    assert len(left) <= early, f"{words}: workers left {left}"  # killed before there was a worker
    over: set[str] = set()
    for event in events(out):
        assert event["event"] != "task_started" or event["key"] not in over, f"{words}: {event}"
        if event["event"] == "task_finished":
            over.add(event["key"])
    ended = Counter(event["key"] for event in events(out) if event["event"] == "task_finished")
    assert set(ended.values()) == {1}, words


def test_a_batch_that_is_killed_goes_on(tmp_path: Path) -> None:
    """Six times, with workers that search nothing."""
    killed_and_resumed(tmp_path, seeds=24, kind="fake", kills=6)


@pytest.mark.slow
def test_fifty_kills(tmp_path: Path) -> None:
    """Fifty times at random moments, with real searches."""
    killed_and_resumed(tmp_path, seeds=45, kind="real", kills=50)
