"""Allowing for chance at thresholds: the rates at which practices aim so as to be paid almost surely."""

from __future__ import annotations

import math
from collections.abc import Mapping
from itertools import pairwise
from typing import Any

from incentive_opt.domain.instance import Instance, Measure
from incentive_opt.domain.simulation import Enrolment
from incentive_opt.errors import InputError, Problem
from incentive_opt.formulation.scope import practice_scope

Targets = Mapping[tuple[str, str, int], float]
"""(practice, measure, tier from 1) -> rate aimed at [1]."""

ASKED = "what was asked for"
MONTHS = 12
FEWEST = 1e-9
"""Stands for no counted event at all [events/year]: whatever is aimed at, chance decides."""


def targets_for(instance: Instance, deviations: float) -> dict[tuple[str, str, int], float]:
    """Rates to aim at so that a bad year does not cost the bonus: thresholds and some standard deviations.

    A practice whose care would meet the measure in 80 of 100 cases on average ends some years at 77 and
    others at 83, by chance alone, and the more so the fewer cases are counted. One that needs 80 to be paid
    therefore aims higher. With two standard deviations it misses the threshold in about one year in 44, with
    one in about one in 6, with none in every other year.

    Parameters
    ----------
    instance : Instance
        ``instance.simulation.enrolment`` says which children count.
    deviations : float
        Standard deviations between threshold and target [1], zero or more.

    Returns
    -------
    dict
        (practice, measure, tier from 1) -> rate [1], for measures that are large enough for the practice;
        from threshold to 1, and never less for a higher tier.

    Raises
    ------
    InputError
        ``deviations`` is negative or not finite.

    Notes
    -----
    target = min(1, t + deviations * sqrt(t (1 - t) / n)): the normal approximation to a binomial rate, with
    the standard deviation at the threshold t itself. n is the number of events at the demanded panel, times
    the share of them that belongs to children who stay long enough to count. Events are taken as independent
    and their number as certain. A service of less than full weight makes the rate vary less than this.
    """
    if not (math.isfinite(deviations) and deviations >= 0.0):
        raise InputError([Problem(ASKED, "deviations", f"{deviations:g}", "standard deviations, 0 or more")])
    share = counted_share(instance.simulation.enrolment)
    found = {}
    for practice in instance.practices:
        for name, scope in practice_scope(instance, practice).measures.items():
            events = max(FEWEST, share * scope.largest_denominator)
            # Capped at 1 they never fall from tier to tier: where t + k sqrt(t (1 - t)) falls, it is above 1.
            for tier, threshold in enumerate(scope.measure.thresholds, start=1):
                spread = math.sqrt(threshold * (1.0 - threshold) / events)
                found[practice.name, name, tier] = min(1.0, threshold + deviations * spread)
    return found


def counted_share(enrolment: Enrolment) -> float:
    """Share of a year's events that belong to children who are on the panel long enough to count [1].

    After each month a child gives up its place on the panel to another with the chance c of leaving, so the
    place's twelve months fall into stays. A stay of exactly L months at the beginning or the end of the year
    (2 positions) has chance c (1 - c)^(L - 1), one in between (11 - L positions) c^2 (1 - c)^(L - 1), one of
    all twelve months (1 - c)^11. Events come evenly over the months, so the share is that of the months that
    lie in long enough stays.
    """
    leave = enrolment.leaving_per_month
    counted = 0.0
    for months in range(max(1, enrolment.continuous_months), MONTHS + 1):
        whole_year = months == MONTHS
        positions = 1.0 if whole_year else 2.0 * leave + (MONTHS - 1 - months) * leave**2
        counted += months * positions * (1.0 - leave) ** (months - 1)
    return counted / MONTHS


def check_targets(instance: Instance) -> None:
    """Raise InputError for every target that is off the menu, out of range, or below a lower tier's."""
    problems = []
    measures = {measure.name: measure for measure in instance.measures}
    practices = [practice.name for practice in instance.practices]
    pairs: dict[tuple[str, str], Measure] = {}
    for key, target in instance.attainment.items():
        problem = _strange(key, practices, measures) or _out_of_range(key, target, measures)
        if problem is None:
            pairs[key[0], key[1]] = measures[key[1]]
        else:
            problems.append(problem)
    if not problems:
        for (practice, _), measure in pairs.items():
            problems += _falling(instance, practice, measure)
    if problems:
        raise InputError(problems)


def listed(instance: Instance) -> list[dict[str, Any]]:
    """The targets as design.json lists them, in the order of the instance; nothing where there are none."""
    return [
        {
            "practice": practice.name,
            "measure": measure.name,
            "tier": tier,
            "threshold": threshold,
            "target": instance.target(practice.name, measure, tier),
        }
        for practice in instance.practices
        for measure in instance.measures
        for tier, threshold in enumerate(measure.thresholds, start=1)
        if (practice.name, measure.name, tier) in instance.attainment
    ]


def _strange(key: Any, practices: list[str], measures: Mapping[str, Measure]) -> Problem | None:
    """What is wrong with a key that names no tier of the instance."""
    if not isinstance(key, tuple) or len(key) != 3:
        return Problem(ASKED, "attainment", repr(key), "a practice, a measure and a tier")
    practice, name, tier = key
    where = f"attainment of {practice}, {name}, tier {tier}"
    if practice not in practices:
        return Problem(ASKED, where, str(practice), f"one of {', '.join(practices)}")
    if name not in measures:
        return Problem(ASKED, where, str(name), f"one of {', '.join(measures) or 'none'}")
    tiers = len(measures[name].thresholds)
    if isinstance(tier, bool) or not isinstance(tier, int) or not 1 <= tier <= tiers:
        return Problem(ASKED, where, str(tier), f"a tier of the menu, 1 to {tiers}")
    return None


def _out_of_range(key: tuple[str, str, int], target: Any, measures: Mapping[str, Measure]) -> Problem | None:
    """What is wrong with a target; those below a threshold would be paid for what is not delivered."""
    practice, name, tier = key
    threshold = measures[name].thresholds[tier - 1]
    number = isinstance(target, int | float) and not isinstance(target, bool)
    if number and threshold <= float(target) <= 1.0:
        return None
    where = f"attainment of {practice}, {name}, tier {tier}"
    return Problem(ASKED, where, f"{target}", f"a rate from the threshold, {threshold:g}, to 1")


def _falling(instance: Instance, practice: str, measure: Measure) -> list[Problem]:
    """Tiers that would be attained before a lower one."""
    rates = [instance.target(practice, measure, tier) for tier in range(1, len(measure.thresholds) + 1)]
    return [
        Problem(
            ASKED,
            f"attainment of {practice}, {measure.name}, tier {tier}",
            f"{after:g}",
            f"not below that of tier {tier - 1}, {before:g}",
            "Give a target for the higher tier as well.",
        )
        for tier, (before, after) in enumerate(pairwise(rates), start=2)
        if after < before
    ]
