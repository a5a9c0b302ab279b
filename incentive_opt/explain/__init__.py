"""Why there is no design and what would admit one; what binds in a design and what a relaxation is worth."""

from incentive_opt.explain.binding import binding
from incentive_opt.explain.design import explain_design
from incentive_opt.explain.instance import explain_instance
from incentive_opt.explain.source import Source, read_source

__all__ = ["Source", "binding", "explain_design", "explain_instance", "read_source"]
