"""Budgets from LO:HI:N, and their order."""

from __future__ import annotations

import secrets
from itertools import pairwise
from random import Random

import pytest

from incentive_opt.errors import InputError
from incentive_opt.frontier.steps import budgets_of, order


def test_both_ends_and_even_steps() -> None:
    """Both ends are among the budgets, exactly; steps are even to the cent."""
    assert budgets_of("450000:550000:3") == [450_000.0, 500_000.0, 550_000.0]
    assert budgets_of(" 0 : 1e6 : 2 ") == [0.0, 1e6]
    seed = secrets.randbits(31)
    draws = Random(seed)
    for _ in range(50):
        lowest, count = draws.uniform(0.0, 1e6), draws.randint(2, 60)
        highest = lowest + draws.uniform(1.0, 1e6)
        found = budgets_of(f"{lowest:.2f}:{highest:.2f}:{count}")
        assert (found[0], found[-1]) == (float(f"{lowest:.2f}"), float(f"{highest:.2f}")), seed
        steps = [after - before for before, after in pairwise(found)]
        assert len(found) == count, seed
        assert max(steps) - min(steps) < 0.0201, seed


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("450000", "LO:HI:N"),
        ("450000:550000", "LO:HI:N"),
        ("450000:550000:3:4", "LO:HI:N"),
        ("", "LO:HI:N"),
        ("450,000:550000:3", "without commas"),
        ("$4:5:3", "without commas"),
        ("4_0:5_0:3", "without commas"),
        ("nan:550000:3", "0 or more"),
        ("1:inf:3", "0 or more"),
        ("-5:550000:3", "0 or more"),
        ("450000:550000:1", "from 2 to 1000"),
        ("450000:550000:0", "from 2 to 1000"),
        ("450000:550000:-3", "from 2 to 1000"),
        ("450000:550000:2.5", "from 2 to 1000"),
        ("450000:550000:99999", "from 2 to 1000"),
        ("550000:450000:3", "Write 450000:550000:3"),
        ("450000:450000:3", "LO below HI"),
        ("1:1.01:5", "steps of a cent"),
    ],
)
def test_what_is_no_range_is_refused(text: str, words: str) -> None:
    """Each mistake in plain words."""
    with pytest.raises(InputError, match=words):
        budgets_of(text)


def test_every_mistake_is_told_at_once() -> None:
    """Two ends that are no numbers and a count of one: three problems."""
    with pytest.raises(InputError) as caught:
        budgets_of("low:-1:1")
    assert len(caught.value.problems) == 3


@pytest.mark.parametrize("count", [2, 3, 4, 7, 20, 33])
def test_order_is_broad_first(count: int) -> None:
    """Every budget once; the highest, the lowest, then middles."""
    places = order(count)
    assert sorted(places) == list(range(count))
    assert places[:2] == [count - 1, 0]
    if count > 2:
        assert places[2] == (count - 1) // 2
