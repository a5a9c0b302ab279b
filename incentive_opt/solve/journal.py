"""The log of a run, its clock, and whoever watches."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Progress:
    """What is known at a moment.

    Attributes
    ----------
    phase : str
        What is being done, in a word or two.
    iteration : int
    health, bound : float
        Of the best design so far, and what no design passes [QALY/year]; infinite while not known.
    seconds : float
        Since the start [s].
    status_quo : float
        Health under the contract in force; NaN while not known [QALY/year].
    """

    phase: str
    iteration: int
    health: float
    bound: float
    seconds: float
    status_quo: float = math.nan


Report = Callable[[Progress], None]


@dataclass
class Journal:
    """The log, the clock and whoever watches."""

    report: Report | None
    lines: list[str] = field(default_factory=list)
    started: float = field(default_factory=time.perf_counter)
    status_quo: float = math.nan

    @property
    def seconds(self) -> float:
        """Since the start [s]."""
        return time.perf_counter() - self.started

    def note(self, text: str) -> None:
        """Add a line to the log."""
        self.lines.append(f"{self.seconds:9.2f} s  {text}")

    def tell(
        self, phase: str, iteration: int = 0, health: float = -math.inf, bound: float = math.inf
    ) -> None:
        """Pass progress on."""
        if self.report is not None:
            self.report(Progress(phase, iteration, health, bound, self.seconds, self.status_quo))

    def search(self, progress: Any) -> None:
        """Progress of the search, noted and passed on."""
        self.note(
            f"{progress.phase}, iteration {progress.iteration}: health {progress.value:,.4f}, "
            f"bound {progress.bound:,.4f}"
        )
        self.tell(progress.phase, progress.iteration, progress.value, progress.bound)

    def outline(self, progress: Any) -> None:
        """Progress of the search before the search: its figures are not those of the design to come."""
        self.note(f"outline, iteration {progress.iteration}: health {progress.value:,.4f}")
        self.tell("outline", progress.iteration)
