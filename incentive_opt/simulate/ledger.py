"""Claims, capitation, measures and the settlement at year's end: from what was counted to dollars.

Written from what a contract says, not from the optimiser: a claim is paid its fee, a child-month its
rate, and at year's end every measure's numerator is divided by its denominator.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from incentive_opt.domain.instance import ROLES
from incentive_opt.simulate.held_back import settled_withheld
from incentive_opt.simulate.pools import settled_pools
from incentive_opt.simulate.sharing import counted, settled_gate
from incentive_opt.simulate.tally import Tally
from incentive_opt.simulate.world import MINUTES_PER_HOUR, MONTHS, FloatArray, Terms, World

CLINICIAN = ROLES.index("clinician")
RATE_TOLERANCE = 1e-6
"""A rate this little below a threshold attains it [1]: rounding of sums, far below one child."""
VISIT_MINUTES = 10.0
"""Services of at least so many clinician and nurse practitioner minutes are visits."""


@dataclass(frozen=True)
class StaffedTally(Tally):
    """A tally of practices whose staff does not go with their size.

    Attributes
    ----------
    staff : array (P, roles)
        Staff relative to the type's [1]: regular hours and bands of overtime go with it.
    """

    staff: FloatArray


@dataclass(frozen=True)
class Ledger:
    """A year's money and health, a row a practice (P).

    Attributes
    ----------
    weight : array (P,)
        Practices that the row stands for.
    fees : array (P, services)
        Claims paid by this payer [USD/year].
    capitation : array (P, segments)
        [USD/year]
    paid : tuple of bool array (P, tiers)
        For each measure, the tiers attained.
    bonuses : tuple of array (P, tiers)
        For each measure, what each tier paid [USD/year].
    results : array (P,)
        Paid for successes and savings against their benchmarks; below zero where a practice owes [USD/year].
    salaries : array (P,)
        [USD/year]
    withheld : array (P,)
        What is held back of today's fees and not returned; never above zero [USD/year].
    pooled : array (P,)
        From pools, for the gaps that the practice closed [USD/year].
    other_revenue, supplies, overtime_wages, overhead : array (P,)
        Revenue from other payers, and money costs [USD/year].
    burdens : array (P,)
        Effort and unpaid overtime [USD-equivalent/year].
    own_health, health : array (P,)
        Of all children; of contracted children, equity-weighted [QALY/year].
    outside : array (P,)
        Care of contracted children elsewhere, and what others are paid from pools [USD/year].
    """

    world: World
    tally: Tally
    weight: FloatArray
    fees: FloatArray
    capitation: FloatArray
    paid: tuple[npt.NDArray[np.bool_], ...]
    bonuses: tuple[FloatArray, ...]
    results: FloatArray
    salaries: FloatArray
    withheld: FloatArray
    pooled: FloatArray
    other_revenue: FloatArray
    supplies: FloatArray
    overtime_wages: FloatArray
    overhead: FloatArray
    burdens: FloatArray
    own_health: FloatArray
    health: FloatArray
    outside: FloatArray

    @property
    def revenue(self) -> FloatArray:
        """What this payer's contract pays each practice [USD/year]."""
        bonuses = sum((bonus.sum(axis=1) for bonus in self.bonuses), np.zeros(len(self.weight)))
        claims = self.fees.sum(axis=1) + self.capitation.sum(axis=1) + bonuses
        return np.asarray(claims + self.results + self.salaries + self.withheld + self.pooled)

    @property
    def income(self) -> FloatArray:
        """Net income of each practice [USD/year]."""
        costs = self.supplies + self.overtime_wages + self.overhead
        return np.asarray(self.revenue + self.other_revenue - costs)

    @property
    def outlay(self) -> FloatArray:
        """What the payer spends on each practice's children, here and elsewhere [USD/year]."""
        return np.asarray(self.revenue + self.outside)

    def total(self, rows: FloatArray) -> float:
        """Sum over all practices that the rows stand for."""
        return float(self.weight @ rows)

    def by_type(self, rows: FloatArray) -> FloatArray:
        """Mean per practice of each type, for an array whose first axis is practices."""
        kinds = len(self.world.count)
        sums = np.zeros((kinds, *rows.shape[1:]))
        np.add.at(sums, self.tally.kind, rows)
        number = np.bincount(self.tally.kind, minlength=kinds).reshape(-1, *([1] * (rows.ndim - 1)))
        return np.asarray(sums / np.maximum(number, 1))


def settle(world: World, terms: Terms, tally: Tally) -> Ledger:
    """Pay a year under a contract."""
    kind = tally.kind
    number = np.bincount(kind, minlength=len(world.count))
    paid, bonuses = _bonuses(world, terms, tally)
    served = tally.served
    of_contracted = served[:, :, world.contracted].sum(axis=2)
    others = (served * world.other_multiple[None, None, :])[:, :, ~world.contracted].sum(axis=2)
    volumes = served.sum(axis=2)
    wages, burden = _overtime(world, tally)
    gain = tally.gained - world.leak_loss * (tally.events - tally.covered)
    weight = np.where(world.contracted, world.weight, 0.0)[world.need_segment]
    seen = world.contracted[world.need_segment]
    elsewhere = tally.leak_cost + tally.failure_cost
    outside = elsewhere[:, seen].sum(axis=1)  # savings are shared on this, whoever earns by it
    stands_for = world.count[kind] / number[kind]
    pooled, partners = settled_pools(world, terms, tally, stands_for)
    return Ledger(
        world=world,
        tally=tally,
        weight=stands_for,
        fees=of_contracted * terms.fees,
        capitation=MONTHS * tally.child_years * np.where(world.contracted, terms.capitation, 0.0),
        paid=paid,
        bonuses=bonuses,
        results=_results(world, terms, tally, outside),
        salaries=terms.salary * world.fte[kind, CLINICIAN] * staff_of(world, tally)[:, CLINICIAN],
        withheld=settled_withheld(world, terms, tally, of_contracted @ world.status_quo_fee),
        pooled=pooled,
        other_revenue=others @ world.status_quo_fee,
        supplies=volumes @ world.supply,
        overtime_wages=wages,
        overhead=world.fixed_cost[kind] * tally.size
        + world.cost_per_child[kind] * tally.child_years.sum(axis=1),
        burdens=burden + world.effort_scale[kind] * (volumes @ world.effort),
        own_health=gain.sum(axis=1),
        health=gain @ weight,
        outside=outside - (elsewhere * world.hospital_income)[:, seen].sum(axis=1) + partners,
    )


def _results(world: World, terms: Terms, tally: Tally, outside: FloatArray) -> FloatArray:
    """Settlement of successes and of savings against their benchmarks [USD/year].

    A success is an event met with full effect: health gained, in units of what one such event brings.
    """
    successes = np.divide(tally.gained, world.qaly, out=np.zeros_like(tally.gained), where=world.qaly > 0.0)
    asked = np.where(world.contracted, tally.asked, 0.0)
    benchmark = asked @ terms.benchmark
    saved = counted(benchmark - outside, benchmark, terms, settled_gate(world, terms, tally))
    return np.asarray(successes @ terms.success - tally.child_years @ terms.expected + terms.sharing * saved)


def _bonuses(
    world: World, terms: Terms, tally: Tally
) -> tuple[tuple[npt.NDArray[np.bool_], ...], tuple[FloatArray, ...]]:
    """Tiers attained by each practice and what they pay, measure by measure."""
    paid, bonuses = [], []
    for m in range(len(world.thresholds)):
        thresholds = terms.needed(world, m)
        events = tally.denominator[:, m]
        enough = (events > 0.0) & (events >= world.minimum_denominator[m] - RATE_TOLERANCE)
        rate = np.divide(tally.numerator[:, m], events, out=np.zeros_like(events), where=events > 0.0)
        attained = enough[:, None] & (rate[:, None] >= thresholds[None, :] - RATE_TOLERANCE)
        paid.append(attained)
        bonuses.append(attained * terms.bonuses[m] * tally.eligible[:, m, None])
    return tuple(paid), tuple(bonuses)


def _overtime(world: World, tally: Tally) -> tuple[FloatArray, FloatArray]:
    """Cost of the overtime worked, band by band: paid in money, and borne without pay [USD/year]."""
    kind, staff = tally.kind, staff_of(world, tally)
    paid, borne = np.zeros(len(kind)), np.zeros(len(kind))
    bands = world.overtime_width.shape[2]
    for role in range(len(world.overtime_paid)):
        left = tally.overtime[:, role].copy()
        cost = np.zeros(len(kind))
        for band in range(bands):
            width = world.overtime_width[kind, role, band] * staff[:, role]
            last = band == bands - 1  # beyond the last band hours cost what its hours cost
            hours = left if last else np.minimum(left, width)
            cost += hours * world.overtime_price[kind, role, band]
            left = left - hours
        if world.overtime_paid[role]:
            paid += cost
        else:
            borne += cost
    return paid, borne


def staff_of(world: World, tally: Tally) -> FloatArray:
    """Staff of each practice relative to its type's, array (P, roles) [1]; as its size if not said."""
    if isinstance(tally, StaffedTally):
        return tally.staff
    return np.repeat(tally.size[:, None], len(world.overtime_paid), axis=1)


def visits(world: World, tally: Tally) -> FloatArray:
    """Visits of each practice [visits/year]."""
    long_enough = world.minutes[:, :2].sum(axis=1) >= VISIT_MINUTES
    return np.asarray(tally.served.sum(axis=2) @ long_enough.astype(float))


def visit_minutes(world: World, tally: Tally) -> FloatArray:
    """Clinician and nurse practitioner minutes per visit of each practice [minutes]."""
    long_enough = world.minutes[:, :2].sum(axis=1) >= VISIT_MINUTES
    spent = tally.served.sum(axis=2) @ (world.minutes[:, :2].sum(axis=1) * long_enough)
    number = visits(world, tally)
    minutes: FloatArray = np.divide(spent, number, out=np.zeros_like(spent), where=number > 0.0)
    return minutes


def regular_hours(world: World, tally: Tally) -> FloatArray:
    """Regular hours of each practice by role [hours/year]."""
    return np.asarray(world.hours[tally.kind] * staff_of(world, tally))


def panel_hours(world: World, tally: Tally) -> FloatArray:
    """Hours of work that comes with the children on the panel, by role [hours/year]."""
    children = tally.child_years.sum(axis=1)
    return np.asarray(children[:, None] * world.panel_minutes / MINUTES_PER_HOUR)
