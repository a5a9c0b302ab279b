"""What design.json says of its robustness: held against the certificate, and against itself.

What the simulator found is taken as said; ``validate`` finds it anew.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from incentive_opt.certify.checks import (
    RELATIVE,
    Check,
    at_least,
    entries,
    equal,
    fact,
    number,
    optional_number,
    share_tolerance,
)
from incentive_opt.domain.instance import Instance, Measure, Practice
from incentive_opt.domain.simulation import Enrolment
from incentive_opt.errors import InputError, Problem

GROUP = "robustness"
FIELD = "robustness"
ATTEMPTS = f"{FIELD}.attempts"
ALLOWANCE = ("deviations", "altruism_margin")
MONTHS = 12
LEAST_KEPT = 0.9
"""A design is robust only if so much of the promised gain is left under every behaviour [1]."""
NAMED = 3
"""So many faults of a kind are named."""

Rank = tuple[bool, bool, float, float]


def check_robustness(instance: Instance, design: Mapping[str, Any]) -> list[Check]:
    """The allowance is the one that the certificate was held to; price and choice follow from the attempts.

    Parameters
    ----------
    instance : Instance
        With the design's targets.

    Raises
    ------
    InputError
        A figure is missing or of the wrong kind.
    """
    if design.get(FIELD) is None:
        return []
    attempts = entries(design, FIELD, "attempts")
    if not attempts:
        raise InputError([Problem("design.json", ATTEMPTS, "[]", "at least one attempt")])
    margin, deviations = number(design, FIELD, "altruism_margin"), number(design, FIELD, "deviations")
    held = optional_number(design, "altruism_margin") or 0.0
    return [
        equal(GROUP, "altruism margin is that of the certificate", margin, held, ""),
        equal(GROUP, "kinds are those of the certificate", _kinds(design[FIELD]), _kinds(design), ""),
        equal(
            GROUP,
            "pieces are those of the certificate",
            _kinds(design[FIELD], "pieces"),
            _kinds(design, "pieces"),
            "",
        ),
        at_least(GROUP, "deviations not negative", deviations, 0.0, "", 0.0),
        _targets(instance, max(0.0, deviations)),
        _first(attempts[0]),
        _price(design, attempts[0]),
        _chosen(design, attempts),
        _kept(attempts),
    ]


def _targets(instance: Instance, deviations: float) -> Check:
    """Every target lies so many standard deviations of its rate above its threshold; without any, none is."""
    expected = {
        (practice.name, measure.name, tier): _target(threshold, deviations, events)
        for practice in instance.practices
        for measure in instance.measures
        if deviations > 0.0 and (events := _events(instance, practice, measure)) > 0.0
        for tier, threshold in enumerate(measure.thresholds, start=1)
    }
    given = instance.attainment
    wrong = [f"{_named(key)} is missing" for key in expected if key not in given]
    wrong += [f"{_named(key)} aims above its threshold" for key in given if key not in expected]
    wrong += [
        f"{_named(key)}: {given[key]:.8g}, it would be {rate:.8g}"
        for key, rate in expected.items()
        if key in given and abs(given[key] - rate) > RELATIVE
    ]
    name = "attainment targets lie so many deviations above thresholds as is said"
    return fact(GROUP, name, not wrong, "; ".join(wrong[:NAMED]))


def _named(key: tuple[str, str, int]) -> str:
    return f"{key[0]}, {key[1]}, tier {key[2]}"


def _target(threshold: float, deviations: float, events: float) -> float:
    """Threshold and so many standard deviations of a binomial rate, at most 1 [1]."""
    return min(1.0, threshold + deviations * math.sqrt(threshold * (1.0 - threshold) / events))


def _events(instance: Instance, practice: Practice, measure: Measure) -> float:
    """Events that are counted in a year at the demanded panel; 0 where the measure is not for it."""
    contracted = {segment.name for segment in instance.segments if segment.contracted}
    asked = {panel.segment: panel.demanded for panel in instance.panels if panel.practice == practice.name}
    largest = sum(
        need.events_per_child_year * asked.get(need.segment, 0.0)
        for need in instance.needs
        if need.name == measure.denominator_need
        and need.segment in contracted
        and (not measure.segments or need.segment in measure.segments)
    )
    if largest <= 0.0 or largest < measure.minimum_denominator:
        return 0.0
    return max(1e-9, largest * _counted(instance.simulation.enrolment))


def _counted(enrolment: Enrolment) -> float:
    """Share of child-months that belong to children who stay long enough to count [1].

    A child's stay is told by its first and its last month: it came at the start of the year or after another
    had left, stayed every month between, and left or stayed to the end.
    """
    leaving = enrolment.leaving_per_month
    months = 0.0
    for first in range(MONTHS):
        for last in range(first, MONTHS):
            length = last - first + 1
            if length >= enrolment.continuous_months:
                came = leaving if first > 0 else 1.0
                went = leaving if last < MONTHS - 1 else 1.0
                months += length * came * (1.0 - leaving) ** (length - 1) * went
    return months / MONTHS


def _first(first: Mapping[str, Any]) -> Check:
    """The price of robustness is told from a first search that allows for nothing."""
    nothing = all(_figure(first, key) == 0.0 for key in ALLOWANCE)
    return fact(GROUP, "the first attempt allows for nothing", nothing, "it has deviations or a margin")


def _price(design: Mapping[str, Any], first: Mapping[str, Any]) -> Check:
    """Health promised by the first attempt, less that of the design."""
    health = number(design, "objective", "health_qaly")
    before = _health(first)
    price = 0.0 if before is None else before - health
    name = "price of robustness = health of the first attempt - health of the design"
    promised = number(design, FIELD, "price_qaly")
    slack, tolerance = -abs(promised - price), share_tolerance(health)
    return Check(GROUP, name, promised, price, slack, tolerance, "QALY/year", slack >= -tolerance)


def _chosen(design: Mapping[str, Any], attempts: list[Mapping[str, Any]]) -> Check:
    """The design is one of the attempts, with the same figures, and none of the others ranks above it."""
    name = "the design is the best of the attempts listed"
    health = number(design, "objective", "health_qaly")
    own = [attempt for attempt in attempts if _is(attempt, design[FIELD], health)]
    if not own:
        return fact(
            GROUP, name, False, "none of them has its allowance, its health and what it is said to be"
        )
    better = [str(n) for n, attempt in enumerate(attempts, start=1) if _rank(attempt) > _rank(own[0])]
    return fact(GROUP, name, not better, f"better is attempt {', '.join(better)}")


def _is(attempt: Mapping[str, Any], story: Mapping[str, Any], health: float) -> bool:
    """Whether an attempt is that of the design."""
    found = _health(attempt)
    if found is None or abs(found - health) > share_tolerance(health):
        return False
    alike = all(_figure(attempt, key) == number(story, key) for key in ALLOWANCE)
    alike = alike and all(_kinds(attempt, key) == _kinds(story, key) for key in ("kinds", "pieces"))
    return alike and all(_truth(attempt, key) == _truth(story, key) for key in ("holds", "robust"))


def _kinds(data: Mapping[str, Any], key: str = "kinds") -> float:
    """Kinds of practice told apart in an attempt, or pieces of curves; 1 where nothing is said of them."""
    return number({FIELD: data}, FIELD, key) if key in data else 1.0


def _rank(attempt: Mapping[str, Any]) -> Rank:
    """Better attempts have higher ranks: robust and holding, robust, what is kept, simulated health."""
    if _health(attempt) is None:
        return (False, False, -1.0, 0.0)
    robust = _truth(attempt, "robust")
    least = 1.0 if robust else min(_shares(attempt), default=1.0)
    return (_truth(attempt, "holds") and robust, robust, least, _figure(attempt, "simulated_qaly"))


def _kept(attempts: list[Mapping[str, Any]]) -> Check:
    """No attempt is called robust that keeps too little of its gain under some behaviour."""
    wrong = [
        f"attempt {n} keeps {min(shares):.3g}"
        for n, attempt in enumerate(attempts, start=1)
        if attempt.get("robust") is True and (shares := _shares(attempt)) and min(shares) < LEAST_KEPT
    ]
    name = f"attempts called robust keep {LEAST_KEPT:.0%} of their gain"
    return fact(GROUP, name, not wrong, "; ".join(wrong[:NAMED]))


def _shares(attempt: Mapping[str, Any]) -> list[float]:
    """Shares of the gain that are left, of behaviours where there is one."""
    kept = attempt.get("kept")
    if kept is None:
        return []
    where = f"{ATTEMPTS}.kept"
    if not isinstance(kept, Mapping):
        raise InputError([Problem("design.json", where, repr(kept), "an object of numbers")])
    named = {where: kept}
    return [share for name in kept if (share := optional_number(named, where, name)) is not None]


def _figure(attempt: Mapping[str, Any], key: str) -> float:
    return number({ATTEMPTS: attempt}, ATTEMPTS, key)


def _health(attempt: Mapping[str, Any]) -> float | None:
    """Promised by an attempt; None where it found no design [QALY/year]."""
    return optional_number({ATTEMPTS: attempt}, ATTEMPTS, "health_qaly")


def _truth(data: Mapping[str, Any], key: str) -> bool:
    value = data.get(key)
    if not isinstance(value, bool):
        raise InputError([Problem("design.json", f"{FIELD}, {key}", repr(value), "true or false")])
    return value
