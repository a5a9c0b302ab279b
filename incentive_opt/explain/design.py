"""What binds in a design and what a relaxation is worth: as plain data."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from incentive_opt import __version__
from incentive_opt.domain.instance import Instance
from incentive_opt.domain.payment_model import THINGS, Lever
from incentive_opt.explain.binding import binding, price_name
from incentive_opt.explain.effort import Budgeted
from incentive_opt.explain.held import Held, Holding, Limit, activities
from incentive_opt.explain.prices import AGREES, Price, first_best_prices
from incentive_opt.explain.resolved import resolved
from incentive_opt.explain.say_design import say_design
from incentive_opt.explain.source import Source, read_source
from incentive_opt.solve.asked import check_numbers
from incentive_opt.solve.kept import Terms

HOLDING = 0.3
"""Share of the time for the prices of held ways of working [1]."""
STEPS = {"floor": 1.0, "ceiling": 1.0, "lowest": 0.01, "highest": 0.01, "margin": 0.01}
"""Changes with which prices are checked: dollars; of the margin a share of it."""
FIGURES = 12
"""Prices of held ways of working that are checked, largest stake first."""


def explain_design(
    design: str | Path,
    terms: Terms | None = None,
    stop: Callable[[], bool] | None = None,
    tell: Callable[[str], None] | None = None,
) -> dict[str, Any]:
    """Say what binds in a design, and what a change of each limit is worth.

    Parameters
    ----------
    design : str or Path
        The run folder of a design, or the design.json in it.
    terms : Terms, optional
        Gap, time limit, seed and iterations of searches with limits changed; the time limit is for everything
        together. The rest of the terms are the design's.
    stop, tell : callable, optional
        As in ``explain_instance``.

    Returns
    -------
    dict
        Plain data: ``binding``, ``first_best`` (prices), ``held`` (the least outlay for the design's ways of
        working, and its prices), ``resolved`` (searches with a limit changed), ``says`` (sentences).

    Raises
    ------
    InputError
        A file is missing or bad, or the files are not of one design.
    """
    chosen = Terms(gap=0.01, time_limit=120.0) if terms is None else terms
    say = tell or (lambda _: None)
    check_numbers(chosen.gap, chosen.time_limit, None, chosen.iteration_limit, None, None, 1)
    clock = Budgeted(chosen, stop)
    say("reading the design and asking each practice how it works today")
    source = read_source(design)
    say("working out shadow prices")
    made = _head(source, chosen)
    made["binding"] = binding(source)
    made["first_best"] = [_plain(price) for price in first_best_prices(source.question.payer)]
    made["held"] = held(source, HOLDING * chosen.time_limit)
    made["resolved"] = resolved(source, clock.effort, lambda: clock.over, say)
    made["complete"] = not clock.over
    made["says"] = say_design(made)
    return made


def _head(source: Source, terms: Terms) -> dict[str, Any]:
    """What is explained."""
    document, settled = source.document, source.settled
    labels = {one.name: one.label or one.name for one in source.read.practices}
    return {
        "schema": 1,
        "kind": "explanation",
        "of": "design",
        "version": __version__,
        "instance": {"name": source.read.name, "title": source.read.title, "sha256": source.read.sha256},
        "model": {key: document["model"].get(key, "") for key in ("name", "title", "sha256")},
        "terms": {key: asdict(terms)[key] for key in ("gap", "time_limit", "seed", "iteration_limit")},
        "labels": labels | price_labels(source.read, source.question.payer.levers),
        "design": {
            "is_status_quo": source.is_status_quo,
            "health_qaly": settled.health,
            "upper_bound_qaly": document["objective"]["upper_bound_qaly"],
            "outlay_usd": settled.outlay,
            "budget_usd": source.question.payer.budget,
            "margin_usd": source.question.given.margin,
        },
    }


def price_labels(instance: Instance, levers: Sequence[Lever]) -> dict[str, str]:
    """What people call each price, by its name: ``fee:visit`` is the fee of "Visit with the physician"."""
    things: dict[str, Sequence[Any]] = {
        "services": instance.services,
        "segments": instance.segments,
        "measures": instance.measures,
        "needs": instance.needs,
    }
    found = {}
    for lever in levers:
        of = next((one.label for one in things[THINGS[lever.kind]] if one.name == lever.of), "") or lever.of
        kind = lever.kind.replace("_", " ")
        tier = f" (tier {lever.tier})" if lever.tier else ""
        found[price_name(lever)] = f"{kind} of {of.replace('_', ' ') if of == lever.of else of}{tier}"
    return found


def _plain(price: Price) -> dict[str, Any]:
    what, name, role = price.limit
    return {
        "limit": what,
        "practice": name,
        "role": role,
        "price": price.dual,
        "of_last": price.less,
        "of_next": price.more,
        "unit": price.unit,
        "agrees": price.agrees,
        "checked_with_step": price.step,
    }


def held(source: Source, seconds: float) -> dict[str, Any] | None:
    """The least outlay for the design's ways of working, and its prices, each checked by solving again.

    None where no prices keep these ways of working with the incentive margin, as for many a contract in
    force, of which none is asked, or where time ran out.
    """
    question = source.question
    pairs = zip(question.payer.practices, source.responses, strict=True)
    ways = [activities(practice, response) for practice, response in pairs]
    levers = question.payer.lever_values(source.contract)
    holding = Holding(question.problem, question.payer, levers, ways, seconds)
    best = holding.solve()
    if best is None:
        return None
    made: dict[str, Any] = {"outlay_usd": best.outlay, "content": list(best.content), "prices": []}
    stakes = sorted(best.prices.items(), key=lambda item: -abs(item[1]) * _size(source, item[0]))
    for limit, price in stakes[:FIGURES]:
        made["prices"].append(_checked(holding, best, limit, price, _step(source, limit)))
    return made


def _checked(holding: Holding, best: Held, limit: Limit, price: float, step: float) -> dict[str, Any]:
    """A price with what solving again says on either side."""
    sides: list[float | None] = []
    for way in (-step, step):
        again = holding.solve({limit: way})
        sides.append(None if again is None else (again.outlay - best.outlay) / way)
    ends = [side for side in sides if side is not None]
    slack = AGREES * max((abs(end) for end in ends), default=0.0)
    low, high = (min(ends), max(ends)) if ends else (price, price)
    agrees = len(ends) < 2 or low - slack <= price <= high + slack
    return {
        "limit": limit[0],
        "of": limit[1],
        "price": price,
        "of_last": sides[0],
        "of_next": sides[1],
        "unit": "USD/year per USD",
        "agrees": agrees,
        "checked_with_step": step,
    }


def _step(source: Source, limit: Limit) -> float:
    return STEPS[limit[0]] * (source.question.given.margin if limit[0] == "margin" else 1.0)


def _size(source: Source, limit: Limit) -> float:
    """How far a limit could sensibly move: 1 % of an income, a dollar of a price, half the margin [USD]."""
    if limit[0] in ("floor", "ceiling"):
        members = next(one for one in source.question.types if one.name == limit[1])
        return 0.01 * abs(source.question.income_today(members))
    return 0.5 * source.question.given.margin if limit[0] == "margin" else 1.0
