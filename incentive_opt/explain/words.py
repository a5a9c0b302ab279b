"""Explanations in words."""

from __future__ import annotations

import math
from typing import Any

EXACTLY, FOUND, HELPLESS = "exact", "found", "no help"
CLOSE = 1e-3
"""Sums that differ by less than this share are the same in words [1]."""
NO_HELP = {
    "budget": "No budget would do: no contract keeps the other limits.",
    "income floor": "No lower income floor alone would do, not even none.",
    "income ceiling": "No higher income ceiling alone would do.",
    "bounds of the prices": "Ranges of prices three times as wide would not do alone.",
    "incentive margin": "No smaller incentive margin alone would do, not even none.",
    "minimum panels": "No smaller minimum panels alone would do, not even none.",
}

LEAST = {
    "budget": "nothing less does",
    "income floor": "no higher one does",
    "income ceiling": "no lower one does",
    "incentive margin": "no larger one does",
}


def usd(value: float) -> str:
    """Whole dollars above."""
    return f"{math.ceil(value - 1e-6):,} USD"


def say_instance(made: dict[str, Any]) -> list[str]:
    """The sentences that come first: is there a design, and what would admit one."""
    model, limits = made["model"]["name"], made["limits"]
    budget = limits["budget_usd"]
    said = []
    if made["design_exists"]:
        least = made["least_budget"]
        said.append(
            f"There is a design: a contract of {model} that costs {usd(least['enough_usd'])} a year keeps "
            f"every limit, and the budget is {usd(budget)}."
        )
        if not least["exact"]:
            said.append(f"No contract of {model} can do with less than {usd(least['at_least_usd'])}.")
        else:
            said.append(f"No contract of {model} costs less.")
        return said
    if made["design_exists"] is None:
        said.append(
            f"No design was found for a budget of {usd(budget)} a year with {model}, and it is not proved "
            "that there is none: more time may find one."
        )
    else:
        said.append(
            f"There is no design: with {usd(budget)} a year no contract of {model} keeps every limit."
        )
    said += [sentence for change in made["alone"] if (sentence := say_change(change))]
    said += _together(made)
    return said + _blocks(made)


def say_change(change: dict[str, Any]) -> str:
    """One limit alone, in a sentence."""
    limit, outcome = change["limit"], change["outcome"]
    if outcome == HELPLESS:
        return NO_HELP.get(limit, f"No change of the {limit} alone admits a design.")
    if outcome not in (EXACTLY, FOUND):
        needed = change["beyond"]
        if limit == "budget" and needed is not None:
            return f"A budget of at least {usd(needed)} a year is needed; one that would do was not found."
        return f"Whether a change of the {limit} alone would do is not known."
    now, would = change["now"], change["would_do"]
    words = {
        "budget": f"A budget of {usd(would)} a year would do, in place of {usd(now)}",
        "income floor": f"An income floor of {would:.4g} times today's income would do, not {now:g}",
        "income ceiling": f"An income ceiling of {would:.4g} times today's income would do, not {now:g}",
        "incentive margin": f"An incentive margin of {would:,.4g} USD would do, in place of {now:,.4g}",
        "minimum panels": f"Minimum panels of {100.0 * would:.4g} % of the present ones would do",
        "bounds of the prices": f"Ranges of prices that are wider by {100.0 * would:.4g} % of their width at "
        "both ends would do",
    }.get(limit, f"{limit[0].upper()}{limit[1:]}: {would:.4g} would do, in place of {now:.4g}")
    return f"{words}; {_how_sure(change)}."


def _how_sure(change: dict[str, Any]) -> str:
    """Whether that is the least change, and what is proved if it need not be."""
    beyond, limit = change["beyond"], change["limit"]
    if change["outcome"] == EXACTLY:
        return LEAST.get(limit, "no smaller change does")
    if limit == "minimum panels" or beyond is None:
        return "a smaller change might"
    if limit == "budget":
        return f"a contract that costs so much was found, and at least {usd(beyond)} are needed (proved)"
    return f"a smaller change might, but {beyond:.4g} does not (proved)"


def _together(made: dict[str, Any]) -> list[str]:
    """Budget and income limits weighed against each other."""
    said = []
    together = made.get("together", {})
    cost = together.get("least_dollars") or {}
    if cost.get("usd") is not None:
        sure = "that is the least" if cost["exact"] else f"at least {usd(cost['at_least_usd'])} are needed"
        alone, short = made["least_budget"]["enough_usd"], made["limits"]["budget_usd"]
        same = alone is not None and cost["usd"] >= (alone - short) * (1.0 - CLOSE) - 1.0
        if same:
            said.append(
                "In dollars nothing is saved by moving income limits: over all practices that takes "
                f"{usd(cost['usd'])} a year, as much as the budget lacks ({sure})."
            )
        else:
            parts = [_give(made["labels"], part) for part in cost["gives"]]
            said.append(
                "In dollars, over all practices, the least change of budget and income limits together is "
                f"{usd(cost['usd'])} a year ({sure}): {'; '.join(parts)}."
            )
    share = together.get("same_share") or {}
    if share.get("confirmed"):
        limits = share["limits"]
        said.append(
            f"If budget and income limits all give by the same share, {100.0 * share['share']:.2f} % does: "
            f"budget {usd(limits['budget'])}, floor {limits['income_floor']:.4g}, ceiling "
            f"{limits['income_ceiling']:.4g} times today's income"
            f"{'' if share['exact'] else ' (less might do)'}."
        )
    return said


def _give(labels: dict[str, str], part: dict[str, Any]) -> str:
    """What one limit gives in dollars, each practice and all together."""
    what, _, of = part["limit"].partition(" of ")
    if not of:
        return f"budget by {usd(part['usd'])}"
    return f"{what} of each {labels.get(of, of)} by {usd(part['usd_each'])} (all: {usd(part['usd'])})"


def _blocks(made: dict[str, Any]) -> list[str]:
    labels = made["labels"]
    wrong = [labels[one["practice"]] for one in made["blocks"] if one["makes_it_impossible"]]
    if wrong:
        return [f"What no payment can put right are the income limits of: {'; '.join(wrong)}."]
    at = [labels[one["practice"]] for one in made["blocks"] if one["at"] == "floor"]
    if not at:
        return []
    return [
        f"In the cheapest contract found these are paid no more than their income floor: {'; '.join(at)}."
    ]
