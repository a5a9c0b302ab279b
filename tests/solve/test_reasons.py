"""Words for why there is no design: no figure in them that says nothing."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

import incentive_opt as io
from incentive_opt.formulation.build import build
from incentive_opt.formulation.first_best import LeastBudget
from incentive_opt.solve import reasons
from incentive_opt.solve.cheapest import Cheapest

FREE: Any = SimpleNamespace(outlay=0.0, faults=())


@pytest.mark.parametrize(
    ("usd", "said"), [(5.0, "From 5 USD a year on a budget could"), (-5.0, "Any budget could")]
)
def test_a_budget_below_nothing_is_not_named(usd: float, said: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where practices owe, or others pay them, less than nothing would do in principle, so any."""
    instance = io.read_instance("two_practices")
    _, payer = build(instance, io.read_model("shared_savings", instance))
    monkeypatch.setattr(reasons, "least_budget", lambda _: LeastBudget(usd, ()))
    cheap: Any = SimpleNamespace(outlay=500_000.0)
    for settled in (None, cheap):
        words = reasons.none_exists(payer, FREE, Cheapest(settled, usd, ()))
        assert said in words
        assert "-5" not in words
        assert ("t least 5 USD" in words) is (usd > 0.0)
