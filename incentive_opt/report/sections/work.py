"""What practices do differently: needs covered, visits, where staff time goes."""

from __future__ import annotations

from incentive_opt.domain.instance import ROLES
from incentive_opt.report.facts import Facts
from incentive_opt.report.parts import Figure, Number, Paragraph, Part, Row, Section, Table
from incentive_opt.report.pictures import paired
from incentive_opt.report.wording import percent
from incentive_opt.sums import (
    all_hours,
    covered,
    hours,
    overtime,
    panel_hours,
    regular_hours,
    visits,
    volume,
)

STAFF = {"clinician": "clinicians", "np": "nurse practitioners", "team": "the care team"}
LEAST_HOURS = 0.5
"""Less time than this in a year is not shown [hours]."""
STEADY = 0.005
"""Visits and minutes that change by a smaller share are steady [1]."""
MOST = 16
"""So many services are drawn; all are in the table."""


def work(facts: Facts) -> Section:
    """Coverage by need, the pace of visits, staff time by service."""
    parts: list[Part] = [Paragraph(_treadmill(facts)), _coverage_figure(facts), _coverage(facts)]
    parts += [_pace(facts), *_time_figure(facts), _services(facts), _time(facts)]
    return Section("work", "What practices do differently", tuple(parts))


def _treadmill(facts: Facts) -> str:
    """Whether visits become fewer and longer, or more and shorter."""
    now, then = visits(facts.today), visits(facts.then)
    if now.minutes is None or then.minutes is None:
        return "There are no visits of ten minutes or more to compare."
    number, length = then.number / now.number - 1.0, then.minutes / now.minutes - 1.0
    changes = [
        words[0] if share > STEADY else words[1]
        for share, words in ((length, ("longer", "shorter")), (number, ("more", "fewer")))
        if abs(share) > STEADY
    ]
    eases, tires = {"longer", "fewer"} & set(changes), {"shorter", "more"} & set(changes)
    if not changes:
        verdict = "The treadmill of many short visits turns as fast as today"
    elif not tires:
        verdict = f"The treadmill of many short visits slows: visits are {' and '.join(changes)}"
    elif not eases:
        verdict = f"The treadmill of many short visits turns faster: visits are {' and '.join(changes)}"
    else:
        verdict = (
            f"The treadmill of many short visits slows in one way only: visits are {', but '.join(changes)}"
        )
    return (
        f"{verdict}. There are {now.number:,.0f} visits a year today and {then.number:,.0f} under the design "
        f"({percent(number, signed=True)}), of {now.minutes:.1f} and {then.minutes:.1f} minutes on average "
        f"({percent(length, signed=True)}). Work may also move to other staff; the tables below tell."
    )


def _needs(facts: Facts) -> list[str]:
    names = dict.fromkeys(need.name for need in facts.instance.needs)
    return [name for name in names if covered(facts.then, facts.contracted, name) is not None]


def _coverage_figure(facts: Facts) -> Figure:
    names = _needs(facts)
    rows = [
        (
            100.0 * (covered(facts.today, facts.contracted, name) or 0.0),
            100.0 * (covered(facts.then, facts.contracted, name) or 0.0),
        )
        for name in names
    ]
    labels = [facts.label("needs", name) for name in names]
    return paired("coverage", "Needs that practices cover [% of events]", labels, rows, 1, " %")


def _coverage(facts: Facts) -> Table:
    rows: list[Row] = []
    for name in _needs(facts):
        for segment in facts.instance.segments:
            if not segment.contracted or facts.instance.need(name, segment.name) is None:
                continue
            now, then = (covered(year, (segment.name,), name) for year in (facts.today, facts.then))
            if now is None or then is None:
                continue
            rows.append(
                (
                    facts.label("needs", name),
                    facts.label("segments", segment.name),
                    Number(100.0 * now, 1),
                    Number(100.0 * then, 1),
                    Number(100.0 * (then - now), 1, signed=True),
                )
            )
    columns = ("need", "group of children", "covered today [%]", "design [%]", "change [points]")
    note = "Of all events that arise in children who ask for a practice, also in those turned away."
    title = "Needs covered, by group of children"
    return Table("coverage", title, columns, tuple(rows), note, folded=len(rows) > 12)


def _pace(facts: Facts) -> Table:
    now, then = visits(facts.today), visits(facts.then)
    clinicians = sum(one.count * one.fte.get("clinician", 0.0) for one in facts.instance.practices)
    rows: list[Row] = [
        ("Visits (at least ten minutes of a clinician or nurse practitioner)",
         Number(now.number), Number(then.number), "visits/year"),
        ("Minutes of a clinician or nurse practitioner per visit",
         Number(now.minutes, 1), Number(then.minutes, 1), "minutes"),
    ]  # fmt: skip
    if clinicians > 0.0:
        each = [one.number / clinicians for one in (now, then)]
        rows.append(("Visits per clinician", *(Number(one) for one in each), "visits/FTE-year"))
    for role in ROLES:
        if regular_hours(facts.today, role) > 0.0:
            spent = [Number(overtime(year, role)) for year in (facts.today, facts.then)]
            rows.append((f"Overtime of {STAFF[role]}", *spent, "hours/year"))
    note = "All children of all payers: staff serve them with the same hours."
    return Table("pace", "The pace of work", ("quantity", "today", "design", "unit"), tuple(rows), note)


def _time_figure(facts: Facts) -> list[Part]:
    spent = [
        (facts.label("services", one.name), hours(facts.today, "clinician", one.name),
         hours(facts.then, "clinician", one.name))
        for one in facts.instance.services
    ]  # fmt: skip
    spent = [one for one in spent if max(one[1:]) >= LEAST_HOURS]
    if not spent:
        return [Paragraph("No service takes time of clinicians.")]
    shown = sorted(spent, key=lambda one: -max(one[1:]))[:MOST]
    panel = panel_hours(facts.today, "clinician"), panel_hours(facts.then, "clinician")
    labels = [name for name, _, _ in shown]
    rows = [(now, then) for _, now, then in shown]
    if max(panel) >= LEAST_HOURS:
        labels.append("Inbox, forms, recalls (with children on panels)")
        rows.append(panel)
    return [paired("time", "Where the time of clinicians goes [hours/year]", labels, rows)]


def _services(facts: Facts) -> Table:
    rows: list[Row] = []
    for service in facts.instance.services:
        now, then = (volume(year, service.name, facts.contracted) for year in (facts.today, facts.then))
        others = volume(facts.then, service.name) - then
        before = volume(facts.today, service.name) - now
        rows.append(
            (
                facts.label("services", service.name),
                facts.label("needs", service.need),
                Number(now),
                Number(then),
                Number(then - now, signed=True),
                Number(before),
                Number(others),
            )
        )
    columns = (
        "service", "need", "today [services/year]", "design [services/year]", "change [services/year]",
        "children of other payers, today", "children of other payers, design",
    )  # fmt: skip
    return Table("services", "Services delivered", columns, tuple(rows), folded=len(rows) > 12)


def _time(facts: Facts) -> Table:
    roles = [role for role in ROLES if regular_hours(facts.today, role) > 0.0]
    years = (facts.today, facts.then)
    rows: list[Row] = [
        (
            facts.label("services", service.name),
            *(Number(hours(year, role, service.name)) for role in roles for year in years),
        )
        for service in facts.instance.services
    ]
    rows.append(
        ("Inbox, forms, recalls", *(Number(panel_hours(year, role)) for role in roles for year in years))
    )
    totals = [all_hours(year, role) for role in roles for year in years]
    rows.append(("All work", *(Number(total) for total in totals)))
    rows.append(("Of it overtime", *(Number(overtime(year, role)) for role in roles for year in years)))
    rows.append(
        ("Regular hours", *(Number(regular_hours(facts.today, role)) for role in roles for _ in years))
    )
    columns = [f"{STAFF[role]}, {when} [hours/year]" for role in roles for when in ("today", "design")]
    title = "Staff time by service, all children of all payers"
    return Table("staff_time", title, ("service", *columns), tuple(rows), folded=len(rows) > 12)
