"""What ``check`` tries beyond the files: every problem at once, whatever else is wrong."""

from __future__ import annotations

from dataclasses import replace

from incentive_opt.cli.refusals import refusals
from incentive_opt.files import read_instance


def test_too_few_staff_and_too_large_a_margin_are_told_together() -> None:
    """One type cannot serve its smallest panel, the other two are asked for more than any prices can keep."""
    instance = read_instance("medical_complexity")
    first, *others = (practice.name for practice in instance.practices)
    crowded = tuple(
        replace(panel, demanded=1e6, minimum=1e6) if panel.practice == first else panel
        for panel in instance.panels
    )
    assert not refusals(instance)
    said = [str(problem) for problem in refusals(replace(instance, margin=1e6, panels=crowded))]
    assert len(said) == 1 + len(others)
    assert "panels.csv" in said[0]
    assert first in said[0]
    for problem, name in zip(said[1:], others, strict=True):
        assert "[incentive] margin" in problem
        assert name in problem
