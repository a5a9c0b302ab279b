"""What searches at some budgets say of the others."""

from __future__ import annotations

import secrets
from random import Random

import pytest

from incentive_opt.domain.contract import Contract
from incentive_opt.files import read_instance
from incentive_opt.frontier.known import Found, Known


@pytest.fixture(scope="module")
def contract() -> Contract:
    return read_instance("two_practices").status_quo


def found(contract: Contract, budget: float, outlay: float, health: float, bound: float) -> Found:
    return Found(budget, outlay, health, bound, contract, False, 1.0, f"budget-{budget:g}")


def test_a_design_serves_from_its_outlay_on(contract: Contract) -> None:
    """A design that leaves money over serves lower budgets; one whose outlay is rounded up serves its own."""
    cheap, dear = found(contract, 100.0, 60.0, 5.0, 6.0), found(contract, 80.0, 80.0000001, 4.0, 5.5)
    known = Known([dear])
    assert (known.design(79.0), known.design(80.0), known.design(200.0)) == (None, dear, dear)
    known.add(cheap)
    assert (known.design(59.0), known.design(60.0), known.design(80.0)) == (None, cheap, cheap)


def test_a_limit_holds_for_less_money(contract: Contract) -> None:
    """The least of the limits proved with as much or more; none above the highest budget."""
    known = Known([found(contract, 100.0, 100.0, 5.0, 6.0), found(contract, 80.0, 80.0, 4.0, 7.0)])
    assert known.bound(80.0) == known.bound(90.0) == 6.0
    assert known.bound(101.0) is None
    assert known.gap(101.0) is None
    assert known.gap(70.0) is None
    assert known.gap(90.0) == pytest.approx(1.0 / 3.0)
    assert not known.closed(90.0, 0.3)
    assert known.closed(90.0, 0.34)


def test_the_band_never_falls(contract: Contract) -> None:
    """Whatever is found in whatever order, designs and limits rise with the budget."""
    seed = secrets.randbits(31)
    draws = Random(seed)
    known = Known()
    for _ in range(40):
        budget, health = draws.uniform(50.0, 100.0), draws.uniform(1.0, 2.0)
        known.add(found(contract, budget, draws.uniform(0.7, 1.0) * budget, health, draws.uniform(1.0, 3.0)))
    budgets = sorted(draws.uniform(40.0, 100.0) for _ in range(60))
    designs = [one.health for budget in budgets if (one := known.design(budget))]
    bounds = [bound for budget in budgets if (bound := known.bound(budget)) is not None]
    assert designs == sorted(designs), seed
    assert bounds == sorted(bounds), seed
    for budget in budgets:
        design, bound = known.design(budget), known.bound(budget)
        assert design is None or bound is None or design.health <= bound, seed


def test_a_contradiction_is_seen(contract: Contract) -> None:
    """A design better than what was proved for more money; rounding is none."""
    good = found(contract, 80.0, 80.0, 5.0, 6.0)
    assert Known([good, found(contract, 90.0, 90.0, 4.0, 5.0 - 1e-9)]).contradictions() == []
    wrong = found(contract, 90.0, 90.0, 4.0, 4.9)
    assert Known([good, wrong]).contradictions() == [(good, wrong)]


def test_the_nearest_of_two_is_the_lower(contract: Contract) -> None:
    """Whose contract can be paid for."""
    low, high = found(contract, 80.0, 80.0, 4.0, 5.0), found(contract, 100.0, 100.0, 5.0, 6.0)
    known = Known([high, low])
    assert (known.nearest(90.0), known.nearest(91.0), Known().nearest(1.0)) == (low, high, None)
