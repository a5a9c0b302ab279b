"""The page about a batch, in Markdown: what was run, models by instance, what holds and what does not."""

from __future__ import annotations

import shlex
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from incentive_opt.batch import page_words as words
from incentive_opt.batch.asked import command_of
from incentive_opt.batch.figures import HOLDS
from incentive_opt.batch.folder import Folder
from incentive_opt.batch.page_instance import Titles, better, found_in, instance_part, place_of
from incentive_opt.batch.record import DONE, FAILED, NO_DESIGN, UNFIT
from incentive_opt.batch.table import OPEN
from incentive_opt.compare.figures import COSTS
from incentive_opt.errors import InputError, Problem
from incentive_opt.files import write_atomically
from incentive_opt.files.room import need_room

ENDINGS = {DONE: "ended with a design", NO_DESIGN: "found none", UNFIT: "had a model that does not fit",
           FAILED: "failed", OPEN: "are still open"}  # fmt: skip
TERMS = ("instance", "searches", "kinds of practice", "time limit [s]", "margin [USD]")
WHOLE_MINUTES = 10.0
"""From here on minutes are told without decimals."""
Row = Mapping[str, Any]


def write_page(folder: Folder, rows: Sequence[Row], target: Path, chosen: Sequence[str] = ()) -> None:
    """Write the page about rows of a batch's table, whole or not at all.

    Parameters
    ----------
    chosen : sequence of str
        The options that chose these rows, as words of a command.

    Raises
    ------
    InputError
        Where there are no rows.
    """
    if not rows:
        expected = "a batch with tasks of which the conditions hold"
        raise InputError([Problem("what was asked for", "page", "", expected)])
    write_atomically(target, page(folder, rows, target, chosen))


def check_page(target: Path) -> None:
    """Raise InputError for what is no file of Markdown."""
    shown = str(target).encode(errors="replace").decode()
    if target.suffix != ".md" or target.is_dir() or shown != str(target):
        expected = "a file that ends in .md, with a name in UTF-8"
        raise InputError([Problem("what was asked for", "page", shown, expected)])
    need_room(target, "Name another place with --page.", file=True)


def page(folder: Folder, rows: Sequence[Row], target: Path, chosen: Sequence[str] = ()) -> str:
    """The page as text; everything from files is escaped."""
    study = folder.read_plan()["study"]
    places: dict[str, list[Row]] = {}
    for row in rows:
        places.setdefault(place_of(row), []).append(row)
    titles = Titles(folder.path)
    parts = [
        f"# {words.plain(study.get('title') or 'Payment models by instance')}\n",
        _lead(rows),
        _commands(folder, study, target, chosen),
        _run(rows),
        _glance(places),
        *(instance_part(own, titles, target) for own in places.values()),
        words.HOW_TO_READ,
        _models(rows, titles),
    ]
    return "\n".join(part for part in parts if part).rstrip("\n") + "\n"


def _lead(rows: Sequence[Row]) -> str:
    """What came of it, in a few sentences."""
    counts, found = Counter(str(row["outcome"]) for row in rows), found_in(rows)
    ends = words.joined([f"{counts[key]} {said}" for key, said in ENDINGS.items() if counts[key]])
    good = better(found)
    free = sum(row.get("per_dollar") != COSTS for row in good)
    said = [
        "What can each way of paying paediatric practices do for children, what does it cost, and who gains "
        f"and who loses? Of {len(rows)} search{'es' * (len(rows) != 1)}, each for a payment model and an "
        f"instance, {ends}.",
    ]
    if found:
        rest = "; in the rest nothing better than today's contract was found" * (len(good) < len(found))
        said.append(
            f"In {len(good)} of the designs children are healthier than today, in {free} of them for no more "
            f"money than is spent today{rest}."
        )
    if checked := [row for row in found if row.get("verified")]:
        holding = sum(row["verified"] == HOLDS for row in checked)
        said.append(f"Recomputed by independent code, {holding} of {len(checked)} keep every promise.")
    if tried := [row for row in good if row.get("verdict")]:
        holding = sum(row["verdict"] == HOLDS for row in tried)
        said.append(
            f"Simulated child by child, {holding} of the {len(tried)} that are better than today hold; why "
            "the others do not stands below each table."
        )
    return " ".join(said) + "\n"


def _commands(folder: Folder, study: Row, target: Path, chosen: Sequence[str]) -> str:
    """What to type for the same page."""
    shown = target.name if target.is_absolute() else target.as_posix()
    name = folder.path.resolve().name
    results = shlex.join(["incentive-opt", "results", name, *chosen, "--page", shown])
    typed = words.fenced(f"{command_of(study, name)}\n{results}", "bash")
    return f"## What was run\n\n{typed}\n"


def _run(rows: Sequence[Row]) -> str:
    """Versions, dates and terms."""
    seeds = sorted({int(row["seed"]) for row in rows})
    ended = [row for row in rows if row.get("finished")]
    versions = sorted({f"incentive-opt {row['version']} with {row['solver']}" for row in ended})
    days = sorted(str(row["finished"])[:10] for row in ended)
    span = " to ".join(dict.fromkeys([*days[:1], *days[-1:]]))
    minutes = sum(row.get("task_seconds") or 0.0 for row in ended) / 60.0
    late = sum(row.get("ended_by") == "time" for row in rows)
    listed = ", ".join(map(str, seeds[:20])) + (" and more" if len(seeds) > 20 else "")
    by = f"{words.plain(words.joined(versions))}, {span}, " if ended else "Nothing has ended yet: "
    return "\n".join([
        f"Written by the second command; do not edit it. {by}"
        f"{minutes:,.{0 if minutes >= WHOLE_MINUTES else 1}f} minutes of one processor core in all. "
        f"Seed{'s' * (len(seeds) > 1)}: {listed}.{_late(late)}\n",
        words.table(TERMS, _terms(rows)),
        "Kinds of practice are told apart within each type; the margin is how much a practice must prefer "
        "what the design intends [USD a year for each 1 % of harm].\n",
    ])  # fmt: skip


def _late(number: int) -> str:
    """What is to be known of searches that ran out of time."""
    if not number:
        return ""
    whose, they = ("1 search", "it finds another design") if number == 1 else (
        f"{number} searches", "they find other designs")  # fmt: skip
    return (
        f" {whose} ended because {'its' if number == 1 else 'their'} time was over: with another machine, "
        f"seed or time limit {they}."
    )


def _terms(rows: Sequence[Row]) -> list[list[str]]:
    """A line for each instance and each set of terms."""
    groups: dict[tuple[str, str, str], list[Row]] = {}
    for row in (row for row in rows if row["outcome"] == DONE):
        terms = words.number(row.get("kinds")), words.number(row.get("time_limit_seconds"))
        groups.setdefault((words.name(place_of(row)), *terms), []).append(row)
    lines = []
    for (place, kinds, seconds), own in groups.items():
        margins = sorted({row["margin_usd"] for row in better(own) if row.get("margin_usd") is not None})
        said = " or ".join(words.number(margin, 2) for margin in margins) or "–"
        lines.append([place, str(len(own)), kinds, seconds, said])
    return lines


def _glance(places: Mapping[str, Sequence[Row]]) -> str:
    """Gains of all models on all instances."""
    models = list(dict.fromkeys(str(row["model"]) for rows in places.values() for row in rows))
    lines = []
    for place, rows in places.items():
        own = {model: [row for row in rows if row["model"] == model] for model in models}
        lines.append([words.name(place), *(_gain(own[model]) for model in models)])
    legend = (
        "Gain in health over today [%], as promised. **Bold**: simulated child by child, the design holds. "
        "–: nothing better than today's contract was found. Empty: not asked of this "
        "instance.\n"
    )
    heads = ["instance", *(words.plain(model).replace("\\_", " ") for model in models)]
    return f"## At a glance\n\n{words.table(heads, lines)}\n{legend}"


def _gain(rows: Sequence[Row]) -> str:
    """The gain of a model's healthiest design, or what else became of it."""
    if found := found_in(rows):
        if found[0].get("is_status_quo"):
            return "–"
        text = words.percent(found[0]["gain_share"], signed=True)
        return f"**{text}**" if found[0].get("verdict") == HOLDS else text
    others = {str(row["outcome"]).replace("_", " ") for row in rows if row["outcome"] != UNFIT}
    return words.joined(sorted(others))


def _models(rows: Sequence[Row], titles: Titles) -> str:
    """What the models are called."""
    named: dict[str, str] = {}
    for row in rows:
        if row["outcome"] == DONE:
            named.setdefault(str(row["model"]), titles.of(row, "model"))
    lines = [f"* {words.name(name)}: {words.plain(title)}" for name, title in named.items()]
    return "## The models\n\n" + "\n".join(lines) + "\n" if lines else ""
