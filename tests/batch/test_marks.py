"""The picture of seeds: well-formed, nothing outside its frame, round numbers on its axis."""

from __future__ import annotations

import random
import secrets
from xml.etree import ElementTree

import pytest

from incentive_opt.batch.marks import WIDTH, marks, ticks_of


@pytest.mark.parametrize("turn", range(30))
def test_whatever_the_gains(turn: int) -> None:
    """A mark for each seed, inside the frame; names are text whatever they are."""
    seed = secrets.randbits(32)
    chance = random.Random(seed + turn)
    width = 10.0 ** chance.uniform(-12, 3)
    gains = {
        name: [
            chance.uniform(-width, width) + chance.choice([0.0, 0.5]) for _ in range(chance.randrange(1, 6))
        ]
        for name in ("blended", "<script>&amp;", "m" * 80)[: chance.randrange(1, 4)]
    }
    root = ElementTree.fromstring(str(marks("key", "a & b <c>", gains)).replace("<svg ", "<svg ", 1))
    dots = root.findall("circle")
    assert len(dots) == sum(map(len, gains.values())), f"seed {seed}"
    _, _, _, height = map(float, root.attrib["viewBox"].split())
    for dot in dots:
        assert 0.0 <= float(dot.attrib["cx"]) <= WIDTH, f"seed {seed}: {gains}"
        assert 0.0 <= float(dot.attrib["cy"]) <= height, f"seed {seed}: {gains}"


@pytest.mark.parametrize(
    ("low", "high", "ticks"),
    [(0.0, 10.0, [0, 2, 4, 6, 8, 10]), (20.0, 100.0, [20, 40, 60, 80, 100]), (-3.0, 4.0, [-4, -2, 0, 2, 4])],
)
def test_round_numbers(low: float, high: float, ticks: list[float]) -> None:
    """Some five, from one end to the other."""
    assert ticks_of(low, high) == pytest.approx(ticks)


def test_all_alike() -> None:
    """One value has an axis, too."""
    assert min(ticks_of(7.0, 7.0)) < 7.0 < max(ticks_of(7.0, 7.0))
