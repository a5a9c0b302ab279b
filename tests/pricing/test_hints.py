"""Searches that are told where designs are likely: what they begin with, and that nothing else changes."""

from __future__ import annotations

import secrets
from dataclasses import replace

import numpy as np
import pytest

from incentive_opt import pricing
from incentive_opt.files import read_instance, read_model
from incentive_opt.formulation.build import build
from incentive_opt.pricing import ascent, loop
from incentive_opt.pricing.climbing import ALL, Task, admit, carry_out
from incentive_opt.pricing.highs import Clock
from incentive_opt.pricing.plan import HINTED, Plan, followable
from incentive_opt.pricing.problem import PricingProblem
from incentive_opt.pricing.scaling import scale
from incentive_opt.pricing.search import Search
from tests.pricing.random_problems import continuous, draw


@pytest.fixture(scope="module")
def problem() -> PricingProblem:
    """Two practices under their quality bonus: the best design is known to bring 12.3 QALY."""
    return build(read_instance("two_practices"), read_model("quality_bonus"))[0]


def test_a_task_without_a_climb_makes_a_design_of_its_start(problem: PricingProblem) -> None:
    """From the best prices it finds the best design again, and the practices confirm it."""
    best = pricing.solve(problem, gap=1e-9)
    assert best.levers is not None
    scaled, units = scale(problem)
    search = Search(scaled, Clock(), 60.0)
    made = carry_out(search, Task(0, 0, best.levers / units.levers, ALL, None, 60.0))
    assert made.found is not None
    other = Search(scaled, Clock(), 60.0)
    assert admit(other, made.found)
    assert other.value * units.value == pytest.approx(12.3)


def test_the_first_tasks_are_about_the_hint(problem: PricingProblem) -> None:
    """One that makes a design of the hint as it is, then climbs from it that leave out hot temperatures."""
    scaled, units = scale(replace(problem, hint=problem.starts[0]))
    search = Search(scaled, Clock(), 60.0)
    assert not followable(search, 60.0)
    plan = Plan(search, secrets.randbits(32), search.clock.now + 60.0)
    tasks = [plan.task(number) for number in range(len(HINTED) + 20)]
    assert tasks[0].skip == ALL
    assert tasks[0].start == pytest.approx(scaled.hint)
    assert scaled.hint * units.levers == pytest.approx(problem.starts[0])
    assert all(0 < task.skip < ALL for task in tasks[1:])


@pytest.mark.parametrize("turn", range(2))
def test_a_hint_never_cuts_off_a_design(turn: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Random problems, taken for large ones: no bound lies below what was found, with the hint or without."""
    monkeypatch.setattr(loop, "SMALL", 0)
    seed = secrets.randbits(32)
    drawn = continuous(draw(seed)).problem
    rng = np.random.default_rng(seed)
    hint = drawn.lever_lower + rng.random(len(drawn.lever_lower)) * (drawn.lever_upper - drawn.lever_lower)
    found = [pricing.solve(p, gap=1e-2, time_limit=2) for p in (drawn, replace(drawn, hint=hint))]
    best = max((drawn.sense * one.objective for one in found if one.levers is not None), default=-np.inf)
    for one in found:
        assert drawn.sense * one.bound >= best - 1e-6 * max(1.0, abs(best)), f"seed {seed}"


def test_of_many_followers_some_are_asked(problem: PricingProblem, monkeypatch: pytest.MonkeyPatch) -> None:
    """At a leg so many as is said, other ones each time; all where answers may not fall short."""
    many = replace(problem, followers=tuple(f for _ in range(10) for f in problem.followers))
    many = replace(
        many, followers=tuple(replace(f, name=f"{f.name}{n}") for n, f in enumerate(many.followers))
    )
    search = Search(scale(many)[0], Clock(), 60.0)
    monkeypatch.setattr(ascent, "ASKED", 6)
    way = ascent._Ascent(search, search.problem.starts[0], np.random.default_rng(secrets.randbits(32)))
    asked: list[int] = []
    for index, oracle in enumerate(search.oracles):
        reply = oracle.reply
        monkeypatch.setattr(
            oracle, "reply", lambda *a, i=index, r=reply, **k: (asked.append(i), r(*a, **k))[1]
        )
    way.enrich(1e-3)
    first = set(asked)
    asked.clear()
    for _ in range(30):
        way.enrich(1e-3)
    assert len(first) == 6
    assert set(asked) == set(range(20))
    asked.clear()
    way.enrich()
    assert set(asked) == set(range(20))
