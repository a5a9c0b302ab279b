"""The kinds of practice within a type."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from incentive_opt.domain.simulation import BehaviourTerms, Simulation, Spread
from incentive_opt.simulate.assumptions import Assumptions
from incentive_opt.simulate.characters import FEWEST_QUANTAL, characters_of
from incentive_opt.simulate.world import World, world_of
from tests.simulate.small_worlds import practice, service, small


def world(characters: int, altruism: float = 0.3, effort: float = 0.2, scale: float = 4.0) -> World:
    """Two services for one need, in a practice with an altruism of 10,000 and an effort scale of 2."""
    simulation = Simulation(
        Spread(altruism, effort, characters=characters),
        behaviour=BehaviourTerms(quantal_usd_per_service=scale),
    )
    office = practice(altruism=10_000.0, effort_scale=2.0)
    services = (service(), service("call"))
    return world_of(replace(small(practices=(office,), services=services), simulation=simulation))


@pytest.mark.parametrize("number", [2, 5, 12, 40])
def test_means_are_the_types_own(number: int) -> None:
    """Altruism and effort average exactly what the instance says, and spread about as asked."""
    found = characters_of(world(number), 0, Assumptions(spread=True))
    altruism = np.array([c.altruism for c in found])
    effort = np.array([c.effort_scale for c in found])
    assert len(found) == number
    assert altruism.mean() == pytest.approx(10_000.0, rel=1e-12)
    assert effort.mean() == pytest.approx(2.0, rel=1e-12)
    assert altruism.std() / altruism.mean() == pytest.approx(0.3, rel=0.06)
    assert effort.std() / effort.mean() == pytest.approx(0.2, rel=0.06)
    assert all(np.all(c.error == 0.0) for c in found)


def test_altruism_and_effort_go_their_own_ways() -> None:
    """Caring practices are not the ones that find work easy."""
    found = characters_of(world(12), 0, Assumptions(spread=True))
    together = np.corrcoef([c.altruism for c in found], [c.effort_scale for c in found])[0, 1]
    assert abs(together) < 0.2


def test_without_spread_there_is_one() -> None:
    """The type itself; also where the instance spreads nothing all are alike."""
    alone = characters_of(world(12), 0, Assumptions(spread=False))
    assert [(c.altruism, c.effort_scale) for c in alone] == [(10_000.0, 2.0)]
    alike = characters_of(world(12, altruism=0.0, effort=0.0), 0, Assumptions(spread=True))
    assert len(alike) == 12
    assert all(c.same_as(alone[0]) for c in alike)
    assert not alone[0].same_as(characters_of(world(12), 0, Assumptions(spread=True))[0])


def test_errors_average_to_nothing() -> None:
    """Errors of perception have mean 0 over a type's characters and the spread of a difference of Gumbels."""
    found = characters_of(world(400), 0, Assumptions(spread=False), quantal=True)
    errors = np.array([c.error for c in found])
    assert errors.shape == (400, 2)
    assert errors.mean(axis=0) == pytest.approx([0.0, 0.0], abs=1e-12)
    assert errors.std(axis=0) == pytest.approx(4.0 * np.pi / np.sqrt(3.0), rel=0.15)
    # Both share the error of giving no care, so half their variance is common.
    assert np.corrcoef(errors.T)[0, 1] == pytest.approx(0.5, abs=0.15)
    assert all(c.altruism == 10_000.0 for c in found)


def test_errors_need_company() -> None:
    """A type of one character still gets several for the errors; the same ones every time."""
    found = characters_of(world(1), 0, Assumptions(spread=True), quantal=True)
    again = characters_of(world(1), 0, Assumptions(spread=True), quantal=True)
    assert len(found) == FEWEST_QUANTAL
    assert all(a.same_as(b) for a, b in zip(found, again, strict=True))
    assert len({float(c.error[0]) for c in found}) == FEWEST_QUANTAL
