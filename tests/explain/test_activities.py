"""A response read as a vector again: tiers, fees returned and ranges of savings are found anew."""

from __future__ import annotations

import secrets

import numpy as np
import pytest

from incentive_opt.explain.held import activities
from incentive_opt.formulation.compile import compile_practice
from incentive_opt.formulation.scope import practice_scope
from incentive_opt.formulation.status_quo import paid_tiers, respond
from tests.formulation.hand_made import random_instance
from tests.formulation.test_dollars import random_contract


def test_a_best_response_is_worth_the_same_again() -> None:
    """Under contracts with every kind of line, and the vector keeps every row of the practice's problem."""
    ranges = returned = 0
    for _ in range(6):
        seed = secrets.randbits(32)
        made = random_instance(seed % 1000)
        contract = random_contract(made, seed)
        for practice, answer in zip(made.practices, respond(made, contract), strict=True):
            lines, terms = tuple(contract.lines), contract.benchmarks
            one = compile_practice(practice_scope(made, practice), paid_tiers(contract), lines, terms)
            x = activities(one, answer.response)
            worth = one.own_utility.at(x) + float(one.revenue(contract) @ x)
            assert worth == pytest.approx(answer.utility, abs=0.01), f"seed {seed}"
            size = 1e-6 * np.maximum(1.0, abs(one.matrix) @ np.abs(x))
            assert np.all(one.matrix @ x <= one.row_upper + size), f"seed {seed}"
            assert np.all(one.matrix @ x >= one.row_lower - size), f"seed {seed}"
            kinds = {variable for variable, _, _ in one.columns}
            ranges, returned = ranges + ("piece" in kinds), returned + ("returned" in kinds)
    assert ranges + returned > 0
