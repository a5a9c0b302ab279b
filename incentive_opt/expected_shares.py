"""What a closed gap may be expected to bring where a contract names a pool alone.

Practices are many and take this price as given. It is sought such that, times what they and others then
close, it comes to the pool.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace

from incentive_opt.domain.contract import Contract
from incentive_opt.domain.instance import Instance
from incentive_opt.domain.lines import POOL_SHARE
from incentive_opt.formulation.compile import compile_practice
from incentive_opt.formulation.scope import practice_scope
from incentive_opt.formulation.status_quo import outcome, paid_tiers
from incentive_opt.pools import shared_pools

CENT = 0.01
MOST = 1e6
"""No gap is expected to bring more [USD]."""
SWEEPS = 5
"""Several pools are sought in turn, at most so often: one may change what is closed of another."""


def with_expected_shares(instance: Instance, contract: Contract) -> Contract:
    """The contract with an expected share for every pool that has none.

    A price in whole cents, rounded down, at which the pool suffices. Where practices that are alike all
    change at one price no price uses the pool up; then the highest is taken at which it still suffices.
    """
    unknown = [name for name in contract.pools if (POOL_SHARE, name) not in contract.lines]
    if not unknown:
        return contract
    shares = dict.fromkeys(unknown, 0.0)
    lines = (*contract.lines, *((POOL_SHARE, name) for name in unknown))
    practices = [
        compile_practice(practice_scope(instance, one), paid_tiers(contract), lines, contract.benchmarks)
        for one in instance.practices
    ]

    def told(prices: dict[str, float]) -> Contract:
        more = {(POOL_SHARE, name): price for name, price in prices.items()}
        return replace(contract, lines={**contract.lines, **more})

    def due(name: str, price: float) -> float:
        terms = told({**shares, name: price})
        responses = [outcome(one, terms).response for one in practices]
        return shared_pools(instance, terms, responses)[name].due

    for _ in range(SWEEPS if len(unknown) > 1 else 1):
        before = dict(shares)
        for name in unknown:
            shares[name] = _largest(lambda price, of=name: due(of, price), contract.pools[name])  # type: ignore[misc]
        if all(abs(shares[name] - before[name]) < CENT for name in unknown):
            break
    return told(shares)


def _largest(due: Callable[[float], float], pool: float) -> float:
    """A price at which the pool suffices, and a cent above which it does not [USD/gap]."""
    low, high = 0.0, 1.0
    while due(high) <= pool:
        low, high = high, 2.0 * high
        if high > MOST:
            return 0.0 if due(low) == 0.0 else low
    while high - low > CENT / 2:
        middle = (low + high) / 2.0
        if due(middle) <= pool:
            low = middle
        else:
            high = middle
    cents = round(math.floor(high / CENT) * CENT, 2)  # the whole cent in between, if it suffices
    return cents if due(cents) <= pool else round(cents - CENT, 2)
