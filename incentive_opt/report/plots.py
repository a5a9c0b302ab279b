"""The pictures of a report. Every one has its figures as text beside the marks, and never colour alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch
from matplotlib.ticker import MaxNLocator

from incentive_opt.report.svg import INK, picture
from incentive_opt.report.wording import short

TODAY, DESIGN, THIRD = "#8a8f98", "#2c7fb8", "#c2571a"
HATCH = "////"
SMALL, LARGE = 10.5, 11.5
"""Sizes of text [points]."""
ROOM = 1.22
"""An axis is longer than the longest bar by so much, for the figure beside it."""


@dataclass(frozen=True)
class Pair:
    """A thing today and under the design, with the words that stand beside its bars."""

    label: str
    today: float
    then: float
    words: tuple[str, str]


@dataclass(frozen=True)
class Bar:
    """A bar from zero; ``pale`` for what is not the design's."""

    label: str
    value: float
    words: str
    pale: bool = False


@dataclass(frozen=True)
class Interval:
    """A mean with the ends of its interval, where there is one."""

    label: str
    mean: float
    low: float | None
    high: float | None
    words: str


@dataclass(frozen=True)
class Strip:
    """Practices on a line: the rate of each kind, and how many they are; and the thresholds paid for [1]."""

    label: str
    today: Sequence[tuple[float, float]]
    then: Sequence[tuple[float, float]]
    thresholds: Sequence[float]


def pairs(rows: Sequence[Pair], height: float = 0.62) -> str:
    """Two bars for each thing, today above and the design below, under the thing's name."""

    def draw(figure: Figure) -> None:
        axes = _bare(figure)
        longest = max([abs(value) for row in rows for value in (row.today, row.then)] or [1.0]) or 1.0
        for place, row in enumerate(rows):
            at = -float(place)
            for offset, value, words, color, hatch in (
                (0.02, row.today, row.words[0], TODAY, HATCH),
                (-0.28, row.then, row.words[1], DESIGN, ""),
            ):
                axes.barh(
                    at + offset, value, 0.27, color=color, hatch=hatch, edgecolor=INK if hatch else color,
                    linewidth=0.4,
                )  # fmt: skip
                axes.text(max(value, 0.0) + 0.01 * longest, at + offset, words, va="center", fontsize=SMALL)
            axes.text(0.0, at + 0.32, short(row.label), va="center", ha="left", fontsize=LARGE)
        least = min([0.0, *(value for row in rows for value in (row.today, row.then))])
        axes.set_xlim(least * ROOM, longest * ROOM)
        axes.set_ylim(-len(rows) + 0.45, 0.55)
        _line(axes, 0.0, len(rows), -0.44, 0.18)
        _legend(figure)

    return picture(0.45 + height * max(1, len(rows)), draw)


def bars(rows: Sequence[Bar]) -> str:
    """One bar for each thing, under its name."""

    def draw(figure: Figure) -> None:
        axes = _bare(figure)
        longest = max([abs(row.value) for row in rows] or [1.0]) or 1.0
        least = min([0.0, *(row.value for row in rows)])
        for place, row in enumerate(rows):
            color, hatch = (TODAY, HATCH) if row.pale else (DESIGN, "")
            edge = INK if hatch else color
            axes.barh(-place, row.value, 0.42, color=color, hatch=hatch, edgecolor=edge, linewidth=0.4)
            axes.text(max(row.value, 0.0) + 0.012 * longest, -place, row.words, va="center", fontsize=SMALL)
            axes.text(least, -place + 0.38, short(row.label), va="center", ha="left", fontsize=LARGE)
        axes.set_xlim(least * ROOM, longest * 1.3)
        axes.set_ylim(-len(rows) + 0.6, 0.65)
        _line(axes, 0.0, len(rows), -0.25, 0.25)

    return picture(0.15 + 0.5 * max(1, len(rows)), draw)


def changes(rows: Sequence[Bar]) -> str:
    """Bars to the right for a rise, to the left for a fall, none for what is zero.

    Values come rounded as they are written: the axis is as long as the largest, however small that is.
    """

    def draw(figure: Figure) -> None:
        axes = _bare(figure)
        most = max([row.value for row in rows] + [0.0])
        least = min([row.value for row in rows] + [0.0])
        span = (most - least) or 1.0
        left = least - (0.3 * span if least < 0.0 else 0.0)
        for place, row in enumerate(rows):
            falls = row.value < 0.0
            color, hatch = (THIRD, HATCH) if falls else (DESIGN, "")
            edge = INK if hatch else color
            if row.value:
                axes.barh(-place, row.value, 0.4, color=color, hatch=hatch, edgecolor=edge, linewidth=0.4)
            side, align = (-0.012, "right") if falls else (0.012, "left")
            axes.text(row.value + side * span, -place, row.words, va="center", ha=align, fontsize=SMALL)
            axes.text(left, -place + 0.38, short(row.label), va="center", ha="left", fontsize=LARGE)
        axes.set_xlim(left, most + 0.3 * span)
        axes.set_ylim(-len(rows) + 0.6, 0.65)
        _line(axes, 0.0, len(rows), -0.25, 0.25)

    return picture(0.15 + 0.5 * max(1, len(rows)), draw)


def stacked(rows: Sequence[tuple[str, Sequence[float], str]], names: Sequence[str]) -> str:
    """A bar of several parts for each thing: what it is, its parts, what it comes to in words."""
    looks = ((DESIGN, ""), (THIRD, "\\\\\\\\"), (TODAY, HATCH))

    def draw(figure: Figure) -> None:
        axes = _bare(figure)
        longest = max([sum(parts) for _, parts, _ in rows] or [1.0]) or 1.0
        for place, (label, parts, words) in enumerate(rows):
            start = 0.0
            for part, (color, hatch) in zip(parts, looks, strict=False):
                axes.barh(
                    -place, part, 0.42, left=start, color=color, hatch=hatch, edgecolor=INK, linewidth=0.4
                )
                start += part
            axes.text(start + 0.012 * longest, -place, words, va="center", fontsize=SMALL)
            axes.text(0.0, -place + 0.38, short(label), va="center", ha="left", fontsize=LARGE)
        axes.set_xlim(0.0, longest * 1.4)
        axes.set_ylim(-len(rows) + 0.6, 0.65)
        _line(axes, 0.0, len(rows), -0.25, 0.25)
        patches = [
            Patch(facecolor=color, hatch=hatch, edgecolor=INK, linewidth=0.4, label=name)
            for name, (color, hatch) in zip(names, looks, strict=False)
        ]
        figure.legend(handles=patches, loc="outside upper left", ncols=len(names), frameon=False)

    return picture(0.45 + 0.5 * max(1, len(rows)), draw)


def intervals(rows: Sequence[Interval], marks: Sequence[tuple[float, str]], axis: str) -> str:
    """Means with their intervals, beside marked values [%]."""

    def draw(figure: Figure) -> None:
        axes = _bare(figure)
        axes.spines["bottom"].set_visible(True)
        for place, row in enumerate(rows):
            low, high = (row.mean if end is None else end for end in (row.low, row.high))
            axes.plot([low, high], [-place, -place], color=DESIGN, linewidth=3, solid_capstyle="butt")
            axes.plot([row.mean], [-place], marker="o", markersize=7, color=DESIGN, markeredgecolor=INK)
            axes.annotate(
                f"{short(row.label)}: {row.words}", (0.0, -place + 0.36), xycoords=("axes fraction", "data"),
                va="center", ha="left", fontsize=SMALL,
            )  # fmt: skip
        for value, words in marks:
            _line(axes, value, len(rows), -0.28, 0.18)
            axes.annotate(
                words, (value, 1.0), xycoords=("data", "axes fraction"), va="bottom", ha="center",
                fontsize=SMALL,
            )  # fmt: skip
        ends = [end for row in rows for end in (row.mean, row.low, row.high) if end is not None]
        ends += [value for value, _ in marks]
        room = 0.08 * (max(ends) - min(ends) or 1.0)
        axes.set_xlim(min(ends) - room, max(ends) + room)
        axes.set_ylim(-len(rows) + 0.5, 0.65)
        axes.tick_params(bottom=True, labelbottom=True)
        axes.xaxis.set_major_locator(MaxNLocator(6))
        axes.set_xlabel(axis)

    return picture(0.85 + 0.5 * max(1, len(rows)), draw)


def strips(rows: Sequence[Strip]) -> str:
    """Rates of practices today and under the design, with the thresholds that carry money."""

    def draw(figure: Figure) -> None:
        axes = _bare(figure)
        axes.spines["bottom"].set_visible(True)
        most = max([number for row in rows for _, number in (*row.today, *row.then)] or [1.0])
        for place, row in enumerate(rows):
            at = -float(place)
            for points, offset, color, marker in (
                (row.today, 0.06, TODAY, "s"),
                (row.then, -0.22, DESIGN, "o"),
            ):
                axes.scatter(
                    [100.0 * rate for rate, _ in points],
                    [at + offset] * len(points),
                    s=[18.0 + 90.0 * number / most for _, number in points],
                    c=color, marker=marker, alpha=0.75, edgecolors=INK, linewidths=0.5,
                )  # fmt: skip
            for threshold in row.thresholds:
                axes.plot([100.0 * threshold] * 2, [at - 0.38, at + 0.2], color=THIRD, linewidth=2.2)
            axes.annotate(
                short(row.label), (0.0, at + 0.36), xycoords=("axes fraction", "data"), va="center", ha="left"
            )
        axes.set_ylim(-len(rows) + 0.45, 0.6)
        axes.tick_params(bottom=True, labelbottom=True)
        axes.set_xlabel("rate [%]")
        handles = [
            axes.scatter([], [], s=50, c=color, marker=marker, edgecolors=INK, linewidths=0.5, label=label)
            for color, marker, label in ((TODAY, "s", "today"), (DESIGN, "o", "design"))
        ]
        line = axes.plot([], [], color=THIRD, linewidth=2.2, label="threshold paid")
        figure.legend(handles=[*handles, *line], loc="outside upper left", ncols=3, frameon=False)

    return picture(0.95 + 0.85 * max(1, len(rows)), draw)


def _bare(figure: Figure) -> Axes:
    """Axes without a frame or ticks."""
    axes = figure.add_subplot()
    axes.tick_params(bottom=False, left=False, labelbottom=False, labelleft=False)
    axes.spines["bottom"].set_visible(False)
    return axes


def _line(axes: Axes, value: float, rows: int, below: float, above: float) -> None:
    """A line at a value beside the bars of each row, and not through its name."""
    axes.vlines(
        [value] * rows, [below - at for at in range(rows)], [above - at for at in range(rows)], INK, lw=0.8
    )


def _legend(figure: Figure) -> None:
    patches = [
        Patch(facecolor=TODAY, hatch=HATCH, edgecolor=INK, linewidth=0.4, label="today"),
        Patch(facecolor=DESIGN, label="design"),
    ]
    figure.legend(handles=patches, loc="outside upper left", ncols=2, frameon=False)
