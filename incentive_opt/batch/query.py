"""Questions to the table of a batch: filter, group, sort, choose columns."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import duckdb

from incentive_opt.batch.table import bad_query, setting_column
from incentive_opt.errors import InputError, Problem
from incentive_opt.files.problems import did_you_mean

ASKED = "what was asked for"
SUMS = (
    ("tasks", "count(*)"),
    ("done", "count(*) FILTER (outcome = 'done')"),
    ("failed", "count(*) FILTER (outcome = 'failed')"),
    ("mean_health_qaly", "avg(health_qaly)"),
    ("least_health_qaly", "min(health_qaly)"),
    ("most_health_qaly", "max(health_qaly)"),
    ("mean_gain_share", "avg(gain_share)"),
    ("spread_health_qaly", "stddev_samp(health_qaly)"),
    ("mean_gap", "avg(gap)"),
    ("mean_outlay_usd", "avg(outlay_usd)"),
    ("hold", "CASE WHEN count(verdict) > 0 THEN count(*) FILTER (verdict = 'holds') END"),
)
"""Columns of a table in groups."""


@dataclass(frozen=True)
class Question:
    """What is asked of the table.

    Attributes
    ----------
    where : sequence of str
        Conditions in SQL, all of which must hold.
    group, sort, columns : sequence of str
        Columns; a minus before one to sort by turns its order.
    limit : int or None
        Rows at most.
    """

    where: Sequence[str] = ()
    group: Sequence[str] = ()
    sort: Sequence[str] = ()
    columns: Sequence[str] = ()
    limit: int | None = None


@dataclass(frozen=True)
class Answer:
    """Columns and rows."""

    columns: list[str]
    rows: list[tuple[Any, ...]]

    def as_dicts(self) -> list[dict[str, Any]]:
        """Rows by column name."""
        return [dict(zip(self.columns, row, strict=True)) for row in self.rows]


def ask(connection: duckdb.DuckDBPyConnection, question: Question) -> Answer:
    """The answer.

    Raises
    ------
    InputError
        For columns that are not there and conditions that are none.
    """
    known = [str(row[0]) for row in connection.execute("DESCRIBE results").fetchall()]
    group = _named("group", question.group, known)
    made = [*group, *(name for name, _ in SUMS)] if group else known
    columns = _named("columns", question.columns, made) if question.columns else made
    by = [(_named("sort", [name.removeprefix("-")], made)[0], name.startswith("-")) for name in question.sort]
    for condition in question.where:
        _check(connection, condition, known)
    where = " AND ".join(f"({condition}\n)" for condition in question.where) or "true"
    sums = ", ".join(f'{words} AS "{name}"' for name, words in SUMS)
    inner = (
        f"SELECT {_list(group)}, {sums} FROM results WHERE {where} GROUP BY {_list(group)}"
        if group
        else f"SELECT *, row_number() OVER () AS place FROM results WHERE {where}"
    )
    order = [f'"{name}" {"DESC" if down else "ASC"} NULLS LAST' for name, down in by]
    order += [f'"{name}" ASC' for name in group] or ["place"]
    text = f"SELECT {_list(columns)} FROM ({inner}) ORDER BY {', '.join(order)}"
    if question.limit is not None:
        text += f" LIMIT {int(question.limit)}"
    try:
        found = connection.execute(text).fetchall()
    except duckdb.Error as error:
        raise bad_query(error, "where", " AND ".join(question.where), known) from error
    return Answer(list(columns), found)


def _check(connection: duckdb.DuckDBPyConnection, condition: str, known: Sequence[str]) -> None:
    """Raise InputError for a condition that does not stand by itself as one."""
    if condition.encode(errors="replace").decode() != condition:
        shown = condition.encode(errors="replace").decode()
        raise InputError([Problem(ASKED, "where", shown, "a condition in UTF-8")])
    try:
        parsed = connection.execute(f"SELECT count(*) FROM results WHERE ({condition}\n)")
        parsed.fetchall()
        statements = duckdb.extract_statements(f"SELECT ({condition}\n)")
        # Brackets that close what others opened would let one condition reach into the next.
        connection.execute(f"SELECT CASE WHEN {condition}\n THEN true END FROM results LIMIT 0")
    except duckdb.Error as error:
        raise bad_query(error, "where", condition, known) from error
    if len(statements) != 1:
        expected = "one condition, such as gap < 0.05 or model = 'blended'"
        raise InputError([Problem(ASKED, "where", condition, expected)])


def _named(option: str, names: Sequence[str], known: Sequence[str]) -> list[str]:
    """Columns as they are called in the table; a setting may be named by its key."""
    problems, found = [], []
    for name in names:
        column = name if name in known else setting_column(name)
        if column in known:
            found.append(column)
        else:
            problems.append(Problem(ASKED, option, name, "a column of the table", did_you_mean(name, known)))
    if problems:
        raise InputError(problems)
    return list(dict.fromkeys(found))


def _list(columns: Sequence[str]) -> str:
    return ", ".join(f'"{name}"' for name in columns)
