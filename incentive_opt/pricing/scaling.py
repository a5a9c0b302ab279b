"""Scaling, so that dollars, cents or thousands give the same problem to the solver."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from scipy import sparse

from incentive_opt.pricing.problem import FloatArray, Follower, PricingProblem


@dataclass(frozen=True)
class Scales:
    """Units of the scaled problem: ``lever = scaled lever * levers``, ``value = scaled value * value``.

    Attributes
    ----------
    levers : (L,)
    followers : (I,) utility units
    rows : (R,)
    value : float
    """

    levers: FloatArray
    followers: FloatArray
    rows: FloatArray
    value: float


def scale(problem: PricingProblem) -> tuple[PricingProblem, Scales]:
    """The problem in its own natural units, and those units."""
    lever_units = np.ones(len(problem.lever_lower))
    for index, (low, high) in enumerate(zip(problem.lever_lower, problem.lever_upper, strict=True)):
        size = max(abs(low), abs(high))
        if size > 0 and np.isfinite(size) and not problem.lever_integer[index]:
            lever_units[index] = size
    utility_units = np.array([_utility_unit(f, lever_units) for f in problem.followers])
    value_unit = _value_unit(problem, lever_units)
    row_units = _row_units(problem, lever_units)
    followers = tuple(
        _scaled(f, lever_units, unit, row_units, value_unit)
        for f, unit in zip(problem.followers, utility_units, strict=True)
    )
    by_row = sparse.diags_array(1.0 / row_units)
    scaled = replace(
        problem,
        lever_lower=problem.lever_lower / lever_units,
        lever_upper=problem.lever_upper / lever_units,
        lever_value=problem.lever_value * lever_units / value_unit,
        value_constant=problem.value_constant / value_unit,
        rules=sparse.csr_array(by_row @ problem.rules @ sparse.diags_array(lever_units)),
        row_lower=problem.row_lower / row_units,
        row_upper=problem.row_upper / row_units,
        followers=followers,
        menus={k: v / lever_units[k] for k, v in problem.menus.items()},
        starts=tuple(s / lever_units for s in problem.starts),
        hint=None if problem.hint is None else problem.hint / lever_units,
    )
    return scaled, Scales(lever_units, utility_units, row_units, value_unit)


def _reach(weights: FloatArray, lower: FloatArray, upper: FloatArray) -> float:
    """Largest single term of ``weights . x`` over the bounds."""
    size = np.maximum(np.abs(lower), np.abs(upper))
    terms = np.abs(weights) * np.where(np.isfinite(size), size, 1.0)
    return float(np.max(terms, initial=0.0))


def _products(follower: Follower, lever_units: FloatArray) -> FloatArray:
    """Largest size of each product."""
    size = np.maximum(np.abs(follower.lower), np.abs(follower.upper))
    amounts = abs(follower.features) @ np.where(np.isfinite(size), size, 1.0)
    return np.asarray(amounts * lever_units[follower.levers])


def _utility_unit(follower: Follower, lever_units: FloatArray) -> float:
    own = _reach(follower.objective, follower.lower, follower.upper)
    paid = float(np.max(np.abs(follower.payment) * _products(follower, lever_units), initial=0.0))
    return max(own, paid, 1e-300) if max(own, paid) > 0 else 1.0


def _value_unit(problem: PricingProblem, lever_units: FloatArray) -> float:
    sizes = [float(np.max(np.abs(problem.lever_value) * lever_units, initial=0.0))]
    for follower in problem.followers:
        sizes.append(_reach(follower.value, follower.lower, follower.upper))
        products = np.abs(follower.value_product) * _products(follower, lever_units)
        sizes.append(float(np.max(products, initial=0.0)))
    return max(sizes) or 1.0


def _row_units(problem: PricingProblem, lever_units: FloatArray) -> FloatArray:
    count = len(problem.row_lower)
    units = np.zeros(count)
    own = abs(problem.rules) @ sparse.diags_array(lever_units)
    for row in range(count):
        units[row] = np.max(np.abs(np.asarray(own[[row]].todense())), initial=0.0)
    for follower in problem.followers:
        size = np.maximum(np.abs(follower.lower), np.abs(follower.upper))
        for matrix, amount in (
            (follower.row_x, size),
            (follower.row_product, _products(follower, lever_units)),
        ):
            terms = abs(matrix) @ sparse.diags_array(np.where(np.isfinite(amount), amount, 1.0))
            if terms.nnz:
                units = np.maximum(units, np.asarray(terms.max(axis=1).todense()).ravel())
    return np.where(units > 0, units, 1.0)


def _scaled(
    follower: Follower, lever_units: FloatArray, unit: float, row_units: FloatArray, value_unit: float
) -> Follower:
    price = lever_units[follower.levers]
    by_row = sparse.diags_array(1.0 / row_units)
    by_price = sparse.diags_array(price)
    return replace(
        follower,
        objective=follower.objective / unit,
        objective_constant=follower.objective_constant / unit,
        payment=follower.payment * price / unit,
        value=follower.value / value_unit,
        value_product=follower.value_product * price / value_unit,
        value_constant=follower.value_constant / value_unit,
        row_x=sparse.csr_array(by_row @ follower.row_x),
        row_product=sparse.csr_array(by_row @ follower.row_product @ by_price),
        harm_x=sparse.csr_array(follower.harm_x / unit),
        harm_product=sparse.csr_array(follower.harm_product @ by_price / unit),
    )
