"""Validation: promised against simulated, under every behaviour of practices that was tried."""

from __future__ import annotations

from typing import Any

from incentive_opt.report.facts import Facts
from incentive_opt.report.parts import Bullets, Figure, Number, Paragraph, Part, Row, Section, Table
from incentive_opt.report.sections.robustness import robustness
from incentive_opt.report.validation import UNCLEAR, quantities
from incentive_opt.report.wording import clean

TOTALS = {
    "health_qaly": "Health",
    "outlay_usd": "Outlay",
    "contract_payments_usd": "Contract payments",
    "bonuses_usd": "Bonuses among them",
    "outside_cost_usd": "Care elsewhere",
    "children_on_panels": "Children on panels",
    "children_turned_away": "Children turned away",
    "visits": "Visits",
    "minutes_per_visit": "Minutes per visit",
}
OF_TYPES = {
    "net_income_usd": "net income",
    "revenue_usd": "contract payments",
    "practice_health_qaly": "health of its children",
    "panel": "panel",
    "rate": "rate",
    "tier_paid": "practices paid for tier {tier}",
}
STEPS = {
    "files": "files disagree",
    "indifference": "practices choose otherwise among what is equally good for them",
    "curve": "health by a smooth effect in place of one in pieces",
    "spread": "practices of a type differ",
    "threshold": "chance at thresholds",
    "capacity": "staff time, month by month",
}
REAL_YEAR = ("health_qaly", "outlay_usd")
"""What design.json promises of a real year."""
SHARES = ("rate", "tier_paid")
LARGE = 1000.0


def validation(facts: Facts) -> Section:
    """What became of the promises in simulated years; or the command that would tell."""
    document = facts.found.document
    if document is None:
        said = f"{facts.found.why} This command simulates it child by child and fills this section:"
        command = Bullets((f"incentive-opt validate {facts.name}",), commands=True)
        return Section("validation", "Validation", (Paragraph(said), command, *robustness(facts)))
    parts: list[Part] = [Bullets(tuple(clean(text) for text in document["sentences"]))]
    parts += [
        *_figure(document),
        _behaviours(facts, document),
        _totals(facts, document),
        _off(facts, document),
    ]
    parts += [_waterfall(document), *robustness(facts), *_assumed(document)]
    return Section("validation", "Validation: promised and simulated", tuple(parts))


def _figure(document: dict[str, Any]) -> list[Part]:
    kept = [(one["behaviour"], one["words"], one["gain"]) for one in document["behaviours"]]
    shown = [(name, words, gain) for name, words, gain in kept if gain["kept_share"] is not None]
    if not shown:
        return [Paragraph("The design promises no gain in health, so there is no share of it to keep.")]
    said = [f"{name} ({words}): {_kept(gain)}" for name, words, gain in shown]

    def draw() -> str:
        from incentive_opt.report.plots import Interval, intervals

        rows = [
            Interval(
                name.capitalize(),
                100.0 * gain["kept_share"],
                _percent(gain["kept_share_low"]),
                _percent(gain["kept_share_high"]),
                _kept(gain),
            )
            for name, _, gain in shown
        ]
        return intervals(rows, ((90.0, "90 %"), (100.0, "as promised")), "of the promised gain in health [%]")

    words = f"Means with 95 % intervals, beside 90 and 100 %: {'; '.join(said)}."
    return [
        Figure("kept", "What is kept of the promised gain, by behaviour of practices", clean(words), draw)
    ]


KEPT = ("kept_share", "kept_share_low", "kept_share_high")


def _percent(share: float | None) -> float | None:
    return None if share is None else 100.0 * share


def _kept(gain: dict[str, Any]) -> str:
    mean, low, high = (_percent(gain[key]) for key in KEPT)
    between = f" ({low:.0f} to {high:.0f})" if low is not None and high is not None else ""
    return f"{mean:.0f} %{between}"


def _behaviours(facts: Facts, document: dict[str, Any]) -> Table:
    rows: list[Row] = []
    for place, one in enumerate(document["behaviours"]):
        found = quantities(document, place)
        outlay = found.get("outlay_usd", {}).get("mean")
        gain = one["gain"]
        rows.append(
            (
                clean(one["behaviour"]),
                clean(one["words"]),
                Number(gain["promised_qaly"], 2),
                Number(gain["simulated_qaly"], 2),
                Number(gain["low_qaly"], 2),
                Number(gain["high_qaly"], 2),
                *(Number(_percent(gain[key]), 1) for key in KEPT),
                Number(outlay),
                Number(_percent(one["budget"]["over_share"]), 1, signed=True),
            )
        )
    columns = (
        "behaviour", "what practices do", "gain promised [QALY/year]", "simulated [QALY/year]",
        "from [QALY/year]", "to [QALY/year]", "kept [%]", "kept from [%]", "kept to [%]",
        "outlay [USD/year]", "over budget [%]",
    )  # fmt: skip
    note = (
        f"{document['replications']} simulated years (seed {document['seed']}); from and to: 95 % interval."
    )
    return Table("behaviours", "By behaviour of practices", columns, tuple(rows), note)


def _totals(facts: Facts, document: dict[str, Any]) -> Table:
    rows: list[Row] = []
    for place, behaviour in enumerate(document["behaviours"]):
        found = quantities(document, place)
        rows += [
            (
                clean(behaviour["behaviour"]),
                words,
                *_promise(facts, found[kind]),
                *_figures(found[kind])[1:],
                _state(found[kind]),
            )
            for kind, words in TOTALS.items()
            if kind in found
        ]
    columns = (
        "behaviour", "quantity", "promised", "promised is", "in the search", "simulated", "from", "to",
        "off [%]", "unit", "verdict",
    )  # fmt: skip
    title = "Promised and simulated, all practices together"
    note = ""
    if facts.design.get("foreseen"):
        note = (
            "Health and outlay are promised of a real year, all else as the search has it: parts of outlay "
            "add up to that of the search. Off is against what is promised."
        )
    return Table("promises", title, columns, tuple(rows), note, folded=len(rows) > 12)


def _promise(facts: Facts, one: dict[str, Any]) -> tuple[Number | str, ...]:
    """What is promised, whether of a real year or as the search has it, and what the search has."""
    promised, search = _figures(one)[0], _figures(one | {"promised": one["searched"]})[0]
    return promised, _promised_of(facts, one), search


def _promised_of(facts: Facts, one: dict[str, Any]) -> str:
    """Which kind of promise it is."""
    own = not one["practice"] and one["kind"] in REAL_YEAR
    return "of a real year" if own and facts.design.get("foreseen") else "as in the search"


def _figures(one: dict[str, Any]) -> tuple[Number | str, ...]:
    figures = [one[key] for key in ("promised", "mean", "low", "high")]
    unit = str(one["unit"])
    if one["kind"] in SHARES:
        figures, unit = [_percent(value) for value in figures], "%"
    decimals = 0 if max((abs(value) for value in figures if value is not None), default=0.0) >= LARGE else 2
    off = Number(_percent(one["relative_error"]), 1, signed=True)
    return (*(Number(value, decimals) for value in figures), off, clean(unit))


def _state(one: dict[str, Any]) -> str:
    return clean(one["status"])


def _off(facts: Facts, document: dict[str, Any]) -> Table:
    """Every promise that is off where practices are rational, or cannot be told, with its cause."""
    found = {_key(one): one for one in document["behaviours"][0]["quantities"]}
    rows: list[Row] = []
    states: list[bool] = []
    for failure in document["failures"]:
        one = found.get(_key(failure))
        if one is None:
            continue
        numbers = _figures(one)
        decides = "yes" if failure["decides"] else "no"
        off, place = one["status"] != UNCLEAR, _promised_of(facts, one)
        states.append(off)
        rows.append(
            (
                _name(facts, one),
                decides,
                numbers[0],
                place,
                *numbers[1:4],
                numbers[5],
                _state(one),
                clean(failure["words"]) if off else "",
            )
        )
    columns = (
        "promise", "decides", "promised", "promised is", "simulated", "from", "to", "unit", "verdict",
        "why it is off",
    )  # fmt: skip
    note = "The verdict rests on those that decide: health, outlay, net incomes, tiers that carry money."
    title = f"Promises that are off where practices are rational: {sum(states)}"
    if not all(states):
        title += f"; too few replications to tell: {len(states) - sum(states)}"
    return Table("promises_off", title, columns, tuple(rows), note, folded=len(rows) > 12)


def _key(one: dict[str, Any]) -> tuple[object, ...]:
    return one["kind"], one["practice"], one["of"], one["tier"]


def _name(facts: Facts, one: dict[str, Any]) -> str:
    if not one["practice"]:
        return TOTALS.get(one["kind"], clean(one["kind"]))
    words = OF_TYPES.get(one["kind"], clean(one["kind"])).replace("{tier}", str(one["tier"]))
    kind = "segments" if one["kind"] == "panel" else "measures"
    of = f", {facts.label(kind, one['of'])}" if one["of"] else ""
    return f"{facts.label('practices', one['practice'])}, {words}{of}"


def _waterfall(document: dict[str, Any]) -> Table:
    found = {one["kind"]: one for one in document["waterfall"]["quantities"] if not one["practice"]}
    pair = [found.get(kind) for kind in ("health_qaly", "outlay_usd")]
    rows: list[Row] = [("in the search", *(Number(one and one["searched"], 2) for one in pair))]
    for step, words in STEPS.items():
        rows.append((words, *(Number(one and one["changes"].get(step), 2, signed=True) for one in pair)))
    rows.append(("simulated", *(Number(one and one["simulated"], 2) for one in pair)))
    columns = ("step", "health [QALY/year]", "outlay [USD/year]")
    return Table("promise_to_simulation", "From search to simulation, step by step", columns, tuple(rows))


def _assumed(document: dict[str, Any]) -> list[Part]:
    if not document["assumed"]:
        return []
    return [
        Paragraph("Assumed by the simulator, because the instance does not say:"),
        Bullets(tuple(clean(text) for text in document["assumed"])),
    ]
