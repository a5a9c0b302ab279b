"""Replications of a year under a contract: as many as asked for, or until the interval is narrow."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from incentive_opt.domain.contract import Contract
from incentive_opt.domain.instance import Instance
from incentive_opt.domain.simulation import BEHAVIOURS
from incentive_opt.errors import InputError, Problem
from incentive_opt.simulate.behaviour import Assumptions, plans_of
from incentive_opt.simulate.curves import Curve, curve_of
from incentive_opt.simulate.figures import Quantity, quantities, read_off
from incentive_opt.simulate.interval import Estimates, estimates
from incentive_opt.simulate.ledger import Ledger, settle
from incentive_opt.simulate.plan import Plan
from incentive_opt.simulate.population import crowd
from incentive_opt.simulate.world import FloatArray, Terms, World, terms_of, world_of
from incentive_opt.simulate.year import Multiples, reference_multiples, simulate_year

REPLICATIONS = 10
"""Where nothing else is asked for."""
FEWEST_FOR_PRECISION = 5
MOST_FOR_PRECISION = 1000
PLAIN = Assumptions()
WATCHED = ("health_qaly", "outlay_usd")
"""The quantities whose intervals ``precision`` narrows."""
CELLS = 1024
"""Steps in which the slope of a curve is tabled."""


@dataclass(frozen=True)
class Progress:
    """What a simulation is doing.

    Attributes
    ----------
    phase : {"deciding", "simulating"}
    done, total : int
        Practice plans decided, or child-years simulated, of how many in all.
    """

    phase: str
    done: int
    total: int


Report = Callable[[Progress], None]


@dataclass(frozen=True)
class Prepared:
    """An instance under a contract and a behaviour, ready to be simulated any number of times."""

    world: World
    terms: Terms
    plans: Sequence[Sequence[Plan]]
    curves: Sequence[Curve]
    slopes: FloatArray
    multiples: Multiples
    assumptions: Assumptions


@dataclass(frozen=True)
class Simulation:
    """A contract's years, simulated.

    Attributes
    ----------
    behaviour : str
    seed : int
    quantities : list of Quantity
    samples : array (replications, quantities)
    estimates : Estimates
        Mean and 95 % interval of every quantity.
    ledger : Ledger
        Of the last replication, practice by practice.
    assumed : list of str
        What the instance does not say, and what was taken instead, in plain words.
    """

    behaviour: str
    seed: int
    quantities: list[Quantity]
    samples: FloatArray
    estimates: Estimates
    ledger: Ledger
    assumed: list[str] = field(default_factory=list)

    @property
    def replications(self) -> int:
        """Number of years simulated."""
        return len(self.samples)

    def index(self, kind: str, practice: str = "", of: str = "", tier: int = 0) -> int:
        """Column of a quantity; KeyError where there is none."""
        for number, q in enumerate(self.quantities):
            if (q.kind, q.practice, q.of, q.tier) == (kind, practice, of, tier):
                return number
        raise KeyError(f"no quantity {kind} {practice} {of} {tier}")

    def mean(self, kind: str, practice: str = "", of: str = "", tier: int = 0) -> float:
        """Mean of a quantity over replications."""
        return float(self.estimates.mean[self.index(kind, practice, of, tier)])

    @property
    def health_qaly(self) -> float:
        """Equity-weighted health of contracted children, mean [QALY/year]."""
        return self.mean("health_qaly")

    @property
    def outlay_usd(self) -> float:
        """The payer's outlay, mean [USD/year]."""
        return self.mean("outlay_usd")


def simulate(
    instance: Instance,
    contract: Contract | None = None,
    behaviour: str = "rational",
    replications: int | None = None,
    seed: int = 0,
    precision: float | None = None,
    threads: int | None = None,
    report: Report | None = None,
) -> Simulation:
    """Simulate children and practices one by one for a year under a contract.

    Parameters
    ----------
    instance : Instance
    contract : Contract, optional
        The contract in force if not given.
    behaviour : {"rational", "quantal", "inertial", "satisficing"}
        How practices answer the contract; see docs/simulator.md.
    replications : int, optional
        Independent years; 10 unless a precision is asked for. With a precision: at most so many (else 1,000).
    seed : int
        The same seed gives the same children with the same needs under every contract.
    precision : float, optional
        Go on until the 95 % intervals of health and outlay reach no farther than this share of the mean
        to either side [1].
    threads : int, optional
        All processors if not given; results do not depend on it.
    report : callable, optional
        Called with ``Progress`` now and then.

    Returns
    -------
    Simulation

    Raises
    ------
    InputError
        With every argument that makes no sense.
    """
    _check(behaviour, replications, precision, threads, seed)
    prepared = prepare(instance, contract, behaviour, report=report)
    names = quantities(prepared.world, prepared.terms)
    watched = [n for n, q in enumerate(names) if q.kind in WATCHED]
    rows: list[FloatArray] = []
    ledger: Ledger | None = None
    most = replications or (REPLICATIONS if precision is None else MOST_FOR_PRECISION)
    for ledger in years(prepared, most, seed, threads, report):
        rows.append(read_off(ledger, prepared.terms))
        if precision is not None and narrow(np.array(rows)[:, watched], precision):
            break
    if ledger is None:
        raise AssertionError("at least one replication is simulated")
    samples = np.array(rows)
    assumed = instance.simulation.assumed()
    return Simulation(behaviour, seed, names, samples, estimates(samples), ledger, assumed)


def prepare(
    instance: Instance,
    contract: Contract | None = None,
    behaviour: str = "rational",
    assumptions: Assumptions = PLAIN,
    report: Report | None = None,
) -> Prepared:
    """Let every practice decide, and table what the years need."""
    world = world_of(instance)

    def deciding(done: int, total: int) -> None:
        if report is not None:
            report(Progress("deciding", done, total))

    given = instance.status_quo if contract is None else contract
    plans = plans_of(world, given, behaviour, assumptions, deciding)
    curves = [curve_of(need, assumptions.smooth) for need in instance.needs]
    slopes = slope_table(curves)
    in_force = plans
    if given != instance.status_quo or behaviour == "quantal":
        in_force = plans_of(world, instance.status_quo, "rational", assumptions)
    multiples = reference_multiples(world, in_force, slopes)
    return Prepared(world, terms_of(instance, given), plans, curves, slopes, multiples, assumptions)


def years(
    prepared: Prepared, number: int, seed: int, threads: int | None = None, report: Report | None = None
) -> Iterator[Ledger]:
    """Independent years, settled, one after the other."""
    world = prepared.world
    workers = threads or os.cpu_count() or 1
    done = 0
    for replication in range(number):
        spread, characters = prepared.assumptions.spread, max(map(len, prepared.plans))
        practices = crowd(world, seed, replication, spread, characters)
        children = int(practices.asked.sum())

        def on_practice(now: int, before: int = done, each: int = children) -> None:
            if report is not None:
                report(Progress("simulating", before + now, number * each))

        tally = simulate_year(
            world,
            prepared.plans,
            prepared.slopes,
            practices,
            seed,
            replication,
            workers,
            prepared.multiples,
            on_practice,
        )
        done += children
        yield settle(world, prepared.terms, tally)


def slope_table(curves: Sequence[Curve]) -> FloatArray:
    """Mean slope of each curve in each of ``CELLS`` equal steps, array (needs, CELLS)."""
    grid = np.linspace(0.0, 1.0, CELLS + 1)
    return np.array([np.diff(curve(grid)) * CELLS for curve in curves]).reshape(len(curves), CELLS)


def narrow(samples: FloatArray, precision: float) -> bool:
    """Whether every interval is within the precision; never with too few replications."""
    if len(samples) < FEWEST_FOR_PRECISION:
        return False
    found = estimates(samples)
    return bool(np.all(found.half_width <= precision * np.abs(found.mean)))


def _check(
    behaviour: str, replications: int | None, precision: float | None, threads: int | None, seed: int
) -> None:
    rules: list[tuple[str, Any, bool, str]] = [
        ("behaviour", behaviour, behaviour in BEHAVIOURS, f"one of {', '.join(BEHAVIOURS)}"),
        ("replications", replications, replications is None or replications >= 1, "1 or more"),
        (
            "precision", precision, precision is None or 0.0 < precision < 1.0,
            "a share above 0 and below 1; for half a percent write 0.005",
        ),
        ("threads", threads, threads is None or threads >= 1, "1 or more"),
        ("seed", seed, 0 <= seed < 2**63, "a whole number, 0 or more and below 2**63"),
    ]  # fmt: skip
    problems = [Problem("what was asked for", n, str(v), expected) for n, v, ok, expected in rules if not ok]
    if problems:
        raise InputError(problems)
