"""The tornado: how far each parameter moves the gain from where the files have it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from matplotlib.figure import Figure
from matplotlib.patches import Patch

from incentive_opt.report.plots import DESIGN, HATCH, LARGE, SMALL, THIRD
from incentive_opt.report.svg import INK, picture
from incentive_opt.report.wording import short


@dataclass(frozen=True)
class Swing:
    """A parameter: the gain at its low and at its high end, None where there is none [QALY/year]."""

    label: str
    low: float | None
    high: float | None
    words: str


def tornado(rows: Sequence[Swing], base: float) -> str:
    """A bar to each end of each parameter, from the gain with the numbers of the files; zero is a line."""

    def draw(figure: Figure) -> None:
        axes = figure.add_subplot()
        axes.tick_params(left=False, labelleft=False)
        ends = [end for row in rows for end in (row.low, row.high) if end is not None] + [base]
        least, most = min(ends), max(ends)
        span = (most - least) or abs(base) or 1.0
        for place, row in enumerate(rows):
            for end, color, hatch in ((row.low, THIRD, HATCH), (row.high, DESIGN, "")):
                if end is not None:
                    axes.barh(
                        -place, end - base, 0.4, left=base, color=color, hatch=hatch,
                        edgecolor=INK if hatch else color, linewidth=0.4,
                    )  # fmt: skip
            axes.annotate(
                short(row.label), (0.0, -place + 0.38), xycoords=("axes fraction", "data"), va="center",
                ha="left", fontsize=LARGE,
            )  # fmt: skip
            own = max([end for end in (row.low, row.high) if end is not None] + [base])
            axes.text(own + 0.015 * span, -place, row.words, va="center", ha="left", fontsize=SMALL)
        for value in (base, *([0.0] if least - 0.1 * span <= 0.0 <= most else [])):
            axes.vlines([value] * len(rows), [-at - 0.26 for at in range(len(rows))],
                        [-at + 0.26 for at in range(len(rows))], INK, lw=0.8)  # fmt: skip
        axes.set_xlim(least - 0.08 * span, most + 0.42 * span)
        axes.set_ylim(-len(rows) + 0.5, 0.65)
        axes.set_xlabel("gain over today's contract [QALY/year]")
        patches = [
            Patch(facecolor=THIRD, hatch=HATCH, edgecolor=INK, linewidth=0.4, label="at its low end"),
            Patch(facecolor=DESIGN, label="at its high end"),
        ]
        figure.legend(handles=patches, loc="outside upper left", ncols=2, frameon=False)

    return picture(1.05 + 0.5 * max(1, len(rows)), draw)
