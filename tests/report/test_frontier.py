"""The picture of a frontier: between budgets, too, it shows what is known and no more."""

from __future__ import annotations

import math
from typing import Any
from xml.etree import ElementTree

from incentive_opt.report import frontier as module
from incentive_opt.report.frontier import frontier_picture


def row(budget: float, outlay: float, health: float, bound: float | None) -> dict[str, Any]:
    return {
        "budget_usd": budget, "outlay_usd": outlay, "health_qaly": health, "upper_bound_qaly": bound,
        "found": True,
    }  # fmt: skip


def document(*rows: dict[str, Any], title: str = "A model") -> dict[str, Any]:
    return {
        "model": {"title": title},
        "instance": {"title": "A town"},
        "today": {"outlay_usd": 90.0, "health_qaly": 0.5},
        "rows": list(rows),
    }


def test_the_band_between_budgets() -> None:
    """A design begins at its outlay, a limit ends at its budget; without a limit there is no upper end."""
    rows = [row(100.0, 95.0, 1.0, 1.5), row(200.0, 150.0, 2.0, 3.0), row(300.0, 300.00001, 4.0, None)]
    places, least, most = module._band(rows)
    assert places == [95.0, 100.0, 150.0, 200.0, 300.0]
    assert least == [1.0, 1.0, 2.0, 2.0, 4.0]
    assert most[:4] == [1.5, 1.5, 3.0, 3.0]
    assert math.isnan(most[4])


def test_a_hostile_title_is_text() -> None:
    """Angle brackets, quotes and dollars in a title stay words; the file is whole and names itself."""
    title = '<script>alert("1")</script> $x$ & more'
    text = frontier_picture(document(row(1e6, 9e5, 1.0, 1.5), row(2e6, 2e6, 150.0, None), title=title))
    root = ElementTree.fromstring(text.encode())
    assert not list(root.iter("{http://www.w3.org/2000/svg}script"))
    words = {child.get("id"): child.text or "" for child in root}
    assert title in words["frontier-title"]
    assert "2,000,000 USD: 150 found, no limit known" in words["frontier-description"]
    assert "million USD a year" in text
    assert "nan" not in text
