"""Figures that several sections have: pairs of bars, today and under the design."""

from __future__ import annotations

from collections.abc import Sequence

from incentive_opt.report.parts import Figure
from incentive_opt.signs import unsigned


def paired(
    key: str,
    title: str,
    labels: Sequence[str],
    rows: Sequence[tuple[float, float]],
    decimals: int = 0,
    unit: str = "",
) -> Figure:
    """Two bars for each thing, with their figures; and the same in words.

    Parameters
    ----------
    rows : sequence of (today, design)
    decimals, unit
        Of the figures beside the bars.
    """
    words = [(f"{unsigned(now, decimals)}{unit}", f"{unsigned(then, decimals)}{unit}") for now, then in rows]
    said = "; ".join(
        f"{label} from {now} to {then}" for label, (now, then) in zip(labels, words, strict=True)
    )

    def draw() -> str:
        from incentive_opt.report.plots import Pair, pairs

        return pairs([Pair(label, *row, pair) for label, row, pair in zip(labels, rows, words, strict=True)])

    return Figure(key, title, f"Two bars each, today and under the design: {said}.", draw)
