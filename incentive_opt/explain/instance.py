"""Why an instance has no design, and what would have to change for one: as plain data."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

from incentive_opt import __version__
from incentive_opt.domain.instance import Instance
from incentive_opt.domain.payment_model import PaymentModel
from incentive_opt.explain import alone
from incentive_opt.explain.alone import Change
from incentive_opt.explain.blocks import blocking
from incentive_opt.explain.effort import Budgeted
from incentive_opt.explain.elastic import least_gives
from incentive_opt.explain.question import NO, YES, Question
from incentive_opt.explain.words import say_instance
from incentive_opt.files.named import instance_of
from incentive_opt.formulation.assurance import Stopwatch
from incentive_opt.solve.asked import check_numbers, with_terms
from incentive_opt.solve.cheapest import EXACT, Cheapest, Effort, cheapest
from incentive_opt.solve.combined import find
from incentive_opt.solve.kept import Terms
from incentive_opt.solve.settle import status_quo

Tell = Callable[[str], None]
FIRST = 0.35
"""Share of the time for the budget alone; the other limits share what is left evenly [1]."""
GAP = 1e-4
"""Nearness of what is found and what is proved at which a search ends [1]."""


def explain_instance(
    instance: Instance | str | Path,
    model: PaymentModel | str | Path = "blended",
    terms: Terms | None = None,
    stop: Callable[[], bool] | None = None,
    tell: Tell | None = None,
) -> dict[str, Any]:
    """Say whether an instance has a design under a payment model, and if not, which changes admit one.

    Parameters
    ----------
    instance : Instance, str or Path
        The instance, its name or its folder.
    model : PaymentModel, str or Path
        The payment model, its name or file, or several joined by ``+``.
    terms : Terms, optional
        The time limit is for everything together; the gap is how near what is found and what is proved should
        come [1].
    stop : callable, optional
        Asked now and then; once it says True what is known so far is told.
    tell : callable, optional
        Told in words what is being done.

    Returns
    -------
    dict
        Plain data: ``design_exists`` (None where that is not known), ``least_budget``, ``alone``,
        ``together``, ``blocks``, ``says`` (sentences).

    Raises
    ------
    InputError
        With every problem of what was asked for.
    """
    chosen = Terms(gap=GAP, time_limit=120.0) if terms is None else terms
    say = tell or (lambda _: None)
    check_numbers(
        chosen.gap,
        chosen.time_limit,
        chosen.margin,
        chosen.iteration_limit,
        chosen.budget,
        None,
        chosen.kinds,
    )
    read = instance_of(instance)
    paid, _ = find(model, read)
    given = with_terms(read, chosen.margin, chosen.budget, None, None, chosen.kinds)
    question = Question(given, paid, chosen.kinds)
    clock = Budgeted(chosen, stop)
    say("asking each practice how it works today")
    today = status_quo(question.payer, Stopwatch())
    say("looking for the cheapest contract")
    least = cheapest(question.problem, question.payer, clock.effort(1.0 / FIRST), Stopwatch())
    exists = _exists(question, least)
    made = _head(question, read, chosen, exists, least)
    made["today"] = {"outlay_usd": today.outlay, "health_qaly": today.health, "faults": list(today.faults)}
    made["blocks"] = blocking(question, least)
    made["alone"] = [_plain(question, change) for change in _alone(question, least, exists, clock, say)]
    made["together"] = {} if exists == YES or clock.over else _together(question, clock, say)
    made["complete"] = not clock.over
    made["says"] = say_instance(made)
    return made


def _exists(question: Question, least: Cheapest) -> str:
    """Whether a contract exists: as the search for the cheapest one says."""
    if least.serves(question.payer.budget):
        return YES
    beyond = question.payer.budget * (1.0 + 1e-9)
    return NO if least.at_least > beyond else "unknown"


def _head(question: Question, read: Instance, terms: Terms, exists: str, least: Cheapest) -> dict[str, Any]:
    """What was asked, and between which figures the least budget lies."""
    payer, given = question.payer, question.given
    return {
        "schema": 1,
        "kind": "explanation",
        "of": "instance",
        "version": __version__,
        "instance": {"name": read.name, "title": read.title, "sha256": read.sha256},
        "model": {"name": payer.model.name, "title": payer.model.title, "sha256": payer.model.sha256},
        "terms": asdict(terms),
        "labels": {one.name: one.label or one.name for one in read.practices},
        "limits": {
            "budget_usd": payer.budget,
            "income_floor": given.income_floor,
            "income_ceiling": given.income_ceiling,
            "margin_usd": given.margin,
        },
        "design_exists": {YES: True, NO: False}.get(exists),
        "least_budget": {
            "enough_usd": least.usd,
            "at_least_usd": None if math.isinf(least.at_least) else least.at_least,
            "whatever_the_budget": not math.isinf(least.at_least),
            "exact": least.exact,
            "drives": list(least.drives),
            "is_status_quo": least.settled is not None and least.settled.is_status_quo,
        },
    }


def _alone(question: Question, least: Cheapest, exists: str, clock: Budgeted, say: Tell) -> Iterator[Change]:
    """What each limit alone would have to be; only the budget where a design exists."""
    yield alone.budget_alone(question, least)
    if exists == YES:
        return
    searches: list[tuple[str, Callable[[Question, Effort], Any]]] = [
        ("income floor", alone.income_floor),
        ("income ceiling", alone.income_ceiling),
        ("bounds of the prices", alone.price_bounds),
    ]
    if question.given.margin > 0.0:
        searches.append(("incentive margin", alone.margin))
    searches.append(("contract rules", alone.contract_rules))
    if any(panel.minimum > 0.0 for panel in question.given.panels):
        searches.append(("minimum panels", alone.minimum_panels))
    for number, (words, search) in enumerate(searches):
        if clock.over:
            return
        say(f"looking what a change of this would do: {words}")
        found = search(question, clock.effort(len(searches) - number + 2))
        yield from [found] if isinstance(found, Change) else found


def _plain(question: Question, change: Change) -> dict[str, Any]:
    made = asdict(change)
    if change.outcome in (alone.EXACTLY, alone.FOUND) and change.unit.startswith("times today's net"):
        made["usd_per_practice"] = {
            members.name: abs(float(change.would_do or 0.0) - float(change.now or 0.0))
            * abs(question.income_today(members))
            for members in question.types
        }
    return made


def _together(question: Question, clock: Budgeted, say: Tell) -> dict[str, Any]:
    """Budget and income limits together: least in dollars, and all by the same share."""
    say("weighing the budget against the income limits")
    gives = alone.in_dollars(question)
    cost = least_gives(question.problem, gives, clock.effort(2))
    made: dict[str, Any] = {"least_dollars": _parts(question, cost.found, cost.at_least)}
    if cost.units is not None:
        made["least_dollars"]["gives"] = [
            {"limit": give.name, "usd_each": float(unit), "usd": float(give.cost * unit)}
            for give, unit in zip(gives, cost.units, strict=True)
            if give.cost * unit > max(0.01, 1e-9 * cost.found)
        ]
    share = least_gives(question.problem, [alone.by_one_share(question)], clock.effort(1))
    made["same_share"] = _by_share(question, share)
    return made


def _parts(question: Question, found: float, at_least: float) -> dict[str, Any]:
    return {
        "usd": None if math.isinf(found) else found,
        "at_least_usd": None if math.isinf(at_least) else at_least,
        "exact": not math.isinf(found) and found - at_least <= EXACT * abs(question.payer.budget),
        "gives": [],
    }


def _by_share(question: Question, given: Any) -> dict[str, Any]:
    """The share, the limits it comes to, and whether they are confirmed to admit a design."""
    made: dict[str, Any] = {"share": None, "at_least_share": None, "exact": False, "confirmed": False}
    if not math.isinf(given.at_least):
        made["at_least_share"] = given.at_least
    if given.units is None:
        return made
    share = math.ceil(float(given.units[0]) * alone.FOUR - 1e-6) / alone.FOUR
    floor, ceiling = question.given.income_floor, question.given.income_ceiling
    limits: dict[str, Any] = {
        "budget": float(math.ceil(question.payer.budget * (1.0 + share))),
        "income_floor": max(0.0, round(floor - share, 4)),
        "income_ceiling": round(ceiling + share, 4),
    }
    relaxed = question.with_terms(**limits)
    return made | {
        "share": share,
        "exact": given.found - given.at_least <= EXACT,
        "confirmed": relaxed.holds(given.levers, given.responses),
        "limits": limits,
    }
