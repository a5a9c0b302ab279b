"""What a follower does where a path ends, moved onto the face of its polyhedron that the end is near.

Interior points end a little inside. The nearest vertex may be far for the leader's rows where a follower is
meant to stand between two that it likes alike; a point of their face keeps rows as the end does.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy import sparse

from incentive_opt.pricing.highs import Clock, Program
from incentive_opt.pricing.part import Part
from incentive_opt.pricing.problem import FloatArray

TOUCHES = 1e-6
"""Shares of a column's range below which it stands at its lower bound."""


def on_face(part: Part, point: FloatArray, whole: FloatArray | None, clock: Clock) -> FloatArray | None:
    """The nearest answer for which all limits are tight that are worth more than they leave.

    Near is counted in shares of ranges. None where the solver finds none.
    """
    answer, worth, capped = part.answer_and_worth(point)
    sides, columns = part.sides(whole), len(answer)
    low, high = sides.low[:columns].copy(), sides.high[:columns].copy()
    full, empty = high - answer < capped, answer - low < TOUCHES
    low[full], high[empty & ~full] = high[full], low[empty & ~full]
    tight = part.even | (part.limit - part.matrix @ answer < worth)
    eye = sparse.eye_array(columns)
    blocks: Any = [[part.matrix, None, None], [eye, -eye, eye]]  # stubs do not know empty blocks
    program = Program(
        clock,
        np.concatenate([np.zeros(columns), np.full(2 * columns, -1.0)]),
        sparse.csr_array(sparse.block_array(blocks)),
        np.concatenate([np.where(tight, part.limit, -np.inf), answer]),
        np.concatenate([part.limit, answer]),
        np.concatenate([low, np.zeros(2 * columns)]),
        np.concatenate([high, np.full(2 * columns, np.inf)]),
    )
    found = program.solve()
    if found.status != "optimal" or found.x is None:
        return None
    moved = np.clip(found.x[:columns], low, high)
    return np.asarray(part.follower.lower + part.width * moved)
