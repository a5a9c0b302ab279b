"""A dollar is computed three times: formulation, payment arithmetic, and the simulator's own ledger."""

from __future__ import annotations

import secrets
from dataclasses import replace

import numpy as np
import pytest

import incentive_opt as io
from incentive_opt.certify.best_response import best_response
from incentive_opt.domain.contract import Contract
from incentive_opt.domain.instance import Instance
from incentive_opt.formulation.status_quo import respond
from incentive_opt.payment import account
from incentive_opt.simulate.behaviour import Assumptions, plans_of
from incentive_opt.simulate.curves import curve_of
from incentive_opt.simulate.expected import expected_year
from incentive_opt.simulate.ledger import Ledger, settle
from incentive_opt.simulate.world import terms_of, world_of

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
        s.name: float(instance.status_quo.fees.get(s.name, 0.0) * generator.uniform(0.6, 1.6) + generator.uniform(0, 9))
        for s in instance.services
    }
    capitation = {s.name: float(generator.uniform(0.0, 10.0)) for s in instance.segments if s.contracted}
    measure = instance.measures[int(generator.integers(len(instance.measures)))]
    bonus = {(measure.name, 1): float(generator.uniform(0.0, 20.0))}
    return Contract(fees=fees, capitation=capitation, bonuses=bonus)


@pytest.mark.parametrize("name", ["two_practices", "medicaid_statewide"])
@pytest.mark.parametrize("which", ["in force", "drawn"])
def test_three_ways_agree(name: str, which: str) -> None:
    """Revenue, care elsewhere and income of every type agree to the cent, health to 0.1 %."""
    instance = io.read_instance(name)
    seed = secrets.randbits(32)
    contract = instance.status_quo if which == "in force" else drawn(instance, seed)
    ledger = ledger_of(instance, contract)
    formulated = respond(instance, contract, [p.name for p in instance.practices])
    for row, practice in enumerate(instance.practices):
        certified, utility = best_response(instance, practice, contract)
        first = account(instance, contract, certified)
        assert account(instance, contract, formulated[row].response).utility == pytest.approx(utility, rel=1e-7)
        context = f"{practice.name}, seed {seed}"
        own = ledger.income[row] - ledger.burdens[row] + practice.altruism * ledger.own_health[row]
        assert own == pytest.approx(utility, rel=1e-7), context
        assert abs(ledger.revenue[row] - first.revenue.total) < CENT, context
        assert abs(ledger.outside[row] - first.outside_cost) < CENT, context
        assert abs(ledger.income[row] - first.net_income) < CENT, context
        assert ledger.health[row] == pytest.approx(first.health, rel=1e-3), context


def test_a_design_is_paid_as_it_promises(tmp_path: object) -> None:
    """The optimiser's design for two practices: its dollars to the cent, its health to 0.1 %."""
    instance = io.read_instance("two_practices")
    design = io.solve(instance, "quality_bonus", gap=0.001, time_limit=30)
    ledger = ledger_of(instance, design.contract)
    promised = design.document
    assert abs(ledger.total(ledger.outlay) - promised["budget"]["outlay_usd"]) < CENT
    assert ledger.total(ledger.health) == pytest.approx(promised["objective"]["health_qaly"], rel=1e-3)
    for row, practice in enumerate(promised["practices"]):
        assert abs(ledger.revenue[row] - practice["revenue_usd"]) < CENT
        assert abs(ledger.income[row] - practice["net_income_usd"]) < CENT


def test_a_wrong_fee_is_seen() -> None:
    """The comparison can fail: one fee a cent higher is seen in dollars."""
    instance = io.read_instance("two_practices")
    contract = instance.status_quo
    higher = replace(contract, fees={**contract.fees, "well_visit_short": contract.fees["well_visit_short"] + 0.01})
    first, second = ledger_of(instance, contract), ledger_of(instance, higher)
    assert np.abs(first.revenue - second.revenue).max() > CENT
