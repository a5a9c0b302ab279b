"""What ``solve`` would refuse, or have no use for, in an instance whose files are sound."""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

from incentive_opt.attainment import events_at_most
from incentive_opt.domain.harm import units_of_health
from incentive_opt.domain.instance import Instance
from incentive_opt.errors import InputError, Problem


def refusals(instance: Instance) -> list[Problem]:
    """Problems that show only once practices answer the contract in force.

    Too little staff for the smallest panel; an incentive margin that no prices can keep. Each practice's
    problem is solved once; loading the solver takes longer than that.
    """
    from incentive_opt.formulation.compile import compile_practice
    from incentive_opt.formulation.margin import harm_directions
    from incentive_opt.formulation.scope import practice_scope
    from incentive_opt.formulation.status_quo import outcome, paid_tiers

    found: list[Problem] = []
    answered = []
    for practice in instance.practices:
        compiled = compile_practice(practice_scope(instance, practice), paid_tiers(instance.status_quo))
        with _noting(found):
            answered.append((compiled, outcome(compiled, instance.status_quo)))
    # Units of those that answer: what is wrong with others is told beside what is wrong with these.
    able = replace(instance, practices=tuple(compiled.scope.practice for compiled, _ in answered))
    units = units_of_health(able, {today.practice: today.health for _, today in answered})
    for compiled, today in answered:
        with _noting(found):
            unit, features = units[today.practice], len(compiled.feature_keys)
            harm_directions(compiled, unit, today.outlay, instance.margin, features)
    return found


@contextmanager
def _noting(found: list[Problem]) -> Iterator[None]:
    """Note what is wrong with the input, and go on."""
    try:
        yield
    except InputError as error:
        found += error.problems


def idle_measures(instance: Instance) -> list[str]:
    """Measures that no practice type has events enough for: no money can ride on them."""
    said = []
    for measure in instance.measures:
        most = max((events_at_most(instance, measure, one.name) for one in instance.practices), default=0.0)
        if most > 0.0 and most >= measure.minimum_denominator:
            continue
        because = "min_reliability under [rules]" if instance.rules.min_reliability else "minimum_denominator"
        said.append(
            f"no money can ride on the measure {measure.name!r}: {because} asks for "
            f"{math.ceil(measure.minimum_denominator):,} events a year, and no practice type has more than "
            f"{most:,.0f}. Lower it, or take the measure as one that is only watched."
        )
    return said
