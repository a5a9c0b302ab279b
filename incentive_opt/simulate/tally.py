"""What happened in a year at each practice, counted: the ground of every claim and every measure."""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Tally:
    """Counts of one year, a row a practice (P), in the orders of ``World``.

    Attributes
    ----------
    kind : int array (P,)
        Practice type.
    size : array (P,)
        Size relative to the type [1].
    asked, child_years : array (P, segments)
        Children who asked to be on the panel, and child-years on it.
    served : array (P, services, segments)
        Services delivered.
    events, covered : array (P, needs)
        Events among all children who asked, and those that the practice met with a service.
    crowded_out : array (P, needs)
        Events that the practice meant to meet and could not for want of time.
    gained : array (P, needs)
        QALYs from effective care.
    leak_cost, failure_cost : array (P, needs)
        USD of care elsewhere: after events that nobody here met, and for what care failed to avert.
    leak_visits, admissions : array (P, needs)
        Number of such visits and admissions, where the instance says what one costs; else 0.
    numerator, denominator : array (P, measures)
        Of children who count (continuously enrolled).
    eligible : array (P, measures)
        Denominator events of all children on the panel: what a bonus is paid for.
    hours : array (P, roles)
        Worked in all.
    overtime : array (P, roles)
        Of these, beyond regular hours.
    contacts, own_contacts : array (P,)
        Contacts of children kept with a clinician anywhere, and those with their own.
    """

    kind: npt.NDArray[np.int64]
    size: FloatArray
    asked: FloatArray
    child_years: FloatArray
    served: FloatArray
    events: FloatArray
    covered: FloatArray
    crowded_out: FloatArray
    gained: FloatArray
    leak_cost: FloatArray
    failure_cost: FloatArray
    leak_visits: FloatArray
    admissions: FloatArray
    numerator: FloatArray
    denominator: FloatArray
    eligible: FloatArray
    hours: FloatArray
    overtime: FloatArray
    contacts: FloatArray
    own_contacts: FloatArray


def empty(practices: int, shape: tuple[int, int, int, int, int]) -> Tally:
    """A tally of zeros for so many practices; ``shape`` as ``World.shape``."""
    _, segments, services, needs, measures = shape
    sizes = {
        "asked": (segments,), "child_years": (segments,), "served": (services, segments),
        "events": (needs,), "covered": (needs,), "crowded_out": (needs,), "gained": (needs,),
        "leak_cost": (needs,), "failure_cost": (needs,), "leak_visits": (needs,), "admissions": (needs,),
        "numerator": (measures,), "denominator": (measures,), "eligible": (measures,),
        "hours": (3,), "overtime": (3,), "size": (), "contacts": (), "own_contacts": (),
    }  # fmt: skip
    arrays = {name: np.zeros((practices, *tail)) for name, tail in sizes.items()}
    return Tally(kind=np.zeros(practices, dtype=np.int64), **arrays)


def joined(parts: list[Tally]) -> Tally:
    """Tallies of several groups of practices as one."""
    return Tally(**{f.name: np.concatenate([getattr(p, f.name) for p in parts]) for f in fields(Tally)})
