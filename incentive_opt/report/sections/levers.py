"""The prices: before and after, and where thresholds stand among the practices."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from incentive_opt.domain.instance import Measure
from incentive_opt.domain.lines import LINE_KINDS, WITHHOLD
from incentive_opt.domain.payment_model import THINGS
from incentive_opt.pools import pool_sentences
from incentive_opt.report.facts import Facts, Year
from incentive_opt.report.parts import Figure, Number, Paragraph, Part, Row, Section, Table
from incentive_opt.report.pictures import paired
from incentive_opt.report.prices import MOVED, at_bound, change, has_moved, levers, moves, name_of
from incentive_opt.report.sections.terms import terms
from incentive_opt.report.wording import counted, listed, percent

MOST = 16
"""So many fees are drawn; all are in the table."""
NAMES = {"fee": "fee", "capitation": "payment per child", "bonus": "bonus"} | {
    kind.name: kind.label for kind in LINE_KINDS.values()
}


def prices(facts: Facts) -> Section:
    """Fees, payments per child, bonuses with their thresholds; every price in a table."""
    moved = moves(facts)
    parts: list[Part] = [Paragraph(_words(facts, moved))]
    parts += _fees(facts) + _capitation(facts) + _bonuses(facts) + _other_lines(facts)
    parts += [*_targets(facts), _all(facts)]
    return Section("prices", "Which prices move", tuple(parts))


def _words(facts: Facts, moved: dict[str, list[str]]) -> str:
    if not any(moved.values()):
        return "No price differs from the contract in force by half a cent or more."
    said = []
    for key, words in (("paid", "paid for the first time"), ("raised", "paid more"), ("cut", "paid less")):
        if moved[key]:
            names = listed([facts.label("services", name) for name in moved[key]])
            said.append(f"{counted(len(moved[key]), 'service')} {words} ({names})")
    for key, kind, words in (
        ("capitation", "segments", "monthly payments per child"),
        ("bonus", "measures", "bonuses"),
    ):
        if moved[key]:
            said += _new(
                facts, key, words, dict.fromkeys(facts.label(kind, name) for name in moved[key]), kind
            )
    for kind in LINE_KINDS:
        if moved[kind]:
            own = [name_of(facts, one) for one in levers(facts, kind) if one["of"] in moved[kind]]
            names = listed(list(dict.fromkeys(name.replace("_", " ") for name in own)))
            said.append(f"{NAMES[kind]} ({names})")
    return f"What is new: {'; '.join(said)}."


def _new(facts: Facts, key: str, words: str, names: Iterable[str], kind: str) -> list[str]:
    """What is new among prices of one kind: paid for the first time, paid otherwise, paid no more."""
    told: dict[str, list[str]] = {}
    for name in names:
        own = [one for one in levers(facts, key) if facts.label(kind, one["of"]) == name]
        before, after = (any(one[time] >= MOVED for one in own) for time in ("status_quo", "value"))
        told.setdefault(
            "other {}" if before and after else "{} for the first time" if after else "no more {}", []
        ).append(name)
    return [f"{how.format(words)} ({listed(who)})" for how, who in told.items()]


def _fees(facts: Facts) -> list[Part]:
    moved = sorted((one for one in levers(facts, "fee") if has_moved(one)), key=lambda one: -abs(change(one)))
    if not moved:
        return [Paragraph("No fee moves.")] if levers(facts, "fee") else []
    shown = moved[:MOST]
    most = f", the {MOST} that move most" * (len(moved) > MOST)
    return [_pairs("fees", f"Fees that move{most} [USD/service]", facts, shown)]


def _capitation(facts: Facts) -> list[Part]:
    own = levers(facts, "capitation")
    if not own:
        return []
    if not any(has_moved(one) for one in own):
        return [Paragraph("The monthly payments per child stay as they are.")]
    return [_pairs("capitation", "Payments per child [USD/child-month]", facts, own)]


def _pairs(key: str, title: str, facts: Facts, own: list[dict[str, Any]]) -> Figure:
    rows = [(float(one["status_quo"]), float(one["value"])) for one in own]
    return paired(key, title, [name_of(facts, one) for one in own], rows, 2)


def _bonuses(facts: Facts) -> list[Part]:
    own = levers(facts, "bonus")
    paid = [one for one in own if one["value"] >= 0.005 or one["status_quo"] >= 0.005]
    if not paid:
        return [Paragraph("No bonus is paid.")] if own else []
    rows = tuple(_bonus(facts, one) for one in paid)
    columns = (
        "measure", "tier", "threshold [%]", "today [USD/event]", "design [USD/event]",
        "practices at the threshold today [%]", "under the design [%]",
    )  # fmt: skip
    note = (
        "A bonus is paid for every event that the measure counts, if the practice's rate reaches the "
        "threshold; tiers add up. Shares are of all practices that are large enough to be measured."
    )
    return [
        Table("bonuses", "Bonuses and their thresholds", columns, rows, note),
        _thresholds(facts, [one for one in paid if one["value"] >= 0.005]),
    ]


def _other_lines(facts: Facts) -> list[Part]:
    """Other lines of payment that are paid, each with what it is paid for."""
    rows: list[Row] = [
        (
            NAMES[kind],
            name_of(facts, one),
            Number(one["status_quo"], 2),
            Number(one["value"], 2),
            one["unit"],
            LINE_KINDS[kind].words,
        )
        for kind in LINE_KINDS
        for one in levers(facts, kind)
        if has_moved(one) or one["value"]
    ]
    if not rows:
        return []
    columns = ("line", "of", "today", "design", "unit", "paid for")
    against = any(
        LINE_KINDS[kind].benchmark for kind in LINE_KINDS for one in levers(facts, kind) if one["value"]
    )
    note = (
        "Benchmarks that lines are counted from stand in contract.toml: what practices do today on average."
        if against
        else ""
    )
    named = {measure.name: measure.label for measure in facts.instance.measures}
    said = pool_sentences(facts.design["contract"].get("pools", []), named)
    return [
        Table("other-lines", "Other lines of payment", columns, tuple(rows), note),
        *(Paragraph(sentence) for sentence in said),
        *_returns(facts),
        *terms(facts.contract),
    ]


def _returns(facts: Facts) -> list[Part]:
    """Of fees held back: what each tier returns, and how many practices reach it."""
    rows: list[Row] = []
    for one in (one for one in levers(facts, WITHHOLD) if one["value"] > 0.0):
        measure = _measure(facts, one)
        for threshold in measure.thresholds:
            reached = [_reached(year, measure, threshold) for year in (facts.today, facts.then)]
            rows.append(
                (
                    name_of(facts, one),
                    Number(100.0 * threshold, 1),
                    Number(100.0 * one["value"] / len(measure.thresholds), 2),
                    *(Number(None if share is None else 100.0 * share, 0) for share in reached),
                )
            )
    if not rows:
        return []
    columns = (
        "measure", "threshold [%]", "returned [% of today's fees]",
        "practices at the threshold today [%]", "under the design [%]",
    )  # fmt: skip
    return [Table("returns", "What is held back, and when it is returned", columns, tuple(rows))]


def _measure(facts: Facts, lever: dict[str, Any]) -> Measure:
    return next(one for one in facts.instance.measures if one.name == lever["of"])


def _bonus(facts: Facts, lever: dict[str, Any]) -> Row:
    measure = _measure(facts, lever)
    threshold = measure.thresholds[lever["tier"] - 1]
    reached = [_reached(year, measure, threshold) for year in (facts.today, facts.then)]
    return (
        name_of(facts, lever),
        Number(lever["tier"]),
        Number(100.0 * threshold, 1),
        Number(lever["status_quo"], 2),
        Number(lever["value"], 2),
        *(Number(None if share is None else 100.0 * share, 0) for share in reached),
    )


def _reached(year: Year, measure: Measure, threshold: float) -> float | None:
    """Share of the practices measured whose rate reaches a threshold [1]."""
    found = _rates(year, measure)
    practices = sum(number for _, number in found)
    if practices <= 0.0:
        return None
    return sum(number for own, number in found if own >= threshold - 1e-6) / practices


def _rates(year: Year, measure: Measure) -> list[tuple[float, float]]:
    """Rates, and the number of practices that have them, of those that are large enough."""
    rates = [(year.rate(measure, place), one.count) for place, one in enumerate(year.instance.practices)]
    found: dict[float, float] = {}
    for own, number in rates:
        if own is not None:
            found[round(own, 6)] = found.get(round(own, 6), 0.0) + number
    return list(found.items())


def _thresholds(facts: Facts, paid: list[dict[str, Any]]) -> Figure:
    by_measure: dict[str, list[float]] = {}
    for lever in paid:
        measure = _measure(facts, lever)
        by_measure.setdefault(measure.name, []).append(measure.thresholds[lever["tier"] - 1])
    measures = {one.name: one for one in facts.instance.measures}
    said = []
    for name, marks in by_measure.items():
        reached = [
            f"{percent(mark)} is reached by {_percent(_reached(facts.today, measures[name], mark))} of "
            f"practices today, by {_percent(_reached(facts.then, measures[name], mark))} under the design"
            for mark in marks
        ]
        said.append(f"{facts.label('measures', name)}: {'; '.join(reached)}")

    def draw() -> str:
        from incentive_opt.report.plots import Strip, strips

        return strips(
            [
                Strip(
                    facts.label("measures", name),
                    _rates(facts.today, measures[name]),
                    _rates(facts.then, measures[name]),
                    marks,
                )
                for name, marks in by_measure.items()
            ]
        )

    words = (
        "Rates of practices today (squares) and under the design (circles; larger ones stand for more "
        f"practices), with the thresholds that carry money. {'. '.join(said)}."
    )
    return Figure("thresholds", "Thresholds on the distribution of practices", words, draw)


def _percent(share: float | None) -> str:
    return "none" if share is None else f"{100.0 * share:.0f} %"


def _targets(facts: Facts) -> list[Part]:
    """Rates that practices aim at so as to be paid almost surely, for tiers that carry money."""
    paid = {(one["of"], one["tier"]) for one in levers(facts, "bonus") if one["value"] > 0.0}
    held = {one["of"] for one in levers(facts, WITHHOLD) if one["value"] > 0.0}
    rows: list[Row] = [
        (
            facts.label("practices", one["practice"]),
            facts.label("measures", one["measure"]),
            Number(one["tier"]),
            Number(100.0 * one["threshold"], 1),
            Number(100.0 * one["target"], 1),
        )
        for one in facts.design.get("attainment_targets", [])
        if one["measure"] in held or (one["measure"], one["tier"]) in paid
    ]
    if not rows:
        return []
    columns = ("practice type", "measure", "tier", "threshold [%]", "aimed at [%]")
    title = "Rates that practices aim at, to be paid almost surely"
    return [Table("targets", title, columns, tuple(rows), folded=len(rows) > 12)]


def _all(facts: Facts) -> Table:
    rows: list[Row] = []
    for kind in THINGS:
        for one in levers(facts, kind):
            tier = Number(one["tier"]) if one.get("tier") else Number(None)
            figures = [one["status_quo"], one["value"], one.get("lower"), one.get("upper")]
            numbers = [Number(figure, 2) for figure in figures]
            moved = Number(change(one), 2, signed=True)
            rows.append(
                (
                    NAMES[kind], name_of(facts, one), tier, *numbers[:2], moved, one["unit"], *numbers[2:],
                    at_bound(one),
                )
            )  # fmt: skip
    columns = (
        "price", "of", "tier", "today", "design", "change", "unit", "lowest allowed", "highest allowed",
        "is at",
    )  # fmt: skip
    return Table("prices", f"All {len(rows)} prices", columns, tuple(rows), folded=len(rows) > 12)
