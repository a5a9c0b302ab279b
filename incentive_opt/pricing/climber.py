"""A process that climbs: told a problem, it carries out tasks. ``crew`` starts it."""

from __future__ import annotations

from collections.abc import Callable

from incentive_opt.partner import answer_all
from incentive_opt.pricing.climbing import Climbed, Task, carry_out
from incentive_opt.pricing.highs import Clock
from incentive_opt.pricing.problem import PricingProblem
from incentive_opt.pricing.search import Search


def climbing(problem: PricingProblem, gone: Callable[[], bool]) -> Callable[[Task], Climbed]:
    """What carries out a task on the problem, and stops where whoever asked is gone."""
    search = Search(problem, Clock(), float("inf"), None, gone)
    return lambda task: carry_out(search, task)


if __name__ == "__main__":
    answer_all(climbing)
