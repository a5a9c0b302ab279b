"""Follow followers from doing what the leader would choose to doing what they choose themselves.

Yes/no levers are settled first, and every follower is held to earn whatever can be earned under them: where a
reward is all or nothing, to be meant for everybody is what makes it strong. What a follower could do without
earning it joins as rivals on the way.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from incentive_opt.pricing.earning import earning
from incentive_opt.pricing.highs import Clock
from incentive_opt.pricing.joint import ASTRAY, Held, Joint, Stand
from incentive_opt.pricing.lever_rules import box_of_choices
from incentive_opt.pricing.pool import Response
from incentive_opt.pricing.problem import FloatArray, PricingProblem
from incentive_opt.pricing.responses import make_oracles
from incentive_opt.pricing.search import Search

OBEDIENT = (3.0, 10.0, 30.0)
"""Charges on dissatisfaction while everything may move, yes/no levers and followers' whole numbers too."""
CHARGES = (30.0, 100.0)
"""Charges once they are settled. From those settled earlier, the first value promises less of the last."""
AT_LAST = 1000.0
"""Charge at the end, where programs are solved within fine tolerances; beyond it all is tolerances."""
PROMISE = {30.0: 0.01, 100.0: 0.005}
"""By what share a path has to pass the value to be reached at these charges: it falls from there on."""
UNSATISFIED = 0.5
"""Dissatisfaction at the end (scaled) with which a path is lost: followers cannot be satisfied, or the solver
has gone astray."""
ROUNDS = 5
"""Times that the last program is solved, as long as rivals are added."""
TILTS = (0.0, 1e-3, 1e-2)
"""How much more followers care for the leader's aims when they are asked for rivals."""
AT_THE_END = (1e-4, 1e-3, 1e-2, 1e-1)
"""The same for answers that join the pools at the end; the first is how intentions break ties."""


@dataclass(frozen=True)
class Followed:
    """Where a path ended: levers, prices of the leader's rows, its value, what followers are meant to do."""

    levers: FloatArray
    prices: FloatArray
    value: float
    intended: list[int]


class Path:
    """The program that paths are followed with, and where all of them begin."""

    def __init__(self, problem: PricingProblem) -> None:
        self.joint = Joint(problem)
        held = Held(problem.lever_lower, problem.lever_upper)
        levers = problem.starts[0] if problem.starts else 0.5 * (problem.lever_lower + problem.lever_upper)
        stand = self.joint.solve(OBEDIENT[0], held, self.joint.begin(levers, _answers(problem, levers)))
        for charge in OBEDIENT[1:]:
            stand = self.joint.solve(charge, held, stand)
        self.start: Stand = stand


def follow(search: Search, settled: FloatArray, least: float) -> Followed | None:
    """Follow a path whose yes/no levers are as in ``settled``; responses on the way join the search's pools.

    None where it will not pass the value ``least``, some follower cannot be satisfied, or the time is over.
    """
    way = _Way(search, settled)
    for charge in CHARGES:
        if search.time_left <= 0 or way.go(charge) - least < PROMISE[charge] * abs(least):
            return None
    if not way.end():
        return None
    intended = _intended(search, way.stand.levers, way.whole, way.rivals)
    return Followed(way.stand.levers, way.stand.prices, way.stand.value, intended)


def look(search: Search, settled: FloatArray) -> float:
    """The value that a path has at its first charge: those that begin high mostly end high."""
    return _Way(search, settled).go(CHARGES[0])


class _Way:
    """One path: where it stands, and what followers would rather do with other whole numbers."""

    def __init__(self, search: Search, settled: FloatArray) -> None:
        self.path = search.path if isinstance(search.path, Path) else Path(search.problem)
        search.path = self.path
        self.search, self.stand = search, self.path.start
        self.low, self.high = box_of_choices(search, settled)
        self.whole = earning(search.problem, self.high)
        self.rivals: list[list[Response]] = [[] for _ in search.oracles]

    def go(self, charge: float, fine: bool = False) -> float:
        """Solve at a charge; the value there."""
        held = Held(self.low, self.high, self.whole, _tempting(self.rivals, self.stand.levers))
        stand = self.path.joint.solve(charge, held, self.stand, fine)
        self.search.prices = stand.prices
        if stand.dissatisfaction < -ASTRAY or (fine and not stand.converged):
            return -np.inf
        self.stand = stand
        self.grown = self.whole is not None and _grow(self.search, stand.levers, self.whole, self.rivals)
        return stand.value

    def end(self) -> bool:
        """Solve at the last charge until no rival is new; False if followers cannot be satisfied."""
        for number in range(ROUNDS):
            if self.search.time_left <= 0:
                return False
            astray = not np.isfinite(self.go(AT_LAST, True))
            if astray and number == 0:
                self.go(AT_LAST)
            if astray or not self.grown:
                break
        return self.stand.dissatisfaction <= UNSATISFIED


def _tempting(rivals: list[list[Response]], levers: FloatArray) -> tuple[tuple[Response, ...], ...]:
    """Rivals of each follower, the most tempting at the levers last."""
    return tuple(
        tuple(sorted(own, key=lambda rival: rival.liking + float(rival.liking_lever @ levers)))
        for own in rivals
    )


def _answers(problem: PricingProblem, levers: FloatArray) -> list[FloatArray]:
    """What followers do at the levers: as it is known, or asked."""
    if problem.start_responses:
        return list(problem.start_responses[0])
    oracles = make_oracles(problem, Clock())
    return [oracle.maximise(oracle.liking_at(levers)) for oracle in oracles]


def _tilted(search: Search, index: int, levers: FloatArray, tilt: float) -> FloatArray:
    """Costs of what a follower likes that cares so much more for the leader's aims."""
    return search.oracles[index].liking_at(levers) + tilt * search.merit(index, levers)


def _grow(
    search: Search, levers: FloatArray, whole: tuple[FloatArray, ...], rivals: list[list[Response]]
) -> bool:
    """Add what followers would rather do with other whole numbers; True if there was something new."""
    grown = False
    for index, (oracle, own) in enumerate(zip(search.oracles, rivals, strict=True)):
        for tilt in TILTS:
            reply = oracle.reply(_tilted(search, index, levers, tilt))
            held = np.array_equal(reply.x[oracle.follower.integer], whole[index])
            if not held and all(np.max(np.abs(reply.x - other.x)) > 1e-9 for other in own):
                own.append(reply)
                grown = True
    return grown


def _intended(
    search: Search,
    levers: FloatArray,
    whole: tuple[FloatArray, ...] | None,
    rivals: list[list[Response]],
) -> list[int]:
    """What followers are meant to do: of what they like best with these whole numbers the leader's choice."""
    intended = []
    for index, (oracle, pool) in enumerate(zip(search.oracles, search.pools, strict=True)):
        for rival in rivals[index]:
            pool.add(rival)
        for tilt in AT_THE_END:
            pool.add(oracle.reply(_tilted(search, index, levers, tilt)))
        costs = _tilted(search, index, levers, AT_THE_END[0])
        best = oracle.reply(costs) if whole is None else oracle.held(costs, whole[index])
        intended.append(pool.add(best))
    return intended
