"""A dollar is computed three times: formulation, payment arithmetic, and the simulator's own ledger."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest

import incentive_opt as io
from incentive_opt.certify.best_response import best_response
from incentive_opt.domain.contract import Contract
from incentive_opt.domain.instance import Instance
from incentive_opt.domain.lines import Benchmarks
from incentive_opt.domain.response import Response
from incentive_opt.formulation.status_quo import respond
from incentive_opt.payment import account
from incentive_opt.pools import shared_pools
from incentive_opt.simulate.behaviour import Assumptions, plans_of
from incentive_opt.simulate.curves import curve_of
from incentive_opt.simulate.expected import expected_year
from incentive_opt.simulate.ledger import Ledger, settle
from incentive_opt.simulate.plan import Plan
from incentive_opt.simulate.world import World, terms_of, world_of
from incentive_opt.solve import Design
from tests.drawn_lines import with_lines, with_partners

CERTAIN = Assumptions(smooth=False, chance=False, spread=False)
CENT = 0.005


def ledger_of(instance: Instance, contract: Contract) -> Ledger:
    """The simulator's answer with chance, spread and smooth curves switched off."""
    world = world_of(instance)
    plans = plans_of(world, contract, "rational", CERTAIN)
    curves = [curve_of(need, smooth=False) for need in instance.needs]
    return settle(world, terms_of(instance, contract), expected_year(world, plans, curves))


def drawn(instance: Instance, seed: int) -> Contract:
    """A contract with prices drawn at random: no two ways of working tie."""
    generator = np.random.default_rng(seed)
    fees = {
        s.name: float(
            instance.status_quo.fees.get(s.name, 0.0) * generator.uniform(0.6, 1.6) + generator.uniform(0, 9)
        )
        for s in instance.services
    }
    capitation = {s.name: float(generator.uniform(0.0, 10.0)) for s in instance.segments if s.contracted}
    measure = instance.measures[int(generator.integers(len(instance.measures)))]
    bonus = {(measure.name, 1): float(generator.uniform(0.0, 20.0))}
    return Contract(fees=fees, capitation=capitation, bonuses=bonus)


def plan_of(world: World, kind: int, response: Response) -> Plan:
    """What a practice does by the certificate, in the simulator's terms."""
    instance = world.instance
    segments = [segment.name for segment in instance.segments]
    asked = world.demanded[kind]
    panel = np.array([response.panel.get(name, 0.0) for name in segments])
    served = np.zeros((len(instance.services), len(segments)))
    for row, service in enumerate(instance.services):
        for column, segment in enumerate(segments):
            events = (
                world.rate[world.need_of[row, column]] * panel[column]
                if world.need_of[row, column] >= 0
                else 0.0
            )
            if events > 0.0:
                served[row, column] = response.services.get((service.name, segment), 0.0) / events
    kept = np.divide(panel, asked, out=np.zeros_like(panel), where=asked > 0.0)
    return Plan(kept, served, np.zeros(3))


def paid_for(instance: Instance, contract: Contract, responses: Sequence[Response]) -> Ledger:
    """The simulator's ledger for given ways of working."""
    world = world_of(instance)
    plans = [[plan_of(world, kind, response)] for kind, response in enumerate(responses)]
    curves = [curve_of(need, smooth=False) for need in instance.needs]
    return settle(world, terms_of(instance, contract), expected_year(world, plans, curves))


@pytest.mark.parametrize("name", ["two_practices", "medicaid_statewide"])
@pytest.mark.parametrize(
    "which", ["in force", "drawn", "drawn with other lines", "drawn with pools", "drawn with finer curves"]
)
def test_three_ways_agree(name: str, which: str) -> None:
    """Formulation, payment arithmetic and ledger agree on every type: dollars to the cent, health to 0.1 %.

    The simulator's own choice is worth as much as the best one. Where two ways of working are worth the same
    it may choose either, so the ledger is given the certified one.
    """
    instance = io.read_instance(name)
    seed = secrets.randbits(32)
    if "curves" in which:
        instance = instance.with_pieces(3)
    contract = instance.status_quo if which == "in force" else drawn(instance, seed)
    if "lines" in which:
        instance = with_partners(instance, np.random.default_rng(seed + 2))
        contract = with_lines(instance, contract, np.random.default_rng(seed + 1))
    if "pools" in which:
        instance = with_partners(instance, np.random.default_rng(seed + 2))
        shares = np.random.default_rng(seed + 1).uniform(0.0, 40.0, len(instance.measures)).tolist()
        lines = {("pool_share", m.name): usd for m, usd in zip(instance.measures, shares, strict=True)}
        contract = replace(contract, lines=lines, benchmarks=Benchmarks(counts_elsewhere=True))
    formulated = respond(instance, contract, [p.name for p in instance.practices])
    certified = [best_response(instance, practice, contract) for practice in instance.practices]
    own, responses = ledger_of(instance, contract), [response for response, _ in certified]
    pools = {name: shared.due for name, shared in shared_pools(instance, contract, responses).items()}
    ledger = paid_for(instance, replace(contract, pools=pools), responses)
    for row, practice in enumerate(instance.practices):
        (response, utility), context = certified[row], f"{practice.name}, seed {seed}"
        first = account(instance, contract, response)
        assert account(instance, contract, formulated[row].response).utility == pytest.approx(
            utility, rel=1e-7
        )
        worth = own.income[row] - own.burdens[row] + practice.altruism * own.own_health[row]
        assert worth == pytest.approx(utility, rel=1e-7), context
        assert abs(ledger.revenue[row] - first.revenue.total) < CENT, context
        assert abs(ledger.outside[row] - first.outside_cost) < CENT, context
        assert (
            abs(
                formulated[row].outside_cost
                - account(instance, contract, formulated[row].response).outside_cost
            )
            < CENT
        )
        assert abs(ledger.income[row] - first.net_income) < CENT, context
        assert ledger.health[row] == pytest.approx(first.health, rel=1e-3), context


@pytest.mark.parametrize("name", ["two_practices", "medicaid_statewide"])
def test_todays_dollars_by_the_simulators_own_choice(name: str) -> None:
    """Under the contract in force the simulator's practices choose what the certificate says, to the cent."""
    instance = io.read_instance(name)
    ledger = ledger_of(instance, instance.status_quo)
    for row, practice in enumerate(instance.practices):
        response, _ = best_response(instance, practice, instance.status_quo)
        first = account(instance, instance.status_quo, response)
        assert abs(ledger.revenue[row] - first.revenue.total) < CENT
        assert abs(ledger.outside[row] - first.outside_cost) < CENT
        assert abs(ledger.income[row] - first.net_income) < CENT
        assert ledger.health[row] == pytest.approx(first.health, rel=1e-3)


def check_design(design: Design) -> None:
    """The design's dollars by the simulator's ledger, and its practices' choices by the simulator's own."""
    instance, contract, promised = design.instance, design.contract, design.document
    intended = paid_for(instance, contract, design.intended)
    assert abs(intended.total(intended.outlay) - promised["budget"]["outlay_usd"]) < CENT
    assert intended.total(intended.health) == pytest.approx(promised["objective"]["health_qaly"], rel=1e-3)
    own = ledger_of(instance, contract)
    for row, (practice, entry) in enumerate(zip(instance.practices, promised["practices"], strict=True)):
        assert abs(intended.revenue[row] - entry["revenue_usd"]) < CENT
        assert abs(intended.income[row] - entry["net_income_usd"]) < CENT
        worth = own.income[row] - own.burdens[row] + practice.altruism * own.own_health[row]
        assert worth == pytest.approx(entry["utility_usd"], rel=1e-7), (
            "the simulator's practice chooses as well"
        )


def test_a_design_is_paid_as_it_promises() -> None:
    """The design for two practices: dollars to the cent, health to 0.1 %, by the simulator's choices too."""
    instance = io.read_instance("two_practices")
    design = io.solve(instance, "quality_bonus", gap=0.001, time_limit=30)
    check_design(design)
    ledger = ledger_of(instance, design.contract)
    assert abs(ledger.total(ledger.outlay) - design.outlay) < CENT
    assert ledger.total(ledger.health) == pytest.approx(design.health, rel=1e-3)


@pytest.mark.slow
def test_the_main_instance_is_paid_as_it_promises() -> None:
    """A design for the main instance: dollars to the cent, and no practice knows a better way of working.

    Where a practice is indifferent between ways of working the simulator may choose another than the
    design, so the ledger is given the ways of working, and the choice is compared by what it is worth.
    """
    check_design(io.solve("medicaid_statewide", "blended", time_limit=60))


def test_a_wrong_fee_is_seen() -> None:
    """The comparison can fail: one fee a cent higher is seen in dollars."""
    instance = io.read_instance("two_practices")
    contract = instance.status_quo
    higher = replace(
        contract, fees={**contract.fees, "well_visit_short": contract.fees["well_visit_short"] + 0.01}
    )
    first, second = ledger_of(instance, contract), ledger_of(instance, higher)
    assert np.abs(first.revenue - second.revenue).max() > CENT
