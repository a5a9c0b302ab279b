"""A check: one promise of a design beside what was recomputed, and whether they agree."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from incentive_opt.errors import InputError, Problem

RELATIVE = 1e-6
"""Relative difference up to which two figures count as the same."""
CENT = 0.01
"""Dollars are compared to the cent, or to 1e-6 of the figure where that is more [USD]."""


@dataclass(frozen=True)
class Check:
    """One promise, re-checked.

    Attributes
    ----------
    group : str
        Part of the design: contract, response, money, incentives, robustness, foreseen, totals, sums, files.
    name : str
        What is promised, in plain words.
    promised, recomputed : float or None
        None where the promise is not a number.
    slack : float
        By how much the promise holds before the tolerance; negative where it is missed.
    tolerance : float
    unit : str
    ok : bool
    note : str
        What is wrong or worth knowing, in plain words; may be empty.
    relation : {"=", "<=", ">="}
        What the recomputed figure must be to the promised one, which is a limit unless "=".
    """

    group: str
    name: str
    promised: float | None
    recomputed: float | None
    slack: float
    tolerance: float
    unit: str
    ok: bool
    note: str = ""
    relation: str = "="

    def as_dict(self) -> dict[str, Any]:
        """The check as plain data; figures that are not finite become None."""
        return {
            key: None if isinstance(value, float) and not math.isfinite(value) else value
            for key, value in asdict(self).items()
        }

    def __str__(self) -> str:
        if self.promised is None or self.recomputed is None:
            return f"{self.name}: {self.note}" if self.note else self.name
        promised, recomputed = _figure(self.promised), _figure(self.recomputed)
        figures = {
            "=": f"promised {promised}, recomputed {recomputed}",
            "<=": f"is {recomputed}, may be at most {promised}",
            ">=": f"is {recomputed}, must be at least {promised}",
        }[self.relation]
        return f"{self.name}: {figures} {self.unit}".strip() + (f" ({self.note})" if self.note else "")


def _figure(value: float) -> str:
    return f"{value:,.2f}" if abs(value) >= 1000 else f"{value:.8g}"


def dollars_tolerance(*values: float) -> float:
    """A cent, or 1e-6 of the largest figure [USD]."""
    return max(CENT, RELATIVE * max((abs(v) for v in values), default=0.0))


def share_tolerance(*values: float) -> float:
    """1e-6 of the largest figure, or of one."""
    return RELATIVE * max([1.0, *(abs(v) for v in values)])


def equal(group: str, name: str, promised: float, recomputed: float, unit: str) -> Check:
    """Check that a promised figure is the recomputed one."""
    dollars = unit.startswith("USD")
    tolerance = (dollars_tolerance if dollars else share_tolerance)(recomputed)
    slack = -abs(promised - recomputed)
    return Check(group, name, promised, recomputed, slack, tolerance, unit, slack >= -tolerance)


def at_most(
    group: str, name: str, value: float, limit: float, unit: str, tolerance: float, note: str = ""
) -> Check:
    """Check that a recomputed figure does not pass a limit (the promise)."""
    slack = limit - value
    return Check(group, name, limit, value, slack, tolerance, unit, slack >= -tolerance, note, "<=")


def at_least(
    group: str, name: str, value: float, limit: float, unit: str, tolerance: float, note: str = ""
) -> Check:
    """Check that a recomputed figure reaches a limit (the promise)."""
    slack = value - limit
    return Check(group, name, limit, value, slack, tolerance, unit, slack >= -tolerance, note, ">=")


def fact(group: str, name: str, ok: bool, note: str = "") -> Check:
    """Check something that is not a number."""
    return Check(group, name, None, None, 0.0 if ok else -1.0, 0.0, "", ok, "" if ok else note)


def number(data: Mapping[str, Any], *path: str) -> float:
    """The number at a path of design.json; bad input if it is missing or not a finite number."""
    value: Any = data
    for key in path:
        value = value.get(key) if isinstance(value, Mapping) else None
    try:
        found = math.nan if isinstance(value, bool) or not isinstance(value, int | float) else float(value)
    except OverflowError:  # a whole number of hundreds of digits
        found = math.inf
    if not math.isfinite(found):
        shown = repr(value) if found != math.inf else "a number without end"
        raise InputError([Problem("design.json", ".".join(path), shown, "a finite number")])
    return found


def whole_number(data: Mapping[str, Any], key: str, most: int) -> int:
    """The whole number from 1 to ``most`` that stands at a key of design.json; 1 where it says nothing."""
    if key not in data:
        return 1
    found = number(data, key)
    if found not in range(1, most + 1):
        raise InputError([Problem("design.json", key, f"{found:g}", f"a whole number from 1 to {most}")])
    return int(found)


def optional_number(data: Mapping[str, Any], *path: str) -> float | None:
    """The number at a path of design.json, or None where it is absent or null."""
    value: Any = data
    for key in path:
        value = value.get(key) if isinstance(value, Mapping) else None
    return None if value is None else number(data, *path)


def entries(data: Mapping[str, Any], *path: str) -> list[Mapping[str, Any]]:
    """The list of objects at a path of design.json; bad input if it is anything else."""
    value: Any = data
    for key in path:
        value = value.get(key) if isinstance(value, Mapping) else None
    if not isinstance(value, list) or not all(isinstance(entry, Mapping) for entry in value):
        raise InputError([Problem("design.json", ".".join(path), type(value).__name__, "a list of objects")])
    return value


def text(data: Mapping[str, Any], *path: str) -> str:
    """The text at a path of design.json; bad input if it is missing or not text."""
    value: Any = data
    for key in path:
        value = value.get(key) if isinstance(value, Mapping) else None
    if not isinstance(value, str):
        raise InputError([Problem("design.json", ".".join(path), repr(value), "text")])
    return value
