"""What the optimiser leaves out of a year, estimated: smooth effects, full months, continuity of care.

The search works with straight pieces of effect curves, a year's staff time in one sum, and care elsewhere
that does not depend on who is seen. What that leaves out of health and outlay is estimated here, for a design
that was found, by formulas; no child is simulated. The simulator knows nothing of it, and judges it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from incentive_opt.domain.contract import Contract
from incentive_opt.domain.curve import MOST_CUTS
from incentive_opt.domain.instance import Instance
from incentive_opt.domain.lines import POOL_SHARE
from incentive_opt.domain.response import Response
from incentive_opt.foreseen.children import Classes, classes_of
from incentive_opt.foreseen.continuity import Multiples, change, elsewhere
from incentive_opt.foreseen.waiting import lost_services
from incentive_opt.payment import Account, account, effective_care

SMOOTH, STAFF_TIME, CONTINUITY = "smooth_effects", "staff_time", "continuity"
BY_THE_EVENT = ("outcome", "improvement", "episode", "rvu_rate")
"""Lines that pay event by event. What hangs on a threshold is taken to be paid as promised."""

Key = tuple[str, str]


@dataclass(frozen=True)
class Foreseen:
    """What changes in a year, by cause, over all practices.

    Attributes
    ----------
    health : mapping cause -> float
        [QALY/year]
    outlay : mapping cause -> float
        [USD/year]
    """

    health: Mapping[str, float]
    outlay: Mapping[str, float]


def foreseen(
    instance: Instance,
    contract: Contract,
    responses: Mapping[str, Response],
    today: Mapping[str, Multiples],
) -> Foreseen:
    """Estimate what the optimiser leaves out of health and outlay.

    Parameters
    ----------
    instance : Instance
        In kinds, if the design tells kinds apart.
    responses : mapping practice -> Response
        Intended under the contract.
    today : mapping practice -> Multiples
        Of care elsewhere under the contract in force (``multiples_of``).
    """
    classes = _classes(instance)
    # So many pieces are the smooth curve, as good as; the instance's own are taken at their word.
    smooth = instance.with_pieces(MOST_CUTS) if instance.pieces > 1 else instance
    # A pool is paid out whole whatever is closed: nothing of it changes, neither here nor elsewhere.
    lines = {line: price for line, price in contract.lines.items() if line[0] != POOL_SHARE}
    contract = replace(contract, lines=lines)
    health, outlay = {SMOOTH: 0.0, STAFF_TIME: 0.0}, {SMOOTH: 0.0, STAFF_TIME: 0.0, CONTINUITY: 0.0}
    for practice in instance.practices:
        response = responses[practice.name]
        before = account(instance, contract, response)
        for cause, changed in (
            (SMOOTH, _smooth(instance, smooth, response)),
            (STAFF_TIME, _without(instance, response, lost_services(instance, practice, response, classes))),
        ):
            after = account(instance, contract, changed)
            health[cause] += practice.count * (after.health - before.health)
            outlay[cause] += practice.count * (_by_the_event(after) - _by_the_event(before))
        now = elsewhere(instance, practice, response, classes)
        outlay[CONTINUITY] += practice.count * change(now, today[practice.name])
    return Foreseen(health, outlay)


def multiples_of(instance: Instance, responses: Mapping[str, Response]) -> dict[str, Multiples]:
    """Mean multiples of care elsewhere of each practice's children under its response."""
    classes = _classes(instance)
    return {
        practice.name: elsewhere(instance, practice, responses[practice.name], classes).multiples
        for practice in instance.practices
    }


def _classes(instance: Instance) -> dict[str, Classes]:
    return {segment.name: classes_of(instance, segment.name) for segment in instance.segments}


def _by_the_event(figures: Account) -> float:
    """The part of a practice's outlay that follows every event [USD/year]."""
    lines = sum(paid for (kind, _), paid in figures.revenue.lines.items() if kind in BY_THE_EVENT)
    return sum(figures.revenue.fees.values()) + lines + figures.outside_cost


def _smooth(instance: Instance, smooth: Instance, response: Response) -> Response:
    """The response with effects on the smooth curve, where straight pieces stood for it."""
    taken, finest = (effective_care(one, response) for one in (instance, smooth))
    effective = {
        key: care + finest.get(key, 0.0) - taken.get(key, 0.0) for key, care in response.effective.items()
    }
    return replace(response, effective=effective)


def _given(instance: Instance, response: Response) -> dict[Key, float]:
    """Effective care by (need, segment) before the curve bends it [fully effective events/year]."""
    services = {service.name: service for service in instance.services}
    given: dict[Key, float] = {}
    for (name, segment), volume in response.services.items():
        key = services[name].need, segment
        given[key] = given.get(key, 0.0) + services[name].effectiveness * volume
    return given


def _without(instance: Instance, response: Response, lost: Mapping[Key, float]) -> Response:
    """The response without services for which there is no time, and without what they would have done.

    Those who are not served are no worse placed than others: each loses what effective care did on average.
    """
    services = {service.name: service for service in instance.services}
    given, effective = _given(instance, response), dict(response.effective)
    volumes = dict(response.services)
    for (name, segment), volume in lost.items():
        volumes[name, segment] -= volume
        key = services[name].need, segment
        if given.get(key, 0.0) > 0.0:
            share = services[name].effectiveness * volume / given[key]
            effective[key] -= share * response.effective.get(key, 0.0)
    return replace(response, services=volumes, effective=effective)
