"""Shares on the command line: 0.01 or 1%."""

from __future__ import annotations

import click

MOST_PERCENT = 100.0


def share(text: str | float) -> float:
    """A share between 0 and 1, also written with a percent sign; for the ``type`` of a click option."""
    if isinstance(text, float):
        return text
    percent = text.strip().endswith("%")
    try:
        number = float(text.strip().removesuffix("%").strip())
    except ValueError:
        raise click.BadParameter(f"{text!r} is not a share; for 5 % write 0.05.") from None
    value = number / MOST_PERCENT if percent else number
    if 0.0 <= value <= 1.0:
        return value
    meant = number if not percent and 1.0 < number <= MOST_PERCENT else 5.0
    raise click.BadParameter(
        f"{text} is not a share between 0 and 1; for {meant:g} % write {meant / MOST_PERCENT:g}."
    )
