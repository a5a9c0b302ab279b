"""A frontier's rows: at each budget the best design known, what no contract passes, and whose both are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from incentive_opt.domain.instance import Instance
from incentive_opt.domain.kinds import in_kinds
from incentive_opt.formulation.status_quo import respond
from incentive_opt.frontier.known import Found, Known
from incentive_opt.payment import account
from incentive_opt.solve.totals import totals

LEAST_RISE = 1e-9
"""A smaller rise of health is none [share]."""


@dataclass(frozen=True)
class Visit:
    """What became of one budget: was it searched, what was found, why not, was the search stopped."""

    searched: bool
    found: Found | None = None
    why: str = ""
    stopped: bool = False


def today(instance: Instance, kinds: int) -> dict[str, float]:
    """Health [QALY/year] and outlay [USD/year] under the contract in force."""
    told = in_kinds(instance, kinds)
    responses = [one.response for one in respond(told, told.status_quo)]
    accounts = [account(told, told.status_quo, response) for response in responses]
    together = totals(told, responses, accounts)
    return {"health_qaly": together["health_qaly"], "outlay_usd": together["outlay_usd"]}


def rows_of(
    budgets: Sequence[float], visits: Sequence[Visit], known: Known, gap: float, now: dict[str, float]
) -> list[dict[str, Any]]:
    """One row for each budget, lowest first.

    Parameters
    ----------
    budgets : sequence of float
        Rising [USD/year].
    visits : sequence of Visit
        One for each budget.
    known : Known
        What all searches found.
    gap : float
        From which on a band counts as closed [1].
    now : dict
        As ``today`` gives it.
    """
    rows = [
        _row(budget, visit, known, gap, now["health_qaly"])
        for budget, visit in zip(budgets, visits, strict=True)
    ]
    for row, after in zip(rows, [*rows[1:], None], strict=True):
        row["usd_per_qaly_to_next"] = None if after is None else _price(row, after)
    return rows


def _row(budget: float, visit: Visit, known: Known, gap: float, before: float) -> dict[str, Any]:
    design, limit, open_share = known.design(budget), known.limit(budget), known.gap(budget)
    row: dict[str, Any] = {
        "budget_usd": budget,
        "found": design is not None,
        "outlay_usd": None,
        "health_qaly": None,
        "gain_qaly": None,
        "gain_share": None,
        "upper_bound_qaly": known.bound(budget),
        "gap": None,
        "usd_per_qaly_to_next": None,
        "status": "none",
        "is_status_quo": False,
        "design_of_budget_usd": None,
        "folder": None,
        "bound_of_budget_usd": None if limit is None else limit.budget,
        "searched": visit.searched,
        "seconds": None if visit.found is None else visit.found.seconds,
        "stopped": visit.stopped,
        "why": visit.why,
    }
    if design is None:
        return row
    return row | {
        "outlay_usd": design.outlay,
        "health_qaly": design.health,
        "gain_qaly": design.health - before,
        "gain_share": (design.health - before) / abs(before) if before else None,
        "gap": open_share,
        "status": "optimal" if known.closed(budget, gap) else "feasible",
        "is_status_quo": design.is_status_quo,
        "design_of_budget_usd": design.budget,
        "folder": design.folder,
        "why": "",
    }


def _price(row: dict[str, Any], after: dict[str, Any]) -> float | None:
    """What one more QALY takes from one design to the next [USD/QALY]; None where health does not rise."""
    if not (row["found"] and after["found"]):
        return None
    rise = after["health_qaly"] - row["health_qaly"]
    if rise <= LEAST_RISE * max(1.0, abs(row["health_qaly"])):
        return None
    return float((after["outlay_usd"] - row["outlay_usd"]) / rise)
