"""The budgets of a frontier: read from LO:HI:N, and the order in which they are searched."""

from __future__ import annotations

import math
import re
from collections import deque

from incentive_opt.errors import InputError, Problem

ASKED, WHERE = "what was asked for", "budgets"
FEWEST, MOST = 2, 1000
CENT = 0.01
WANTED = "LO:HI:N, the lowest and the highest budget [USD/year] and how many, as in 450000:550000:11"


def budgets_of(text: str) -> list[float]:
    """Budgets in even steps from the lowest to the highest, in whole cents.

    Parameters
    ----------
    text : str
        ``LO:HI:N``, both ends [USD/year] among the N budgets.

    Raises
    ------
    InputError
        With everything that is wrong in the text.
    """
    parts = [part.strip() for part in text.split(":")]
    if len(parts) != 3:
        raise InputError([Problem(ASKED, WHERE, text, WANTED)])
    problems: list[Problem] = []
    lowest, highest = (_dollars(parts[place], name, problems) for place, name in enumerate(("LO", "HI")))
    count = int(parts[2]) if re.fullmatch(r"[0-9]{1,9}", parts[2]) else 0
    if not FEWEST <= count <= MOST:
        problems.append(Problem(ASKED, WHERE, parts[2], f"for N a whole number from {FEWEST} to {MOST}"))
    if lowest is not None and highest is not None:
        if lowest >= highest:
            expected = "LO below HI"
            remedy = f"Write {parts[1]}:{parts[0]}:{parts[2]}." if lowest > highest else ""
            problems.append(Problem(ASKED, WHERE, f"{parts[0]}:{parts[1]}", expected, remedy))
        elif highest - lowest < CENT * (count - 1):
            problems.append(Problem(ASKED, WHERE, text, "steps of a cent or more", "Ask for fewer budgets."))
    if problems or lowest is None or highest is None:
        raise InputError(problems)
    step = (highest - lowest) / (count - 1)
    return [*(round(lowest + number * step, 2) for number in range(count - 1)), highest]


def values_of(text: str) -> list[float]:
    """Values of a number in even steps from the lowest to the highest.

    Parameters
    ----------
    text : str
        ``LO:HI:N``, both ends among the N values.

    Raises
    ------
    InputError
        Where the text is none of this kind.
    """
    parts = [part.strip() for part in text.split(":")]
    try:
        lowest, highest, count = float(parts[0]), float(parts[1]), int(parts[2])
    except (ValueError, IndexError):
        lowest, highest, count = math.nan, math.nan, 0
    fine = math.isfinite(lowest) and math.isfinite(highest) and lowest < highest and FEWEST <= count <= MOST
    if not fine or len(parts) != 3:
        expected = f"LO:HI:N with LO below HI and N from {FEWEST} to {MOST}, as in 0.90:1.00:6"
        raise InputError([Problem(ASKED, "vary", text, expected)])
    step = (highest - lowest) / (count - 1)
    return [*(float(f"{lowest + number * step:.10g}") for number in range(count - 1)), highest]


def _dollars(text: str, name: str, problems: list[Problem]) -> float | None:
    """One end [USD/year]; None, with the problem noted, where it is none."""
    try:
        value = float(text.replace("_", "-"))  # Python reads 1_000; a person writes 1000
    except ValueError:
        value = math.nan
    if not (math.isfinite(value) and value >= 0.0):
        expected = f"for {name} USD a year, 0 or more"
        remedy = "" if value < 0.0 else "Write a number without commas, spaces or signs of money."
        problems.append(Problem(ASKED, WHERE, text, expected, remedy))
        return None
    return round(value, 2)


def order(count: int) -> list[int]:
    """The highest budget, the lowest, then always the middle between two: broad first, then finer.

    What is known at both ends of a step often settles all that is between them: a design serves every budget
    from its outlay on, a limit holds for every lower budget.
    """
    places = [count - 1, 0]
    between = deque([(0, count - 1)])
    while between:
        low, high = between.popleft()
        middle = (low + high) // 2
        if middle > low:
            places.append(middle)
            between += [(low, middle), (middle, high)]
    return places
