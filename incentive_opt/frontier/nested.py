"""Limits that hold at more than one value of a number: what a stricter instance allows, a looser one allows.

Every contract within a budget is within a larger one, and every contract that keeps incomes between two
limits keeps them between wider ones; nothing else in the instance depends on these numbers. So what no
contract passes with the looser value none passes with the stricter one. Of other numbers that is not known.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from incentive_opt.frontier.known import SAME

LOOSER: Mapping[str, int] = {"payer.budget": 1, "income.ceiling": 1, "income.floor": -1}
"""Numbers that allow more the higher (1) or the lower (-1) they are."""


def with_limits_of_looser(key: str, rows: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The rows of a variation, each with the least limit that holds for its value.

    Parameters
    ----------
    key : str
        The number that varies.
    rows : sequence of mapping
        With ``value``, ``health_qaly``, ``upper_bound_qaly`` and ``gap``, None where nothing is found.

    Returns
    -------
    list of dict
        Also with ``bound_of_value``: at which value the limit was proved.
    """
    way = LOOSER.get(key, 0)
    told = []
    for row in rows:
        holding = [
            other
            for other in rows
            if other["upper_bound_qaly"] is not None
            and (other["value"] == row["value"] or way * (other["value"] - row["value"]) > 0.0)
        ]
        new = dict(row) | {"bound_of_value": None}
        if row["health_qaly"] is not None and row["upper_bound_qaly"] is not None:
            least = min(holding, key=lambda one: (one["upper_bound_qaly"], abs(one["value"] - row["value"])))
            new["bound_of_value"] = least["value"]
            if least["upper_bound_qaly"] < row["upper_bound_qaly"]:
                bound = max(
                    row["health_qaly"], least["upper_bound_qaly"]
                )  # by rounding never below the design
                gap = (bound - row["health_qaly"]) / abs(bound) if bound else 0.0
                new |= {"upper_bound_qaly": bound, "gap": gap}
        told.append(new)
    return told


def contradictions(key: str, rows: Sequence[Mapping[str, Any]]) -> list[str]:
    """Designs that pass a limit proved for a looser value, before limits are carried over; none in truth."""
    way = LOOSER.get(key, 0)
    return [
        f"The design for {key} = {row['value']:g} passes the limit proved for {other['value']:g}: one of the "
        "two is wrong. Please report it."
        for row in rows
        for other in rows
        if row["health_qaly"] is not None
        and other["upper_bound_qaly"] is not None
        and way * (other["value"] - row["value"]) > 0.0
        and row["health_qaly"] > other["upper_bound_qaly"] + SAME * max(1.0, abs(other["upper_bound_qaly"]))
    ]
