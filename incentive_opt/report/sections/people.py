"""Who gains and who loses: practices by type, children by group."""

from __future__ import annotations

from incentive_opt.domain.kinds import Members
from incentive_opt.report.facts import Facts
from incentive_opt.report.parts import Figure, Number, Paragraph, Part, Row, Section, Table
from incentive_opt.report.pictures import paired
from incentive_opt.report.wording import listed, percent
from incentive_opt.signs import signed
from incentive_opt.sums import asked, health_of, kept

ALIKE = 0.005
"""Health per 1,000 children that changes by less is unchanged [QALY/year]."""


def people(facts: Facts) -> Section:
    """Incomes per practice type and clinician; places and health by group of children."""
    parts: list[Part] = [_income_figure(facts), _incomes(facts)]
    parts += [_spread(facts)] if any(len(members.places) > 1 for members in facts.types) else []
    parts += [Paragraph(_equity(facts)), *_children_figures(facts), _children(facts)]
    return Section("people", "Who gains and who loses", tuple(parts))


def _pair(facts: Facts, members: Members) -> tuple[float, float]:
    now, then = (
        members.mean([one.net_income for one in year.accounts]) for year in (facts.today, facts.then)
    )
    return now, then


def _incomes(facts: Facts) -> Table:
    rows: list[Row] = []
    for members in facts.types:
        now, then = _pair(facts, members)
        clinicians = facts.instance.practices[members.places[0]].fte.get("clinician", 0.0)
        each = [one / clinicians if clinicians > 0.0 else None for one in (now, then)]
        entry = facts.entries(members)[0]
        rows.append(
            (
                facts.label("practices", members.name),
                Number(facts.count(members), _decimals(facts.count(members))),
                Number(now),
                Number(then),
                Number(100.0 * (then - now) / abs(now) if now else None, 1, signed=True),
                *(Number(one) for one in each),
                Number(entry.get("income_floor_usd")),
                Number(entry.get("income_ceiling_usd")),
            )
        )
    columns = (
        "practice type", "how many", "net income today [USD/year]", "design [USD/year]", "change [%]",
        "per clinician today [USD/FTE]", "per clinician, design [USD/FTE]", "lowest allowed [USD/year]",
        "highest allowed [USD/year]",
    )  # fmt: skip
    note = "Net income of one practice: from all payers, after staff, overhead, supplies and paid overtime."
    return Table("incomes", "Net income by practice type", columns, tuple(rows), note)


def _decimals(number: float) -> int:
    return 0 if abs(number - round(number)) < 1e-6 else 2


def _income_figure(facts: Facts) -> Figure:
    found = [(facts.label("practices", members.name), *_pair(facts, members)) for members in facts.types]
    shares = [(name, round((then - now) / abs(now), 3) if now else 0.0) for name, now, then in found]
    shares.sort(key=lambda one: -one[1])
    said = "; ".join(f"{name} {percent(share, signed=True)}" for name, share in shares)

    def draw() -> str:
        from incentive_opt.report.plots import Bar, changes

        return changes([Bar(name, 100.0 * share, percent(share, signed=True)) for name, share in shares])

    return Figure("income", "Net income by practice type, change against today", f"Bars: {said}.", draw)


def _spread(facts: Facts) -> Table:
    """Where types are told apart in kinds: how far apart these are."""
    rows: list[Row] = []
    for members in facts.types:
        own = [
            (facts.today.accounts[place].net_income, facts.then.accounts[place].net_income)
            for place in members.places
        ]
        shares = [100.0 * (then - now) / abs(now) for now, then in own if now]
        lose = sum(
            share
            for share, (now, then) in zip(members.shares, own, strict=True)
            if then < now - 0.0005 * abs(now)
        )
        rows.append(
            (
                facts.label("practices", members.name),
                Number(min(shares, default=None), 1, signed=True),
                Number(max(shares, default=None), 1, signed=True),
                Number(100.0 * lose, 0),
            )
        )
    columns = ("practice type", "least change [%]", "largest change [%]", "practices that earn less [%]")
    note = (
        "Practices of a type differ in how much they care for children's health and in what work costs them."
    )
    return Table("incomes_within_types", "Net income within types", columns, tuple(rows), note)


def _health_per_thousand(facts: Facts, segment: str) -> tuple[float, float] | None:
    children = asked(facts.today, segment)
    if children <= 0.0:
        return None
    today, then = (1000.0 * health_of(year, segment) / children for year in (facts.today, facts.then))
    return today, then


def _equity(facts: Facts) -> str:
    """Which groups of children gain, and whether any loses."""
    if facts.design.get("is_status_quo"):
        return "The design is the contract in force: no group of children gains or loses."
    found = {
        facts.label("segments", one.name): _health_per_thousand(facts, one.name)
        for one in facts.instance.segments
        if one.contracted
    }
    moved = {name: pair[1] - pair[0] for name, pair in found.items() if pair is not None}
    rise = [name for name, change in moved.items() if change > ALIKE]
    fall = [name for name, change in moved.items() if change < -ALIKE]
    if not rise and not fall:
        return "Health stays as it is in every group of children."
    if not moved:
        return "No children are paid for by this contract."
    most = max(moved, key=lambda name: moved[name])
    words = [f"Health rises in {len(rise)} of {len(moved)} groups of children"]
    if rise:
        words.append(
            f", most in the group “{most}” ({signed(moved[most], 2)} QALY a year per 1,000 children)"
        )
    loses = f"; it falls in {listed(fall)}." if fall else "; it falls in none."
    return "".join(words) + loses


def _children(facts: Facts) -> Table:
    rows: list[Row] = []
    for segment in facts.instance.segments:
        children = asked(facts.today, segment.name)
        places = [kept(year, segment.name) for year in (facts.today, facts.then)]
        health = _health_per_thousand(facts, segment.name)
        if health is None:
            continue
        rows.append(
            (
                facts.label("segments", segment.name),
                "this contract" if segment.contracted else "others",
                Number(children),
                *(Number(one) for one in places),
                *(Number(one, 2) for one in health),
                Number(health[1] - health[0], 2, signed=True),
                Number(segment.equity_weight, 2),
            )
        )
    columns = (
        "group of children", "paid for by", "who ask", "with a practice today", "with a practice, design",
        "health today [QALY per 1,000 and year]", "health, design [QALY per 1,000 and year]",
        "change [QALY per 1,000 and year]", "equity weight [1]",
    )  # fmt: skip
    note = (
        "Health is that of all children of the group who ask for a practice, also of those turned away, "
        "without weights. Children whom others pay for are not part of the design's health."
    )
    return Table("children", "Children by group", columns, tuple(rows), note)


def _children_figures(facts: Facts) -> list[Part]:
    names = [one.name for one in facts.instance.segments if asked(facts.today, one.name) > 0.0]
    labels = [facts.label("segments", name) for name in names]
    places = [
        (
            100.0 * kept(facts.today, name) / asked(facts.today, name),
            100.0 * kept(facts.then, name) / asked(facts.today, name),
        )
        for name in names
    ]
    health = [_health_per_thousand(facts, name) or (0.0, 0.0) for name in names]
    return [
        paired("places", "Children who have a practice [% of those who ask]", labels, places, 1, " %"),
        paired("health-by-group", "Health [QALY per 1,000 children who ask, and year]", labels, health, 2),
    ]
