"""Pools shared among all who close gaps of a measure: plain arithmetic.

Written from docs/mathematics.md, "Pools", and from nothing else in the program.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from incentive_opt.attainment import denominator, numerator
from incentive_opt.domain.contract import Contract
from incentive_opt.domain.instance import Instance, Measure
from incentive_opt.domain.lines import POOL_SHARE
from incentive_opt.domain.response import Response

CENT = 0.01
NOTICED = 0.01
"""By so much of what was expected a pool may come to something else before it is said [1]."""


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


def as_paid_out(instance: Instance, contract: Contract, responses: Sequence[Response]) -> Contract:
    """The contract with what its pools come to for a gap, in place of what everybody was told to expect.

    Parameters
    ----------
    responses : sequence of Response
        Of every practice to the contract as told.
    """
    found = {
        (POOL_SHARE, name): shared.comes_to
        for name, shared in shared_pools(instance, contract, responses).items()
        if shared.comes_to is not None
    }
    return replace(contract, lines={**contract.lines, **found}) if found else contract


def pools_document(shared: Mapping[str, Shared]) -> list[dict[str, Any]]:
    """Pools as plain data."""
    return [
        {
            "measure": name,
            "pool_usd": one.pool,
            "expected_usd_per_gap": one.expected,
            "comes_to_usd_per_gap": one.comes_to,
            "closed_by_practices": one.by_practices,
            "closed_by_others": one.by_others,
        }
        for name, one in shared.items()
    ]


def pool_sentences(pools: Sequence[Mapping[str, Any]], labels: Mapping[str, str]) -> list[str]:
    """What every pool comes to, a sentence each.

    Parameters
    ----------
    pools : sequence of mapping
        As from ``pools_document``.
    labels : mapping measure -> str
    """
    said = []
    for one in pools:
        name = labels.get(one["measure"]) or one["measure"]
        gaps, usd = one["closed_by_practices"] + one["closed_by_others"], one["pool_usd"]
        told, brings = one["expected_usd_per_gap"], one["comes_to_usd_per_gap"]
        if usd is None:
            said.append(f"{name}: {told:,.2f} USD for a closed gap; {told * gaps:,.0f} USD a year.")
            continue
        if brings is None:
            said.append(
                f"Pool for {name}: nobody closes a gap for {told:,.2f} USD, and {usd:,.0f} USD stay unspent."
            )
            continue
        line = (
            f"Pool for {name}: {usd:,.0f} USD a year, shared among {gaps:,.0f} closed gaps "
            f"({one['closed_by_practices']:,.0f} by practices, {one['closed_by_others']:,.0f} by others), "
            f"comes to {brings:,.2f} USD for each"
        )
        if abs(brings - told) > NOTICED * max(CENT, told):
            line += (
                f"; practices answer as if it were {told:,.2f} USD, and told otherwise may answer otherwise"
            )
        said.append(line + ".")
    return said
