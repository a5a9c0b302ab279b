"""Pools in the simulator: what practices expect of a closed gap, and how a fixed sum is shared at year's end.

Written from docs/simulator.md, "Pools". Who decides takes the expected price of a gap; at the end the pool is
divided by the gaps that were really closed, by practices and by others, so it is paid out whole and no more.
"""

from __future__ import annotations

import numpy as np

from incentive_opt.simulate.tally import Tally
from incentive_opt.simulate.world import FloatArray, Terms, World


def settled_pools(
    world: World, terms: Terms, tally: Tally, weight: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """What practices are paid from pools, and what others are paid for their children.

    Parameters
    ----------
    weight : array (P,)
        Practices that each row stands for.

    Returns
    -------
    practices, partners : array (P,)
        [USD/year]
    """
    practices, partners = np.zeros((2, len(weight)))
    for measure, expected in enumerate(terms.pool_share):
        if expected <= 0.0 and not terms.pools[measure] > 0.0:
            continue
        here = _closed(world, measure, tally.served)
        others = terms.closed[measure] * np.maximum(0.0, tally.eligible[:, measure] - here)
        every = float(weight @ (here + others))
        price = float(expected)
        if terms.pools[measure] >= 0.0:
            price = float(terms.pools[measure]) / every if every > 0.0 else 0.0
        practices += price * here
        partners += price * others
    return practices, partners


def _closed(world: World, measure: int, served: FloatArray) -> FloatArray:
    """Gaps of a measure that each practice closed itself, array (P,) [gaps/year]."""
    counted = np.zeros(len(world.weight))
    counted[world.need_segment[world.measured[measure]]] = 1.0
    return np.asarray((served @ counted) @ world.counts[measure])
