"""Health against any number of the instance: a search at each value, begun near the others' contracts.

Of most numbers nothing is known of how health moves with them, so no design and no limit is taken from
another value; a limit is where one value allows all that another does (``nested``).
"""

from __future__ import annotations

import json
import shutil
import tempfile
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from incentive_opt import __version__
from incentive_opt.domain.contract import Contract
from incentive_opt.domain.instance import Instance
from incentive_opt.errors import InputError, NoDesign, Problem
from incentive_opt.files import check_run_folder, read_instance, read_run_folder, write_atomically
from incentive_opt.files.instances import INSTANCE_FILES
from incentive_opt.files.named import instance_of
from incentive_opt.files.room import need_room
from incentive_opt.files.settings import with_setting
from incentive_opt.files.writing import csv_text
from incentive_opt.formulation.levers import levers
from incentive_opt.frontier.nested import contradictions, with_limits_of_looser
from incentive_opt.frontier.run import NO_TIME, STOPPED_BEFORE, WARM
from incentive_opt.frontier.steps import order, values_of
from incentive_opt.solve.asked import check_numbers, with_terms
from incentive_opt.solve.combined import find
from incentive_opt.solve.journal import Report
from incentive_opt.solve.kept import DESIGN, NOTHING, Ended, Place, Stop, Terms, Work, alone
from incentive_opt.solve.run import solve

FIGURES: tuple[tuple[str, str], ...] = (
    ("health_qaly", "objective"),
    ("upper_bound_qaly", "objective"),
    ("gap", "objective"),
    ("status_quo_qaly", "objective"),
    ("outlay_usd", "budget"),
    ("limit_usd", "budget"),
)


@dataclass
class _Point:
    """One value of the number, and what became of it."""

    value: float
    instance: Instance
    place: Place
    outcome: str = ""
    why: str = ""
    stopped: bool = False
    design: dict[str, Any] | None = None
    contract: Contract | None = None


def variation(
    instance: Instance | str | Path,
    model: str | Path,
    key: str,
    values: str,
    out: str | Path,
    terms: Terms | None = None,
    attend: Callable[[Work], Ended] | None = None,
    tell: Callable[[str], None] | None = None,
) -> dict[str, Any]:
    """Find the best design at each of many values of one number of the instance.

    Parameters
    ----------
    instance, model
        As in ``incentive_opt.frontier.frontier``.
    key : str
        The number in instance.toml, with its tables before it: ``income.floor``.
    values : str
        ``LO:HI:N``: the lowest and the highest value, and how many.
    out : str or Path
        Folder for the table, the picture, the instances with each value, and a run folder for each search.
    terms : Terms, optional
        The time limit is for all searches together.
    attend, tell : callable, optional
        As in ``incentive_opt.compare.compare``.

    Returns
    -------
    dict
        ``rows``, one for each value, in plain data; also in ``variation.json`` and ``variation.csv``.

    Raises
    ------
    InputError
        With every problem of what was asked for, before any search.
    """
    read, chosen, folder = instance_of(instance), terms or Terms(time_limit=300.0), Path(out)
    points, payment = _prepared(read, model, key, values, folder, chosen)
    say = tell or (lambda _: None)
    started, over = time.monotonic(), False
    for number, place in enumerate(order(len(points)), 1):
        point = points[place]
        begin = f"[{number}/{len(points)}] {key} = {point.value:g}"
        seconds = _share(points, chosen, time.monotonic() - started)
        if _taken(point, chosen, payment.sha256):
            say(f"{begin}: taken from the earlier call")
        elif over or seconds <= 0.0:
            point.why = STOPPED_BEFORE if over else NO_TIME
        else:
            say(f"{begin}: searching for at most {seconds:,.3g} seconds")
            over = _searched(point, points, str(model), payment.sha256, chosen, seconds, attend or alone)
    rows = [_row(point) for point in points]
    document = {
        "schema": 1,
        "kind": "variation",
        "version": __version__,
        "instance": {"name": read.name, "title": read.title, "sha256": read.sha256},
        "model": {"name": payment.name, "title": payment.title, "sha256": payment.sha256},
        "terms": asdict(chosen),
        "key": key,
        "complete": all(point.outcome for point in points),
        "rows": with_limits_of_looser(key, rows),
        "notes": contradictions(key, rows),
    }
    _write(document, folder)
    return document


def _prepared(
    instance: Instance, model: str | Path, key: str, values: str, folder: Path, terms: Terms
) -> tuple[list[_Point], Any]:
    """The instance with each value, checked; and the payment model."""
    need_room(folder)
    if (folder / "instance.toml").exists():
        expected = "a folder of its own; this one holds an instance"
        raise InputError([Problem(str(folder), "", "", expected, "Name another folder.")])
    numbers = (terms.gap, terms.time_limit, terms.margin, terms.iteration_limit, terms.budget)
    check_numbers(*numbers, None, terms.kinds, terms.pieces)
    with_terms(instance, terms.margin, terms.budget, None, None, terms.kinds)
    text = (Path(instance.path) / "instance.toml").read_text(encoding="utf-8-sig")
    steps = values_of(values)
    texts = [with_setting(text, key, value, f"{instance.name}/instance.toml") for value in steps]
    payment, _ = find(model, instance)
    for changed in texts:
        with tempfile.TemporaryDirectory() as scratch:
            _copy(
                instance, changed, Path(scratch)
            )  # what no instance may have is refused before a file is made
    points = []
    for value, changed in zip(steps, texts, strict=True):
        name = f"{key}-{value:.10g}"
        one = _copy(instance, changed, folder / "instances" / name)
        levers(one, payment)
        place = Place(folder / name)
        place.clear_half_written()
        check_run_folder(place.folder)
        points.append(_Point(value, one, place))
    return points, payment


def _copy(instance: Instance, text: str, folder: Path) -> Instance:
    """The instance with another instance.toml, in a folder of its own."""
    folder.mkdir(parents=True, exist_ok=True)
    for file in INSTANCE_FILES:
        source = Path(instance.path) / file
        if file != "instance.toml" and source.is_file():
            shutil.copyfile(source, folder / file)
    write_atomically(folder / "instance.toml", text)
    return read_instance(folder, name=instance.name)


def _share(points: list[_Point], terms: Terms, used: float) -> float:
    """Time of the next search, of what is left for all that are open [s]: the first one has most."""
    left = terms.time_limit - used
    still = sum(not point.outcome and not point.why for point in points)
    own = WARM if any(point.contract for point in points) else 1.0
    return left * own / (own + WARM * max(0, still - 1))


def _taken(point: _Point, terms: Terms, model: str) -> bool:
    """Whether an earlier call ended this search; then what it found."""
    outcome, why = point.place.earlier(terms.asked(point.instance.sha256, model))
    if outcome == NOTHING:
        point.outcome, point.why = outcome, why
    elif outcome == DESIGN:
        try:
            design, kept, _, contract = read_run_folder(point.place.folder)
        except InputError:
            return False
        if kept.sha256 != point.instance.sha256:
            return False
        point.outcome, point.design, point.contract = outcome, dict(design), contract
    return bool(point.outcome)


def _searched(
    point: _Point,
    points: list[_Point],
    model: str,
    sha256: str,
    terms: Terms,
    seconds: float,
    attend: Callable[[Work], Ended],
) -> bool:
    """Search at one value; whether somebody stopped it."""
    known = [one for one in points if one.contract is not None]
    near = min(known, key=lambda one: abs(one.value - point.value), default=None)

    def work(report: Report | None, stop: Stop | None) -> Ended:
        asked = asdict(terms) | {"time_limit": seconds}
        start = None if near is None else near.contract
        try:
            design = solve(point.instance, model, report=report, stop=stop, start=start, **asked)
        except NoDesign as error:
            return Ended(None, str(error), stop is not None and stop())
        return Ended(design, "", bool(design.document["stopped"]))

    ended = attend(work)
    point.place.keep(terms.asked(point.instance.sha256, sha256), ended)
    point.why, point.stopped = ended.why, ended.stopped
    point.outcome = "" if ended.stopped else NOTHING
    if ended.design is not None:
        point.outcome, point.design, point.contract = DESIGN, ended.design.document, ended.design.contract
    return ended.stopped


def _row(point: _Point) -> dict[str, Any]:
    """A value's figures; none where it has no design."""
    design = point.design
    row: dict[str, Any] = {"value": point.value, "found": design is not None}
    for figure, part in FIGURES:
        row[figure] = None if design is None else design[part][figure]
    gain = None if design is None else row["health_qaly"] - row["status_quo_qaly"]
    return row | {
        "gain_qaly": gain,
        "is_status_quo": bool(design and design["is_status_quo"]),
        "folder": point.place.folder.name if design else None,
        "stopped": point.stopped,
        "why": "" if design else point.why,
    }


def _write(document: dict[str, Any], folder: Path) -> None:
    """variation.json, variation.csv and, where there is a design, variation.svg."""
    from incentive_opt.report.variation import variation_picture  # the drawing library is slow to load

    text = json.dumps(document, indent=2, ensure_ascii=False, allow_nan=False)
    write_atomically(folder / "variation.csv", csv_text(document["rows"]))
    picture = folder / "variation.svg"
    if any(row["found"] for row in document["rows"]):
        write_atomically(picture, variation_picture(document))
    else:
        picture.unlink(missing_ok=True)
    write_atomically(folder / "variation.json", text + "\n")
