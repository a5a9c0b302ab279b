"""batch.json and task.json that somebody had in hand: a plain problem, or a task that is open again."""

from __future__ import annotations

import copy
import json
import os
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from incentive_opt.batch.folder import Folder
from incentive_opt.batch.table import open_table, rows_of
from incentive_opt.batch.whole import plan_fault, record_fits
from incentive_opt.errors import InputError
from tests.batch.tables import recorded
from tests.cli.test_batch import typed

Damage = Callable[[dict[str, Any]], object]
OF_PLANS: dict[str, Damage] = {
    "kind": lambda content: content.update(kind="comparison"),
    "no study": lambda content: content.pop("study"),
    "a word for a study": lambda content: content.update(study="x"),
    "no products": lambda content: content["study"].update(products=[]),
    "products of numbers": lambda content: content["study"].update(products=[3]),
    "a seed in quotes": lambda content: content["study"]["products"][0].update(seeds=["1"]),
    "a term in quotes": lambda content: content["study"]["terms"].update(time_limit="x"),
    "a negative term": lambda content: content["study"]["terms"].update(kinds=-1),
    "a term that is not known": lambda content: content["study"]["terms"].update(mood=1),
    "a term of a part that is not known": lambda content: content["study"]["products"][0].update(
        terms=[["mood", 1]]
    ),
    "tasks that are numbers": lambda content: content["tasks"].__setitem__(0, 3),
    "a task without its folder": lambda content: content["tasks"][0].pop("folder"),
    "a task with half a seed": lambda content: content["tasks"][0].update(seed=0.5),
    "settings in a list": lambda content: content["tasks"][0].update(settings=[]),
}
OF_RECORDS: dict[str, Damage] = {
    "no key": lambda content: content.pop("key"),
    "a number for an outcome": lambda content: content.update(outcome=3),
    "figures in a list": lambda content: content.update(figures=[]),
    "health in words": lambda content: content["figures"].update(health_qaly="much"),
    "health without end": lambda content: content["figures"].update(health_qaly=float("inf")),
    "half an iteration": lambda content: content["figures"].update(iterations=0.5),
    "a verdict that is a number": lambda content: content["figures"].update(verdict=1),
    "time in words": lambda content: content.update(timing={"task_seconds": "long"}),
    "no instance": lambda content: content["asked"].pop("instance"),
    "a model without a name": lambda content: content["asked"]["model"].pop("name"),
    "settings of lists": lambda content: content.update(settings={"payer.budget": [1]}),
}


@pytest.fixture
def out(tmp_path: Path) -> Path:
    """A batch with recorded results."""
    recorded(tmp_path / "out", 2, random.Random(3))
    return tmp_path / "out"


@pytest.mark.parametrize("name", OF_PLANS)
def test_a_damaged_plan(out: Path, name: str) -> None:
    """Exit code 2 and a sentence from `results` and from `batch` that goes on, no traceback and no bug."""
    content = json.loads((out / "batch.json").read_text(encoding="utf-8"))
    assert plan_fault(content) == ""
    OF_PLANS[name](content)
    (out / "batch.json").write_text(json.dumps(content), encoding="utf-8")
    with pytest.raises(InputError, match=r"batch\.json"):
        Folder(out).read_plan()
    for words in (["results", str(out)], ["batch", "--out", str(out)]):
        done = typed(*words)
        assert done.exit_code == 2, name
        assert "bug" not in done.stderr


@pytest.mark.parametrize("text", ["", "[]", "null", '{"kind": "batch"}', "[" * 100_000, "\0", '{"kind":'])
def test_what_is_no_plan(out: Path, text: str) -> None:
    """Empty, cut off, nested without end, of another kind."""
    (out / "batch.json").write_text(text, encoding="utf-8")
    assert typed("results", str(out)).exit_code == 2


@pytest.mark.parametrize("name", OF_RECORDS)
def test_a_damaged_record(out: Path, name: str) -> None:
    """Its task counts as not ended; the others are as they were."""
    before = {row["key"]: row["outcome"] for row in rows_of(Folder(out)).rows}
    files = sorted(out.glob("runs/*/task.json"))
    chosen = next(file for file in files if '"outcome": "done"' in file.read_text(encoding="utf-8"))
    content = json.loads(chosen.read_text(encoding="utf-8"))
    assert record_fits(content)
    damaged = copy.deepcopy(content)
    OF_RECORDS[name](damaged)
    assert not record_fits(damaged)
    chosen.write_text(json.dumps(damaged), encoding="utf-8")
    os.utime(out / "runs")
    after = {row["key"]: row["outcome"] for row in rows_of(Folder(out)).rows}
    assert after == before | {content["key"]: "open"}, name
    with open_table(Folder(out)) as connection:
        (number,) = connection.execute("SELECT count(*) FROM results WHERE outcome = 'open'").fetchall()[0]
    assert number == 1


def test_a_record_of_an_earlier_batch_that_is_damaged(out: Path) -> None:
    """`results --all` leaves it out."""
    folder = out / "runs" / "old"
    folder.mkdir()
    (folder / "task.json").write_text('{"outcome": "done"}', encoding="utf-8")
    done = typed("results", str(out), "--all", "--json")
    assert done.exit_code == 0, done.stderr
    assert len(json.loads(done.stdout)["rows"]) == len(rows_of(Folder(out)).rows)
