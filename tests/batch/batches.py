"""Batches for tests: small studies, a crew of fake workers, and what stands in a batch's folder."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from incentive_opt.batch.columns import TIMING
from incentive_opt.batch.crew import on_this_machine
from incentive_opt.batch.folder import Folder
from incentive_opt.batch.order import Order
from incentive_opt.batch.plan import plan
from incentive_opt.batch.run import run_batch
from incentive_opt.batch.runner import Care
from incentive_opt.batch.study import Product, Study, Terms
from incentive_opt.batch.table import rows_of
from tests.batch.fake_worker import MODULE

QUICK = Terms(iterations=1, time_limit=120.0)


def study_with(
    seeds: Sequence[int],
    instances: Sequence[str] = ("two_practices",),
    models: Sequence[str] = ("capitation",),
    settings: Sequence[tuple[str, tuple[Any, ...]]] = (),
    terms: Terms = QUICK,
) -> Study:
    """A study of one product."""
    return Study((Product(tuple(instances), tuple(models), tuple(seeds), tuple(settings)),), terms)


def carried_out(
    study: Study,
    out: Path,
    jobs: int = 1,
    care: Care | None = None,
    retry_failed: bool = False,
    stop: Callable[[], bool] | None = None,
) -> dict[str, Any]:
    """A batch on this machine, by fake workers unless others are given."""
    orders = plan(study)
    with Folder(out).locked(), on_this_machine(jobs, care or Care(MODULE)) as crew:
        return run_batch(study, orders, out, crew, retry_failed, stop=stop)


def order_of(seed: int, **more: Any) -> Order:
    """One order for a seed."""
    return plan(study_with([seed], **more))[0]


def events(out: Path) -> list[dict[str, Any]]:
    """The event log."""
    return [json.loads(line) for line in (out / "events.jsonl").read_text(encoding="utf-8").splitlines()]


def untimed(out: Path) -> str:
    """The table of a batch, sorted, without the columns that depend on machine and hour."""
    rows = rows_of(Folder(out)).rows
    lines = [json.dumps({k: v for k, v in row.items() if k not in TIMING}, sort_keys=True) for row in rows]
    return "\n".join(sorted(lines))


def records(out: Path) -> dict[str, tuple[int, int]]:
    """Every record with its inode and time, which change when it is written again."""
    found = {path: path.stat() for path in (out / "runs").glob("[!.]*/task.json")}
    return {path.parent.name: (stat.st_ino, stat.st_mtime_ns) for path, stat in found.items()}
