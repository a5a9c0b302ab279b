"""What the numbers in the payer's problem mean, and the incomes that it allows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import numpy.typing as npt

from incentive_opt.domain.contract import Contract
from incentive_opt.domain.harm import units_of_health
from incentive_opt.domain.instance import Instance, Rules
from incentive_opt.domain.kinds import Members
from incentive_opt.domain.lines import LINE_KINDS, POOL_SHARE, WITHHOLD, Benchmarks, Line
from incentive_opt.domain.payment_model import Lever, PaymentModel
from incentive_opt.domain.response import Response
from incentive_opt.formulation.choices import Choices
from incentive_opt.formulation.compile import CompiledPractice, FeatureKey, FloatArray
from incentive_opt.formulation.status_quo import Outcome, tiers_with_money

IntArray = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Payer:
    """What the numbers in a pricing problem mean.

    Attributes
    ----------
    levers : tuple of Lever
        Prices, in the order of the lever vector; yes/no levers follow them.
    lever_index : mapping (kind, of, tier) -> int
    choices : Choices
        The yes/no levers and the rows that tie them to prices.
    practices : tuple of CompiledPractice
        One per follower, same order; ``columns`` says what each entry of x is.
    feature_rows : tuple of int arrays
        Row f of follower i's features is row ``feature_rows[i][f]`` of its compiled features.
    status_quo : tuple of Outcome
        Best responses to the contract in force.
    budget : float
        [USD/year]
    rules : Rules
        The stricter of the instance's and the model's.
    benchmarks : Benchmarks
        What lines that are paid against a benchmark are counted from; empty where there are none.
    """

    instance: Instance
    model: PaymentModel
    rules: Rules
    levers: tuple[Lever, ...]
    lever_index: Mapping[FeatureKey, int]
    choices: Choices
    practices: tuple[CompiledPractice, ...]
    feature_rows: tuple[IntArray, ...]
    status_quo: tuple[Outcome, ...]
    budget: float
    benchmarks: Benchmarks = field(default_factory=Benchmarks)

    def margin_of(self, number: int) -> float:
        """Incentive margin of a practice type [USD per practice and year, per 1 % of harm]."""
        return self.instance.margin_of(self.practices[number].scope.practice, self.health_units[number])

    @cached_property
    def health_units(self) -> tuple[float, ...]:
        """One per cent of harm to health, for each practice type [QALY per practice and year]."""
        today = {outcome.practice: outcome.health for outcome in self.status_quo}
        units = units_of_health(self.instance, today)
        return tuple(units[outcome.practice] for outcome in self.status_quo)

    @property
    def allows_today(self) -> bool:
        """Whether every price of the contract in force lies within its bounds."""
        return all(
            lever.lower - slack <= lever.status_quo <= lever.upper + slack
            for lever in self.levers
            if (slack := 1e-9 * max(1.0, abs(lever.status_quo)))
        )

    def contract(self, lever_values: FloatArray, title: str = "", negligible: float = 0.0) -> Contract:
        """The contract that a lever vector stands for; prices of at most ``negligible`` are left out."""
        prices: dict[str, dict[FeatureKey, float]] = {"fee": {}, "capitation": {}, "bonus": {}}
        lines: dict[Line, float] = {}
        for lever, value in zip(self.levers, lever_values.tolist(), strict=False):
            if abs(value) <= negligible:
                continue
            if lever.kind in LINE_KINDS:
                lines[lever.kind, lever.of] = value
                continue
            prices[lever.kind][lever.kind, lever.of, lever.tier] = value
        menu = {measure.name: measure.thresholds for measure in self.instance.measures}
        bonuses = {(of, tier): value for (_, of, tier), value in prices["bonus"].items()}
        return Contract(
            fees={of: value for (_, of, _), value in prices["fee"].items()},
            capitation={of: value for (_, of, _), value in prices["capitation"].items()},
            bonuses=bonuses,
            thresholds={(of, tier): menu[of][tier - 1] for of, tier in bonuses},
            title=title,
            lines=lines,
            benchmarks=self.benchmarks if lines else self._without_lines(bool(bonuses)),
        )

    def _without_lines(self, bonuses: bool) -> Benchmarks:
        """Terms of a contract without other lines: only what its bonuses need."""
        return Benchmarks(counts_elsewhere=bonuses and self.benchmarks.counts_elsewhere)

    def lever_values(self, contract: Contract) -> FloatArray:
        """The lever vector of a contract, yes/no levers set to what the contract does."""
        values = np.array(
            [contract.price(lever.kind, lever.of, lever.tier) for lever in self.levers], dtype=np.float64
        )
        switches = np.zeros(len(self.choices.names))
        for number, name in enumerate(self.choices.names):
            kind, _, of = name.partition(":")
            switches[number] = any(
                _answers(kind, of, lever) and _in_use(lever, value)
                for lever, value in zip(self.levers, values.tolist(), strict=True)
            )
        return np.concatenate([values, switches])

    def response(self, follower: int, x: FloatArray, lever_values: FloatArray | None = None) -> Response:
        """Read follower x as a response; tiers without money under the levers do not count."""
        practice = self.practices[follower]
        paid = None
        if lever_values is not None:
            paid = tiers_with_money(practice, self.contract(lever_values))
        return practice.response(x, paid)


def income_corridor(payer: Payer, members: Members) -> tuple[float, float]:
    """Least and most net income allowed to a practice type, mean over its kinds [USD/practice and year]."""
    today = members.mean([one.net_income for one in payer.status_quo])
    multiples = (payer.instance.income_floor, payer.instance.income_ceiling)
    return income_limit(today, multiples[0]), income_limit(today, multiples[1])


def income_limit(status_quo: float, multiple: float) -> float:
    """Net income allowed: the multiple of the status quo, or as large a change of its size if negative."""
    return status_quo + (multiple - 1.0) * abs(status_quo)


def _answers(kind: str, of: str, lever: Lever) -> bool:
    """Whether a yes/no lever speaks of this price."""
    if kind == "repriced":
        return lever.kind == "fee" and lever.of == of
    if kind == "rewarded":
        return lever.kind in ("bonus", POOL_SHARE, WITHHOLD) and lever.of == of
    return lever.kind == "bonus" and f"{lever.of}:{lever.tier}" == of


def _in_use(lever: Lever, value: float) -> bool:
    return value != (lever.status_quo if lever.kind == "fee" else 0.0)
