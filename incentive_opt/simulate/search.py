"""Which rates a practice aims at: branch and bound over ranges of rates.

A bonus by the rate rises in steps, or where chance decides in smooth steps; neither is concave. So the
program sees, for every measure, a range of rates and the concave envelope of the bonus over it. Where the
solution lies below an envelope the range is split in two. What is left at the end is the best aim, to a
given tolerance.
"""

from __future__ import annotations

import heapq
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from incentive_opt.simulate.choice import FACETS, Line, Point, PracticeProgram
from incentive_opt.simulate.held_back import HeldReward, kept_back
from incentive_opt.simulate.program import Infeasible
from incentive_opt.simulate.targets import RATE_TOLERANCE, Reward
from incentive_opt.simulate.world import IntArray

NODES = 2000
"""Programs solved at most in one search; then the best found is taken."""

NOBODY = 1e-12
"""A denominator this small is none [1]."""

Range = tuple[int, int]
"""First and last of a reward's rates; a rate above the last is allowed, but earns what the last one earns."""


@dataclass(frozen=True, eq=False)
class Found:
    """The best point of a search.

    Attributes
    ----------
    worth : float
        Utility with the bonuses of the rates reached [USD/year].
    finished : bool
        Whether nothing better was left out.
    """

    point: Point
    worth: float
    finished: bool = True


@dataclass(eq=False)
class Search:
    """Branch and bound on one practice program whose prices are set.

    Attributes
    ----------
    rewards : mapping measure -> Reward
        Of every measure whose bonus counts.
    tolerance : float
        Relative to utility: how much better than the answer another aim may be at most [1].
    nodes : int
        Programs solved at most.
    """

    program: PracticeProgram
    rewards: Mapping[int, Reward]
    tolerance: float
    nodes: int = NODES
    _set: dict[int, Range] = field(default_factory=dict)

    def best(self) -> Found:
        """The best aim."""
        everything = whole(self.rewards)
        first = self.solve(everything)
        if first is None:
            raise Infeasible(self.program.program.name)
        best = Found(first, self.worth(first))
        tolerance = self.tolerance * max(1.0, abs(first.worth))
        queue = [(-first.worth, 0, everything, first)]
        nodes = 1
        while queue:
            bound, _, ranges, point = heapq.heappop(queue)
            if -bound <= best.worth + tolerance:
                break
            if nodes >= self.nodes:
                return replace(best, finished=False)
            for child in self._split(ranges, point):
                nodes += 1
                answer = self.solve(child)
                if answer is None:
                    continue
                worth = self.worth(answer)
                if worth > best.worth:
                    best = Found(answer, worth)
                if answer.worth > best.worth + tolerance:
                    heapq.heappush(queue, (-answer.worth, nodes, child, answer))
        return best

    def solve(self, ranges: Mapping[int, Range]) -> Point | None:
        """The best point with rates in these ranges; None if there is none."""
        for measure, span in ranges.items():
            if self._set.get(measure) != span:
                reward = self.rewards[measure]
                self.program.set_aim(measure, float(reward.rates[span[0]]), lines(reward, span))
                self._set[measure] = span
        best = {
            m: float(r.returned[ranges[m][1]]) for m, r in self.rewards.items() if isinstance(r, HeldReward)
        }
        if best:
            self.program.keep_back(kept_back(self.rewards, best))
        try:
            return self.program.solve()
        except Infeasible:
            return None

    def worth(self, point: Point) -> float:
        """Utility of a point with the bonuses that its rates earn."""
        total = point.without_bonus
        for measure, reward in self.rewards.items():
            place = self.program.measures[measure]
            denominator = place.largest * point.columns[place.denominator]
            total += denominator * reward.about(self.program.rate(point, measure))
        lost = kept_back(self.rewards, {measure: self._part(measure, point) for measure in self.rewards})
        return float(total - lost * float(self.program.claims @ point.columns))

    def _part(self, measure: int, point: Point) -> float:
        """The part returned of what is held back; all of it where there is nobody to be judged by."""
        reward, place = self.rewards[measure], self.program.measures[measure]
        if not isinstance(reward, HeldReward) or point.columns[place.denominator] <= NOBODY:
            return 1.0
        return reward.part(self.program.rate(point, measure))

    def _split(self, ranges: Mapping[int, Range], point: Point) -> list[dict[int, Range]]:
        """The ranges in two, where the program overrates a bonus most."""
        gaps = {}
        for measure, reward in self.rewards.items():
            place = self.program.measures[measure]
            seen = reward.most * point.columns[place.bonus]
            denominator = point.columns[place.denominator]
            earned = denominator * reward.about(self.program.rate(point, measure))
            gaps[measure] = place.largest * (seen - earned) + self._overrated(measure, ranges[measure], point)
        for measure in sorted(gaps, key=lambda m: -gaps[m]):
            at = self._step(measure, ranges[measure], point)
            if at is None:
                at = self._place(measure, ranges[measure], self.program.rate(point, measure))
            if at is not None:
                low, high = ranges[measure]
                return [{**ranges, measure: (at + 1, high)}, {**ranges, measure: (low, at)}]
        return []

    def _overrated(self, measure: int, span: Range, point: Point) -> float:
        """What the program takes for returned beyond what is [USD/year]."""
        reward = self.rewards[measure]
        if not isinstance(reward, HeldReward):
            return 0.0
        beyond = max(0.0, float(reward.returned[span[1]]) - self._part(measure, point))
        return reward.share * beyond * float(self.program.claims @ point.columns)

    def _step(self, measure: int, span: Range, point: Point) -> int | None:
        """After which rate to split where more is taken for returned than is: the last one reached."""
        if self._overrated(measure, span, point) <= 0.0:
            return None
        rate = self.program.rate(point, measure) + RATE_TOLERANCE
        at = max(span[0], int(np.searchsorted(self.rewards[measure].rates, rate, side="right")) - 1)
        return at if at < span[1] else None

    def _place(self, measure: int, span: Range, rate: float) -> int | None:
        """After which of the reward's rates to split: where its envelope is farthest above what is earned."""
        reward = self.rewards[measure]
        corners = hull(reward, span)
        after = int(np.searchsorted(reward.rates[corners], rate + 1e-12, side="right"))
        if after >= len(corners):
            return None
        first, last = int(corners[max(0, after - 1)]), int(corners[after])
        if last == first:
            return None
        inner = np.arange(first, last)
        chord = np.interp(reward.rates[inner + 1], reward.rates[[first, last]], reward.values[[first, last]])
        return int(inner[np.argmax(chord - reward.values[inner])])


def whole(rewards: Mapping[int, Reward]) -> dict[int, Range]:
    """Every reward's whole range."""
    return {measure: (0, len(reward.rates) - 1) for measure, reward in rewards.items()}


def hull(reward: Reward, span: Range) -> IntArray:
    """Corners of the concave envelope of a reward over a range, as numbers of its rates."""
    kept: list[int] = []
    x, y = reward.rates, reward.values
    for now in range(span[0], span[1] + 1):
        while len(kept) > 1 and _below(x, y, kept[-2], kept[-1], now):
            kept.pop()
        kept.append(now)
    top = int(np.argmax(y[kept]))
    return thinned(reward, np.array(kept[: top + 1], dtype=np.int64))


def _below(x: np.ndarray, y: np.ndarray, first: int, middle: int, last: int) -> bool:
    """Whether the middle point is not above the straight line between the others."""
    rise = (y[last] - y[first]) * (x[middle] - x[first])
    return bool((y[middle] - y[first]) * (x[last] - x[first]) <= rise)


def thinned(reward: Reward, corners: IntArray) -> IntArray:
    """At most so many corners that the lines between them fit, those that matter least left out."""
    x, y = reward.rates, reward.values
    while len(corners) > FACETS - 1:
        left, middle, right = corners[:-2], corners[1:-1], corners[2:]
        share = (x[middle] - x[left]) / (x[right] - x[left])
        loss = y[middle] - y[left] - share * (y[right] - y[left])
        corners = np.delete(corners, 1 + int(np.argmin(loss)))
    return corners


def lines(reward: Reward, span: Range) -> Sequence[Line]:
    """The envelope over a range, as lines (slope, intercept) in shares of all bonuses of the measure."""
    if reward.most <= 0.0:  # nothing but fees held back
        return []
    corners = hull(reward, span)
    x, y = reward.rates[corners], reward.values[corners] / reward.most
    found = [
        (float(slope), float(y0 - slope * x0))
        for slope, x0, y0 in zip(np.diff(y) / np.diff(x), x, y, strict=False)
    ]
    return [*found, (0.0, float(y[-1]))]
