"""Why there is no design, in words, and from which budget on there is one."""

from __future__ import annotations

import math

from incentive_opt.domain.instance import Instance
from incentive_opt.domain.payment_model import PaymentModel
from incentive_opt.formulation.first_best import least_budget
from incentive_opt.formulation.payer import Payer
from incentive_opt.solve.cheapest import Cheapest
from incentive_opt.solve.settle import Settled

FREEST = "blended"
"""The shipped payment model with the most prices."""
NOTHING_CLOSED = (
    "The model counts gaps that others closed, and no measure of this instance says how many those are: "
    "nothing counts but what practices do. See closed_elsewhere of measures.csv in instances/README.md."
)


def remarks(instance: Instance, model: PaymentModel) -> list[str]:
    """What a model has no use for on an instance, though it fits."""
    closed = any(measure.closed_elsewhere > 0.0 for measure in instance.measures)
    return [NOTHING_CLOSED] if model.counts_elsewhere and not closed else []


def impossible(payer: Payer, least: Cheapest | None = None) -> str | None:
    """Why no contract of any kind can do, or None where that is not shown.

    Even practices that did whatever the payer chose would need the least budget.

    Parameters
    ----------
    least : Cheapest, optional
        The cheapest contract of the model, where it was looked for.
    """
    principle = least_budget(payer)
    floors = "; ".join(_label(payer, name) for name in principle.floors)
    if len(principle.floors) == len(payer.practices) > 1:
        floors = "every practice type"
    if principle.usd is None:
        blame = f" of {floors}" if floors else ""
        return (
            f"no payment keeps the net income{blame} between its floor and its ceiling; lower "
            "[income] floor or raise [income] ceiling."
        )
    if principle.usd > payer.budget * (1.0 + 1e-9):
        share = f"{100.0 * payer.instance.income_floor:g} %"
        driven = f" No practice may earn less than {share} of today; that drives it for {floors}."
        return (
            f"the budget is {payer.budget:,.0f} USD a year, and no contract can do with less than "
            f"{math.ceil(principle.usd):,} USD, even if practices did whatever the payer chose."
            f"{driven if floors else ''} {_advice(payer, least)}"
        )
    return None


def enough(payer: Payer, least: Cheapest) -> str:
    """From which budget on there is a design: what is proved and what was found."""
    usd = least.usd
    if math.isinf(least.at_least):
        return f"No budget would do: no contract of {payer.model.name} keeps the other limits."
    needed = _usd(least.at_least)
    if usd is not None and least.exact:
        return (
            f"A budget of {usd:,.0f} USD a year would do: so much the cheapest contract of "
            f"{payer.model.name} costs that keeps every other limit."
        )
    some = least.at_least > 0.0
    if usd is not None:
        return (
            f"A budget of {usd:,.0f} USD a year would do, for a contract of {payer.model.name} was found "
            "that costs so much; whether less would do is not known"
            f"{f', but at least {needed} USD are needed' if some else ''}."
        )
    if not some:
        return f"A budget that would do with {payer.model.name} was not found."
    return (
        f"At least {needed} USD a year are needed with {payer.model.name}; a budget that would do was not "
        "found."
    )


def none_exists(payer: Payer, in_force: Settled, least: Cheapest) -> str:
    """Words for: it is proved that no contract of the model does."""
    money = _money(payer, least, "there is none")
    other = "What stands in the way besides money are" if money else "What stands in the way are"
    return (
        f"no contract of {payer.model.name} meets every constraint. {money}{other} "
        f"the bounds of the prices, the contract rules or the incentive margin of "
        f"{payer.instance.margin:g} USD. {_ways_out(payer, in_force, least)}"
    )


def none_found(payer: Payer, in_force: Settled, seconds: float, stopped: bool, least: Cheapest) -> str:
    """Words for: none was found, but it is not proved that there is none."""
    when = "before you stopped the search" if stopped else f"in {seconds:,.0f} seconds"
    return (
        f"none was found {when}. {_money(payer, least, 'none was found')}That none exists is not proved: a "
        f"longer --time-limit may find one. {_ways_out(payer, in_force, least)}"
    )


def _advice(payer: Payer, least: Cheapest | None) -> str:
    """What to do where the budget is too low for anything."""
    if least is None:
        return "It may take more. Raise the budget or lower [income] floor."
    return f"{enough(payer, least)} {_raise(payer, least)}"


def _raise(payer: Payer, least: Cheapest) -> str:
    """The sentence that ends the advice."""
    if least.usd is None and math.isinf(least.at_least):
        return "`explain` says which other limit would have to give."
    command = f"explain {payer.instance.name} --model {payer.model.name}"
    return f"Raise the budget, or see what else would do: `{command}`."


def _money(payer: Payer, least: Cheapest, instead: str) -> str:
    """From which budget on a contract is conceivable, and what there is for the present one."""
    principle = least_budget(payer).usd
    if principle is None:
        return ""
    conceivable = f"From {_usd(principle)} USD a year on a" if principle > 0.0 else "Any"
    return (
        f"{conceivable} budget could work in principle, if practices did "
        f"what the payer chose; but with the prices of {payer.model.name} {instead} for "
        f"{payer.budget:,.0f} USD. {enough(payer, least)} "
    )


def _ways_out(payer: Payer, in_force: Settled, least: Cheapest) -> str:
    """What the contract in force costs, and which model has more freedom."""
    said = []
    if in_force.outlay > payer.budget and len(in_force.faults) == 1:
        said.append(
            f"Today's contract costs {_usd(in_force.outlay)} USD a year: a budget of that "
            "size always has a design."
        )
    elif in_force.faults:
        said.append(f"Today's contract is no way out either: {'; '.join(in_force.faults)}.")
    if FREEST not in payer.model.name:
        said.append(f"Or use a model with more freedom ({FREEST}).")
    said.append("`explain` says which other limits could give instead.")
    return " ".join(said)


def _usd(value: float) -> str:
    """Whole dollars above; what is a whole number but for rounding stays as it is."""
    return f"{math.ceil(value - 1e-6):,}"


def _label(payer: Payer, name: str) -> str:
    return next((p.label for p in payer.instance.practices if p.name == name and p.label), name)
