"""The ranges that ship: sourced, wide enough to move something, and open to other base numbers."""

from __future__ import annotations

import pytest

from incentive_opt.files import read_instance
from incentive_opt.files.library import shipped_instances
from incentive_opt.sensitivity.draws import draw

WITH_RANGES = [name for name in shipped_instances() if read_instance(name).uncertainty]


def test_the_main_instances_have_ranges() -> None:
    """The main instance and the smallest one say how sure their numbers are."""
    assert {"medicaid_statewide", "two_practices"} <= set(WITH_RANGES)


@pytest.mark.parametrize("name", WITH_RANGES)
def test_every_range_is_sourced(name: str) -> None:
    """Each parameter names its sources and has a label of its own."""
    uncertainty = read_instance(name).uncertainty
    assert all(one.source for one in uncertainty)
    assert len({one.label for one in uncertainty}) == len(uncertainty)


@pytest.mark.parametrize("name", WITH_RANGES)
def test_draws_stay_near_the_base(name: str) -> None:
    """The median draw of each parameter lies in the inner part of its range."""
    uncertainty = read_instance(name).uncertainty
    for one, column in zip(uncertainty, draw(uncertainty, 256, 0).T, strict=True):
        middle = float(sorted(column)[128])
        assert one.low < middle < one.high
        assert one.least <= column.min() <= column.max() <= one.most
