"""The page in a real browser: quiet, alone, readable on a telephone, by ear and on paper."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from pathlib import Path

import pytest

from incentive_opt.cli.report import remarks_on
from incentive_opt.report import report_of
from incentive_opt.report.html import page
from tests.report.browser import Browser, find_browser
from tests.report.runs import LONG, ON_PAGES, rewrite, spread

pytestmark = pytest.mark.slow
DESK, TELEPHONE = 1200, 390
SIZES = """[...document.querySelectorAll('svg')].map(s => {
  const b = s.getBoundingClientRect(); return [b.width, b.height] })"""
CONTRAST = """
(() => {
  const line = x => x <= .04045 ? x / 12.92 : ((x + .055) / 1.055) ** 2.4;
  const light = c => { const v = c.map(x => line(x / 255));
                       return .2126 * v[0] + .7152 * v[1] + .0722 * v[2] };
  const rgb = s => s.match(/[\\d.]+/g).map(Number);
  const ground = e => { for (; e; e = e.parentElement) { const c = rgb(getComputedStyle(e).backgroundColor);
                        if (c.length < 4 || c[3] > 0) return c.slice(0, 3) } return [255, 255, 255] };
  const found = [];
  for (const e of document.querySelectorAll('body *')) {
    const own = [...e.childNodes].some(n => n.nodeType === 3 && n.textContent.trim());
    if (!own || !e.getClientRects().length) continue;
    const ink = e.closest('svg') ? getComputedStyle(e).fill : getComputedStyle(e).color;
    if (!ink.startsWith('rgb')) continue;
    const [a, b] = [light(rgb(ink).slice(0, 3)), light(ground(e))];
    const ratio = (Math.max(a, b) + .05) / (Math.min(a, b) + .05);
    found.push([ratio, e.tagName + ' ' + e.textContent.slice(0, 40)]);
  }
  return found.sort((x, y) => x[0] - y[0])[0].concat(found.length);
})()
"""


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """A browser; where there is none the tests are skipped, and that is said loudly."""
    program = find_browser()
    if program is None:
        words = "NO CHROMIUM FOUND: the report was not opened in a browser (apt-get install -y chromium)"
        warnings.warn(words, stacklevel=1)
        pytest.skip(words)
    with Browser(program) as opened:
        yield opened


@pytest.fixture(scope="module", params=["two_practices", "medicaid_statewide"])
def file(
    request: pytest.FixtureRequest, kept: Path, state: Path, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """The page of a design, as a file mailed to somebody."""
    run = kept if request.param == "two_practices" else state
    made = tmp_path_factory.mktemp("mailed") / "report.html"
    made.write_text(page(report_of(run, remarks_on)), encoding="utf-8")
    return made


@pytest.mark.parametrize("width", [DESK, TELEPHONE])
@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_page_is_quiet_and_alone(browser: Browser, file: Path, width: int, dark: bool) -> None:
    """No error on the console, no request but for the file itself; every picture has a size and fits."""
    browser.open(file, width, dark=dark)
    assert browser.said("Log.entryAdded", "Runtime.consoleAPICalled", "Runtime.exceptionThrown") == []
    asked = {one["request"]["url"] for one in browser.said("Network.requestWillBeSent")}
    assert {url for url in asked if not url.startswith("data:")} == {file.as_uri()}
    sizes = browser.value(SIZES)
    assert len(sizes) >= 7
    assert all(100 < wide <= width and high > 40 for wide, high in sizes), sizes


@pytest.mark.parametrize("width", [DESK, TELEPHONE])
def test_nothing_is_wider_than_the_screen(browser: Browser, file: Path, width: int) -> None:
    """Tables scroll within themselves; the page does not scroll sideways."""
    browser.open(file, width)
    assert browser.value("document.documentElement.scrollWidth") <= width
    assert browser.value("innerWidth") == width


def test_text_in_pictures_can_be_read_on_a_telephone(browser: Browser, file: Path) -> None:
    """The smallest letters of a picture are at least nine pixels high, and none leave the picture."""
    browser.open(file, TELEPHONE)
    script = """[...document.querySelectorAll('svg text')].map(t => {
        const s = t.ownerSVGElement, b = t.getBoundingClientRect(), o = s.getBoundingClientRect();
        return [parseFloat(getComputedStyle(t).fontSize) * o.width / s.viewBox.baseVal.width,
                Math.max(o.left - b.left, b.right - o.right), t.textContent] })"""
    found = browser.value(script)
    assert len(found) > 50
    assert min(size for size, _, _ in found) >= 9.0
    assert [one for one in found if one[1] > 2.0] == []


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_text_stands_out(browser: Browser, file: Path, dark: bool) -> None:
    """Every text has a contrast of at least 4.5 to 1, as WCAG AA asks, light and dark."""
    browser.open(file, DESK, dark=dark)
    least, where, number = browser.value(CONTRAST)
    assert number > 200
    assert least >= 4.5, where


def test_pictures_and_tables_have_names_for_those_who_listen(browser: Browser, file: Path) -> None:
    """In the browser's accessibility tree every image has a name and a description, every table a name."""
    browser.open(file)
    nodes = browser.ask("Accessibility.getFullAXTree")["nodes"]
    found: dict[str, list[dict[str, object]]] = {}
    for node in nodes:
        if not node.get("ignored"):
            found.setdefault(node["role"]["value"], []).append(node)
    pictures = found.get("image", found.get("img", []))
    assert len(pictures) == browser.value("document.querySelectorAll('svg').length")
    for node in (*pictures, *found["table"], *found["region"]):
        assert str(node["name"]["value"]).strip()  # type: ignore[index]
    assert {"banner", "navigation", "main", "contentinfo"} <= set(found)


def test_page_prints(browser: Browser, file: Path) -> None:
    """A PDF of several pages, with folded tables unfolded."""
    browser.open(file)
    printed = browser.printed()
    assert printed.startswith(b"%PDF")
    assert (
        printed.count(b"/Type /Page\n") + printed.count(b"/Type /Page ") + printed.count(b"/Type/Page/") >= 4
    )
    browser.ask("Emulation.setEmulatedMedia", media="print")
    script = "[...document.querySelectorAll('details table')].map(t => t.getBoundingClientRect().height)"
    heights = browser.value(script)
    browser.ask("Emulation.setEmulatedMedia", media="")
    assert heights
    assert min(heights) > 20


@pytest.mark.parametrize("hostile", ON_PAGES, ids=[f"{text[:12]!a}" for text in ON_PAGES])
def test_hostile_text_does_nothing(browser: Browser, run: Path, hostile: str) -> None:
    """No dialog, no error, no request; and the page is not wider than a telephone."""
    if hostile == LONG:  # in every cell it would be three million characters
        rewrite(run / "design.json", lambda design: design["instance"].update(title=LONG))
    else:
        spread(run, hostile)
    made = run / "report.html"
    made.write_text(page(report_of(run)), encoding="utf-8")
    browser.open(made, TELEPHONE)
    assert browser.said("Log.entryAdded", "Runtime.exceptionThrown", "Page.javascriptDialogOpening") == []
    asked = {one["request"]["url"] for one in browser.said("Network.requestWillBeSent")}
    assert {url for url in asked if not url.startswith("data:")} == {made.as_uri()}
    assert browser.value("document.scripts.length") == 0
    assert browser.value("document.documentElement.scrollWidth") <= TELEPHONE
