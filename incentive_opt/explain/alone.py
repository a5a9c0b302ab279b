"""What each limit alone would have to be for a contract to exist, all others as they are."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from incentive_opt.domain.payment_model import LeverRule, PaymentModel
from incentive_opt.explain.elastic import LOWER, UPPER, Give, Given, least_gives
from incentive_opt.explain.question import NO, UNKNOWN, YES, Question
from incentive_opt.formulation.first_best import least_budget
from incentive_opt.solve.cheapest import EXACT, Cheapest, Effort

EXACTLY, FOUND, HELPLESS, UNSURE = "exact", "found", "no help", "not known"
"""How sure a change is: the least there is; one that does; none of this limit does; nothing is known."""
MOST_CEILING = 10.0
"""An income ceiling of so many times today's income is none."""
FOUR = 1e4
"""Limits are told in ten-thousandths."""
FIRST = 0.4
"""Share of the time in which it is asked whether a limit helps at all [1]."""
STEPS = 12
"""Halvings of a range in which a limit is sought."""

ANY = 10.0
"""A change by so many times what is paid today is any that matters."""
SHARES = {
    "bonus_pool_share": ("bonus pool", "of contract payments", 1.0),
    "incentive_cap": ("incentive cap", "of capitation payments", 1.0),
    "rate_cell_floor": ("floor of payments for each group of children", "of today's", 0.0),
    "rate_cell_ceiling": ("ceiling of payments for each group of children", "of today's", ANY),
    "max_price_change": ("largest change of a price", "of today's", ANY),
    "max_payment_change": ("largest change of payments to a practice type", "of today's", ANY),
    "income_change_gap": ("largest gap between changes of income", "of today's", ANY),
    "min_clinician_income": ("least income per clinician", "of the mean", 0.0),
    "risk_cell_cover": ("least cover of a group of children", "of that of all", 0.0),
}
"""Contract rules that are shares: in words, unit, and the value at which a rule no longer limits."""


@dataclass(frozen=True)
class Change:
    """What one limit would have to be.

    Attributes
    ----------
    limit : str
        In words.
    key : str
        Where it stands in the files.
    now, would_do, beyond : float or None
        As it is; what would do; and what would not do, by proof, where these two do not meet. None where
        nothing was found or is proved.
    unit : str
    outcome : {"exact", "found", "no help", "not known"}
    """

    limit: str
    key: str
    now: float | None
    would_do: float | None
    beyond: float | None
    unit: str
    outcome: str


def budget_alone(question: Question, least: Cheapest) -> Change:
    """The least budget, as a change."""
    now, needed = question.payer.budget, least.at_least
    change = Change("budget", "[payer] budget", now, least.usd, None, "USD/year", EXACTLY)
    if math.isinf(needed):
        return replace(change, outcome=HELPLESS)
    outcome = EXACTLY if least.exact else FOUND if least.usd is not None else UNSURE
    return replace(change, beyond=None if outcome == EXACTLY else needed, outcome=outcome)


def income_floor(question: Question, effort: Effort) -> Change:
    """How far the floor of all practice types together would have to fall."""
    now = question.given.income_floor
    give = _incomes(question, LOWER, max(now, 0.0))
    lowered = lambda units: math.floor((now - units) * FOUR + 1e-6) / FOUR  # noqa: E731
    change = Change("income floor", "[income] floor", now, None, None, "times today's net income", "")
    if _hopeless(question, question.with_terms(income_floor=0.0)):
        return replace(change, outcome=HELPLESS)
    return _told(question, change, least_gives(question.problem, [give], effort), lowered, "income_floor", -1)


def income_ceiling(question: Question, effort: Effort) -> Change:
    """How far the ceiling of all practice types together would have to rise."""
    now = question.given.income_ceiling
    give = _incomes(question, UPPER, max(MOST_CEILING - now, 1.0))
    raised = lambda units: math.ceil((now + units) * FOUR - 1e-6) / FOUR  # noqa: E731
    change = Change("income ceiling", "[income] ceiling", now, None, None, "times today's net income", "")
    if _hopeless(question, question.with_terms(income_ceiling=now + give.most)):
        return replace(change, outcome=HELPLESS)
    return _told(question, change, least_gives(question.problem, [give], effort), raised, "income_ceiling", 1)


def _incomes(question: Question, side: str, most: float) -> Give:
    """Net income of every type may pass one of its limits by the same share of today's."""
    rows = {
        (1 + number, side): abs(question.income_today(members))
        for number, members in enumerate(question.types)
    }
    return Give(side, rows, {}, 1.0, most)


def _told(
    question: Question, change: Change, given: Given, moved: Callable[[float], float], field: str, sign: int
) -> Change:
    """What came of a search for one give: the limit it comes to, and whether that is confirmed to do."""
    assert change.now is not None
    known = 0.0 < given.at_least < math.inf
    beyond = change.now + sign * given.at_least if known else None
    if given.units is None or given.levers is None:
        return replace(change, beyond=beyond, outcome=HELPLESS if math.isinf(given.at_least) else UNSURE)
    value = max(0.0, moved(float(given.units[0])))
    changed: dict[str, Any] = {field: value}
    if not question.with_terms(**changed).holds(given.levers, given.responses):
        return replace(change, beyond=beyond, outcome=UNSURE)
    near = abs(given.found - given.at_least) <= EXACT * max(1.0, abs(change.now))
    outcome = EXACTLY if near else FOUND
    return replace(change, would_do=value, beyond=None if near else beyond, outcome=outcome)


def margin(question: Question, effort: Effort) -> Change:
    """How far the incentive margin would have to fall."""
    now = question.given.margin
    change = Change("incentive margin", "[incentive] margin", now, None, None, "USD per 1 % of harm", "")
    return _halved(change, lambda value: question.with_terms(margin=value), effort, now, 0.0)


def minimum_panels(question: Question, effort: Effort) -> Change:
    """To which share of themselves the panels that practices have to keep would have to fall, all alike.

    Practices may then also turn away more children of their own accord, so a smaller share need not be
    better: what is found does, but it may not be the least change.
    """

    def asked(share: float) -> Question:
        panels = tuple(replace(p, minimum=share * p.minimum) for p in question.given.panels)
        return question.with_terms(panels=panels)

    change = Change("minimum panels", "panels.csv, minimum", 1.0, None, None, "times the present minimum", "")
    if _hopeless(question, asked(0.0)):
        return replace(change, outcome=HELPLESS)
    found = _halved(change, asked, effort, 1.0, 0.0)
    if found.outcome == HELPLESS:
        return replace(found, outcome=UNSURE)  # with other minimum panels than none it might be otherwise
    return replace(found, beyond=None, outcome=FOUND if found.outcome == EXACTLY else found.outcome)


def _hopeless(question: Question, freest: Question) -> bool:
    """Whether even practices that kept whom the payer chose would need more than the budget.

    What they can do with no minimum they can do with any; so this is proved for all, if incomes today, from
    which the limits are taken, are the same without a minimum.
    """
    now = [question.income_today(members) for members in question.types]
    then = [freest.income_today(members) for members in freest.types]
    least, budget = least_budget(freest.payer).usd, question.payer.budget
    return bool(np.allclose(now, then, rtol=1e-9)) and (least is None or least > budget * (1.0 + 1e-9))


def _first(effort: Effort) -> Effort:
    """The effort for the question whether a limit helps at all."""
    return replace(effort, time_limit=FIRST * effort.time_limit)


def _halved(
    change: Change, asked: Callable[[float], Question], effort: Effort, tight: float, loose: float
) -> Change:
    """Seek the tightest value that does between the present one and the loosest."""
    steps = replace(effort, time_limit=effort.time_limit / STEPS)
    freest = asked(loose)
    first = NO if _hopeless(freest, freest) else freest.answer(_first(effort))
    if first != YES:
        return replace(change, outcome=HELPLESS if first == NO else UNSURE)
    refused = tight
    does, doubt = loose, False
    for _ in range(STEPS):
        middle = 0.5 * (tight + does)
        if abs(tight - does) <= 0.2 * EXACT * max(1e-9, abs(change.now or 1.0)):
            break
        said = asked(middle).answer(steps)
        doubt |= said == UNKNOWN
        if said == YES:
            does = middle
        else:
            tight = middle
            refused = middle if said == NO and not doubt else refused
    if doubt:
        return replace(change, would_do=does, beyond=refused, outcome=FOUND)
    return replace(change, would_do=does, outcome=EXACTLY)


def price_bounds(question: Question, effort: Effort) -> Change:
    """By which share of its width every range of prices would have to widen at both ends."""
    levers = {
        number: (old.upper - old.lower, old.lower, old.upper)
        for number, old in enumerate(question.payer.levers)
        if old.upper > old.lower
    }
    change = Change(
        "bounds of the prices", "levers of the payment model", 0.0, None, None,
        "times the width of each price's range, at both ends", "",
    )  # fmt: skip
    if not levers or _hopeless(question, question):
        return replace(change, outcome=HELPLESS)
    wide = question.with_terms(model=_widened(question, 1.0))
    given = least_gives(wide.problem, [Give("bounds", {}, levers, 1.0, 1.0)], effort)
    if given.units is None or given.levers is None:
        return replace(change, outcome=HELPLESS if math.isinf(given.at_least) else UNSURE)
    share = min(1.0, math.ceil(float(given.units[0]) * FOUR - 1e-6) / FOUR)
    widened = question.with_terms(model=_widened(question, share))
    if not widened.holds(given.levers, given.responses):
        return replace(change, outcome=UNSURE)
    near = given.found - given.at_least <= EXACT
    beyond = None if near else given.at_least
    return replace(change, would_do=share, beyond=beyond, outcome=EXACTLY if near else FOUND)


def _widened(question: Question, share: float) -> PaymentModel:
    """The model with wider ranges; fees stay at zero or above where they are, bonuses always."""
    rules: list[LeverRule] = []
    for lever in question.payer.levers:
        if lever.upper <= lever.lower:
            continue
        width = share * (lever.upper - lever.lower)
        lower = lever.lower - width
        if lever.lower >= 0.0:
            lower = max(0.0, lower)
        old = next((r for r in rules if r.kind == lever.kind and r.of == (lever.of,)), None)
        if old is not None:
            continue
        rules.append(LeverRule(lever.kind, (lever.of,), lower, lever.upper + width, lever.unit))
    return replace(question.model, levers=tuple(rules))


def contract_rules(question: Question, effort: Effort) -> Iterator[Change]:
    """For each rule on how many prices may change, the least number that does; and RVU budget neutrality."""
    rules = question.payer.rules
    instance = question.given
    model = question.model
    counts = {
        "max_services_repriced": ("services repriced", rules.max_services_repriced, len(instance.services)),
        "max_measures": ("measures rewarded", rules.max_measures, len(instance.measures)),
        "max_tiers": (
            "tiers of a measure",
            rules.max_tiers,
            max((len(m.thresholds) for m in instance.measures), default=0),
        ),
    }

    def freed(**changes: float | int | None) -> Question:
        return question.with_terms(
            model=replace(model, rules=replace(model.rules, **changes)),  # type: ignore[arg-type]
            rules=replace(instance.rules, **changes),  # type: ignore[arg-type]
        )

    for key, (words, now, most) in counts.items():
        if now is not None and now < most:
            change = Change(f"most {words}", f"[rules] {key}", now, None, None, "", "")
            yield _counted(change, lambda value, key=key: freed(**{key: int(value)}), effort, now, most)  # type: ignore[misc]
    if rules.rvu_budget_neutral:
        change = Change(
            "tolerance of RVU budget neutrality", "[rules] rvu_neutral_tolerance",
            rules.rvu_neutral_tolerance, None, None, "times what fees pay at today's volumes", "",
        )  # fmt: skip
        now_ = rules.rvu_neutral_tolerance
        found = _halved(
            change,
            lambda value: freed(rvu_budget_neutral=True, rvu_neutral_tolerance=value),
            effort,
            now_,
            1.0,
        )
        yield found
    for key, (words, unit, loosest) in SHARES.items():
        present = getattr(rules, key)
        if present is not None and present != loosest:
            change = Change(words, f"[rules] {key}", present, None, None, unit, "")
            yield _halved(change, lambda value, key=key: freed(**{key: value}), effort, present, loosest)  # type: ignore[misc]


def _counted(
    change: Change, asked: Callable[[float], Question], effort: Effort, now: int, most: int
) -> Change:
    """Seek the least whole number that does."""
    freest = asked(most)
    first = NO if _hopeless(freest, freest) else freest.answer(_first(effort))
    if first != YES:
        return replace(change, outcome=HELPLESS if first == NO else UNSURE)
    does, refused, doubt = most, now, False
    low = now
    while does - low > 1:
        middle = (does + low) // 2
        said = asked(middle).answer(replace(effort, time_limit=effort.time_limit / STEPS))
        doubt |= said == UNKNOWN
        if said == YES:
            does = middle
        else:
            low = middle
            refused = middle if said == NO and not doubt else refused
    if doubt:
        return replace(change, would_do=does, beyond=refused, outcome=FOUND)
    return replace(change, would_do=does, outcome=EXACTLY)


def in_dollars(question: Question) -> list[Give]:
    """Budget, and floor and ceiling of each practice type, each in dollars a year over all practices."""
    budget = question.payer.budget
    size = max(abs(budget), sum(abs(one.count * one.outlay) for one in question.payer.status_quo))
    gives = [Give("budget", {(0, UPPER): 1.0}, {}, 1.0, MOST_CEILING * size)]
    for number, members in enumerate(question.types):
        today, count = abs(question.income_today(members)), question.count(members)
        for side, words, most in (
            (LOWER, "income floor", question.given.income_floor),
            (UPPER, "income ceiling", MOST_CEILING),
        ):
            if today > 0.0:
                gives.append(
                    Give(f"{words} of {members.name}", {(1 + number, side): 1.0}, {}, count, most * today)
                )
    return gives


def by_one_share(question: Question) -> Give:
    """Budget and all income limits, each by the same share: of the budget, and of today's incomes."""
    rows = {(0, UPPER): abs(question.payer.budget)}
    for number, members in enumerate(question.types):
        rows |= {(1 + number, side): abs(question.income_today(members)) for side in (LOWER, UPPER)}
    return Give("share", rows, {}, 1.0, max(1.0, float(np.ceil(question.given.income_floor))) * MOST_CEILING)
