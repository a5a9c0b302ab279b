"""What is best for a practice, as a linear program kept hot while prices and aims change.

Columns are shares, of one practice of the type: children kept of those who ask; services, effective care and
measures' counts of the events among all who ask; overtime of each band's width.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from incentive_opt.simulate.characters import Character
from incentive_opt.simulate.curves import Curve
from incentive_opt.simulate.plan import Plan
from incentive_opt.simulate.program import INFINITY, Draft, Program
from incentive_opt.simulate.targets import denominators
from incentive_opt.simulate.world import MINUTES_PER_HOUR, MONTHS, FloatArray, IntArray, Terms, World

TANGENTS = 16
"""Tangents that stand for a smooth curve before any is added where the practice settles."""
FACETS = 24
"""Straight pieces at most of a measure's bonus as the program sees it."""
CLOSE = 1e-7
"""Error of the effect at which a tangent is good enough [1]."""

Entries = list[tuple[int, float]]
Line = tuple[float, float]


@dataclass(frozen=True)
class MeasureColumns:
    """Where a measure stands in the program: columns, rows, and denominator events at the demanded panel."""

    numerator: int
    denominator: int
    bonus: int
    floor: int
    facets: tuple[int, ...]
    largest: float


@dataclass(frozen=True, eq=False)
class Point:
    """A solution of the program.

    Attributes
    ----------
    columns : array
    without_bonus, worth : float
        Utility without bonuses and with nothing held back, and with both as the program sees them; fixed
        terms left out [USD/year].
    """

    columns: FloatArray
    without_bonus: float
    worth: float


class PracticeProgram:
    """The program of one practice type.

    Parameters
    ----------
    kind : int
        Number of the practice type.
    curves : sequence of Curve
        One a need row.
    tangents : int
        Tangents a smooth curve.
    """

    def __init__(self, world: World, kind: int, curves: Sequence[Curve], tangents: int = TANGENTS) -> None:
        self.world, self.kind, self.curves = world, kind, curves
        self.demanded = world.demanded[kind]
        self.events = world.rate * self.demanded[world.need_segment]
        draft = Draft()
        self.panel = np.full(len(self.demanded), -1, dtype=np.int64)
        for segment in np.flatnonzero(self.demanded > 0.0):
            least = min(1.0, world.minimum[kind, segment] / self.demanded[segment])
            self.panel[segment] = draft.column(float(least), 1.0)
        self._care_columns(draft)
        self._care_rows(draft, tangents)
        self._time(draft)
        self._savings_row = self._savings(draft)
        largest = denominators(world, self.demanded)
        self.measures = {m: self._measure(draft, m, float(n)) for m, n in enumerate(largest) if n > 0.0}
        self.program = Program(draft, world.instance.practices[kind].name)
        self.unit = max(1.0, float(self.demanded.sum()))
        self._bonus_costs = np.zeros(self.program.columns)
        self._own_costs = np.zeros(self.program.columns)
        self.claims = np.zeros(self.program.columns)
        contracted = world.contracted[self.segment]
        self.claims[self.care] = self.events[self.row] * contracted * world.status_quo_fee[self.service]
        self._kept_back = 0.0
        self.floors: dict[int, float] = {}

    def _care_columns(self, draft: Draft) -> None:
        having = (self.world.need_of >= 0) & (self.panel >= 0)
        service, segment = np.nonzero(having & (self.events[self.world.need_of] > 0.0))
        self.service: IntArray = service.astype(np.int64)
        self.segment: IntArray = segment.astype(np.int64)
        self.row: IntArray = self.world.need_of[service, segment]
        self.care: IntArray = np.array([draft.column(0.0, 1.0) for _ in service], dtype=np.int64)
        self.effective = {int(row): draft.column(0.0, 1.0) for row in np.unique(self.row)}
        self._delivers: dict[int, Entries] = {row: [] for row in self.effective}
        for row, column, number in zip(self.row, self.care, service, strict=True):
            self._delivers[int(row)].append((int(column), float(self.world.effectiveness[number])))

    def _care_rows(self, draft: Draft, tangents: int) -> None:
        """No more services than needs, and the curves' tangents."""
        for row in self.effective:
            panel = int(self.panel[self.world.need_segment[row]])
            services = [(int(column), 1.0) for column in self.care[self.row == row]]
            draft.row([*services, (panel, -1.0)], -INFINITY, 0.0)
            for line in self.curves[row].tangents(tangents):
                draft.row(self._tangent(row, line), -INFINITY, 0.0)

    def _tangent(self, row: int, line: Line) -> Entries:
        slope, intercept = line
        care = [(column, -slope * effectiveness) for column, effectiveness in self._delivers[row]]
        panel = int(self.panel[self.world.need_segment[row]])
        return [(self.effective[row], 1.0), *care, (panel, -intercept)]

    def _time(self, draft: Draft) -> None:
        """Staff time of every role, in shares of its regular hours."""
        world, kind = self.world, self.kind
        self.overtime: list[tuple[int, int, int]] = []
        for role in range(world.minutes.shape[1]):
            regular = float(world.hours[kind, role])
            unit = regular if regular > 0.0 else 1.0
            care = self.events[self.row] * world.minutes[self.service, role] / MINUTES_PER_HOUR / unit
            entries = [(int(c), float(v)) for c, v in zip(self.care, care, strict=True) if v > 0.0]
            for segment in np.flatnonzero(self.panel >= 0):
                hours = self.demanded[segment] * world.panel_minutes[role] / MINUTES_PER_HOUR
                entries.append((int(self.panel[segment]), float(hours / unit)))
            for band, width in enumerate(world.overtime_width[kind, role]):
                if width > 0.0:
                    column = draft.column(0.0, 1.0)
                    self.overtime.append((column, role, band))
                    entries.append((column, -float(width) / unit))
            draft.row(entries, -INFINITY, regular / unit)

    def _savings(self, draft: Draft) -> int:
        """What care elsewhere costs less than if nobody were cared for; `set_savings` sets its bounds."""
        world = self.world
        seen = world.contracted[world.need_segment]
        most = float(((world.leak_cost + world.saving) * self.events)[seen].sum())
        self._most_elsewhere, self._savings_unit = most, max(1.0, most)
        spared = np.where(seen, world.leak_cost * self.events, 0.0)[self.row] / self._savings_unit
        entries = [(int(c), float(v)) for c, v in zip(self.care, spared, strict=True) if v != 0.0]
        averted = np.where(seen, world.saving * self.events, 0.0) / self._savings_unit
        entries += [(column, float(averted[row])) for row, column in self.effective.items() if averted[row]]
        return draft.row(entries, -INFINITY, INFINITY)

    def set_savings(self, low: float, high: float) -> None:
        """Let what care elsewhere costs, taken below zero, lie between these [USD/year]."""
        ends = ((end + self._most_elsewhere) / self._savings_unit for end in (low, high))
        lower, upper = (max(-INFINITY, min(INFINITY, end)) for end in ends)
        self.program.set_row(self._savings_row, [], lower, upper)

    def _measure(self, draft: Draft, measure: int, largest: float) -> MeasureColumns:
        """Numerator and denominator, and rows for aims and bonuses that bind only when they are set."""
        world = self.world
        numerator, denominator = draft.column(0.0, INFINITY), draft.column(0.0, 1.0)
        bonus = draft.column(0.0, 1.0)
        share = np.where(world.measured[measure], self.events, 0.0) / largest
        weight = share[self.row] * world.counts[measure, self.service]
        counted = [(int(c), -float(v)) for c, v in zip(self.care, weight, strict=True) if v != 0.0]
        draft.row([(numerator, 1.0), *counted], 0.0, 0.0)
        panels = [
            (int(self.panel[world.need_segment[row]]), -float(share[row])) for row in np.flatnonzero(share)
        ]
        draft.row([(denominator, 1.0), *panels], 0.0, 0.0)
        floor = draft.row([(numerator, 1.0)], -INFINITY, INFINITY)
        first = draft.row([(bonus, 1.0)], -INFINITY, 0.0)
        others = [draft.row([(bonus, 1.0)], -INFINITY, INFINITY) for _ in range(FACETS - 1)]
        return MeasureColumns(numerator, denominator, bonus, floor, (first, *others), largest)

    def start(self, character: Character, terms: Terms, most: Mapping[int, float]) -> None:
        """A character under a contract, without aims so far.

        Parameters
        ----------
        most : mapping measure -> USD per denominator event
            All tiers together, for measures whose bonus counts.
        """
        self.program.restart()
        world, kind = self.world, self.kind
        costs = np.zeros(self.program.columns)
        paid = np.where(world.contracted[self.segment], terms.fees[self.service], 0.0)
        paid = paid + terms.gaps[self.service, self.segment]
        other = np.where(world.contracted, 0.0, world.other_multiple)[self.segment]
        effort = character.effort_scale * world.effort[self.service]
        spared = character.altruism * world.leak_loss[self.row]
        value = paid + other * world.status_quo_fee[self.service] - world.supply[self.service] - effort
        # A share of what care elsewhere costs less is a reason to meet events, and to meet them well.
        shared = terms.sharing * world.contracted[world.need_segment]
        value = value + (shared * world.leak_cost)[self.row]
        costs[self.care] = self.events[self.row] * (value + spared + character.error[self.service])
        for row, column in self.effective.items():
            worth = (
                character.altruism * world.qaly[row] + terms.success[row] + shared[row] * world.saving[row]
            )
            costs[column] = worth * self.events[row]
        for segment in np.flatnonzero(self.panel >= 0):
            capitation = MONTHS * terms.capitation[segment] if world.contracted[segment] else 0.0
            margin = capitation - terms.expected[segment] - world.cost_per_child[kind]
            costs[self.panel[segment]] = self.demanded[segment] * margin
        for column, role, band in self.overtime:
            costs[column] = -world.overtime_width[kind, role, band] * world.overtime_price[kind, role, band]
        self._bonus_costs = np.zeros(self.program.columns)
        for measure, usd in most.items():
            self._bonus_costs[self.measures[measure].bonus] = usd * self.measures[measure].largest
        self._own_costs = costs
        self.keep_back(float(terms.withheld.sum()))

    def keep_back(self, share: float) -> None:
        """Let so much of today's fees be held back and not returned [1]."""
        self._kept_back = share
        costs = self._own_costs + self._bonus_costs - share * self.claims
        self.program.set_costs(costs / self.unit)

    def set_bonus(self, measure: int, usd: float) -> None:
        """Another amount for all tiers of a measure together; counts once fees are set [USD/event]."""
        self._bonus_costs[self.measures[measure].bonus] = usd * self.measures[measure].largest

    def set_aim(self, measure: int, least: float, lines: Sequence[Line]) -> None:
        """Aim at no less than a rate on a measure.

        Parameters
        ----------
        least : float
            The rate [1].
        lines : sequence of (slope, intercept), at most ``FACETS``
            By the rate, what share of all the measure's bonuses may be expected at most.
        """
        place = self.measures[measure]
        least = max(least, self.floors.get(measure, 0.0))
        free = least <= 0.0
        self.program.set_row(place.floor, [(place.denominator, -least)], -INFINITY if free else 0.0, INFINITY)
        for number, row in enumerate(place.facets):
            if number < len(lines):
                slope, intercept = lines[number]
                entries = [(place.numerator, -slope), (place.denominator, -intercept)]
                self.program.set_row(row, entries, -INFINITY, 0.0)
            else:
                self.program.set_row(row, [], -INFINITY, INFINITY)

    def solve(self) -> Point:
        """The best point."""
        columns, worth = self.program.solve()
        total = worth * self.unit
        held = self._kept_back * float(self.claims @ columns)
        return Point(columns, total - float(self._bonus_costs @ columns) + held, total)

    def sharpen(self, point: Point) -> int:
        """Add tangents where the point lies above a curve; how many."""
        care = point.columns[self.care] * self.world.effectiveness[self.service]
        delivered = np.bincount(self.row, weights=care, minlength=len(self.events))
        rows = []
        for row, column in self.effective.items():
            kept = float(point.columns[self.panel[self.world.need_segment[row]]])
            if kept <= 0.0 or not self.curves[row].bent:
                continue
            share = min(1.0, max(0.0, float(delivered[row]) / kept))
            slope, intercept = self.curves[row].tangent(share)
            if float(point.columns[column]) / kept - (slope * share + intercept) > CLOSE:
                rows.append(self._tangent(row, (slope, intercept)))
        if rows:
            self.program.add_rows(rows, -INFINITY, 0.0)
        return len(rows)

    def rate(self, point: Point, measure: int) -> float:
        """Rate that the point reaches on a measure [1]; 0 without a denominator."""
        place = self.measures[measure]
        denominator = point.columns[place.denominator]
        return float(point.columns[place.numerator] / denominator) if denominator > 1e-12 else 0.0

    def plan(self, point: Point) -> Plan:
        """The point as a plan."""
        world = self.world
        kept = np.zeros(len(self.demanded))
        inside = self.panel >= 0
        kept[inside] = np.clip(point.columns[self.panel[inside]], 0.0, 1.0)
        served = np.zeros(world.need_of.shape)
        share = kept[self.segment]
        care = np.maximum(point.columns[self.care], 0.0)
        each = np.divide(care, share, out=np.zeros_like(care), where=share > 0.0)
        total = np.bincount(self.row, weights=each, minlength=len(self.events))
        served[self.service, self.segment] = each / np.maximum(1.0, total)[self.row]
        return Plan(kept, served, overtime_needed(world, self.kind, kept, served))


def overtime_needed(world: World, kind: int, kept: FloatArray, served: FloatArray) -> FloatArray:
    """Hours beyond regular ones that the care takes, by role; never more than all bands [hours/year]."""
    panel = kept * world.demanded[kind]
    rate = np.where(world.need_of >= 0, world.rate[world.need_of], 0.0)
    minutes = (served * rate * panel).sum(axis=1) @ world.minutes + world.panel_minutes * panel.sum()
    beyond = np.maximum(0.0, minutes / MINUTES_PER_HOUR - world.hours[kind])
    return np.asarray(np.minimum(beyond, world.overtime_width[kind].sum(axis=1)))
