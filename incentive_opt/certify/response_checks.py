"""Is each claimed way of working possible? Every constraint recomputed in plain arithmetic."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import pairwise
from typing import Any

from incentive_opt.certify.checks import RELATIVE, Check, at_most, fact, number, text
from incentive_opt.domain.contract import Contract
from incentive_opt.domain.instance import ROLES, Instance, Measure, Practice
from incentive_opt.domain.response import Response

GROUP = "response"
Excess = tuple[float, float, str]
"""By how much a constraint is passed, the size of its figures, and where it stands."""


def check_response(instance: Instance, practice: Practice, response: Response) -> list[Check]:
    """Panel, need, effective care, staff time, overtime and signs of one practice's response."""
    unknown = _unknown(instance, practice, response)
    name = f"{practice.name}: every entry is something this practice can do"
    checks = [fact(GROUP, name, not unknown, "; ".join(unknown))]
    families = (
        ("nothing is negative", _negative(response), "units/year"),
        ("panels between minimum and demand", _panels(instance, practice, response), "children"),
        ("care within need", _need(instance, practice, response), "services/year"),
        ("effective care within the curve of effect", _effect(instance, practice, response), "events/year"),
        ("staff time within hours and overtime", _time(instance, practice, response), "hours/year"),
        ("overtime within its bands", _overtime(instance, practice, response), "hours/year"),
    )
    return checks + [_worst(f"{practice.name}: {text}", excess, unit) for text, excess, unit in families]


def _worst(name: str, excesses: Iterator[Excess], unit: str) -> Check:
    """One check for a family of constraints: the one that is passed by most, beside its tolerance."""
    worst, allowed, place = 0.0, RELATIVE, ""
    for excess, size, where in excesses:
        tolerance = RELATIVE * max(1.0, abs(size))
        if excess / tolerance > worst / allowed:
            worst, allowed, place = excess, tolerance, where
    note = f"passed by {worst:.6g} at {place}" if worst > allowed else ""
    return at_most(GROUP, name, worst, 0.0, unit, allowed, note)


def _unknown(instance: Instance, practice: Practice, response: Response) -> list[str]:
    segments = {p.segment for p in instance.panels if p.practice == practice.name}
    services = {
        (s.name, k) for s in instance.services for k in instance.segments_of_service(s) if k in segments
    }
    needs = {(n.name, n.segment) for n in instance.needs if n.segment in segments}
    bands = {(r, b) for r in ROLES for b in range(len(practice.overtime_hours_per_fte))}
    found = [f"panel of {k}" for k in response.panel if k not in segments]
    found += [f"service {s} for {k}" for s, k in response.services if (s, k) not in services]
    found += [f"effective {n} for {k}" for n, k in response.effective if (n, k) not in needs]
    found += [f"overtime of {r}, band {b}" for r, b in response.overtime if (r, b) not in bands]
    return found


def _negative(response: Response) -> Iterator[Excess]:
    for segment, value in response.panel.items():
        yield -value, 1.0, f"panel of {segment}"
    for (service, segment), value in response.services.items():
        yield -value, 1.0, f"service {service} for {segment}"
    for (need, segment), value in response.effective.items():
        yield -value, 1.0, f"effective {need} for {segment}"
    for (role, band), value in response.overtime.items():
        yield -value, 1.0, f"overtime of {role}, band {band}"


def _panels(instance: Instance, practice: Practice, response: Response) -> Iterator[Excess]:
    for panel in instance.panels:
        if panel.practice == practice.name:
            kept = response.panel.get(panel.segment, 0.0)
            yield kept - panel.demanded, panel.demanded, f"{panel.segment} (above demand)"
            yield panel.minimum - kept, panel.minimum, f"{panel.segment} (below minimum)"


def _need(instance: Instance, practice: Practice, response: Response) -> Iterator[Excess]:
    for need in instance.needs:
        children = response.panel.get(need.segment, 0.0)
        delivered = sum(
            response.services.get((s.name, need.segment), 0.0)
            for s in instance.services
            if s.need == need.name
        )
        needed = need.events_per_child_year * children
        yield delivered - needed, needed, f"{need.name} of {need.segment}"


def _effect(instance: Instance, practice: Practice, response: Response) -> Iterator[Excess]:
    for need in instance.needs:
        effective = response.effective.get((need.name, need.segment), 0.0)
        needed = need.events_per_child_year * response.panel.get(need.segment, 0.0)
        delivered = sum(
            s.effectiveness * response.services.get((s.name, need.segment), 0.0)
            for s in instance.services
            if s.need == need.name
        )
        yield (
            effective - curve_value(need.points, delivered, needed),
            needed,
            f"{need.name} of {need.segment}",
        )


def curve_value(curve: tuple[tuple[float, float], ...], delivered: float, needed: float) -> float:
    """Effective care by interpolation on the curve; beyond its end the last piece goes on [events/year]."""
    if needed <= 0.0:
        return 0.0
    share = max(0.0, delivered) / needed
    pairs = list(pairwise(curve))
    for piece, ((x0, y0), (x1, y1)) in enumerate(pairs, start=1):
        if share <= x1 or piece == len(pairs):
            return needed * (y0 + (y1 - y0) * (share - x0) / (x1 - x0))
    return 0.0


def _time(instance: Instance, practice: Practice, response: Response) -> Iterator[Excess]:
    minutes_of = {s.name: s.minutes for s in instance.services}
    for role in ROLES:
        staff = instance.staff[role]
        minutes = staff.panel_minutes_per_child * sum(response.panel.values())
        for (service, _), volume in response.services.items():
            minutes += minutes_of[service][role] * volume if service in minutes_of else 0.0
        hours = practice.fte[role] * staff.hours_per_fte
        hours += sum(value for (name, _), value in response.overtime.items() if name == role)
        yield minutes / 60.0 - hours, hours, role


def _overtime(instance: Instance, practice: Practice, response: Response) -> Iterator[Excess]:
    for (role, band), hours in response.overtime.items():
        if role in practice.fte and 0 <= band < len(practice.overtime_hours_per_fte):
            width = practice.overtime_hours_per_fte[band] * practice.fte[role]
            yield hours - width, width, f"{role}, band {band}"


def rate_of(instance: Instance, practice: Practice, measure: Measure, response: Response) -> float | None:
    """Numerator over denominator in contracted segments; None where the practice is too small for it."""
    panels = {p.segment: p for p in instance.panels if p.practice == practice.name}
    contracted = {s.name for s in instance.segments if s.contracted}
    segments = [k for k in instance.segments_of_measure(measure) if k in contracted and k in panels]
    largest = denominator = numerator = 0.0
    for segment in segments:
        need = instance.need(measure.denominator_need, segment)
        events = need.events_per_child_year if need is not None else 0.0
        largest += events * panels[segment].demanded
        denominator += events * response.panel.get(segment, 0.0)
        numerator += sum(w * response.services.get((s, segment), 0.0) for s, w in measure.numerator.items())
    if largest <= 0.0 or largest < measure.minimum_denominator:
        return None
    return numerator / denominator if denominator > 0.0 else 0.0


def check_tiers(
    instance: Instance,
    practice: Practice,
    contract: Contract,
    response: Response,
    listed: list[Mapping[str, Any]],
) -> list[Check]:
    """The highest paid tier attained of every measure is the one that the design claims."""
    names = [text(entry, "measure") for entry in listed]
    claimed = {name: int(number(entry, "tier")) for name, entry in zip(names, listed, strict=True)}
    known = {m.name for m in instance.measures}
    checks = []
    for name in claimed:
        label = f"{practice.name}: tier of {name}"
        if name not in known:
            checks.append(fact(GROUP, label, False, "the instance has no such measure"))
        elif names.count(name) > 1:
            checks.append(fact(GROUP, label, False, "design.json lists it twice"))
    for measure in instance.measures:
        rate = rate_of(instance, practice, measure, response)
        found = "the practice is too small for the measure" if rate is None else f"its rate is {rate:.6g}"
        label = f"{practice.name}: paid tier attained of {measure.name}"
        tier, right = claimed.get(measure.name, 0), _attained(instance, practice, contract, measure, rate)
        slack, ok = -abs(float(tier - right)), tier == right
        note = "" if ok else found
        checks.append(Check(GROUP, label, float(tier), float(right), slack, 0.0, "", ok, note))
    return checks


def _attained(
    instance: Instance, practice: Practice, contract: Contract, measure: Measure, rate: float | None
) -> int:
    """Highest paid tier that the rate reaches; within rounding it does, as in what is paid."""
    reached = 0
    for tier in contract.tiers_with_money(measure.name, len(measure.thresholds)):
        needed = instance.target(practice.name, measure, tier)
        if contract.benchmarks.counts_elsewhere:  # others close their share of what is left
            needed = (needed - measure.closed_elsewhere) / (1.0 - measure.closed_elsewhere)
        if rate is not None and rate >= needed - RELATIVE:
            reached = tier
    return reached
