"""The state of a search: pools of responses, the incumbent, the bound, and how an incumbent is earned."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from incentive_opt.pricing.highs import Clock
from incentive_opt.pricing.pool import Pool
from incentive_opt.pricing.problem import FloatArray, PricingProblem
from incentive_opt.pricing.responses import Oracle, make_oracles
from incentive_opt.pricing.restricted import Design, IntendedLists, Restricted, design_value

TOLERANCE = 1e-8
"""Largest gain from deviating, in the follower's scaled currency, that counts as none."""


@dataclass(frozen=True)
class Progress:
    """What is known at a moment: everything here is in the scaled problem's maximising sense."""

    phase: str
    iteration: int
    value: float
    bound: float
    seconds: float


@dataclass
class Search:
    """Everything found so far; both sides stay valid at every moment.

    ``survey`` and ``path`` are what climbs and paths have in common, made when first asked for.
    """

    problem: PricingProblem
    clock: Clock
    deadline: float
    report: Callable[[Progress], None] | None = None
    stop: Callable[[], bool] | None = None
    oracles: list[Oracle] = field(init=False)
    pools: list[Pool] = field(init=False)
    restricted: Restricted = field(init=False)
    incumbent: Design | None = None
    bound: float = float("inf")
    iteration: int = 0
    phase: str = "start"
    in_force: float = -float("inf")
    prices: FloatArray = field(init=False)
    survey: list[Pool] | None = None
    path: object = None

    def __post_init__(self) -> None:
        self.oracles = make_oracles(self.problem, self.clock)
        self.pools = [Pool() for _ in self.oracles]
        self.restricted = Restricted(self.problem, self.clock)
        self.prices = np.zeros(len(self.problem.row_lower))

    @property
    def value(self) -> float:
        """Value of the incumbent; minus infinity without one."""
        return self.incumbent.value if self.incumbent else -float("inf")

    @property
    def gap(self) -> float:
        """Relative distance between bound and incumbent (0 once they meet)."""
        if self.incumbent is None or not np.isfinite(self.bound):
            return float("inf")
        return max(0.0, self.bound - self.value) / max(abs(self.bound), 1e-12)

    @property
    def time_left(self) -> float:
        """Seconds until the deadline; 0 once a stop was asked for."""
        if self.stop is not None and self.stop():
            return 0.0
        return max(0.0, self.deadline - self.clock.now)

    def tell(self) -> None:
        """Pass progress to whoever watches."""
        if self.report is not None:
            self.report(Progress(self.phase, self.iteration, self.value, self.bound, self.clock.now))

    def offer(self, design: Design | None) -> bool:
        """Keep the design if it is better; True if it was.

        A bound that it passes was none, but the solver's fault: then nothing is known above it.
        """
        if design is None or design.value <= self.value + 1e-12 * max(1.0, abs(self.value)):
            return False
        self.incumbent = design
        if self.bound < design.value - 1e-6 * max(1.0, abs(design.value)):
            self.bound = float("inf")
        self.tell()
        return True

    def lower_bound_to(self, bound: float) -> None:
        """Keep the bound if it is tighter and can be true.

        A contract in force, of which no margin is asked, stays below it; a bound below the incumbent, which
        the followers themselves have confirmed, is the solver's fault and not believed.
        """
        bound = max(bound, self.in_force)
        if bound < self.value - 1e-6 * max(1.0, abs(self.value)):
            return
        if bound < self.bound:
            self.bound = bound
            self.tell()

    def answer(self, levers: FloatArray) -> list[int]:
        """Best responses to the levers, added to the pools; their positions."""
        positions = []
        for oracle, pool in zip(self.oracles, self.pools, strict=True):
            positions.append(pool.add(oracle.best(levers, pool=pool)))
        return positions

    def liked(self, levers: FloatArray) -> list[int]:
        """What followers like best at the levers, directions of harm included, added to the pools."""
        pairs = zip(self.oracles, self.pools, strict=True)
        return [pool.add(oracle.reply(oracle.liking_at(levers), pool)) for oracle, pool in pairs]

    def deviations(self, levers: FloatArray, intended: list[int]) -> float:
        """Solve every follower for what it prefers to what is intended (each direction of harm too).

        The preferred responses join the pools; the largest gain is returned.
        """
        worst = 0.0
        for oracle, pool, choice in zip(self.oracles, self.pools, intended, strict=True):
            own = pool.responses[choice]
            for direction in range(-1, len(own.harm)):
                reply = oracle.best(levers, direction, pool)
                gain = reply.utility_at(levers) - own.utility_at(levers)
                if direction >= 0:
                    gain += reply.harm[direction] + float(reply.harm_lever[direction] @ levers)
                    gain -= own.harm[direction] + float(own.harm_lever[direction] @ levers)
                if gain > TOLERANCE:
                    pool.add(reply)
                    worst = max(worst, gain)
        return worst

    def permitted(self, levers: FloatArray) -> bool:
        """Whether levers are within their bounds, whole where they have to be, and on their menus."""
        problem = self.problem
        outside = np.maximum(problem.lever_lower - levers, levers - problem.lever_upper)
        uneven = np.abs(levers - np.round(levers))[problem.lever_integer]
        off = [np.min(np.abs(menu - levers[lever])) for lever, menu in problem.menus.items()]
        worst = np.concatenate([outside, uneven, np.array(off, dtype=float)])
        return bool(np.all(np.isfinite(levers)) and np.all(worst <= TOLERANCE))

    def survives(self, levers: FloatArray, intended: list[int]) -> bool:
        """Whether levers keep every rule and followers like nothing better than what is intended."""
        problem = self.problem
        if not self.permitted(levers):
            return False
        rows = problem.rules @ levers
        for pool, choice in zip(self.pools, intended, strict=True):
            own = pool.responses[choice]
            rows[own.touched] += own.rows_at(levers)
        if np.any(rows > problem.row_upper + TOLERANCE) or np.any(rows < problem.row_lower - TOLERANCE):
            return False
        return self.deviations(levers, intended) <= TOLERANCE

    def earn(
        self,
        candidates: IntendedLists,
        low: FloatArray | None = None,
        high: FloatArray | None = None,
        rounds: int = 60,
        **options: float | int | None,
    ) -> Design | None:
        """The best design over candidates that survives every follower's own best response.

        Solves the restricted problem, lets the followers deviate, adds what they preferred, until none does.
        """
        started = self.clock.now
        limit = float(options.pop("time_limit", None) or float("inf"))
        for _ in range(rounds):
            left = min(self.time_left, limit - (self.clock.now - started))
            if left <= 0:
                return None
            design = self.restricted.solve(
                self.pools,
                candidates,
                low,
                high,
                time_limit=left,
                **options,  # type: ignore[arg-type]
            )
            if design is None:
                return None
            if self.deviations(design.levers, list(design.intended)) <= TOLERANCE:
                return design
        return None

    def add_point(self, index: int, x: FloatArray) -> int:
        """Put a follower's x (say from the relaxation) in its pool; its position."""
        follower = self.problem.followers[index]
        x = x.copy()
        x[follower.integer] = np.round(x[follower.integer])
        return self.pools[index].add(self.oracles[index].describe(x))

    def start(self, levers: FloatArray, responses: list[FloatArray]) -> bool:
        """Offer a contract in force with the responses observed under it: no margin is asked of it."""
        intended = [self.add_point(index, x) for index, x in enumerate(responses)]
        rows = self.problem.rules @ levers
        for oracle, pool, choice in zip(self.oracles, self.pools, intended, strict=True):
            own = pool.responses[choice]
            if oracle.best(levers).utility_at(levers) - own.utility_at(levers) > TOLERANCE:
                return False
            rows[own.touched] += own.rows_at(levers)
        if np.any(rows > self.problem.row_upper + TOLERANCE) or np.any(
            rows < self.problem.row_lower - TOLERANCE
        ):
            return False
        value = self.price(levers, intended)
        self.in_force = max(self.in_force, value)
        return self.offer(Design(levers, tuple(intended), value))

    def at(self, levers: FloatArray) -> Design | None:
        """The best design at exactly these levers: the leader picks among followers' ties."""
        replies = self.answer(levers)
        candidates: IntendedLists = []
        for index, (oracle, pool) in enumerate(zip(self.oracles, self.pools, strict=True)):
            best = pool.responses[replies[index]].utility_at(levers)
            tilted = oracle.objective_at(levers) + 1e-6 * oracle.follower.value
            pool.add(oracle.reply(tilted))
            near = np.flatnonzero(pool.utilities(levers) >= best - 0.5 * TOLERANCE)
            candidates.append([int(k) for k in near[:40]])
        point = levers.copy()
        return self.earn(candidates, point, point, rounds=8)

    def merit(self, index: int, levers: FloatArray, share: float = 1.0) -> FloatArray:
        """The leader's objective in a follower's x, with its rows at a share of their present prices."""
        follower, rows = self.problem.followers[index], share * self.prices
        products = (follower.value_product - follower.row_product.T @ rows) * levers[follower.levers]
        return np.asarray(follower.value - follower.row_x.T @ rows + follower.features.T @ products)

    def price(self, levers: FloatArray, intended: list[int]) -> float:
        """The leader's objective when followers do what is intended."""
        return design_value(self.problem, self.pools, levers, intended)
