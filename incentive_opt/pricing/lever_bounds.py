"""Finite bounds where a published problem leaves a toll or a quantity open.

Only bounds that cut off nothing: from what the follower could ever gain over its toll-free alternative
(Labbe, Marcotte, Savard 1998), and only where quantities are whole numbers, so that a used quantity is
at least one. Otherwise the reader is asked for a bound.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from incentive_opt.pricing.highs import Clock, Program
from incentive_opt.pricing.problem import BoolArray, FloatArray, Follower, PricingProblem


class Unbounded(ValueError):
    """A price or a quantity has no bound and none could be derived."""


def bound_levers(problem: PricingProblem) -> PricingProblem:
    """The same problem with finite bounds on followers' variables and levers.

    Raises
    ------
    Unbounded
        If a bound is missing and cannot be derived without risk.
    """
    followers = tuple(_bound_quantities(f) for f in problem.followers)
    problem = replace(problem, followers=followers)
    priced = np.zeros(len(problem.lever_lower), dtype=bool)
    for follower in followers:
        priced[follower.levers] = True
    open_above = ~np.isfinite(problem.lever_upper) & priced
    if np.any(~np.isfinite(problem.lever_lower) & priced):
        name = problem.lever_names[int(np.argmax(~np.isfinite(problem.lever_lower) & priced))]
        raise Unbounded(f"lever {name} has no lower bound; give one")
    if not np.any(open_above):
        return problem
    upper = problem.lever_upper.copy()
    upper[open_above] = 0.0
    for follower in followers:
        np.maximum.at(upper, follower.levers, _highest_useful(problem, follower, open_above))
    return replace(problem, lever_upper=np.where(open_above, np.maximum(upper, problem.lever_lower), upper))


def whole_numbers(follower: Follower) -> bool:
    """Whether every vertex of the follower's set is sure to be whole.

    All variables integer, or whole bounds and right sides with a network matrix (at most one +1 and
    one -1 in a column), which is totally unimodular.
    """
    if np.all(follower.integer):
        return True
    sides = np.concatenate([follower.row_lower, follower.row_upper, follower.lower, follower.upper])
    finite = sides[np.isfinite(sides)]
    dense = np.asarray(follower.matrix.todense())
    network = np.all(np.isin(dense, (-1.0, 0.0, 1.0)))
    network = network and np.all((dense == 1.0).sum(axis=0) <= 1) and np.all((dense == -1.0).sum(axis=0) <= 1)
    return bool(network and np.all(finite == np.round(finite)))


def _bound_quantities(follower: Follower) -> Follower:
    """Replace infinite upper bounds by the most the rows allow."""
    open_ends = np.flatnonzero(~np.isfinite(follower.upper) | ~np.isfinite(follower.lower))
    if len(open_ends) == 0:
        return follower
    lower, upper = follower.lower.copy(), follower.upper.copy()
    zero = np.zeros(len(lower))
    rows = (follower.matrix, follower.row_lower, follower.row_upper)
    program = Program(Clock(), zero, *rows, follower.lower, follower.upper)
    for column in open_ends:
        for sign, target in ((1.0, upper), (-1.0, lower)):
            if np.isfinite(target[column]):
                continue
            costs = zero.copy()
            costs[column] = sign
            program.set_objective(costs)
            outcome = program.solve()
            if outcome.status == "optimal":
                target[column] = sign * outcome.objective
            elif sign > 0 and whole_numbers(follower) and lower[column] >= 0:
                sides = np.concatenate([follower.row_lower, follower.row_upper])
                target[column] = max(1.0, float(np.abs(sides[np.isfinite(sides)]).sum()))
            else:
                raise Unbounded(f"quantity {column} of {follower.name} has no bound; give one")
    return replace(follower, lower=lower, upper=upper)


def _highest_useful(problem: PricingProblem, follower: Follower, open_above: BoolArray) -> FloatArray:
    """Per feature: a price above which nobody would ever use it."""
    free = open_above[follower.levers]
    used = follower.features[np.flatnonzero(free)]
    columns = np.unique(used.indices)
    if not whole_numbers(follower) or np.any(follower.payment[free] >= 0):
        raise Unbounded(
            "a lever without upper bound is paid to the follower, or quantities are not whole; give a bound"
        )
    bounded = ~free
    most, least = np.zeros(len(free)), np.zeros(len(free))
    ends = np.stack([problem.lever_lower[follower.levers], problem.lever_upper[follower.levers]])
    for f in np.flatnonzero(bounded):
        row = np.asarray(follower.features[[f]].todense()).ravel()
        reach = np.array(
            [
                np.minimum(row * follower.lower, row * follower.upper).sum(),
                np.maximum(row * follower.lower, row * follower.upper).sum(),
            ]
        )
        corners = follower.payment[f] * np.outer(ends[:, f], reach)
        most[f], least[f] = corners.max(), corners.min()
    rows = (follower.matrix, follower.row_lower, follower.row_upper)
    integer = follower.integer if np.any(follower.integer) else None
    everything = Program(Clock(), follower.objective, *rows, follower.lower, follower.upper, integer).solve()
    closed_upper = follower.upper.copy()
    closed_upper[columns] = np.minimum(closed_upper[columns], 0.0)
    without = Program(Clock(), follower.objective, *rows, follower.lower, closed_upper, integer).solve()
    if everything.status != "optimal" or without.status != "optimal":
        raise Unbounded("the follower has no alternative free of the unbounded levers; give them bounds")
    worth = everything.bound + most.sum() - (without.objective + least.sum())
    result = np.zeros(len(free))
    result[free] = worth / np.abs(follower.payment[free])
    return result
