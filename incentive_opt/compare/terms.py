"""What a comparison asks of every search, and the note beside a run folder that says so."""

from __future__ import annotations

import json
import shutil
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from incentive_opt import __version__
from incentive_opt.files import write_atomically

DESIGN, NOTHING, STOPPED, WRITING = "design", "nothing", "stopped", "writing"
"""How a search ended: with a design, with none, stopped by who watched; or its files are being written."""


@dataclass(frozen=True)
class Terms:
    """What every model's search is given.

    Attributes
    ----------
    gap : float
        Stop when within this share of the best [1].
    time_limit : float
        Of each model's search [s].
    seed : int
    iteration_limit : int or None
        Stop after so many iterations.
    kinds : int
        Of practice told apart within each type.
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
    """Where one model's run folder stands, with its note beside it."""

    folder: Path

    @property
    def note(self) -> Path:
        """The file that says what was asked and how it ended."""
        return self.folder.parent / f"{self.folder.name}.asked.json"

    def write(self, asked: dict[str, Any], outcome: str, why: str = "") -> None:
        """Note how a search ended."""
        content = {"asked": asked, "outcome": outcome, "why": why}
        write_atomically(self.note, json.dumps(content, indent=2, ensure_ascii=False) + "\n")

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
