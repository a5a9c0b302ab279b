"""The picture of how seeds differ: a mark for each, a row for each payment model.

Written as SVG by hand: a drawing library would take longer to load than a batch of short tasks to end.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence

from markupsafe import Markup, escape

from incentive_opt.signs import signed

WIDTH, LEFT, RIGHT = 560.0, 190.0, 24.0
"""Of the picture, and of what stands to either side of the marks [units of the picture]."""
ROW, TOP, BELOW = 30.0, 12.0, 52.0
RADIUS, TALL = 5.0, 9.0
"""Of a mark, and half the height of the line at the mean."""
LONGEST = 26
"""Characters of a model's name that are shown."""
TICKS = 5
COLOUR = "#2c7fb8"
LEAST_SPAN = 1e-6
"""Gains that differ by less are drawn as one [%]."""


def marks(key: str, place: str, gains: Mapping[str, Sequence[float]]) -> Markup:
    """A picture for the page.

    Parameters
    ----------
    key : str
        Names the picture on the page.
    place : str
        The instance.
    gains : mapping model -> gains
        Of health over today, one for each seed [1].
    """
    percent = {model: [100.0 * gain for gain in own] for model, own in gains.items()}
    every = [gain for own in percent.values() for gain in own]
    ticks = ticks_of(min(every), max(every))
    low, high = min(ticks[0], *every), max(ticks[-1], *every)

    def across(gain: float) -> float:
        return LEFT + (WIDTH - LEFT - RIGHT) * (gain - low) / (high - low)

    bottom = TOP + ROW * len(percent)
    parts = [_axis(across, ticks, bottom)]
    for row, (model, own) in enumerate(percent.items()):
        parts.append(_row(across, TOP + ROW * (row + 0.5), model, own))
    height = bottom + BELOW
    title = f"Gain of health over today, by seed: {place}"
    return Markup(
        '<svg viewBox="0 0 {} {}" role="img" aria-labelledby="{key}-title {key}-words" focusable="false" '
        'font-family="sans-serif" font-size="14" fill="currentColor">'
        '<title id="{key}-title">{}</title><desc id="{key}-words">{}</desc>{}</svg>'
    ).format(f"{WIDTH:g}", f"{height:g}", title, _in_words(percent), Markup("").join(parts), key=key)


def ticks_of(low: float, high: float) -> list[float]:
    """Round numbers from at most ``low`` to at least ``high``, some five of them."""
    span = max(high - low, LEAST_SPAN, 1e-9 * abs(high))
    if high - low < LEAST_SPAN:
        low, span = low - 1.0, 2.0
    rough = span / TICKS
    scale = 10.0 ** math.floor(math.log10(rough))
    step = next(scale * factor for factor in (1.0, 2.0, 5.0, 10.0) if scale * factor >= rough * (1 - 1e-9))
    first = math.floor(low / step)
    last = max(math.ceil((low + span) / step), first + 1)
    return [number * step for number in range(first, last + 1)]


def _axis(across: Callable[[float], float], ticks: Sequence[float], bottom: float) -> Markup:
    decimals = max(0, -math.floor(math.log10(ticks[1] - ticks[0]) + 1e-9))
    lines = [
        Markup(
            '<line x1="{x}" x2="{x}" y1="{}" y2="{}" stroke="currentColor" stroke-opacity="0.15"/>'
        ).format(f"{TOP:g}", f"{bottom:g}", x=f"{across(tick):.1f}")
        + _text(across(tick), bottom + 18.0, f"{round(tick, decimals) + 0.0:.{decimals}f}", "middle")
        for tick in ticks
    ]
    middle = (across(ticks[0]) + across(ticks[-1])) / 2.0
    return Markup("").join([*lines, _text(middle, bottom + 40.0, "gain of health over today [%]", "middle")])


def _row(across: Callable[[float], float], height: float, model: str, own: Sequence[float]) -> Markup:
    name = model if len(model) <= LONGEST else f"{model[: LONGEST - 1]}…"
    dot = Markup('<circle cx="{}" cy="{}" r="{}" fill="{}" fill-opacity="0.45"/>')
    dots = [dot.format(f"{across(gain):.1f}", f"{height:g}", f"{RADIUS:g}", COLOUR) for gain in own]
    line = Markup(
        '<line x1="{x}" x2="{x}" y1="{}" y2="{}" stroke="currentColor" stroke-width="1.6"/>'
    ).format(f"{height - TALL:g}", f"{height + TALL:g}", x=f"{across(sum(own) / len(own)):.1f}")
    return Markup("").join([_text(LEFT - 14.0, height + 5.0, name, "end"), *dots, line])


def _text(x: float, y: float, words: str, anchor: str) -> Markup:
    text = Markup('<text x="{}" y="{}" text-anchor="{}">{}</text>')
    return text.format(f"{x:.1f}", f"{y:.1f}", anchor, escape(words))


def _in_words(percent: Mapping[str, Sequence[float]]) -> str:
    return "; ".join(
        f"{model}: {len(own)} seeds from {signed(min(own))} to {signed(max(own))} %, "
        f"mean {signed(sum(own) / len(own))} %"
        for model, own in percent.items()
    )
