"""Reads pricing problems in the JSON format of published bilevel instances.

A file holds ``problems``: each a leader (``c_x``, ``c_y``, ``C_xy``, rows, bounds) and one follower
(``d_x``, ``d_y``, ``D_xy``, rows, bounds) with prices times quantities in both objectives.
"""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from scipy import sparse

from incentive_opt.pricing.lever_bounds import bound_levers, whole_numbers
from incentive_opt.pricing.problem import FloatArray, Follower, PricingProblem


class NotAPricingProblem(ValueError):
    """The file's problem is outside the class solved here; the message says in what."""


def read_problem(path: str | Path, name: str | None = None) -> PricingProblem:
    """Read one problem of a file.

    Parameters
    ----------
    path : str or Path
    name : str, optional
        Its ``id``; may be left out when the file holds one problem.

    Raises
    ------
    NotAPricingProblem
        If there is no such problem, or the follower's set depends on the prices.
    """
    data = json.loads(Path(path).read_text(encoding="utf-8"))
    problems = data.get("problems", [data])
    names = [entry.get("id", "") for entry in problems]
    if name is None and len(problems) == 1:
        return problem_from(problems[0])
    if name not in names:
        raise NotAPricingProblem(f"no problem {name!r} in {path}; it has {', '.join(names)}")
    return problem_from(problems[names.index(name)])


def _bounds(block: dict[str, Any]) -> tuple[FloatArray, FloatArray]:
    lower = np.array([-np.inf if v is None else float(v) for v in block["lb"]], dtype=float)
    upper = np.array([np.inf if v is None else float(v) for v in block["ub"]], dtype=float)
    return lower, upper


def _rows(block: dict[str, Any], key: str, columns: int) -> FloatArray:
    rows = block.get(key) or []
    count = len(block.get("rhs") or [])
    return np.array(rows, dtype=float).reshape(count, columns) if rows else np.zeros((count, columns))


def _nonzero(matrix: FloatArray) -> sparse.csr_array:
    """The matrix without stored zeros."""
    return sparse.csr_array(sparse.coo_array(matrix))


def _sides(block: dict[str, Any]) -> tuple[FloatArray, FloatArray]:
    right = np.array(block.get("rhs") or [], dtype=float)
    senses = block.get("sense") or []
    known = {"<=": (False, True), ">=": (True, False), "==": (True, True), "=": (True, True)}
    unknown = sorted({s for s in senses if s not in known})
    if unknown:
        raise NotAPricingProblem(f"row senses {unknown} are not known; use <=, >= or ==")
    lower = np.array([r if known[s][0] else -np.inf for s, r in zip(senses, right, strict=True)])
    upper = np.array([r if known[s][1] else np.inf for s, r in zip(senses, right, strict=True)])
    return lower.reshape(len(right)), upper.reshape(len(right))


def problem_from(entry: dict[str, Any]) -> PricingProblem:
    """A pricing problem from one entry of the JSON format."""
    leader, below = entry["leader"], entry["follower"]
    levers, size = len(leader["c_x"]), len(leader["c_y"])
    sense = 1 if leader["sense"] == "max" else -1
    wish = 1 if below["sense"] == "max" else -1
    if np.any(_rows(below["constraints"], "A_x", levers)):
        raise NotAPricingProblem("the follower's rows contain prices; its set must not depend on them")
    pairs: dict[tuple[int, int], list[float]] = {}
    for position, (block, key) in enumerate(((below, "D_xy"), (leader, "C_xy"))):
        for lever, column, amount in block.get(key) or []:
            pairs.setdefault((int(lever), int(column)), [0.0, 0.0])[position] += float(amount)
    keys = sorted(pairs)
    shape = (len(keys), size)
    columns = [column for _, column in keys]
    features = sparse.csr_array((np.ones(len(keys)), (np.arange(len(keys)), columns)), shape=shape)
    row_lower, row_upper = _sides(leader["constraints"])
    own_lower, own_upper = _sides(below["constraints"])
    lower, upper = _bounds(below["y"])
    follower = Follower(
        name="follower",
        matrix=sparse.csr_array(_rows(below["constraints"], "A_y", size)),
        row_lower=own_lower,
        row_upper=own_upper,
        lower=lower,
        upper=upper,
        integer=np.array(below["y"]["integer"], dtype=bool),
        objective=wish * np.array(below["d_y"], dtype=float),
        objective_constant=0.0,
        features=features,
        levers=np.array([lever for lever, _ in keys], dtype=np.int64),
        payment=wish * np.array([pairs[k][0] for k in keys]),
        value=sense * np.array(leader["c_y"], dtype=float),
        value_product=sense * np.array([pairs[k][1] for k in keys]),
        value_constant=0.0,
        row_x=_nonzero(_rows(leader["constraints"], "A_y", size)),
        row_product=sparse.csr_array((len(row_lower), len(keys))),
        harm_x=sparse.csr_array((0, size)),
        harm_product=sparse.csr_array((0, len(keys))),
    )
    low, high = _bounds(leader["x"])
    problem = PricingProblem(
        lever_names=tuple(f"x{index}" for index in range(levers)),
        lever_lower=low,
        lever_upper=high,
        lever_integer=np.array(leader["x"]["integer"], dtype=bool),
        lever_value=sense * np.array(leader["c_x"], dtype=float),
        value_constant=sense * float(leader.get("const", 0.0)),
        rules=sparse.csr_array(_rows(leader["constraints"], "A_x", levers)),
        row_lower=row_lower,
        row_upper=row_upper,
        row_names=tuple(f"row {index}" for index in range(len(row_lower))),
        followers=(follower,),
        sense=sense,
    )
    return whole_flows(bound_levers(problem))


def whole_flows(problem: PricingProblem) -> PricingProblem:
    """The same problem with priced quantities marked as whole where every vertex is whole anyway.

    At given prices both objectives are linear on the follower's optimal face, so a vertex serves the leader
    best, unless the leader has rows of its own on the follower's quantities. Prices times yes/no quantities
    are then exact in the relaxation.
    """
    followers = []
    for follower in problem.followers:
        integer = follower.integer.copy()
        if follower.row_x.nnz == 0 and whole_numbers(follower):
            integer[np.unique(follower.features.indices)] = True
        followers.append(replace(follower, integer=integer))
    return replace(problem, followers=tuple(followers))
