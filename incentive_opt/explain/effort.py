"""What is left of a time limit, shared among what is still to be done."""

from __future__ import annotations

import time
from collections.abc import Callable

from incentive_opt.solve.cheapest import Effort
from incentive_opt.solve.kept import Terms

ITERATIONS = 10_000


class Budgeted:
    """The clock of an explanation.

    Parameters
    ----------
    terms : Terms
        The time limit is for everything together [s].
    stop : callable, optional
        Once it says True, no time is left.
    """

    def __init__(self, terms: Terms, stop: Callable[[], bool] | None) -> None:
        self.terms, self.stop, self.started = terms, stop, time.monotonic()

    def effort(self, tasks: float) -> Effort:
        """The effort for one of so many tasks that are left."""
        left = max(0.0, self.terms.time_limit - (time.monotonic() - self.started))
        most = ITERATIONS if self.terms.iteration_limit is None else self.terms.iteration_limit
        return Effort(self.terms.gap, left / max(1.0, tasks), self.terms.seed, most, self.stop)

    @property
    def over(self) -> bool:
        """Whether no time is left, or a stop was asked for."""
        stopped = self.stop is not None and self.stop()
        return stopped or time.monotonic() - self.started >= self.terms.time_limit
