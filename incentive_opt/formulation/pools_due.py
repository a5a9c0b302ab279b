"""How large pools have to be so that a closed gap brings what the contract tells everybody to expect."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from incentive_opt.domain.contract import Contract
from incentive_opt.domain.lines import PARTNERS, POOL_SHARE
from incentive_opt.formulation.compile import CompiledPractice, FloatArray


def pools_due(
    practices: Sequence[CompiledPractice], contract: Contract, activities: Sequence[FloatArray]
) -> dict[str, float]:
    """What every pool has to hold so that each gap brings what the contract says, in whole cents [USD/year].

    Parameters
    ----------
    activities : sequence of arrays
        What each practice does.
    """
    due = {of: 0.0 for kind, of in contract.lines if kind == POOL_SHARE}
    for practice, x in zip(practices, activities, strict=True):
        gaps = np.asarray(practice.features @ x, dtype=np.float64)
        for (kind, of, _), number in zip(practice.feature_keys, gaps, strict=True):
            if kind in (POOL_SHARE, PARTNERS) and of in due:
                due[of] += practice.scope.practice.count * contract.price(POOL_SHARE, of) * float(number)
    return {of: round(usd, 2) for of, usd in due.items()}
