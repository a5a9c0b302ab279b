"""What months that fill up take away: care that waits, and care that is given up or crowded out.

The optimiser's practices have a year of staff time; real months have seasons and luck. Here the hours of
each role are followed through many possible years of one practice: what does not fit waits for the next
month, some of it is given up each month, what cannot wait is lost at once, and what still waits at the end of
the year is not given.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

import numpy as np
import numpy.typing as npt

from incentive_opt.domain.instance import ROLES, Instance, Practice
from incentive_opt.domain.response import Response
from incentive_opt.foreseen.children import MONTHS, Classes, FloatArray, season_of

YEARS = 200
"""Possible years of each practice."""
MINUTES = 60.0
MOST_IN_A_MONTH = 0.25
"""Of the overtime planned for a year, at most so much in one month [1], as in docs/simulator.md."""

Key = tuple[str, str]


@dataclass(frozen=True)
class Work:
    """Services of one practice in a year, and the staff time that they take.

    Attributes
    ----------
    keys : tuple of (service, segment)
    volume : array (rows,)
        [services/year]
    minutes : array (rows, roles)
    urgent : bool array (rows,)
        Whether the need cannot wait.
    scheduled : bool array (rows,)
        Whether it falls due at even intervals.
    season : array (rows, months)
        How many times as often as on average [1].
    persistent : array (rows,)
        Standard deviation of the yearly volume because children differ lastingly [services/year].
    """

    keys: tuple[Key, ...]
    volume: FloatArray
    minutes: FloatArray
    urgent: npt.NDArray[np.bool_]
    scheduled: npt.NDArray[np.bool_]
    season: FloatArray
    persistent: FloatArray


def lost_services(
    instance: Instance, practice: Practice, response: Response, classes: Mapping[str, Classes]
) -> dict[Key, float]:
    """Services by (service, segment) that a practice means to give and has no time for [services/year]."""
    work = _work(instance, response, classes)
    if not work.keys:
        return {}
    ordinary, urgent = _lost_shares(instance, practice, response, work)
    takes = work.minutes > 0.0
    share = np.where(work.urgent[:, None], urgent[None, :], ordinary[None, :])
    lost = np.where(takes, share, 0.0).max(axis=1) * work.volume
    return {key: float(one) for key, one in zip(work.keys, lost, strict=True) if one > 0.0}


def _work(instance: Instance, response: Response, classes: Mapping[str, Classes]) -> Work:
    services = {service.name: service for service in instance.services}
    needs = {(need.name, need.segment): need for need in instance.needs}
    keys = tuple(key for key, volume in response.services.items() if volume > 0.0)
    rows = [(services[service], needs[services[service].need, segment]) for service, segment in keys]
    courses = [instance.simulation.course(need.name) for _, need in rows]
    spread = []
    for (_, need), key in zip(rows, keys, strict=True):
        of, children = classes[need.segment], response.panel.get(need.segment, 0.0)
        variance = float(of.share @ (of.multiple[need.name] - 1.0) ** 2)
        spread.append(response.services[key] * np.sqrt(variance / max(children, 1.0)))
    return Work(
        keys=keys,
        volume=np.array([response.services[key] for key in keys]),
        minutes=np.array([[service.minutes.get(role, 0.0) for role in ROLES] for service, _ in rows]),
        urgent=np.array([not course.can_wait for course in courses], dtype=bool),
        scheduled=np.array([course.arrival == "scheduled" for course in courses], dtype=bool),
        season=np.array(
            [season_of(c) if c.arrival == "random" else np.ones(MONTHS) for c in courses]
        ).reshape(-1, MONTHS),
        persistent=np.array(spread),
    )


@cache
def _luck(rows: int) -> tuple[FloatArray, FloatArray]:
    """Standard normal deviates, the same in every run: arrays (YEARS, MONTHS, rows) and (YEARS, rows).

    Half of the years are the others mirrored, so that their mean is exactly zero.
    """
    generator = np.random.default_rng(rows)
    monthly = generator.standard_normal((YEARS // 2, MONTHS, rows))
    yearly = generator.standard_normal((YEARS // 2, rows))
    return np.concatenate([monthly, -monthly]), np.concatenate([yearly, -yearly])


def _demand(work: Work) -> FloatArray:
    """Services asked for in each month of each possible year, array (YEARS, MONTHS, rows)."""
    monthly, yearly = _luck(len(work.keys))
    steady = monthly - monthly.mean(axis=1, keepdims=True)  # scheduled needs come as often as they are due
    luck = np.where(work.scheduled, steady, monthly)
    mean = (work.volume[:, None] * work.season / MONTHS).T
    lasting = work.persistent * yearly / MONTHS
    return np.asarray(np.maximum(0.0, mean + np.sqrt(mean) * luck + lasting[:, None, :]))


def _lost_shares(
    instance: Instance, practice: Practice, response: Response, work: Work
) -> tuple[FloatArray, FloatArray]:
    """Shares of care that can and that cannot wait for which there is no time, arrays (roles,) [1]."""
    demand = _demand(work)
    urgent = (demand * work.urgent) @ work.minutes
    ordinary = (demand * ~work.urgent) @ work.minutes
    expected = ((work.volume * work.urgent)[:, None] * work.season / MONTHS).T @ work.minutes
    lost = _through_the_year(instance, practice, response, ordinary, urgent, expected)
    return _share(lost[0], ordinary), _share(lost[1], urgent)


def _share(lost: FloatArray, asked: FloatArray) -> FloatArray:
    total = asked.sum(axis=(0, 1))
    return np.asarray(np.divide(lost, total, out=np.zeros(len(ROLES)), where=total > 0.0))


def _through_the_year(
    instance: Instance,
    practice: Practice,
    response: Response,
    ordinary: FloatArray,
    urgent: FloatArray,
    expected: FloatArray,
) -> tuple[FloatArray, FloatArray]:
    """Minutes lost over all possible years, of care that can and that cannot wait, arrays (roles,)."""
    waiting_terms = instance.simulation.waiting
    children = sum(response.panel.values())
    regular = np.array(
        [
            practice.fte.get(role, 0.0) * instance.staff[role].hours_per_fte * MINUTES / MONTHS
            for role in ROLES
        ]
    )
    panel = np.array([instance.staff[role].panel_minutes_per_child * children / MONTHS for role in ROLES])
    planned = np.zeros(len(ROLES))
    for (role, _), hours in response.overtime.items():
        planned[ROLES.index(role)] += hours * MINUTES
    waiting = np.zeros((len(ordinary), len(ROLES)))
    left = np.tile(planned, (len(ordinary), 1))
    lost_ordinary, lost_urgent = np.zeros((2, len(ROLES)))
    for month in range(MONTHS):
        extra = np.minimum(left, MOST_IN_A_MONTH * planned)
        room = np.maximum(0.0, regular * (1.0 + waiting_terms.squeeze_in) + extra - panel)
        wanted = waiting + ordinary[:, month]
        at_once = urgent[:, month]
        # Time is held open for what is expected; beyond that, urgent care finds what others leave.
        seen = np.minimum(at_once, np.maximum(np.minimum(expected[month], room), room - wanted))
        served = np.minimum(wanted, room - seen)
        used = panel + seen + served
        left -= np.minimum(np.maximum(0.0, used - regular), extra)
        lost_urgent += (at_once - seen).sum(axis=0)
        still = wanted - served
        gives_up = still * waiting_terms.gives_up_per_month
        lost_ordinary += gives_up.sum(axis=0)
        waiting = still - gives_up
    lost_ordinary += waiting.sum(axis=0)
    return lost_ordinary, lost_urgent
