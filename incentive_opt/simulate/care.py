"""Needs, services and plans as the tables that the year of individual children reads."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from incentive_opt.domain.simulation import Course
from incentive_opt.simulate.children import season_of
from incentive_opt.simulate.ledger import VISIT_MINUTES
from incentive_opt.simulate.plan import Plan
from incentive_opt.simulate.streams import WHOLE, wholes
from incentive_opt.simulate.world import MINUTES_PER_HOUR, MONTHS, FloatArray, IntArray, World

NEED = np.dtype(
    [
        ("first", "i8"), ("last", "i8"),  # its options, from first to before last
        ("curve", "i8"),  # row of ``slopes``
        ("urgent", "i8"),  # 1 if it cannot wait, else 0
        # By whether care works: what it does not avert elsewhere, or what it is worth. Means, and what is
        # at stake for one child (0: each has the mean).
        ("worth", "f8", (2,)), ("each", "f8", (2,)),
        ("leak", "f8"), ("visit", "f8"),  # of an event without a service: mean, and of one visit (0: mean)
    ]
)  # fmt: skip
OPTION = np.dtype(
    [("need", "i8"), ("service", "i8"), ("segment", "i8"), ("contact", "i8"), ("minutes", "f8", (3,))]
)
NO_CONTACT, CONTACT, CLINICIAN_CONTACT = 0, 1, 2
MOST_IN_A_MONTH = 3.0 / 12.0
"""Of the overtime planned for a year, at most so much in one month [1]."""
BEYOND = 2.0
"""Above all shares."""
RecordArray = npt.NDArray[Any]


class CareTables(NamedTuple):
    """What holds under every plan.

    Attributes
    ----------
    needs : records ``NEED`` (needs,)
    options : records ``OPTION``
        A service in a segment that may receive it, those of a need side by side, in the order of services.
    slopes : array (curves, cells)
        Mean slope of each curve in equal cells from 0 to 1.
    regular : array (types, roles)
        Regular time in a month, of a practice of the type's size [minutes].
    panel : array (roles,)
        Work per child on the panel [minutes/month].
    """

    needs: RecordArray
    options: RecordArray
    slopes: FloatArray
    regular: FloatArray
    panel: FloatArray


class PlanTables(NamedTuple):
    """Intentions, a row a plan.

    Attributes
    ----------
    first : int array (types,)
        Row of each type's first character.
    kept : array (plans, segments)
        Share of the children who ask that are kept [1].
    upto : int array (plans, needs, most options)
        Share of a need's events met by the option or one before it [of ``WHOLE``]; more where there is none.
    works : int array (plans, needs, most options)
        Where the events that the option meets effectively end, on the scale of ``upto``.
    ranks : array (plans, needs, 2, 2)
        By whether care works: the rank of the first such event, and the step in rank from one uniform to the
        next [cells of ``CareTables.slopes``].
    overtime : array (plans, roles)
        In a year, of a practice of the type's size [minutes].
    urgent : array (plans, months, segments, roles)
        What urgent needs are expected to take of a month, per child on the panel [minutes].
    """

    first: IntArray
    kept: FloatArray
    upto: IntArray
    works: IntArray
    ranks: FloatArray
    overtime: FloatArray
    urgent: FloatArray


class Rules(NamedTuple):
    """Scalars of enrolment, waiting and continuity, and what depends on the type of practice.

    Attributes
    ----------
    leaving : float
        Chance of leaving in a month [1].
    stay : array (months,)
        Chance of staying through one month more than the place [1].
    continuous : int
        Months on the panel for a child to count.
    gives_up, squeeze_in : float
        See ``Waiting``.
    patience : array (months,)
        Chance of waiting on through one month more than the place [1].
    high, low : float
        See ``Continuity``.
    own : int array (types,)
        Chance that a clinician's visit is with the child's own clinician [of ``WHOLE``].
    multiples : array (types, 2, 4)
        Of visits elsewhere and of admissions, for high, medium and low continuity, and where that has no
        say [1].
    compares : bool
        Whether to note the cost elsewhere without and with multiples.
    """

    leaving: float
    stay: FloatArray
    continuous: int
    gives_up: float
    squeeze_in: float
    patience: FloatArray
    high: float
    low: float
    own: IntArray
    multiples: FloatArray
    compares: bool


def care_tables(world: World, slopes: FloatArray) -> CareTables:
    """Needs and services of an instance; ``slopes`` (needs, cells) as in ``CareTables``."""
    instance = world.instance
    needs = np.zeros(len(world.rate), dtype=NEED)
    options = np.zeros(int((world.need_of >= 0).sum()), dtype=OPTION)
    # Needs share curves; the fewer there are, the nearer to the processor they stay.
    curves: dict[bytes, FloatArray] = {row.tobytes(): row for row in slopes}
    curve = [list(curves).index(row.tobytes()) for row in slopes]
    number = 0
    for row, need in enumerate(instance.needs):
        course = instance.simulation.course(need.name)
        services = np.flatnonzero(world.need_of[:, world.need_segment[row]] == row)
        needs[row] = (
            number, number + len(services), curve[row], not course.can_wait,
            (world.saving[row], world.qaly[row]),
            (course.admission_cost or 0.0, course.qaly_if_it_works or 0.0),
            world.leak_cost[row], course.leak_visit_cost or 0.0,
        )  # fmt: skip
        for service in services:
            segment, minutes = world.need_segment[row], world.minutes[service]
            options[number] = (row, service, segment, _contact(minutes), minutes)
            number += 1
    return CareTables(
        needs=needs,
        options=options,
        slopes=np.array(list(curves.values()), dtype=np.float64).reshape(len(curves), slopes.shape[1]),
        regular=world.hours * MINUTES_PER_HOUR / MONTHS,
        panel=world.panel_minutes / MONTHS,
    )


def plan_tables(world: World, care: CareTables, plans: Sequence[Sequence[Plan]]) -> PlanTables:
    """Plans of all types and characters, one after the other."""
    every = [plan for of_type in plans for plan in of_type]
    shares = np.array([plan.served[care.options["service"], care.options["segment"]] for plan in every])
    shares = np.clip(shares.reshape(len(every), len(care.options)), 0.0, 1.0)
    effectiveness = world.effectiveness[care.options["service"]]
    width = -(-max(care.needs["last"] - care.needs["first"], default=0) // 4) * 4
    upto, works = np.full((2, len(every), len(world.rate), width), BEYOND)
    ranks = np.zeros((len(every), len(world.rate), 2, 2))
    for row, need in enumerate(care.needs):
        own, places = slice(need["first"], need["last"]), slice(need["last"] - need["first"])
        upto[:, row, places] = np.minimum(np.cumsum(shares[:, own], axis=1), 1.0)
        given = np.diff(upto[:, row, places], axis=1, prepend=0.0)
        works[:, row, places] = upto[:, row, places] - given * (1.0 - effectiveness[own])
        reached = np.minimum(given @ effectiveness[own], 1.0)
        ranks[:, row, 0] = np.stack([reached, (1.0 - reached) / WHOLE], axis=1)
        ranks[:, row, 1] = np.stack([np.zeros_like(reached), reached / WHOLE], axis=1)
    ranks *= care.slopes.shape[1]
    return PlanTables(
        first=np.cumsum([0, *(len(of_type) for of_type in plans)])[:-1],
        kept=np.array([np.clip(plan.kept, 0.0, 1.0) for plan in every]),
        upto=wholes(upto),
        works=wholes(works),
        ranks=ranks,
        overtime=np.array([np.maximum(plan.overtime, 0.0) for plan in every]) * MINUTES_PER_HOUR,
        urgent=_urgent(world, care, shares),
    )


def _urgent(world: World, care: CareTables, shares: FloatArray) -> FloatArray:
    """Minutes that urgent needs are expected to take, array (plans, months, segments, roles)."""
    expected = np.zeros((len(shares), MONTHS, len(world.weight), len(world.panel_minutes)))
    for row, need in enumerate(care.needs):
        if need["urgent"]:
            own = slice(need["first"], need["last"])
            minutes = shares[:, own] @ care.options["minutes"][own, : world.minutes.shape[1]]
            monthly = world.rate[row] / MONTHS * season_of(_course(world, row))
            expected[:, :, world.need_segment[row]] += monthly[None, :, None] * minutes[:, None, :]
    return expected


def _course(world: World, row: int) -> Course:
    return world.instance.simulation.course(world.instance.needs[row].name)


def rules_of(world: World, visits: FloatArray, admissions: FloatArray, compares: bool) -> Rules:
    """Rules of an instance; ``visits`` and ``admissions`` (types,) are the mean multiples to divide by."""
    simulation = world.instance.simulation
    enrolment, continuity, waiting = simulation.enrolment, simulation.continuity, simulation.waiting
    levels = np.array(
        [
            [1.0, continuity.visits_medium, continuity.visits_low],
            [1.0, continuity.admissions_medium, continuity.admissions_low],
        ]
    )
    means = np.stack([visits, admissions], axis=1)
    multiples = np.ones((len(world.count), 2, 4))
    multiples[:, :, :3] = levels / means[:, :, None]
    return Rules(
        leaving=float(enrolment.leaving_per_month),
        stay=(1.0 - enrolment.leaving_per_month) ** np.arange(1.0, MONTHS + 1.0),
        continuous=int(enrolment.continuous_months),
        gives_up=float(waiting.gives_up_per_month),
        squeeze_in=float(waiting.squeeze_in),
        patience=(1.0 - waiting.gives_up_per_month) ** np.arange(1.0, MONTHS + 1.0),
        high=float(continuity.high_index),
        low=float(continuity.low_index),
        own=wholes(np.where(world.fte[:, 0] > 1.0, continuity.own_clinician_share, 1.0)),
        multiples=multiples,
        compares=compares,
    )


def _contact(minutes: FloatArray) -> int:
    """Whether a service is a contact with a clinician, and with one who can be the child's own."""
    clinician, nurse_practitioner = float(minutes[0]), float(minutes[1])
    if clinician + nurse_practitioner < VISIT_MINUTES:
        return NO_CONTACT
    return CLINICIAN_CONTACT if clinician >= nurse_practitioner else CONTACT
