"""Folders of batches with recorded results that nobody searched for: for tests of the table."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

from incentive_opt.batch.folder import TABLE, Folder
from incentive_opt.batch.order import Order
from incentive_opt.batch.plan import plan
from incentive_opt.batch.record import DONE, FAILED, Outcome
from incentive_opt.batch.table import rows_of, write_table
from tests.batch.batches import study_with


def recorded(out: Path, seeds: int, chance: random.Random, table: bool = True) -> list[Order]:
    """A batch of two models, two budgets and so many seeds, with figures drawn at random.

    Parameters
    ----------
    table : bool
        Whether the Parquet file is written, too.
    """
    settings = [("payer.budget", (500000, 515000))]
    study = study_with(range(seeds), models=["capitation", "quality_bonus"], settings=settings)
    orders = plan(study)
    folder = Folder(out)
    tasks = [order.columns() for order in orders]
    with folder.locked():
        content = {"schema": 1, "kind": "batch", "study": study.as_dict(), "tasks": tasks}
        folder.write_plan(content)
        for order in orders:
            run = folder.runs / order.folder
            run.mkdir()
            (run / "design.json").write_text("{}\n", encoding="utf-8")
            settings_of = dict(order.instance.settings)
            (run / "task.json").write_bytes(_outcome(chance).record(order.key, order.asked, settings_of))
        if table:
            write_table(rows_of(folder), out / TABLE)
    return orders


def _outcome(chance: random.Random) -> Outcome:
    if chance.random() < 0.1:
        return Outcome(FAILED, "it was, say, 'odd' = \"so\"; DROP TABLE results; --\n=1+1")
    figures: dict[str, Any] = {
        "status": chance.choice(["optimal", "feasible"]),
        "ended_by": chance.choice(["gap", "time"]),
        "is_status_quo": chance.random() < 0.1,
        "health_qaly": chance.uniform(9.0, 18.0),
        "gain_share": chance.uniform(0.0, 1.0),
        "gap": chance.choice([0.0, chance.random()]),
        "outlay_usd": chance.uniform(4e5, 6e5),
        "iterations": chance.randrange(100),
        "verdict": chance.choice(["holds", "fails"]),
    }
    timing = {
        "search_seconds": 1.0,
        "task_seconds": 2.0,
        "host": "h",
        "finished": "2026-01-01T00:00:00+00:00",
    }
    return Outcome(DONE, "", figures, timing)
