"""What the report says of a validation: verdict at the top, what is off, which kind of promise it was."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from incentive_opt.cli.validation_view import of_the_search, what_is_off
from incentive_opt.report import Remarks, Report, report_of
from incentive_opt.report.parts import Number, Paragraph, Table
from tests.report.runs import rewrite

UNCLEAR = "too few replications to tell"


def made(run: Path) -> Report:
    """The report of a run folder."""
    return report_of(run, lambda _: Remarks(bound=[], unspent=[], allowances=[]))


def lead(run: Path) -> str:
    """The paragraph at the top."""
    (found,) = [part for part in made(run).sections[0].parts if isinstance(part, Paragraph) and part.lead]
    return found.text


def table(run: Path, key: str) -> Table:
    """The table of that name."""
    (found,) = [one for one in made(run).tables if one.key == key]
    return found


def judged(*statuses: str) -> Callable[[dict[str, Any]], None]:
    """Give these verdicts to the promises that decide, in order, and say that all others hold."""

    def change(document: dict[str, Any]) -> None:
        rest = list(statuses)
        document["failures"] = []
        for one in document["behaviours"][0]["quantities"]:
            one["status"] = rest.pop(0) if one["decides"] and rest else "holds"
            one["ok"] = one["status"] == "holds"
            if not one["ok"]:
                place = {key: one[key] for key in ("kind", "practice", "of", "tier", "status", "decides")}
                words = one["status"] if one["status"] == UNCLEAR else "staff time is short"
                document["failures"].append(place | {"cause": "capacity", "words": words})
        document["ok"] = not document["failures"]

    return change


def deciding(run: Path) -> int:
    """How many promises decide."""
    found = json.loads((run / "validation.json").read_text(encoding="utf-8"))
    return sum(one["decides"] for one in found["behaviours"][0]["quantities"])


@pytest.mark.parametrize(
    ("statuses", "words"),
    [
        ((), "the design holds: every promise that decides comes out."),
        (("off",), "but the design fails: 1 of {} promises that decide is off (see Validation)."),
        (("off", "off"), "but the design fails: 2 of {} promises that decide are off (see Validation)."),
        (
            ("off", UNCLEAR, "off"),
            "but the design fails: 2 of {} promises that decide are off, and for 1 more there are too few "
            "replications to tell (see Validation).",
        ),
        (
            (UNCLEAR,),
            "but the design is not shown to hold: too few replications to tell for 1 of {} promises that "
            "decide (see Validation).",
        ),
    ],
)
def test_the_top_says_the_verdict_as_plainly_as_the_validation(
    run: Path, statuses: tuple[str, ...], words: str
) -> None:
    """Whether it holds, and how many promises do not."""
    rewrite(run / "validation.json", judged(*statuses))
    assert lead(run).endswith(words.format(deciding(run)))


def test_a_verdict_is_told_where_no_gain_is_promised(run: Path) -> None:
    """Without a share to keep, too, a design can fail."""

    def change(document: dict[str, Any]) -> None:
        judged("off")(document)
        document["behaviours"][0]["gain"]["kept_share"] = None

    rewrite(run / "validation.json", change)
    assert "Simulated child by child, the design fails: 1 of " in lead(run)


def test_what_cannot_be_told_is_not_counted_as_off(run: Path) -> None:
    """The title counts each apart, and every row says which it is."""
    rewrite(run / "validation.json", judged("off", UNCLEAR, UNCLEAR))
    found = table(run, "promises_off")
    assert found.title == (f"Promises that are off where practices are rational: 1; {UNCLEAR}: 2")
    place = found.columns.index("verdict")
    assert [row[place] for row in found.rows] == ["off", UNCLEAR, UNCLEAR]
    rewrite(run / "validation.json", judged("off", "off"))
    assert table(run, "promises_off").title == "Promises that are off where practices are rational: 2"


def test_the_terminal_tells_what_is_off_from_what_cannot_be_told(run: Path) -> None:
    """Two headings with a count each; only those that are needed."""
    rewrite(run / "validation.json", judged("off", UNCLEAR, UNCLEAR))
    document = json.loads((run / "validation.json").read_text(encoding="utf-8"))
    lines = what_is_off(document)
    assert lines[0] == "What is off, by cause: 1 (* decides the verdict)"
    assert lines[1] == "Staff time is short:"
    assert lines[3] == "Too few replications to tell: 2 (* decides the verdict)"
    assert len(lines) == 6
    judged(UNCLEAR)(document)
    assert what_is_off(document)[0].startswith("Too few replications to tell: 1")
    judged()(document)
    assert what_is_off(document) == []


def test_promises_of_a_year_are_told_from_those_of_the_search(run: Path) -> None:
    """Parts of outlay sum to what the search had, and the column says so."""
    found = table(run, "promises")
    columns = {name: place for place, name in enumerate(found.columns)}
    rows = {str(row[1]): row for row in found.rows if row[0] == "rational"}
    kinds = {name: row[columns["promised is"]] for name, row in rows.items()}
    assert {name for name, kind in kinds.items() if kind == "of a real year"} == {"Health", "Outlay"}
    assert set(kinds.values()) == {"of a real year", "as in the search"}

    def figure(name: str, column: str) -> float:
        cell = rows[name][columns[column]]
        assert isinstance(cell, Number)
        assert cell.value is not None
        return cell.value

    parts = figure("Contract payments", "promised") + figure("Care elsewhere", "promised")
    assert figure("Outlay", "in the search") == pytest.approx(parts)
    assert figure("Outlay", "promised") != pytest.approx(parts)
    assert "parts of outlay" in found.note
    rational = json.loads((run / "validation.json").read_text(encoding="utf-8"))["behaviours"][0]
    assert "all else as in the search, where outlay is" in of_the_search(rational)[0]
