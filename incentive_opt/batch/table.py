"""The table of a batch: a row for each task, as a Parquet file, and questions to it in SQL."""

from __future__ import annotations

import errno
import json
import os
import re
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

from incentive_opt.batch.columns import BOOLEAN, FIGURES, NUMBER, TEXT, TIMING, WHOLE
from incentive_opt.batch.folder import TABLE, Folder, read_record
from incentive_opt.errors import InputError, Problem
from incentive_opt.files.settings import Scalar

PLANNED = {
    "folder": TEXT,
    "instance": TEXT,
    "model": TEXT,
    "scenario": TEXT,
    "seed": WHOLE,
}
"""Columns of the order that come first; settings follow them."""
ENDED = {"outcome": TEXT, "why": TEXT}
TRACES = {"key": TEXT, "instance_sha256": TEXT, "model_sha256": TEXT, "version": TEXT, "solver": TEXT}
"""Columns by which a row can be traced; the last ones before the timing."""
OPEN = "open"
"""Outcome of a task that has not ended."""
FEW = 2000
"""Rows that are handed over at once."""


@dataclass(frozen=True)
class Rows:
    """A table in memory: the type of each column, and rows by column name."""

    types: Mapping[str, str]
    rows: Sequence[Mapping[str, Any]]


def rows_of(folder: Folder, every: bool = False) -> Rows:
    """A row for each task of a batch, from its plan and the records in its run folders.

    Parameters
    ----------
    every : bool
        Also what earlier batches left in the folder that is not part of the present one.
    """
    tasks = folder.read_plan()["tasks"]
    rows = [_row(task, read_record(folder.path / task["folder"])) for task in tasks]
    if every:
        known = {Path(task["folder"]).name for task in tasks}
        for path in sorted(folder.runs.iterdir()):
            if path.name not in known and not path.name.startswith(".") and (record := read_record(path)):
                rows.append(_row(_as_task(record, path.name), record))
    return Rows(types_of(rows), rows)


def types_of(rows: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    """Every column with its type, those of settings among them."""
    settings: dict[str, list[Scalar]] = {}
    for row in rows:
        for name, value in row.items():
            if name.startswith("set_"):
                settings.setdefault(name, []).append(value)
    chosen = {name: _type_of(values) for name, values in sorted(settings.items())}
    return PLANNED | chosen | ENDED | FIGURES | TRACES | TIMING


def write_table(table: Rows, target: Path) -> None:
    """Write a table as a Parquet file, whole or not at all."""
    part = target.parent / f".{target.name}.{secrets.token_hex(4)}.part"
    try:
        with duckdb.connect() as connection:
            _fill(connection, table)
            connection.execute(f"COPY results TO {_quoted(part)} (FORMAT parquet, COMPRESSION zstd)")
        with part.open("rb+") as file:
            os.fsync(file.fileno())
        part.replace(target)
    except duckdb.IOException as error:
        raise OSError(*_meant(str(error))) from error
    finally:
        part.unlink(missing_ok=True)


def open_table(folder: Folder, every: bool = False) -> duckdb.DuckDBPyConnection:
    """A connection that has the table ``results`` and can neither read nor write any file.

    The Parquet file is taken where no run folder was written after it, else the records are read.
    """
    connection = duckdb.connect()
    if not every and _is_fresh(folder):
        try:
            file = _quoted(folder.path / TABLE)
            connection.execute(f"CREATE TABLE results AS SELECT * FROM read_parquet({file})")
            if _is_of(connection, folder):
                return _closed_off(connection)
        except duckdb.Error:
            pass
        connection = duckdb.connect()  # it is damaged or another batch's; the records are not
    _fill(connection, rows_of(folder, every))
    return _closed_off(connection)


def setting_column(key: str) -> str:
    """The column of a setting: ``payer.budget`` -> ``set_payer_budget``."""
    return "set_" + re.sub(r"[^A-Za-z0-9_]", "_", key)


def _row(task: Mapping[str, Any], record: Mapping[str, Any]) -> dict[str, Any]:
    """One task's row; its outcome is ``open`` where there is no record of this very task."""
    known = record if record.get("key") == task["key"] else {}
    asked = known.get("asked", {})
    row = {name: task[name] for name in (*PLANNED, "key", "instance_sha256", "model_sha256")}
    row |= {setting_column(key): value for key, value in task["settings"].items()}
    row |= {"outcome": known.get("outcome", OPEN), "why": known.get("why", "")}
    row |= {name: asked.get(name) for name in ("version", "solver")}
    return row | dict(known.get("figures", {})) | dict(known.get("timing", {}))


def _as_task(record: Mapping[str, Any], folder: str) -> dict[str, Any]:
    """A task of an earlier batch, from its record."""
    asked, settings = record["asked"], record["settings"]
    return {
        "key": record["key"],
        "folder": f"runs/{folder}",
        "instance": asked["instance"]["name"],
        "model": asked["model"]["name"],
        "seed": asked["seed"],
        "scenario": ", ".join(f"{key}={value}" for key, value in settings.items()),
        "settings": settings,
        "instance_sha256": asked["instance"]["sha256"],
        "model_sha256": asked["model"]["sha256"],
    }


def _type_of(values: Sequence[Scalar]) -> str:
    if all(isinstance(value, bool) for value in values):
        return BOOLEAN
    if all(isinstance(value, int) and not isinstance(value, bool) for value in values):
        return WHOLE
    return NUMBER if all(isinstance(v, int | float) and not isinstance(v, bool) for v in values) else TEXT


def _fill(connection: duckdb.DuckDBPyConnection, table: Rows) -> None:
    """The table ``results``, with rows in their order."""
    columns = ", ".join(f'"{name}" {kind}' for name, kind in table.types.items())
    connection.execute(f"CREATE TABLE results ({columns})")
    layout = json.dumps([dict(table.types)])
    for start in range(0, len(table.rows), FEW):
        text = json.dumps([
            {name: _cell(row.get(name), kind) for name, kind in table.types.items()}
            for row in table.rows[start : start + FEW]
        ])  # fmt: skip
        connection.execute(
            "INSERT INTO results SELECT unnest(from_json(?, ?), recursive := true)", [text, layout]
        )


def _cell(value: Any, kind: str) -> Any:
    return str(value) if kind == TEXT and value is not None else value


def _is_fresh(folder: Folder) -> bool:
    """Whether the Parquet file is younger than every run folder and the plan."""
    try:
        table = (folder.path / TABLE).stat().st_mtime_ns
        plan, runs = (folder.path / "batch.json").stat().st_mtime_ns, folder.runs.stat().st_mtime_ns
    except OSError:
        return False
    return table > max(plan, runs)


def _is_of(connection: duckdb.DuckDBPyConnection, folder: Folder) -> bool:
    """Whether the table that was read is that of the folder's plan: its columns, and a row for each task."""
    names = {str(row[0]) for row in connection.execute("DESCRIBE results").fetchall()}
    if not set(PLANNED | ENDED | FIGURES | TRACES | TIMING) <= names:
        return False
    keys = [row[0] for row in connection.execute("SELECT key FROM results").fetchall()]
    return keys == [task["key"] for task in folder.read_plan()["tasks"]]


def _closed_off(connection: duckdb.DuckDBPyConnection) -> duckdb.DuckDBPyConnection:
    """What people type must not reach a file, nor change that."""
    connection.execute("SET enable_external_access = false")
    connection.execute("SET lock_configuration = true")
    return connection


def _quoted(path: Path) -> str:
    return "'" + str(path).replace("'", "''") + "'"


def _meant(words: str) -> tuple[int, str]:
    """What the database says of a disk, as the system would say it."""
    full = "No space left" in words or "disk is full" in words.lower()
    return (errno.ENOSPC if full else errno.EIO), words


def bad_query(error: duckdb.Error, what: str, typed: str, columns: Sequence[str]) -> InputError:
    """What is wrong with what was typed."""
    words = str(error).split("\n")[0].removeprefix("Binder Error: ").removeprefix("Parser Error: ")
    expected = f"an expression in SQL over the columns of the table ({words})"
    unknown = re.search(r'Referenced column "(.+?)" not found', words)
    quotes = f"If it is a text, put it in single quotes: '{unknown[1]}'. " if unknown else ""
    remedy = f"{quotes}Columns: {', '.join(columns)}."
    return InputError([Problem("what was asked for", what, typed, expected, remedy)])
