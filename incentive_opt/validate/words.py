"""What a validation says, in sentences for people who read no tables."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from incentive_opt.domain.instance import Instance
from incentive_opt.signs import signed
from incentive_opt.simulate.figures import Quantity
from incentive_opt.validate.causes import Cause
from incentive_opt.validate.compare import SHARE, UNCLEAR, Comparison
from incentive_opt.validate.outcome import BEHAVIOUR_WORDS, Outcome

KIND_WORDS = {
    "health_qaly": "health",
    "outlay_usd": "the payer's outlay",
    "contract_payments_usd": "contract payments",
    "bonuses_usd": "bonuses",
    "outside_cost_usd": "cost of care elsewhere",
    "children_on_panels": "children on panels",
    "children_turned_away": "children turned away",
    "visits": "visits",
    "minutes_per_visit": "minutes per visit",
    "net_income_usd": "net income",
    "revenue_usd": "contract payments to the practice",
    "practice_health_qaly": "health of the practice's children",
    "panel": "panel",
    "rate": "rate",
    "tier_paid": "practices paid for",
}
MANY = 1000.0
"""Figures from here on have no decimals."""
NAMED = 3
"""So many of the things that are off are named in the verdict."""


def words_of(quantity: Quantity, instance: Instance) -> str:
    """A quantity as people call it."""
    practices, segments, measures = (
        _labels(things) for things in (instance.practices, instance.segments, instance.measures)
    )
    words = KIND_WORDS.get(quantity.kind, quantity.kind.replace("_", " "))
    if quantity.kind == "tier_paid":
        words += f" tier {quantity.tier} of {measures[quantity.of]}"
    elif quantity.kind == "rate":
        words += f" of {measures[quantity.of]}"
    elif quantity.of:
        words += f" of {segments[quantity.of]}"
    return f"{words} ({practices[quantity.practice]})" if quantity.practice else words


def _labels(things: Sequence[Any]) -> dict[str, str]:
    return {one.name: one.label or one.name for one in things}


def sentences(
    instance: Instance,
    outcomes: Sequence[Outcome],
    deciding: Sequence[Comparison],
    causes: Sequence[Cause],
    is_status_quo: bool = False,
) -> list[str]:
    """A handful of plain sentences, the verdict first.

    Parameters
    ----------
    outcomes : sequence of Outcome
        By behaviour, rational first.
    deciding : sequence of Comparison
        What the verdict rests on.
    causes : sequence of Cause
        Of what does not hold among them.
    is_status_quo : bool
        Whether the design is the contract in force.
    """
    rational = outcomes[0]
    said = [_verdict(instance, deciding), *_main_cause(causes), *_expected(deciding)]
    said.append(_gain(rational, is_status_quo))
    if not is_status_quo:
        said += _today(rational)
    return [*said, *_budget(rational), *_robust(outcomes)]


def _verdict(instance: Instance, deciding: Sequence[Comparison]) -> str:
    wrong = [one for one in deciding if not one.ok]
    if not wrong:
        return (
            "The design holds: simulated child by child, with practices that do what is best for themselves, "
            "health, outlay, every net income and every bonus tier come out as promised."
        )
    off = [one for one in wrong if one.status != UNCLEAR]
    count = f"{len(wrong)} of {len(deciding)} promises that decide"
    if not off:
        listed = _listed([words_of(one.quantity, instance) for one in wrong])
        return (
            f"The design is not shown to hold: too few replications to tell for {count}: {listed}. "
            "Ask for more replications."
        )
    verb = "is" if len(off) == 1 else "are"
    main = [one for one in deciding if one.quantity.kind in ("health_qaly", "outlay_usd")]
    though = "health and outlay come out as promised, but " if all(one.ok for one in main) else ""
    said = (
        f"The design fails: simulated child by child, {though}{len(off)} of {len(deciding)} promises that "
        f"decide {verb} off: {_listed([_off(one, instance) for one in off])}."
    )
    if len(off) < len(wrong):
        more = len(wrong) - len(off)
        said += f" For {more} more there are too few replications to tell."
    return said


def _off(one: Comparison, instance: Instance) -> str:
    """What is off and by how much."""
    words = words_of(one.quantity, instance)
    if one.quantity.kind == "tier_paid":
        return f"{words}: {100 * one.mean:.0f} % instead of {100 * one.promised:.0f} %"
    if one.searched is not None and one.farthest != one.error:
        of_search = 100.0 * one.farthest / abs(one.searched) if one.searched else 0.0
        return f"{words} {signed(of_search)} % from what the search had"
    if one.relative_error is None:
        return f"{words}: {one.mean:,.6g} instead of {one.promised:,.6g} {one.quantity.unit}"
    return f"{words} {signed(100.0 * one.relative_error)} %"


def _listed(texts: Sequence[str]) -> str:
    """The first of several texts, and how many more there are."""
    rest = len(texts) - NAMED
    return "; ".join(texts[:NAMED]) + (f"; and {rest} more" if rest > 0 else "")


def _main_cause(causes: Sequence[Cause]) -> list[str]:
    """The cause that is named most often."""
    named = [cause.words for cause in causes if cause.step not in ("replications", "none")]
    if not named:
        return []
    words = max(dict.fromkeys(named), key=named.count)
    often = f" ({named.count(words)} of {len(named)})" if len(named) > 1 else ""
    return [f"The main reason{often}: {words}."]


def _expected(deciding: Sequence[Comparison]) -> list[str]:
    """Whether the intervals hold what is promised of a real year, and what the search had instead."""
    known = [one for one in deciding if one.searched is not None]
    if not known:
        return []
    figures = [
        f"{KIND_WORDS[one.quantity.kind]} {_figure(one.promised)} {one.quantity.unit} "
        f"({_figure(one.searched or 0.0)} in the search)"
        for one in known
    ]
    return [
        "Promised of a real year, with what the search leaves out (smooth effects, how practices differ, "
        f"full months, continuity), {'is' if len(known) == 1 else 'are'} {' and '.join(figures)}. "
        f"{_intervals(known)}"
    ]


def _intervals(known: Sequence[Comparison]) -> str:
    """Whether 95 % intervals of what was simulated hold the promises, in one sentence."""
    names = {
        place: [KIND_WORDS[o.quantity.kind] for o in known if o.covers is place] for place in (True, False)
    }
    if len(known) == 1:
        return f"It lies {_side(known[0].covers)} the 95 % interval of what was simulated."
    if not all(names.values()):
        both = "Both lie" if len(known) == 2 else "All lie"
        return f"{both} {_side(known[0].covers)} the 95 % intervals of what was simulated."
    first = known[0].covers
    words = " and ".join(names[first])
    verb = "lies" if len(names[first]) == 1 else "lie"
    return (
        f"{words[0].upper()}{words[1:]} {verb} {_side(first)} the 95 % interval of what was simulated, "
        f"{' and '.join(names[not first])} {_side(not first)}."
    )


def _side(covers: bool) -> str:
    return "inside" if covers else "outside"


def _gain(rational: Outcome, is_status_quo: bool) -> str:
    gain = rational.gain
    if is_status_quo:
        return "The design is the contract in force, so it promises no gain in health."
    if gain.share is None:
        return (
            "The design promises no gain in health; simulated, it brings "
            f"{_figure(gain.simulated, '+')} QALY a year against the contract in force."
        )
    low, high = gain.as_dict()["kept_share_low"], gain.as_dict()["kept_share_high"]
    between = f" (95 % interval {_percent(low)} to {_percent(high)} %)" if low is not None else ""
    return (
        f"Of the promised gain of {_figure(gain.promised)} QALY a year, {_percent(gain.share)} % is kept"
        f"{between}: {_figure(gain.simulated)} QALY above the contract in force, simulated in the same way."
    )


def _today(rational: Outcome) -> list[str]:
    """Where the simulator finds another level of health than the optimiser already under today's contract."""
    gain = rational.gain
    off = gain.status_quo - gain.status_quo_promised
    if abs(off) <= SHARE * abs(gain.status_quo_promised):
        return []
    return [
        f"Already under the contract in force the simulator finds {_figure(gain.status_quo)} QALY a year and "
        f"not the promised {_figure(gain.status_quo_promised)}: that much is no fault of the design."
    ]


def _figure(value: float, sign: str = "") -> str:
    """Without decimals where it is large, and never in powers of ten."""
    decimals = 0 if abs(value) >= MANY else 2
    return f"{value:{sign},.{decimals}f}"


def _percent(share: float) -> str:
    return f"{100.0 * share:.0f}"


def _budget(rational: Outcome) -> list[str]:
    spending = rational.spending
    if spending.over is None or spending.limit is None:
        return []
    side = "over" if spending.over > 0.0 else "below"
    return [
        f"Simulated outlay is {spending.mean:,.0f} USD a year, {100.0 * abs(spending.over):.1f} % {side} "
        f"the budget of {spending.limit:,.0f} USD."
    ]


def _robust(outcomes: Sequence[Outcome]) -> list[str]:
    """Whether the design stands other behaviours as well."""
    weak = [one for one in outcomes if not (one.gain.keeps and one.spending.nearly)]
    if weak:
        losses = "; ".join(
            f"{_loss(one)} where {BEHAVIOUR_WORDS[one.behaviour]} ({one.behaviour})" for one in weak
        )
        said = f"It is not robust, which asks for 90 % of the gain under every behaviour: {losses}."
        near = all(one.gain.keeps or one.gain.unclear for one in weak)
        if near and all(one.spending.nearly for one in weak):
            said += " By so little that chance may have done it: more years would tell (--replications)."
        return [said]
    kept = (
        "every behaviour tried keeps at least 90 % of the promised gain"
        if outcomes[0].gain.is_promised
        else "no behaviour tried brings less health than promised"
    )
    tried = ", ".join(one.behaviour for one in outcomes)
    return [
        f"In health and outlay it is robust: {kept}, and none passes the budget by more than 2 % ({tried})."
    ]


def _loss(outcome: Outcome) -> str:
    """What a behaviour takes away."""
    gain, over = outcome.gain, outcome.spending.over
    texts = []
    if not gain.keeps and gain.share is not None:
        texts.append(f"{_percent(gain.share)} % is kept")
    elif not gain.keeps:
        texts.append(f"health changes by {_figure(gain.simulated, '+')} QALY a year")
    if not outcome.spending.nearly:
        texts.append(
            "the budget is passed" if over is None else f"outlay is {100.0 * over:.1f} % over the budget"
        )
    return " and ".join(texts)
