"""How a design came about: what was asked for, how the search went, where the time went."""

from __future__ import annotations

from dataclasses import dataclass
from importlib.metadata import version as version_of
from typing import Any

from incentive_opt import __version__
from incentive_opt.formulation.assurance import Stopwatch


@dataclass(frozen=True)
class Facts:
    """What was asked for and how the search went.

    Attributes
    ----------
    budget_given, margin_given : bool
        The budget, the incentive margin was given for this run and is not the instance's.
    bound : float
        Of the search [QALY/year].
    seconds_of : mapping
        Where the search spent its time [s].
    stopwatch : Stopwatch
        Seconds of the checks of promises in the solver.
    stopped : bool
        Whoever watched stopped the search.
    """

    gap_asked: float
    seed: int
    budget_given: bool
    margin_given: bool
    notes: tuple[str, ...]
    bound: float
    iterations: int
    seconds_of: dict[str, float]
    stopwatch: Stopwatch
    stopped: bool = False


def provenance(facts: Facts, seconds: float) -> dict[str, Any]:
    """The block ``provenance`` of design.json; ``seconds`` since the start."""
    highs = facts.seconds_of.get("highs", 0.0)
    responses = facts.seconds_of.get("best responses", 0.0) + facts.stopwatch.seconds
    climbs, waiting = facts.seconds_of.get("climbs", 0.0), facts.seconds_of.get("waiting", 0.0)
    worked = seconds - waiting + climbs  # several processes may climb at once
    other = max(0.0, worked - highs - responses)
    return {
        "version": __version__,
        "solver": f"HiGHS {version_of('highspy')}",
        "seed": facts.seed,
        "seconds": seconds,
        "iterations": facts.iterations,
        "seconds_by_phase": {"highs": highs, "best_responses": responses, "other": other},
        "share_outside_solver": other / worked if worked > 0.0 else 0.0,
    }
