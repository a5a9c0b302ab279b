"""The practice's problem as arrays: bounds on paper, rows, and Pyomo's own answer."""

import dataclasses

import numpy as np
import pyomo.environ as pyo
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from incentive_opt.domain.contract import Contract
from incentive_opt.domain.instance import Measure, Panel
from incentive_opt.formulation.compile import compile_practice
from incentive_opt.formulation.practice import best_response_model
from incentive_opt.formulation.scope import practice_scope
from incentive_opt.formulation.status_quo import outcome, outcome_of, paid_tiers
from tests.formulation.hand_made import instance, need, practice, random_activities, random_instance, service


def small():
    """100 children asked, 40 kept at least; 2 events each; half-effective visits; one tier."""
    return instance(
        needs=(need(events=2.0, curve=((0.0, 0.0), (0.5, 0.75), (1.0, 1.0))),),
        services=(service("visit", effectiveness=0.5),),
        panels=(Panel("office", "child", 100.0, 40.0),),
        practices=(practice(overtime_hours_per_fte=(50.0,), overtime_wage_multiples=(1.5,)),),
        measures=(Measure("rate", "", {"visit": 1.0}, "well_care", (), (0.5,), 0.0),),
    )


def compiled_of(made):
    """The only practice, compiled."""
    return compile_practice(practice_scope(made, made.practices[0]))


def test_bounds_are_those_on_paper():
    """200 events; at most 100 delivered effects are half of them, which is 75 % of the effect, 150."""
    one = compiled_of(small())
    bounds = dict(zip(one.columns, zip(one.lower.tolist(), one.upper.tolist(), strict=True), strict=True))
    assert bounds == {
        ("panel", "child", ""): (40.0, 100.0),
        ("services", "visit", "child"): (0.0, 200.0),
        ("effective", "well_care", "child"): (0.0, pytest.approx(150.0)),
        ("overtime", "clinician", 0): (0.0, 50.0),
        ("tier", "rate", 1): (0.0, 1.0),
        ("eligible", "rate", 1): (0.0, 200.0),
    }
    assert [column for column, whole in zip(one.columns, one.integer, strict=True) if whole] == [
        ("tier", "rate", 1)
    ]


def test_rows_are_those_on_paper():
    """Each row by name, on a panel of 80 children, 100 visits, 3 overtime hours, tier attained."""
    one = compiled_of(small())
    x = np.array([80.0, 100.0, 60.0, 3.0, 1.0, 160.0])
    room = dict(zip(one.row_names, one.row_upper - one.matrix @ x, strict=True))
    assert room == pytest.approx(
        {
            "care_within_need[well_care,child]": 160 - 100,
            "concave_effect[well_care,child,0]": 1.5 * 50 - 60,
            "concave_effect[well_care,child,1]": 0.5 * 50 + 0.5 * 160 - 60,
            "staff_time[clinician]": 60_000 + 180 - 1000,
            "tier_attained[rate,1]": 100 - 0.5 * 160,
            "paid_within_denominator[rate,1]": 0.0,
            "paid_if_attained[rate,1]": 200 - 160,
            "paid_for_all[rate,1]": 200 + 160 - 160 - 200,
        }
    )
    assert np.all(np.isneginf(one.row_lower))


def test_a_target_takes_the_place_of_the_threshold():
    """Aiming at 60 % where 50 % are asked, 80 children need 96 visits; nothing else in the problem moves."""
    made = small()
    before, after = (
        compiled_of(one) for one in (made, dataclasses.replace(made, attainment={("office", "rate", 1): 0.6}))
    )
    row = after.row_names.index("tier_attained[rate,1]")
    x = np.array([80.0, 96.0, 60.0, 3.0, 1.0, 160.0])
    assert (after.row_upper - after.matrix @ x)[row] == pytest.approx(0.0, abs=1e-12)
    moved = np.argwhere((after.matrix - before.matrix).toarray() != 0.0).tolist()
    assert moved == [[row, after.columns.index(("eligible", "rate", 1))]]


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 2**32 - 1))
def test_anything_a_practice_can_do_is_inside(seed):
    """Random activities keep all rows and bounds but staff time, which they do not look at."""
    made = random_instance(seed % 1000)
    for one in (compile_practice(practice_scope(made, p)) for p in made.practices):
        x = random_activities(one, seed)
        checked = np.array([not name.startswith("staff_time") for name in one.row_names])
        excess = (one.matrix @ x - one.row_upper)[checked]
        assert excess.max() <= 1e-7
        assert (x - one.upper).max() <= 1e-7
        assert (one.lower - x).max() <= 1e-7


@pytest.mark.parametrize("seed", [11, 12])
def test_pyomo_finds_the_same_best_response(seed):
    """The readable model, solved through Pyomo, has the utility found on the arrays."""
    made = random_instance(seed)
    for one in made.practices:
        scope = practice_scope(made, one)
        model = best_response_model(scope, made.status_quo)
        solver = pyo.SolverFactory("appsi_highs")
        solver.highs_options = {"mip_rel_gap": 0.0}
        solver.solve(model)
        ours = outcome(compile_practice(scope, paid_tiers(made.status_quo)), made.status_quo)
        assert pyo.value(model.utility) == pytest.approx(ours.utility, abs=0.01)


@pytest.mark.parametrize("seed", [21, 22])
def test_tiers_without_money_change_nothing(seed):
    """The whole menu compiled, or only the tiers that are paid: the same best utility and health."""
    made = random_instance(seed, tiers=3)
    for one in made.practices:
        scope = practice_scope(made, one)
        whole = outcome(compile_practice(scope), made.status_quo)
        paid = outcome(compile_practice(scope, paid_tiers(made.status_quo)), made.status_quo)
        assert whole.utility == pytest.approx(paid.utility, abs=0.01)
        assert whole.health == pytest.approx(paid.health, abs=1e-6)


def test_a_need_without_services_has_no_effect_and_leaks():
    """No way of delivering: no effective care, all events uncovered."""
    made = instance(needs=(need(), need("speech", events=0.5, uncovered_cost=10.0)))
    one = compiled_of(made)
    assert not any(column[1] == "speech" for column in one.columns)
    assert outcome(one, made.status_quo).outside_cost == pytest.approx(10 * 50)


def test_segments_the_practice_does_not_have_are_left_out():
    """A panel of nobody asks for nothing."""
    made = instance(panels=(Panel("office", "child", 0.0, 0.0),))
    one = compiled_of(made)
    assert one.columns == ()
    assert outcome_of(one, Contract(fees={"visit": 1.0}), np.zeros(0)).revenue == 0.0


def test_a_measure_too_small_for_money_has_no_tiers():
    """200 events asked for, 201 required."""
    made = small()
    measure = dataclasses.replace(made.measures[0], minimum_denominator=201.0)
    one = compiled_of(dataclasses.replace(made, measures=(measure,)))
    assert not one.integer.any()
    assert not any(key[0] == "bonus" for key in one.feature_keys)
