"""How far a batch is."""

from __future__ import annotations

import time
from dataclasses import dataclass, field

from incentive_opt.batch.record import DONE, FAILED


@dataclass
class Progress:
    """Counts of tasks, and the time that is left.

    Attributes
    ----------
    total : int
        Tasks of the batch.
    reused : int
        That had ended when the batch was started.
    outcomes : dict
        How many ended in which way, with those that had ended earlier.
    running : int
    size : int
        So many can run at once.
    worked : float
        Time that workers were at tasks [s]; ``measured`` is how many these were.
    """

    total: int
    reused: int = 0
    outcomes: dict[str, int] = field(default_factory=dict)
    running: int = 0
    size: int = 1
    started: float = field(default_factory=time.monotonic)
    worked: float = 0.0
    measured: int = 0

    def count(self, outcome: str, seconds: float | None = None) -> None:
        """One more that ended, and how long a worker was at it [s]."""
        self.outcomes[outcome] = self.outcomes.get(outcome, 0) + 1
        if seconds is not None:
            self.worked += seconds
            self.measured += 1

    @property
    def ended(self) -> int:
        """Tasks that ended, however."""
        return sum(self.outcomes.values())

    @property
    def done(self) -> int:
        """Tasks with a design."""
        return self.outcomes.get(DONE, 0)

    @property
    def failed(self) -> int:
        """Tasks that ended in an error."""
        return self.outcomes.get(FAILED, 0)

    @property
    def seconds(self) -> float:
        """Since the start [s]."""
        return time.monotonic() - self.started

    @property
    def seconds_left(self) -> float | None:
        """As long as the rest takes if it is like what was done [s]; None while nothing was."""
        if not self.measured or not self.size:
            return None
        return self.worked / self.measured * (self.total - self.ended) / self.size

    def as_dict(self) -> dict[str, object]:
        """For the event log and for other programs."""
        left = self.seconds_left
        return {
            "tasks": self.total,
            "reused": self.reused,
            "outcomes": dict(sorted(self.outcomes.items())),
            "seconds": round(self.seconds, 3),
            "seconds_left": None if left is None else round(left, 1),
        }
