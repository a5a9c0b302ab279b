"""The site: built without a warning, whole, and asking nothing of the network when it is read."""

from __future__ import annotations

import html
import re
import subprocess
import sys
import warnings
from pathlib import Path

import pytest

import incentive_opt
from incentive_opt.cli.main import COMMANDS
from incentive_opt.files.schema import schema_document
from tests.docs.blocks import ROOT, pages
from tests.report.browser import Browser, find_browser

pytestmark = pytest.mark.slow
LOADS = re.compile(
    r"<(?:script|img|link|iframe|source)\b[^>]*?(?:src|href)=\"([^\"]+)\"[^>]*>", re.IGNORECASE
)
FETCHES = re.compile(r"url\(\s*['\"]?(?!data:)([^)'\"]+)|@import\s+['\"]([^'\"]+)")
HEAVIEST = 300_000
"""A picture in the repository weighs no more [bytes]."""


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The site, built anew; a warning is an error."""
    folder = tmp_path_factory.mktemp("site")
    words = ["-m", "sphinx", "-W", "--keep-going", "-q", "-c", "docs", ".", str(folder)]
    done = subprocess.run([sys.executable, *words], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return folder


def words_of(site: Path, page: str) -> str:
    """What a page says, without its tags."""
    text = (site / page).read_text(encoding="utf-8")
    return " ".join(html.unescape(re.sub(r"<[^>]+>", "", text)).split())


def test_every_page_is_there(site: Path) -> None:
    """Each page of the repository has one on the site, and the top leads to the first."""
    for page in pages():
        assert (site / page).with_suffix(".html").is_file(), page
    assert 'url=docs/index.html"' in (site / "index.html").read_text(encoding="utf-8")


def test_the_reference_is_whole(site: Path) -> None:
    """Every command with its options, every function, every key and column."""
    import click

    from incentive_opt.cli.main import main

    told = words_of(site, "docs/reference/commands.html")
    for name in COMMANDS:
        command = main.get_command(click.Context(main), name)
        assert command is not None
        options = [
            option for param in command.params if param.param_type_name == "option" for option in param.opts
        ]
        missing = [words for words in (f"incentive-opt {name}", *options) if words not in told]
        assert missing == [], name
    python = words_of(site, "docs/reference/python.html")
    assert [name for name in incentive_opt.__all__ if f"incentive_opt.{name}(" not in python] == [
        "__version__"
    ]
    formats = words_of(site, "docs/reference/formats.html")
    for columns in schema_document()["tables"].values():
        assert [column["column"] for column in columns if column["column"] not in formats] == []
    for key in (
        "payer.budget",
        "status_quo.capitation.NAME",
        "sources.NAME.citation",
        "levers[].upper",
        "fees.NAME",
    ):
        assert key in formats
    assert "generated:" not in told + python + formats


def test_it_needs_no_network(site: Path) -> None:
    """No page loads a script, style, picture or fount from elsewhere."""
    away = []
    for path in [*site.rglob("*.html"), *site.rglob("*.css")]:
        text = path.read_text(encoding="utf-8")
        found = LOADS.findall(text) if path.suffix == ".html" else []
        found += [one or other for one, other in FETCHES.findall(text)]
        away += [f"{path.name}: {address}" for address in found if re.match(r"(?:https?:)?//", address)]
    assert away == []
    assert LOADS.findall('<script src="https://example.org/x.js"></script>') == ["https://example.org/x.js"]


def test_pictures_are_light_and_described(site: Path) -> None:
    """Each picture of the pages is small, is shown somewhere, and has words for those who do not see it."""
    pictures = sorted((ROOT / "docs" / "pictures").glob("*.png"))
    assert pictures
    shown = "".join((ROOT / page).read_text(encoding="utf-8") for page in pages())
    for picture in pictures:
        assert picture.stat().st_size < HEAVIEST, picture.name
        assert re.search(rf"!\[[^\]]{{20,}}\]\([^)]*{picture.name}\)", shown), picture.name


@pytest.mark.parametrize(
    "page", ["index.html", "docs/index.html", "docs/reference/python.html", "search.html"]
)
def test_a_browser_asks_for_files_only(site: Path, page: str) -> None:
    """Opened from the disk, a page loads files of the site and has nothing to complain of."""
    program = find_browser()
    if program is None:
        words = "NO CHROMIUM FOUND: the site was not opened in a browser (apt-get install -y chromium)"
        warnings.warn(words, stacklevel=1)
        pytest.skip(words)
    with Browser(program) as browser:
        browser.open(site / page)
        asked = [event["request"]["url"] for event in browser.said("Network.requestWillBeSent")]
        assert [address for address in asked if not address.startswith(("file:", "data:"))] == []
        assert asked
        complaints = [event["entry"] for event in browser.said("Log.entryAdded")]
        assert [one["text"] for one in complaints if one["level"] == "error"] == []
        assert browser.said("Runtime.exceptionThrown") == []
