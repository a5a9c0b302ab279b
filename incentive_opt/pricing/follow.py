"""Follow followers from doing what the leader would choose to doing what they choose themselves.

Yes/no levers are settled first, and every follower is held to earn whatever can be earned under them: where a
reward is all or nothing, to be meant for everybody is what makes it strong. What a follower could do without
earning it joins as rivals on the way.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from incentive_opt.pricing.highs import Clock
from incentive_opt.pricing.joint import Held, Joint, Stand
from incentive_opt.pricing.lever_rules import box_of_choices
from incentive_opt.pricing.pool import Response
from incentive_opt.pricing.problem import FloatArray, Follower, PricingProblem
from incentive_opt.pricing.responses import make_oracles
from incentive_opt.pricing.search import Search

OBEDIENT = (3.0, 10.0)
"""Charges on dissatisfaction while everything may move, yes/no levers and followers' whole numbers too."""
CHARGES = (10.0, 30.0, 100.0, 1000.0)
"""Charges once they are settled. Coarser steps at first end lower, beyond a thousand all is tolerances."""
PROMISE = {30.0: 0.01, 100.0: 0.005}
"""By what share a path has to pass the value to be reached at these charges: it falls from there on."""
UNSATISFIED = 0.5
"""Dissatisfaction from the third charge on (scaled) with which a path is lost: followers cannot be satisfied,
or the solver has gone astray."""
ROUNDS = 3
"""Times that rivals are added at the last charge."""
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
    path = search.path if isinstance(search.path, Path) else Path(search.problem)
    search.path = path
    low, high = box_of_choices(search, settled)
    whole = earning(search.problem, high)
    rivals: list[list[Response]] = [[] for _ in search.oracles]
    stand = path.start
    for charge in CHARGES + (CHARGES[-1],) * ROUNDS:
        if search.time_left <= 0:
            return None
        stand = path.joint.solve(charge, Held(low, high, whole, tuple(tuple(own) for own in rivals)), stand)
        search.prices = stand.prices
        lost = charge >= CHARGES[2] and stand.dissatisfaction > UNSATISFIED
        if lost or (charge in PROMISE and stand.value - least < PROMISE[charge] * abs(least)):
            return None
        grown = whole is not None and _grow(search, stand.levers, whole, rivals)
        if charge == CHARGES[-1] and not grown:
            break
    return Followed(stand.levers, stand.prices, stand.value, _intended(search, stand.levers, whole, rivals))


def earning(problem: PricingProblem, high: FloatArray) -> tuple[FloatArray, ...] | None:
    """Followers' whole numbers where each earns what can be paid with levers up to ``high``.

    None where it is not known what a follower's whole numbers are raised for.
    """
    if any(follower.rests is None and np.any(follower.integer) for follower in problem.followers):
        return None
    return tuple(_earning(follower, high) for follower in problem.followers)


def _earning(follower: Follower, high: FloatArray) -> FloatArray:
    whole = np.flatnonzero(follower.integer)
    if follower.rests is None:
        return np.zeros(0)
    paid = (follower.payment != 0.0) & (high[follower.levers] > 0.0)
    columns = abs(follower.features).T @ paid.astype(float) > 0.0
    raised = abs(follower.rests) @ columns.astype(float) > 0.0
    return np.where(raised, follower.upper[whole], follower.lower[whole])


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
