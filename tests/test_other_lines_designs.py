"""Designs with every kind of line on instances drawn at random: no promise fails the certificate."""

from __future__ import annotations

import secrets
from dataclasses import replace

import pytest

from incentive_opt.certify import certify
from incentive_opt.domain.instance import Rules
from incentive_opt.domain.lines import LINE_KINDS
from incentive_opt.domain.payment_model import UNITS, LeverRule, PaymentModel
from incentive_opt.solve.run import solve
from tests.drawn_lines import HIGHEST
from tests.formulation.hand_made import random_instance


def every_line(counts_elsewhere: bool) -> PaymentModel:
    """Fees around today's, payments per child, and every other line; others have a part in pools or not."""
    fees = LeverRule("fee", (), 0.0, 100.0, UNITS["fee"], 0.3, 1.5)
    children = LeverRule("capitation", (), 0.0, 30.0, UNITS["capitation"])
    lines = tuple(LeverRule(kind, (), 0.0, HIGHEST[kind], UNITS[kind]) for kind in LINE_KINDS)
    return PaymentModel(
        "every_line", "Every line", "", (fees, children, *lines), Rules(), counts_elsewhere=counts_elsewhere
    )


@pytest.mark.parametrize("counts_elsewhere", [False, True])
def test_a_design_with_other_lines_keeps_its_promises(counts_elsewhere: bool) -> None:
    """Health within the bound, no worse than today, and every check of the certificate passed."""
    seed = secrets.randbits(20)
    instance = random_instance(seed)
    if counts_elsewhere:  # such a model cannot begin with bonuses in force
        instance = replace(instance, status_quo=replace(instance.status_quo, bonuses={}))
    design = solve(instance, every_line(counts_elsewhere), gap=0.05, time_limit=4.0, seed=seed % 100)
    objective = design.document["objective"]
    assert objective["status_quo_qaly"] <= objective["health_qaly"] + 1e-9, f"seed {seed}"
    assert objective["health_qaly"] <= objective["upper_bound_qaly"] + 1e-6, f"seed {seed}"
    assert objective["upper_bound_qaly"] <= objective["first_best_qaly"] + 1e-6, f"seed {seed}"
    checks = certify(design.instance, design.model, design.contract, list(design.intended), design.document)
    assert [str(check) for check in checks if not check.ok] == [], f"seed {seed}"
