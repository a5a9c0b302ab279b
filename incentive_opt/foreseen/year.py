"""What the optimiser leaves out of a year: smooth effects, spread, full months, continuity of care.

The search works with straight pieces of effect curves, practices of a type that are alike or few kinds of
them, a year's staff time in one sum, and care elsewhere that does not depend on who is seen. What that leaves
out of health and outlay is estimated here, for a design that was found: practices choose anew on smooth
curves and as different as they are, the rest follows by formulas; no child is simulated. The simulator knows
nothing of it, and judges it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from itertools import pairwise

from incentive_opt.domain.contract import Contract
from incentive_opt.domain.instance import Instance, Practice
from incentive_opt.domain.kinds import differ, in_kinds, types_of
from incentive_opt.domain.lines import POOL_SHARE
from incentive_opt.domain.response import Response
from incentive_opt.foreseen.children import Classes, classes_of
from incentive_opt.foreseen.continuity import Elsewhere, Multiples, change, elsewhere, together
from incentive_opt.foreseen.waiting import lost_services
from incentive_opt.parallel import side_by_side
from incentive_opt.payment import Account, account

SMOOTH, SPREAD, STAFF_TIME, CONTINUITY = CAUSES = (
    "smooth_effects",
    "practices_differ",
    "staff_time",
    "continuity",
)
CUTS = 8
"""Straight pieces in place of each of a curve's own: the smooth curve, as good as."""
BY_THE_EVENT = ("outcome", "improvement", "episode", "rvu_rate")
"""Lines that pay event by event. What hangs on a threshold is taken to be paid as promised."""

Key = tuple[str, str]
Answer = Callable[[Instance, Practice, Contract], Response]


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
    given: Instance,
    kinds: int,
    contract: Contract,
    responses: Mapping[str, Response],
    answer: Answer,
    today: Mapping[str, Multiples],
) -> Foreseen:
    """Estimate what the optimiser leaves out of health and outlay.

    Parameters
    ----------
    given : Instance
        Of types.
    kinds : int
        Kinds of practice that the design tells apart within each type.
    responses : mapping practice or kind -> Response
        Intended under the contract.
    answer : callable (instance, practice, contract) -> Response
        What a practice of an instance does under a contract.
    today : mapping practice type -> Multiples
        Of care elsewhere under the contract in force (``multiples_of``).
    """
    # A pool is paid out whole whatever is closed: nothing of it changes, neither here nor elsewhere.
    lines = {line: price for line, price in contract.lines.items() if line[0] != POOL_SHARE}
    paid = replace(contract, lines=lines)
    smooth = given.with_pieces(max(CUTS, given.pieces))
    stages: list[tuple[str, Instance, Mapping[str, Response]]] = [
        ("", in_kinds(given, kinds), responses),
        (SMOOTH, *_anew(in_kinds(smooth, kinds), contract, answer)),
    ]
    if differ(given) and given.simulation.spread.characters != kinds:
        real = in_kinds(smooth, given.simulation.spread.characters)
        stages.append((SPREAD, *_anew(real, contract, answer)))
    health, outlay = dict.fromkeys(CAUSES[:-1], 0.0), dict.fromkeys(CAUSES, 0.0)
    for (_, before, then), (cause, after, now) in pairwise(stages):
        was, is_now = _totals(before, paid, then), _totals(after, paid, now)
        health[cause], outlay[cause] = is_now[0] - was[0], is_now[1] - was[1]
    _, real, now = stages[-1]
    health[STAFF_TIME], outlay[STAFF_TIME] = _full_months(real, paid, now)
    outlay[CONTINUITY] = sum(change(one, today[name]) for name, one in _elsewhere(real, now).items())
    return Foreseen(health, outlay)


def multiples_of(instance: Instance, responses: Mapping[str, Response]) -> dict[str, Multiples]:
    """Mean multiples of care elsewhere of the children of each practice type, its kinds together."""
    return {name: one.multiples for name, one in _elsewhere(instance, responses).items()}


def _anew(instance: Instance, contract: Contract, answer: Answer) -> tuple[Instance, dict[str, Response]]:
    """What every practice of an instance does under a contract."""
    answers = side_by_side(lambda practice: answer(instance, practice, contract), instance.practices)
    return instance, {response.practice: response for response in answers}


def _totals(instance: Instance, contract: Contract, responses: Mapping[str, Response]) -> tuple[float, float]:
    """Health and outlay over all practices [QALY/year, USD/year]."""
    health = outlay = 0.0
    for practice in instance.practices:
        figures = account(instance, contract, responses[practice.name])
        health += practice.count * figures.health
        outlay += practice.count * figures.outlay
    return health, outlay


def _full_months(
    instance: Instance, contract: Contract, responses: Mapping[str, Response]
) -> tuple[float, float]:
    """Change of health and of outlay where months fill up [QALY/year, USD/year]."""
    classes, health, outlay = _classes(instance), 0.0, 0.0
    for practice in instance.practices:
        response = responses[practice.name]
        lost = lost_services(instance, practice, response, classes)
        before = account(instance, contract, response)
        after = account(instance, contract, _without(instance, response, lost))
        health += practice.count * (after.health - before.health)
        outlay += practice.count * (_by_the_event(after) - _by_the_event(before))
    return health, outlay


def _elsewhere(instance: Instance, responses: Mapping[str, Response]) -> dict[str, Elsewhere]:
    """Care elsewhere of each practice type, its kinds together."""
    classes = _classes(instance)
    return {
        members.name: together(
            (practice.count, elsewhere(instance, practice, responses[practice.name], classes))
            for practice in (instance.practices[place] for place in members.places)
        )
        for members in types_of(instance)
    }


def _classes(instance: Instance) -> dict[str, Classes]:
    return {segment.name: classes_of(instance, segment.name) for segment in instance.segments}


def _by_the_event(figures: Account) -> float:
    """The part of a practice's outlay that follows every event [USD/year]."""
    lines = sum(paid for (kind, _), paid in figures.revenue.lines.items() if kind in BY_THE_EVENT)
    return sum(figures.revenue.fees.values()) + lines + figures.outside_cost


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
