"""What people are told of a real year: what is promised once months fill up and children see who is there."""

from __future__ import annotations

from typing import Any

from incentive_opt.cli.sums_view import dollars
from incentive_opt.signs import signed

CAUSES = {
    "smooth_effects": "smooth effects of care",
    "practices_differ": "differences between practices",
    "staff_time": "months that are full",
    "continuity": "continuity of care",
}
TOLD = 0.005
"""Changes smaller than this are not told [QALY/year]; nor are those below one dollar."""


def expected(design: dict[str, Any]) -> list[str]:
    """A sentence, where design.json says what a real year makes of health and outlay."""
    block = design.get("foreseen")
    if not block:
        return []
    told = [
        one for one in block["changes"] if abs(one["health_qaly"]) >= TOLD or abs(one["outlay_usd"]) >= 1.0
    ]
    if not told:
        return []
    causes = "; ".join(
        f"{CAUSES.get(one['cause'], one['cause'])} {signed(one['health_qaly'], 2)} QALY, "
        f"{signed(one['outlay_usd'], 0)} USD"
        for one in told
    )
    amount, unit = dollars(block["outlay_usd"])
    return [
        f"Promised of a real year are {block['health_qaly']:,.2f} QALY and {amount} {unit}, with what the "
        f"search leaves out ({causes}). `validate` simulates such years."
    ]
