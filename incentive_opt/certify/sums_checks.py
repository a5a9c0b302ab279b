"""Checks of the sums over all practices that design.json tells its readers, and of what it calls things.

Sums of the design are counted from responses.csv, those of today from the certificate's own responses to the
contract in force. Where a practice likes several of those equally, and payer and health are served
alike, children and needs may be counted by any of them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from incentive_opt.certify.best_response import NoResponse
from incentive_opt.certify.checks import (
    Check,
    entries,
    equal,
    fact,
    optional_number,
    text,
)
from incentive_opt.certify.practice_problem import Key
from incentive_opt.certify.status_quo import StatusQuo, least_and_most
from incentive_opt.domain.instance import Instance, Need, Practice
from incentive_opt.domain.response import Response
from incentive_opt.payment import Account

GROUP = "sums"
FIELD = "totals"
TODAY = "status_quo"
_COVERED = "share that is covered of "
NAMED = 3
"""So many faults of a kind are named."""
FIGURES = (
    ("practices", "number of practices", "practices"),
    ("children_asked", "children who ask", "children"),
    ("children_kept", "children on panels", "children"),
    ("health_qaly", "health", "QALY/year"),
    ("outlay_usd", "outlay", "USD/year"),
    ("outside_cost_usd", "care elsewhere", "USD/year"),
    ("outlay_per_child_asked_usd", "outlay per child who asks", "USD/year"),
)


def check_sums(
    instance: Instance,
    design: Mapping[str, Any],
    responses: Mapping[str, Response],
    accounts: Mapping[str, Account],
    before: StatusQuo,
) -> list[Check]:
    """Every figure of ``totals``, under the design and under the contract in force.

    A figure that is not there is no promise; one that is there must be right.
    """
    block = design.get(FIELD)
    if not isinstance(block, Mapping):
        return []
    checks = _figures("", block, _sums(instance, responses, accounts))
    checks += _needs("", block, instance, responses)
    today = block.get(TODAY)
    if isinstance(today, Mapping):
        found = _figures("today: ", today, _sums(instance, before.responses, before.accounts))
        found += _needs("today: ", today, instance, before.responses)
        checks += [check if check.ok else _or_as_good(instance, before, check) for check in found]
    return checks


def _sums(
    instance: Instance, responses: Mapping[str, Response], accounts: Mapping[str, Account]
) -> dict[str, float]:
    """Each figure, over every practice of all types; children are those whom the contract pays for."""
    paid_for = _paid_for(instance)
    counts = {practice.name: practice.count for practice in instance.practices}
    asked = sum(
        counts.get(panel.practice, 0.0) * panel.demanded
        for panel in instance.panels
        if panel.segment in paid_for
    )
    outlay = sum(count * accounts[name].outlay for name, count in counts.items())
    return {
        "practices": sum(counts.values()),
        "children_asked": asked,
        "children_kept": sum(
            count * children
            for name, count in counts.items()
            for segment, children in responses[name].panel.items()
            if segment in paid_for
        ),
        "health_qaly": sum(count * accounts[name].health for name, count in counts.items()),
        "outlay_usd": outlay,
        "outside_cost_usd": sum(count * accounts[name].outside_cost for name, count in counts.items()),
        "outlay_per_child_asked_usd": outlay / asked if asked > 0.0 else 0.0,
    }


def _paid_for(instance: Instance) -> set[str]:
    return {segment.name for segment in instance.segments if segment.contracted}


def _figures(when: str, block: Mapping[str, Any], found: Mapping[str, float]) -> list[Check]:
    checks = []
    for key, words, unit in FIGURES:
        said = optional_number({FIELD: block}, FIELD, key)
        if said is not None:
            checks.append(equal(GROUP, f"{when}{words}", said, found[key], unit))
    return checks


def _needs(
    when: str, block: Mapping[str, Any], instance: Instance, responses: Mapping[str, Response]
) -> list[Check]:
    """Events of each need, and the share of them that practices cover, children turned away included."""
    if "needs" not in block:
        return []
    listed = entries(block, "needs")
    names = [text(entry, "need") for entry in listed]
    arising = {name: _arising(instance, name) for name in dict.fromkeys(n.name for n in instance.needs)}
    known = [name for name, events in arising.items() if events > 0.0]
    wrong = [f"{name} is missing" for name in known if name not in names]
    wrong += [f"{name} does not arise" for name in names if name not in known]
    wrong += [f"{name} stands there twice" for name in dict.fromkeys(names) if names.count(name) > 1]
    checks = [fact(GROUP, f"{when}every need that arises is listed", not wrong, "; ".join(wrong[:NAMED]))]
    for name, entry in zip(names, listed, strict=True):
        if name not in known:
            continue
        events, share = optional_number(entry, "events"), optional_number(entry, "covered_share")
        if events is not None:
            checks.append(equal(GROUP, f"{when}events of {name}", events, arising[name], "events/year"))
        if share is not None:
            covered = 1.0 - _uncovered(instance, name, responses) / arising[name]
            checks.append(equal(GROUP, f"{when}{_COVERED}{name}", share, covered, ""))
    return checks


def _of(instance: Instance, name: str) -> list[tuple[Practice, Need, float]]:
    """Where a need arises in children whom the contract pays for: practice, need, events in one practice."""
    paid_for = _paid_for(instance)
    asked = {(panel.practice, panel.segment): panel.demanded for panel in instance.panels}
    return [
        (practice, need, need.events_per_child_year * asked.get((practice.name, need.segment), 0.0))
        for practice in instance.practices
        for need in instance.needs
        if need.name == name and need.segment in paid_for
    ]


def _arising(instance: Instance, name: str) -> float:
    return sum(practice.count * events for practice, _, events in _of(instance, name))


def _uncovered(instance: Instance, name: str, responses: Mapping[str, Response]) -> float:
    meeting = {service.name for service in instance.services if service.need == name}
    left = 0.0
    for practice, need, events in _of(instance, name):
        volumes = responses[practice.name].services.items()
        met = sum(volume for (service, of), volume in volumes if of == need.segment and service in meeting)
        left += practice.count * max(0.0, events - met)
    return left


def _or_as_good(instance: Instance, before: StatusQuo, missed: Check) -> Check:
    """A figure of today that is another one: it stands if ways of working that are as good come to it.

    Each figure is asked for by itself, not whether one way of working comes to all of them.
    """
    words, paid_for = missed.name.removeprefix("today: "), _paid_for(instance)
    if missed.promised is None:
        return missed
    name = words.removeprefix(_COVERED)
    if words == "children on panels":
        kind, scale, items = "panel", 1.0, paid_for
    elif name != words:
        kind, scale = "service", 1.0 / _arising(instance, name)
        items = {service.name for service in instance.services if service.need == name}
    else:
        return missed

    def counted(key: Key) -> bool:
        return key[0] == kind and key[1] in items and (kind == "panel" or key[2] in paid_for)

    try:
        ends = [least_and_most(instance, practice, before, counted) for practice in instance.practices]
    except NoResponse:
        return missed
    pairs = list(zip(instance.practices, ends, strict=True))
    low, high = (scale * sum(practice.count * end[place] for practice, end in pairs) for place in (0, 1))
    if not low - missed.tolerance <= missed.promised <= high + missed.tolerance:
        return missed
    note = f"ways of working today that are equally good come to {low:.8g} to {high:.8g}"
    return replace(missed, slack=0.0, ok=True, note=note)


def check_labels(instance: Instance, of_types: Instance, design: Mapping[str, Any]) -> list[Check]:
    """What things are called in the design is what the instance calls them."""
    said = design.get("labels")
    if not isinstance(said, Mapping):
        return []
    called = {
        "practices": _labels([*of_types.practices, *instance.practices]),
        "segments": _labels(instance.segments),
        "needs": _labels(instance.needs),
        "services": _labels(instance.services),
        "measures": _labels(instance.measures),
    }
    wrong = [
        f"{part}: {name}"
        for part, own in called.items()
        if part in said
        for name in dict.fromkeys([*own, *(said[part] if isinstance(said[part], Mapping) else [])])
        if not isinstance(said[part], Mapping) or said[part].get(name) != own.get(name)
    ]
    wrong += [f"{part} are not known" for part in said if part not in called]
    return [fact("files", "labels are those of the instance", not wrong, "; ".join(wrong[:NAMED]))]


def _labels(things: Sequence[Any]) -> dict[str, str]:
    return {thing.name: thing.label or thing.name for thing in things}
