"""The code blocks of the pages: where each stands, and what a reader is meant to do with it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
FENCE = re.compile(
    r"^(?P<fence>`{3,}|~{3,})(?P<language>[^\n`]*)\n(?P<text>.*?)^(?P=fence)[`~]*[ \t]*$", re.M | re.S
)
TYPED = re.compile(
    r"((?:\.venv/bin/)?python3?|incentive-opt|\.ci/run|cp|pip|pins=|cat|sed|mkdir|eval|COMP_WORDS=)\b|\.ci/run"
)
"""How the first line of commands begins, where the block does not name its language."""
COMMANDS, PYTHON, TOML, TABLE, SAID, OTHER = "commands", "python", "toml", "table", "said", "other"


@dataclass(frozen=True)
class Block:
    """A fenced block.

    Attributes
    ----------
    page : str
        Path of the page in the repository.
    line : int
        Line of the page on which its text begins.
    language : str
        What stands behind the fence.
    """

    page: str
    line: int
    language: str
    text: str

    @property
    def kind(self) -> str:
        """What a reader does with it: type it, run it, save it, compare it with what was said; or other."""
        named = {"bash": COMMANDS, "sh": COMMANDS, "python": PYTHON, "toml": TOML, "csv": TABLE, "text": SAID}
        if self.language:
            return named.get(self.language, OTHER)
        return COMMANDS if TYPED.match(self.text.lstrip()) else OTHER

    @property
    def first(self) -> str:
        """Its first line."""
        return self.text.strip().split("\n")[0]

    def __str__(self) -> str:
        return f"{self.page}:{self.line} ({self.first})"


def pages() -> list[str]:
    """Every page for readers: at the top, in docs/, and beside models and instances."""
    found = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md")),
             ROOT / "models" / "README.md", *sorted((ROOT / "instances").rglob("README.md"))]  # fmt: skip
    return [path.relative_to(ROOT).as_posix() for path in found]


def blocks_of(page: str) -> Iterator[Block]:
    """The blocks of a page in order; directives of the site (``{toctree}``) are not among them."""
    text = (ROOT / page).read_text(encoding="utf-8")
    for found in FENCE.finditer(text):
        language = found["language"].strip()
        if not language.startswith("{"):
            yield Block(page, text[: found.start("text")].count("\n") + 1, language, found["text"])
