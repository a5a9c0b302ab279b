"""The table that ``results`` prints where no columns are asked for."""

from __future__ import annotations

import pytest

from incentive_opt.batch.query import Answer
from incentive_opt.cli.results_view import show

COLUMNS = ["instance", "model", "scenario", "seed", "kinds", "margin_usd", "health_qaly"]


@pytest.mark.parametrize(
    ("rows", "headed"),
    [
        ([("a", "x", "", 0, 1, 18.0, 9.0), ("a", "x", "", 0, 1, 25.0, 9.0)], True),
        ([("a", "x", "", 0, 1, 18.0, 9.0), ("a", "x", "", 0, 1, None, None)], False),
        ([("a", "x", "", 0, 1, 18.0, 9.0), ("b", "x", "", 0, 1, 2.5, 9.0)], False),
        ([("a", "x", "", 0, 1, 18.0, 9.0), ("a", "y", "", 0, 1, 2.5, 9.0)], False),
    ],
)
def test_terms_are_shown_where_a_models_rows_differ_in_them(
    rows: list[tuple[object, ...]], headed: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    """Rows of one model and instance would look alike; what an instance has of its own tells nothing."""
    show(Answer(COLUMNS, rows), whole=True)
    head = capsys.readouterr().out.splitlines()[0]
    assert ("margin [USD per 1 % of harm]" in head) == headed
    assert "kinds" not in head
    assert "scenario" not in head
