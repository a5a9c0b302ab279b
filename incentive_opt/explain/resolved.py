"""What a change of one limit is worth to a design, by searching again with the limit changed.

Health is no smooth function of a limit: practices stay with what they do until something else suits them
better, and then jump. So these are differences over a finite change, in both directions, and each with what
is proved beside what was found.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from incentive_opt.domain.rules import AT_MOST
from incentive_opt.errors import InputError, NoDesign
from incentive_opt.explain.alone import SHARES
from incentive_opt.explain.question import Question
from incentive_opt.explain.source import Source
from incentive_opt.formulation.assurance import Stopwatch
from incentive_opt.solve.cheapest import Effort
from incentive_opt.solve.run import solve
from incentive_opt.solve.settle import examine

BUDGET, FLOOR, CEILING, MARGIN, RULE = 0.01, 0.01, 0.05, 0.5, 0.1
"""Changes: of the budget [share], of income limits [times today's income], of margin and rules [share]."""
LOOSER, TIGHTER = "looser", "tighter"
EXACT = 1e-3
"""A change is known where what was found and what is proved differ by at most this share of health [1]."""
SAME = 1e-6
"""A change of health by less than this share is none."""


@dataclass(frozen=True)
class Move:
    """One limit changed.

    Attributes
    ----------
    limit : str
        In words.
    before, after : float
        [unit]
    way : {"looser", "tighter"}
    question : Question
        The terms with the change.
    """

    limit: str
    before: float
    after: float
    unit: str
    way: str
    question: Question


def moves(source: Source) -> list[Move]:
    """The changes that are tried: budget first."""
    question = source.question
    given, budget = question.given, question.payer.budget
    found = []
    for sign in (1, -1):
        value = budget * (1.0 + sign * BUDGET)
        way = LOOSER if sign > 0 else TIGHTER
        found.append(Move("budget", budget, value, "USD/year", way, question.with_terms(budget=value)))
    incomes = "times today's net income"
    for sign in (-1, 1):
        value = round(given.income_floor + sign * FLOOR, 6)
        if 0.0 <= value <= given.income_ceiling:
            way = LOOSER if sign < 0 else TIGHTER
            asked = question.with_terms(income_floor=value)
            found.append(Move("income floor", given.income_floor, value, incomes, way, asked))
    for sign in (1, -1):
        value = round(given.income_ceiling + sign * CEILING, 6)
        if value >= given.income_floor:
            way = LOOSER if sign > 0 else TIGHTER
            asked = question.with_terms(income_ceiling=value)
            found.append(Move("income ceiling", given.income_ceiling, value, incomes, way, asked))
    if given.margin > 0.0:
        for sign in (-1, 1):
            value = given.margin * (1.0 + sign * MARGIN)
            way = LOOSER if sign < 0 else TIGHTER
            asked = question.with_terms(margin=value)
            found.append(Move("incentive margin", given.margin, value, "USD per 1 % of harm", way, asked))
    return found + _rules(question)


def _rules(question: Question) -> list[Move]:
    """One more and one less of what contract rules count, where that could matter."""
    found = []
    names = {
        "max_services_repriced": ("services repriced", len(question.given.services)),
        "max_measures": ("measures rewarded", len(question.given.measures)),
    }
    for key, (words, most) in names.items():
        now = getattr(question.payer.rules, key)
        if now is None:
            continue
        for step, way in ((1, LOOSER), (-1, TIGHTER)):
            if not 0 <= now + step <= most:
                continue
            changed: dict[str, Any] = {key: now + step}
            model = replace(question.model, rules=replace(question.model.rules, **changed))
            asked = question.with_terms(model=model, rules=replace(question.given.rules, **changed))
            found.append(Move(f"most {words}", float(now), float(now + step), "", way, asked))
    return found + _shares(question)


def _shares(question: Question) -> list[Move]:
    """Contract rules that are shares, each looser and tighter by a tenth of itself."""
    found = []
    for key, (words, unit, _) in SHARES.items():
        now = getattr(question.payer.rules, key)
        if not now:
            continue
        for sign, way in ((1, LOOSER), (-1, TIGHTER)):
            value = round(now * (1.0 + (sign if key in AT_MOST else -sign) * RULE), 9)
            changed: dict[str, Any] = {key: value}
            model = replace(question.model, rules=replace(question.model.rules, **changed))
            asked = question.with_terms(model=model, rules=replace(question.given.rules, **changed))
            found.append(Move(words, now, value, unit, way, asked))
    return found


def resolve(source: Source, move: Move, effort: Effort) -> dict[str, Any]:
    """Search again with the change, beginning from the design.

    Returns
    -------
    dict
        ``health_qaly`` of the best design found then, ``change_qaly`` against the design, ``at_most_qaly``:
        no design has more than so much above the present one then. None where nothing was found or proved.
        ``new``: whether another design than the present one.
    """
    present, old = source.settled, source.document["objective"]
    made: dict[str, Any] = {
        "limit": move.limit,
        "before": move.before,
        "after": move.after,
        "unit": move.unit,
        "way": move.way,
        "health_qaly": None,
        "outlay_usd": None,
        "change_qaly": None,
        "at_most_qaly": None,
        "new": False,
        "exact": False,
        "why": "",
    }
    payer = move.question.payer
    best: float | None = None
    stays = examine(payer, source.contract, source.responses, source.is_status_quo, Stopwatch())
    if not stays.faults:
        best = present.health
        made |= {"health_qaly": best, "outlay_usd": stays.outlay}
    bound = float(old["upper_bound_qaly"]) if move.way == TIGHTER else float("inf")
    search = _search(source, move, effort, made)
    if search is not None:
        health, outlay, limit = search
        bound = min(bound, limit)
        if best is None or health > best + SAME * max(1.0, abs(best)):
            made |= {"health_qaly": health, "outlay_usd": outlay, "new": True}
            best = health
    if best is not None:
        made["change_qaly"] = _rounded(best - present.health, present.health)
        bound = max(bound, best)
        made["exact"] = bound - best <= EXACT * abs(best)
    made["at_most_qaly"] = None if bound == float("inf") else _rounded(bound - present.health, present.health)
    return made


def _search(
    source: Source, move: Move, effort: Effort, made: dict[str, Any]
) -> tuple[float, float, float] | None:
    """Health, outlay and bound of a search from the design; None, with the reason, where it found none."""
    question = move.question
    try:
        design = solve(
            question.given,
            question.model,
            gap=effort.gap,
            time_limit=effort.time_limit,
            margin=question.given.margin,
            seed=effort.seed,
            stop=effort.stop,
            iteration_limit=effort.iteration_limit,
            budget=question.payer.budget,
            kinds=question.kinds,
            start=None if source.is_status_quo else source.contract,
        )
    except NoDesign as error:
        made["why"] = str(error)
        return None
    except InputError as error:
        made["why"] = "; ".join(str(problem) for problem in error.problems)
        return None
    return design.health, design.outlay, design.upper_bound


def _rounded(change: float, size: float) -> float:
    """Changes within rounding are none."""
    return change if abs(change) > SAME * max(1.0, abs(size)) else 0.0


def resolved(
    source: Source, effort_of: Callable[[int], Effort], over: Callable[[], bool], tell: Callable[[str], None]
) -> list[dict[str, Any]]:
    """Every change, as far as time allows.

    Parameters
    ----------
    effort_of : callable
        The effort for one of so many searches that are left.
    over : callable
        Whether no time is left.
    """
    wanted = moves(source)
    found = []
    for number, move in enumerate(wanted):
        if over():
            break
        tell(f"searching again with another limit ({number + 1} of {len(wanted)}): {move.limit}, {move.way}")
        found.append(resolve(source, move, effort_of(len(wanted) - number)))
    return found
