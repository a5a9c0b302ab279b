"""The payer's problem: an instance and a payment model become a pricing problem on arrays."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np
import numpy.typing as npt
from scipy import sparse

from incentive_opt.domain.contract import Contract
from incentive_opt.domain.instance import Instance, Rules
from incentive_opt.domain.kinds import Members, types_of
from incentive_opt.domain.lines import LINE_KINDS, PARTNERS, POOL_SHARE, WITHHOLD, Benchmarks, Line
from incentive_opt.domain.payment_model import Lever, PaymentModel, has_benchmarks
from incentive_opt.domain.response import Response
from incentive_opt.errors import InputError, Problem
from incentive_opt.formulation.choices import Choices, Row, choices
from incentive_opt.formulation.compile import CompiledPractice, FeatureKey, FloatArray, compile_practice
from incentive_opt.formulation.contract_rules import money_rows, price_rows, within
from incentive_opt.formulation.levers import levers as levers_of_model
from incentive_opt.formulation.levers import stricter
from incentive_opt.formulation.margin import harm_directions
from incentive_opt.formulation.other_lines import benchmarks_of_today
from incentive_opt.formulation.scope import practice_scope
from incentive_opt.formulation.status_quo import Outcome, outcome, paid_tiers, respond, tiers_with_money
from incentive_opt.pricing.problem import Follower, PricingProblem

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
        return self.instance.margin_of(self.practices[number].scope.practice, self.status_quo[number].health)

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


def build(instance: Instance, model: PaymentModel) -> tuple[PricingProblem, Payer]:
    """Build the pricing problem of a payer.

    Parameters
    ----------
    instance : Instance
        The children, the care, the practices and the payer's terms.
    model : PaymentModel
        Which prices may move and how far.

    Returns
    -------
    PricingProblem
        On arrays, for ``incentive_opt.pricing``; USD/year and QALY/year, unscaled.
    Payer
        What the arrays mean.
    """
    levers = levers_of_model(instance, model)
    rules = stricter(instance.rules, model.rules)
    paid = [(lever.of, lever.tier) for lever in levers if lever.kind == "bonus" and lever.upper > 0]
    lines = tuple((lever.kind, lever.of) for lever in levers if lever.kind in LINE_KINDS)
    benchmarks = Benchmarks()
    if has_benchmarks(model):
        answers = respond(instance, instance.status_quo)
        benchmarks = benchmarks_of_today(instance, [answer.response for answer in answers])
    benchmarks = replace(benchmarks, sharing=model.sharing, counts_elsewhere=model.counts_elsewhere)
    practices = tuple(
        compile_practice(practice_scope(instance, p), paid, lines, benchmarks) for p in instance.practices
    )
    if model.counts_elsewhere and paid_tiers(instance.status_quo):
        raise InputError([_counted_otherwise(instance)])
    today = tuple(outcome(practice, instance.status_quo) for practice in practices)
    budget = instance.budget
    if budget is None:
        budget = sum(one.count * one.outlay for one in today)
    index = {(lever.kind, lever.of, lever.tier): number for number, lever in enumerate(levers)}
    index |= {(PARTNERS, of, 0): number for (kind, of, _), number in index.items() if kind == POOL_SHARE}
    moving = {
        key for key, number in index.items() if levers[number].lower != 0.0 or levers[number].upper != 0.0
    }
    kept = tuple(
        np.array([row for row, key in enumerate(practice.feature_keys) if key in moving], dtype=np.int64)
        for practice in practices
    )
    payer = Payer(
        instance,
        model,
        rules,
        levers,
        index,
        choices(levers, rules),
        practices,
        kept,
        today,
        budget,
        benchmarks,
    )
    return _pricing_problem(payer), payer


def _counted_otherwise(instance: Instance) -> Problem:
    return Problem(
        "instance.toml",
        "status_quo.bonuses",
        f"bonuses in the contract in force of {instance.name}",
        "none, for a model that counts what others closed",
        "The contract in force counts measures otherwise; leave its bonuses out or take another model.",
    )


def _answers(kind: str, of: str, lever: Lever) -> bool:
    """Whether a yes/no lever speaks of this price."""
    if kind == "repriced":
        return lever.kind == "fee" and lever.of == of
    name = lever.of if kind == "rewarded" else f"{lever.of}:{lever.tier}"
    if lever.kind == POOL_SHARE:
        return kind == "rewarded" and lever.of == of
    return lever.kind == "bonus" and name == of


def _in_use(lever: Lever, value: float) -> bool:
    return value != (lever.status_quo if lever.kind == "fee" else 0.0)


def _pricing_problem(payer: Payer) -> PricingProblem:
    """Arrays for everything the payer decides and demands."""
    count, switches = len(payer.levers), len(payer.choices.names)
    rows, lower, upper, names = _shared_rows(payer)
    on_levers = [*_neutrality(payer), *_withheld(payer), *price_rows(payer), *payer.choices.rows]
    matrix = sparse.lil_array((len(names) + len(on_levers), count + switches))
    for number, row in enumerate(on_levers, len(names)):
        for lever, coefficient in row.coefficients.items():
            matrix[number, lever] = coefficient
    followers = tuple(
        _follower(payer, number, rows[number], len(on_levers)) for number in range(len(payer.practices))
    )
    lower_ends, upper_ends = within(
        [lever.lower for lever in payer.levers] + [0.0] * switches,
        price_rows(payer),
        [lever.upper for lever in payer.levers] + [1.0] * switches,
    )
    return PricingProblem(
        lever_names=(
            *(
                ":".join((lever.kind, lever.of, *([str(lever.tier)] if lever.tier else [])))
                for lever in payer.levers
            ),
            *payer.choices.names,
        ),
        lever_lower=lower_ends,
        lever_upper=upper_ends,
        lever_integer=np.array([False] * count + [True] * switches, dtype=np.bool_),
        lever_value=np.zeros(count + switches),
        value_constant=0.0,
        rules=sparse.csr_array(matrix),
        row_lower=np.array([*lower, *(row.lower for row in on_levers)], dtype=np.float64),
        row_upper=np.array([*upper, *(row.upper for row in on_levers)], dtype=np.float64),
        row_names=(*names, *(row.name for row in on_levers)),
        followers=followers,
        starts=(np.clip(payer.lever_values(payer.instance.status_quo), lower_ends, upper_ends),),
    )


def _shared_rows(
    payer: Payer,
) -> tuple[list[list[tuple[FloatArray, float | FloatArray]]], list[float], list[float], list[str]]:
    """Budget, then the income corridor of each practice type: of the mean over its kinds; then rules.

    For every follower the rows as (coefficients in x, coefficient of every product); bounds; names.
    """
    practices, instance = payer.practices, payer.instance
    fixed_outside = sum(p.scope.practice.count * p.outside_cost.constant for p in practices)
    lower, upper, names = [-np.inf], [payer.budget - fixed_outside], ["budget"]
    rows: list[list[tuple[FloatArray, float | FloatArray]]] = [
        [(p.scope.practice.count * p.outside_cost.coefficients, p.scope.practice.count)] for p in practices
    ]
    for members in types_of(instance):
        floor, ceiling = income_corridor(payer, members)
        constant = members.mean([practice.own_income.constant for practice in practices])
        lower.append(floor - constant)
        upper.append(ceiling - constant)
        names.append(f"income of {members.name}")
        shares = dict(zip(members.places, members.shares, strict=True))
        for number, practice in enumerate(practices):
            share = shares.get(number, 0.0)
            earned = share * practice.earned[payer.feature_rows[number]]
            rows[number].append((share * practice.own_income.coefficients, earned))
    for rule in money_rows(payer):
        lower.append(rule.lower)
        upper.append(rule.upper)
        names.append(rule.name)
        for number, kept in enumerate(payer.feature_rows):
            rows[number].append((rule.activities[number], rule.payments[number][kept]))
    return rows, lower, upper, names


def income_corridor(payer: Payer, members: Members) -> tuple[float, float]:
    """Least and most net income allowed to a practice type, mean over its kinds [USD/practice and year]."""
    today = members.mean([one.net_income for one in payer.status_quo])
    multiples = (payer.instance.income_floor, payer.instance.income_ceiling)
    return income_limit(today, multiples[0]), income_limit(today, multiples[1])


def income_limit(status_quo: float, multiple: float) -> float:
    """Net income allowed: the multiple of the status quo, or as large a change of its size if negative."""
    return status_quo + (multiple - 1.0) * abs(status_quo)


def _neutrality(payer: Payer) -> list[Row]:
    """RVU budget neutrality at status-quo volumes of contracted children."""
    if not payer.rules.rvu_budget_neutral:
        return []
    volumes: dict[int, float] = {}
    for today in payer.status_quo:
        for name, volume in today.volumes.items():
            lever = payer.lever_index["fee", name, 0]
            volumes[lever] = volumes.get(lever, 0.0) + today.count * volume
    total = sum(payer.levers[lever].status_quo * volume for lever, volume in volumes.items())
    slack = payer.rules.rvu_neutral_tolerance * abs(total)
    return [Row("RVU budget neutrality", volumes, total - slack, total + slack)]


def _withheld(payer: Payer) -> list[Row]:
    """Of today's fees no more than a share is held back, over all measures."""
    most = payer.rules.max_withheld
    shares = {number: 1.0 for number, lever in enumerate(payer.levers) if lever.kind == WITHHOLD}
    return [] if most is None or not shares else [Row("share of fees held back", shares, -np.inf, most)]


def _follower(
    payer: Payer, number: int, rows: list[tuple[FloatArray, float | FloatArray]], empty: int
) -> Follower:
    """One practice type's problem, with its part of the payer's rows; ``empty`` rows follow on levers."""
    practice, kept = payer.practices[number], payer.feature_rows[number]
    count, products = practice.scope.practice.count, len(kept)
    harm_x, harm_product = harm_directions(
        practice, payer.status_quo[number], payer.margin_of(number), products
    )
    row_x = np.array([coefficients for coefficients, _ in rows])
    row_product = np.array([np.broadcast_to(each, products) for _, each in rows]).reshape(len(rows), products)
    return Follower(
        name=practice.name,
        matrix=practice.matrix,
        row_lower=practice.row_lower,
        row_upper=practice.row_upper,
        lower=practice.lower,
        upper=practice.upper,
        integer=practice.integer,
        objective=practice.own_utility.coefficients,
        objective_constant=practice.own_utility.constant,
        features=practice.features[kept, :],
        levers=np.array([payer.lever_index[practice.feature_keys[row]] for row in kept], dtype=np.int64),
        payment=practice.earned[kept],
        value=count * practice.health.coefficients,
        value_product=np.zeros(products),
        value_constant=count * practice.health.constant,
        row_x=_with_empty(row_x, empty),
        row_product=_with_empty(row_product, empty),
        harm_x=harm_x,
        harm_product=harm_product,
        rests=_rests(practice),
    )


def _rests(practice: CompiledPractice) -> sparse.csr_array | None:
    """For every tier: what is paid or returned at it or above, for whose sake a practice attains it."""
    if any(column[0] == "piece" for column in practice.columns):
        return None  # of the pieces one is always taken
    tiers = [column for column, whole in zip(practice.columns, practice.integer, strict=True) if whole]
    marks = [
        [
            column[0] in ("eligible", "returned") and column[1] == tier[1] and int(column[2]) >= int(tier[2])
            for column in practice.columns
        ]
        for tier in tiers
    ]
    return sparse.csr_array(np.array(marks, dtype=np.float64).reshape(len(tiers), len(practice.columns)))


def _with_empty(rows: FloatArray, empty: int) -> sparse.csr_array:
    """The rows, followed by empty ones."""
    return sparse.csr_array(np.vstack([rows, np.zeros((empty, rows.shape[1]))]))
