"""Why there is no design, in words."""

from __future__ import annotations

from incentive_opt.formulation.first_best import least_budget
from incentive_opt.formulation.payer import Payer
from incentive_opt.solve.settle import Settled


def impossible(payer: Payer) -> str | None:
    """Why no contract of any kind can do, or None where that is not shown.

    Even practices that did whatever the payer chose would need the least budget.
    """
    least = least_budget(payer)
    floors = ", ".join(least.floors)
    if least.usd is None:
        blame = f" of {floors}" if floors else ""
        return (f"no payment keeps the net income{blame} between its floor and its ceiling; lower "
                "[income] floor or raise [income] ceiling.")
    if least.usd > payer.budget * (1.0 + 1e-9):
        driven = f" The income floors of {floors} drive it." if floors else ""
        return (f"the budget is {payer.budget:,.0f} USD a year, and no contract can do with less than "
                f"{least.usd:,.0f} USD, even if practices did whatever the payer chose.{driven} Raise the "
                f"budget by at least {least.usd - payer.budget:,.0f} USD or lower [income] floor.")
    return None


def none_exists(payer: Payer, in_force: Settled) -> str:
    """Words for: it is proved that no contract of the model does."""
    return (f"no contract of {payer.model.name} meets every constraint. {_money(payer)} So what stands in "
            f"the way are the bounds of the prices, the contract rules or the incentive margin of "
            f"{payer.instance.margin:g} USD. {_today(in_force)}")


def none_found(payer: Payer, in_force: Settled, seconds: float, stopped: bool) -> str:
    """Words for: none was found, but it is not proved that there is none."""
    when = "before the search was stopped" if stopped else f"in {seconds:,.0f} seconds"
    return (f"none was found {when}. That none exists is not proved: a longer --time-limit may find one. "
            f"{_money(payer)} {_today(in_force)}")


def _money(payer: Payer) -> str:
    least = least_budget(payer).usd
    if least is None:
        return ""
    return (f"If practices did whatever the payer chose, {least:,.0f} USD a year would do, which the budget "
            f"of {payer.budget:,.0f} USD covers.")


def _today(in_force: Settled) -> str:
    return f"The contract in force is none of them: {'; '.join(in_force.faults)}." if in_force.faults else ""
