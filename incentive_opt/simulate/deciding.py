"""The best plan of a practice under a contract, to the accuracy of its own curves and chances."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from incentive_opt.errors import InputError, Problem
from incentive_opt.simulate.assumptions import Assumptions
from incentive_opt.simulate.characters import Character
from incentive_opt.simulate.choice import Point, PracticeProgram
from incentive_opt.simulate.curves import curve_of
from incentive_opt.simulate.held_back import HeldReward, Parts, held_reward, kept_back, parts_of
from incentive_opt.simulate.plan import Plan
from incentive_opt.simulate.program import Infeasible
from incentive_opt.simulate.search import NOBODY, NODES, Search, whole
from incentive_opt.simulate.sharing import Regime, benchmark_of, gates, regimes
from incentive_opt.simulate.targets import Reward, deciding_events, denominators, paid_tiers, reward_of
from incentive_opt.simulate.world import Terms, World
from incentive_opt.simulate.worth import expected_utility

FIRST_ROUNDS, LAST_ROUNDS = 2, 4
"""Rounds in which curves and chances are made finer where the practice settles: before aims are compared, and
after."""
PANEL_ROUNDS = 3
"""How often the number of events that decide a bonus is brought in line with the panel kept."""
EXACT, FINE = 1e-10, 1e-7
"""Tolerance of the search, relative to utility: where nothing is approximated, and where something is."""

HELD_NODES = 60
"""Programs solved at most where chance decides what comes back of fees held back; the best is made finer."""

Events = Mapping[int, int | None]
"""Of every measure whose bonus counts, the events that decide it; None without chance."""


@dataclass(frozen=True, eq=False)
class Tiers:
    """A measure with money on it: its number, (threshold, USD per denominator event), what is held back."""

    measure: int
    tiers: tuple[tuple[float, float], ...]
    parts: Parts = ()
    share: float = 0.0


class Practice:
    """A practice type that decides again and again.

    No decision depends on those before it: the program starts afresh for every character and contract.
    """

    def __init__(self, world: World, kind: int, assumptions: Assumptions) -> None:
        self.world, self.kind, self.assumptions = world, kind, assumptions
        curves = [curve_of(need, assumptions.smooth) for need in world.instance.needs]
        self.program = PracticeProgram(world, kind, curves)
        self.unfinished = 0
        self._rewards: dict[tuple[Parts, Parts, float, int | None], Reward] = {}

    def decide(self, character: Character, terms: Terms) -> Plan:
        """The plan with the highest expected utility.

        Raises
        ------
        InputError
            The practice cannot keep its fewest children within its staff's time.
        """
        try:
            return self._decide(character, terms)
        except Infeasible as nothing:
            practice = self.world.instance.practices[self.kind].name
            raise InputError(
                [
                    Problem(
                        "panels.csv",
                        f"practice={practice}",
                        "",
                        "fewest children that the practice's staff have time for, overtime included",
                        "Lower minimum, or raise staff or overtime in practices.csv.",
                    )
                ]
            ) from nothing

    def _decide(self, character: Character, terms: Terms) -> Plan:
        """The best over all ranges of savings in which the practice may mean to end the year."""
        found = []
        for regime in regimes(self.world, self.kind, terms, self.assumptions):
            try:
                found.append(self._decide_within(character, terms, regime))
            except Infeasible:
                continue
        if not found:
            raise Infeasible(self.program.program.name)
        return max(found, key=lambda plan: plan.worth)

    def _decide_within(self, character: Character, terms: Terms, regime: Regime) -> Plan:
        measures = self._measures(terms)
        seen = terms if regime.shared else replace(terms, sharing=0.0)
        self.program.start(character, seen, {item.measure: _most(item) for item in measures})
        self.program.keep_back(sum(item.share for item in measures))  # of those it is judged by
        self._hold_to(regime, terms)
        rounds = FIRST_ROUNDS if measures else FIRST_ROUNDS + LAST_ROUNDS
        plan = self.program.plan(self._sharpened(self.program.solve(), rounds))
        best = self._valued(character, terms, plan)
        if not measures:
            return best
        tried: list[Events] = []
        for now in self._starts(measures, plan):
            for _ in range(PANEL_ROUNDS):
                if now in tried:
                    break
                tried.append(now)
                found = [self._valued(character, terms, p) for p in self._aimed(measures, now)]
                best = max([best, *found], key=lambda p: p.worth)
                now = self._events(measures, found[-1])
        return best

    def _hold_to(self, regime: Regime, terms: Terms) -> None:
        """Keep savings within their range, and rates at or above the gates that it takes."""
        self.program.floors = {}
        if regime.low > -np.inf or regime.high < np.inf:
            whole = benchmark_of(self.world, self.kind, terms)
            self.program.set_savings(regime.low - whole, regime.high - whole)
        if regime.aim is not None:
            self.program.floors = gates(self.world, self.kind, terms, regime.aim, self.assumptions)
            for measure in self.program.floors:
                self.program.set_aim(measure, 0.0, [])

    def _starts(self, measures: list[Tiers], plan: Plan) -> list[Events]:
        """Events from which to begin: those without bonuses.

        Where these are too few for a bonus, also those if everyone who asks were kept.
        """
        now, most = self._events(measures, plan), self._events(measures, None)
        return [now, most] if any(most[m] and not now[m] for m in now) else [now]

    def _measures(self, terms: Terms) -> list[Tiers]:
        """Measures with money that are large enough at the demanded panel."""
        largest = denominators(self.world, self.world.demanded[self.kind])
        enough = (largest > 0.0) & (largest >= self.world.minimum_denominator)
        found = [
            Tiers(
                int(m),
                paid_tiers(self.world, terms, int(m)),
                parts_of(self.world, terms, int(m)),
                float(terms.withheld[m]),
            )
            for m in np.flatnonzero(enough)
        ]
        return [item for item in found if item.tiers or item.parts]

    def _events(self, measures: list[Tiers], plan: Plan | None) -> Events:
        """Events that decide each bonus at the plan's panel, or if everyone who asks is kept."""
        if not self.assumptions.chance:
            return dict.fromkeys((item.measure for item in measures), None)
        kept = plan.kept if plan is not None else np.ones(len(self.world.weight))
        now = denominators(self.world, kept * self.world.demanded[self.kind])
        return {
            item.measure: deciding_events(self.world, float(now[item.measure]), item.measure)
            for item in measures
        }

    def _aimed(self, measures: list[Tiers], events: Events) -> list[Plan]:
        """The best plan when so many events decide each bonus; last a finer one, where it is approximate."""
        rewards = {item.measure: self._reward(item, events[item.measure]) for item in measures}
        exact = not (self.assumptions.smooth or self.assumptions.chance)
        held = any(isinstance(reward, HeldReward) for reward in rewards.values())
        for item in measures:
            self.program.set_bonus(item.measure, _most(item))
        nodes = HELD_NODES if held and self.assumptions.chance else NODES
        found = Search(self.program, rewards, EXACT if exact else FINE, nodes).best()
        self.unfinished += not found.finished
        plan = self.program.plan(found.point)
        return [plan] if exact else [plan, self.program.plan(self._refined(rewards, found.point))]

    def _reward(self, item: Tiers, events: int | None) -> Reward:
        key = (item.tiers, item.parts, item.share, events)
        if key not in self._rewards:
            held = held_reward(*key) if item.parts else None
            self._rewards[key] = held or reward_of(item.tiers, events)
        return self._rewards[key]

    def _sharpened(self, point: Point, rounds: int) -> Point:
        """The point after tangents were added where it lies above a curve, and so on."""
        for _ in range(rounds):
            if not self.program.sharpen(point):
                break
            point = self.program.solve()
        return point

    def _refined(self, rewards: Mapping[int, Reward], point: Point) -> Point:
        """The point after curves and chances were made finer around it, and so on."""
        for _ in range(LAST_ROUNDS):
            self.program.sharpen(point)
            near = {m: self._near(m, reward, point) for m, reward in rewards.items()}
            parts = {m: self._part(reward, m, point) for m, reward in rewards.items()}
            self.program.keep_back(kept_back(rewards, parts))
            answer = Search(self.program, near, 0.0).solve(whole(near))
            if answer is None:
                break
            point = answer
        return point

    def _near(self, measure: int, reward: Reward, point: Point) -> Reward:
        """The reward around the point's rate; what chance returns of fees held back counts like a bonus."""
        rate = self.program.rate(point, measure)
        if not isinstance(reward, HeldReward) or reward.events is None:
            return reward.near(rate)
        place = self.program.measures[measure]
        events = place.largest * point.columns[place.denominator]
        claims = float(self.program.claims @ point.columns) / events if events > 0.0 else 0.0
        alike = reward.like_a_bonus(claims)
        self.program.set_bonus(measure, alike.most)
        return alike.near(rate)

    def _part(self, reward: Reward, measure: int, point: Point) -> float:
        if not isinstance(reward, HeldReward):
            return 1.0
        nobody = point.columns[self.program.measures[measure].denominator] <= NOBODY
        return 1.0 if nobody else reward.part(self.program.rate(point, measure))

    def _valued(self, character: Character, terms: Terms, plan: Plan) -> Plan:
        worth = expected_utility(self.world, self.kind, character, terms, plan, self.assumptions)
        return replace(plan, worth=worth)


def _most(item: Tiers) -> float:
    return sum(usd for _, usd in item.tiers)
