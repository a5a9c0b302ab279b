"""Limits that may give: the least by which they have to, found by the search itself.

Each *give* is one more lever that nobody is paid by. It takes so many dollars (or the like) off each of some
limits, and costs something. The search then looks for the contract and the gives that cost least; its bound
says what no contract can do with less of.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy import sparse

from incentive_opt import pricing
from incentive_opt.pricing.problem import FloatArray, Follower, PricingProblem
from incentive_opt.solve.cheapest import Effort

LOWER, UPPER = "lower", "upper"
Side = tuple[int, str]
"""A row of the payer, and which of its limits."""


@dataclass(frozen=True)
class Give:
    """A limit, or several together, that may give.

    Attributes
    ----------
    rows : mapping (row, side) -> float
        By how much a unit moves each limit outward [unit of the row].
    levers : mapping lever -> float
        By how much a unit moves both ends of a price's range outward [USD]; the range in the problem has to
        be wide enough for the most already.
    cost : float
        Of a unit.
    most : float
        Units at most.
    """

    name: str
    rows: Mapping[Side, float]
    levers: Mapping[int, tuple[float, float, float]]
    cost: float
    most: float


@dataclass(frozen=True)
class Given:
    """What had to give.

    Attributes
    ----------
    units : (gives,) or None
        Of each give in the contract found; None where none was found.
    found, at_least : float
        What they cost together; what no contract can do with less of. Infinite where there is none, or it
        is proved that there is none.
    levers : (L,) or None
    responses : list of (n_i,) arrays
        Of the contract found.
    """

    units: FloatArray | None
    found: float
    at_least: float
    levers: FloatArray | None
    responses: list[FloatArray]


def least_gives(problem: PricingProblem, gives: Sequence[Give], effort: Effort) -> Given:
    """The gives that cost least with which some contract keeps every limit."""
    result = pricing.solve(
        elastic(problem, gives),
        gap=effort.gap,
        time_limit=effort.time_limit,
        seed=effort.seed,
        stop=effort.stop,
        iteration_limit=effort.iteration_limit,
    )
    if result.levers is None:
        proved = np.inf if result.status == "infeasible" else max(0.0, -result.bound)
        return Given(None, np.inf, proved, None, [])
    count = len(problem.lever_lower)
    units = np.maximum(result.levers[count:], 0.0)
    proved = max(0.0, -result.bound) if np.isfinite(result.bound) else 0.0
    found = float(sum(give.cost * unit for give, unit in zip(gives, units, strict=True)))
    return Given(units, found, min(proved, found), result.levers[:count], result.responses)


def elastic(problem: PricingProblem, gives: Sequence[Give]) -> PricingProblem:
    """The problem with a lever for each give, and what they cost in place of the payer's aim."""
    sides = sorted({side for give in gives for side in give.rows})
    order, lower, upper = _sides_apart(problem, sides)
    place = {side: number for number, side in enumerate(order)}
    on_levers = [(lever, number) for number, give in enumerate(gives) for lever in give.levers]
    count, more = len(problem.lever_lower), len(gives)
    rules = sparse.lil_array((len(order) + 2 * len(on_levers), count + more))
    rules[: len(order), :count] = problem.rules[[row for row, _ in order]].toarray()
    for number, give in enumerate(gives):
        for side, slope in give.rows.items():
            rules[place[side], count + number] = slope if side[1] == LOWER else -slope
    for row, (lever, number) in enumerate(on_levers):
        slope, low, high = gives[number].levers[lever]
        at = len(order) + 2 * row
        rules[at, lever] = rules[at + 1, lever] = 1.0
        rules[at, count + number], rules[at + 1, count + number] = slope, -slope
        lower, upper = np.append(lower, [low, -np.inf]), np.append(upper, [np.inf, high])
    taken = [row for row, _ in order]
    zeros = np.zeros(more)
    return replace(
        problem,
        lever_names=(*problem.lever_names, *(give.name for give in gives)),
        lever_lower=np.append(problem.lever_lower, zeros),
        lever_upper=np.append(problem.lever_upper, [give.most for give in gives]),
        lever_integer=np.append(problem.lever_integer, zeros.astype(np.bool_)),
        lever_value=np.append(np.zeros(count), [-give.cost for give in gives]),
        value_constant=0.0,
        rules=sparse.csr_array(rules),
        row_lower=lower,
        row_upper=upper,
        row_names=tuple(str(number) for number in range(len(lower))),
        followers=tuple(_worthless(one, taken, 2 * len(on_levers)) for one in problem.followers),
        starts=tuple(np.append(start, zeros) for start in problem.starts),
        hint=None if problem.hint is None else np.append(problem.hint, zeros),
    )


def _sides_apart(problem: PricingProblem, sides: Sequence[Side]) -> tuple[list[Side], FloatArray, FloatArray]:
    """Rows with both limits once, but limits that give in rows of their own; their limits."""
    own = {row for row, _ in sides}
    order: list[Side] = []
    for row in range(len(problem.row_lower)):
        if row not in own:
            order.append((row, ""))
            continue
        order += [(row, side) for side in (LOWER, UPPER)]
    lower = [-np.inf if side == UPPER else problem.row_lower[row] for row, side in order]
    upper = [np.inf if side == LOWER else problem.row_upper[row] for row, side in order]
    kept = [n for n in range(len(order)) if np.isfinite(lower[n]) or np.isfinite(upper[n])]
    return [order[n] for n in kept], np.array([lower[n] for n in kept]), np.array([upper[n] for n in kept])


def _worthless(follower: Follower, rows: Sequence[int], more: int) -> Follower:
    """A follower without worth to the payer, with its part of the rows taken, and none in those on levers."""
    products = follower.row_product.shape[1]
    columns = follower.row_x.shape[1]
    taken = list(rows)
    stack = sparse.vstack
    return replace(
        follower,
        value=np.zeros_like(follower.value),
        value_product=np.zeros_like(follower.value_product),
        value_constant=0.0,
        row_x=sparse.csr_array(stack([follower.row_x[taken], sparse.csr_array((more, columns))])),
        row_product=sparse.csr_array(
            stack([follower.row_product[taken], sparse.csr_array((more, products))])
        ),
    )
