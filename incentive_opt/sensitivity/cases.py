"""One case: the instance with other numbers, practices that respond anew, and what comes of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from incentive_opt.certify.status_quo import answer, income_limits
from incentive_opt.domain.changed import changed
from incentive_opt.domain.contract import Contract
from incentive_opt.domain.instance import Instance
from incentive_opt.domain.kinds import in_kinds, types_of
from incentive_opt.errors import InputError
from incentive_opt.payment import account

SAME = 1e-9
"""A gain below this share of today's health is none [1]: solvers are no more exact."""
KEPT = 1e-6
"""A limit that is passed by less than this share is kept [1]."""


@dataclass(frozen=True)
class Asked:
    """What every case is asked.

    Attributes
    ----------
    given : Instance
        Of types, with the rates that practices aim at, and with the terms of the design.
    kinds : int
        Of practice told apart within each type.
    contracts : sequence of Contract
        The design's first, then others to stand beside it.
    """

    given: Instance
    kinds: int
    contracts: tuple[Contract, ...]


@dataclass(frozen=True)
class Year:
    """A year of all practices under a contract.

    Attributes
    ----------
    health : float
        [QALY/year]
    outlay : float
        [USD/year]
    incomes : tuple of float
        Net income of one practice of each type, mean over its kinds [USD/practice and year].
    """

    health: float
    outlay: float
    incomes: tuple[float, ...]


@dataclass(frozen=True)
class Case:
    """What came of a case.

    Attributes
    ----------
    today : Year
        Under the contract in force.
    years : tuple of Year
        Under each contract that was asked about.
    limit : float
        What the payer may spend [USD/year].
    corridors : tuple of (least, most)
        Net income allowed to each practice type [USD/practice and year].
    """

    today: Year
    years: tuple[Year, ...]
    limit: float
    corridors: tuple[tuple[float, float], ...]

    def gain(self, place: int = 0) -> float:
        """Health beyond that of the contract in force [QALY/year]."""
        return self.years[place].health - self.today.health

    def better(self, place: int = 0) -> bool:
        """Whether children are healthier than under the contract in force."""
        return self.gain(place) > SAME * max(1.0, abs(self.today.health))

    def budget_kept(self, place: int = 0) -> bool:
        """Whether the payer spends no more than it may."""
        return self.years[place].outlay <= self.limit + KEPT * max(1.0, abs(self.limit))

    def beats(self, place: int = 0) -> bool:
        """Whether the contract beats the one in force: more health, within the budget."""
        return self.better(place) and self.budget_kept(place)

    def outside(self, place: int = 0) -> list[tuple[int, str]]:
        """Practice types whose income leaves its limits, and whether it is ``below`` or ``above`` them."""
        found = []
        pairs = zip(self.years[place].incomes, self.corridors, strict=True)
        for number, (income, (least, most)) in enumerate(pairs):
            room = KEPT * max(1.0, abs(least), abs(most))
            if income < least - room or income > most + room:
                found.append((number, "below" if income < least else "above"))
        return found


def look(asked: Asked, values: Mapping[str, float]) -> Case | None:
    """Let practices respond anew, to the contract in force and to each contract asked about.

    Parameters
    ----------
    values : mapping parameter -> float
        Of the parameters that are other than the files say.

    Returns
    -------
    Case or None
        None where a practice could not even serve the smallest panel that it has to keep.
    """
    instance = in_kinds(changed(asked.given, values), asked.kinds)
    try:
        today = _year(instance, instance.status_quo)
        years = tuple(_year(instance, contract) for contract in asked.contracts)
    except InputError:
        return None
    limit = today.outlay if instance.budget is None else instance.budget
    corridors = tuple(income_limits(instance, income) for income in today.incomes)
    return Case(today, years, limit, corridors)


def _year(instance: Instance, contract: Contract) -> Year:
    accounts = [
        account(instance, contract, answer(instance, practice, contract)) for practice in instance.practices
    ]
    counted = list(zip(instance.practices, accounts, strict=True))
    incomes = [one.net_income for one in accounts]
    return Year(
        health=sum(practice.count * one.health for practice, one in counted),
        outlay=sum(practice.count * one.outlay for practice, one in counted),
        incomes=tuple(members.mean(incomes) for members in types_of(instance)),
    )


def names_of_types(given: Instance) -> Sequence[str]:
    """The practice types, in the order of ``Year.incomes``."""
    return [practice.name for practice in given.practices]
