"""A ceiling on health that this part of the program proves by itself, with one linear problem.

Practices are taken to do what the payer would choose, and are paid any amount that the bounds of the
levers allow, within budget and income limits. No contract of the model can pass it. It is looser than
the bound that the solver reports, which also uses that practices choose for themselves.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy import sparse
from scipy.optimize import Bounds, LinearConstraint, milp

from incentive_opt.certify.contract_checks import lever_range, prices
from incentive_opt.certify.held_back import claims_today
from incentive_opt.certify.line_revenue import line_quantity
from incentive_opt.certify.practice_problem import MONTHS_PER_YEAR, FloatArray, PracticeProblem
from incentive_opt.certify.sharing import paid_range
from incentive_opt.certify.status_quo import StatusQuo, budget, corridor_of
from incentive_opt.domain.contract import Contract
from incentive_opt.domain.instance import Instance
from incentive_opt.domain.kinds import types_of
from incentive_opt.domain.lines import LINE_KINDS, WITHHOLD, Benchmarks
from incentive_opt.domain.payable import contracted_needs, of_words
from incentive_opt.domain.payment_model import PaymentModel
from incentive_opt.domain.sharing import PLAIN


def benchmarks_known(instance: Instance, model: PaymentModel, benchmarks: Benchmarks) -> bool:
    """Whether a contract names all that lines of the model are paid against; one that pays none need not."""
    wanted = {LINE_KINDS[rule.kind].benchmark for rule in model.levers if rule.kind in LINE_KINDS}
    care = {(need.name, need.segment) for need in contracted_needs(instance)} if "care" in wanted else set()
    cost = {one.name for one in instance.segments if one.contracted} if "cost" in wanted else set()
    return care <= set(benchmarks.care) and cost <= set(benchmarks.cost)


def health_ceiling(
    instance: Instance,
    model: PaymentModel | None,
    before: StatusQuo,
    benchmarks: Benchmarks | None = None,
    owing: bool = False,
) -> float | None:
    """Health that no contract of the model can pass [QALY/year]; None if the problem is not solved.

    Without a model practices may be paid anything that is not negative, and with ``owing`` anything at all:
    the first best. Lines of the model that are paid against a benchmark need theirs.
    """
    blocks, budget_row, objective, lower, upper, row_upper = [], [], [], [], [], []
    incomes: list[tuple[FloatArray, float]] = []
    constant = 0.0
    spare = budget(instance, before)
    for practice in instance.practices:
        problem = PracticeProblem(instance, practice, Contract())
        least, most = np.zeros(len(problem.columns)), np.zeros(len(problem.columns))
        fixed = np.array([np.inf if owing else 0.0, 0.0])
        if model is not None:
            least, most = _revenue_range(problem, model)
            fixed = _add_lines(problem, model, benchmarks, least, most)
        income = problem.net_income
        care = np.append(problem.matrix.toarray(), np.zeros((problem.matrix.shape[0], 1)), axis=1)
        money = np.vstack(
            [
                np.append(least, -1.0),
                np.append(-most, 1.0 if model is not None else 0.0),
            ]
        )
        blocks.append(sparse.csr_array(np.vstack([care, money])))
        row_upper.append(problem.row_upper)
        row_upper.append(fixed)
        incomes.append((np.append(income.coefficients, 1.0), income.constant))
        outside = problem.outlay.coefficients - problem.revenue.coefficients
        budget_row.append(practice.count * np.append(outside, 1.0))
        spare -= practice.count * problem.outlay.constant
        objective.append(practice.count * np.append(problem.health.coefficients, 0.0))
        constant += practice.count * problem.health.constant
        lower.append(np.append(problem.lower, -np.inf))
        upper.append(np.append(problem.upper, np.inf))
    rows, limits = _incomes(instance, before, incomes)
    total = sparse.csr_array(np.concatenate(budget_row).reshape(1, -1))
    result = milp(
        -np.concatenate(objective),
        bounds=Bounds(np.concatenate(lower), np.concatenate(upper)),
        constraints=[
            LinearConstraint(sparse.block_diag(blocks, format="csr"), -np.inf, np.concatenate(row_upper)),
            LinearConstraint(rows, -np.inf, limits),
            LinearConstraint(total, -np.inf, spare),
        ],
    )
    return constant - float(result.fun) if result.status == 0 else None


def _incomes(
    instance: Instance, before: StatusQuo, incomes: Sequence[tuple[FloatArray, float]]
) -> tuple[sparse.csr_array, FloatArray]:
    """Rows that keep the net income of each practice type, mean over its kinds, within its limits.

    Parameters
    ----------
    incomes : for each practice, (coefficients in its columns and its payment, constant)
    """
    rows, limits = [], []
    for members in types_of(instance):
        floor, top = corridor_of(instance, members, before)
        own = [np.zeros(len(coefficients)) for coefficients, _ in incomes]
        for place, share in zip(members.places, members.shares, strict=True):
            own[place] = share * incomes[place][0]
        constant = members.mean([constant for _, constant in incomes])
        rows += [-np.concatenate(own), np.concatenate(own)]
        limits += [constant - floor, top - constant]
    return sparse.csr_array(np.array(rows)), np.array(limits)


def _revenue_range(problem: PracticeProblem, model: PaymentModel) -> tuple[FloatArray, FloatArray]:
    """Least and most revenue within the lever bounds, per unit of each column."""
    instance = problem.instance
    before = prices(instance, instance.status_quo)
    size = len(problem.columns)
    least, most = np.zeros(size), np.zeros(size)
    for (kind, item, second), column in problem.columns.items():
        if kind == "service" and problem.contracted[str(second)]:
            least[column], most[column] = lever_range(model, ("fee", item, 0), before["fee", item, 0])
        elif kind == "panel" and problem.contracted[item]:
            price = ("capitation", item, 0)
            low, high = lever_range(model, price, before[price])
            least[column] += MONTHS_PER_YEAR * low
            most[column] += MONTHS_PER_YEAR * high
    for measure in instance.measures:
        for tier in range(1, len(measure.thresholds) + 1):
            price = ("bonus", measure.name, tier)
            _, high = lever_range(model, price, before[price])
            for need in problem.needs:
                if need.name == measure.denominator_need and need.segment in problem.measured_segments(
                    measure
                ):
                    column = problem.columns["panel", need.segment, ""]
                    most[column] += max(0.0, high) * need.events_per_child_year
    return least, most


def _add_lines(
    problem: PracticeProblem,
    model: PaymentModel,
    benchmarks: Benchmarks | None,
    least: FloatArray,
    most: FloatArray,
) -> FloatArray:
    """Add what other lines could pay per unit of each column; limits of the two rows on the payment."""
    fixed = np.zeros(2)
    for kind in sorted({rule.kind for rule in model.levers} & set(LINE_KINDS)):
        for of in of_words(problem.instance, kind):
            low, high = lever_range(model, (kind, of, 0), 0.0)
            if kind == "shared_savings" and (benchmarks or Benchmarks()).sharing != PLAIN:
                below, fixed_below, above, fixed_above = paid_range(problem, benchmarks or Benchmarks())
                least += high * below
                most += high * above
                fixed += [-high * fixed_below, high * fixed_above]
                continue
            quantity, constant = line_quantity(problem, (kind, of), benchmarks or Benchmarks())
            if kind == WITHHOLD:  # at best all of it is returned
                for column, usd in claims_today(problem):
                    least[column] -= high * usd
                continue
            ends = np.outer([low, high], quantity)
            least += ends.min(axis=0)
            most += ends.max(axis=0)
            fixed += [-min(low * constant, high * constant), max(low * constant, high * constant)]
    return fixed
