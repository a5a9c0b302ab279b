"""Pools shared among all who close gaps of a measure: plain arithmetic.

Written from docs/mathematics.md, "Pools", and from nothing else in the program.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from incentive_opt.attainment import denominator, numerator
from incentive_opt.domain.contract import Contract
from incentive_opt.domain.instance import Instance, Measure
from incentive_opt.domain.lines import POOL_SHARE
from incentive_opt.domain.response import Response


@dataclass(frozen=True)
class Shared:
    """A pool and the gaps among which it is shared, over all practices.

    Attributes
    ----------
    expected : float
        What a gap is expected to bring [USD/gap].
    pool : float or None
        [USD/year]; None where the contract does not say.
    by_practices, by_others : float
        Gaps closed [gaps/year].
    """

    expected: float
    pool: float | None
    by_practices: float
    by_others: float

    @property
    def comes_to(self) -> float | None:
        """What the pool brings for a gap [USD/gap]; None without a pool, or where no gap is closed."""
        gaps = self.by_practices + self.by_others
        return None if self.pool is None or gaps <= 0.0 else self.pool / gaps

    @property
    def due(self) -> float:
        """What the gaps cost at what each is expected to bring: what the pool should hold [USD/year]."""
        return self.expected * (self.by_practices + self.by_others)


def others_close(instance: Instance, contract: Contract, measure: Measure, response: Response) -> float:
    """Gaps that others close among the children on a practice's panel [gaps/year].

    They have no part in the pool where the contract does not count what others close.
    """
    if not contract.benchmarks.counts_elsewhere:
        return 0.0
    left = denominator(instance, measure, response) - numerator(instance, measure, response)
    return measure.closed_elsewhere * max(0.0, left)


def partners_paid(instance: Instance, contract: Contract, response: Response) -> float:
    """What others are paid from pools for a practice's children, at the expected price [USD/year]."""
    return sum(
        contract.price(POOL_SHARE, measure.name) * others_close(instance, contract, measure, response)
        for measure in instance.measures
        if contract.price(POOL_SHARE, measure.name)
    )


def shared_pools(instance: Instance, contract: Contract, responses: Sequence[Response]) -> dict[str, Shared]:
    """Every pool of a contract under what practices do.

    Parameters
    ----------
    responses : sequence of Response
        In the order of the instance's practices.
    """
    made = {}
    for measure in instance.measures:
        if (POOL_SHARE, measure.name) not in contract.lines:
            continue
        pairs = list(zip(instance.practices, responses, strict=True))
        made[measure.name] = Shared(
            contract.price(POOL_SHARE, measure.name),
            contract.pools.get(measure.name),
            sum(practice.count * numerator(instance, measure, one) for practice, one in pairs),
            sum(practice.count * others_close(instance, contract, measure, one) for practice, one in pairs),
        )
    return made
