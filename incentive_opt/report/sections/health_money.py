"""Health and money: today, the design, and what lies above it."""

from __future__ import annotations

from collections.abc import Callable

from incentive_opt.payment import Account
from incentive_opt.report.facts import Facts
from incentive_opt.report.parts import Figure, Number, Part, Row, Section, Table
from incentive_opt.report.wording import MANY, qaly, usd
from incentive_opt.sums import asked, kept

LADDER = (
    ("status_quo_qaly", "Contract in force", "what practices do today, each for itself"),
    (
        "pessimistic_qaly",
        "Design at worst",
        "the design, if practices that are nearly indifferent choose what is worst for children",
    ),
    ("health_qaly", "Design", "each practice does what is best for itself under the design"),
    (
        "upper_bound_qaly",
        "Bound",
        "by the solver's proof no contract of this model within budget, incomes and rules brings more",
    ),
    (
        "first_best_qaly",
        "First best",
        "what the payer could have if practices did as told; no contract can be counted on to reach it",
    ),
)
OTHER = "Other lines of payment"
LINES: tuple[tuple[str, Callable[[Account], float]], ...] = (
    ("Fees", lambda one: sum(one.revenue.fees.values())),
    ("Payments per child (capitation)", lambda one: sum(one.revenue.capitation.values())),
    ("Bonuses", lambda one: sum(one.revenue.bonuses.values())),
    (OTHER, lambda one: sum(one.revenue.lines.values())),
    ("Care elsewhere", lambda one: one.outside_cost),
    ("Outlay", lambda one: one.outlay),
)


def health_and_money(facts: Facts) -> Section:
    """The ladder of health, and what the payer spends."""
    parts: list[Part] = [
        _ladder_figure(facts),
        _ladder(facts),
        _money_figure(facts),
        _money(facts),
        _children(facts),
    ]
    return Section("health-and-money", "Health and money", tuple(parts))


def _rungs(facts: Facts) -> list[tuple[str, float, str]]:
    objective = facts.design["objective"]
    return [(name, objective[key], words) for key, name, words in LADDER if objective.get(key) is not None]


def _ladder(facts: Facts) -> Table:
    today = facts.design["objective"]["status_quo_qaly"]
    decimals = 0 if abs(today) >= MANY else 2
    rows: list[Row] = [
        (
            name,
            Number(value, decimals),
            Number(value - today, decimals, signed=True),
            Number(100.0 * (value - today) / abs(today) if today else None, 1, signed=True),
            words,
        )
        for name, value, words in _rungs(facts)
    ]
    columns = (
        "rung",
        "health [QALY/year]",
        "against today [QALY/year]",
        "against today [%]",
        "what it means",
    )
    return Table("health", "The ladder of health", columns, tuple(rows))


def _ladder_figure(facts: Facts) -> Figure:
    rungs = [rung for rung in _rungs(facts) if rung[0] != "Design at worst"]
    said = "; ".join(f"{name} {qaly(value)}" for name, value, _ in rungs)

    def draw() -> str:
        from incentive_opt.report.plots import Bar, bars

        rows = [Bar(name, value, qaly(value), pale=name != "Design") for name, value, _ in rungs]
        return bars(rows)

    return Figure("ladder", "Health in a year", f"Bars, one below the other: {said}.", draw)


def _money(facts: Facts) -> Table:
    limit = facts.design["budget"]["limit_usd"]
    rows: list[Row] = []
    for words, figure in LINES:
        now, then = facts.today.total(figure), facts.then.total(figure)
        if words != OTHER or now or then:
            rows.append(_line(words, now, then))
    rows.append(("Budget", Number(None), Number(limit), Number(None), Number(None)))
    if limit is not None:
        left = limit - facts.then.total(lambda one: one.outlay)
        rows.append(("Left of the budget", Number(None), Number(left), Number(None), Number(None)))
    columns = (
        "what the payer spends",
        "today [USD/year]",
        "design [USD/year]",
        "change [USD/year]",
        "change [%]",
    )
    note = "Care elsewhere: what the payer spends on events that practices leave uncovered or do not avert."
    return Table("money", "Money", columns, tuple(rows), note)


def _line(words: str, now: float, then: float) -> Row:
    change = Number(100.0 * (then - now) / abs(now) if now else None, 1, signed=True)
    return words, Number(now), Number(then), Number(then - now, signed=True), change


def _money_figure(facts: Facts) -> Figure:
    def parts(year: str) -> list[float]:
        own = facts.today if year == "today" else facts.then
        return [own.total(lambda one: one.revenue.total), own.total(lambda one: one.outside_cost)]

    limit = facts.design["budget"]["limit_usd"]
    rows: list[tuple[str, list[float], str]] = []
    for words, year in (("Contract in force", "today"), ("Design", "then")):
        paid = parts(year)
        rows.append((words, paid, usd(sum(paid))))
    if limit is not None:
        rows.append(("Budget", [0.0, 0.0, limit], usd(limit)))
    said = "; ".join(f"{words} {amount}" for words, _, amount in rows)
    of = "; ".join(f"{words}: {usd(paid[0])} to practices and {usd(paid[1])} for care elsewhere"
                   for words, paid, _ in rows[:2])  # fmt: skip

    def draw() -> str:
        from incentive_opt.report.plots import stacked

        return stacked(rows, ("paid to practices", "care elsewhere"))

    return Figure("outlay", "What the payer spends in a year", f"Bars: {said}. Of it, {of}.", draw)


def _children(facts: Facts) -> Table:
    children = sum(asked(facts.today, name) for name in facts.contracted)
    now, then = (sum(kept(year, name) for name in facts.contracted) for year in (facts.today, facts.then))
    rows: list[Row] = [
        ("Children who ask for a practice", Number(children), Number(children), "children"),
        ("Children who have one", Number(now), Number(then), "children"),
    ]
    if children:
        outlays = [year.total(lambda one: one.outlay) / children for year in (facts.today, facts.then)]
        rows.append(("Outlay per child who asks", *(Number(one, 2) for one in outlays), "USD/child-year"))
        health = [
            1000.0 * year.total(lambda one: one.health) / children for year in (facts.today, facts.then)
        ]
        rows.append(("Health per 1,000 children who ask", *(Number(one, 2) for one in health), "QALY/year"))
    columns = ("children whom this contract pays for", "today", "design", "unit")
    return Table("children_and_cost", "Children, and cost per child", columns, tuple(rows))
