"""Finding good designs on problems too large to close: climbs from many starts, and paths.

A climb gives prices near which good designs lie. What followers do best there becomes the intention; the
implementation problem finds prices that make it true.
"""

from __future__ import annotations

from collections import deque

from incentive_opt.pricing.climbing import admit
from incentive_opt.pricing.crew import Crew
from incentive_opt.pricing.plan import Plan
from incentive_opt.pricing.search import Search

AHEAD = 4
"""Tasks set before the first is back, however many processes there are, so that a seed decides the result."""


def hunt(search: Search, seed: int, until: float, gap: float, rounds: int = 10_000) -> None:
    """Climb until ``until`` [s on the clock], the gap, or the rounds."""
    plan = Plan(search, seed, until)
    search.phase = "climb"
    set_out: deque[int] = deque()
    with Crew(search) as crew:
        number = 0
        while search.gap > gap:
            while len(set_out) < AHEAD and plan.left > 0 and search.iteration + len(set_out) < rounds:
                crew.give(plan.task(number))
                set_out.append(number)
                number += 1
            if not set_out:
                return
            climbed = crew.take(set_out.popleft(), until)
            if climbed is None:
                return
            search.iteration += 1
            search.prices = climbed.prices
            plan.heard(climbed)
            if climbed.found is not None:
                admit(search, climbed.found)
            search.tell()
