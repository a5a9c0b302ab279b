"""Numbers in words: what rounds to nothing has no sign."""

from __future__ import annotations


def unsigned(value: float, decimals: int = 1) -> str:
    """A number with so many decimals; a sign only if it is below nothing."""
    return f"{round(value, decimals) + 0.0:,.{decimals}f}"


def signed(value: float, decimals: int = 1) -> str:
    """A change, with its sign."""
    rounded = round(value, decimals) + 0.0
    return f"{'+' if rounded > 0.0 else ''}{rounded:,.{decimals}f}"
