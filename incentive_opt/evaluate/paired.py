"""Simulated differences between a contract and the one in force: the same children under both."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from incentive_opt.simulate.figures import Quantity
from incentive_opt.simulate.interval import estimates
from incentive_opt.simulate.run import Simulation

Key = tuple[str, str, str, int]


def differences(before: Simulation, after: Simulation) -> list[dict[str, Any]]:
    """Every quantity under both contracts, and the difference with its paired 95 % interval.

    Both were simulated with the same seed, so each year has the same children with the same needs; what is
    chance in one is in the other, and the difference is known better than the two figures.

    Returns
    -------
    list of dict
        ``quantity``, ``practice``, ``of``, ``tier``, ``unit``, ``status_quo``, ``contract``, ``difference``,
        ``low``, ``high``; None for what cannot be computed.
    """
    old, new = _columns(before), _columns(after)
    rows = []
    for key in {**new, **old}:
        given = new.get(key) or old[key]
        first, second = _sample(before, old, key), _sample(after, new, key)
        apart = estimates((second - first)[:, None])
        rows.append(
            {
                "quantity": key[0],
                "practice": key[1],
                "of": key[2],
                "tier": key[3],
                "unit": given[1].unit,
                "status_quo": _finite(first.mean()),
                "contract": _finite(second.mean()),
                "difference": _finite(apart.mean[0]),
                "low": _finite(apart.low[0]),
                "high": _finite(apart.high[0]),
            }
        )
    return rows


def _columns(made: Simulation) -> dict[Key, tuple[int, Quantity]]:
    return {(q.kind, q.practice, q.of, q.tier): (n, q) for n, q in enumerate(made.quantities)}


def _sample(
    made: Simulation, columns: dict[Key, tuple[int, Quantity]], key: Key
) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    """The quantity in every year; not-a-number where the contract has none (a tier without money)."""
    if key not in columns:
        return np.full(len(made.samples), np.nan)
    return np.asarray(made.samples[:, columns[key][0]], dtype=np.float64)


def _finite(value: float) -> float | None:
    return float(value) if math.isfinite(value) else None
