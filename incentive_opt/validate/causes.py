"""Why a simulation differs from what the search had: from one to the other in steps that add up."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from incentive_opt.domain.contract import Contract
from incentive_opt.simulate import Assumptions, Simulation
from incentive_opt.simulate.expected import expected_year
from incentive_opt.simulate.figures import Quantity, read_off
from incentive_opt.simulate.interval import estimates
from incentive_opt.simulate.ledger import regular_hours, settle
from incentive_opt.simulate.run import PLAIN, Prepared, years
from incentive_opt.simulate.world import FloatArray, terms_of
from incentive_opt.validate.compare import UNCLEAR, Comparison, finite, named
from incentive_opt.validate.promises import Key, Promises, key_of
from incentive_opt.validate.simulations import DECIDES, Simulations, curves_of

STEPS = {
    "files": "what is said does not follow from the ways of working that the design intends; "
    "`incentive-opt verify` says more",
    "indifference": "practices choose another way of working than the design intends, though effect and "
    "chance are as the optimiser takes them: they are nearly indifferent, or the design errs on what is best "
    "for them",
    "curve": "the effect of care grows along a smooth curve and not in straight pieces, so practices choose "
    "other amounts",
    "spread": "practices of a type differ, and those that are nearly indifferent choose otherwise",
    "threshold": "rates vary by chance: practices aim above thresholds where that pays, and miss them in "
    "some years",
    "capacity": "staff time is short in some months: care waits, leaks, or takes more overtime",
}
"""The steps from search to simulation in order, and what each says where it is the largest."""
AIM = "practices aim above the threshold because the rate varies by chance"
GIVE_UP = (
    "because the rate varies by chance, practices would have to aim above the threshold to be paid; that "
    "does not pay, so they aim lower or give the tier up"
)
LUCK = "rates vary by chance, so some practices miss a threshold, or pass one, by luck"
CHANCE = "chance in who needs care, who joins and leaves, and whom the children see"
FEW = "too few replications to tell"
NOT_MEASURED = "some simulated years have no such figure"
PAID_BY_TIERS = (
    "outlay_usd",
    "contract_payments_usd",
    "bonuses_usd",
    "net_income_usd",
    "revenue_usd",
    "tier_paid",
)
"""Kinds of quantity that change by themselves where a tier is paid or missed."""
AMPLE_HOURS = 1e6
"""Added to everybody's staff time, so that nothing waits [hours/year]."""
AMPLE_YEARS = 5
"""So many years are simulated with ample staff time; they are paired with years without."""
DOING = "why promises and simulation differ"


@dataclass(frozen=True)
class Cause:
    """Why a promise is off.

    Attributes
    ----------
    step : str
        A key of ``STEPS``; ``replications`` where there are too few to tell, or ``none`` where a figure
        cannot be had.
    words : str
        The same for people.
    """

    step: str
    words: str

    def __str__(self) -> str:
        return self.words


@dataclass(frozen=True)
class Fall:
    """One quantity on its way from the optimiser's model to simulation.

    Attributes
    ----------
    changes : mapping step -> float
        They add up to the difference.
    aim : float
        Of the change of the step ``threshold``, the part that comes from aiming above thresholds; the rest
        is luck.
    """

    searched: float
    changes: Mapping[str, float]
    simulated: float
    aim: float


@dataclass(frozen=True)
class Waterfall:
    """All quantities on their way from search to simulation, by the key of the quantity."""

    falls: Mapping[Key, Fall]
    pays_by_tiers: bool

    def cause_of(self, comparison: Comparison) -> Cause:
        """The step that goes farthest in the direction in which a quantity is off."""
        if comparison.status == UNCLEAR:
            return Cause("replications", FEW)
        fall = self.falls[key_of(comparison.quantity)]
        known = {step: change for step, change in fall.changes.items() if math.isfinite(change)}
        if not math.isfinite(comparison.error) or len(known) < len(fall.changes):
            return Cause("none", NOT_MEASURED)
        sign = math.copysign(1.0, comparison.farthest)
        step = max(known, key=lambda one: sign * known[one])
        words = STEPS[step] if step != "threshold" else self._threshold(comparison.quantity, fall, sign)
        return Cause(step, words)

    def _threshold(self, quantity: Quantity, fall: Fall, sign: float) -> str:
        """Whether chance is taken into account beforehand, or strikes."""
        if sign * fall.aim >= sign * (fall.changes["threshold"] - fall.aim):
            tiers = [
                other.aim
                for (kind, practice, _, _), other in self.falls.items()
                if kind == "tier_paid" and quantity.practice in ("", practice)
            ]
            return GIVE_UP if sum(tiers) < 0.0 else AIM
        return LUCK if self.pays_by_tiers and quantity.kind in PAID_BY_TIERS else CHANCE

    def as_dict(self, comparisons: Sequence[Comparison]) -> dict[str, Any]:
        """As plain data, quantities in the order of the comparisons."""
        rows = []
        for comparison in comparisons:
            fall = self.falls[key_of(comparison.quantity)]
            rows.append(
                named(comparison.quantity)
                | {
                    "searched": finite(fall.searched),
                    "changes": {step: finite(change) for step, change in fall.changes.items()},
                    "of_threshold_by_aiming_above": finite(fall.aim),
                    "simulated": finite(fall.simulated),
                }
            )
        steps = [{"step": step, "means": words} for step, words in STEPS.items()]
        return {"steps": steps, "quantities": rows}


def waterfall(work: Simulations, contract: Contract, promises: Promises, kinds: int = 1) -> Waterfall:
    """Find the way from every figure of the search to its simulation with rational practices.

    Parameters
    ----------
    work : Simulations
        With the contract simulated, or it is now.
    kinds : int
        Of practice within each type, as the search takes them.
    """
    told_apart: dict[str, Any] = {"spread": kinds > 1, "characters": kinds if kinds > 1 else None}
    simulation = work.simulated(contract, DECIDES)
    prepared = work.prepared(contract, DECIDES)
    stages = [
        model_values(work, contract, assumptions)
        for assumptions in (
            Assumptions(smooth=False, chance=False, **told_apart),
            Assumptions(smooth=True, chance=False, **told_apart),
            Assumptions(smooth=True, chance=False, spread=True),
            PLAIN,
        )
    ]
    lost = capacity_effect(work, prepared, simulation)
    keys = [key_of(quantity) for quantity in simulation.quantities]
    pays = any(bool(np.any(bonus > 0.0)) for bonus in prepared.terms.bonuses)
    return fall_down(keys, promises, stages[:-1], stages[-1], simulation.estimates.mean, lost, pays)


def fall_down(
    keys: Sequence[Key],
    promises: Promises,
    stages: Sequence[FloatArray],
    aimed: FloatArray,
    simulated: FloatArray,
    lost: FloatArray,
    pays_by_tiers: bool,
) -> Waterfall:
    """The steps between values that are known.

    Parameters
    ----------
    keys : sequence of keys
        Of the quantities, in the order of the arrays.
    stages : three arrays (quantities,)
        In the optimiser's model, with smooth curves, with practices that differ.
    aimed : array (quantities,)
        With practices that take chance into account, in a year without chance.
    simulated : array (quantities,)
        Means of the simulation in full.
    lost : array (quantities,)
        What the simulation in full differs from one with ample staff time.
    """
    falls = {}
    for number, key in enumerate(keys):
        if key not in promises.searched:
            continue
        searched = promises.searched[key]
        values = [searched, promises.intended.get(key, searched)]
        values += [float(stage[number]) for stage in stages]
        values += [float(simulated[number] - lost[number]), float(simulated[number])]
        changes = dict(zip(STEPS, np.diff(values).tolist(), strict=True))
        aim = float(aimed[number] - stages[-1][number])
        falls[key] = Fall(values[0], changes, values[-1], aim)
    return Waterfall(falls, pays_by_tiers)


def model_values(work: Simulations, contract: Contract, assumptions: Assumptions) -> FloatArray:
    """The quantities where rational practices decide under some assumptions, in a year without chance."""
    plans, terms = work.plans(contract, DECIDES, assumptions), terms_of(work.instance, contract)
    year = expected_year(work.world, plans, curves_of(work.instance, assumptions))
    return read_off(settle(work.world, terms, year), terms)


def capacity_effect(work: Simulations, prepared: Prepared, simulation: Simulation) -> FloatArray:
    """What scarce staff time changes, array (quantities,): years in full less the same years without.

    The children and their needs are the same in both, so few years are enough. Overtime is that of the hours
    worked in the year as a whole, which is how plans count it.
    """
    world = prepared.world
    number = min(AMPLE_YEARS, simulation.replications)
    ample = replace(prepared, world=replace(world, hours=world.hours + AMPLE_HOURS))
    rows: list[FloatArray] = []
    work.tell(DOING)
    for ledger in years(ample, number, simulation.seed, work.asked.threads):
        hours = ledger.tally.hours
        tally = replace(ledger.tally, overtime=np.maximum(0.0, hours - regular_hours(world, ledger.tally)))
        rows.append(read_off(settle(world, prepared.terms, tally), prepared.terms))
        work.tell(DOING, len(rows))
    return estimates(simulation.samples[:number] - np.array(rows)).mean
