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
from dataclasses import dataclass
from typing import Any

import casadi
import numpy as np
from scipy import sparse

from incentive_opt.pricing.pool import Response
from incentive_opt.pricing.problem import FloatArray, Follower, PricingProblem

SLOTS = 12
"""Rivals of a follower that are kept, the last of those given."""
NEVER = -1e3
"""Liking of a rival that is none."""
STEPS = 400
"""Iterations at most."""
# Minimum degree orders these sparse systems in half the time that the default takes.
OPTIONS: dict[str, Any] = {
    "print_time": False,
    "error_on_fail": False,
    "ipopt.print_level": 0,
    "ipopt.sb": "yes",
    "ipopt.max_iter": STEPS,
    "ipopt.tol": 1e-6,
    "ipopt.acceptable_tol": 1e-3,
    "ipopt.acceptable_iter": 3,
    "ipopt.mu_strategy": "adaptive",
    "ipopt.mumps_pivot_order": 0,
}
HOT: dict[str, Any] = {
    "ipopt.warm_start_init_point": "yes",
    "ipopt.warm_start_bound_push": 1e-6,
    "ipopt.warm_start_mult_bound_push": 1e-6,
    "ipopt.warm_start_slack_bound_push": 1e-6,
}
PUSH = 1e-3
"""How far from bounds fine programs begin: from nearer, first steps are short, and there are many."""
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
    "ipopt.warm_start_bound_push": PUSH,
    "ipopt.warm_start_bound_frac": PUSH,
    "ipopt.warm_start_slack_bound_push": PUSH,
    "ipopt.warm_start_slack_bound_frac": PUSH,
    "ipopt.warm_start_mult_bound_push": PUSH,
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


class Joint:
    """The program, built once; solved at many charges and lever boxes."""

    def __init__(self, problem: PricingProblem) -> None:
        self.problem = problem
        self.span = np.where(
            problem.lever_upper > problem.lever_lower, problem.lever_upper - problem.lever_lower, 1.0
        )
        self.live = np.flatnonzero(np.isfinite(problem.row_lower) | np.isfinite(problem.row_upper))
        share = casadi.SX.sym("levers", len(self.span))
        levers = problem.lever_lower + self.span * share
        self.parts = [_Part(follower, share, levers, self) for follower in problem.followers]
        value = problem.value_constant + casadi.dot(casadi.DM(problem.lever_value), levers)
        rows = _matrix(problem.rules) @ levers
        for part in self.parts:
            value, rows = value + part.value, rows + part.rows
        dissatisfied = sum(part.dissatisfied for part in self.parts)
        charge = casadi.SX.sym("charge")
        self.variables = casadi.vertcat(share, *(part.variables for part in self.parts))
        given = casadi.vertcat(charge, *(part.given for part in self.parts))
        limits = [*(part.limits for part in self.parts), rows[self.live.tolist()]]
        program = {
            "x": self.variables,
            "p": given,
            "f": casadi.densify(charge * dissatisfied - value),
            "g": casadi.densify(casadi.vertcat(*limits)),
        }
        self.cold = casadi.nlpsol("cold", "ipopt", program, OPTIONS)
        slopes = {  # made once: they take most of the time of building
            name: self.cold.get_function(f"nlp_{kind}")
            for name, kind in (("grad_f", "grad_f"), ("jac_g", "jac_g"), ("hess_lag", "hess_l"))
        }
        self.hot = casadi.nlpsol("hot", "ipopt", program, {**OPTIONS, **HOT, **slopes})
        self.fine = casadi.nlpsol("fine", "ipopt", program, {**OPTIONS, **HOT, **FINE, **slopes})
        self.figures = casadi.Function("figures", [self.variables, given], [value, dissatisfied])

    def solve(self, charge: float, held: Held, start: Stand | FloatArray, fine: bool = False) -> Stand:
        """Solve at a charge, from another stand or from a point that :meth:`begin` made; ends ``fine``."""
        given = np.concatenate([[charge], *(p.fill(i, held) for i, p in enumerate(self.parts))])
        low = (held.low - self.problem.lever_lower) / self.span
        high = np.maximum((held.high - self.problem.lever_lower) / self.span, low)
        sides = [part.sides(index, held) for index, part in enumerate(self.parts)]
        terms: dict[str, Any] = {
            "p": given,
            "lbx": np.concatenate([low, *(side[0] for side in sides)]),
            "ubx": np.concatenate([high, *(side[1] for side in sides)]),
            "lbg": np.concatenate([*(side[2] for side in sides), self.problem.row_lower[self.live]]),
            "ubg": np.concatenate([*(side[3] for side in sides), self.problem.row_upper[self.live]]),
        }
        solver = (self.fine if fine else self.hot) if isinstance(start, Stand) else self.cold
        if isinstance(start, Stand):
            point = start.point.copy()
            point[: len(low)] = np.clip(point[: len(low)], low, high)
            found = solver(x0=point, lam_x0=start.bounds, lam_g0=start.rows, **terms)
        else:
            found = solver(x0=start, **terms)
        point = _flat(found["x"])
        value, dissatisfied = (float(figure) for figure in self.figures(point, given))
        prices, multipliers = np.zeros(len(self.problem.row_lower)), _flat(found["lam_g"])
        prices[self.live] = multipliers[len(multipliers) - len(self.live) :]
        levers = self.problem.lever_lower + self.span * np.clip(point[: len(low)], low, high)
        rows = _flat(found["g"])
        broken = float(np.max(np.maximum(terms["lbg"] - rows, rows - terms["ubg"]), initial=0.0))
        ended = bool(solver.stats()["success"]) or (fine and broken <= UNBROKEN)
        converged = ended and dissatisfied >= -ASTRAY
        bounds = _flat(found["lam_x"])
        return Stand(levers, prices, value, dissatisfied, converged, point, bounds, multipliers)

    def begin(self, levers: FloatArray, answers: Sequence[FloatArray]) -> FloatArray:
        """A point to begin with: levers, and what followers do."""
        share = (levers - self.problem.lever_lower) / self.span
        return np.concatenate([share, *(part.begin(x) for part, x in zip(self.parts, answers, strict=True))])


class _Part:
    """One follower's part: its answer, what its limits are worth to it, its dissatisfaction, its rivals.

    Columns are shares of their ranges, rows are divided by their largest entry.
    """

    def __init__(self, follower: Follower, share: Any, levers: Any, joint: Joint) -> None:
        self.follower = follower
        self.width = np.where(np.isfinite(follower.upper), follower.upper - follower.lower, 1.0)
        self.width = np.where(self.width > 0.0, self.width, 1.0)
        self.joint, self.levers = joint, len(joint.span)
        self._own_rows()
        columns, count = len(follower.lower), len(self.limit)
        answer, worth = casadi.SX.sym("answer", columns), casadi.SX.sym("worth", count)
        capped, envy = casadi.SX.sym("capped", columns), casadi.SX.sym("envy")
        at = casadi.SX.sym("at", columns)
        rival, rival_lever = casadi.SX.sym("rival", SLOTS), casadi.SX.sym("slope", SLOTS, self.levers)
        x = follower.lower + self.width * answer
        paid = levers[follower.levers.tolist()] * (_matrix(follower.features) @ x)
        fixed, payment = _liking(follower)
        features = _matrix(follower.features)
        costs = (fixed + features.T @ (payment * levers[follower.levers.tolist()])) * self.width
        matrix = _matrix(self.matrix)
        liking = casadi.dot(fixed, x) + casadi.dot(payment, paid) + follower.objective_constant
        self.dissatisfied = (
            casadi.dot(self.limit, worth) + casadi.dot(capped, at) - casadi.dot(costs, answer) + envy
        )
        self.limits = casadi.vertcat(
            matrix @ answer,
            matrix.T @ worth + capped - costs,
            rival + rival_lever @ share - liking - envy,
        )
        self.variables = casadi.vertcat(answer, worth, capped, envy)
        self.given = casadi.vertcat(at, rival, casadi.reshape(rival_lever, SLOTS * self.levers, 1))
        self.value = (
            casadi.dot(follower.value, x) + follower.value_constant + casadi.dot(follower.value_product, paid)
        )
        self.rows = _matrix(follower.row_x) @ x + _matrix(follower.row_product) @ paid

    def _own_rows(self) -> None:
        """Its own rows as upper limits, where both sides are one as equations."""
        follower = self.follower
        scaled = sparse.csr_array(follower.matrix @ sparse.diags_array(self.width))
        before = follower.matrix @ follower.lower
        even = follower.row_lower == follower.row_upper
        over = np.isfinite(follower.row_upper) & ~even
        under = np.isfinite(follower.row_lower) & ~even
        matrix = sparse.csr_array(sparse.vstack([scaled[even], scaled[over], -scaled[under]]))
        upper, lower = follower.row_upper - before, follower.row_lower - before
        limit = np.concatenate([upper[even], upper[over], -lower[under]])
        size = np.asarray(abs(matrix).max(axis=1).todense()).ravel() if matrix.shape[0] else np.zeros(0)
        size = np.where(size > 0.0, size, 1.0)
        self.matrix = sparse.csr_array(sparse.diags_array(1.0 / size) @ matrix)
        self.limit, self.even = limit / size, np.arange(len(limit)) < int(even.sum())

    def _places(self, index: int, held: Held) -> FloatArray | None:
        """Where the whole numbers are held, as shares of their ranges."""
        if held.whole is None:
            return None
        whole = self.follower.integer
        return np.asarray((held.whole[index] - self.follower.lower[whole]) / self.width[whole])

    def fill(self, index: int, held: Held) -> FloatArray:
        """The given figures: where columns are capped, and rivals."""
        at, places = np.ones(len(self.width)), self._places(index, held)
        if places is not None:
            at[self.follower.integer] = places
        rival, slope = np.full(SLOTS, NEVER), np.zeros((SLOTS, self.levers))
        for slot, other in enumerate(held.rivals[index][-SLOTS:] if held.rivals else ()):
            rival[slot] = other.liking + float(other.liking_lever @ self.joint.problem.lever_lower)
            slope[slot] = other.liking_lever * self.joint.span
        return np.concatenate([at, rival, slope.ravel(order="F")])

    def sides(self, index: int, held: Held) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray]:
        """Lower and upper bounds of the variables, and of the limits."""
        columns, count = len(self.width), len(self.limit)
        low, high = np.zeros(columns), np.where(self.follower.upper > self.follower.lower, 1.0, 0.0)
        high[~np.isfinite(self.follower.upper)] = np.inf
        least, most = np.zeros(columns), np.where(np.isfinite(self.follower.upper), np.inf, 0.0)
        over, places = np.full(columns, np.inf), self._places(index, held)
        if places is not None:
            whole = self.follower.integer
            low[whole] = high[whole] = places
            least[whole], most[whole], over[whole] = -np.inf, np.inf, 0.0
        worth = np.where(self.even, -np.inf, 0.0)
        return (
            np.concatenate([low, worth, least, [0.0]]),
            np.concatenate([high, np.full(count, np.inf), most, [np.inf]]),
            np.concatenate(
                [np.where(self.even, self.limit, -np.inf), np.zeros(columns), np.full(SLOTS, -np.inf)]
            ),
            np.concatenate([self.limit, over, np.zeros(SLOTS)]),
        )

    def begin(self, x: FloatArray) -> FloatArray:
        """Its variables at an answer, its limits worth nothing yet."""
        answer = np.clip((x - self.follower.lower) / self.width, 0.0, 1.0)
        return np.concatenate([answer, np.zeros(len(self.limit) + len(x) + 1)])


def _liking(follower: Follower) -> tuple[Any, Any]:
    """Costs and payments of what is liked: the mean of all objectives an intention has to be best for."""
    share = 1.0 / (1.0 + follower.harm_x.shape[0])
    fixed = follower.objective + share * np.asarray(follower.harm_x.sum(axis=0)).ravel()
    payment = follower.payment + share * np.asarray(follower.harm_product.sum(axis=0)).ravel()
    return casadi.DM(fixed), casadi.DM(payment)


def _matrix(matrix: sparse.csr_array) -> Any:
    """A sparse matrix as the modelling library has it."""
    columns = sparse.csc_array(matrix)
    columns.sort_indices()
    pattern = casadi.Sparsity(*columns.shape, columns.indptr.tolist(), columns.indices.tolist())
    return casadi.DM(pattern, columns.data.tolist())


def _flat(found: Any) -> FloatArray:
    return np.asarray(found, dtype=float).ravel()
