"""The page: whole, self-contained, readable by machines, and deaf to what stands in files."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import pytest

from incentive_opt.report import report_of
from incentive_opt.report.html import page
from incentive_opt.report.wording import qaly, usd
from tests.report.pages import Page
from tests.report.runs import LONG, ON_PAGES, SCRIPT, spread

LOADS = ("src", "srcset", "href", "data", "poster", "action", "formaction", "xlink:href", "background")
WATCHED = {"script", "table", "tr", "td", "th", "p", "li", "h1", "h2", "section", "figure"}
SECTIONS = ["The answer", "Health and money", "Which prices move", "Who gains and who loses",
            "What practices do differently", "What binds", "Validation: promised and simulated",
            "Assumptions and sources", "How to run it again"]  # fmt: skip


@pytest.fixture(scope="module", params=["two_practices", "medicaid_statewide"])
def text(request: pytest.FixtureRequest, kept: Path, state: Path) -> str:
    """The page of a design: one with all that there can be, and one with no more than there must be."""
    return page(report_of(kept if request.param == "two_practices" else state))


def test_page_is_well_formed(text: str) -> None:
    """Every tag is closed in order, and no two things have one name."""
    read = Page(text)
    assert read.faults == []
    names = [element.attributes["id"] for element in read.elements if "id" in element.attributes]
    assert len(names) == len(set(names)) > 20


def test_sections_stand_in_order(text: str) -> None:
    """Nine sections under one title; no level of heading is skipped; the list of sections leads to each."""
    headings = Page(text).all("h1", "h2", "h3", "h4")
    assert [one.tag for one in headings] == ["h1"] + ["h2"] * 9
    said = [one.text for one in headings[1:]]
    assert [title.partition(":")[0] for title in said] == [title.partition(":")[0] for title in SECTIONS]
    (contents,) = Page(text).all("nav")
    links = [link.attributes["href"] for item in contents.children[0].children for link in item.children]
    assert links == [f"#{one.attributes['id']}" for one in Page(text).all("section")]


def test_page_loads_nothing(text: str) -> None:
    """No reference leads out of the page, in no attribute and no style; there is no script."""
    read = Page(text)
    for element in read.elements:
        for name, value in element.attributes.items():
            if name in LOADS:
                assert value is not None
                assert value.startswith("#") or value == "data:,", f"{element.tag} {name}={value}"
            assert not name.startswith("on"), f"{element.tag} {name}"
    assert read.all("script", "iframe", "object", "embed", "img") == []
    styles = "".join(style.text for style in read.all("style"))
    assert "url(" not in styles
    assert "@import" not in styles
    assert "default-src 'none'" in text


def test_references_within_pictures_lead_somewhere(text: str) -> None:
    """Marks and patterns that a picture uses are there."""
    names = {element.attributes.get("id") for element in Page(text).elements}
    used = re.findall(r'url\(#([^)"]+)\)|href="#([^"]+)"', text)
    assert len(used) > 20
    assert {a or b for a, b in used} - names == set()


def test_every_picture_says_what_it_shows(text: str) -> None:
    """Role, title and description; in a figure with a caption; with figures in the description."""
    pictures = Page(text).all("svg")
    assert len(pictures) >= 7
    for picture in pictures:
        title, description = picture.children[:2]
        assert (title.tag, description.tag) == ("title", "desc")
        assert picture.attributes["role"] == "img"
        named = str(picture.attributes["aria-labelledby"]).split()
        assert named == [title.attributes["id"], description.attributes["id"]]
        assert title.text.strip()
        assert re.search(r"\d", description.text)
        assert picture.parent is not None
        assert [one.tag for one in picture.parent.children] == ["figcaption", "svg"]


def test_every_table_has_a_caption_and_headings(text: str) -> None:
    """Caption first; every heading says what it heads; all rows are as long as the heading."""
    tables = Page(text).all("table")
    assert len(tables) >= 15
    for table in tables:
        caption, head, body = table.children
        assert caption.tag == "caption"
        assert caption.text.strip()
        headings = head.children[0].children
        assert {one.attributes["scope"] for one in headings} == {"col"}
        assert all(one.text.strip() for one in headings)
        for row in body.children:
            assert row.children[0].attributes["scope"] == "row"
            assert len(row.children) == len(headings)


def test_language_landmarks_and_width_are_given(text: str) -> None:
    """What a screen reader and a telephone need."""
    read = Page(text)
    assert read.all("html")[0].attributes["lang"] == "en"
    assert [len(read.all(tag)) for tag in ("header", "nav", "main", "footer", "title")][:4] == [1, 1, 1, 1]
    assert 'name="viewport"' in text
    assert "@media print" in text
    assert "prefers-color-scheme: dark" in text


def test_the_answer_says_what_a_real_year_brings(kept: Path) -> None:
    """With the figures of design.json."""
    block = json.loads((kept / "design.json").read_text(encoding="utf-8"))["foreseen"]
    said = f"Of a real year {qaly(block['health_qaly'])} and {usd(block['outlay_usd'])} are promised"
    assert said in Page(page(report_of(kept))).all("main")[0].text


def test_same_design_same_page(kept: Path) -> None:
    """The page has no date and no chance in it."""
    assert page(report_of(kept)) == page(report_of(kept))


def test_no_place_of_this_machine_is_told(kept: Path) -> None:
    """A mailed page does not say where the design lay."""
    text = page(report_of(kept))
    assert str(kept.parent) not in text
    assert "my_design" in text


def shape(read: Page) -> list[str]:
    """The elements that texts from files stand in."""
    return [one.tag for one in read.elements if one.tag in WATCHED]


@pytest.fixture(scope="module")
def plain(kept: Path, tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """The elements of the page where every text is one plain word."""
    run = Path(shutil.copytree(kept, tmp_path_factory.mktemp("plain") / "my_design"))
    spread(run, "word")
    return shape(Page(page(report_of(run))))


@pytest.mark.parametrize("hostile", ON_PAGES, ids=[f"{text[:12]!a}" for text in ON_PAGES])
def test_hostile_text_shows_as_text(run: Path, plain: list[str], hostile: str) -> None:
    """Titles, labels, notes and findings stay text: the page has the same elements as with plain words."""
    spread(run, hostile)
    read = Page(page(report_of(run)))
    assert read.faults == []
    assert shape(read) == plain
    assert not [one for one in read.elements if set(one.attributes) & {"onload", "onerror"}]
    expected = "".join(" " if one in "\u202e\t\x07\x1b" else one for one in hostile)
    assert read.all("h1")[0].text == expected


def test_a_script_is_never_an_element(run: Path) -> None:
    """The text of a script is on the page, the element is not."""
    spread(run, SCRIPT)
    text = page(report_of(run))
    assert "<script" not in text
    assert "&lt;script&gt;alert(1)" in text


def test_long_names_are_cut_in_pictures_only(run: Path) -> None:
    """Ten thousand characters stand in the tables, and a short piece in each picture."""
    spread(run, LONG)
    read = Page(page(report_of(run)))
    drawn = [one.text for one in read.all("text")]
    assert max(map(len, drawn)) < 100
    assert any(LONG in one.text for one in read.all("th"))


def test_without_validation_the_command_is_told(run: Path) -> None:
    """The section is there and says what would fill it."""
    (run / "validation.json").unlink()
    text = page(report_of(run))
    assert "incentive-opt validate my_design</code>" in text
    assert "has not been simulated" in text
