"""What searches at some budgets say of every budget: designs that serve it, limits that hold for it.

A design keeps all its promises at every budget from its outlay on: nothing but the budget differs between the
points of a frontier. What no contract passes with some budget none passes with less. So both ends of the band
never fall as the budget rises.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from incentive_opt.domain.contract import Contract

SAME = 1e-6
"""Share of health within which a design may pass a limit by rounding [1]."""


@dataclass(frozen=True)
class Found:
    """What a search at one budget found.

    Attributes
    ----------
    budget, outlay : float
        Searched with, and needed [USD/year].
    health, bound : float
        Of the design, and what no contract passes with this budget [QALY/year].
    seconds : float
        That the search took [s].
    folder : str
        Name of its run folder.
    """

    budget: float
    outlay: float
    health: float
    bound: float
    contract: Contract
    is_status_quo: bool
    seconds: float
    folder: str

    @property
    def least_budget(self) -> float:
        """From which budget on the design serves [USD/year]; never above the one it was verified with."""
        return min(self.outlay, self.budget)


class Known:
    """All that was found so far."""

    def __init__(self, found: Iterable[Found] = ()) -> None:
        self._all = list(found)

    def add(self, found: Found) -> None:
        """Remember what a search found."""
        self._all.append(found)

    def design(self, budget: float) -> Found | None:
        """The healthiest design that serves a budget, the cheapest of those; None where there is none."""
        serving = [one for one in self._all if one.least_budget <= budget]
        return max(
            serving, key=lambda one: (one.health, -one.outlay, -abs(one.budget - budget)), default=None
        )

    def limit(self, budget: float) -> Found | None:
        """Whose bound is the least that holds for a budget; None where none does."""
        holding = [one for one in self._all if one.budget >= budget]
        return min(holding, key=lambda one: (one.bound, one.budget), default=None)

    def nearest(self, budget: float) -> Found | None:
        """What was found for the nearest budget, of two the lower, whose contract can be paid for."""
        return min(self._all, key=lambda one: (abs(one.budget - budget), one.budget), default=None)

    def bound(self, budget: float) -> float | None:
        """What no contract passes, by rounding never below the best design [QALY/year]; None if unknown."""
        design, limit = self.design(budget), self.limit(budget)
        if limit is None:
            return None
        return limit.bound if design is None else max(design.health, limit.bound)

    def gap(self, budget: float) -> float | None:
        """Share of the bound by which the best design may fall short of it [1]; None if unknown."""
        design, bound = self.design(budget), self.bound(budget)
        if design is None or bound is None:
            return None
        return (bound - design.health) / abs(bound) if bound else 0.0

    def closed(self, budget: float, gap: float) -> bool:
        """Whether what is known already is within the gap, so that a search has nothing to add."""
        known = self.gap(budget)
        return known is not None and known <= gap

    def contradictions(self) -> list[tuple[Found, Found]]:
        """Designs with a limit that they pass: one of the two is wrong."""
        pairs = []
        for design in self._all:
            limit = self.limit(design.least_budget)
            if limit is not None and design.health > limit.bound + SAME * max(1.0, abs(limit.bound)):
                pairs.append((design, limit))
        return pairs
