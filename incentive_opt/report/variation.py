"""The picture of a variation: health, its limit and today's health at each value of one number."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from matplotlib.figure import Figure

from incentive_opt.report.frontier import HEIGHT, ROOM
from incentive_opt.report.plots import DESIGN, SMALL, THIRD, TODAY
from incentive_opt.report.svg import INK, SVG, described, picture

LINES = (
    ("upper_bound_qaly", "no contract passes", THIRD, "--", ""),
    ("health_qaly", "design found", DESIGN, "-", "o"),
    ("status_quo_qaly", "today", TODAY, ":", "s"),
)


def variation_picture(document: Mapping[str, Any]) -> str:
    """A file of its own, SVG with a title and a description that has every figure.

    Parameters
    ----------
    document : mapping
        As ``incentive_opt.frontier.variation`` returns it; at least one row is found.
    """
    rows = [row for row in document["rows"] if row["found"]]
    key = document["key"]
    title = f"Health against {key}: {document['model']['title']}, {document['instance']['title']}"
    drawn = picture(HEIGHT, lambda figure: _draw(figure, rows, key))
    said = "; ".join(
        f"{row['value']:g}: {row['health_qaly']:,.2f} found, at most {row['upper_bound_qaly']:,.2f}, "
        f"today {row['status_quo_qaly']:,.2f}"
        for row in rows
    )
    words = f"Health in QALY a year at each value of {key}. {said}."
    text = described(drawn, "variation", title, words)
    own = f'<svg xmlns="{SVG}" style="background: #ffffff; color: #1b1f24" '
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + text.replace("<svg ", own, 1) + "\n"


def _draw(figure: Figure, rows: Sequence[Mapping[str, Any]], key: str) -> None:
    axes = figure.add_subplot()
    values = [row["value"] for row in rows]
    for name, words, colour, style, marker in LINES:
        axes.plot(
            values, [row[name] for row in rows], linestyle=style, marker=marker, color=colour,
            markeredgecolor=INK, markersize=5, linewidth=1.5, label=words,
        )  # fmt: skip
    axes.spines["left"].set_visible(True)
    axes.margins(ROOM)
    axes.ticklabel_format(useOffset=False, style="plain")
    axes.locator_params(nbins=6)
    axes.set_xlabel(key)
    axes.set_ylabel("health [QALY a year]")
    figure.legend(loc="outside upper left", ncols=3, frameon=False, fontsize=SMALL)
