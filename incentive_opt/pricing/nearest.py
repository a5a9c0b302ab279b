"""What a relaxation has a follower do, moved to what the follower can do.

A solver's points keep bounds, rows and whole numbers within its tolerances only; what a design says of a
follower has to be one of its answers.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy import sparse

from incentive_opt.pricing.highs import Clock, Program
from incentive_opt.pricing.problem import FloatArray, Follower

CLOSE = 1e-9
"""Breach of bounds and rows that needs no move: what the solver keeps in linear programs."""


def nearest(follower: Follower, x: FloatArray, clock: Clock) -> FloatArray | None:
    """The follower's point nearest to ``x``, with whole numbers as ``x`` has them rounded.

    Parameters
    ----------
    follower : Follower
        The follower.
    x : (V,)
        What it is meant to do, within a solver's tolerances.
    clock : Clock
        Whose book the seconds stand in.

    Returns
    -------
    (V,) or None
        The point, by the sum of all moves; None where there is none with these whole numbers.
    """
    whole = follower.integer
    x = np.where(whole, np.round(x), np.clip(x, follower.lower, follower.upper))
    if not np.all((x >= follower.lower) & (x <= follower.upper)):
        return None
    rows = follower.matrix @ x
    if np.all((rows <= follower.row_upper + CLOSE) & (rows >= follower.row_lower - CLOSE)):
        return np.asarray(x)
    return _moved(follower, x, clock)


def _moved(follower: Follower, x: FloatArray, clock: Clock) -> FloatArray | None:
    """The same by a linear program: moves down and up are columns of their own, each costing its size."""
    columns = len(x)
    low = np.where(follower.integer, x, follower.lower)
    high = np.where(follower.integer, x, follower.upper)
    eye = sparse.eye_array(columns)
    blocks: Any = [[follower.matrix, None, None], [eye, eye, -eye]]  # stubs do not know empty blocks
    program = Program(
        clock,
        np.concatenate([np.zeros(columns), np.full(2 * columns, -1.0)]),
        sparse.csr_array(sparse.block_array(blocks)),
        np.concatenate([follower.row_lower, x]),
        np.concatenate([follower.row_upper, x]),
        np.concatenate([low, np.zeros(2 * columns)]),
        np.concatenate([high, np.full(2 * columns, np.inf)]),
    )
    found = program.solve()
    if found.status != "optimal" or found.x is None:
        return None
    return np.asarray(np.clip(found.x[:columns], low, high))
