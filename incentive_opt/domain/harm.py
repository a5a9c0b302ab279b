"""What one per cent of harm is: what the incentive margin is asked for."""

from __future__ import annotations

from collections.abc import Mapping

from incentive_opt.domain.instance import Instance

UNIT_SHARE = 0.01
"""One unit of harm is this share of today's health or outlay [1]."""
LEAST_HEALTH = 0.25
"""Share of the average health of as many children today that a practice is taken to have at least [1].

Assumption. Health is what care brings less what its absence costs, so a practice may be near nothing today;
one per cent of that is nothing, and a margin for each such per cent more than any contract can pay."""


def units_of_health(instance: Instance, today: Mapping[str, float]) -> dict[str, float]:
    """One unit of harm to health, for each practice [QALY per practice and year].

    One per cent of its health today, and of no less than a quarter of what as many contracted children have
    on average over all practices.

    Parameters
    ----------
    today : mapping practice -> float
        Health of one practice under the contract in force [QALY/year].
    """
    contracted = {segment.name for segment in instance.segments if segment.contracted}
    children = dict.fromkeys((practice.name for practice in instance.practices), 0.0)
    for panel in instance.panels:
        if panel.segment in contracted and panel.practice in children:
            children[panel.practice] += panel.demanded
    everybody = sum(practice.count * children[practice.name] for practice in instance.practices)
    health = sum(practice.count * today[practice.name] for practice in instance.practices)
    average = abs(health) / everybody if everybody > 0.0 else 0.0
    return {
        name: UNIT_SHARE * max(abs(today[name]), LEAST_HEALTH * average * number)
        for name, number in children.items()
    }
