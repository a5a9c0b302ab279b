"""Pricing problems on arrays: prices are set, followers answer, a bound certifies.

>>> from incentive_opt import pricing
>>> problem = pricing.read_problem("problems.json", "toll_readme_3node")  # doctest: +SKIP
>>> result = pricing.solve(problem, gap=1e-4, time_limit=60)              # doctest: +SKIP
"""

from incentive_opt.pricing.lever_bounds import Unbounded
from incentive_opt.pricing.literature import NotAPricingProblem, read_problem
from incentive_opt.pricing.loop import Result, solve
from incentive_opt.pricing.problem import Follower, PricingProblem

__all__ = ["Follower", "NotAPricingProblem", "PricingProblem", "Result", "Unbounded", "read_problem", "solve"]
