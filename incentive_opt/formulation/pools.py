"""Pools shared among all who close gaps of a measure; docs/mathematics.md, "Pools".

A gap that a practice closes is revenue of it. One that others close costs the payer the same and pays no
practice: a feature of its own, priced by the same lever.
"""

from __future__ import annotations

from typing import Any

import pyomo.core as pyo

from incentive_opt.domain.instance import Measure
from incentive_opt.formulation.scope import PracticeScope


def closed_here(model: Any, scope: PracticeScope, measure: str) -> Any:
    """Gaps that the practice closes itself [gaps/year]."""
    of = _measure(scope, measure)
    return pyo.quicksum(
        weight * model.services[service, segment]
        for service, weight in of.numerator.items()
        for segment in _segments(scope, of)
        if (service, segment) in model.services
    )


def others_close(model: Any, scope: PracticeScope, measure: str) -> Any | None:
    """Gaps that others close of those that the practice leaves open [gaps/year]; None where they do not."""
    of = _measure(scope, measure)
    segments = _segments(scope, of)
    if of.closed_elsewhere == 0.0 or not segments:
        return None
    every = pyo.quicksum(
        scope.needs[of.denominator_need, segment].events_per_child_year * model.panel[segment]
        for segment in segments
    )
    return of.closed_elsewhere * (every - closed_here(model, scope, measure))


def _measure(scope: PracticeScope, name: str) -> Measure:
    return next(one for one in scope.instance.measures if one.name == name)


def _segments(scope: PracticeScope, measure: Measure) -> list[str]:
    """Groups of contracted children of the practice that the measure counts."""
    return [
        segment
        for segment in scope.contracted
        if (measure.denominator_need, segment) in scope.needs
        and (not measure.segments or segment in measure.segments)
    ]
