"""The summary of a batch as one page: a heat map, how seeds differ, links to every run folder and report."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote

from incentive_opt import __version__
from incentive_opt.batch.folder import SUMMARY, Folder
from incentive_opt.batch.record import DONE, FAILED, NO_DESIGN, UNFIT
from incentive_opt.batch.table import OPEN, Rows
from incentive_opt.files import write_atomically

STEPS = ("#f7e3d4", "#fdf3e7", "#f4f8ee", "#dff0d8", "#bfe3b4", "#93d08d", "#62b76a")
"""Colours of the heat map from the least gain to the largest, all light enough for dark text."""
MOST_TASKS = 2000
"""Rows of the page's table at most; ``results`` has all."""
MOST_PICTURES = 24
"""Pictures at most."""
COLUMNS = ("task", "outcome", "seed", "health [QALY/year]", "gain [%]", "gap [%]", "outlay [USD/year]",
           "simulated", "why")  # fmt: skip
NUMERIC = (2, 3, 4, 5, 6)
WORDS = {DONE: "with a design", NO_DESIGN: "for which there is none",
         UNFIT: "whose model does not fit the instance", FAILED: "failed", OPEN: "still open"}  # fmt: skip
Row = Mapping[str, Any]


def write_summary(plan: Mapping[str, Any], table: Rows, folder: Folder) -> None:
    """Write summary.html."""
    write_atomically(folder.path / SUMMARY, summary_page(plan, table.rows, folder))


def summary_page(plan: Mapping[str, Any], rows: Sequence[Row], folder: Folder) -> str:
    """The page as text; everything from files is escaped by the template engine."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    package = Path(__file__).resolve().parents[1]
    environment = Environment(
        loader=FileSystemLoader([package / part / "templates" for part in ("batch", "report")]),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    groups = _groups(rows)
    shown = list(rows[:MOST_TASKS])
    return environment.get_template("summary.html").render(
        version=__version__,
        title=plan["study"]["title"] or folder.path.resolve().name,
        lead=_lead(rows),
        notes=_notes(rows),
        steps=STEPS,
        heat=_heat(groups),
        figures=_figures(groups),
        columns=COLUMNS,
        numeric=NUMERIC,
        tasks=[_task(row, folder) for row in shown],
        tasks_title="All tasks"
        if len(shown) == len(rows)
        else f"The first {len(shown):,} of {len(rows):,} tasks",
    )


def place_of(row: Row) -> str:
    """The instance, with what was changed in it."""
    return f"{row['instance']} ({row['scenario']})" if row["scenario"] else str(row["instance"])


def _groups(rows: Sequence[Row]) -> dict[tuple[str, str], list[Row]]:
    """Tasks that differ in their seeds alone."""
    groups: dict[tuple[str, str], list[Row]] = {}
    for row in rows:
        groups.setdefault((place_of(row), str(row["model"])), []).append(row)
    return groups


def _lead(rows: Sequence[Row]) -> str:
    counts = Counter(str(row["outcome"]) for row in rows)
    parts = [f"{counts[outcome]:,} {words}" for outcome, words in WORDS.items() if counts[outcome]]
    return f"{len(rows):,} task{'s' * (len(rows) != 1)}: {', '.join(parts)}." if rows else "No tasks."


def _notes(rows: Sequence[Row]) -> list[str]:
    verdicts = Counter(str(row["verdict"]) for row in rows if row.get("verdict"))
    notes = []
    if verdicts:
        notes.append(
            f"Simulated child by child, {verdicts['holds']:,} of {sum(verdicts.values()):,} designs hold."
        )
    late = sum(row.get("ended_by") == "time" for row in rows)
    if late:
        notes.append(
            f"{late:,} searches ended because their time was over: on another machine they may find other "
            "designs."
        )
    return notes


def _heat(groups: Mapping[tuple[str, str], Sequence[Row]]) -> dict[str, Any]:
    """Rows of the heat map: an instance each, a cell for each model."""
    gains = {pair: _gains(rows) for pair, rows in groups.items()}
    means = {pair: sum(each) / len(each) for pair, each in gains.items() if each}
    least, most = min(means.values(), default=0.0), max(means.values(), default=0.0)
    models = list(dict.fromkeys(model for _, model in groups))
    lines = []
    for place in dict.fromkeys(place for place, _ in groups):
        cells = [
            _heat_cell(groups.get((place, m), ()), gains.get((place, m), []), least, most) for m in models
        ]
        lines.append({"name": place, "cells": cells})
    words = (
        f"The darker, the larger the gain: from {_percent(least)} to {_percent(most)} %. Below each mean "
        "stand the least and the largest of its seeds. All against today's contract of the same instance."
    )
    return {"models": models, "rows": lines if means else [], "words": words}


def _gains(rows: Sequence[Row]) -> list[float]:
    return [float(row["gain_share"]) for row in rows if row.get("gain_share") is not None]


def _heat_cell(rows: Sequence[Row], gains: Sequence[float], least: float, most: float) -> dict[str, Any]:
    if not gains:
        outcomes = {str(row["outcome"]) for row in rows}
        return {"step": None, "text": ", ".join(sorted(outcomes)).replace("_", " "), "more": ""}
    mean = sum(gains) / len(gains)
    height = (mean - least) / (most - least) if most > least else 0.5
    of = f"{len(gains)} of {len(rows)} seeds" if len(gains) < len(rows) else f"{len(rows)} seeds"
    least_and_most = [_percent(min(gains)), _percent(max(gains))]
    span = "all alike" if len(set(least_and_most)) == 1 else " to ".join(least_and_most)
    more = f"{span}, {of}" if len(rows) > 1 else ""
    return {"step": min(int(height * len(STEPS)), len(STEPS) - 1), "text": _percent(mean), "more": more}


def _figures(groups: Mapping[tuple[str, str], Sequence[Row]]) -> list[dict[str, Any]]:
    """A picture for each instance that has several seeds: a row of marks for each model."""
    places = dict.fromkeys(place for (place, _), rows in groups.items() if len(_gains(rows)) > 1)
    if not places:
        return []
    from incentive_opt.batch.marks import marks

    figures = []
    for number, place in enumerate(list(places)[:MOST_PICTURES]):
        models = {model: _gains(rows) for (own, model), rows in groups.items() if own == place}
        picture = marks(f"seeds-{number}", place, {model: gains for model, gains in models.items() if gains})
        figures.append({"title": place, "picture": picture})
    return figures


def _task(row: Row, folder: Folder) -> dict[str, Any]:
    """A line of the table, with a link to the best that there is to read."""
    run = folder.path / str(row["folder"])
    files = [file for file in ("report.html", "contract.toml", "task.json") if (run / file).is_file()]
    cells = [
        str(row["outcome"]).replace("_", " "),
        str(row["seed"]),
        _number(row.get("health_qaly"), 2),
        _percent(row.get("gain_share")),
        _percent(row.get("gap"), signed=False),
        _number(row.get("outlay_usd"), 0),
        str(row.get("verdict") or ""),
        str(row["why"])[:300],
    ]
    link = quote(f"{row['folder']}/{files[0] if files else ''}")
    return {"link": link, "name": f"{place_of(row)}, {row['model']}", "cells": cells}


def _number(value: float | None, decimals: int) -> str:
    return (
        ""
        if value is None
        else f"{round(value, decimals) + 0.0:,.{decimals}f}".replace("-", "\N{MINUS SIGN}")
    )


def _percent(share: float | None, signed: bool = True) -> str:
    if share is None:
        return ""
    rounded = round(100.0 * share, 1) + 0.0
    return f"{rounded:{'+' if signed and rounded else ''}.1f}".replace("-", "\N{MINUS SIGN}")
