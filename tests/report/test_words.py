"""Words of the report: what is new, how many prices there are, how to run it again, and words of code."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from incentive_opt.files import load_design
from incentive_opt.report import report_of
from incentive_opt.report.html import _coded, page
from incentive_opt.report.parts import Paragraph, Report
from incentive_opt.report.sections import levers
from tests.report.pages import Page


@pytest.fixture(scope="module")
def report(kept: Path) -> Report:
    """The report of two_practices, where the contract in force pays no bonus."""
    return report_of(kept)


def lever(kind: str, of: str, before: float, after: float) -> dict[str, Any]:
    return {"lever": kind, "of": of, "status_quo": before, "value": after}


def new(*own: dict[str, Any]) -> str:
    """What is told of bonuses that moved."""
    facts: Any = SimpleNamespace(
        design={"contract": {"levers": list(own)}}, label=lambda kind, name: name.capitalize()
    )
    names = dict.fromkeys(one["of"].capitalize() for one in own)
    return "; ".join(levers._new(facts, "bonus", "bonuses", names, "measures"))


def test_what_is_paid_for_the_first_time_is_not_called_other() -> None:
    """A bonus where none was, another one, one that ends; a second tier is another bonus."""
    first, second, gone = (
        lever("bonus", "asthma", 0, 5),
        lever("bonus", "visits", 3, 5),
        lever("bonus", "weight", 3, 0),
    )
    assert new(first) == "bonuses for the first time (Asthma)"
    assert new(second) == "other bonuses (Visits)"
    assert new(gone) == "no more bonuses (Weight)"
    assert new(lever("bonus", "asthma", 2, 2), first) == "other bonuses (Asthma)"
    assert new(first, second) == "bonuses for the first time (Asthma); other bonuses (Visits)"


def test_the_page_says_what_is_new(report: Report) -> None:
    """In the section on prices."""
    (prices,) = [section for section in report.sections if section.key == "prices"]
    said = [part.text for part in prices.parts if isinstance(part, Paragraph)]
    assert said[0].startswith("What is new: ")
    assert "bonuses for the first time" in said[0]


def test_as_many_prices_keep_their_bounds_as_there_are(report: Report, kept: Path) -> None:
    """The rule and the table count the same."""
    titles = [one.title for one in report.tables if one.key == "prices"]
    rules = {one["rule"]: one["detail"] for one in load_design(kept)["certificate"]["rules"]}
    number = len(load_design(kept)["contract"]["levers"])
    assert titles == [f"All {number} prices"]
    assert rules["prices within their bounds"] == f"{number} prices"


def test_words_of_code_are_set_as_code(kept: Path, report: Report) -> None:
    """No backtick is left on the page; what stands between two is code."""
    read = Page(page(report))
    assert not [one.text for one in read.all("p", "li", "td", "th", "caption") if "`" in one.text]
    code = [one.text for one in read.all("code")]
    assert {"incentive-opt verify", "python3 PATH/cli.py"} <= set(code)
    assert f"incentive-opt verify {kept.name}" in code


@pytest.mark.parametrize(
    ("text", "set_as"),
    [
        ("a `b` c", "a <code>b</code> c"),
        ("a ` b", "a ` b"),
        ("`a` ` b", "<code>a</code> ` b"),
        ("`<b>` & <i>", "<code>&lt;b&gt;</code> &amp; &lt;i&gt;"),
        ("", ""),
    ],
)
def test_code_is_escaped(text: str, set_as: str) -> None:
    """What stands in files is text, within backticks too."""
    assert str(_coded(text)) == set_as
