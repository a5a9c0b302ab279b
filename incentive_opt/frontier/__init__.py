"""Health against budget: a design and a proved limit at each of many budgets."""

from incentive_opt.frontier.run import frontier
from incentive_opt.frontier.steps import budgets_of

__all__ = ["budgets_of", "frontier"]
