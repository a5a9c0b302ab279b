"""The leader's problem and what makes followers' answers best, in one smooth program.

By duality a follower's answer is best if its dissatisfaction is nothing: the dual objective of its own linear
program less what it has. Instead of asking for that, a charge is put on dissatisfaction: at a small one
followers do what the leader would choose, at a large one what they choose themselves; in between lies a path
that is smooth in prices and answers. An interior-point method solves each program on it from the last
(Leyffer, Lopez-Calva and Nocedal, SIAM Journal on Optimization 17, 2006: penalties for complementarity).

Whole numbers of followers may move between their bounds, or are held; what a follower could do with others
then stands against it as rivals, each a row.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import casadi
import numpy as np

from incentive_opt.pricing.part import Part, Places
from incentive_opt.pricing.pool import Response
from incentive_opt.pricing.problem import FloatArray, PricingProblem
from incentive_opt.pricing.terms import Terms

STEPS = 400
"""Iterations at most."""
# Minimum degree orders these sparse systems in half the time that the default takes.
OPTIONS: dict[str, Any] = {
    "print_time": False,
    "show_eval_warnings": False,
    "error_on_fail": False,
    "ipopt.print_level": 0,
    "ipopt.sb": "yes",
    "ipopt.max_iter": STEPS,
    "ipopt.tol": 1e-6,
    "ipopt.acceptable_tol": 1e-3,
    "ipopt.acceptable_iter": 3,
    "ipopt.acceptable_obj_change_tol": 1e-3,
    "ipopt.mu_strategy": "adaptive",
    "ipopt.mumps_pivot_order": 0,
}
PUSH = 1e-3
"""How far from bounds programs begin: from nearer, first steps are short, and there are many."""
HOT: dict[str, Any] = {
    "ipopt.warm_start_init_point": "yes",
    "ipopt.warm_start_bound_push": PUSH,
    "ipopt.warm_start_bound_frac": PUSH,
    "ipopt.warm_start_slack_bound_push": PUSH,
    "ipopt.warm_start_slack_bound_frac": PUSH,
    "ipopt.warm_start_mult_bound_push": PUSH,
}
FINE: dict[str, Any] = {
    "ipopt.tol": 1e-9,
    "ipopt.constr_viol_tol": 1e-10,
    "ipopt.max_iter": 150,
    "ipopt.acceptable_iter": 5,
    "ipopt.acceptable_tol": 1e6,
    "ipopt.acceptable_constr_viol_tol": 1e-9,
    "ipopt.acceptable_dual_inf_tol": 1e10,
    "ipopt.acceptable_compl_inf_tol": 1e-4,
    "ipopt.acceptable_obj_change_tol": 1e-5,
}
"""For ends: rows hold closely, since at a large charge what is gained within looser tolerances is more than
rivals tempt with; it is enough that the value hardly changes any more."""
ASTRAY = 1e-3
"""Nobody is less dissatisfied than not at all: by more than so much less (scaled), and the solver has gone
astray, most likely after dual prices that grow without end."""
UNBROKEN = 1e-8
"""Rows (scaled) broken by no more are kept: an end where fine steps ran out is one all the same."""


@dataclass(frozen=True)
class Held:
    """What a solve holds: the lever box, followers' whole numbers (None where they may move), and rivals."""

    low: FloatArray
    high: FloatArray
    whole: tuple[FloatArray, ...] | None = None
    rivals: tuple[tuple[Response, ...], ...] = ()


@dataclass(frozen=True)
class Stand:
    """Where a solve ended.

    Attributes
    ----------
    levers : (L,)
    prices : (rows,)
        Of the leader's rows: positive at an upper side, negative at a lower.
    value : float
        The leader's, with the answers of the program.
    dissatisfaction : float
        Of all followers (their scaled currency).
    converged : bool
        Whether it came to an end that can be believed; where not, this is where it stopped.
    point, bounds, rows : arrays
        Everything, and its multipliers, for the next solve to begin with.
    """

    levers: FloatArray
    prices: FloatArray
    value: float
    dissatisfaction: float
    converged: bool
    point: FloatArray
    bounds: FloatArray
    rows: FloatArray

    def merit(self, charge: float) -> float:
        """The value less what is charged for dissatisfaction: about what it comes to where there is none."""
        return self.value - charge * max(self.dissatisfaction, 0.0)


class Joint:
    """The program, built once; solved at many charges and lever boxes.

    With ``each`` an answer has to be best for each objective of its follower (its own, and its own with each
    direction of harm), else for their mean, which is a smaller program and ends close by.
    """

    def __init__(self, problem: PricingProblem, each: bool = False) -> None:
        self.problem = problem
        span = problem.lever_upper - problem.lever_lower
        self.span = np.where(span > 0.0, span, 1.0)
        self.live = np.flatnonzero(np.isfinite(problem.row_lower) | np.isfinite(problem.row_upper))
        self.parts = [Part(follower, problem, self.span, each) for follower in problem.followers]
        self.terms = self._terms()
        program, slopes = self.terms.program()
        self.cold = casadi.nlpsol("cold", "ipopt", program, {**OPTIONS, **slopes})
        self.hot = casadi.nlpsol("hot", "ipopt", program, {**OPTIONS, **HOT, **slopes})
        self.fine = casadi.nlpsol("fine", "ipopt", program, {**OPTIONS, **HOT, **FINE, **slopes})

    def _terms(self) -> Terms:
        """The leader's value, followers' dissatisfaction, everybody's limits, the leader's rows."""
        problem, levers = self.problem, len(self.span)
        limits = sum(part.limits for part in self.parts)
        terms = Terms(
            2 + limits + len(self.live),
            levers + sum(part.variables for part in self.parts),
            1 + sum(part.given for part in self.parts),
        )
        rules = problem.rules[self.live]
        terms.constant[0] = problem.value_constant + float(problem.lever_value @ problem.lever_lower)
        terms.constant[2 + limits :] = rules @ problem.lever_lower
        terms.linear(0, 0, (problem.lever_value * self.span)[None, :])
        terms.linear(2 + limits, 0, rules * self.span[None, :])
        at = Places(levers, 2, 1)
        for part in self.parts:
            part.add(terms, at, 2 + limits, self.live)
            at = Places(at.variable + part.variables, at.limit + part.limits, at.given + part.given)
        return terms

    def solve(self, charge: float, held: Held, start: Stand | FloatArray, fine: bool = False) -> Stand:
        """Solve at a charge, from another stand or from a point that :meth:`begin` made; ends ``fine``."""
        wholes = held.whole or [None] * len(self.parts)
        rivals = held.rivals or [()] * len(self.parts)
        own = zip(self.parts, wholes, rivals, strict=True)
        given = np.concatenate([[charge], *(part.fill(whole, others) for part, whole, others in own)])
        low = (held.low - self.problem.lever_lower) / self.span
        high = np.maximum((held.high - self.problem.lever_lower) / self.span, low)
        sides = [part.sides(whole) for part, whole in zip(self.parts, wholes, strict=True)]
        terms: dict[str, Any] = {
            "p": given,
            "lbx": np.concatenate([low, *(side.low for side in sides)]),
            "ubx": np.concatenate([high, *(side.high for side in sides)]),
            "lbg": np.concatenate([*(side.least for side in sides), self.problem.row_lower[self.live]]),
            "ubg": np.concatenate([*(side.most for side in sides), self.problem.row_upper[self.live]]),
        }
        solver = (self.fine if fine else self.hot) if isinstance(start, Stand) else self.cold
        if isinstance(start, Stand):
            point = start.point.copy()
            point[: len(low)] = np.clip(point[: len(low)], low, high)
            found = solver(x0=point, lam_x0=start.bounds, lam_g0=start.rows, **terms)
        else:
            found = solver(x0=start, **terms)
        point = _flat(found["x"])
        value, dissatisfied = _flat(self.terms.figures(point, given))[:2].tolist()
        prices, multipliers = np.zeros(len(self.problem.row_lower)), _flat(found["lam_g"])
        prices[self.live] = multipliers[len(multipliers) - len(self.live) :]
        levers = self.problem.lever_lower + self.span * np.clip(point[: len(low)], low, high)
        rows = _flat(found["g"])
        broken = float(np.max(np.maximum(terms["lbg"] - rows, rows - terms["ubg"]), initial=0.0))
        ended = bool(solver.stats()["success"]) or (fine and broken <= UNBROKEN)
        converged = ended and dissatisfied >= -ASTRAY
        return Stand(
            levers, prices, value, dissatisfied, converged, point, _flat(found["lam_x"]), multipliers
        )

    def begin(self, levers: FloatArray, answers: Sequence[FloatArray]) -> FloatArray:
        """A point to begin with: levers, and what followers do."""
        share = (levers - self.problem.lever_lower) / self.span
        own = zip(self.parts, answers, strict=True)
        return np.concatenate([share, *(part.begin(levers, x) for part, x in own)])

    def split(self, point: FloatArray) -> list[FloatArray]:
        """Of a point each follower's part."""
        cuts = np.cumsum([len(self.span), *(part.variables for part in self.parts)])[:-1]
        return np.split(point, cuts)[1:]

    def spread(self, stand: Stand, mean: Joint) -> Stand:
        """A stand of the program with the means of objectives, to begin with in this one with each."""
        cuts = np.cumsum([len(self.span), *(part.variables for part in mean.parts)])[:-1]
        ends = np.cumsum([part.limits for part in mean.parts])
        levers, *points = np.split(stand.point, cuts)
        first, *bounds = np.split(stand.bounds, cuts)
        *rows, last = np.split(stand.rows, ends)
        own = zip(self.parts, points, bounds, rows, strict=True)
        spread = [part.spread(stand.levers, *others) for part, *others in own]
        return replace(
            stand,
            point=np.concatenate([levers, *(one[0] for one in spread)]),
            bounds=np.concatenate([first, *(one[1] for one in spread)]),
            rows=np.concatenate([*(one[2] for one in spread), last]),
        )


def _flat(found: Any) -> FloatArray:
    return np.asarray(found, dtype=float).ravel()
