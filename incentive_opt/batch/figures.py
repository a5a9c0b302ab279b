"""The figures of a design as columns of a row: no lists, units in the names."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from incentive_opt.certify import Check
from incentive_opt.compare.figures import sums

HOLDS = "holds"
"""What is said of a design whose promises are kept."""
NAMED = 3
"""So many broken promises are named."""
REASON = "The main reason"
NEARLY = 0.8
"""A search that took this share of its time was ended by the clock: the rest is kept for checking [1]."""


def figures_of(design: Mapping[str, Any], iterations: int | None, time_limit: float) -> dict[str, Any]:
    """Columns of a design.

    Parameters
    ----------
    design : mapping
        The content of design.json.
    iterations : int or None
        Asked for at most.
    time_limit : float
        [s]
    """
    objective, budget, totals = design["objective"], design["budget"], design["totals"]
    done = int(design["provenance"]["iterations"])
    changes = sums(totals, totals["status_quo"])
    return {
        "status": design["status"],
        "ended_by": _ended_by(design, iterations, time_limit),
        "is_status_quo": bool(design["is_status_quo"]),
        "health_qaly": objective["health_qaly"],
        "status_quo_qaly": objective["status_quo_qaly"],
        "gain_qaly": changes["gain_qaly"],
        "gain_share": changes["gain_share"],
        "upper_bound_qaly": objective["upper_bound_qaly"],
        "gap": objective["gap"],
        "pessimistic_qaly": objective["pessimistic_qaly"],
        "first_best_qaly": objective["first_best_qaly"],
        "budget_usd": budget["limit_usd"],
        "outlay_usd": budget["outlay_usd"],
        "outlay_change_usd": changes["outlay_change_usd"],
        "qaly_per_extra_million_usd": changes["qaly_per_extra_million_usd"],
        "per_dollar": changes["per_dollar"],
        "children_asked": changes["children_asked"],
        "children_kept": changes["children_kept"],
        "margin_usd": design["margin_usd"],
        "kinds": int(design.get("kinds") or 1),
        "pieces": int(design.get("pieces") or 1),
        "time_limit_seconds": time_limit,
        "iterations": done,
    }


def _ended_by(design: Mapping[str, Any], most: int | None, time_limit: float) -> str:
    """What ended the search: the gap was closed, iterations or time were over, or nothing was left to try."""
    if design["status"] == "optimal":
        return "gap"
    if most is not None and design["provenance"]["iterations"] >= most:
        return "iterations"
    return "time" if design["provenance"]["seconds"] >= NEARLY * time_limit else "nothing_left"


def verified(checks: Sequence[Check]) -> dict[str, Any]:
    """Columns of a verification: how many promises there are, and which are broken."""
    broken = [str(check) for check in checks if not check.ok]
    rest = len(broken) - NAMED
    return {
        "verified": HOLDS if not broken else "broken",
        "verified_checks": len(checks),
        "verified_broken": len(broken),
        "verified_why": "; ".join(broken[:NAMED]) + (f"; and {rest} more" if rest > 0 else ""),
    }


def simulated(validation: Mapping[str, Any]) -> dict[str, Any]:
    """Columns of a validation, from the content of validation.json."""
    rational = validation["behaviours"][0]
    means = {
        one["kind"]: one["mean"] for one in rational["quantities"] if not one["practice"] and not one["of"]
    }
    kept = [one["gain"]["kept_share"] for one in validation["behaviours"]]
    return {
        "verdict": validation["verdict"],
        "verdict_why": "" if validation["verdict"] == HOLDS else _why(validation["sentences"]),
        "robust": validation["robust"],
        "simulated_health_qaly": means.get("health_qaly"),
        "simulated_gain_qaly": rational["gain"]["simulated_qaly"],
        "simulated_outlay_usd": means.get("outlay_usd"),
        "least_kept_share": min((share for share in kept if share is not None), default=None),
        "replications": validation["replications"],
    }


def _why(sentences: Sequence[str]) -> str:
    """What fails and the main reason for it, as the verdict says them."""
    return " ".join([*sentences[:1], *(said for said in sentences[1:2] if said.startswith(REASON))])
