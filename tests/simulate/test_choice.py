"""One practice's best plan, where it is known on paper."""

from __future__ import annotations

import secrets
from dataclasses import replace
from typing import Any

import highspy
import numpy as np
import pytest

from incentive_opt.domain.contract import Contract
from incentive_opt.domain.instance import Instance, Panel, Segment
from incentive_opt.errors import InputError
from incentive_opt.simulate.assumptions import Assumptions
from incentive_opt.simulate.behaviour import plans_of
from incentive_opt.simulate.characters import characters_of
from incentive_opt.simulate.deciding import Practice
from incentive_opt.simulate.plan import Plan
from incentive_opt.simulate.program import Draft, Infeasible, Program, SolverFailed
from incentive_opt.simulate.world import terms_of, world_of
from tests.simulate.small_worlds import BENT, CHILDREN, need, practice, service, small


def plan_of(instance: Instance, contract: Contract | None = None, **assumptions: bool) -> Plan:
    """The rational plan of the only practice."""
    plans = plans_of(
        world_of(instance), contract or instance.status_quo, "rational", Assumptions(**assumptions)
    )
    return plans[0][0]


def paying(**fees: float) -> Contract:
    """These fees, nothing else."""
    return Contract(fees=fees)


@pytest.mark.parametrize("fee", [0.0, 10.0, 19.9, 20.1, 40.0])
def test_serves_if_fee_and_worth_exceed_cost(fee: float) -> None:
    """Supplies 7, effort 2 x 11, worth 9,000 x (0.0008 + 0.0002) = 9: care is given from a fee of 20 on."""
    instance = small(
        needs=(need(qaly_per_event=0.0008, uncovered_qaly_loss=0.0002),),
        services=(service(supply_cost=7.0, effort_cost=11.0),),
        practices=(practice(altruism=9000.0, effort_scale=2.0),),
    )
    plan = plan_of(instance, paying(visit=fee))
    assert plan.served[0, 0] == pytest.approx(float(fee > 20.0))
    gain = max(0.0, fee - 20.0) * CHILDREN
    assert plan.worth == pytest.approx(gain - 9000.0 * 0.0002 * CHILDREN)


def test_best_value_per_minute_first() -> None:
    """All short visits (3.2 USD a minute), then long ones (3.0) while time lasts; calls (2.8) get none."""
    instance = small(
        hours=300.0,
        needs=(need("a"), need("b"), need("c")),
        services=(service("short", "a", 10.0), service("long", "b", 20.0), service("call", "c", 5.0)),
    )
    plan = plan_of(instance, paying(short=32.0, long=60.0, call=14.0))
    assert plan.served[:, 0] == pytest.approx([1.0, 0.4, 0.0], abs=1e-8)
    assert plan.overtime == pytest.approx([0.0, 0.0, 0.0])
    assert plan.worth == pytest.approx(32_000.0 + 24_000.0)


@pytest.mark.parametrize(("fee", "hours"), [(29.0, 0.0), (31.0, 100.0), (59.0, 100.0), (61.0, 250.0)])
def test_overtime_is_worked_while_it_pays(fee: float, hours: float) -> None:
    """Visits of 30 minutes; overtime costs 60 USD an hour, then 120: it takes fees of 30 and of 60."""
    office = practice(overtime_hours_per_fte=(100.0, 150.0), overtime_wage_multiples=(1.0, 2.0))
    instance = small(hours=100.0, services=(service(minutes=30.0),), practices=(office,))
    plan = plan_of(instance, paying(visit=fee))
    assert plan.overtime[0] == pytest.approx(hours, abs=1e-6)
    assert plan.served[0, 0] == pytest.approx((100.0 + hours) * 2.0 / CHILDREN)


@pytest.mark.parametrize("cost", [8.0, 12.0, 20.0, 29.0, 40.0])
def test_concave_effect_stops_where_its_slope_says(cost: float) -> None:
    """Smooth: care up to the share whose slope times 20 is the cost. In pieces: up to a knot."""
    instance = small(
        needs=(need(curve=BENT),),
        services=(service(effort_cost=cost),),
        practices=(practice(altruism=20_000.0),),
    )
    slope = cost / 20.0  # from 2.25 to 0.75 over the first half, to 0.25 over the second
    share = (2.25 - slope) / 3.0 if slope > 0.75 else 0.5 + 0.5 * (0.75 - slope) / 0.5
    smooth = plan_of(instance, paying())
    assert smooth.served[0, 0] == pytest.approx(share, abs=2e-3)
    pieces = plan_of(instance, paying(), smooth=False)
    assert pieces.served[0, 0] == pytest.approx(1.0 if cost < 10.0 else 0.5 if cost < 30.0 else 0.0)


@pytest.mark.parametrize("fee", [24.0, 26.0])
def test_child_is_kept_if_it_pays(fee: float) -> None:
    """Two visits a year net of 5 USD supplies each, against 40 USD a child: kept from a fee of 25 on."""
    instance = small(
        needs=(need(events=2.0),),
        services=(service(supply_cost=5.0),),
        practices=(practice(cost_per_child=40.0),),
        panels=(Panel("office", "child", CHILDREN, 300.0),),
    )
    plan = plan_of(instance, paying(visit=fee))
    assert plan.kept[0] == pytest.approx(1.0 if fee > 25.0 else 0.3)


@pytest.mark.parametrize("month", [3.3, 3.4])
def test_capitation_counts_twelve_times(month: float) -> None:
    """A child costs 40 USD a year: 3.30 a month do not cover it, 3.40 do."""
    instance = small(
        practices=(practice(cost_per_child=40.0),), panels=(Panel("office", "child", CHILDREN, 300.0),)
    )
    plan = plan_of(instance, Contract(capitation={"child": month}))
    assert plan.kept[0] == pytest.approx(1.0 if month > 40.0 / 12.0 else 0.3)


def test_other_payers_pay_a_multiple_of_todays_fee() -> None:
    """Their children are cared for as 1.5 x 50 exceeds the cost, whatever this contract pays."""
    segments = (Segment("child", "", 1.0), Segment("other", "", 1.0, False, 1.5))
    instance = small(
        segments=segments,
        needs=(need(), need(segment="other")),
        services=(service(effort_cost=74.0),),
        panels=(Panel("office", "child", CHILDREN, CHILDREN), Panel("office", "other", CHILDREN, CHILDREN)),
    )
    plan = plan_of(instance, paying(visit=70.0))
    assert plan.served[0] == pytest.approx([0.0, 1.0])
    assert plan.worth == pytest.approx(CHILDREN * (75.0 - 74.0))


def test_absent_segments_and_needs_are_left_alone() -> None:
    """A practice without children of a segment, and a need that no service meets."""
    instance = small(
        segments=(Segment("child", "", 1.0), Segment("absent", "", 1.0)),
        needs=(need(), need(segment="absent"), need("unmet", uncovered_qaly_loss=0.001)),
        practices=(practice(altruism=1000.0),),
    )
    plan = plan_of(instance)
    assert plan.kept == pytest.approx([1.0, 0.0])
    assert plan.served[0] == pytest.approx([1.0, 0.0])
    assert plan.worth == pytest.approx(CHILDREN * (50.0 + 1.0 - 1.0))


def test_too_many_children_for_the_staff() -> None:
    """A practice that cannot keep its fewest children is named, with what to do."""
    crowded = small(hours=10.0)
    clinician = replace(crowded.staff["clinician"], panel_minutes_per_child=5.0)
    instance = replace(crowded, staff={**crowded.staff, "clinician": clinician})
    with pytest.raises(InputError, match=r"panels\.csv, practice=office") as caught:
        plan_of(instance)
    assert caught.value.problems[0].remedy


def test_decisions_do_not_depend_on_those_before() -> None:
    """A practice asked in another order, or for the first time, plans the very same."""
    seed = secrets.randbits(32)
    draw = np.random.default_rng(seed)
    office = practice(altruism=20_000.0, overtime_hours_per_fte=(100.0,), overtime_wage_multiples=(1.0,))
    needs = tuple(need(name, curve=BENT, qaly_per_event=draw.uniform(0.001, 0.003)) for name in "abcd")
    services = tuple(
        service(f"{name}{mode}", name, draw.uniform(5, 30), effort_cost=draw.uniform(0, 40))
        for name in "abcd"
        for mode in "12"
    )
    instance = small(hours=700.0, needs=needs, services=services, practices=(office,))
    world = world_of(instance)
    character = characters_of(world, 0, Assumptions(spread=False))[0]
    contracts = [paying(**{s.name: draw.uniform(0, 50) for s in services}) for _ in range(4)]
    used = Practice(world, 0, Assumptions())
    for contract in [*contracts, *contracts[::-1]]:
        terms = terms_of(instance, contract)
        first, again = (
            Practice(world, 0, Assumptions()).decide(character, terms),
            used.decide(character, terms),
        )
        assert np.array_equal(first.served, again.served), f"seed {seed}"
        assert first.worth == again.worth, f"seed {seed}"


def program(upper: float, floor: float) -> Program:
    """Maximise x between 0 and ``upper``, at least ``floor``, at most 10 unless ``upper`` is infinite."""
    draft = Draft()
    column = draft.column(0.0, upper)
    draft.row([(column, 1.0)], floor, 10.0 if upper < 1e9 else float("inf"))
    made = Program(draft, "office")
    made.set_costs(np.array([1.0]))
    return made


def test_program_says_what_is_wrong() -> None:
    """An optimum, no point at all, and no best point are told apart, by name."""
    best: Any = program(20.0, 0.0).solve()
    assert best[1] == pytest.approx(10.0)
    with pytest.raises(Infeasible, match="office"):
        program(20.0, 11.0).solve()
    with pytest.raises(SolverFailed, match="office"):
        program(float("inf"), 0.0).solve()


def test_another_number_of_threads_is_no_obstacle() -> None:
    """HiGHS keeps the number of threads of the first program in a process; this one solves nevertheless."""
    other = highspy.Highs()
    other.setOptionValue("output_flag", False)
    other.setOptionValue("threads", 2)
    other.addVar(0.0, 1.0)
    other.run()
    assert program(20.0, 0.0).solve()[1] == pytest.approx(10.0)


def test_program_starts_afresh() -> None:
    """Appended rows and changed coefficients are gone after a restart."""
    made = program(20.0, 0.0)
    made.add_rows([[(0, 1.0)], [(0, 2.0)]], -float("inf"), 6.0)
    assert made.solve()[1] == pytest.approx(3.0)
    made.set_row(0, [(0, 5.0)], 0.0, 10.0)
    assert made.solve()[1] == pytest.approx(2.0)
    made.restart()
    made.set_costs(np.array([1.0]))
    assert made.solve()[1] == pytest.approx(10.0)
