"""Follow followers from doing what the leader would choose to doing what they choose themselves.

Yes/no levers are settled first, and every follower is held to earn whatever can be earned under them: where a
reward is all or nothing, to be meant for everybody is what makes it strong. What a follower could do without
earning it joins as rivals on the way.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from incentive_opt.pricing.earning import earning
from incentive_opt.pricing.face import on_face
from incentive_opt.pricing.highs import Clock
from incentive_opt.pricing.joint import ASTRAY, Held, Joint, Stand
from incentive_opt.pricing.lever_rules import box_of_choices
from incentive_opt.pricing.pool import Response
from incentive_opt.pricing.problem import FloatArray, PricingProblem
from incentive_opt.pricing.responses import Oracle, make_oracles
from incentive_opt.pricing.search import Search

OBEDIENT = (3.0, 30.0)
"""Charges on dissatisfaction while everything may move, yes/no levers and followers' whole numbers too."""
SETTLED, BETWEEN, AT_LAST = 30.0, 100.0, 1000.0
"""Charges once they are settled: at first (from those settled earlier, the first value promises less of the
last), where a leap to the last leaves followers torn, and at the end, where programs are solved within fine
tolerances; beyond it all is tolerances."""
PROMISE, LEAPT, ALMOST = 0.01, 0.01, 0.003
"""By what share a path has to pass the value to be reached at the first charge (it falls from there on), and
may fall short of it after the leap to the last (rivals met there move it to better ends, too), and at its end
(where it becomes a design it gains a little)."""
TORN = 0.02
"""Charged so much for dissatisfaction at the last charge [share of the value], the solver is at a poor end:
it pays for what followers could be relieved of."""
UNSATISFIED = 0.5
"""Dissatisfaction at the end (scaled) with which a path is lost: followers cannot be satisfied, or the solver
has gone astray."""
ROUNDS = 5
"""Times that the last program is solved, as long as rivals are added."""
TEMPTING = 1e-4
"""A rival that is liked less by more (scaled) tempts nobody."""
TILTS = (0.0, 1e-3, 1e-2)
"""How much more followers care for the leader's aims when they are asked for rivals."""
AT_THE_END = (1e-4, 1e-3, 1e-2, 1e-1)
"""The same for answers that join the pools at the end; the first is how intentions break ties."""


@dataclass(frozen=True)
class Followed:
    """The end of a path: levers, prices of the leader's rows, its merit, and what to intend there.

    Intentions, the first to be tried first: what the leader prefers of what followers like best; what the
    smooth program has them do, which may lie between.
    """

    levers: FloatArray
    prices: FloatArray
    value: float
    intentions: tuple[list[int], list[int]]


class Path:
    """The programs that paths are followed with, and where all of them begin."""

    def __init__(self, problem: PricingProblem) -> None:
        self.mean, self.each = Joint(problem), Joint(problem, each=True)
        held = Held(problem.lever_lower, problem.lever_upper)
        levers = problem.starts[0] if problem.starts else 0.5 * (problem.lever_lower + problem.lever_upper)
        stand = self.mean.solve(OBEDIENT[0], held, self.mean.begin(levers, _answers(problem, levers)))
        for charge in OBEDIENT[1:]:
            stand = self.mean.solve(charge, held, stand)
        self.start: Stand = stand


@dataclass(frozen=True)
class Looked:
    """Where a path is: its merit there, where it stands, rivals met so far, and whether it has leapt.

    ``begun`` is where all paths begin, with yes/no levers that are not settled yet.
    """

    value: float
    stand: Stand
    rivals: tuple[tuple[Response, ...], ...]
    leapt: bool = False
    begun: FloatArray | None = None


def look(search: Search, settled: FloatArray, looked: Looked | None = None) -> Looked:
    """Where a path with these yes/no levers begins; looked at again, about where it ends."""
    way = _Way(search, settled, looked)
    value = way.go(SETTLED) if looked is None else way.leap()
    rivals = tuple(tuple(own) for own in way.rivals)
    return Looked(value, way.stand, rivals, looked is not None, way.path.start.levers)


def follow(
    search: Search, settled: FloatArray, least: float, looked: Looked | None = None
) -> Followed | None:
    """Follow a path whose yes/no levers are as in ``settled``; responses on the way join the search's pools.

    It goes on from where it was ``looked`` at. Its last steps ask answers to be best for each objective of a
    follower, not for their mean: that takes a larger program, and ends nearer to a design. None where it will
    not pass the value ``least``, some follower cannot be satisfied, or the time is over.
    """
    looked = looked or look(search, settled)
    if not looked.leapt and looked.value - least >= PROMISE * abs(least) and search.time_left > 0:
        looked = look(search, settled, looked)
    if not looked.leapt or looked.value - least < -LEAPT * abs(least):
        return None
    way = _Way(search, settled, looked)
    if way.end() and way.stand.merit(AT_LAST) - least < -ALMOST * abs(least):
        return None
    way.turn_to_each()
    if not way.end():
        return None
    vertices = way.vertices()
    intentions = (vertices, way.faces(vertices))
    return Followed(way.stand.levers, way.stand.prices, way.stand.merit(AT_LAST), intentions)


class _Way:
    """One path: where it stands, and what followers would rather do with other whole numbers."""

    def __init__(self, search: Search, settled: FloatArray, looked: Looked | None = None) -> None:
        self.path = search.path if isinstance(search.path, Path) else Path(search.problem)
        search.path = self.path
        self.search, self.joint = search, self.path.mean
        self.stand = looked.stand if looked else self.path.start
        self.low, self.high = box_of_choices(search, settled)
        self.whole = earning(search.problem, self.high)
        self.rivals: list[list[Response]] = (
            [list(own) for own in looked.rivals] if looked else [[] for _ in search.oracles]
        )
        self.grown = False

    def go(self, charge: float, fine: bool = False, start: FloatArray | None = None) -> float:
        """Solve at a charge, from where it stands or from another point; the merit there, if any."""
        held = Held(self.low, self.high, self.whole, _tempting(self.rivals, self.stand.levers))
        stand = self.joint.solve(charge, held, self.stand if start is None else start, fine)
        self.search.prices = stand.prices
        if stand.dissatisfaction < -ASTRAY or (fine and not stand.converged):
            return -np.inf
        self.stand = stand
        self.grown = self.whole is not None and _grow(self.search, stand.levers, self.whole, self.rivals)
        return stand.merit(charge)

    def leap(self) -> float:
        """Solve at the last charge at once; where that fails, or leaves followers torn, from what they do."""
        merit = self.go(AT_LAST, True)
        if merit >= self.stand.value - TORN * abs(self.stand.value):
            return merit
        before, levers = self.stand, self.stand.levers
        own = zip(self.search.oracles, self.whole or [None] * len(self.rivals), strict=True)
        answers = [_answer(oracle, oracle.liking_at(levers), whole) for oracle, whole in own]
        self.go(BETWEEN, start=self.joint.begin(levers, [answer.x for answer in answers]))
        anew = self.go(AT_LAST, True)
        if not np.isfinite(anew):
            anew = self.go(AT_LAST)
        if anew < merit:
            self.stand = before
        return max(anew, merit)

    def turn_to_each(self) -> None:
        """Go on with answers that have to be best for each objective."""
        self.joint, self.stand = self.path.each, self.path.each.spread(self.stand, self.path.mean)

    def end(self) -> bool:
        """Solve at the last charge until no rival is new; False if followers cannot be satisfied."""
        reached = False
        for number in range(ROUNDS):
            if self.search.time_left <= 0:
                return False
            fine = bool(np.isfinite(self.go(AT_LAST, True)))
            reached |= fine or (number == 0 and bool(np.isfinite(self.go(AT_LAST))))
            if not fine or not self.grown:
                break
        return reached and self.stand.dissatisfaction <= UNSATISFIED

    def vertices(self) -> list[int]:
        """Of what followers like best with these whole numbers the leader's choice."""
        return _intended(self.search, self.stand.levers, self.whole, self.rivals)

    def faces(self, vertices: list[int]) -> list[int]:
        """What the program has followers do; the vertex where that is none of their answers."""
        search, parts = self.search, self.joint.parts
        points = self.joint.split(self.stand.point)
        wholes = self.whole or [None] * len(parts)
        own = zip(parts, points, wholes, strict=True)
        found = [on_face(part, point, whole, search.clock) for part, point, whole in own]
        return [
            vertex if x is None or not oracle.allows(x) else search.add_point(index, x)
            for index, (vertex, x, oracle) in enumerate(zip(vertices, found, search.oracles, strict=True))
        ]


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


def _answer(oracle: Oracle, costs: FloatArray, whole: FloatArray | None) -> Response:
    """What is best for a follower, with whole numbers as held, if they are."""
    return oracle.reply(costs) if whole is None else oracle.held(costs, whole)


def _grow(
    search: Search, levers: FloatArray, whole: tuple[FloatArray, ...], rivals: list[list[Response]]
) -> bool:
    """Add what followers would rather do with other whole numbers; True if something new tempts one."""
    grown = False
    for index, (oracle, own) in enumerate(zip(search.oracles, rivals, strict=True)):
        liked = oracle.liking_at(levers)
        kept = float(liked @ oracle.held(liked, whole[index]).x)
        for tilt in TILTS:
            reply = oracle.reply(_tilted(search, index, levers, tilt))
            held = np.array_equal(reply.x[oracle.follower.integer], whole[index])
            if not held and all(np.max(np.abs(reply.x - other.x)) > 1e-9 for other in own):
                own.append(reply)
                grown |= float(liked @ reply.x) > kept - TEMPTING
    return grown


def _intended(
    search: Search,
    levers: FloatArray,
    whole: tuple[FloatArray, ...] | None,
    rivals: list[list[Response]],
) -> list[int]:
    """Positions in the pools, which what was met at the end joins."""
    intended = []
    for index, (oracle, pool) in enumerate(zip(search.oracles, search.pools, strict=True)):
        for rival in rivals[index]:
            pool.add(rival)
        for tilt in AT_THE_END:
            pool.add(oracle.reply(_tilted(search, index, levers, tilt)))
        costs = _tilted(search, index, levers, AT_THE_END[0])
        own = None if whole is None else whole[index]
        intended.append(pool.add(_answer(oracle, costs, own)))
    return intended
