"""Every dollar and every QALY twice: from the arrays and from plain arithmetic."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from incentive_opt.domain.contract import Contract
from incentive_opt.domain.payment_model import LEVER_KINDS, LeverRule, PaymentModel, Rules
from incentive_opt.formulation.build import build
from incentive_opt.formulation.compile import compile_practice
from incentive_opt.formulation.scope import practice_scope
from incentive_opt.formulation.status_quo import outcome_of, paid_tiers, respond
from incentive_opt.payment import account, effective_care
from tests.drawn_lines import drawn_sharing, with_lines
from tests.formulation.hand_made import random_activities, random_instance

CENT = 0.005
seeds = st.integers(0, 2**32 - 1)


def random_contract(made, seed):
    """Any contract on the instance: some prices, some not."""
    draw = np.random.default_rng(seed)
    some = lambda names, high: {n: float(draw.uniform(0, high)) for n in names if draw.random() < 0.7}  # noqa: E731
    contract = Contract(
        fees=some([s.name for s in made.services], 120),
        capitation=some([s.name for s in made.segments if s.contracted], 40),
        bonuses=some([(m.name, t) for m in made.measures for t in range(1, len(m.thresholds) + 1)], 40),
    )
    return with_lines(made, contract, draw) if draw.random() < 0.7 else contract


def agree(made, contract, outcome):
    """All figures of the formulation equal those of plain arithmetic, to the cent."""
    plain = account(made, contract, outcome.response)
    assert outcome.revenue == pytest.approx(plain.revenue.total, abs=CENT)
    assert outcome.net_income == pytest.approx(plain.net_income, abs=CENT)
    assert outcome.utility == pytest.approx(plain.utility, abs=CENT)
    assert outcome.outside_cost == pytest.approx(plain.outside_cost, abs=CENT)
    assert outcome.outlay == pytest.approx(plain.outlay, abs=CENT)
    assert outcome.health == pytest.approx(plain.health, abs=1e-9)


@settings(max_examples=25, deadline=None)
@given(seed=seeds)
def test_random_responses_cost_the_same_twice(seed):
    """Any panel, any services, any contract."""
    made = random_instance(seed % 1000)
    contract = random_contract(made, seed)
    for practice in made.practices:
        compiled = compile_practice(
            practice_scope(made, practice), paid_tiers(contract), tuple(contract.lines), contract.benchmarks
        )
        x = random_activities(compiled, seed, contract.benchmarks.counts_elsewhere)
        agree(made, contract, outcome_of(compiled, contract, x))


@settings(max_examples=15, deadline=None)
@given(seed=seeds)
def test_best_responses_cost_the_same_twice(seed):
    """At best responses measures sit on their thresholds: the tiers must still agree."""
    made = random_instance(seed % 1000)
    contract = random_contract(made, seed)
    for outcome in respond(made, contract):
        agree(made, contract, outcome)
        possible = effective_care(made, outcome.response)
        for key, value in outcome.response.effective.items():
            assert value <= possible[key] + 1e-5


@settings(max_examples=10, deadline=None)
@given(seed=seeds)
def test_the_pricing_problem_counts_the_same_dollars(seed):
    """Follower utility, payer's value and every row of the pricing problem, at random levers."""
    made = random_instance(seed % 1000)
    counts = seed % 2 == 1  # such a model cannot begin with bonuses in force
    if counts:
        made = replace(made, status_quo=replace(made.status_quo, bonuses={}))
    model = PaymentModel(
        "all",
        "",
        "",
        tuple(LeverRule(kind, (), 0.0, 150.0, "") for kind in LEVER_KINDS),
        Rules(),
        sharing=drawn_sharing(np.random.default_rng(seed)),
        counts_elsewhere=counts,
    )
    problem, payer = build(made, model)
    contract = replace(random_contract(made, seed), benchmarks=payer.benchmarks)
    levers = payer.lever_values(contract)
    rows = problem.rules @ levers
    health = outlay = 0.0
    for number, follower in enumerate(problem.followers):
        x = random_activities(payer.practices[number], seed, counts)
        products = levers[follower.levers] * (follower.features @ x)
        rows = rows + follower.row_x @ x + follower.row_product @ products
        plain = account(made, contract, payer.response(number, x, levers))
        utility = follower.objective @ x + follower.objective_constant + follower.payment @ products
        assert utility == pytest.approx(plain.utility, abs=CENT)
        value = follower.value @ x + follower.value_product @ products + follower.value_constant
        assert value == pytest.approx(made.practices[number].count * plain.health, abs=1e-7)
        health += value
        outlay += made.practices[number].count * plain.outlay
        place = problem.row_names.index(f"income of {follower.name}")
        today = payer.status_quo[number].net_income
        floor = today - (1 - made.income_floor) * abs(today)
        assert rows[place] - problem.row_lower[place] == pytest.approx(plain.net_income - floor, abs=CENT)
    budget = problem.row_names.index("budget")
    left = payer.budget - outlay
    assert problem.row_upper[budget] - rows[budget] == pytest.approx(left, abs=CENT * 100)
