"""One contract for many cases at once, and what that robustness costs."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from incentive_opt import pricing
from incentive_opt.domain.changed import changed
from incentive_opt.domain.contract import Contract
from incentive_opt.domain.instance import Instance
from incentive_opt.domain.kinds import types_of
from incentive_opt.domain.payment_model import PaymentModel
from incentive_opt.domain.uncertain import Uncertain
from incentive_opt.errors import InputError, NoDesign, Problem
from incentive_opt.files.named import instance_of
from incentive_opt.formulation.assurance import Stopwatch
from incentive_opt.formulation.first_best import first_best
from incentive_opt.formulation.payer import Payer
from incentive_opt.sensitivity.cases import Asked, Case
from incentive_opt.sensitivity.crew import look_at_all
from incentive_opt.sensitivity.draws import draw
from incentive_opt.sensitivity.joined import joined
from incentive_opt.solve.asked import with_terms
from incentive_opt.solve.attainment import Targets
from incentive_opt.solve.combined import find
from incentive_opt.solve.design import Design
from incentive_opt.solve.document import document
from incentive_opt.solve.journal import Journal, Report
from incentive_opt.solve.pose import pose
from incentive_opt.solve.provenance import Facts
from incentive_opt.solve.run import ITERATIONS, solve
from incentive_opt.solve.settle import Settled, is_status_quo, settle, status_quo

ASKED = "scenarios"
MOST = 200
"""More cases at once than this are more than a search gets through."""
ALONE = 0.4
"""Share of the time for the design that knows the files' numbers only; the search for all begins near it."""
CHECKING = 0.1
"""Share of the time that is kept for the check of what was found."""
FRESH = 32
"""Draws of another seed, on which both contracts are compared: the search has not seen them."""
MEAN = (
    "Made for {} draws of what is not known well and the numbers of the files at once: of what was found it "
    "has the most health on average over these, and not with the numbers of the files."
)
FIXED = ("status_quo.conversion_factor", "rvu", "minimum_denominator")
"""Columns whose numbers move today's fees or the menu, and with them the ranges of prices: not drawn here."""


def solve_scenarios(
    instance: Instance | str | Path,
    model: PaymentModel | str | Path,
    scenarios: int,
    gap: float = 0.01,
    time_limit: float = 300.0,
    margin: float | None = None,
    seed: int = 0,
    report: Report | None = None,
    stop: Callable[[], bool] | None = None,
    iteration_limit: int | None = None,
    budget: float | None = None,
    attainment: Targets | None = None,
    altruism_margin: float | None = None,
    kinds: int = 1,
    pieces: int = 1,
    start: Any = None,
) -> Design:
    """Find one contract for the files' numbers and so many draws of what is not known well.

    It has the most health on average over all these cases. Budget and income limits hold with the numbers of
    the files, and for the means over the cases; in a single draw they may be passed. Responses have to be
    best ones in every case, with the incentive margin in the base and its (scenarios + 1)-th part in draws.

    Parameters
    ----------
    scenarios : int
        Draws, from 1 to ``MOST``; the case as the files have it comes on top.
    others
        As in ``incentive_opt.solve.solve``.

    Returns
    -------
    Design
        As it is with the numbers of the files; ``document["scenarios"]`` says what the robustness costs.

    Raises
    ------
    InputError
        With every problem; also where the instance has no uncertainty.csv.
    NoDesign
        No contract was found, even for the numbers of the files alone.
    """
    read = instance_of(instance)
    drawn = _drawn(read, scenarios)
    terms: dict[str, Any] = {
        "margin": margin,
        "budget": budget,
        "attainment": attainment,
        "altruism_margin": altruism_margin,
        "kinds": kinds,
        "pieces": pieces,
    }
    journal = Journal(report)
    alone = solve(
        read, model, gap=gap, time_limit=ALONE * time_limit, seed=seed, report=report, stop=stop,
        iteration_limit=iteration_limit, start=start, **terms,
    )  # fmt: skip
    given = with_terms(read, **terms)
    chosen, model_text = find(model, read)
    values = _values(drawn, scenarios, seed)
    journal.tell("building")
    problem, payer = _posed(given, chosen, alone.contract, kinds, values)
    left = (1.0 - CHECKING) * time_limit - journal.seconds
    result = pricing.solve(
        problem, gap=gap, time_limit=max(0.01, left), seed=seed, report=journal.search, stop=stop,
        iteration_limit=ITERATIONS if iteration_limit is None else iteration_limit,
    )  # fmt: skip
    stopped = stop is not None and stop()
    journal.tell("checking", result.iterations, result.objective, result.bound)
    stopwatch = Stopwatch()
    settled, notes = _settled(payer, result, stopwatch, journal)
    asked = _Judged(given, kinds, alone.contract, drawn, values, seed)
    if settled is None:
        found: Design = replace(alone, document=dict(alone.document))
        found.document["notes"] = [*notes, *found.document["notes"]]
    else:
        facts = Facts(
            gap_asked=gap,
            seed=seed,
            budget_given=budget is not None,
            margin_given=margin is not None,
            notes=(MEAN.format(scenarios),),
            stopped=stopped,
            bound=float(alone.document["objective"]["upper_bound_qaly"]),
            iterations=result.iterations,
            seconds_of=dict(result.seconds),
            stopwatch=stopwatch,
        )
        made = _document(given, payer, settled, kinds, journal, facts)
        lines = tuple(journal.lines)
        found = Design(made, settled.contract, settled.responses, given, chosen, lines, model_text)
    found.document["scenarios"] = asked.judged(found.contract, scenarios, settled is not None, result)
    return found


def _drawn(read: Instance, scenarios: int) -> list[Uncertain]:
    """The parameters that are drawn."""
    problems = []
    if isinstance(scenarios, bool) or not isinstance(scenarios, int) or not 1 <= scenarios <= MOST:
        expected = f"a whole number from 1 to {MOST}"
        problems.append(Problem("what was asked for", ASKED, repr(scenarios)[:20], expected))
    drawn = [one for one in read.uncertainty if not any(place.column in FIXED for place in one.places)]
    if not drawn:
        expected = "an uncertainty.csv that says which numbers are not known well"
        problems.append(Problem(read.name, "", "", expected, "instances/README.md tells its columns."))
    if problems:
        raise InputError(problems)
    return drawn


def _values(drawn: Sequence[Uncertain], number: int, seed: int) -> list[dict[str, float]]:
    """So many draws, each by the names of the parameters."""
    names = [one.name for one in drawn]
    return [dict(zip(names, row, strict=True)) for row in draw(drawn, number, seed).tolist()]


def _posed(
    given: Instance, model: PaymentModel, near: Contract, kinds: int, values: Sequence[dict[str, float]]
) -> tuple[pricing.PricingProblem, Payer]:
    """The problem of all cases at once, and what the base's part of it means."""
    problem, payer = pose(given, model, near, kinds)
    small = 1.0 / (len(values) + 1)
    cases = []
    for row in values:
        case = changed(given, row)
        case = replace(case, margin=small * given.margin, altruism_margin=small * given.altruism_margin)
        cases.append(pose(case, model, None, kinds)[0])
    shared = 1 + len(types_of(payer.instance))
    return joined(problem, cases, shared), payer


def _settled(
    payer: Payer, result: pricing.Result, stopwatch: Stopwatch, journal: Journal
) -> tuple[Settled | None, list[str]]:
    """The contract as it is with the files' numbers; None, and why, where it cannot be promised there."""
    if result.levers is None or is_status_quo(payer, result.levers):
        return None, ["No contract for all cases at once was found; this is the one for the files' numbers."]
    own = result.responses[: len(payer.practices)]
    found, lines = settle(payer, result.levers, own, stopwatch, None)
    for line in lines:
        journal.note(line)
    if not found.faults:
        return found, []
    return None, [
        "The contract for all cases did not survive the check of its promises and was put aside: "
        f"{'; '.join(found.faults)}."
    ]


def _document(
    given: Instance, payer: Payer, settled: Settled, kinds: int, journal: Journal, facts: Facts
) -> dict[str, Any]:
    """The content of design.json, with the files' numbers."""
    best = first_best(payer)
    if best is None:
        raise NoDesign("the income limits and the budget cannot be kept together.")
    in_force = status_quo(payer, facts.stopwatch)
    return document(payer, given, kinds, settled, in_force, best, facts, lambda: journal.seconds)


class _Judged:
    """Both contracts on the cases that were searched for, and on fresh draws."""

    def __init__(
        self, given: Instance, kinds: int, alone: Contract, drawn: Sequence[Uncertain],
        values: Sequence[dict[str, float]], seed: int,
    ) -> None:  # fmt: skip
        self.given, self.kinds, self.alone = given, kinds, alone
        self.drawn, self.values, self.seed = drawn, values, seed

    def judged(
        self, contract: Contract, scenarios: int, found: bool, result: pricing.Result
    ) -> dict[str, Any]:
        """What the contract for all cases brings beside the one for the files' numbers."""
        started = time.perf_counter()
        fresh = _values(self.drawn, FRESH, self.seed + 1)
        asked = Asked(self.given, self.kinds, (contract, self.alone))
        cases = look_at_all(asked, [{}, *self.values, *fresh])
        base, own, other = cases[0], cases[1 : 1 + len(self.values)], cases[1 + len(self.values) :]
        at_base = _means([base])
        return {
            "draws": scenarios,
            "found": found,
            "at_base": at_base,
            "over_draws": _means(own),
            "over_fresh_draws": _means(other),
            "costs_at_base_qaly": at_base["alone"]["health_qaly"] - at_base["robust"]["health_qaly"],
            "mean_bound_qaly": result.bound if math.isfinite(result.bound) else None,
            "parameters": [one.name for one in self.drawn],
            "seconds_judging": time.perf_counter() - started,
        }


def _means(cases: Sequence[Case | None]) -> dict[str, Any]:
    """Means over cases, of both contracts; and how often each keeps the budget and incomes [1]."""
    known = [case for case in cases if case is not None]
    if not known:
        return {"cases": 0}
    found: dict[str, Any] = {"cases": len(known)}
    for place, name in enumerate(("robust", "alone")):
        found[name] = {
            "health_qaly": sum(case.years[place].health for case in known) / len(known),
            "outlay_usd": sum(case.years[place].outlay for case in known) / len(known),
            "budget_kept_share": sum(case.budget_kept(place) for case in known) / len(known),
            "incomes_kept_share": sum(not case.outside(place) for case in known) / len(known),
            "beats_today_share": sum(case.beats(place) for case in known) / len(known),
        }
    return found
