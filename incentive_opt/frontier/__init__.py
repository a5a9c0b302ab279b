"""Health against budget, or another number: a design and a proved limit at each of many values."""

from incentive_opt.frontier.run import frontier
from incentive_opt.frontier.steps import budgets_of
from incentive_opt.frontier.variation import variation

__all__ = ["budgets_of", "frontier", "variation"]
