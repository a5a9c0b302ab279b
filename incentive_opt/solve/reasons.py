"""Why there is no design, in words."""

from __future__ import annotations

import math

from incentive_opt.formulation.first_best import least_budget
from incentive_opt.formulation.payer import Payer
from incentive_opt.solve.settle import Settled

FREEST = "blended"
"""The shipped payment model with the most prices."""


def impossible(payer: Payer) -> str | None:
    """Why no contract of any kind can do, or None where that is not shown.

    Even practices that did whatever the payer chose would need the least budget.
    """
    least = least_budget(payer)
    floors = "; ".join(_label(payer, name) for name in least.floors)
    if len(least.floors) == len(payer.practices) > 1:
        floors = "every practice type"
    if least.usd is None:
        blame = f" of {floors}" if floors else ""
        return (
            f"no payment keeps the net income{blame} between its floor and its ceiling; lower "
            "[income] floor or raise [income] ceiling."
        )
    if least.usd > payer.budget * (1.0 + 1e-9):
        share = f"{100.0 * payer.instance.income_floor:g} %"
        driven = f" No practice may earn less than {share} of today; that drives it for {floors}."
        return (
            f"the budget is {payer.budget:,.0f} USD a year, and no contract can do with less than "
            f"{math.ceil(least.usd):,} USD; it may take more, for so much is needed even if practices "
            f"did whatever the payer chose.{driven if floors else ''} Raise the budget or lower [income] "
            "floor."
        )
    return None


def none_exists(payer: Payer, in_force: Settled) -> str:
    """Words for: it is proved that no contract of the model does."""
    return (
        f"no contract of {payer.model.name} meets every constraint. {_money(payer, 'there is none')}"
        f"What stands in the way are the bounds of the prices, the contract rules or the incentive margin of "
        f"{payer.instance.margin:g} USD. {_ways_out(payer, in_force)}"
    )


def none_found(payer: Payer, in_force: Settled, seconds: float, stopped: bool) -> str:
    """Words for: none was found, but it is not proved that there is none."""
    when = "before you stopped the search" if stopped else f"in {seconds:,.0f} seconds"
    return (
        f"none was found {when}. {_money(payer, 'none was found')}That none exists is not proved: a "
        f"longer --time-limit may find one. {_ways_out(payer, in_force)}"
    )


def _money(payer: Payer, instead: str) -> str:
    """From which budget on a contract is conceivable, and what there is for the present one."""
    least = least_budget(payer).usd
    if least is None:
        return ""
    return (
        f"From {math.ceil(least):,} USD a year on a budget could work in principle, if practices did "
        f"what the payer chose; but with the prices of {payer.model.name} {instead} for "
        f"{payer.budget:,.0f} USD. "
    )


def _ways_out(payer: Payer, in_force: Settled) -> str:
    """What the contract in force costs, and which model has more freedom."""
    said = []
    if in_force.outlay > payer.budget and len(in_force.faults) == 1:
        said.append(
            f"Today's contract costs {math.ceil(in_force.outlay):,} USD a year: a budget of that "
            "size always has a design."
        )
    elif in_force.faults:
        said.append(f"Today's contract is no way out either: {'; '.join(in_force.faults)}.")
    if FREEST not in payer.model.name:
        said.append(f"Or use a model with more freedom ({FREEST}).")
    return " ".join(said)


def _label(payer: Payer, name: str) -> str:
    return next((p.label for p in payer.instance.practices if p.name == name and p.label), name)
