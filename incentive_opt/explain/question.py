"""One question to the search: whether a contract exists under some terms."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from incentive_opt import pricing
from incentive_opt.domain.instance import Instance
from incentive_opt.domain.kinds import Members, types_of
from incentive_opt.domain.payment_model import PaymentModel
from incentive_opt.formulation.assurance import Stopwatch
from incentive_opt.formulation.compile import FloatArray
from incentive_opt.formulation.first_best import least_budget
from incentive_opt.formulation.payer import Payer
from incentive_opt.solve.cheapest import Effort, without_budget
from incentive_opt.solve.pose import pose
from incentive_opt.solve.settle import settle, status_quo

YES, NO, UNKNOWN = "yes", "no", "unknown"
CLOSE = 1e-9
"""Share of the budget by which rounding may tell two outlays apart [1]."""


@dataclass(frozen=True)
class Question:
    """Terms under which a contract is asked for.

    Attributes
    ----------
    given : Instance
        Of types, with the terms that were given in place of its own.
    kinds : int
        Of practice told apart within each type.
    """

    given: Instance
    model: PaymentModel
    kinds: int = 1

    @cached_property
    def posed(self) -> tuple[pricing.PricingProblem, Payer]:
        """The pricing problem, and what its numbers mean."""
        return pose(self.given, self.model, None, self.kinds)

    @property
    def problem(self) -> pricing.PricingProblem:
        """The pricing problem."""
        return self.posed[0]

    @property
    def payer(self) -> Payer:
        """What its numbers mean."""
        return self.posed[1]

    @cached_property
    def types(self) -> tuple[Members, ...]:
        """The practice types with their kinds."""
        return types_of(self.payer.instance)

    def count(self, members: Members) -> float:
        """How many practices are of a type."""
        return sum(self.payer.practices[place].scope.practice.count for place in members.places)

    def income_today(self, members: Members) -> float:
        """Net income under the contract in force, mean over the kinds [USD/practice and year]."""
        return members.mean([one.net_income for one in self.payer.status_quo])

    def with_terms(self, model: PaymentModel | None = None, **changes: object) -> Question:
        """The same with other terms of the instance, or another model."""
        given = replace(self.given, **changes) if changes else self.given  # type: ignore[arg-type]
        return Question(given, self.model if model is None else model, self.kinds)

    def holds(self, levers: FloatArray, responses: Sequence[FloatArray]) -> bool:
        """Whether a contract keeps every promise under these terms, whole cents or not."""
        found, _ = settle(self.payer, levers, responses, Stopwatch(), None)
        return not found.faults

    def answer(self, effort: Effort) -> str:
        """Whether a contract exists: ``yes`` with one in hand, ``no`` if proved, else ``unknown``."""
        principle, budget = least_budget(self.payer).usd, self.payer.budget
        if principle is None or principle > budget + CLOSE * abs(budget):
            return NO
        if not status_quo(self.payer, Stopwatch()).faults:
            return YES
        decided = _Decided(budget, effort)
        result = pricing.solve(
            without_budget(self.problem, self.payer),
            gap=effort.gap,
            time_limit=effort.time_limit,
            seed=effort.seed,
            report=decided.note,
            stop=decided.stop,
            iteration_limit=effort.iteration_limit,
        )
        if result.levers is not None and -result.objective <= budget * (1.0 + CLOSE):
            return YES if self.holds(result.levers, result.responses) else UNKNOWN
        if result.status == "infeasible" or -result.bound > budget + CLOSE * abs(budget):
            return NO
        return UNKNOWN


class _Decided:
    """Stops a search for little outlay as soon as it says whether the budget does."""

    def __init__(self, budget: float, effort: Effort) -> None:
        self.budget, self.effort, self.known = budget, effort, False

    def note(self, progress: object) -> None:
        """Look at what is known."""
        value, bound = -getattr(progress, "value", 0.0), -getattr(progress, "bound", 0.0)
        self.known = self.known or value <= self.budget or bound > self.budget * (1.0 + CLOSE)

    def stop(self) -> bool:
        """Whether to stop."""
        return self.known or (self.effort.stop is not None and self.effort.stop())
