"""Published and textbook pricing problems with known answers."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from incentive_opt import pricing


def entry(leader: dict, follower: dict, identity: str = "case") -> dict:
    """One problem in the format of the literature file."""
    return {"id": identity, "leader": leader, "follower": follower}


def block(**parts: object) -> dict:
    """Defaults that most small problems share."""
    return {"const": 0.0, **parts}


def no_rows() -> dict:
    """No rows."""
    return {"A_x": [], "A_y": [], "sense": [], "rhs": []}


def solve(tmp_path: Path, problem: dict, **options: float) -> pricing.Result:
    """Write the problem to a file, read it back and solve it."""
    path = tmp_path / "problems.json"
    path.write_text(json.dumps({"problems": [problem]}), encoding="utf-8")
    return pricing.solve(pricing.read_problem(path, problem["id"]), gap=1e-3, time_limit=60, **options)


def toll(upper: float | None) -> dict:
    """A toll arc of cost 1 beside a free path of cost 5 (NetPricing.jl, README): the toll is 5 - 1."""
    leader = block(
        sense="max",
        c_x=[0.0],
        c_y=[0.0, 0.0],
        C_xy=[[0, 0, 1.0]],
        constraints=no_rows(),
        x={"lb": [0], "ub": [upper], "integer": [False]},
    )
    rows = {"A_x": [[0.0]], "A_y": [[1.0, 1.0]], "sense": ["=="], "rhs": [1.0]}
    follower = block(
        sense="min",
        d_x=[0.0],
        d_y=[1.0, 5.0],
        D_xy=[[0, 0, 1.0]],
        constraints=rows,
        y={"lb": [0, 0], "ub": [1, 1], "integer": [False, False]},
    )
    return entry(leader, follower, "toll")


@pytest.mark.parametrize("upper", [100.0, None])
def test_toll_beside_a_free_path(tmp_path: Path, upper: float | None) -> None:
    """Revenue 4, also when the toll has no upper bound in the file."""
    result = solve(tmp_path, toll(upper))
    assert result.status == "optimal"
    assert result.objective == pytest.approx(4.0, rel=1e-3)
    assert result.bound == pytest.approx(4.0, rel=1e-3)
    assert result.levers is not None
    assert result.levers[0] == pytest.approx(4.0, rel=1e-3)


def test_bonus_under_limited_liability(tmp_path: Path) -> None:
    """Success is worth 20, chances .5 and .8, effort 1.2: bonus 1.2/.3 = 4, profit .8 (20 - 4) = 12.8."""
    leader = block(
        sense="max",
        c_x=[0.0, 0.0],
        c_y=[10.0, 16.0],
        constraints=no_rows(),
        C_xy=[[0, 0, -0.5], [1, 0, -0.5], [0, 1, -0.8], [1, 1, -0.2]],
        x={"lb": [0, 0], "ub": [20, 20], "integer": [False, False]},
    )
    rows = {"A_x": [[0.0, 0.0]], "A_y": [[1.0, 1.0]], "sense": ["=="], "rhs": [1.0]}
    follower = block(
        sense="max",
        d_x=[0.0, 0.0],
        d_y=[0.0, -1.2],
        constraints=rows,
        D_xy=[[0, 0, 0.5], [1, 0, 0.5], [0, 1, 0.8], [1, 1, 0.2]],
        y={"lb": [0, 0], "ub": [1, 1], "integer": [True, True]},
    )
    result = solve(tmp_path, entry(leader, follower, "agent"))
    assert result.objective == pytest.approx(12.8, rel=1e-3)
    assert result.bound == pytest.approx(12.8, rel=1e-3)


def test_toll_menu_on_a_small_network(tmp_path: Path) -> None:
    """Besancon 2019 (JOSS 4:1278): tolls from a menu on four arcs, a free arc of cost 4; revenue 6."""
    menu = [0.0, 0.5, 1.0, 1.5, 2.0]
    tolled = [0, 1, 3, 4]
    levers = len(menu) * len(tolled)
    products = [
        [5 * group + step, arc, menu[step]] for group, arc in enumerate(tolled) for step in range(1, 5)
    ]
    one_each = [[1.0 if lever // 5 == group else 0.0 for lever in range(levers)] for group in range(4)]
    leader = block(
        sense="max",
        c_x=[0.0] * levers,
        c_y=[0.0] * 5,
        C_xy=products,
        x={"lb": [0] * levers, "ub": [1] * levers, "integer": [True] * levers},
        constraints={"A_x": one_each, "A_y": [[0.0] * 5] * 4, "sense": ["=="] * 4, "rhs": [1.0] * 4},
    )
    flows = [[-1.0, -1.0, -1.0, 0.0, 0.0], [1.0, 0.0, 0.0, -1.0, 0.0], [0.0, 1.0, 0.0, 0.0, -1.0]]
    rows = {"A_x": [[0.0] * levers] * 3, "A_y": flows, "sense": ["<=", "==", "=="], "rhs": [-3.0, 0.0, 0.0]}
    follower = block(
        sense="min",
        d_x=[0.0] * levers,
        d_y=[1.0, 1.0, 4.0, 1.0, 1.0],
        D_xy=products,
        constraints=rows,
        y={"lb": [0] * 5, "ub": [3, 2, 3, 2, 1], "integer": [False] * 5},
    )
    result = solve(tmp_path, entry(leader, follower, "menu"))
    assert result.objective == pytest.approx(6.0, rel=1e-3)
    assert result.bound == pytest.approx(6.0, rel=1e-3)


def test_a_leader_that_minimises(tmp_path: Path) -> None:
    """The toll problem with costs as negative revenue: the same answer with the sign turned."""
    problem = toll(100.0)
    problem["leader"] |= {"sense": "min", "C_xy": [[0, 0, -1.0]]}
    result = solve(tmp_path, problem)
    assert result.objective == pytest.approx(-4.0, rel=1e-3)
    assert result.bound == pytest.approx(-4.0, rel=1e-3)


def test_a_follower_that_depends_on_prices_is_refused(tmp_path: Path) -> None:
    """The class is named when a problem is outside it."""
    problem = toll(100.0)
    problem["follower"]["constraints"]["A_x"] = [[1.0]]
    with pytest.raises(pricing.NotAPricingProblem, match="must not depend"):
        solve(tmp_path, problem)


def test_an_unknown_name_lists_the_known(tmp_path: Path) -> None:
    """The error says which problems the file has."""
    path = tmp_path / "problems.json"
    path.write_text(json.dumps({"problems": [toll(1.0)]}), encoding="utf-8")
    with pytest.raises(pricing.NotAPricingProblem, match="toll"):
        pricing.read_problem(path, "tool")


PUBLISHED = os.environ.get("PRICING_PROBLEMS", "")


@pytest.mark.skipif(
    not PUBLISHED, reason="set PRICING_PROBLEMS to the JSON file of published instances to run this"
)
@pytest.mark.parametrize(
    "name",
    [
        "toll_besancon_menu",
        "toll_readme_3node",
        "kpp5_n40_r55_d25_m10_09",
        "kpp5_n40_r55_d25_m10_06",
        "principal_agent_limited_liability",
    ],
)
def test_published_instances(name: str) -> None:
    """Published optima (knapsack: Bui, Carvalho, Neto 2025), each closed to 0.1 % in 2 minutes."""
    data = json.loads(Path(PUBLISHED).read_text(encoding="utf-8"))
    known = next(p for p in data["problems"] if p["id"] == name)["optimum"]["F"]
    result = pricing.solve(pricing.read_problem(PUBLISHED, name), gap=1e-3, time_limit=120)
    assert result.gap <= 1e-3
    assert result.objective == pytest.approx(known, rel=1e-3)
    assert result.bound >= known - 1e-6 * abs(known)


def test_a_leader_variable_that_prices_nothing_may_be_unbounded(tmp_path: Path) -> None:
    """A free variable z with z <= 3 in a rule and worth 1 each adds 3 to the toll problem's 4."""
    problem = toll(100.0)
    rows = {"A_x": [[0.0, 1.0]], "A_y": [[0.0, 0.0]], "sense": ["<="], "rhs": [3.0]}
    problem["leader"] |= {"c_x": [0.0, 1.0], "constraints": rows,
                          "x": {"lb": [0, None], "ub": [100.0, None], "integer": [False, False]}}  # fmt: skip
    problem["follower"] |= {"d_x": [0.0, 0.0]}
    problem["follower"]["constraints"]["A_x"] = [[0.0, 0.0]]
    result = solve(tmp_path, problem)
    assert result.objective == pytest.approx(7.0, rel=1e-3)
    assert result.bound == pytest.approx(7.0, rel=1e-3)
