"""Terms of a contract that are no prices, in words."""

from __future__ import annotations

from incentive_opt.domain.contract import Contract
from incentive_opt.domain.sharing import PLAIN, Sharing
from incentive_opt.report.parts import Paragraph, Part


def terms(contract: Contract) -> list[Part]:
    """A paragraph where savings are shared on terms, or measures count what others closed."""
    said = []
    sharing = contract.benchmarks.sharing
    if sharing != PLAIN and contract.price("shared_savings", "care_elsewhere") > 0.0:
        said += _shared(sharing)
    if contract.benchmarks.counts_elsewhere:
        said.append("Measures count a gap that is closed, whoever closed it.")
    return [Paragraph(" ".join(said))] if said else []


def _shared(sharing: Sharing) -> list[str]:
    said = []
    if sharing.minimum > 0.0:
        said.append(
            f"Savings and losses of less than {_percent(sharing.minimum)} of the benchmark are not shared."
        )
    if sharing.most_gained is not None:
        said.append(f"Savings beyond {_percent(sharing.most_gained)} of it bring no more.")
    if sharing.most_lost == 0.0:
        said.append("Nobody owes anything for losses.")
    elif sharing.most_lost is not None:
        said.append(f"Losses beyond {_percent(sharing.most_lost)} of it cost no more.")
    if sharing.quality_gate:
        said.append(
            "Gains go only to practices that attain the first tier of every measure that applies to them."
        )
    return said


def _percent(share: float) -> str:
    return f"{100.0 * share:.3g} %"
