"""Best responses where few tiers carry money: the search over tiers against a cold mixed-integer solve."""

from __future__ import annotations

import secrets

import numpy as np
import pytest

from incentive_opt.files import read_instance, read_model
from incentive_opt.formulation.build import build
from incentive_opt.pricing.highs import Clock, Program
from incentive_opt.pricing.problem import FloatArray, Follower
from incentive_opt.pricing.responses import make_oracles
from incentive_opt.pricing.scaling import scale

DRAWS = 5


def best_value(follower: Follower, costs: FloatArray) -> float:
    """The optimum by the solver's own branch and bound, every tier free to be raised."""
    arrays = (follower.matrix, follower.row_lower, follower.row_upper, follower.lower, follower.upper)
    outcome = Program(Clock(), costs, *arrays, follower.integer).solve()
    assert outcome.status == "optimal"
    return outcome.objective


def test_tiers_that_carry_no_money_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Exact answers are as good as the solver's where some of nested tiers pay and some do not."""
    problem = scale(build(read_instance("medicaid_statewide"), read_model("blended"))[0])[0]
    bonuses = [n for n, name in enumerate(problem.lever_names) if name.startswith("bonus:")]
    oracles = make_oracles(problem, Clock())
    followed = []
    for oracle in oracles:
        split = oracle._split

        def counted(outcome, x, split=split, oracle=oracle):  # type: ignore[no-untyped-def]
            followed.append(oracle._fractional(x, ~oracle.leading) is not None)
            return split(outcome, x)

        monkeypatch.setattr(oracle, "_split", counted)
    for seed in (secrets.randbelow(10**9) for _ in range(DRAWS)):
        rng = np.random.default_rng(seed)
        span = problem.lever_upper - problem.lever_lower
        levers = np.clip(problem.starts[0] + rng.normal(0, 0.1, len(span)) * span, 0, problem.lever_upper)
        levers[bonuses] = 0.0
        paid = rng.choice(bonuses, 6, replace=False)
        levers[paid] = rng.random(6) * span[paid]
        for oracle in oracles:
            costs = oracle.objective_at(levers)
            x = oracle.maximise(costs)
            assert costs @ x == pytest.approx(best_value(oracle.follower, costs), abs=1e-7), f"seed {seed}"
            assert oracle.allows(x), f"seed {seed}"
    assert any(followed), "no tier without money was ever undecided: the test tests nothing"
