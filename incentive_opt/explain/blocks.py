"""Which practice types stand in the way of a smaller budget."""

from __future__ import annotations

from typing import Any

from incentive_opt.explain.question import Question
from incentive_opt.formulation.first_best import least_budget
from incentive_opt.formulation.payer import income_corridor
from incentive_opt.solve.cheapest import Cheapest

AT_LIMIT = 1e-4
"""An income this near to a limit is at it [share of today's]."""
DOLLAR = 1.0


def blocking(question: Question, least: Cheapest) -> list[dict[str, Any]]:
    """For every practice type, what its income limits cost, and where it stands in the cheapest contract.

    Returns
    -------
    list of dict
        ``limits_cost_usd``: by how much less the payer could do if this type's limits did not count and
        practices did what the payer chose (None where that has no answer); ``makes_it_impossible``: whether
        there is an answer only without them; ``income_usd``, ``floor_usd``, ``ceiling_usd``
        and ``at``: ``floor``, ``ceiling`` or nothing, in the cheapest contract that was found.
    """
    payer = question.payer
    principle = least_budget(payer).usd
    made = []
    for members in question.types:
        without = least_budget(payer, members.name).usd
        floor, ceiling = income_corridor(payer, members)
        entry: dict[str, Any] = {
            "practice": members.name,
            "count": question.count(members),
            "income_today_usd": question.income_today(members),
            "floor_usd": floor,
            "ceiling_usd": ceiling,
            "limits_cost_usd": None,
            "makes_it_impossible": principle is None and without is not None,
            "income_usd": None,
            "at": "",
        }
        if principle is not None and without is not None:
            entry["limits_cost_usd"] = max(0.0, principle - without)
        if least.settled is not None:
            income = members.mean([figures.net_income for figures in least.settled.accounts])
            entry["income_usd"] = income
            near = max(DOLLAR, AT_LIMIT * abs(entry["income_today_usd"]))
            entry["at"] = "floor" if income - floor <= near else "ceiling" if ceiling - income <= near else ""
        made.append(entry)
    return made
