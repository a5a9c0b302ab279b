"""What the next search allows for, from what the last one failed by."""

from __future__ import annotations

from dataclasses import replace

from incentive_opt.domain.instance import Instance
from incentive_opt.domain.kinds import differ
from incentive_opt.robust.found import Allowance, Attempt
from incentive_opt.validate import Validation
from incentive_opt.validate.compare import DECIDING

FIRST_DEVIATIONS = 2.5
"""Aiming so far above a threshold, a practice is paid in 99 years of 100."""
FIRST_MARGIN = 0.01
MORE_DEVIATIONS = 0.5
FINER = 3
"""Straight pieces for each of an effect curve's own, once smooth curves are what promises fail by."""
MOST_DEVIATIONS = 4.0
MORE_MARGIN = 3.0
MOST_MARGIN = 0.8
MOST_KINDS = 12
ENOUGH = 0.9
"""Share of the promised gain that has to be left under every behaviour [1]."""
OF_MARGIN = {"indifference", "spread"}
"""Causes that a larger margin works against."""


def next_allowance(made: list[Attempt], instance: Instance) -> Allowance | None:
    """What to allow for next; None where more would not help."""
    last = made[-1]
    told_apart = max(attempt.allowance.kinds for attempt in made)
    if last.validation is None:
        met = next((one for one in reversed(made) if one.validation is not None), None)
        if met is None or met.allowance.kinds == last.allowance.kinds:
            return _between(made)
        last = met  # no design with kinds: on without them
    assert last.validation is not None
    deviations, margin = last.allowance.deviations, last.allowance.altruism_margin
    chance, nearness, bends = _blamed(last.validation)
    if last.allowance.pieces > 1:
        nearness, bends = nearness + bends, 0
    if bends and bends >= max(chance, nearness):
        return replace(last.allowance, pieces=FINER)
    nearness += bends
    if chance > nearness:
        deviations = deviations + MORE_DEVIATIONS if deviations else FIRST_DEVIATIONS
    elif nearness and told_apart == 1 and most_kinds(instance) > 1:
        return replace(last.allowance, kinds=most_kinds(instance))
    elif nearness:
        margin = margin * MORE_MARGIN if margin else FIRST_MARGIN
    following = replace(
        last.allowance,
        deviations=min(deviations, MOST_DEVIATIONS),
        altruism_margin=min(margin, MOST_MARGIN),
    )
    return None if following == last.allowance else following


def most_kinds(instance: Instance) -> int:
    """As many kinds of practice within each type as the simulator draws from, at most ``MOST_KINDS``.

    1 where practices of a type do not differ, or where a type has fewer practices than that on average.
    Every type is told into equally many kinds, so of a rare type a kind may be less than one practice: the
    simulator too draws what such practices are like, and a few of them should not keep the others together.
    """
    kinds = min(MOST_KINDS, instance.simulation.spread.characters)
    practices = sum(practice.count for practice in instance.practices)
    enough = practices >= kinds * len(instance.practices)
    return kinds if enough and differ(instance) else 1


def _blamed(validation: Validation) -> tuple[int, int, int]:
    """How many failures are laid to chance at thresholds, to practices near indifference, to smooth curves.

    Of promises that decide the verdict; a behaviour that keeps too little of the gain counts as one.
    """
    steps = [cause.step for quantity, cause in validation.failures if quantity.kind in DECIDING]
    short = [
        behaviour
        for behaviour, share in validation.kept.items()
        if behaviour != "rational" and share is not None and share < ENOUGH
    ]
    near = sum(step in OF_MARGIN for step in steps) + len(short)
    return steps.count("threshold"), near, steps.count("curve")


def _between(made: list[Attempt]) -> Allowance | None:
    """After an allowance that no design met: half the way back to the last one that was met."""
    failed = made[-1].allowance
    met = [a.allowance for a in made[:-1] if a.design is not None]
    base = met[-1] if met else Allowance()
    middle = (base.altruism_margin + failed.altruism_margin) / 2.0
    if middle - base.altruism_margin < 0.005:
        return None
    return replace(failed, altruism_margin=middle)
