"""The payer's problem: rows, rules, margin, and the way back to contracts."""

import dataclasses

import numpy as np
import pytest

from incentive_opt.domain.contract import Contract
from incentive_opt.domain.instance import Measure, Rules
from incentive_opt.domain.payment_model import LeverRule, PaymentModel
from incentive_opt.errors import InputError
from incentive_opt.formulation.build import build
from incentive_opt.formulation.payer import income_limit
from incentive_opt.formulation.status_quo import outcome_of
from tests.formulation.hand_made import instance, practice, random_activities, random_instance, service


def model(rules=Rules(), upper=60.0):  # noqa: B008
    """Everything may move."""
    return PaymentModel(
        "all",
        "",
        "",
        (
            LeverRule("fee", (), 0.0, upper, "", 0.0, 2.0),
            LeverRule("capitation", (), 0.0, upper, ""),
            LeverRule("bonus", (), 0.0, upper, ""),
        ),
        rules,
    )


def row_room(problem, levers):
    """How far the lever part of each row is inside; rows with followers are left out."""
    own = np.array([not (name == "budget" or name.startswith("income of")) for name in problem.row_names])
    value = problem.rules @ levers
    return np.minimum(value - problem.row_lower, problem.row_upper - value)[own]


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_the_status_quo_meets_every_row(seed):
    """Without a budget the status quo spends exactly what it may, and no rule is broken."""
    made = random_instance(seed)
    problem, payer = build(
        made, model(Rules(rvu_budget_neutral=True, max_services_repriced=2, max_measures=1, max_tiers=1))
    )
    levers = problem.starts[0]
    value = problem.rules @ levers
    for follower, today in zip(problem.followers, payer.status_quo, strict=True):
        x = today.activities
        value = (
            value
            + follower.row_x @ x
            + follower.row_product @ (levers[follower.levers] * (follower.features @ x))
        )
    assert np.all(value <= problem.row_upper + 1e-4)
    assert np.all(value >= problem.row_lower - 1e-4)
    budget = problem.row_names.index("budget")
    assert value[budget] == pytest.approx(problem.row_upper[budget], abs=1e-2)


def test_contracts_and_lever_vectors_are_the_same_thing():
    """There and back, with zeros left out and thresholds filled in."""
    made = random_instance(5)
    _, payer = build(made, model())
    contract = Contract(
        fees={"service0_0": 33.0}, capitation={"segment1": 2.0}, bonuses={("measure1", 2): 7.0}
    )
    back = payer.contract(payer.lever_values(contract))
    assert back.fees == contract.fees
    assert back.capitation == contract.capitation
    assert back.bonuses == contract.bonuses
    assert back.thresholds == {("measure1", 2): made.measures[1].thresholds[1]}


def test_each_lever_has_at_most_one_feature_per_follower():
    """And only levers that can be other than zero have one."""
    made = random_instance(6)
    problem, _ = build(
        made, PaymentModel("fees", "", "", (LeverRule("fee", (), 0.0, 9.0, "", 0.5, 2.0),), Rules())
    )
    for follower in problem.followers:
        assert len(set(follower.levers.tolist())) == len(follower.levers)
        assert np.all(problem.lever_upper[follower.levers] > 0)
        assert follower.features.shape == (len(follower.levers), len(follower.objective))
        priced = {problem.lever_names[lever] for lever in follower.levers}
        assert "bonus:measure0:1" in priced  # paid today, and not movable
        assert "bonus:measure1:1" not in priced


def test_limits_that_cannot_bind_need_no_switches():
    """Eight services may be repriced where there are eight."""
    made = random_instance(7)
    problem, _ = build(made, model(Rules(max_services_repriced=8, max_measures=2, max_tiers=2)))
    assert not problem.lever_integer.any()


def test_limits_on_services_measures_and_tiers():
    """A vector with as many changes as allowed fits; one change more does not, whatever the switches."""
    made = random_instance(8, measures=3, tiers=2)
    problem, payer = build(made, model(Rules(max_services_repriced=1, max_measures=1, max_tiers=1)))
    force = made.status_quo
    base = Contract(fees=force.fees, capitation=force.capitation)
    raised = {name: fee * 1.5 for name, fee in force.fees.items()}
    one_fee = dataclasses.replace(base, fees={**force.fees, "service0_0": raised["service0_0"]})
    two_fees = dataclasses.replace(
        one_fee, fees={**one_fee.fees, "service1_0": force.fees["service1_0"] * 0.5}
    )
    one_tier = dataclasses.replace(base, bonuses={("measure0", 2): 5.0})
    two_tiers = dataclasses.replace(base, bonuses={("measure0", 1): 5.0, ("measure0", 2): 5.0})
    two_measures = dataclasses.replace(base, bonuses={("measure0", 1): 5.0, ("measure1", 1): 5.0})
    for contract, fits in (
        (base, True),
        (one_fee, True),
        (one_tier, True),
        (two_fees, False),
        (two_tiers, False),
        (two_measures, False),
    ):
        room = row_room(problem, payer.lever_values(contract))
        assert bool(room.min() >= -1e-9) is fits
    for contract in (two_fees, two_tiers, two_measures):
        levers = payer.lever_values(contract)
        levers[len(payer.levers) :] = 0.0  # no switch on: the prices themselves break the rules
        assert row_room(problem, levers).min() < 0


def test_rvu_neutrality_counts_status_quo_volumes():
    """100 visits at 50 USD: the fee may move by the tolerance and no further."""
    made = instance(measures=())
    problem, payer = build(made, model(Rules(rvu_budget_neutral=True, rvu_neutral_tolerance=0.01)))
    for fee, fits in ((50.5, True), (49.5, True), (50.6, False), (49.4, False)):
        room = row_room(problem, payer.lever_values(Contract(fees={"visit": fee})))
        assert bool(room.min() >= -1e-6) is fits


@pytest.mark.parametrize(
    ("today", "multiple", "limit"),
    [(100.0, 0.97, 97.0), (100.0, 1.5, 150.0), (-100.0, 0.97, -103.0), (-100.0, 1.5, -50.0)],
)
def test_income_limits_of_gains_and_losses(today, multiple, limit):
    """A practice that loses money today may lose as much more as another may earn less."""
    assert income_limit(today, multiple) == pytest.approx(limit)


def test_the_margin_is_the_formula_of_the_mathematics():
    """Harm is margin x (health or outlay, in per cent of the status quo), from the definition."""
    made = random_instance(9, margin=50.0)
    problem, payer = build(made, model())
    levers = payer.lever_values(made.status_quo)
    for number, follower in enumerate(problem.followers):
        compiled, today = payer.practices[number], payer.status_quo[number]
        x, y = (random_activities(compiled, seed) for seed in (1, 2))
        at = [outcome_of(compiled, made.status_quo, one) for one in (x, y)]
        harm = [
            follower.harm_x @ one
            + follower.harm_product @ (levers[follower.levers] * (follower.features @ one))
            for one in (x, y)
        ]
        expected = [
            50.0 * (at[1].health - at[0].health) / (0.01 * abs(today.health)),
            50.0 * (at[0].outlay - at[1].outlay) / (0.01 * abs(today.outlay)),
        ]
        assert harm[0] - harm[1] == pytest.approx(expected, rel=1e-9, abs=1e-6)


def test_no_margin_no_directions():
    """Margin zero gives harm matrices without rows."""
    problem, _ = build(random_instance(9), model())
    assert all(
        follower.harm_x.shape[0] == follower.harm_product.shape[0] == 0 for follower in problem.followers
    )


def test_a_margin_above_altruism_is_refused_and_the_largest_allowed_is_named():
    """Status-quo health 0.1 QALY, so 1 % is 0.001: 1,000 USD/QALY bears a margin of 1 USD, not of 2."""
    build(instance(margin=0.999), model())
    with pytest.raises(InputError, match=r"at most 1, because office"):
        build(instance(margin=2.0), model())


def test_a_measure_in_the_follower_but_not_in_the_contract_is_not_reported():
    """A tier without money under the levers does not count as attained."""
    made = instance(
        measures=(Measure("rate", "", {"visit": 1.0}, "well_care", (), (0.5,), 0.0),),
        services=(service("visit"),),
        practices=(practice(),),
    )
    problem, payer = build(made, model())
    x = np.array([float(column[0] in ("tier", "panel")) for column in payer.practices[0].columns])
    assert payer.response(0, x).tiers == {"rate": 1}
    assert payer.response(0, x, problem.starts[0]).tiers == {"rate": 0}
