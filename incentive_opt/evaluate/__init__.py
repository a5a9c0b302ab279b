"""A payer's own contract: what practices do under it, which terms it breaks, how near the best it comes."""

from incentive_opt.evaluate.run import evaluate

__all__ = ["evaluate"]
