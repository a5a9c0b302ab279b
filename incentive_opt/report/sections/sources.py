"""Assumptions with their sources, and the share of the numbers that is assumption."""

from __future__ import annotations

from typing import Any

from incentive_opt.files.provenance import UNSOURCED, count_numbers
from incentive_opt.report.facts import Facts
from incentive_opt.report.parts import Bullets, Figure, Number, Paragraph, Part, Row, Section, Table
from incentive_opt.report.wording import clean

STATUS = {
    "V": "read in the source itself",
    "V2": "read second-hand",
    "D": "derived from sources",
    "M": "from memory",
    "assumption": "our own assumption",
    UNSOURCED: "no source named",
}


def sources(facts: Facts) -> Section:
    """What the numbers rest on, counted as `show` counts them; every source with its citation."""
    numbers = count_numbers(facts.folder / "instance")
    share = 100.0 * numbers.assumption_share
    words = (
        f"{share:.0f} % of the {numbers.total:,} numbers of the instance are assumptions or have no source."
    )
    rows: list[Row] = [
        (status, STATUS.get(status, status), Number(count), Number(100.0 * count / numbers.total, 1))
        for status, count in numbers.by_status.items()
    ]
    columns = ("status", "what it means", "numbers", "share [%]")
    note = "A number with several sources counts under the least sure of them."
    parts: list[Part] = [Paragraph(words)]
    if rows:
        parts += [_figure(numbers.by_status, numbers.total)]
    parts += [Table("numbers_by_status", "Numbers by what they rest on", columns, tuple(rows), note)]
    parts += [_list(facts), *_simulator(facts)]
    return Section("sources", "Assumptions and sources", tuple(parts))


def _figure(by_status: dict[str, int], total: int) -> Figure:
    named = [(STATUS.get(status, status), count) for status, count in by_status.items()]
    said = "; ".join(f"{words}: {count} ({100.0 * count / total:.0f} %)" for words, count in named)

    def draw() -> str:
        from incentive_opt.report.plots import Bar, bars

        unsure = (STATUS["assumption"], STATUS[UNSOURCED])
        return bars(
            [
                Bar(words, float(count), f"{count:,} ({100.0 * count / total:.0f} %)", pale=words in unsure)
                for words, count in named
            ]
        )

    return Figure("status", "Numbers of the instance by what they rest on", f"Bars: {said}.", draw)


def _list(facts: Facts) -> Table:
    rows: list[Row] = [
        ("instance", clean(one.key), STATUS.get(one.status, clean(one.status)), clean(one.citation))
        for one in facts.given.sources.values()
    ]
    rows += [
        (
            "payment model",
            clean(key),
            STATUS.get(entry["status"], clean(entry["status"])),
            clean(entry["citation"]),
        )
        for key, entry in _entries(facts.model_file)
    ]
    rows.sort(key=lambda row: (row[0] != "instance", row[2] != STATUS["assumption"]))
    columns = ("of", "key", "rests on", "citation or reason")
    return Table("sources", f"All {len(rows)} sources, assumptions first", columns, tuple(rows), folded=True)


def _entries(model_file: dict[str, Any]) -> list[tuple[str, dict[str, str]]]:
    return [(key, entry) for key, entry in model_file.get("sources", {}).items()]


def _simulator(facts: Facts) -> list[Part]:
    assumed = facts.given.simulation.assumed()
    if not assumed or facts.found.document is not None:  # the validation says it
        return []
    said = "Taken by the simulator where the files say nothing:"
    return [Paragraph(said), Bullets(tuple(clean(text) for text in assumed))]
