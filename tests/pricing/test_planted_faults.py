"""The enumeration test can fail: wrong signs, wrong constants and invalid cuts are planted, and show."""

from __future__ import annotations

import secrets
from dataclasses import replace

import numpy as np
import pytest

from incentive_opt import pricing
from incentive_opt.pricing import relaxation, restricted, search
from incentive_opt.pricing.responses import Pool
from tests.pricing.random_problems import draw, optimum


def contradicted(cases: int = 1500) -> bool:
    """Whether a bound below the optimum, an incumbent above it or a denial of it turns up at random."""
    first = secrets.randbelow(10**9)
    for seed in range(first, first + cases):
        case = draw(seed)
        best = optimum(case)
        if best is None:
            continue
        result = pricing.solve(case.problem, gap=1e-4, time_limit=5)
        tolerance = 1e-6 * max(1.0, abs(best))
        wrong = result.objective > best + tolerance or result.bound < best - tolerance
        if wrong or result.status == "infeasible":
            return True
    return False


def test_a_cut_that_asks_too_much_shows(monkeypatch: pytest.MonkeyPatch) -> None:
    """Cuts that demand more than every pooled response gives cut off true contracts."""
    true_cuts = relaxation.Relaxation._cuts

    def greedy(builder, layout, index, follower, pool):  # type: ignore[no-untyped-def]
        dearer = Pool()
        for response in pool.responses:
            dearer.add(replace(response, utility=response.utility + 0.05))
        true_cuts(builder, layout, index, follower, dearer)

    monkeypatch.setattr(relaxation.Relaxation, "_cuts", staticmethod(greedy))
    assert contradicted()


def test_products_of_wrong_prices_show(monkeypatch: pytest.MonkeyPatch) -> None:
    """Products of prices a tenth too low are not what followers are paid."""
    true_envelope = relaxation.Relaxation._envelope

    def too_low(builder, product, places, cells, span):  # type: ignore[no-untyped-def]
        true_envelope(builder, product, places, [(0.9 * a, 0.9 * b) for a, b in cells], span)

    monkeypatch.setattr(relaxation.Relaxation, "_envelope", staticmethod(too_low))
    assert contradicted()


def test_followers_who_never_deviate_show(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without asking the followers again, incumbents are claimed that no contract brings."""
    monkeypatch.setattr(search.Search, "deviations", lambda self, levers, intended: 0.0)
    assert contradicted()


def test_comparisons_with_a_wrong_sign_show(monkeypatch: pytest.MonkeyPatch) -> None:
    """A big-M from the wrong end of the box drops comparisons that matter."""
    true_reach = restricted.reach
    monkeypatch.setattr(restricted, "reach", lambda slopes, low, high: -np.abs(true_reach(slopes, low, high)))
    monkeypatch.setattr(search.Search, "deviations", lambda self, levers, intended: 0.0)
    assert contradicted()
