"""Figures and names as people read them."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence

from incentive_opt.signs import signed as with_sign
from incentive_opt.signs import unsigned

MILLIONS = 1e7
"""Amounts from here on are told in millions [USD]."""
MANY = 1000.0
"""QALYs from here on are told without decimals."""
LONGEST = 48
"""Names longer than this are cut short in pictures [characters]."""
TURNS = {"\u200e", "\u200f", *map(chr, range(0x202A, 0x202F)), *map(chr, range(0x2066, 0x206A))}
"""Characters that turn the direction of the text around them."""


def clean(text: object) -> str:
    """A text without characters that control a terminal or turn the direction of what follows."""
    return "".join(
        " " if character in TURNS or unicodedata.category(character) in ("Cc", "Cs", "Cn") else character
        for character in str(text)
    )


def short(text: str, most: int = LONGEST) -> str:
    """A name for a picture, where there is little room."""
    shown = clean(text)
    return shown if len(shown) <= most else f"{shown[: most - 1].rstrip()}…"


def usd(value: float) -> str:
    """An amount, in millions where it is large."""
    if abs(value) >= MILLIONS:
        return f"{value / 1e6:,.2f} million USD"
    return f"{round(value) + 0:,} USD"


def qaly(value: float) -> str:
    """Health, without decimals where there is much of it."""
    decimals = 0 if abs(value) >= MANY else 2
    return f"{round(value, decimals) + 0.0:,.{decimals}f} QALY"


def percent(share: float, signed: bool = False) -> str:
    """A share in percent; of a change with its sign."""
    return f"{with_sign(100.0 * share) if signed else unsigned(100.0 * share)} %"


def counted(number: float, one: str, many: str = "") -> str:
    """``1 fee``, ``3 fees``."""
    return f"{number:,.0f} {one if round(number) == 1 else many or one + 's'}"


def listed(names: Sequence[str], most: int = 4) -> str:
    """Names as an enumeration: the first few, and how many more."""
    shown = [*names[:most], *([f"{len(names) - most} more"] if len(names) > most else [])]
    separator = "; " if any("," in name for name in shown) else ", "
    return shown[0] if len(shown) == 1 else f"{separator.join(shown[:-1])} and {shown[-1]}" if shown else ""


def share_of(change: float, whole: float) -> float | None:
    """A change as a share of what it changes [1]; None where that is nothing."""
    return change / abs(whole) if whole else None


def in_brackets(change: float, whole: float) -> str:
    """A change in percent, in brackets; nothing where there is no whole."""
    share = share_of(change, whole)
    return "" if share is None else f" ({percent(share)})"
