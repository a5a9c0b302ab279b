"""What people are told of a design that allows for chance at thresholds."""

from __future__ import annotations

from typing import Any

from incentive_opt.cli.sums_view import label, percent
from incentive_opt.domain.lines import WITHHOLD

TITLE = "Rates that practices aim at, to be paid almost surely (tiers that carry money)"
COLUMNS = ["practice type", "measure", "tier", "threshold [%]", "aimed at [%]"]


def allowed_for(design: dict[str, Any]) -> list[str]:
    """Sentences on what a design allows for beyond the instance's terms; none where it is nothing."""
    share, kinds = float(design.get("altruism_margin", 0.0)), int(design.get("kinds", 1))
    told_apart = [
        f"Within each type {kinds} kinds of practice are told apart, which differ in altruism and in effort; "
        "figures of a type are means over them. Each keeps its part of the instance's incentive margin, "
        "unless one was given."
    ]
    caring = [
        f"Made so that practices that value a QALY by {100.0 * share:.3g} % less still answer as intended."
    ]
    return told_apart * (kinds > 1) + caring * (share > 0.0) + _aimed_above(design)


def _aimed_above(design: dict[str, Any]) -> list[str]:
    """One sentence on the targets of a design; nothing where practices aim at the thresholds themselves."""
    targets = design.get("attainment_targets", [])
    above = [
        100.0 * (one["target"] - one["threshold"]) for one in targets if one["target"] > one["threshold"]
    ]
    if not above:
        return []
    least, most = f"{min(above):.1f}", f"{max(above):.1f}"
    points = most if least == most else f"{least} to {most}"
    count = "1 target" if len(above) == 1 else f"{len(above)} targets"
    return [
        "Made so that practices aim above thresholds, to be paid almost surely: "
        f"by {points} percentage points ({count})."
    ]


def target_rows(design: dict[str, Any]) -> list[list[object]]:
    """Rows: threshold and rate aimed at, for the tiers that carry money in the contract."""
    paid = {
        (lever["of"], lever.get("tier"))
        for lever in design["contract"]["levers"]
        if lever["lever"] == "bonus" and lever["value"] > 0.0
    }
    held = {
        lever["of"]
        for lever in design["contract"]["levers"]
        if lever["lever"] == WITHHOLD and lever["value"] > 0.0
    }
    return [
        [
            label(design, "practices", entry["practice"]),
            label(design, "measures", entry["measure"]),
            entry["tier"],
            percent(entry["threshold"]),
            percent(entry["target"]),
        ]
        for entry in design.get("attainment_targets", [])
        if entry["measure"] in held or (entry["measure"], entry["tier"]) in paid
    ]
