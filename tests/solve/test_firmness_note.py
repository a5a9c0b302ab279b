"""What is said where nothing better than today's contract was found."""

from __future__ import annotations

from types import SimpleNamespace as Some
from typing import Any

import pytest

from incentive_opt.solve import choosing


def payer(asked: list[float]) -> Any:
    """Practice types of which so much margin is asked [USD]."""
    practices = [Some(name=f"type_{number}") for number in range(len(asked))]
    return Some(practices=practices, margin_of=lambda number: asked[number])


def in_force(kept: list[float]) -> Any:
    """Today's contract, which keeps so much margin [USD], but no more than is looked for."""
    return Some(
        assurances=[Some(largest_margin=lambda most, _, own=own: min(most, own)) for own in kept],
        accounts=[Some(revenue=Some(total=1e6)) for _ in kept],
    )


def test_nothing_is_said_where_today_keeps_the_margin() -> None:
    """A contract in force that is firm enough is no reason."""
    assert choosing._firmness(payer([10.0, 5.0]), in_force([10.0, 80.0])) == ""


@pytest.mark.parametrize("asked", [[10.0, 10.0, 10.0], [10.0, 2.0, 10.0]])
def test_the_least_firm_type_is_named(asked: list[float]) -> None:
    """Of those that fall short the one that keeps the smallest share of what is asked of it."""
    said = choosing._firmness(payer(asked), in_force([9.0, 1.5, 50.0]))
    assert "2 of 3 practice types" in said
    named = "type_1 only 1.50 of" if asked[1] == 10.0 else "type_1 only 1.50 of 2.00"
    assert named in said
    assert "--margin" in said
