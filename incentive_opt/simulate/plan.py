"""A plan: how a practice means to work in a year, as shares, whatever its size."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Plan:
    """Intentions of one practice, in the order of ``World``.

    Attributes
    ----------
    kept : array (segments,)
        Share of the children who ask that are kept on the panel [1].
    served : array (services, segments)
        Services per event of the service's need among children kept [1]; over the services of a need the
        sum is at most 1.
    overtime : array (roles,)
        Hours meant to be worked beyond regular ones, by a practice of the type's size [hours/year].
    worth : float
        Expected utility of the plan as the practice sees it [USD/year].
    """

    kept: FloatArray
    served: FloatArray
    overtime: FloatArray
    worth: float = float("nan")


def mixed(first: Plan, second: Plan, share: float) -> Plan:
    """The plan that goes ``share`` of the way from the first to the second, in children and services."""
    kept = (1.0 - share) * first.kept + share * second.kept
    with np.errstate(invalid="ignore", divide="ignore"):
        served = (1.0 - share) * first.served * first.kept + share * second.served * second.kept
        served = np.where(kept > 0.0, served / kept, 0.0)
    return Plan(kept, served, (1.0 - share) * first.overtime + share * second.overtime)
