"""The whole: what is asked of a design, the cases, and what they say together."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from incentive_opt import __version__
from incentive_opt.errors import InputError, Problem
from incentive_opt.files import write_atomically
from incentive_opt.files.writing import csv_text
from incentive_opt.sensitivity.cases import Case, names_of_types
from incentive_opt.sensitivity.chances import WORTHS, chances, moved_by, worth_of_knowing
from incentive_opt.sensitivity.crew import look_at_all
from incentive_opt.sensitivity.draws import FloatArray, draw
from incentive_opt.sensitivity.indices import indices
from incentive_opt.sensitivity.resolve import searched
from incentive_opt.sensitivity.subject import ASKED, Subject, Terms, check, subject_of
from incentive_opt.sensitivity.tornado import ENDS, described, entry_of, rows_of, tasks_of
from incentive_opt.sensitivity.words import sentences, turned

FILE, DRAWS_FILE = "sensitivity.json", "sensitivity_draws.csv"
TABLE = "table_of_draws"
Tell = Callable[[str, int, int], None]
Stop = Callable[[], bool]


def sensitivity(
    design: str | Path,
    terms: Terms | None = None,
    against: Sequence[str | Path] = (),
    uncertainty: str | Path | None = None,
    tell: Tell | None = None,
    stop: Stop | None = None,
    write: bool = True,
) -> dict[str, Any]:
    """Say how sure a design is, from what is known of the uncertainty of its instance.

    Parameters
    ----------
    design : str or Path
        The run folder of a design, or the design.json in it.
    terms : Terms, optional
    against : sequence of str or Path
        Contract files or run folders, to stand beside the design and today's contract.
    uncertainty : str or Path, optional
        A table in place of the uncertainty.csv of the instance.
    tell : callable, optional
        Told what is done, how many of it are done, and of how many.
    stop : callable, optional
        Asked now and then; once it says True the work ends with what is done.
    write : bool
        Whether to write sensitivity.json and sensitivity_draws.csv into the run folder.

    Returns
    -------
    dict
        The content of sensitivity.json; and as ``table_of_draws`` that of sensitivity_draws.csv.

    Raises
    ------
    InputError
        With every problem found in the files and in what was asked.
    """
    chosen, started = terms or Terms(), time.perf_counter()
    check(chosen)
    subject = subject_of(Path(design), chosen, against, uncertainty)
    given = subject.asked.given
    say, halt = tell or (lambda *_: None), stop or (lambda: False)
    ends = tasks_of(given.uncertainty)
    drawn = draw(given.uncertainty, chosen.draws, chosen.seed)
    names = [one.name for one in given.uncertainty]
    tasks = [*ends, *(dict(zip(names, row, strict=True)) for row in drawn.tolist())]
    found = look_at_all(
        subject.asked,
        tasks,
        chosen.processes,
        lambda done: say("letting practices respond anew", done, len(tasks)),
        halt,
    )
    if not found or found[0] is None:
        raise InputError([_nothing(str(design), bool(found))])
    drawn_cases = found[len(ends) :]
    document = _head(subject, chosen, found[0])
    document["tornado"] = rows_of(given.uncertainty, names_of_types(given), found[: len(ends)])
    for row in document["tornado"]:
        row["decision"] = turned(row, document["base"]["design"], document["labels"])
    if chosen.resolve > 0.0:
        _resolve(document["tornado"], subject, chosen, say, halt)
    document |= _together(subject, chosen, drawn[: len(drawn_cases)], drawn_cases)
    document["indices"] = indices(subject.asked, chosen, say, halt) if chosen.indices else None
    document["complete"] = not halt()
    document["seconds"] = time.perf_counter() - started
    document["sentences"] = sentences(document)
    document[TABLE] = _draws_table(names, drawn, drawn_cases, subject.names)
    if write:
        keep(document, Path(design) if Path(design).is_dir() else Path(design).parent)
    return document


def keep(document: dict[str, Any], folder: Path) -> None:
    """Write what was found into the run folder: sensitivity.json and the draws as a table."""
    content = {key: value for key, value in document.items() if key != TABLE}
    write_atomically(folder / DRAWS_FILE, document[TABLE])
    write_atomically(folder / FILE, json.dumps(content, indent=2, ensure_ascii=False, allow_nan=False) + "\n")


def _nothing(design: str, looked: bool) -> Problem:
    if looked:
        expected = "practices that can serve the smallest panel they have to keep"
        return Problem(design, "instance/panels.csv", "", expected)
    return Problem(ASKED, "", "", "time for at least one case", "It was stopped before anything was done.")


def _head(subject: Subject, terms: Terms, base: Case) -> dict[str, Any]:
    """What was asked, and the case as the files have it."""
    design, given = subject.design, subject.asked.given
    return {
        "schema": 1,
        "kind": "sensitivity",
        "version": __version__,
        "instance": dict(design["instance"]),
        "model": dict(design["model"]),
        "design": {
            "health_qaly": design["objective"]["health_qaly"],
            "outlay_usd": design["budget"]["outlay_usd"],
            "kinds": int(design.get("kinds") or 1),
            "is_status_quo": bool(design.get("is_status_quo")),
        },
        "uncertainty": subject.table,
        "kinds": subject.asked.kinds,
        "seed": terms.seed,
        "draws_asked": terms.draws,
        "resolve_seconds": terms.resolve,
        "contracts": list(subject.names),
        "labels": {one.name: one.label for one in given.practices},
        "parameters": [{**described(one), "low": one.low, "high": one.high} for one in given.uncertainty],
        "base": {
            name: entry_of(base, names_of_types(given), place) for place, name in enumerate(subject.names[1:])
        },
    }


def _together(
    subject: Subject, terms: Terms, drawn: FloatArray, found: Sequence[Case | None]
) -> dict[str, Any]:
    """What the draws say."""
    given = subject.asked.given
    kept = [(row, case) for row, case in zip(drawn, found, strict=True) if case is not None]
    cases = [case for _, case in kept]
    counted = {"draws": len(found), "draws_impossible": len(found) - len(cases)}
    if not cases:
        return {**counted, "chances": None, "value_of_information": None, "moved_by": None}
    types = names_of_types(given)
    worths = sorted({*WORTHS, terms.worth})
    gains = [case.gain() for case in cases]
    return {
        **counted,
        "chances": {name: chances(cases, types, place) for place, name in enumerate(subject.names[1:])},
        "value_of_information": worth_of_knowing(cases, subject.names, worths) | {"worth_asked": terms.worth},
        "moved_by": moved_by(given.uncertainty, drawn[[case is not None for case in found]], gains),
    }


def _resolve(rows: list[dict[str, Any]], subject: Subject, terms: Terms, say: Tell, halt: Stop) -> None:
    """Search at both ends of every parameter; what is found goes into the rows."""
    design, number = subject.design, 0
    own = {
        "time_limit": terms.resolve,
        "seed": terms.seed,
        "margin": design.get("margin_usd"),
        "altruism_margin": design.get("altruism_margin"),
        "kinds": subject.asked.kinds,
        "pieces": int(design.get("pieces") or 1),
    }
    for row in rows:
        for end in ENDS:
            if halt():
                return
            number += 1
            say("searching again at the ends", number, len(rows) * len(ENDS))
            values = {row["parameter"]: row[end]["value"]}
            contract = subject.asked.contracts[0]
            row[end]["resolved"] = searched(
                subject.asked.given, subject.model, contract, own, row[end], values, halt
            )


def _draws_table(
    names: Sequence[str], drawn: FloatArray, found: Sequence[Case | None], contracts: Sequence[str]
) -> str:
    """Every draw with what came of it, as CSV; no figures where a practice could not serve its panel."""
    rows = []
    for values, case in zip(drawn.tolist(), found, strict=False):
        row: dict[str, object] = dict(zip((f"parameter:{name}" for name in names), values, strict=True))
        years = (case.today, *case.years) if case is not None else ()
        row["budget_usd"] = case.limit if case is not None else ""
        for place, name in enumerate(contracts):
            row[f"health_qaly:{name}"] = years[place].health if years else ""
            row[f"outlay_usd:{name}"] = years[place].outlay if years else ""
        rows.append(row)
    return csv_text(rows)
