"""The pricing problem on arrays: a leader sets prices, followers answer.

Nothing here knows health care. The leader chooses lever values ``t`` in a box, subject to linear
rules; follower ``i`` chooses ``x`` in a polyhedron (integers allowed) that does not depend on ``t``
and maximises ``objective . x + sum_f payment_f * t[lever_f] * (features x)_f``.
A *product* is ``w_f = t[lever_f] * (features x)_f``; everything else is linear in (t, x, w).
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
from scipy import sparse

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]
BoolArray = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Follower:
    """One follower.

    Attributes
    ----------
    matrix : csr (rows, n); row_lower, row_upper : (rows,)
        The polyhedron ``row_lower <= matrix x <= row_upper``.
    lower, upper : (n,); integer : (n,) bool
        Bounds and integrality of x.
    objective : (n,); objective_constant : float
        The follower's own objective without payments (maximised).
    features : csr (F, n); levers : (F,) int
        Feature f is ``(features x)_f`` and is priced by lever ``levers[f]``.
    payment : (F,)
        Coefficient of product f in the follower's objective.
    value : (n,); value_product : (F,); value_constant : float
        The leader's objective (maximised) in x and in the products.
    row_x : csr (R, n); row_product : csr (R, F)
        This follower's part of the leader's rows.
    harm_x : csr (D, n); harm_product : csr (D, F)
        Directions of harm, in the follower's currency: an intended response ``y`` must satisfy
        ``u(y) - u(x) >= harm_d(x) - harm_d(y)`` for every x and d. No rows: no margin.
    rests : csr (integer columns, n), optional
        Row c marks the columns for whose sake integer column c is raised: where none of them has a positive
        cost in a maximisation, the column may stay at its lower bound. Only a hint for speed.
    """

    name: str
    matrix: sparse.csr_array
    row_lower: FloatArray
    row_upper: FloatArray
    lower: FloatArray
    upper: FloatArray
    integer: BoolArray
    objective: FloatArray
    objective_constant: float
    features: sparse.csr_array
    levers: IntArray
    payment: FloatArray
    value: FloatArray
    value_product: FloatArray
    value_constant: float
    row_x: sparse.csr_array
    row_product: sparse.csr_array
    harm_x: sparse.csr_array
    harm_product: sparse.csr_array
    rests: sparse.csr_array | None = None


@dataclass(frozen=True)
class PricingProblem:
    """Levers, the leader's rules and rows, and the followers.

    Attributes
    ----------
    lever_lower, lever_upper : (L,); lever_integer : (L,) bool
        The lever box.
    menus : mapping lever index -> ascending array of allowed values
        Levers on a grid.
    lever_value : (L,)
        Leader's objective per unit of lever (besides what the followers bring).
    rules : csr (R, L); row_lower, row_upper : (R,)
        Leader's rows: ``row_lower <= rules t + sum_i (row_x_i x_i + row_product_i w_i) <= row_upper``.
    starts : list of (L,) arrays
        Lever values worth trying first (the status quo).
    start_responses : list of tuples of (n_i,) arrays
        How followers are known to answer each start; of these no margin is asked.
    hint : (L,) array, optional
        Lever values near which good designs are likely; they need not keep any row themselves.
    sense : +1 or -1
        +1 if the original problem maximises; -1 if it minimises (all arrays here maximise,
        results are reported in the original sense).
    """

    lever_names: tuple[str, ...]
    lever_lower: FloatArray
    lever_upper: FloatArray
    lever_integer: BoolArray
    lever_value: FloatArray
    value_constant: float
    rules: sparse.csr_array
    row_lower: FloatArray
    row_upper: FloatArray
    row_names: tuple[str, ...]
    followers: tuple[Follower, ...]
    menus: dict[int, FloatArray] = field(default_factory=dict)
    starts: tuple[FloatArray, ...] = ()
    start_responses: tuple[tuple[FloatArray, ...], ...] = ()
    hint: FloatArray | None = None
    sense: int = 1
