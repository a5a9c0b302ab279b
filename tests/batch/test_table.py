"""The table of a batch: what Parquet says is what the records say, and questions are answered as asked."""

from __future__ import annotations

import csv
import json
import math
import os
import random
import secrets
import time
import zipfile
from collections import defaultdict
from pathlib import Path
from typing import Any

import duckdb
import pytest

from incentive_opt.batch.export import check_target, write_answer
from incentive_opt.batch.folder import TABLE, Folder
from incentive_opt.batch.query import Question, ask
from incentive_opt.batch.record import Outcome
from incentive_opt.batch.table import open_table, rows_of, write_table
from incentive_opt.errors import InputError
from tests.batch.batches import carried_out, study_with
from tests.batch.tables import recorded

SEED = secrets.randbits(32)


@pytest.fixture(scope="module")
def out(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A batch with recorded results."""
    path = tmp_path_factory.mktemp("batch") / "out"
    recorded(path, 50, random.Random(SEED))
    return path


def answer(out: Path, **question: Any) -> list[dict[str, Any]]:
    """Rows of an answer."""
    with open_table(Folder(out)) as connection:
        return ask(connection, Question(**question)).as_dicts()


def test_parquet_says_what_the_records_say(out: Path) -> None:
    """To the last digit, also what is empty; and the same bytes each time it is written."""
    table = rows_of(Folder(out))
    with duckdb.connect() as connection:
        found = connection.execute(f"SELECT * FROM '{out / TABLE}'")
        columns = [column[0] for column in found.description]
        rows = [dict(zip(columns, row, strict=True)) for row in found.fetchall()]
    assert columns == list(table.types)
    for row, record in zip(rows, table.rows, strict=True):
        assert {name: value for name, value in row.items() if value is not None} == {
            name: value for name, value in record.items() if value is not None
        }, f"seed {SEED}"
    for place in ("one", "two"):
        write_table(table, out.parent / place)
    assert (out.parent / "one").read_bytes() == (out.parent / "two").read_bytes()


def test_every_row_leads_to_its_run_folder(out: Path) -> None:
    """The folder of each row is there, and its record has the row's key."""
    for row in answer(out):
        record = json.loads((out / row["folder"] / "task.json").read_text(encoding="utf-8"))
        assert record["key"] == row["key"]
        assert record["asked"]["seed"] == row["seed"]


def test_filter_sort_and_limit(out: Path) -> None:
    """As the same done by hand."""
    rows = [row for row in rows_of(Folder(out)).rows if row["outcome"] == "done"]
    wanted = sorted(
        (row["health_qaly"] for row in rows if row["gap"] < 0.3 and row["model"] == "capitation"),
        reverse=True,
    )[:7]
    found = answer(
        out,
        where=["gap < 0.3", "model = 'capitation'"],
        sort=["-health_qaly"],
        columns=["health_qaly"],
        limit=7,
    )
    assert [row["health_qaly"] for row in found] == wanted, f"seed {SEED}"


def test_conditions_do_not_run_into_each_other(out: Path) -> None:
    """Each is one condition, whatever it is made of: OR, a comment at its end."""
    alone = answer(out, where=["seed = 1 OR seed = 2", "model = 'capitation' -- only these"])
    assert {(row["seed"], row["model"]) for row in alone} == {(1, "capitation"), (2, "capitation")}


def test_groups(out: Path) -> None:
    """Sums over the tasks of each combination, a setting by its key among the columns."""
    by_hand: dict[Any, list[Any]] = defaultdict(list)
    for row in rows_of(Folder(out)).rows:
        by_hand[row["model"], row["set_payer_budget"]].append(row)
    found = answer(out, group=["model", "payer.budget"])
    assert [(row["model"], row["set_payer_budget"]) for row in found] == sorted(by_hand)
    for row in found:
        own = by_hand[row["model"], row["set_payer_budget"]]
        health = [one["health_qaly"] for one in own if one.get("health_qaly") is not None]
        assert row["tasks"] == len(own)
        assert row["failed"] == sum(one["outcome"] == "failed" for one in own)
        assert math.isclose(row["mean_health_qaly"], sum(health) / len(health)), f"seed {SEED}"
        assert (row["least_health_qaly"], row["most_health_qaly"]) == (min(health), max(health))


@pytest.mark.parametrize(
    "question",
    [
        {"where": ["gapp < 1"]},
        {"where": ["gap <"]},
        {"where": ["1); DROP TABLE results; --"]},
        {"where": ["true) UNION SELECT * FROM results WHERE (true"]},
        {"where": ["(SELECT count(*) FROM read_csv('pyproject.toml')) > 0"]},
        {"where": ["'x'"]},
        {"sort": ["helth_qaly"]},
        {"columns": ["folder", 'x"']},
        {"group": ["mood"]},
        {"group": ["model"], "columns": ["health_qaly"]},
    ],
)
def test_what_is_no_question(out: Path, question: dict[str, Any]) -> None:
    """Misspelt columns, broken conditions, several statements, other files: refused, with what there is."""
    with pytest.raises(InputError):
        answer(out, **question)
    assert len(answer(out)) == 200


def test_a_batch_that_was_killed_has_its_table(tmp_path: Path) -> None:
    """Without a Parquet file, with an old one or a damaged one, the records are what counts."""
    folder = Folder(tmp_path / "out")
    orders = recorded(folder.path, 3, random.Random(SEED), table=False)
    assert len(answer(folder.path)) == 12
    write_table(rows_of(folder), folder.path / TABLE)
    done = [order for order in orders if folder.outcome_of(order) == "done"]
    late, lost = done[0], done[1]
    time.sleep(0.02)
    folder.publish(late, Outcome("failed", "later"))
    (why,) = {row["why"] for row in answer(folder.path, where=[f"key = '{late.key}'"])}
    assert why == "later"
    (folder.runs / lost.folder / "task.json").unlink()
    os.utime(folder.runs)
    assert answer(folder.path, where=[f"key = '{lost.key}'"])[0]["outcome"] == "open"
    (folder.path / TABLE).write_bytes(b"PAR1 and no more")
    assert len(answer(folder.path)) == 12


def test_what_earlier_batches_left(tmp_path: Path) -> None:
    """Only the present batch's tasks, unless all are asked for."""
    out = tmp_path / "out"
    carried_out(study_with(range(4)), out)
    carried_out(study_with(range(2)), out)
    assert len(answer(out)) == 2
    with open_table(Folder(out), every=True) as connection:
        assert {row["seed"] for row in ask(connection, Question()).as_dicts()} == {0, 1, 2, 3}


def test_exports(out: Path, tmp_path: Path) -> None:
    """CSV, workbook, Parquet and JSON hold the same rows; no text becomes a formula."""
    with open_table(Folder(out)) as connection:
        found = ask(connection, Question(columns=["folder", "health_qaly", "is_status_quo", "seed", "why"]))
    for name in ("a.csv", "a.json", "a.parquet", "a.xlsx"):
        write_answer(found, tmp_path / "new" / name)
    folder = tmp_path / "new"
    assert json.loads((folder / "a.json").read_text(encoding="utf-8")) == found.as_dicts()
    with (folder / "a.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [float(row["health_qaly"]) if row["health_qaly"] else None for row in rows] == [
        row["health_qaly"] for row in found.as_dicts()
    ]
    with duckdb.connect() as connection:
        assert connection.execute(f"SELECT * FROM '{folder / 'a.parquet'}'").fetchall() == found.rows
    with zipfile.ZipFile(folder / "a.xlsx") as book:
        sheet = book.read("xl/worksheets/sheet1.xml").decode()
    assert sheet.count("<row") == len(found.rows) + 1
    assert "<f>" not in sheet


def test_exports_of_nothing(out: Path, tmp_path: Path) -> None:
    """No rows: the heading alone."""
    with open_table(Folder(out)) as connection:
        found = ask(connection, Question(where=["false"], columns=["folder", "gap"]))
    for name in ("a.csv", "a.json", "a.parquet", "a.xlsx"):
        write_answer(found, tmp_path / name)
    assert (tmp_path / "a.csv").read_text(encoding="utf-8") == "folder,gap\n"


def test_files_that_say_no_format(tmp_path: Path) -> None:
    """A wrong ending, no ending, a folder."""
    (tmp_path / "x.csv").mkdir()
    for name in ("a.xls", "a", "x.csv"):
        with pytest.raises(InputError, match="a file"):
            check_target(tmp_path / name, Folder(tmp_path / "batch"))
