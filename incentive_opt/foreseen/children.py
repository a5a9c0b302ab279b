"""How the children of a segment differ in how often needs arise: classes of children, each with its share."""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from incentive_opt.domain.instance import Instance
from incentive_opt.domain.simulation import Condition, Course

FloatArray = npt.NDArray[np.float64]

MONTHS = 12
QUARTERS = 4
"""Of all children, from those who fall ill least to those who do most."""


@dataclass(frozen=True)
class Classes:
    """Classes of children of one segment.

    Attributes
    ----------
    share : array (classes,)
        Of the segment's children [1]; sums to 1.
    multiple : mapping need -> array (classes,)
        How many times as often as on average the need arises [1].
    """

    share: FloatArray
    multiple: Mapping[str, FloatArray]


def classes_of(instance: Instance, segment: str) -> Classes:
    """Classes by condition and by frailty, as conditions.csv and courses.csv describe children."""
    needs = [need for need in instance.needs if need.segment == segment]
    courses = {need.name: instance.simulation.course(need.name) for need in needs}
    conditions = [one for one in instance.simulation.conditions if _matters(one, segment, courses)]
    having = np.array(list(itertools.product((False, True), repeat=len(conditions))), dtype=bool)
    prevalence = np.array([one.prevalence for one in conditions])
    share = np.where(having, prevalence, 1.0 - prevalence).prod(axis=1)
    having, share = having[share > 0.0], share[share > 0.0]
    multiple = {
        need.name: np.outer(
            _by_condition(having, share, conditions, courses[need.name]), _quarters(courses[need.name])
        ).ravel()
        for need in needs
    }
    return Classes(np.repeat(share / QUARTERS, QUARTERS), multiple)


def season_of(course: Course) -> FloatArray:
    """How many times as often as on average a need arises in each month, array (months,)."""
    month = np.arange(1, MONTHS + 1)
    swing = 1.0 + course.season_amplitude * np.cos(
        2.0 * math.pi * (month - course.season_peak_month) / MONTHS
    )
    return np.asarray(swing / swing.mean())


def _matters(condition: Condition, segment: str, courses: Mapping[str, Course]) -> bool:
    """Whether a condition of the segment changes how often any of its needs arises."""
    if condition.segment != segment:
        return False
    named = any(course.condition == condition.name for course in courses.values())
    return named or any(condition.multiplies.get(need, 1.0) != 1.0 for need in courses)


def _by_condition(
    having: npt.NDArray[np.bool_], share: FloatArray, conditions: list[Condition], course: Course
) -> FloatArray:
    """Multiples by the conditions that children have, array (sets of conditions,); of mean 1."""
    weight = np.ones(len(having))
    for place, condition in enumerate(conditions):
        has = having[:, place]
        if condition.name == course.condition:
            weight = weight * has
        else:
            weight = weight * np.where(has, condition.multiplies.get(course.need, 1.0), 1.0)
    mean = float(share @ weight)
    return np.asarray(weight / mean) if mean > 0.0 else np.ones(len(having))


def _quarters(course: Course) -> FloatArray:
    """Mean rate in each quarter of children, of a gamma variable of mean 1, array (QUARTERS,)."""
    if course.arrival != "random" or course.dispersion <= 0.0:
        return np.ones(QUARTERS)
    from scipy.special import gammainc, gammaincinv  # here: before Pyomo it would make that slow to load

    shape = 1.0 / course.dispersion
    cuts = gammaincinv(shape, np.arange(QUARTERS + 1) / QUARTERS)
    return np.asarray(QUARTERS * np.diff(gammainc(shape + 1.0, cuts)))
