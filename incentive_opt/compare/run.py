"""The comparison: solve each model, or take what stands in its folder, and put the figures side by side."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from incentive_opt import __version__
from incentive_opt.compare.figures import ranked
from incentive_opt.compare.rows import flat, row_of_folder, row_of_today, row_without, with_equity
from incentive_opt.domain.instance import Instance
from incentive_opt.errors import InputError, NoDesign, Problem
from incentive_opt.files import check_run_folder, read_model, write_atomically
from incentive_opt.files.library import find_model
from incentive_opt.files.named import instance_of
from incentive_opt.files.room import no_room
from incentive_opt.files.writing import csv_text
from incentive_opt.formulation.levers import levers
from incentive_opt.solve.asked import check_numbers, with_terms
from incentive_opt.solve.combined import find
from incentive_opt.solve.journal import Report
from incentive_opt.solve.kept import DESIGN, NOTHING, Ended, Place, Stop, Terms, Work, alone
from incentive_opt.solve.run import solve
from incentive_opt.solve.totals import labels

ASKED = "what was asked for"
STOPPED_BEFORE = "Not begun: the comparison was stopped."
OWN_NAMES = (
    "To use it here, copy the model's file and change the names under `of`; `solve` tells all of them."
)


@dataclass(frozen=True)
class Asked:
    """A model to compare: as it was named, what it is called in the comparison, and its title."""

    given: str
    name: str
    title: str


def compare(
    instance: Instance | str | Path,
    models: Sequence[str | Path],
    out: str | Path,
    designs: Sequence[str | Path] = (),
    terms: Terms | None = None,
    attend: Callable[[Work], Ended] | None = None,
    tell: Callable[[str], None] | None = None,
) -> dict[str, Any]:
    """Solve an instance under several payment models and put what is found side by side.

    Parameters
    ----------
    instance : Instance, str or Path
        The instance, its name or its folder.
    models : sequence of str or Path
        Payment models by name or file, or several joined by ``+``.
    out : str or Path
        Folder for the comparison, with a run folder for each model. What an earlier comparison with the same
        files, terms and version left there is taken as it is.
    designs : sequence of str or Path
        Run folders of designs for the same instance, to stand beside the models.
    terms : Terms, optional
        What every search is given.
    attend : callable, optional
        Does a search while somebody watches: called with the work, which takes what to report progress to and
        what to ask whether to stop.
    tell : callable, optional
        Told in a line what comes next.

    Returns
    -------
    dict
        ``today`` and ``rows``, and ``ranking``, the names of those with a design from the healthiest on, in
        plain data; also written to ``comparison.json`` and ``comparison.csv``.

    Raises
    ------
    InputError
        With every problem of the instance, of the files of models and designs, and of the folder.
    """
    chosen = terms or Terms()
    say = tell or (lambda _: None)
    read = instance_of(instance)
    folder = Path(out)
    _check_terms(read, chosen)
    asked, beside = _checked(read, models, designs, folder)
    rows: list[dict[str, Any]] = []
    over = False
    for number, one in enumerate(asked, 1):
        if over:
            rows.append(row_without(one.name, one.title, STOPPED_BEFORE))
            continue
        begin = f"[{number}/{len(asked)}] {one.name}"
        row, over = _row(read, one, Place(folder / one.name), chosen, attend or alone, begin, say)
        rows.append(row)
    say("working out today's contract")
    todays = {
        terms_of: row_of_today(read.with_pieces(terms_of[1]), terms_of[0])
        for terms_of in {(chosen.kinds, chosen.pieces), *(_told(row) for row in beside)}
    }
    today = todays[chosen.kinds, chosen.pieces]
    document = {
        "schema": 1,
        "kind": "comparison",
        "version": __version__,
        "instance": {"name": read.name, "title": read.title, "sha256": read.sha256},
        "terms": asdict(chosen),
        "complete": not over,
        "today": with_equity(today, today),
        "rows": [
            *(with_equity(row, today) for row in rows),
            *(with_equity(row, todays[_told(row)]) for row in beside),
        ],
        "ranking": [row["name"] for row in ranked([row for row in (*rows, *beside) if row["found"]])],
        "labels": labels(read),
    }
    _write(document, folder)
    return document


def _told(row: dict[str, Any]) -> tuple[int, int]:
    """Kinds of practice and pieces of curves that a design tells apart."""
    return row["kinds"], row["pieces"]


def _check_terms(instance: Instance, terms: Terms) -> None:
    """Raise InputError for terms that make no sense, before any search."""
    numbers = (terms.gap, terms.time_limit, terms.margin, terms.iteration_limit, terms.budget)
    check_numbers(*numbers, None, terms.kinds, terms.pieces)
    with_terms(instance, terms.margin, terms.budget, None, None, terms.kinds)


def _checked(
    instance: Instance, models: Sequence[str | Path], designs: Sequence[str | Path], folder: Path
) -> tuple[list[Asked], list[dict[str, Any]]]:
    """Models and the rows of designs, or every problem of all of them at once."""
    problems: list[Problem] = []
    asked: list[Asked] = []
    beside: list[dict[str, Any]] = []
    problems += (room := no_room(folder))
    if not room and (folder / "instance.toml").exists():
        expected = "a folder of its own; this one holds an instance"
        problems.append(Problem(str(folder), "", "", expected, "Name another folder."))
    for given in models:
        try:
            parts = [read_model(part) for part in _parts(str(given))]
            name = "+".join(part.name for part in parts)
            asked.append(Asked(str(given), name, " + ".join(part.title for part in parts)))
            if room:
                continue
            place = Place(folder / name)
            place.clear_half_written()
            check_run_folder(place.folder)
        except InputError as error:
            problems += error.problems
    for given in designs:
        try:
            beside.append(row_of_folder(str(given), Path(given), instance))
        except InputError as error:
            problems += error.problems
    twice = [name for name, times in Counter(one.name for one in asked).items() if times > 1]
    problems += [Problem(ASKED, "models", name, "every model once", "Rename one file.") for name in twice]
    if not asked and not beside and not problems:
        problems.append(Problem(ASKED, "models", "", "at least one model or design"))
    if problems:
        raise InputError(problems)
    return asked, beside


def _parts(given: str) -> list[str]:
    """The models that are joined by ``+``, each of which is there."""
    parts = [given] if Path(given).is_file() else given.split("+")
    for part in parts:
        find_model(part)
    return parts


def _row(
    instance: Instance,
    one: Asked,
    place: Place,
    terms: Terms,
    attend: Callable[[Work], Ended],
    begin: str,
    say: Callable[[str], None],
) -> tuple[dict[str, Any], bool]:
    """One model's row, and whether the comparison is over because somebody stopped it."""
    try:
        model, _ = find(one.given, instance)
        levers(instance, model)
    except InputError as error:
        say(f"{begin}: it does not fit this instance")
        return row_without(one.name, one.title, _not_for(instance, error)), False
    asked = terms.asked(instance.sha256, model.sha256)
    outcome, why = place.earlier(asked)
    if outcome == NOTHING:
        say(f"{begin}: nothing was found earlier")
        return row_without(one.name, one.title, why), False
    if outcome == DESIGN and (row := _earlier_row(one, place, instance)) is not None:
        say(f"{begin}: taken from the earlier comparison")
        return row | {"reused": True}, False
    say(f"{begin}: searching for at most {terms.time_limit:g} seconds")
    ended = attend(lambda report, stop: _search(instance, one.given, terms, report, stop))
    return _kept(instance, one, place, asked, ended), ended.stopped


def _search(instance: Instance, given: str, terms: Terms, report: Report | None, stop: Stop | None) -> Ended:
    try:
        design = solve(instance, given, report=report, stop=stop, **asdict(terms))
    except NoDesign as error:
        return Ended(None, str(error), stop is not None and stop())
    return Ended(design, "", bool(design.document["stopped"]))


def _kept(
    instance: Instance, one: Asked, place: Place, asked: dict[str, Any], ended: Ended
) -> dict[str, Any]:
    """Write down how a search ended; its row."""
    place.keep(asked, ended)
    if ended.design is None:
        return row_without(one.name, one.title, ended.why)
    return row_of_folder(one.name, place.folder, instance) | {"reused": False}


def _earlier_row(one: Asked, place: Place, instance: Instance) -> dict[str, Any] | None:
    """The row of a design that an earlier comparison left; None where its files are not whole any more."""
    try:
        return row_of_folder(one.name, place.folder, instance)
    except InputError:
        return None


def _not_for(instance: Instance, error: InputError) -> str:
    """Why a model that is sound by itself says nothing about this instance."""
    first = error.problems[0]
    more = f" (and {len(error.problems) - 1} more)" if len(error.problems) > 1 else ""
    said = f"Not for {instance.name}: found {first.value!r}; expected {first.expected}{more}."
    return f"{said} {OWN_NAMES}" if first.where.endswith(", of") else said


def _write(document: dict[str, Any], folder: Path) -> None:
    """comparison.json, and every figure of a row as a column of its own in comparison.csv."""
    rows = [flat(row) for row in [document["today"], *document["rows"]]]
    text = json.dumps(document, indent=2, ensure_ascii=False, allow_nan=False)
    write_atomically(folder / "comparison.csv", csv_text(rows))
    write_atomically(folder / "comparison.json", text + "\n")
