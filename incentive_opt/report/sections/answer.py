"""The answer in one paragraph, and what to know when reading it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from incentive_opt.domain.lines import LINE_KINDS, WITHHOLD
from incentive_opt.report.facts import Facts
from incentive_opt.report.parts import Bullets, Paragraph, Part, Section
from incentive_opt.report.prices import moves
from incentive_opt.report.validation import UNCLEAR
from incentive_opt.report.wording import clean, counted, in_brackets, listed, percent, qaly, usd
from incentive_opt.sums import asked, kept

QALY = "A QALY is a year of life in full health."
UNMOVED = 0.0005
"""An income that changes by less is told as unchanged [share of today's]."""
HOLDS = "holds"
"""What a validation says of a promise; anything else is off."""
SAME = 1e-6
"""Smaller changes of health or outlay are none, as a share of today's [1]: solvers are no more exact."""


def answer(facts: Facts, bound: Sequence[str], allowances: Sequence[str]) -> Section:
    """What is proposed, what it brings, what it costs, who bears it, how sure that is.

    Parameters
    ----------
    bound : sequence of str
        Sentences on how near the design is to the best there can be.
    allowances : sequence of str
        What the design allows for beyond the instance's terms, and notes of the search.
    """
    sentences = [*_today(facts), *_then(facts), *_prices(facts), *_incomes(facts), *bound]
    sentences += [*_expected(facts), *_simulated(facts)]
    parts: list[Part] = [Paragraph(" ".join(sentences), lead=True)]
    weighted = any(segment.contracted and segment.equity_weight != 1.0 for segment in facts.given.segments)
    weights = ["Health is weighted by the equity weights of the groups of children."] * weighted
    parts.append(Bullets((QALY, *weights, *(clean(text) for text in allowances))))
    return Section("answer", "The answer", tuple(parts))


def _today(facts: Facts) -> list[str]:
    children = sum(asked(facts.today, segment) for segment in facts.contracted)
    here = sum(kept(facts.today, segment) for segment in facts.contracted)
    practices = sum(practice.count for practice in facts.instance.practices)
    who = "all" if round(here) >= round(children) else f"{here:,.0f}"
    health, outlay = facts.today.total(lambda one: one.health), facts.today.total(lambda one: one.outlay)
    return [
        f"Today {counted(practices, 'practice')} {'has' if round(practices) == 1 else 'have'} room for {who} "
        f"of the {children:,.0f} children who ask for one; their care is worth {qaly(health)} (years of life "
        f"in full health) and costs the payer {usd(outlay)} a year, care elsewhere included."
    ]


def _then(facts: Facts) -> list[str]:
    if facts.design.get("is_status_quo"):
        return ["The search found no better contract than the one in force, so nothing would change."]
    before, after = facts.today.total(lambda one: one.health), facts.then.total(lambda one: one.health)
    paid, pays = facts.today.total(lambda one: one.outlay), facts.then.total(lambda one: one.outlay)
    gain, change = after - before, pays - paid
    better, dearer = gain > SAME * max(1.0, abs(before)), change > SAME * max(1.0, abs(paid))
    way = "raises" if gain > 0.0 else "lowers"
    cheaper = change < -SAME * max(1.0, abs(paid))
    money = f"{usd(abs(change))}{in_brackets(abs(change), paid)} {'more' if dearer else 'less'} than today"
    if not dearer and not cheaper:
        money = "as much as today"
    text = (
        f"The proposed contract {way} that to {qaly(after)}: {qaly(abs(gain))} a year "
        f"{'more' if gain > 0.0 else 'less'}{in_brackets(abs(gain), before)}, for {usd(pays)} a year, {money}"
    )
    limit = facts.design["budget"]["limit_usd"]
    text += f" and within the budget of {usd(limit)}" if limit is not None and pays <= limit + 0.5 else ""
    text += f"; each QALY gained costs {usd(change / gain)}." if better and dearer else "."
    return [text, *_children(facts)]


def _children(facts: Facts) -> list[str]:
    moved = sum(kept(facts.then, name) - kept(facts.today, name) for name in facts.contracted)
    if abs(moved) < 1.0:
        return ["As many children as today have a practice."]
    more = "more children" if moved > 0.0 else "fewer children"
    return [f"{abs(moved):,.0f} {more} have a practice."]


def _prices(facts: Facts) -> list[str]:
    moved = moves(facts)
    said = []
    for key, words in (("paid", "pays {} for the first time"), ("raised", "raises {}"), ("cut", "lowers {}")):
        if moved[key]:
            said.append(words.format(counted(len(moved[key]), "service" if key == "paid" else "fee")))
    if moved["capitation"]:
        groups = counted(len(moved["capitation"]), "group")
        said.append(f"changes the monthly payment per child for {groups} of children")
    if moved["bonus"]:
        measures = listed([facts.label("measures", name) for name in dict.fromkeys(moved["bonus"])])
        said.append(f"changes bonuses ({measures})")
    if moved[WITHHOLD]:
        said.append("holds back a part of today's fees until quality is shown")
    other = [kind.label for kind in LINE_KINDS.values() if moved[kind.name] and kind.name != WITHHOLD]
    if other:
        said.append(f"pays by {listed(other)}")
    return [f"It {'; '.join(said)}."] if said else []


def _incomes(facts: Facts) -> list[str]:
    if facts.design.get("is_status_quo"):
        return []
    losing, gaining = [], 0
    for members in facts.types:
        now = members.mean([one.net_income for one in facts.today.accounts])
        then = members.mean([one.net_income for one in facts.then.accounts])
        share = (then - now) / max(1.0, abs(now))
        gaining += share > UNMOVED
        if share < -UNMOVED:
            losing.append(f"{facts.label('practices', members.name)} {percent(share, signed=True)}")
    of = counted(len(facts.types), "practice type")
    if not losing:
        return [
            f"No practice type loses income; {gaining} of {of} {'earns' if gaining == 1 else 'earn'} more."
        ]
    verb = "earns" if gaining == 1 else "earn"
    return [f"{gaining} of {of} {verb} more, {len(losing)} less ({listed(losing)})."]


def _expected(facts: Facts) -> list[str]:
    block = facts.design.get("foreseen")
    if not block or facts.design.get("is_status_quo"):
        return []
    return [
        f"Of a real year {qaly(block['health_qaly'])} and {usd(block['outlay_usd'])} are promised: effects "
        "of care are smooth, practices of a type differ, months fill up, and children see their own "
        "clinician more or less often than today, all of which the search leaves out."
    ]


def _simulated(facts: Facts) -> list[str]:
    document = facts.found.document
    if document is None:
        return ["What becomes of these promises child by child has not been simulated."]
    rational = document["behaviours"][0]
    kept_share, verdict = rational["gain"]["kept_share"], _verdict(document)
    if kept_share is None or facts.design.get("is_status_quo"):
        return [f"Simulated child by child, {verdict}."]
    joined = f", and {verdict}" if document.get("ok") is True else f", but {verdict}"
    return [
        f"Simulated child by child, {100.0 * kept_share:.0f} % of the promised gain is kept where practices "
        f"do what is best for themselves{joined}."
    ]


def _verdict(document: dict[str, Any]) -> str:
    """Whether the design holds, and how many of the promises that decide do not."""
    if document.get("ok") is True:
        return "the design holds: every promise that decides comes out"
    deciding = [one for one in document["behaviours"][0]["quantities"] if one.get("decides") is True]
    off = sum(one["status"] not in (HOLDS, UNCLEAR) for one in deciding)
    untold = sum(one["status"] == UNCLEAR for one in deciding)
    if not off and not untold:  # an older file does not say what decides
        return "not every promise that decides holds (see Validation)"
    of = f"{len(deciding)} promises that decide"
    if not off:
        few = f"too few replications to tell for {untold} of {of}"
        return f"the design is not shown to hold: {few} (see Validation)"
    more = f", and for {untold} more there are too few replications to tell" if untold else ""
    return f"the design fails: {off} of {of} {'is' if off == 1 else 'are'} off{more} (see Validation)"
