"""What stands in the way of more: budget, income limits, rules, ends of price ranges, staff."""

from __future__ import annotations

import re
from collections.abc import Sequence

from incentive_opt.domain.payment_model import THINGS
from incentive_opt.report.facts import Facts
from incentive_opt.report.parts import Bullets, Number, Paragraph, Part, Row, Section, Table
from incentive_opt.report.prices import at_bound, has_moved, levers, name_of
from incentive_opt.report.wording import clean, counted, listed, usd
from incentive_opt.signs import unsigned

CERTIFICATE = (
    ("budget_slack_usd", "Budget that is left"),
    ("worst_income_slack_usd", "Least distance of a practice type from its income limits"),
    ("worst_incentive_slack_usd", "Most that a practice could gain by working otherwise"),
)
NEAR = 0.005
"""An income this near to a limit is at it [share of the limit]."""
MILLION, THOUSAND = 1e6, 1e3
KIND = re.compile(r"~\d+$")
STAFF = {"clinician": "clinicians", "np": "nurse practitioners", "team": "the care team"}


def binds(facts: Facts, unspent: Sequence[str]) -> Section:
    """Slacks, rules, prices at the ends of their ranges, shadow prices where the design has them."""
    parts: list[Part] = [Bullets((*(clean(text) for text in unspent), *_limits(facts), *_ends(facts)))]
    parts += [_certificate(facts)]
    parts += [_rules(facts)] if facts.design["certificate"]["rules"] else []
    parts += _shadow(facts)
    return Section("binds", "What binds", tuple(parts))


def _limits(facts: Facts) -> list[str]:
    """Which practice types are at an income limit, and whether the budget is."""
    said = []
    slack = facts.design["certificate"]["budget_slack_usd"]
    limit = facts.design["budget"]["limit_usd"]
    if slack is not None and limit:
        share = slack / abs(limit)
        verb = "binds" if share <= 1e-4 else "is nearly used up" if share <= 0.01 else "does not bind"
        said.append(f"The budget {verb}: {usd(slack)} ({unsigned(100.0 * share, 2)} %) is left.")
    for key, words in (("income_floor_usd", "lowest"), ("income_ceiling_usd", "highest")):
        at = []
        for members in facts.types:
            end = facts.entries(members)[0].get(key)
            income = members.mean([one.net_income for one in facts.then.accounts])
            if end is not None and abs(income - end) <= NEAR * abs(end):
                at.append(facts.label("practices", members.name))
        who = listed(at) if at else "no practice type"
        said.append(f"At the {words} net income allowed (within half a per cent): {who}.")
    return said


def _ends(facts: Facts) -> list[str]:
    """Prices at the ends of their ranges."""
    said = []
    for kind, words in (("fee", "Fees"), ("capitation", "Payments per child")):
        for end in ("lowest", "highest"):
            at = [name_of(facts, one) for one in levers(facts, kind) if at_bound(one) == end]
            if at:
                said.append(f"{words} at the {end} allowed: {listed(at, 6)}.")
    free = [one for kind in THINGS for one in levers(facts, kind)
            if not at_bound(one) and has_moved(one)]  # fmt: skip
    said.append(
        f"{counted(len(free), 'price')} that moved {'is' if len(free) == 1 else 'are'} inside the range."
    )
    return said


def _certificate(facts: Facts) -> Table:
    certificate = facts.design["certificate"]
    rows: list[Row] = []
    for key, words in CERTIFICATE:
        value = certificate.get(key)
        if value is not None:
            shown = abs(value) if key == "worst_incentive_slack_usd" else value
            rows.append((words, Number(shown, 2), "USD/year"))
    note = "`incentive-opt verify` works all of this out anew from the files, by separately written code."
    return Table("certificate", "What is proved", ("quantity", "value", "unit"), tuple(rows), note)


def _rules(facts: Facts) -> Table:
    rows: list[Row] = []
    for entry in facts.design["certificate"]["rules"]:
        if not isinstance(entry, dict):
            continue
        name = clean(entry.get("rule", ""))
        for start, kind in (("income of ", "practices"), ("number of tiers rewarded of ", "measures")):
            if name.startswith(start):
                name = start + facts.label(kind, name.removeprefix(start))
        holds = "yes" if entry.get("holds") is True else "no"
        rows.append((name, holds, clean(entry.get("detail", ""))))
    return Table("rules", "Rules", ("rule", "holds", "how near it is"), tuple(rows), folded=len(rows) > 12)


def _shadow(facts: Facts) -> list[Part]:
    prices = facts.design["shadow_prices"]
    if not prices:
        return [
            Paragraph(
                "design.json holds no shadow prices, so what a relaxation is worth cannot be told here."
            )
        ]
    bases = {clean(one.get("basis", "")).removeprefix("first best: ") for one in prices} - {""}
    about = f" ({'; '.join(sorted(bases))})" if bases else ""
    rows: list[Row] = []
    for name, values in _grouped(facts).items():
        value = sum(values) / max(len(values), _kinds_of(facts, name))
        rows.append(_shadow_row(facts, name, value, _unit(facts, name)))
    rows.sort(key=lambda row: -abs(row[1].value or 0.0) if isinstance(row[1], Number) else 0.0)
    title = "Shadow prices in the first best"
    columns = ("one more", "is worth", "unit")
    return [
        Paragraph(
            f"What a relaxation is worth is known for the first best only{about}: {_budget_words(facts)} "
            "What it is worth under a contract of this kind may differ."
        ),
        Table("shadow_prices", title, columns, tuple(rows), "Where a type has kinds: mean over them.",
              folded=len(rows) > 12),
    ]  # fmt: skip


def _grouped(facts: Facts) -> dict[str, list[float]]:
    """Shadow prices by constraint, those of the kinds of a type together."""
    found: dict[str, list[float]] = {}
    for one in facts.design["shadow_prices"]:
        if one["value"] is not None:
            found.setdefault(KIND.sub("", one["constraint"]), []).append(float(one["value"]))
    return found


def _kinds_of(facts: Facts, name: str) -> int:
    """How many kinds a constraint stands for; those without a price are not listed."""
    return int(facts.design.get("kinds", 1)) if name.startswith("staff time of ") else 1


def _unit(facts: Facts, name: str) -> str:
    return next(
        str(one["unit"]) for one in facts.design["shadow_prices"] if KIND.sub("", one["constraint"]) == name
    )


def _shadow_row(facts: Facts, name: str, value: float, unit: str) -> Row:
    words = name
    staff = re.fullmatch(r"staff time of (\w+), (.*)", name)
    if staff:
        role = STAFF.get(staff[1], staff[1])
        words = f"hour of {role}, {facts.label('practices', staff[2])}"
    elif name.startswith("income of "):
        words = f"dollar of {'income of ' + facts.label('practices', name.removeprefix('income of '))}"
    elif name == "budget":
        words = "dollar of budget"
    for per, factor, said in (
        ("QALY/USD", MILLION, "million dollars"),
        ("QALY/hour", THOUSAND, "thousand hours"),
    ):
        if unit == per:
            first, _, rest = words.partition(" ")
            plural = f"{said.split()[0]} {first}s {rest}" if rest else f"{said.split()[0]} {first}s"
            return clean(plural), Number(value * factor, 3), "QALY/year"
    return clean(words), Number(value, 6), clean(unit)


def _budget_words(facts: Facts) -> str:
    price = next(
        (one["value"] for one in facts.design["shadow_prices"] if one["constraint"] == "budget"), None
    )
    if price is None:
        return "the budget has no price there."
    if price * MILLION < 0.005:
        return "more budget would buy nothing there, because not all of it is used."
    return f"one more million dollars a year would buy {price * MILLION:,.2f} QALY a year there."
