"""One instance on the page about a batch: a table of models, who gains and loses, what fails."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from incentive_opt.batch import page_words as words
from incentive_opt.batch.record import DONE
from incentive_opt.compare.figures import UNMOVED, ranked
from incentive_opt.files.library import library_folder

SENTENCES = 3
"""So many sentences say why there is no design."""
TOLD_APART = {
    "seed": "seed {}",
    "kinds": "kinds {}",
    "pieces": "pieces {}",
    "margin_usd": "margin {:g} USD",
    "time_limit_seconds": "{:g} s",
}
"""By what rows of one model may differ, and how that is said."""
Row = Mapping[str, Any]


class Titles:
    """Titles of instances and models, from the designs in the run folders."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def of(self, row: Row, part: str) -> str:
        """The title of a row's instance or model; its name where no design says it."""
        try:
            path = self.folder / str(row["folder"]) / "design.json"
            found = json.loads(path.read_text(encoding="utf-8"))[part]["title"]
            return str(found or row[part])
        except (OSError, ValueError, KeyError, TypeError):
            return str(row[part])


def place_of(row: Row) -> str:
    """The instance, with what was changed in it."""
    return f"{row['instance']} ({row['scenario']})" if row["scenario"] else str(row["instance"])


def found_in(rows: Sequence[Row]) -> list[Row]:
    """Rows with a design, the healthiest first."""
    whole = ("health_qaly", "outlay_usd", "gain_share")
    return ranked([
        row for row in rows if row["outcome"] == DONE and all(row.get(name) is not None for name in whole)
    ])  # fmt: skip


def better(found: Sequence[Row]) -> list[Row]:
    """Designs with more health than the contract in force."""
    return [row for row in found if not row.get("is_status_quo") and row["gain_share"] > UNMOVED]


def instance_part(rows: Sequence[Row], titles: Titles, target: Path) -> str:
    """All about one instance."""
    found, others = found_in(rows), [row for row in rows if row["outcome"] != DONE]
    changed = f" ({rows[0]['scenario']})" if rows[0]["scenario"] else ""
    parts = [
        f"## {words.plain(titles.of((found or rows)[0], 'instance') + changed)}\n",
        f"{_link(rows[0], target)}. {_money_there_is(found)}".strip() + "\n",
    ]
    if found:
        lines = [[_name(row, found), *words.cells(row)] for row in found]
        parts.append(words.table(words.COLUMNS, [_today(found[0]), *lines]))
        if len({round(row.get("status_quo_qaly") or 0.0, 6) for row in found}) > 1:
            parts.append("Terms differ, and today's health with them; each gain is against its own.\n")
        parts += _list("Who gains and who loses", found, [words.people(row) for row in found])
        parts += _list("What does not hold, and why", found, [words.why_not(row) for row in found])
    parts += _list("No design", others, [_why(row) for row in others])
    return "\n".join(parts)


def _list(title: str, rows: Sequence[Row], said: Sequence[str]) -> list[str]:
    """What is said of each row; rows with the same words share a line."""
    groups: dict[str, list[str]] = {}
    for row, text in zip(rows, said, strict=True):
        if text:
            groups.setdefault(text, []).append(_name(row, rows))
    lines = [f"* {words.joined(names)}: {text}" for text, names in groups.items()]
    return [f"**{title}**\n", "\n".join(lines) + "\n"] if lines else []


def _name(row: Row, rows: Sequence[Row]) -> str:
    """A row's model, with what tells it from others of the same model: the seed, or terms that differ."""
    same = [one for one in rows if one["model"] == row["model"]]
    differ = [
        (key, said)
        for key, said in TOLD_APART.items()
        if len({one.get(key) for one in same if one.get(key) is not None}) > 1 and row.get(key) is not None
    ]
    if not differ and len(same) > 1:
        differ = [("seed", TOLD_APART["seed"])]
    told = ", ".join(said.format(row[key]) for key, said in differ)
    return words.name(row["model"]) + (f" ({told})" if told else "")


def _why(row: Row) -> str:
    """What became of a search without a design: the first sentences of it."""
    sentences = re.split(r"(?<=\.) (?=[A-Z])", str(row["why"] or ""))
    return f"{str(row['outcome']).replace('_', ' ')}. {words.plain(' '.join(sentences[:SENTENCES]))}".strip()


def _today(row: Row) -> list[str]:
    """The contract in force, as the first row."""
    change = row.get("outlay_change_usd")
    outlay = None if change is None else row["outlay_usd"] - change
    known = {
        "model": "*today*",
        "health": words.health(row.get("status_quo_qaly")),
        "outlay": words.money(outlay),
    }
    return [known.get(column, "") for column in words.COLUMNS]


def _money_there_is(found: Sequence[Row]) -> str:
    """The budget, and what could be had with it."""
    limits = sorted({row["budget_usd"] for row in found if row.get("budget_usd") is not None})
    best = [row["first_best_qaly"] for row in found if row.get("first_best_qaly") is not None]
    said = []
    if limits:
        listed = " or ".join(dict.fromkeys(words.money(limit) for limit in limits))
        said.append(f"The budget is {listed} million USD a year.")
    if best:
        said.append(f"If practices did what the payer chose, health could be {words.health(max(best))}.")
    return " ".join(said)


def _link(row: Row, target: Path) -> str:
    """The instance's name, with a link to its page where both pages are in one checkout."""
    text, name = words.name(place_of(row)), str(row["instance"])
    page = library_folder("instances") / name / "README.md"
    here = target.resolve().parent
    if Path(name).name != name or not (page.is_file() and here.is_relative_to(page.parents[2])):
        return text
    return f"[{text}]({Path(os.path.relpath(page, here)).as_posix()})"
