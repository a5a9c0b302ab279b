"""Kinds of practice within a type: means are the type's, and they are the simulator's characters."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

import pytest

from incentive_opt.domain.kinds import differ, in_kinds, types_of
from incentive_opt.files import read_instance
from incentive_opt.simulate.assumptions import Assumptions
from incentive_opt.simulate.characters import characters_of
from incentive_opt.simulate.world import world_of
from tests.architecture.imports import PACKAGE, imports

ROOT = Path(__file__).resolve().parents[2]
STATE = read_instance("medicaid_statewide")


def test_two_kinds_by_hand() -> None:
    """With a variation of 10 % two kinds lie at exp(-s) and exp(s) over their mean, s = sqrt(ln 1.01)."""
    two = in_kinds(read_instance("two_practices"), 2)
    assert [practice.name for practice in two.practices] == ["busy~1", "busy~2", "caring~1", "caring~2"]
    assert [practice.count for practice in two.practices] == [1.5, 1.5, 1.0, 1.0]
    s = math.sqrt(math.log(1.01))
    low, high = (math.exp(x) / math.cosh(s) for x in (-s, s))
    assert [p.altruism for p in two.practices] == pytest.approx(
        [5000 * low, 5000 * high, 15000 * low, 15000 * high]
    )
    assert {practice.effort_scale for practice in two.practices} == {1.0}
    assert [one.practice for one in two.panels] == ["busy~1", "busy~2", "caring~1", "caring~2"]


@pytest.mark.parametrize("number", [1, 2, 3, 7, 12, 31])
def test_means_and_numbers_are_the_types(number: int) -> None:
    """Altruism, effort and the number of practices of a type do not change by telling its kinds apart."""
    fine = in_kinds(STATE, number)
    assert len(fine.practices) == number * len(STATE.practices)
    for members, whole in zip(types_of(fine), STATE.practices, strict=True):
        assert (members.name, members.label) == (whole.name, whole.label)
        assert members.mean([p.altruism for p in fine.practices]) == pytest.approx(whole.altruism)
        assert members.mean([p.effort_scale for p in fine.practices]) == pytest.approx(whole.effort_scale)
        assert sum(fine.practices[place].count for place in members.places) == pytest.approx(whole.count)


@pytest.mark.parametrize("number", [2, 5, 12, 30])
def test_they_are_the_simulators_characters(number: int) -> None:
    """The simulator, which has code of its own for it, draws its practices from the same kinds."""
    fine, world = in_kinds(STATE, number), world_of(STATE)
    for kind, members in enumerate(types_of(fine)):
        theirs = characters_of(world, kind, Assumptions(characters=number))
        ours = [fine.practices[place] for place in members.places]
        assert [p.altruism for p in ours] == pytest.approx([c.altruism for c in theirs], rel=1e-12)
        assert [p.effort_scale for p in ours] == pytest.approx([c.effort_scale for c in theirs], rel=1e-12)


def test_the_simulator_does_not_read_them_here() -> None:
    """Were the code shared, the agreement above would say nothing."""
    read = [one.target for one in imports(ROOT) if one.module.startswith(f"{PACKAGE}.simulate")]
    assert any(target.startswith(f"{PACKAGE}.domain.instance") for target in read)
    assert not [target for target in read if "kinds" in target]


def test_targets_and_panels_go_with_the_type() -> None:
    """What a type aims at, each of its kinds does."""
    aims = {("rural_clinic", "immunisation", 1): 0.7}
    fine = in_kinds(replace(STATE, attainment=aims), 3)
    assert fine.attainment == {(f"rural_clinic~{kind}", "immunisation", 1): 0.7 for kind in (1, 2, 3)}
    for practice in fine.practices:
        for segment in STATE.segments:
            own, whole = fine.panel(practice.name, segment.name), STATE.panel(practice.of_type, segment.name)
            assert (own and own.demanded) == (whole and whole.demanded)


def test_one_kind_is_the_type() -> None:
    """Nothing changes, and each type is its only member."""
    assert in_kinds(STATE, 1) is STATE
    assert [members.shares for members in types_of(STATE)] == [(1.0,)] * len(STATE.practices)


def test_whether_practices_differ() -> None:
    """In what kinds stand for: altruism and effort, not size or mix."""
    assert differ(STATE)
    spread = replace(STATE.simulation.spread, altruism=0.0, effort=0.0)
    assert not differ(replace(STATE, simulation=replace(STATE.simulation, spread=spread)))
