"""What a verification proves and what it does not, in plain words: no more than was done."""

from __future__ import annotations

from collections.abc import Sequence

from incentive_opt.certify.ceiling import benchmarks_known
from incentive_opt.certify.checks import Check
from incentive_opt.domain.contract import Contract
from incentive_opt.domain.instance import Instance
from incentive_opt.domain.payment_model import PaymentModel

CEILING = "health not above the ceiling that is proved here"
FIRST_BEST = "first best"
RECOMPUTED = (
    "The contract keeps its bounds and rules; every response is possible; payments, incomes, health, "
    "outlay and the sums over all practices are recomputed from the files; each intended response is a best "
    "response, with the margin"
)
CEILING_PROVED = (
    "no contract of the model within budget and income limits can pass the health ceiling given here"
)
NO_CEILING = "No ceiling on health was worked out here, so nothing here limits what another contract brings:"
NO_BENCHMARKS = (
    "the model can pay against benchmarks that contract.toml does not name, and the ceiling cannot be "
    "reckoned without them."
)
UNSOLVED = "the solver did not solve the linear problem that the ceiling comes from."
NOT_REACHED = "checks before it failed, and it needs a complete response of every practice."
NO_FIRST_BEST = "The first best was not worked out here: it is the word of the design."
ON_TRUST = (
    "The upper bound rests on the solver that made the design: here it is only held against the design's "
    "own health, the status quo and the first best. Best responses are found by HiGHS inside scipy, on "
    "matrices built anew from the instance. Only reported, and not re-checked, are the names of instance and "
    "model (their files are, by hash), whether the search was stopped, the gap asked for except that it fits "
    "the status, whether margin and budget were given in place of the instance's (with a budget so given, "
    "the outlay is held against that), shadow prices, provenance, notes, and what a design for many "
    "cases says of those. Incentive margins, smallest slacks and pessimistic health may be better than is "
    "said, not worse. Straight pieces of effect curves are what the design says, and all is "
    "recomputed with them. What a real year is foreseen to change is worked out anew from the files with the "
    "formulas that the design was made with: that finds a changed file, not an error of the formulas. "
    "Of a design's robustness, what the simulator found and what other attempts promised "
    "are taken as said; `incentive-opt validate` simulates the design anew."
)


def what_is_proved(checks: Sequence[Check]) -> str:
    """What holds if all checks do; of a ceiling only where one was worked out."""
    ceiling = f"; {CEILING_PROVED}" if _done(checks, CEILING) else ""
    return f"{RECOMPUTED}{ceiling}."


def what_is_not_proved(
    checks: Sequence[Check], instance: Instance, model: PaymentModel, contract: Contract
) -> str:
    """What is taken as said; and why there is no ceiling, where there is none.

    Parameters
    ----------
    checks : sequence of Check
        All that ``certify`` found for this instance, model and contract.
    """
    said = [ON_TRUST]
    if not _done(checks, CEILING):
        said.insert(0, f"{NO_CEILING} {_why(checks, instance, model, contract)}")
    if not _done(checks, FIRST_BEST):
        said.append(NO_FIRST_BEST)
    return " ".join(said)


def _done(checks: Sequence[Check], name: str) -> bool:
    return any(check.name == name for check in checks)


def _why(checks: Sequence[Check], instance: Instance, model: PaymentModel, contract: Contract) -> str:
    """Why no ceiling was worked out."""
    if not _done(checks, "outlay within the budget"):  # totals are checked once every response is complete
        return NOT_REACHED
    return UNSOLVED if benchmarks_known(instance, model, contract.benchmarks) else NO_BENCHMARKS
