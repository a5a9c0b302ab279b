"""The frontier: search where the designs and limits known already leave more open than the gap."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from incentive_opt import __version__
from incentive_opt.domain.instance import Instance
from incentive_opt.domain.payment_model import PaymentModel
from incentive_opt.errors import InputError, NoDesign, Problem
from incentive_opt.files import check_run_folder, read_run_folder, write_atomically
from incentive_opt.files.named import instance_of
from incentive_opt.files.room import no_room
from incentive_opt.files.writing import csv_text
from incentive_opt.formulation.levers import levers
from incentive_opt.frontier.known import Found, Known
from incentive_opt.frontier.rows import Visit, rows_of, today
from incentive_opt.frontier.steps import budgets_of, order
from incentive_opt.solve.asked import check_numbers, with_terms
from incentive_opt.solve.combined import find
from incentive_opt.solve.design import Design
from incentive_opt.solve.journal import Report
from incentive_opt.solve.kept import DESIGN, NOTHING, Ended, Place, Stop, Terms, Work, alone
from incentive_opt.solve.run import solve

WARM = 0.2
"""Share of the first search's time that one has which begins near a contract found for another budget [1]."""
STOPPED_BEFORE = "Not searched: the frontier was stopped."
NO_TIME = "Not searched: the time was over."


def frontier(
    instance: Instance | str | Path,
    model: str | Path,
    budgets: str,
    out: str | Path,
    terms: Terms | None = None,
    attend: Callable[[Work], Ended] | None = None,
    tell: Callable[[str], None] | None = None,
) -> dict[str, Any]:
    """Find the best design at each of many budgets, with a limit on what any other could do.

    Parameters
    ----------
    instance : Instance, str or Path
        The instance, its name or its folder.
    model : str or Path
        The payment model, its name or file, or several joined by ``+``.
    budgets : str
        ``LO:HI:N``: the lowest and the highest [USD/year], and how many.
    out : str or Path
        Folder for the tables, the picture and a run folder for each search. What an earlier call with the
        same files, terms and version left there is taken as it is.
    terms : Terms, optional
        The time limit is for all searches together; a budget among the terms is not looked at.
    attend, tell : callable, optional
        As in ``incentive_opt.compare.compare``.

    Returns
    -------
    dict
        ``today`` and ``rows``, in plain data; also written to ``frontier.json`` and ``frontier.csv``.

    Raises
    ------
    InputError
        With every problem of what was asked for.
    """
    read, chosen, folder = instance_of(instance), terms or Terms(time_limit=300.0), Path(out)
    steps, found = _checked(read, model, budgets, folder, chosen)
    walk = _Walk(read, str(model), found, steps, folder, chosen, attend or alone, tell or (lambda _: None))
    walk.take_earlier()
    for number, place in enumerate(order(len(steps)), 1):
        walk.visit(place, f"[{number}/{len(steps)}] budget {_shown(steps[place])} USD")
    document = walk.document()
    _write(document, folder)
    return document


class _Walk:
    """One way through the budgets, with what is known after each."""

    def __init__(
        self,
        instance: Instance,
        given: str,
        model: PaymentModel,
        budgets: list[float],
        folder: Path,
        terms: Terms,
        attend: Callable[[Work], Ended],
        say: Callable[[str], None],
    ) -> None:
        self.instance, self.given, self.model, self.budgets = instance, given, model, budgets
        self.folder, self.terms, self.attend, self.say = folder, terms, attend, say
        self.known = Known()
        self.visits: dict[int, Visit] = {}
        self.started = time.monotonic()
        self.over = False

    def take_earlier(self) -> None:
        """What an earlier call left for these budgets."""
        for number, budget in enumerate(self.budgets):
            place = self._place(budget)
            outcome, why = place.earlier(self._asked(budget))
            if outcome == NOTHING:
                self.visits[number] = Visit(True, None, why)
            elif outcome == DESIGN and (found := _read(place, self.instance, budget)) is not None:
                self.known.add(found)
                self.visits[number] = Visit(True, found)

    def visit(self, number: int, begin: str) -> None:
        """Search at one budget, unless that is done, has nothing to add, or is not wanted any more."""
        budget = self.budgets[number]
        if number in self.visits:
            self.say(f"{begin}: taken from the earlier call")
            return
        if self.known.closed(budget, self.terms.gap):
            self.say(f"{begin}: closed by what other budgets say")
            self.visits[number] = Visit(False)
            return
        seconds = self._share(number)
        if self.over or seconds <= 0.0:
            self.visits[number] = Visit(False, None, STOPPED_BEFORE if self.over else NO_TIME)
            return
        self.say(f"{begin}: searching for at most {seconds:,.3g} seconds")
        near = self.known.nearest(budget)
        ended = self.attend(lambda report, stop: self._search(budget, seconds, near, report, stop))
        place, found = self._place(budget), None
        place.keep(self._asked(budget), ended)
        if ended.design is not None:
            found = _of_design(ended.design, budget, place.folder.name)
            self.known.add(found)
        self.visits[number] = Visit(True, found, ended.why, ended.stopped)
        self.over = ended.stopped

    def document(self) -> dict[str, Any]:
        """Everything, in plain data."""
        self.say("working out today's contract")
        now = today(self.instance.with_pieces(self.terms.pieces), self.terms.kinds)
        visits = [self.visits[number] for number in range(len(self.budgets))]
        return {
            "schema": 1,
            "kind": "frontier",
            "version": __version__,
            "instance": {
                "name": self.instance.name,
                "title": self.instance.title,
                "sha256": self.instance.sha256,
            },
            "model": {"name": self.model.name, "title": self.model.title, "sha256": self.model.sha256},
            "terms": {key: value for key, value in asdict(self.terms).items() if key != "budget"},
            "complete": not self.over and all(visit.why != NO_TIME for visit in visits),
            "today": now,
            "rows": rows_of(self.budgets, visits, self.known, self.terms.gap, now),
            "notes": [
                f"A design for {design.budget:,.2f} USD passes the limit proved for {limit.budget:,.2f} USD: "
                "one of the two is wrong. Please report it."
                for design, limit in self.known.contradictions()
            ],
        }

    def _place(self, budget: float) -> Place:
        return Place(self.folder / _name(budget))

    def _asked(self, budget: float) -> dict[str, Any]:
        return replace(self.terms, budget=budget).asked(self.instance.sha256, self.model.sha256)

    def _share(self, number: int) -> float:
        """Time for the search at one budget, of what is left for all that are open [s].

        Never less than what was planned for it at the beginning, for a search takes some time before it
        finds anything: where others took longer than planned, the last budgets have none.
        """
        left = self.terms.time_limit - (time.monotonic() - self.started)
        later = sum(
            other != number and other not in self.visits and not self.known.closed(budget, self.terms.gap)
            for other, budget in enumerate(self.budgets)
        )
        own = 1.0 if self.known.nearest(self.budgets[number]) is None else WARM
        planned = WARM * self.terms.time_limit / (1.0 + WARM * (len(self.budgets) - 1))
        return min(left, max(planned, left * own / (own + WARM * later)))

    def _search(
        self, budget: float, seconds: float, near: Found | None, report: Report | None, stop: Stop | None
    ) -> Ended:
        terms = asdict(replace(self.terms, budget=budget, time_limit=seconds))
        start = None if near is None else near.contract
        try:
            design = solve(self.instance, self.given, report=report, stop=stop, start=start, **terms)
        except NoDesign as error:
            return Ended(None, str(error), stop is not None and stop())
        return Ended(design, "", bool(design.document["stopped"]))


def _checked(
    instance: Instance, model: str | Path, budgets: str, folder: Path, terms: Terms
) -> tuple[list[float], PaymentModel]:
    """Budgets and model, or every problem of what was asked for at once."""
    problems: list[Problem] = []
    steps: list[float] = []
    found: PaymentModel | None = None
    problems += (room := no_room(folder))
    if not room and (folder / "instance.toml").exists():
        expected = "a folder of its own; this one holds an instance"
        problems.append(Problem(str(folder), "", "", expected, "Name another folder."))
    try:
        steps = budgets_of(budgets)
    except InputError as error:
        problems += error.problems
    for step in steps if not room else ():
        try:
            place = Place(folder / _name(step))
            place.clear_half_written()
            check_run_folder(place.folder)
        except InputError as error:
            problems += error.problems
    try:
        numbers = (terms.gap, terms.time_limit, terms.margin, terms.iteration_limit)
        check_numbers(*numbers, None, None, terms.kinds, terms.pieces)
        with_terms(instance, terms.margin, None, None, None, terms.kinds)
    except InputError as error:
        problems += error.problems
    try:
        found, _ = find(model, instance)
        levers(instance, found)
    except InputError as error:
        problems += error.problems
    if problems or found is None:
        raise InputError(problems)
    return steps, found


def _name(budget: float) -> str:
    """Of a run folder: budget-515000, budget-526315.79."""
    return f"budget-{budget:.2f}".removesuffix(".00")


def _shown(budget: float) -> str:
    """As people read it."""
    return f"{budget:,.2f}".removesuffix(".00")


def _of_design(design: Design, budget: float, folder: str) -> Found:
    return Found(
        budget=budget,
        outlay=design.outlay,
        health=design.health,
        bound=design.upper_bound,
        contract=design.contract,
        is_status_quo=bool(design.document["is_status_quo"]),
        seconds=float(design.document["provenance"]["seconds"]),
        folder=folder,
    )


def _read(place: Place, instance: Instance, budget: float) -> Found | None:
    """What an earlier call found; None where its files are not whole any more."""
    try:
        design, kept, _, contract = read_run_folder(place.folder)
    except InputError:
        return None
    if kept.sha256 != instance.sha256 or design["budget"]["limit_usd"] != budget:
        return None
    return Found(
        budget=budget,
        outlay=float(design["budget"]["outlay_usd"]),
        health=float(design["objective"]["health_qaly"]),
        bound=float(design["objective"]["upper_bound_qaly"]),
        contract=contract,
        is_status_quo=bool(design["is_status_quo"]),
        seconds=float(design["provenance"]["seconds"]),
        folder=place.folder.name,
    )


def _write(document: dict[str, Any], folder: Path) -> None:
    """frontier.json, frontier.csv and, where there is a design, frontier.svg."""
    from incentive_opt.report.frontier import frontier_picture  # the drawing library is slow to load

    text = json.dumps(document, indent=2, ensure_ascii=False, allow_nan=False)
    write_atomically(folder / "frontier.csv", csv_text(document["rows"]))
    picture = folder / "frontier.svg"
    if any(row["found"] for row in document["rows"]):
        write_atomically(picture, frontier_picture(document))
    else:
        picture.unlink(missing_ok=True)
    write_atomically(folder / "frontier.json", text + "\n")
