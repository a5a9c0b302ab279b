"""The simulations that a validation needs: nothing is decided or simulated twice."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from incentive_opt.domain.contract import Contract
from incentive_opt.domain.instance import Instance
from incentive_opt.simulate import Assumptions, Simulation
from incentive_opt.simulate.behaviour import plans_of
from incentive_opt.simulate.curves import Curve, curve_of
from incentive_opt.simulate.figures import quantities, read_off
from incentive_opt.simulate.interval import estimates
from incentive_opt.simulate.plan import Plan
from incentive_opt.simulate.run import (
    FEWEST_FOR_PRECISION,
    MOST_FOR_PRECISION,
    PLAIN,
    WATCHED,
    Prepared,
    narrow,
    slope_table,
    years,
)
from incentive_opt.simulate.run import Progress as SimulationProgress
from incentive_opt.simulate.world import FloatArray, terms_of, world_of
from incentive_opt.simulate.year import Multiples, reference_multiples

MOST_UNASKED = 100
"""Where nothing is asked for, so many years at most."""
DECIDES = "rational"
"""The behaviour on which the verdict rests: it is the one that the optimiser assumes."""
LIKE_RATIONAL = ("inertial", "satisficing")
"""Behaviours under which practices answer the contract in force as rational ones do."""


@dataclass(frozen=True)
class Progress:
    """How far a validation has come.

    Attributes
    ----------
    doing : str
        In plain words.
    done : float
        Simulated years.
    total : int
        Simulated years in all; 0 where a precision is asked for and nobody knows.
    """

    doing: str
    done: float
    total: int


Report = Callable[[Progress], None]


@dataclass(frozen=True)
class Asked:
    """What was asked for; see ``validate``."""

    replications: int | None = None
    precision: float | None = None
    seed: int = 0
    threads: int | None = None

    @property
    def most(self) -> int:
        """Replications at most."""
        return self.replications or (MOST_UNASKED if self.open_ended else MOST_FOR_PRECISION)

    @property
    def open_ended(self) -> bool:
        """Whether years are simulated until every promise that decides can be told to hold or not."""
        return self.replications is None and self.precision is None


class Simulations:
    """Plans and years of one instance under the contract in force and another.

    Parameters
    ----------
    instance : Instance
    asked : Asked
    total : int
        Simulated years that are expected in all, for ``report``; 0 where nobody knows.
    report : callable, optional
        Called with ``Progress`` now and then.
    known : callable, optional
        Whether a simulation of rational practices says enough; asked where nothing else ends it.
    """

    def __init__(
        self,
        instance: Instance,
        asked: Asked,
        total: int = 0,
        report: Report | None = None,
        known: Callable[[Simulation], bool] | None = None,
    ) -> None:
        self.instance = instance
        self.asked = asked
        self.total = total
        self.report = report
        self.known = known
        self.world = world_of(instance)
        self.curves = curves_of(instance, PLAIN)
        self.slopes = slope_table(self.curves)
        self.done: dict[tuple[bool, str], Simulation] = {}
        self._plans: dict[tuple[bool, str, Assumptions], list[list[Plan]]] = {}

    def key(self, contract: Contract, behaviour: str) -> tuple[bool, str]:
        """Whether a contract is the one in force, and a behaviour: the same for what comes to the same."""
        in_force = contract == self.instance.status_quo
        return in_force, DECIDES if in_force and behaviour in LIKE_RATIONAL else behaviour

    def plans(self, contract: Contract, behaviour: str, assumptions: Assumptions = PLAIN) -> list[list[Plan]]:
        """What practices mean to do, one plan a character of each type."""
        in_force, like = self.key(contract, behaviour)
        if (in_force, like, assumptions) not in self._plans:
            doing = _words(in_force, like)

            def told(done: int, total: int) -> None:
                self.tell(f"{doing} decide: {done} of {total} plans")

            found = plans_of(self.world, contract, like, assumptions, told)
            self._plans[in_force, like, assumptions] = found
        return self._plans[in_force, like, assumptions]

    @cached_property
    def multiples(self) -> Multiples:
        """By what multiples of continuity are divided."""
        plans = self.plans(self.instance.status_quo, DECIDES)
        self.tell("a first year under the contract in force")
        return reference_multiples(self.world, plans, self.slopes)

    def prepared(self, contract: Contract, behaviour: str) -> Prepared:
        """A contract and a behaviour, ready to be simulated."""
        plans = self.plans(contract, behaviour)
        terms = terms_of(self.instance, contract)
        return Prepared(self.world, terms, plans, self.curves, self.slopes, self.multiples, PLAIN)

    def simulated(self, contract: Contract, behaviour: str) -> Simulation:
        """A contract's years under a behaviour, as ``simulate`` would give them.

        Years of the contract in force are paired with those of the design, so there are as many of them,
        however wide the intervals; and where nothing was asked for, as many as the first simulation took.
        """
        key = self.key(contract, behaviour)
        if key not in self.done:
            paired = bool(self.done) and (key[0] or self.asked.open_ended)
            number = max(one.replications for one in self.done.values()) if paired else self.asked.most
            precision = None if paired else self.asked.precision
            self.done[key] = self._simulated(contract, key, number, precision)
        return self.done[key]

    def _simulated(
        self, contract: Contract, key: tuple[bool, str], number: int, precision: float | None
    ) -> Simulation:
        prepared, seed = self.prepared(contract, key[1]), self.asked.seed
        names = quantities(self.world, prepared.terms)
        watched = [n for n, q in enumerate(names) if q.kind in WATCHED]
        doing = _words(*key)

        def told(progress: SimulationProgress) -> None:
            self.tell(doing, number * progress.done / progress.total)

        assumed = self.instance.simulation.assumed()
        rows: list[FloatArray] = []
        for ledger in years(prepared, number, seed, self.asked.threads, told):
            rows.append(read_off(ledger, prepared.terms))
            samples = np.array(rows)
            if precision is not None and narrow(samples[:, watched], precision):
                break
            found = Simulation(key[1], seed, names, samples, estimates(samples), ledger, assumed)
            if self.asked.open_ended and not self.done and self._known(found):
                break
        return Simulation(key[1], seed, names, samples, estimates(samples), ledger, assumed)

    def _known(self, found: Simulation) -> bool:
        """Whether enough years were simulated."""
        return self.known is not None and found.replications >= FEWEST_FOR_PRECISION and self.known(found)

    def tell(self, doing: str, more: float = 0.0) -> None:
        """Pass progress on: what is done, and the years that are simulated beyond those recorded."""
        if self.report is not None:
            before = sum(one.replications for one in self.done.values())
            self.report(Progress(doing, before + more, self.total))


def curves_of(instance: Instance, assumptions: Assumptions) -> Sequence[Curve]:
    """How effect grows with care, for each row of needs."""
    return [curve_of(need, assumptions.smooth) for need in instance.needs]


def _words(in_force: bool, behaviour: str) -> str:
    return f"{behaviour} practices under {'the contract in force' if in_force else 'the design'}"
