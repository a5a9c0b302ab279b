"""Re-checks every promise of a design, sharing nothing with the optimiser that made it."""

from incentive_opt.certify.best_response import NoResponse, Tilt, best_response
from incentive_opt.certify.check import certify
from incentive_opt.certify.checks import Check
from incentive_opt.certify.responses_file import read_responses, response_rows
from incentive_opt.certify.status_quo import StatusQuo, status_quo

__all__ = [
    "Check",
    "NoResponse",
    "StatusQuo",
    "Tilt",
    "best_response",
    "certify",
    "read_responses",
    "response_rows",
    "status_quo",
]
