"""Searches in a row that can be taken up again: what each was asked, how it ended, and the note of both."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from incentive_opt import __version__
from incentive_opt.files import write_atomically
from incentive_opt.solve.design import Design
from incentive_opt.solve.journal import Report

DESIGN, NOTHING, STOPPED, WRITING = "design", "nothing", "stopped", "writing"
"""How a search ended: with a design, with none, stopped by who watched; or its files are being written."""
Stop = Callable[[], bool]
Work = Callable[[Report | None, Stop | None], "Ended"]


@dataclass(frozen=True)
class Ended:
    """How a search ended: with a design, or without one and why; and whether it was stopped."""

    design: Design | None
    why: str
    stopped: bool


def alone(work: Work) -> Ended:
    """A search that nobody watches."""
    return work(None, None)


@dataclass(frozen=True)
class Terms:
    """What every search is given.

    Attributes
    ----------
    gap : float
        Stop when within this share of the best [1].
    time_limit : float
        Of each search, or of all together, as whoever searches says [s].
    seed : int
    iteration_limit : int or None
        Stop after so many iterations.
    kinds : int
        Of practice told apart within each type.
    pieces : int
        Straight, in place of each of an effect curve's own.
    margin : float or None
        Incentive margin in place of the instance's [USD per practice and year, per 1 % of harm].
    budget : float or None
        In place of the instance's [USD/year].
    """

    gap: float = 0.01
    time_limit: float = 60.0
    seed: int = 0
    iteration_limit: int | None = None
    kinds: int = 1
    margin: float | None = None
    budget: float | None = None
    pieces: int = 1

    def asked(self, instance_sha256: str, model_sha256: str) -> dict[str, Any]:
        """Everything that a search's result depends on, machine and time of day aside."""
        return {
            "version": __version__,
            "instance_sha256": instance_sha256,
            "model_sha256": model_sha256,
            **asdict(self),
        }


@dataclass(frozen=True)
class Place:
    """Where the run folder of one search stands, with its note beside it."""

    folder: Path

    @property
    def note(self) -> Path:
        """The file that says what was asked and how it ended."""
        return self.folder.parent / f"{self.folder.name}.asked.json"

    def write(self, asked: dict[str, Any], outcome: str, why: str = "") -> None:
        """Note how a search ended."""
        content = {"asked": asked, "outcome": outcome, "why": why}
        write_atomically(self.note, json.dumps(content, indent=2, ensure_ascii=False) + "\n")

    def keep(self, asked: dict[str, Any], ended: Ended) -> None:
        """Write down how a search ended, with the run folder of its design."""
        if ended.design is None:
            self.write(asked, STOPPED if ended.stopped else NOTHING, ended.why)
            return
        self.write(asked, WRITING)
        ended.design.write(self.folder)
        self.write(asked, STOPPED if ended.stopped else DESIGN)

    def earlier(self, asked: dict[str, Any]) -> tuple[str, str]:
        """How the same search ended earlier and why; two empty words if it did not."""
        found = self._read()
        if found.get("asked") != asked or found.get("outcome") not in (DESIGN, NOTHING):
            return "", ""
        if found["outcome"] == DESIGN and not (self.folder / "design.json").is_file():
            return "", ""
        return str(found["outcome"]), str(found.get("why", ""))

    def clear_half_written(self) -> None:
        """Remove a run folder that was being written when the program was killed."""
        half = self._read().get("outcome") == WRITING and not (self.folder / "design.json").exists()
        if half and self.folder.is_dir() and not self.folder.is_symlink():
            shutil.rmtree(self.folder)

    def _read(self) -> dict[str, Any]:
        try:
            found = json.loads(self.note.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return {}
        return found if isinstance(found, dict) else {}
