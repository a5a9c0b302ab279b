"""What was found, in sentences."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

SAME = "same"
MANY = 100.0
"""QALYs from here on are told without decimals."""
MOST_NAMED = 6
"""So many parameters are named in a sentence, those that move the gain most; tables have all."""
CLOSE = 1e-4
"""At the base the gain is that of design.json to this share [1]."""


def sentences(document: Mapping[str, Any]) -> list[str]:
    """The bottom line: how likely the design is better, whether anything turns the decision, what to know."""
    said = [*_base(document), *_chances(document), *_tornado(document), *_knowing(document)]
    if not document["complete"]:
        said.append("It was stopped before all was done: what stands here is what was done until then.")
    return said


def turned(row: Mapping[str, Any], base: Mapping[str, Any], labels: Mapping[str, str]) -> str:
    """What turns at the ends of a parameter, in words; ``same`` where nothing does."""
    said = []
    for end in ("low", "high"):
        entry, words = row[end], []
        if not entry["possible"]:
            said.append(f"{end}: practices cannot serve the smallest panel")
            continue
        if entry["more_health"] != base["more_health"]:
            words.append("more health than today" if entry["more_health"] else "no more health than today")
        if entry["budget_kept"] != base["budget_kept"]:
            words.append("budget kept" if entry["budget_kept"] else "budget passed")
        if entry["incomes_kept"] != base["incomes_kept"]:
            names = [f"{labels[one['practice']]} {one['side']}" for one in entry["incomes_outside"]]
            words.append(f"income limits broken: {', '.join(names)}" if names else "incomes kept")
        if words:
            said.append(f"{end}: {', '.join(words)}")
    return "; ".join(said) or SAME


def qaly(value: float) -> str:
    """Health as people read it."""
    decimals = 0 if abs(value) >= MANY else 2
    return f"{round(value, decimals) + 0.0:,.{decimals}f}"


def percent(share: float) -> str:
    """A share in percent; what is nearly all or nearly nothing is not told as all or nothing."""
    rounded = f"{100.0 * share:.0f}"
    return f"{100.0 * share:.1f} %" if rounded in ("0", "100") and share not in (0.0, 1.0) else f"{rounded} %"


def _base(document: Mapping[str, Any]) -> list[str]:
    base, promised = document["base"]["design"], document["design"]["health_qaly"]
    said = [
        f"With the numbers as the files have them the design brings {qaly(base['gain_qaly'])} QALY a year "
        "more than today's contract."
    ]
    if document["design"]["is_status_quo"]:
        said = ["The design is today's contract: it brings nothing more, whatever the numbers are."]
    if document["kinds"] != document["design"]["kinds"]:
        said.append(
            f"The design tells {document['design']['kinds']} kinds of practice apart in each type and "
            f"promises {qaly(promised)} QALY; here it is {document['kinds']}, with which its contract brings "
            f"{qaly(base['health_qaly'])}."
        )
    elif abs(base["health_qaly"] - promised) > CLOSE * max(1.0, abs(promised)):
        said.append(
            f"Careful: practices that respond anew come to {qaly(base['health_qaly'])} QALY, and design.json "
            f"promises {qaly(promised)}."
        )
    return said


def _chances(document: Mapping[str, Any]) -> list[str]:
    if document["chances"] is None:
        return []
    found = document["chances"]["design"]
    odds, gain = found["probability"], found["gain_qaly"]
    number = document["draws"] - document["draws_impossible"]
    beats = odds["beats_today"]
    said = [
        f"In {percent(beats['share'])} of {number:,} draws (95 % interval {percent(beats['low'])} to "
        f"{percent(beats['high'])}) the design beats today's contract: more health, within the budget. In "
        f"{percent(odds['more_health']['share'])} there is more health, in "
        f"{percent(odds['budget_kept']['share'])} the budget is kept, in "
        f"{percent(odds['incomes_kept']['share'])} every practice type stays within its income limits.",
        f"The gain is {qaly(gain['mean'])} QALY a year on average; 95 % of the draws lie between "
        f"{qaly(gain['quantiles']['2.5'])} and {qaly(gain['quantiles']['97.5'])}.",
    ]
    if document["draws_impossible"]:
        said.append(
            f"{document['draws_impossible']:,} draws are left out: a practice could not serve the smallest "
            "panel it has to keep."
        )
    return said


def _tornado(document: Mapping[str, Any]) -> list[str]:
    rows = document["tornado"]
    if not rows:
        return []
    first = rows[0]
    if first["swing_qaly"] <= 0.0 and not any(row["decision_changes"] for row in rows):
        return ["No single parameter moves the gain or changes the decision."]
    said = [
        f"One at a time, {first['label']} moves the gain most, by {qaly(first['swing_qaly'])} QALY a year."
    ]
    for key, words in (
        ("beats_today", "Whether the design beats today's contract"),
        ("budget_kept", "Whether the budget is kept"),
        ("incomes_kept", "Whether all incomes stay within their limits"),
    ):
        turned = [row["label"] for row in rows if key in row["turns"]]
        if turned:
            said.append(f"{words} changes at an end of {len(turned)} of {len(rows)}: {_listed(turned)}.")
    if not any(row["decision_changes"] for row in rows):
        said.append("No single parameter changes the decision, only the value.")
    better = [
        (row, end)
        for row in rows
        for end in ("low", "high")
        if (row[end].get("resolved") or {}).get("comparable") and row[end]["resolved"]["better_by_qaly"] > 0.0
    ]
    if better:
        row, end = max(better, key=lambda pair: float(pair[0][pair[1]]["resolved"]["better_by_qaly"]))
        said.append(
            f"Another contract would gain most over the design at the {end} end of {row['label']}: "
            f"{qaly(row[end]['resolved']['better_by_qaly'])} QALY a year."
        )
    return said


def _listed(names: list[str]) -> str:
    """The first few names, and how many more."""
    more = [f"{len(names) - MOST_NAMED} more"] if len(names) > MOST_NAMED else []
    return "; ".join([*names[:MOST_NAMED], *more])


def _knowing(document: Mapping[str, Any]) -> list[str]:
    found = document["value_of_information"]
    if found is None:
        return []
    row = next(one for one in found["rows"] if one["worth_usd_per_qaly"] == found["worth_asked"])
    return [
        f"With a QALY worth {row['worth_usd_per_qaly']:,.0f} USD, the best choice on average is "
        f"{row['best']}; to know all these numbers before choosing would be worth "
        f"{row['value_usd']:,.0f} USD a year at most."
    ]
