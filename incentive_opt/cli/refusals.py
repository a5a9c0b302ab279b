"""What ``solve`` would refuse in an instance whose files are sound."""

from __future__ import annotations

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
    for practice in instance.practices:
        compiled = compile_practice(practice_scope(instance, practice), paid_tiers(instance.status_quo))
        try:
            today = outcome(compiled, instance.status_quo)
            harm_directions(compiled, today, instance.margin, len(compiled.feature_keys))
        except InputError as error:
            found += error.problems
    return found
