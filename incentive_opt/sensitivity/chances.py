"""What many draws say together: how likely the design beats today's contract, what knowing more is worth."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from scipy import stats

from incentive_opt.domain.uncertain import Uncertain
from incentive_opt.sensitivity.cases import Case
from incentive_opt.sensitivity.draws import NORMAL_95, FloatArray

QUANTILES = (0.025, 0.1, 0.25, 0.5, 0.75, 0.9, 0.975)
WORTHS = (50_000.0, 100_000.0, 200_000.0)
"""What a QALY may be worth to a payer, beside the worth that was asked for [USD/QALY]."""
FEWEST = 2
"""With fewer draws nothing can be said of their spread."""


def chances(cases: Sequence[Case], types: Sequence[str], place: int = 0) -> dict[str, Any]:
    """How a contract fares over the draws.

    Parameters
    ----------
    cases : sequence of Case
        Every draw in which practices could serve their smallest panels; at least one.
    types : sequence of str
        The practice types.

    Returns
    -------
    dict
        ``beats_today``: more health than today's contract in the same draw, within the budget of the draw.
    """
    outside = [case.outside(place) for case in cases]
    return {
        "gain_qaly": spread([case.gain(place) for case in cases]),
        "health_qaly": spread([case.years[place].health for case in cases]),
        "outlay_usd": spread([case.years[place].outlay for case in cases]),
        "budget_left_usd": spread([case.limit - case.years[place].outlay for case in cases]),
        "probability": {
            "beats_today": share([case.beats(place) for case in cases]),
            "more_health": share([case.better(place) for case in cases]),
            "budget_kept": share([case.budget_kept(place) for case in cases]),
            "incomes_kept": share([not one for one in outside]),
            "beats_today_and_incomes_kept": share(
                [case.beats(place) and not one for case, one in zip(cases, outside, strict=True)]
            ),
        },
        "incomes": [
            {
                "practice": name,
                **{
                    f"{side}_share": sum((number, side) in one for one in outside) / len(cases)
                    for side in ("below", "above")
                },
            }
            for number, name in enumerate(types)
        ],
    }


def spread(values: Sequence[float]) -> dict[str, Any]:
    """Mean, standard deviation and quantiles of a figure over the draws."""
    array = np.asarray(values, dtype=np.float64)
    deviation = float(array.std(ddof=1)) if len(array) >= FEWEST else None
    quantiles = {f"{100 * at:g}": float(np.quantile(array, at)) for at in QUANTILES}
    return {"mean": float(array.mean()), "standard_deviation": deviation, "quantiles": quantiles}


def share(held: Sequence[bool]) -> dict[str, float]:
    """Share of the draws in which something holds [1], with its 95 % interval.

    Notes
    -----
    Wilson's interval, as if the draws were independent; those of a Sobol' sequence are spread more evenly, so
    the share is known at least as well.
    """
    number, squared = len(held), NORMAL_95**2
    found = sum(held) / number
    middle = (found + squared / (2 * number)) / (1 + squared / number)
    half = math.sqrt(found * (1 - found) / number + squared / (4 * number**2)) / (1 + squared / number)
    half *= NORMAL_95
    return {"share": found, "low": max(0.0, middle - half), "high": min(1.0, middle + half)}


def worth_of_knowing(cases: Sequence[Case], names: Sequence[str], worths: Sequence[float]) -> dict[str, Any]:
    """The expected value of perfect information, for the choice between contracts.

    Parameters
    ----------
    names : sequence of str
        Of the contracts: today's first, then those of every case.
    worths : sequence of float
        What a QALY is worth to the payer [USD/QALY]; the outlay counts against health at this rate.

    Returns
    -------
    dict
        For each worth: ``best``, the contract with the most net health on average; ``chosen_share``, in what
        share of the draws each contract has the most; ``value_qaly`` and ``value_usd`` a year: how much more
        the best contract of each draw brings on average than the contract that is best on average.
    """
    years = [[case.today, *case.years] for case in cases]
    health = np.array([[year.health for year in one] for one in years])
    outlay = np.array([[year.outlay for year in one] for one in years])
    rows = []
    for worth in worths:
        net: FloatArray = health - outlay / worth
        means = net.mean(axis=0)
        best = int(means.argmax())
        gained = float((net.max(axis=1) - net[:, best]).mean())
        first = net.argmax(axis=1)
        rows.append(
            {
                "worth_usd_per_qaly": worth,
                "best": names[best],
                "best_over_today_qaly": float(means[best] - means[0]),
                "chosen_share": {name: float((first == place).mean()) for place, name in enumerate(names)},
                "value_qaly": gained,
                "value_usd": gained * worth,
            }
        )
    return {"contracts": list(names), "rows": rows}


def moved_by(
    uncertainty: Sequence[Uncertain], drawn: FloatArray, gains: Sequence[float]
) -> list[dict[str, Any]]:
    """How far the gain goes along with each parameter: Spearman's rank correlation [1], largest first.

    None where the gain, or the parameter, is the same in every draw.
    """
    ranks = stats.rankdata(np.asarray(gains, dtype=np.float64))
    rows: list[dict[str, Any]] = []
    for place, one in enumerate(uncertainty):
        own = stats.rankdata(drawn[:, place])
        known = len(ranks) > FEWEST and ranks.std() > 0.0 and own.std() > 0.0
        correlation = float(np.corrcoef(own, ranks)[0, 1]) if known else None
        rows.append({"parameter": one.name, "rank_correlation": correlation})
    return sorted(rows, key=lambda row: -abs(row["rank_correlation"] or 0.0))
