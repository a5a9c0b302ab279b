"""Other lines of payment in the practice's problem: what each is paid for, and the benchmarks of today.

docs/mathematics.md, "Other lines of payment".
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import pyomo.core as pyo

from incentive_opt.domain.instance import Instance, Need
from incentive_opt.domain.lines import PARTNERS, POOL_SHARE, WITHHOLD, Benchmarks, Line
from incentive_opt.domain.payable import contracted_needs, counts_as_outcome
from incentive_opt.domain.response import Response
from incentive_opt.formulation.held_back import withhold_quantity
from incentive_opt.formulation.pools import closed_here, others_close
from incentive_opt.formulation.scope import PracticeScope
from incentive_opt.formulation.sharing import tie_savings

CARE_DECIMALS, COST_DECIMALS = 6, 2
"""Benchmarks are terms of a contract, so they are written as people write numbers."""


def line_features(
    model: Any, scope: PracticeScope, lines: Iterable[Line], benchmarks: Benchmarks
) -> dict[tuple[str, str, int], Any]:
    """What each line is paid for, as an expression of the practice's problem.

    ``model.always`` stands for the constant in it: a variable that is 1.
    """
    lines = tuple(lines)
    made = {(kind, of, 0): _quantity(model, scope, kind, of, benchmarks) for kind, of in lines}
    if benchmarks.counts_elsewhere:
        made |= {
            (PARTNERS, of, 0): left
            for kind, of in lines
            if kind == POOL_SHARE and (left := others_close(model, scope, of)) is not None
        }
    return made


def _quantity(model: Any, scope: PracticeScope, kind: str, of: str, benchmarks: Benchmarks) -> Any:
    if kind == WITHHOLD:
        return withhold_quantity(model, scope, of)
    if kind == POOL_SHARE:
        return closed_here(model, scope, of)
    if kind == "salary":
        return scope.practice.fte.get("clinician", 0.0) * model.always["one"]
    if kind == "rvu_rate":
        rvu = {service.name: service.rvu for service in scope.instance.services}
        contracted = set(scope.contracted)
        return pyo.quicksum(
            rvu[name] * model.services[name, segment]
            for name, segment in model.services
            if segment in contracted
        )
    if kind == "shared_savings":
        spared = pyo.quicksum(
            benchmarks.cost[segment] * scope.demanded[segment] for segment in scope.contracted
        )
        savings = spared * model.always["one"] - _outside(model, scope)
        if not model.piece:
            return savings
        tie_savings(model, savings)
        return model.counted_savings.expr
    rows = [key for key in scope.needs if key[0] == of and scope.segments[key[1]].contracted]
    if kind == "episode":
        return pyo.quicksum(
            model.services[service.name, key[1]] for key in rows for service in scope.deliverable[key]
        )
    rows = [key for key in rows if counts_as_outcome(scope.needs[key])]
    effective = pyo.quicksum(model.effective[key] for key in rows if key in model.effective)
    if kind == "outcome":
        return effective
    return effective - pyo.quicksum(benchmarks.care[key] * model.panel[key[1]] for key in rows)


def _outside(model: Any, scope: PracticeScope) -> Any:
    """The cost of care elsewhere, its constant carried by ``model.always``."""
    expression = 0.0
    for key, need in scope.needs.items():
        if not scope.segments[key[1]].contracted:
            continue
        events = scope.demanded_events(need)
        expression += (need.uncovered_cost + need.downstream_saving) * events * model.always["one"]
        for service in scope.deliverable[key]:
            expression -= need.uncovered_cost * model.services[service.name, key[1]]
        if key in model.effective:
            expression -= need.downstream_saving * model.effective[key]
    return expression


def benchmarks_of_today(instance: Instance, responses: Sequence[Response]) -> Benchmarks:
    """What practices do today on average: by need and group of children kept, and by group who ask.

    An average over all practices: one that does better than others gains, one that does worse owes. By group
    of children: who cares for sicker children is not held to the average of all.

    Parameters
    ----------
    responses : sequence of Response
        To the contract in force, in the order of the instance's practices.
    """
    kept: dict[str, float] = {}
    asked: dict[str, float] = {}
    effective: dict[tuple[str, str], float] = {}
    outside: dict[str, float] = {}
    rows = contracted_needs(instance)
    for practice, response in zip(instance.practices, responses, strict=True):
        for panel in instance.panels:
            if panel.practice == practice.name:
                asked[panel.segment] = asked.get(panel.segment, 0.0) + practice.count * panel.demanded
        for segment, children in response.panel.items():
            kept[segment] = kept.get(segment, 0.0) + practice.count * children
        for need in rows:
            key = need.name, need.segment
            given = response.effective.get(key, 0.0)
            effective[key] = effective.get(key, 0.0) + practice.count * given
            cost = _cost_elsewhere(instance, need, response)
            outside[need.segment] = outside.get(need.segment, 0.0) + practice.count * cost
    return Benchmarks(
        care={
            key: round(total / kept[key[1]], CARE_DECIMALS) if kept.get(key[1], 0.0) > 0.0 else 0.0
            for key, total in effective.items()
        },
        cost={
            segment.name: round(outside.get(segment.name, 0.0) / asked[segment.name], COST_DECIMALS)
            if asked.get(segment.name, 0.0) > 0.0
            else 0.0
            for segment in instance.segments
            if segment.contracted
        },
    )


def _cost_elsewhere(instance: Instance, need: Need, response: Response) -> float:
    """Care elsewhere for one need of one group of children of one practice [USD/year]."""
    events = need.events_per_child_year * sum(
        panel.demanded
        for panel in instance.panels
        if panel.practice == response.practice and panel.segment == need.segment
    )
    met = sum(
        volume
        for service in instance.services
        if service.need == need.name and (volume := response.services.get((service.name, need.segment), 0.0))
    )
    effective = response.effective.get((need.name, need.segment), 0.0)
    return need.uncovered_cost * (events - met) + need.downstream_saving * (events - effective)
