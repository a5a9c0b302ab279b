"""Promises of a design in kinds are made of its types, and the simulator's own kinds keep them."""

from __future__ import annotations

import math

import pytest

import incentive_opt as io
from incentive_opt.simulate.assumptions import Assumptions
from incentive_opt.simulate.run import PLAIN
from incentive_opt.solve import Design
from incentive_opt.validate.causes import model_values
from incentive_opt.validate.promises import key_of, promises_of
from incentive_opt.validate.simulations import Asked, Simulations
from incentive_opt.validate.source import source_of

KINDS = 3


@pytest.fixture(scope="module")
def design() -> Design:
    """Both practices in three kinds; 515,000 USD are enough for two tiers with any of them."""
    return io.solve("two_practices", "quality_bonus", gap=1e-6, kinds=KINDS)


def test_every_promise_is_what_the_simulator_finds_without_chance(design: Design) -> None:
    """In straight pieces and without chance, the same kinds choose the same: dollars to the cent."""
    source = source_of(design)
    promised = promises_of(source)
    work = Simulations(source.instance, Asked(replications=1))
    same = Assumptions(smooth=False, chance=False, characters=KINDS)
    found = model_values(work, source.contract, same)
    names = work.simulated(source.contract, "rational").quantities
    compared = 0
    for quantity, value in zip(names, found, strict=True):
        if key_of(quantity) in promised.searched:
            expected = promised.searched[key_of(quantity)]
            assert abs(value - expected) < 0.005 or value == pytest.approx(expected, rel=1e-9), quantity
            compared += 1
    assert compared > 20
    assert promised.intended == pytest.approx(promised.searched, rel=1e-9, abs=1e-6)


def test_figures_of_a_type_are_means_over_its_kinds(design: Design) -> None:
    """Each quantity is of a type, and net income is the mean of what design.json says of its kinds."""
    values = promises_of(source_of(design)).searched
    assert {practice for _, practice, _, _ in values} == {"", "busy", "caring"}
    for name in ("busy", "caring"):
        kinds = [p for p in design.document["practices"] if p["of_type"] == name]
        mean = sum(kind["net_income_usd"] for kind in kinds) / KINDS
        assert values["net_income_usd", name, "", 0] == pytest.approx(mean)
        tiers = [kind["tiers"][0]["tier"] >= 2 for kind in kinds]
        assert values["tier_paid", name, "thorough_visit", 2] == pytest.approx(sum(tiers) / KINDS)


def test_what_differs_is_not_laid_to_spread(design: Design) -> None:
    """On the way from search to simulation the step for practices that differ is the rest of the spread."""
    validation = io.validate(design, replications=2, behaviours=["rational"])
    health = validation.waterfall.falls["health_qaly", "", "", 0]
    assert health.changes["indifference"] == pytest.approx(0.0, abs=1e-6)
    assert math.isclose(sum(health.changes.values()), health.simulated - health.searched, abs_tol=1e-9)


def test_as_many_kinds_as_characters_leave_no_spread() -> None:
    """Told apart like the simulator's practices, their differences are in the promise."""
    characters = io.read_instance("two_practices").simulation.spread.characters
    design = io.solve("two_practices", "quality_bonus", gap=1e-3, kinds=characters)
    source = source_of(design)
    work = Simulations(source.instance, Asked(replications=1))
    told_apart = Assumptions(smooth=True, chance=False, characters=characters)
    spread = Assumptions(smooth=True, chance=False)
    assert PLAIN.characters is None
    mine = model_values(work, source.contract, told_apart)
    assert mine == pytest.approx(model_values(work, source.contract, spread), nan_ok=True)
