"""The picture of a frontier: health against budget, with the band in which the best contract lies."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from matplotlib.figure import Figure

from incentive_opt.report.plots import DESIGN, SMALL, THIRD, TODAY
from incentive_opt.report.svg import INK, SVG, described, picture

HEIGHT = 3.6
"""[inches]"""
MILLION, THOUSAND = 1e6, 1e3
ROOM = 0.06
"""Free space beside the outermost points, as a share of what is shown [1]."""
LARGE = 100.0
"""Health from which on no decimals are said [QALY/year]."""


def frontier_picture(document: Mapping[str, Any]) -> str:
    """A file of its own, SVG with a title and a description that has every figure.

    Parameters
    ----------
    document : mapping
        As ``incentive_opt.frontier.frontier`` returns it; at least one row is found.
    """
    rows = [row for row in document["rows"] if row["found"]]
    title = f"Health against budget: {document['model']['title']}, {document['instance']['title']}"
    drawn = picture(HEIGHT, lambda figure: _draw(figure, rows, document["today"]))
    text = described(drawn, "frontier", title, _in_words(rows, document["today"]))
    own = f'<svg xmlns="{SVG}" style="background: #ffffff; color: #1b1f24" '
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + text.replace("<svg ", own, 1) + "\n"


def _draw(figure: Figure, rows: Sequence[Mapping[str, Any]], today: Mapping[str, float]) -> None:
    axes = figure.add_subplot()
    scale, unit = _scale([row["budget_usd"] for row in rows])
    places, least, most = _band(rows)
    shown = [place / scale for place in places]
    for left, right, low, high in zip(shown, shown[1:], least, most[1:], strict=False):
        axes.fill_between([left, right], low, high, color=DESIGN, alpha=0.22, linewidth=0)
    axes.step(
        shown, most, where="pre", color=THIRD, linewidth=1.2, linestyle="--", label="no contract passes"
    )
    axes.step(shown, least, where="post", color=DESIGN, linewidth=1.8, label="design found")
    axes.plot(
        [row["budget_usd"] / scale for row in rows], [row["health_qaly"] for row in rows], linestyle="",
        marker="o", markersize=5, color=DESIGN, markeredgecolor=INK,
    )  # fmt: skip
    axes.plot(
        [today["outlay_usd"] / scale], [today["health_qaly"]], linestyle="", marker="s", markersize=7,
        color=TODAY, markeredgecolor=INK, label="today",
    )  # fmt: skip
    axes.spines["left"].set_visible(True)
    axes.margins(ROOM)
    axes.ticklabel_format(useOffset=False, style="plain")
    axes.locator_params(nbins=6)
    axes.set_xlabel(f"budget [{unit} a year]")
    axes.set_ylabel("health [QALY a year]")
    figure.legend(loc="outside upper left", ncols=3, frameon=False, fontsize=SMALL)


def _band(rows: Sequence[Mapping[str, Any]]) -> tuple[list[float], list[float], list[float]]:
    """Places where the band changes [USD/year], and there the best design and the limit [QALY/year].

    Also between the budgets that were asked for: a design serves from its outlay on, and the limit of a
    budget holds for every lower one; where there is none the limit is NaN.
    """
    designs = [(min(row["outlay_usd"], row["budget_usd"]), row["health_qaly"]) for row in rows]
    limits = [
        (row["budget_usd"], row["upper_bound_qaly"]) for row in rows if row["upper_bound_qaly"] is not None
    ]
    places = sorted({place for place, _ in designs} | {row["budget_usd"] for row in rows})
    least = [max(health for start, health in designs if start <= place) for place in places]
    most = [min((bound for end, bound in limits if end >= place), default=math.nan) for place in places]
    return places, least, most


def _scale(budgets: Sequence[float]) -> tuple[float, str]:
    """The unit in which budgets are shown."""
    most = max(budgets)
    if most >= MILLION:
        return MILLION, "million USD"
    return (THOUSAND, "thousand USD") if most >= THOUSAND else (1.0, "USD")


def _in_words(rows: Sequence[Mapping[str, Any]], today: Mapping[str, float]) -> str:
    said = "; ".join(
        f"{row['budget_usd']:,.0f} USD: {_qaly(row['health_qaly'])} found, "
        f"{_at_most(row['upper_bound_qaly'])}"
        for row in rows
    )
    return (
        "Health of the best design found and what no contract of the model passes, in QALY a year, at each "
        f"budget a year. {said}. Today: {_qaly(today['health_qaly'])} for {today['outlay_usd']:,.0f} USD."
    )


def _at_most(bound: float | None) -> str:
    return "no limit known" if bound is None else f"at most {_qaly(bound)}"


def _qaly(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= LARGE else f"{value:,.2f}"
