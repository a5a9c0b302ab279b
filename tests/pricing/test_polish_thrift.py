"""Polish makes designs better and keeps them designs; thrift finds the cheapest prices for what they ask."""

from __future__ import annotations

import secrets
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from scipy.optimize import linprog

from incentive_opt.pricing.ascent import TEMPERATURES, ascend
from incentive_opt.pricing.climbing import admit, known
from incentive_opt.pricing.lever_rules import project
from incentive_opt.pricing.polish import Polish
from incentive_opt.pricing.search import Search
from incentive_opt.pricing.thrift import cheaper
from tests.pricing.test_implement import costless
from tests.pricing.test_responses import a_search, some_levers

CASES = 20


def designs(cases: int) -> list[tuple[int, Any, Search]]:
    """Problems in which only the intention counts, each with a design that survives its followers."""
    found: list[tuple[int, Any, Search]] = []
    while len(found) < cases:
        seed = secrets.randbelow(10**9)
        case, rng = costless(seed), np.random.default_rng(seed)
        search = a_search(case.problem)
        if search.offer(search.at(some_levers(case.problem, rng))):
            found.append((seed, case, search))
    return found


def test_polished_designs_are_better_designs() -> None:
    """Values never fall, some rise; yes/no levers stay; another search admits what comes out."""
    risen = 0
    for seed, case, search in designs(CASES):
        assert search.incumbent is not None
        before, levers = search.value, search.incumbent.levers
        Polish(search, np.random.default_rng(seed)).run(2)
        assert search.value >= before, seed
        whole = case.problem.lever_integer
        assert np.allclose(search.incumbent.levers[whole], levers[whole]), seed
        found = known(search)
        assert found is not None, seed
        assert admit(a_search(case.problem), found), seed
        risen += search.value > before + 1e-6 * max(1.0, abs(before))
    assert risen > 0


def test_polish_depends_on_its_seed_alone() -> None:
    """The same design polished twice comes to the same levers."""
    seed, case, search = designs(1)[0]
    found = known(search)
    assert found is not None
    ends = []
    for _ in range(2):
        again = a_search(case.problem)
        assert admit(again, found), seed
        Polish(again, np.random.default_rng(seed)).run(2)
        assert again.incumbent is not None
        ends.append(again.incumbent.levers)
    assert np.array_equal(ends[0], ends[1]), seed


def least(case: Any, search: Search, row: int) -> tuple[float, np.ndarray]:
    """The least of a row by one linear program over every way that followers have; and the row's slopes."""
    problem, design = case.problem, search.incumbent
    assert design is not None
    rows, constant = np.asarray(problem.rules.todense()).copy(), np.zeros(len(problem.row_lower))
    slopes, limits = [], []
    parts = zip(search.pools, search.oracles, design.intended, case.points, strict=True)
    for pool, oracle, choice, points in parts:
        own = pool.responses[choice]
        rows[own.touched] += own.row_lever
        constant[own.touched] += own.rows
        for other in map(oracle.describe, points):
            for harm in range(-1, len(own.harm)):
                gain, tilt = other.utility - own.utility, other.utility_lever - own.utility_lever
                if harm >= 0:
                    gain = gain + other.harm[harm] - own.harm[harm]
                    tilt = tilt + other.harm_lever[harm] - own.harm_lever[harm]
                slopes.append(tilt)
                limits.append(-gain)
    upper, lower = problem.row_upper - constant, problem.row_lower - constant
    above, below = np.isfinite(upper), np.isfinite(lower)
    box = np.column_stack([problem.lever_lower, problem.lever_upper])
    box[problem.lever_integer] = design.levers[problem.lever_integer, None]
    solve: Any = linprog
    found = solve(
        rows[row],
        A_ub=np.vstack([rows[above], -rows[below], slopes]),
        b_ub=np.concatenate([upper[above], -lower[below], limits]) + 1e-8,
        bounds=box,
    )
    assert found.status == 0
    return float(found.fun), rows[row]


def test_cheapest_prices_are_those_of_one_linear_program() -> None:
    """No prices keep the intention for less, and those found keep it."""
    lowered = 0
    for seed, case, search in designs(CASES):
        design = search.incumbent
        assert design is not None
        responses = [p.responses[c].x for p, c in zip(search.pools, design.intended, strict=True)]
        row = seed % 2
        best, slopes = least(case, search, row)
        levers = cheaper(case.problem, design.levers, responses, row, 60.0)
        size = max(1.0, float(np.abs(slopes @ design.levers)))
        assert float(slopes @ levers) <= float(slopes @ design.levers) + 1e-6 * size, seed
        assert float(slopes @ levers) == pytest.approx(best, abs=1e-4 * size), seed
        fresh = a_search(case.problem)
        assert fresh.survives(levers, [fresh.add_point(i, x) for i, x in enumerate(responses)]), seed
        lowered += float(slopes @ levers) < float(slopes @ design.levers) - 1e-3 * size
    assert lowered > 0


def test_without_time_prices_stay() -> None:
    """Where no time is left, or followers do not keep to the responses, the levers come back as they were."""
    seed, case, search = designs(1)[0]
    design = search.incumbent
    assert design is not None
    responses = [p.responses[c].x for p, c in zip(search.pools, design.intended, strict=True)]
    assert cheaper(case.problem, design.levers, responses, 0, 0.0) is design.levers, seed
    narrow = replace(case.problem, lever_upper=design.levers - 1.0, lever_lower=design.levers - 2.0)
    assert cheaper(narrow, design.levers, responses, 0, 60.0) is design.levers, seed


def test_wrong_points_are_not_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    """A point is kept only where followers keep to the intention: with every point tempting, none is."""
    seed, case, search = designs(1)[0]
    design = search.incumbent
    assert design is not None
    responses = [p.responses[c].x for p, c in zip(search.pools, design.intended, strict=True)]
    monkeypatch.setattr(Search, "deviations", lambda *_: 1.0)
    monkeypatch.setattr(Search, "survives", lambda *_: True)
    assert cheaper(case.problem, design.levers, responses, 0, 60.0) is design.levers, seed


def test_a_turned_choice_is_turned_and_stays() -> None:
    """The projection turns the yes/no lever, and a climb that holds choices ends with it so."""
    for seed, case, search in designs(3):
        design = search.incumbent
        assert design is not None
        lever = int(np.flatnonzero(case.problem.lever_integer)[0])
        start = project(search, search.pools, design.levers, lever)
        if start is None:
            continue  # rules leave nothing once it is turned
        assert start[lever] == 1.0 - np.round(design.levers[lever]), seed
        climb = ascend(search, start, np.random.default_rng(seed), TEMPERATURES[-2:], held=True)
        assert climb, seed
        assert all(end.levers[lever] == start[lever] for end in climb), seed
