"""The pictures of a report in docs/pictures, taken anew: `python docs/pictures.py [RUN_FOLDER]`.

Without a run folder a design for the main instance is searched for some minutes first. Needs Chromium.
"""

from __future__ import annotations

import base64
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

import incentive_opt as io  # noqa: E402
from tests.report.browser import Browser, find_browser  # noqa: E402

PICTURES = ROOT / "docs" / "pictures"
SEARCH_SECONDS, SEED = 200.0, 54997
DESK, TELEPHONE = (1000, 1100), (390, 844)
MARGIN = 16
"""Above the heading of a section [CSS pixels]."""
MOST_BYTES = 300_000
"""A picture weighs no more, so that a clone stays light."""


@dataclass(frozen=True)
class Shot:
    """A picture: its file, the heading of the section it shows (the page's top if none), its screen.

    Attributes
    ----------
    screen : tuple of int
        Width and greatest height [CSS pixels].
    """

    file: str
    section: str = ""
    screen: tuple[int, int] = DESK


SHOTS = (
    Shot("report_answer.png"),
    Shot("report_prices.png", "prices"),
    Shot("report_people.png", "people"),
    Shot("report_work.png", "work"),
    Shot("report_telephone.png", screen=TELEPHONE),
)


def design(folder: Path) -> Path:
    """The run folder of a short search on the main instance."""
    print(f"searching for {SEARCH_SECONDS:.0f} s", file=sys.stderr)
    io.solve("medicaid_statewide", "blended", time_limit=SEARCH_SECONDS, seed=SEED).write(folder)
    return folder


def pictures(page: Path, program: str) -> Iterator[tuple[str, bytes]]:
    """Each picture: the name of its file and what stands in it."""
    with Browser(program) as browser:
        for shot in SHOTS:
            width, height = shot.screen
            browser.open(page, width, height)
            top = f"document.getElementById({shot.section!r})" if shot.section else "document.body"
            above, tall = browser.value(
                f"(() => {{ const b = {top}.getBoundingClientRect(); return [b.top + scrollY, b.height] }})()"
            )
            above -= MARGIN if shot.section else 0
            clip = {"x": 0, "y": above, "width": width, "height": min(height, tall + MARGIN), "scale": 1}
            taken = browser.ask("Page.captureScreenshot", clip=clip, captureBeyondViewport=True)
            yield shot.file, base64.b64decode(taken["data"])


def main(words: list[str]) -> int:
    """Take the pictures; the exit code is 1 where there is no browser or a picture is too heavy."""
    program = find_browser()
    if program is None:
        print("There is no Chromium here (apt-get install chromium).", file=sys.stderr)
        return 1
    from incentive_opt.report import report_of
    from incentive_opt.report.html import page

    with tempfile.TemporaryDirectory() as place:
        run = Path(words[0]) if words else design(Path(place) / "design")
        file = Path(place) / "report.html"
        file.write_text(page(report_of(run)), encoding="utf-8")
        PICTURES.mkdir(exist_ok=True)
        heavy = False
        for name, content in pictures(file, program):
            (PICTURES / name).write_bytes(content)
            print(f"{name}: {len(content) / 1000:.0f} kB", file=sys.stderr)
            heavy |= len(content) > MOST_BYTES
    return int(heavy)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
