"""The payer's problem: an instance and a payment model become a pricing problem on arrays."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from scipy import sparse

from incentive_opt.domain.instance import Instance
from incentive_opt.domain.kinds import types_of
from incentive_opt.domain.lines import LINE_KINDS, PARTNERS, POOL_SHARE, WITHHOLD, Benchmarks
from incentive_opt.domain.payment_model import PaymentModel, has_benchmarks
from incentive_opt.errors import InputError, Problem
from incentive_opt.formulation.choices import Row, choices
from incentive_opt.formulation.compile import CompiledPractice, FloatArray, compile_practice
from incentive_opt.formulation.contract_rules import money_rows, price_rows, within
from incentive_opt.formulation.levers import levers as levers_of_model
from incentive_opt.formulation.levers import stricter
from incentive_opt.formulation.margin import harm_directions
from incentive_opt.formulation.other_lines import benchmarks_of_today
from incentive_opt.formulation.payer import Payer, income_corridor
from incentive_opt.formulation.scope import practice_scope
from incentive_opt.formulation.status_quo import outcome, paid_tiers, respond
from incentive_opt.pricing.problem import Follower, PricingProblem


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


def _counted_otherwise(instance: Instance) -> Problem:
    return Problem(
        "instance.toml",
        "status_quo.bonuses",
        f"bonuses in the contract in force of {instance.name}",
        "none, for a model that counts what others closed",
        "The contract in force counts measures otherwise; leave its bonuses out or take another model.",
    )


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
    """Of today's fees no more than a share is held back, over all measures; never more than there is."""
    shares = {number: 1.0 for number, lever in enumerate(payer.levers) if lever.kind == WITHHOLD}
    most = 1.0 if payer.rules.max_withheld is None else payer.rules.max_withheld
    if sum(payer.levers[number].upper for number in shares) <= most:
        return []
    return [Row("share of fees held back", shares, -np.inf, most)]


def _follower(
    payer: Payer, number: int, rows: list[tuple[FloatArray, float | FloatArray]], empty: int
) -> Follower:
    """One practice type's problem, with its part of the payer's rows; ``empty`` rows follow on levers."""
    practice, kept = payer.practices[number], payer.feature_rows[number]
    count, products = practice.scope.practice.count, len(kept)
    harm_x, harm_product = harm_directions(
        practice,
        payer.health_units[number],
        payer.status_quo[number].outlay,
        payer.margin_of(number),
        products,
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
