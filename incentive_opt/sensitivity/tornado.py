"""One parameter at a time, at its low and its high end: whether the decision changes, or only the value."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from incentive_opt.domain.uncertain import Uncertain
from incentive_opt.sensitivity.cases import Case

ENDS = ("low", "high")
ANSWERS = ("beats_today", "budget_kept", "incomes_kept")
"""What a payer decides by: is the design better than today's contract, and does it keep its limits."""


def tasks_of(uncertainty: Sequence[Uncertain]) -> list[dict[str, float]]:
    """The case as the files have it, then each parameter at its low and its high end."""
    return [{}, *({one.name: getattr(one, end)} for one in uncertainty for end in ENDS)]


def rows_of(
    uncertainty: Sequence[Uncertain], types: Sequence[str], found: Sequence[Case | None]
) -> list[dict[str, Any]]:
    """A row for each parameter, those that move the gain most first.

    Parameters
    ----------
    types : sequence of str
        The practice types.
    found : sequence of Case or None
        What came of ``tasks_of``, in its order; those that a stop left undone may be missing at the end.

    Returns
    -------
    list of dict
        ``swing_qaly``: how far the gain moves between the ends and the base [QALY/year]; ``turns``: which
        answers are others at an end than at the base, of ``ANSWERS``; ``decision_changes``: whether any is.
    """
    base = entry_of(found[0], types)
    rows = []
    for number, one in enumerate(uncertainty):
        place = 1 + len(ENDS) * number
        cases = found[place : place + len(ENDS)]
        if len(cases) < len(ENDS):
            break
        ends = {end: entry_of(case, types) for end, case in zip(ENDS, cases, strict=True)}
        turns = [key for key in ANSWERS if any(entry[key] != base[key] for entry in ends.values())]
        gains = [entry["gain_qaly"] for entry in (base, *ends.values()) if entry["possible"]]
        rows.append(
            {
                **described(one),
                **{end: {"value": getattr(one, end), **entry} for end, entry in ends.items()},
                "swing_qaly": max(gains) - min(gains) if gains else 0.0,
                "turns": turns,
                "decision_changes": bool(turns),
            }
        )
    return sorted(rows, key=lambda row: -float(row["swing_qaly"]))


def described(one: Uncertain) -> dict[str, Any]:
    """A parameter, as a document has it."""
    return {
        "parameter": one.name,
        "label": one.label,
        "scale": one.scale,
        "unit": one.unit,
        "base": one.base,
        "distribution": one.distribution,
        "source": one.source,
    }


def entry_of(case: Case | None, types: Sequence[str], place: int = 0) -> dict[str, Any]:
    """What came of a case for one contract, as a document has it.

    Parameters
    ----------
    case : Case or None
        None where a practice could not serve its smallest panel.
    """
    if case is None:
        return {"possible": False, "beats_today": False, "budget_kept": False, "incomes_kept": False}
    outside = case.outside(place)
    year = case.years[place]
    return {
        "possible": True,
        "gain_qaly": case.gain(place),
        "health_qaly": year.health,
        "today_qaly": case.today.health,
        "outlay_usd": year.outlay,
        "today_outlay_usd": case.today.outlay,
        "budget_usd": case.limit,
        "beats_today": case.beats(place),
        "more_health": case.better(place),
        "budget_kept": case.budget_kept(place),
        "incomes_kept": not outside,
        "incomes_outside": [{"practice": types[number], "side": side} for number, side in outside],
    }
