"""Best responses of a practice, to re-check what a design promises."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import sparse
from scipy.optimize import Bounds, LinearConstraint, milp

from incentive_opt.attainment import passes_gate
from incentive_opt.certify.held_back import claims_today
from incentive_opt.certify.practice_problem import FloatArray, Linear, PracticeProblem
from incentive_opt.certify.sharing import take_best
from incentive_opt.domain.contract import Contract
from incentive_opt.domain.instance import Instance, Practice
from incentive_opt.domain.response import Response


class NoResponse(Exception):
    """The practice has no feasible way of working, or the solver failed; the message says which."""


@dataclass(frozen=True)
class Tilt:
    """Added to the utility when a direction of harm is checked.

    Attributes
    ----------
    health : float
        [USD/QALY], of the health that the payer sees.
    outlay : float
        [USD/USD], of the payer's outlay.
    """

    health: float = 0.0
    outlay: float = 0.0


@dataclass(frozen=True)
class Optimum:
    """An optimal point, its value, and the solver's bound that no point can pass."""

    point: FloatArray
    value: float
    bound: float


def best_response(
    instance: Instance, practice: Practice | str, contract: Contract, tilt: Tilt | None = None
) -> tuple[Response, float]:
    """What the practice does under the contract, and what it is worth to it.

    Parameters
    ----------
    instance : Instance
    practice : Practice or str
        The practice type, or its name.
    contract : Contract
    tilt : Tilt, optional
        Adds health and outlay to the objective (directions of harm).

    Returns
    -------
    response : Response
    utility : float
        The maximised objective: utility, plus the tilt if there is one [USD/year].
    """
    problem = PracticeProblem(instance, find_practice(instance, practice), contract)
    optimum = maximise(problem, tilted_objective(problem, tilt))
    return to_response(problem, optimum.point), optimum.value


def find_practice(instance: Instance, practice: Practice | str) -> Practice:
    """The practice type of that name, or the practice type itself."""
    if isinstance(practice, Practice):
        return practice
    return next(p for p in instance.practices if p.name == practice)


def tilted_objective(problem: PracticeProblem, tilt: Tilt | None) -> Linear:
    """Utility plus the tilt."""
    if tilt is None:
        return problem.utility
    return problem.utility.plus(problem.health, tilt.health).plus(problem.outlay, tilt.outlay)


def maximise(
    problem: PracticeProblem, objective: Linear, at_least: tuple[Linear, float] | None = None
) -> Optimum:
    """Maximise a linear function over the practice's ways of working.

    Tiers make it a mixed-integer problem; once they are settled it is solved again with the tiers
    fixed, so that the answer carries no rounding of yes/no variables.

    Parameters
    ----------
    at_least : (Linear, float), optional
        Another linear function, and the least value it must have.
    """
    first = _solve(problem, objective, at_least, problem.lower, problem.upper, problem.integer)
    if not problem.integer.any():
        return first
    settled = np.where(problem.integer == 1, np.round(first.point), problem.lower)
    ceiling = np.where(problem.integer == 1, np.round(first.point), problem.upper)
    try:
        second = _solve(problem, objective, at_least, settled, ceiling, np.zeros_like(problem.integer))
    except NoResponse:
        return first
    return Optimum(second.point, second.value, max(first.bound, second.value))


def _solve(
    problem: PracticeProblem,
    objective: Linear,
    at_least: tuple[Linear, float] | None,
    lower: FloatArray,
    upper: FloatArray,
    integer: np.ndarray,
) -> Optimum:
    matrix, row_upper = problem.matrix, problem.row_upper
    if at_least is not None:
        function, floor = at_least
        matrix = sparse.csr_array(
            sparse.vstack([matrix, sparse.csr_array(-function.coefficients[np.newaxis, :])])
        )
        row_upper = np.append(row_upper, function.constant - floor)
    result = milp(
        -objective.coefficients,
        integrality=integer,
        bounds=Bounds(lower, upper),
        constraints=LinearConstraint(matrix, -np.inf, row_upper),
        options={"mip_rel_gap": 0.0},
    )
    if result.status != 0 or result.x is None:
        raise NoResponse(f"practice {problem.practice.name}: {result.message}")
    point = np.clip(result.x, lower, upper)
    bound = result.mip_dual_bound if result.mip_dual_bound is not None else result.fun
    return Optimum(point, objective(point), objective.constant - float(bound))


def to_response(problem: PracticeProblem, point: FloatArray) -> Response:
    """The point as a response. Effective care is all that the delivered services bring about."""
    values: dict[str, dict[tuple[str, object], float]] = {
        kind: {}
        for kind in (
            "panel",
            "service",
            "effective",
            "overtime",
            "eligible",
            "tier",
            "returned",
            "way",
            "saved",
        )
    }
    for (kind, item, second), column in problem.columns.items():
        values[kind][item, second] = float(point[column])
    panel = {segment: value for (segment, _), value in values["panel"].items()}
    services = {(s, str(k)): value for (s, k), value in values["service"].items()}
    tiers: dict[str, int] = {}
    for (measure, tier), value in values["tier"].items():
        tiers[measure] = max(tiers.get(measure, 0), int(str(tier)) if value > 0.5 else 0)
    return Response(
        practice=problem.practice.name,
        panel=panel,
        services=services,
        effective=effective_care(problem, panel, services),
        overtime={(r, int(str(b))): value for (r, b), value in values["overtime"].items()},
        tiers=tiers,
    )


def effective_care(
    problem: PracticeProblem, panel: dict[str, float], services: dict[tuple[str, str], float]
) -> dict[tuple[str, str], float]:
    """Effective care that the services bring about, from each need's curve [events/year]."""
    result = {}
    for need in problem.needs:
        key = (need.name, need.segment)
        delivered = sum(s.effectiveness * services[s.name, need.segment] for s in problem.delivered_by[key])
        needed = need.events_per_child_year * panel[need.segment]
        most = min(slope * delivered + intercept * needed for slope, intercept in need.pieces())
        result[key] = max(0.0, most)
    return result


def to_point(problem: PracticeProblem, response: Response) -> FloatArray:
    """The response as a point of the problem; tiers that it claims are taken as attained."""
    point = np.zeros(len(problem.columns))
    for (kind, item, second), column in problem.columns.items():
        if kind == "panel":
            point[column] = response.panel.get(item, 0.0)
        elif kind == "service":
            point[column] = response.services.get((item, str(second)), 0.0)
        elif kind == "effective":
            point[column] = response.effective.get((item, str(second)), 0.0)
        elif kind == "overtime":
            point[column] = response.overtime.get((item, int(str(second))), 0.0)
        elif kind == "tier":
            # With nobody to judge by nothing is attained, but nothing is held back either.
            claimed = response.tiers.get(item, 0) >= int(str(second))
            point[column] = float(claimed or _denominator(problem, response, item) <= 0.0)
        elif kind == "eligible" and response.tiers.get(item, 0) >= int(str(second)):
            point[column] = _denominator(problem, response, item)
    for (kind, item, second), column in problem.columns.items():
        if kind == "returned" and point[problem.columns["tier", item, second]] > 0.0:
            point[column] = sum(value * point[place] for place, value in claims_today(problem))
    elsewhere = problem.contract.benchmarks.counts_elsewhere
    take_best(problem, point, passes_gate(problem.instance, response, elsewhere))
    return point


def _denominator(problem: PracticeProblem, response: Response, measure_name: str) -> float:
    measure = next(m for m in problem.instance.measures if m.name == measure_name)
    rates = {n.segment: n.events_per_child_year for n in problem.needs if n.name == measure.denominator_need}
    return sum(rates[s] * response.panel.get(s, 0.0) for s in problem.measured_segments(measure))
