"""Pools shared among all who close gaps: the certificate's own columns for them, and whether they come out.

A second construction of docs/mathematics.md, "Pools": it shares no code with the formulation.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from incentive_opt.certify.checks import CENT, Check, equal, fact, number
from incentive_opt.certify.held_back import Problem
from incentive_opt.domain.contract import Contract
from incentive_opt.domain.instance import Instance, Measure
from incentive_opt.domain.lines import POOL_SHARE
from incentive_opt.domain.response import Response
from incentive_opt.pools import shared_pools

FloatArray = npt.NDArray[np.float64]

GROUP = "contract"


def own_gaps(problem: Problem, name: str) -> FloatArray:
    """Coefficients of the gaps of a measure that the practice closes itself [gaps/year]."""
    measure, events = _counted(problem, name)
    gaps = np.zeros(len(problem.columns))
    for (kind, item, second), column in problem.columns.items():
        if kind == "service" and second in events:
            gaps[column] = measure.numerator.get(item, 0.0)
    return gaps


def partners_part(problem: Problem) -> FloatArray:
    """Coefficients of what others are paid from pools for the practice's children [USD/year]."""
    usd = np.zeros(len(problem.columns))
    if not problem.contract.benchmarks.counts_elsewhere:
        return usd
    for (kind, name), price in problem.contract.lines.items():
        if kind != POOL_SHARE:
            continue
        measure, events = _counted(problem, name)
        left = -own_gaps(problem, name)
        for segment, rate in events.items():
            left[problem.columns["panel", segment, ""]] += rate
        usd += price * measure.closed_elsewhere * left
    return usd


def _counted(problem: Problem, name: str) -> tuple[Measure, dict[str, float]]:
    """The measure, and events a child-year of each group of children that it counts."""
    measure = next(one for one in problem.instance.measures if one.name == name)
    events = {
        need.segment: need.events_per_child_year
        for need in problem.needs
        if need.name == measure.denominator_need
        and problem.contracted[need.segment]
        and (not measure.segments or need.segment in measure.segments)
    }
    return measure, events


def check_pools(
    instance: Instance, contract: Contract, responses: Sequence[Response], design: Mapping[str, Any]
) -> list[Check]:
    """Every pool holds, to the cent, what its gaps cost at the share that each was told to expect.

    Parameters
    ----------
    responses : sequence of Response
        Intended, in the order of the instance's practices.
    design : mapping
        design.json, which lists them too.
    """
    pools = shared_pools(instance, contract, responses)
    stray = [name for name in contract.pools if name not in pools]
    checks = [fact(GROUP, "every pool has a share", not stray, ", ".join(stray))] if stray else []
    listed = {entry.get("measure"): entry for entry in design["contract"].get("pools", [])}
    if set(listed) != set(pools):
        checks.append(fact(GROUP, "design.json lists the pools of the contract", False))
    for name, entry in ((name, listed[name]) for name in pools if name in listed):
        for key, shared_figure in (
            ("closed_by_practices", pools[name].by_practices),
            ("closed_by_others", pools[name].by_others),
            ("pool_usd", contract.pools.get(name, math.nan)),
            ("expected_usd_per_gap", pools[name].expected),
        ):
            unit = "USD" if "usd" in key else "gaps/year"
            words = f"design.json: {key} of the pool of {name}"
            checks.append(equal(GROUP, words, number(entry, key), shared_figure, unit))
    for name, shared in pools.items():
        words = f"pool of {name}: share times gaps closed"
        promised = math.nan if shared.pool is None else shared.pool
        missed = -abs(promised - shared.due)
        checks.append(Check(GROUP, words, promised, shared.due, missed, CENT, "USD/year", missed >= -CENT))
    return checks
