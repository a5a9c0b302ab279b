"""Simulations without a simulator: figures drawn at random, so that what is made of them can be checked."""

from __future__ import annotations

import numpy as np

from incentive_opt.domain.contract import Contract
from incentive_opt.domain.instance import Instance
from incentive_opt.simulate.curves import curve_of
from incentive_opt.simulate.expected import expected_year
from incentive_opt.simulate.figures import quantities
from incentive_opt.simulate.interval import estimates
from incentive_opt.simulate.ledger import settle
from incentive_opt.simulate.plan import Plan
from incentive_opt.simulate.run import Simulation
from incentive_opt.simulate.world import terms_of, world_of


def two_tiers(instance: Instance, first: float = 10.5, second: float = 4.4) -> Contract:
    """The contract in force of two_practices with a bonus on each tier; its README derives 10.50 and 4.40."""
    bonuses = {("thorough_visit", 1): first, ("thorough_visit", 2): second}
    return Contract(
        fees=instance.status_quo.fees,
        bonuses=bonuses,
        thresholds={("thorough_visit", 1): 0.5, ("thorough_visit", 2): 0.9},
        title="Two tiers",
    )


def made_up(
    instance: Instance, contract: Contract, seed: int, replications: int = 4, behaviour: str = "rational"
) -> Simulation:
    """A simulation whose figures are random numbers; its ledger is that of practices that do nothing."""
    world, terms = world_of(instance), terms_of(instance, contract)
    names = quantities(world, terms)
    draws = np.random.default_rng(seed).uniform(0.1, 0.9, size=(replications, len(names)))
    _, segments, services, _, _ = world.shape
    idle = Plan(np.ones(segments), np.zeros((services, segments)), np.zeros(3))
    curves = [curve_of(need, False) for need in instance.needs]
    ledger = settle(world, terms, expected_year(world, [[idle] for _ in instance.practices], curves))
    return Simulation(behaviour, 7, names, draws, estimates(draws), ledger, instance.simulation.assumed())
