"""Sensitivity: what becomes of the design where numbers are other than the files say."""

from __future__ import annotations

from typing import Any

from incentive_opt.report.facts import Facts
from incentive_opt.report.parts import Bullets, Figure, Number, Paragraph, Part, Row, Section, Table
from incentive_opt.report.sensitivity import ENDS, ODDS, QUANTILES, read_sensitivity
from incentive_opt.report.wording import clean, listed

MOST = 12
"""So many parameters are drawn; the table has all."""
LARGE = 100.0
"""Health from which on no decimals are shown [QALY/year]."""
WORDS = {
    "beats_today": "beats today's contract",
    "more_health": "more health than today's",
    "budget_kept": "within the budget",
    "incomes_kept": "all incomes within their limits",
    "beats_today_and_incomes_kept": "beats today's, and incomes kept",
}
NOTE = (
    "Beats today's contract: more health than it with the same numbers, within the budget. Practices respond "
    "anew to both."
)


def sensitivity(facts: Facts) -> tuple[Section, ...]:
    """The section, where sensitivity.json stands in the folder; nothing where not."""
    found = read_sensitivity(facts.folder, facts.design)
    if found is None:
        return ()
    if found.document is None:
        said = f"{found.why} This command writes it anew:"
        command = Bullets((f"incentive-opt sensitivity {facts.name}",), commands=True)
        return (Section("sensitivity", "Sensitivity", (Paragraph(said), command)),)
    document = found.document
    parts: list[Part] = [Bullets(tuple(clean(text) for text in document["sentences"]))]
    if document["tornado"]:
        parts += [*_figure(document), _tornado(document), *_searched(document)]
    if document["chances"]:
        parts += [_odds(document), _gains(document), _knowing(document)]
    return (Section("sensitivity", "Sensitivity", tuple(parts)),)


def _decimals(value: float) -> int:
    return 0 if abs(value) >= LARGE else 2


def _qaly(value: float | None) -> Number:
    return Number(value, 0 if value is None else _decimals(value))


def _gain(entry: dict[str, Any]) -> float | None:
    return float(entry["gain_qaly"]) if entry["possible"] is True else None


def _figure(document: dict[str, Any]) -> list[Part]:
    base = float(document["base"]["design"]["gain_qaly"])
    rows = [row for row in document["tornado"] if any(_gain(row[end]) is not None for end in ENDS)][:MOST]
    if not rows:
        return []
    words = [" to ".join(str(_qaly(_gain(row[end]))) or "none" for end in ENDS) for row in rows]
    said = "; ".join(f"{clean(row['label'])}: {word}" for row, word in zip(rows, words, strict=True))

    def draw() -> str:
        from incentive_opt.report.tornado import Swing, tornado

        swings = [
            Swing(row["label"], _written(_gain(row["low"])), _written(_gain(row["high"])), word)
            for row, word in zip(rows, words, strict=True)
        ]
        return tornado(swings, round(base, _qaly(base).decimals))

    description = (
        f"Bars from the gain with the numbers of the files, {_qaly(base)} QALY a year, to the gain with one "
        f"parameter at its low and its high end, those that move it most first: {said}."
    )
    return [Figure("tornado", "Gain over today's contract, one parameter at a time", description, draw)]


def _written(value: float | None) -> float | None:
    """A gain as it is written, so that no bar shows what prints as nothing."""
    return None if value is None else round(value, _qaly(value).decimals)


def _tornado(document: dict[str, Any]) -> Table:
    rows: list[Row] = [
        (
            clean(row["label"]),
            *(Number(row[end]["value"], _shown(row[end]["value"])) for end in ENDS),
            "times" if row["scale"] == "multiple" else clean(row["unit"]),
            *(_qaly(_gain(row[end])) for end in ENDS),
            _qaly(row["swing_qaly"]),
            clean(row["decision"]),
            listed([clean(key) for key in row["source"].split(";")], 3),
        )
        for row in document["tornado"]
    ]
    columns = (
        "parameter", "low", "high", "unit", "gain at low [QALY/year]", "gain at high [QALY/year]",
        "moves it by [QALY/year]", "decision", "source of the range",
    )  # fmt: skip
    return Table("tornado", "One parameter at a time", columns, tuple(rows), NOTE)


def _shown(value: float) -> int:
    """So many decimals show a value."""
    size = abs(value)
    return 0 if size >= 1000.0 else 2 if size >= 0.1 or size == 0.0 else 5


def _searched(document: dict[str, Any]) -> list[Part]:
    rows: list[Row] = []
    for row in document["tornado"]:
        for end in ENDS:
            found = row[end].get("resolved")
            if found is None:
                continue
            figures = [found.get("health_qaly"), found.get("better_by_qaly")]
            note = "" if not found["found"] else "the design breaks a limit there, this contract does not"
            note = "" if found["found"] and found.get("comparable") else note or clean(found.get("why", ""))
            rows.append((clean(row["label"]), end, *(_qaly(one) for one in figures), note))
    if not rows:
        return []
    columns = ("parameter", "end", "health found [QALY/year]", "over the design [QALY/year]", "note")
    return [Table("searched_again", "Best contract found at each end", columns, tuple(rows), folded=True)]


def _odds(document: dict[str, Any]) -> Table:
    rows: list[Row] = []
    for name, found in document["chances"].items():
        for key in ODDS:
            one = found["probability"][key]
            figures = (Number(100.0 * one[part], 1) for part in ("share", "low", "high"))
            rows.append((clean(name), WORDS[key], *figures))
    number = document["draws"] - document["draws_impossible"]
    columns = ("contract", "what holds", "share of draws [%]", "from [%]", "to [%]")
    title = f"How likely, over {number:,} draws of all parameters"
    return Table("chances", title, columns, tuple(rows), f"With 95 % intervals. {NOTE}")


def _gains(document: dict[str, Any]) -> Table:
    rows: list[Row] = []
    for name, found in document["chances"].items():
        gain = found["gain_qaly"]
        rows.append((clean(name), _qaly(gain["mean"]), *(_qaly(gain["quantiles"][at]) for at in QUANTILES)))
    columns = ("contract", "mean [QALY/year]", *(f"{at} % of draws below" for at in QUANTILES))
    return Table("gain_over_draws", "Gain over today's contract, over the draws", columns, tuple(rows))


def _knowing(document: dict[str, Any]) -> Table:
    rows: list[Row] = [
        (Number(row["worth_usd_per_qaly"]), clean(row["best"]), Number(row["value_usd"]))
        for row in document["value_of_information"]["rows"]
    ]
    columns = ("a QALY is worth [USD]", "best on average", "to know all is worth [USD/year]")
    names = listed(document["value_of_information"]["contracts"])
    note = (
        "The expected value of perfect information: how much more the best of these contracts in each draw "
        f"brings than the one that is best on average: {names}."
    )
    return Table(
        "knowing", "What it is worth to know more before choosing", columns, tuple(rows), clean(note)
    )
