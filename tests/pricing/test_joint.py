"""The program of leader and followers at once, at held levers, against one linear program."""

from __future__ import annotations

import secrets
from dataclasses import replace

import casadi
import numpy as np
import pytest
from scipy import sparse
from scipy.optimize import linprog

from incentive_opt.pricing.face import on_face
from incentive_opt.pricing.highs import Clock
from incentive_opt.pricing.joint import Held, Joint, Stand
from incentive_opt.pricing.pool import Describer
from incentive_opt.pricing.problem import Follower, PricingProblem
from incentive_opt.pricing.scaling import scale
from incentive_opt.pricing.terms import Terms
from tests.pricing.random_problems import Case
from tests.pricing.test_responses import feasible, some_levers, varied

SEEDS = 40
CLOSE = 1e-3
"""Of the size of the value; interior points end within tolerances, not on vertices."""


def two_sided(case: Case, rng: np.random.Generator) -> Case:
    """The problem, scaled, with rows of followers that have two sides, or are equations, about one point."""
    followers, points = [], []
    for follower, own in zip(scale(case.problem)[0].followers, case.points, strict=True):
        point = own[rng.integers(len(own))]
        rows = follower.matrix @ point
        lower, upper = follower.row_lower.copy(), follower.row_upper.copy()
        kind = rng.integers(0, 3, len(rows))
        lower[kind == 1] = rows[kind == 1] - 0.5
        lower[kind == 2] = upper[kind == 2] = rows[kind == 2]
        followers.append(replace(follower, row_lower=lower, row_upper=upper))
        points.append(point)
    return Case(replace(scale(case.problem)[0], followers=tuple(followers)), points)


def objectives(follower: Follower, levers: np.ndarray, each: bool) -> list[np.ndarray]:
    """What each column is worth in every objective, directions of harm too, or in their mean."""
    dense, prices = follower.features.toarray(), levers[follower.levers]
    found = [follower.objective + dense.T @ (follower.payment * prices)]
    for fixed, paid in zip(follower.harm_x.toarray(), follower.harm_product.toarray(), strict=True):
        found.append(found[0] + fixed + dense.T @ (paid * prices))
    return found if each else [np.mean(found, axis=0)]


def limits(follower: Follower, whole: np.ndarray | None) -> dict[str, object]:
    """The follower's polyhedron as ``linprog`` wants it; whole numbers held, or moving freely."""
    low, high = follower.lower.copy(), follower.upper.copy()
    if whole is not None:
        low[follower.integer] = high[follower.integer] = whole
    matrix = follower.matrix.toarray()
    below, above = np.isfinite(follower.row_lower), np.isfinite(follower.row_upper)
    return {
        "A_ub": np.vstack([matrix[above], -matrix[below]]),
        "b_ub": np.concatenate([follower.row_upper[above], -follower.row_lower[below]]),
        "bounds": list(zip(low, high, strict=True)),
    }


def by_hand(
    problem: PricingProblem,
    levers: np.ndarray,
    charge: float,
    whole: list[np.ndarray | None],
    rivals: list[np.ndarray | None],
    each: bool = False,
) -> float | None:
    """The program's optimum at these levers, as one linear program; None if it has none."""
    costs, blocks, sides, bounds, constant = [], [], [], [], problem.value_constant
    constant += float(problem.lever_value @ levers)
    totals = []
    for follower, own, rival in zip(problem.followers, whole, rivals, strict=True):
        inside, liked = limits(follower, own), objectives(follower, levers, each)
        best = [linprog(-one, **inside) for one in liked]  # type: ignore[arg-type]
        if any(one.status != 0 for one in best):
            return None
        prices, dense = levers[follower.levers], follower.features.toarray()
        worth = follower.value + dense.T @ (follower.value_product * prices)
        costs += [*(worth + charge * np.mean(liked, axis=0)), -charge]
        constant += follower.value_constant + charge * float(np.mean([one.fun for one in best]))
        matrix, side = np.asarray(inside["A_ub"]), list(np.asarray(inside["b_ub"]))
        matrix = np.hstack([matrix, np.zeros((len(matrix), 1))])
        if rival is not None:
            envy = np.hstack([-np.array(liked), -np.ones((len(liked), 1))])
            matrix, side = np.vstack([matrix, envy]), [*side, *(-one @ rival for one in liked)]
        blocks.append(matrix)
        sides += side
        bounds += [*inside["bounds"], (0.0, None)]  # type: ignore[misc]
        rows = follower.row_x.toarray() + follower.row_product.toarray() @ (prices[:, None] * dense)
        totals.append(np.hstack([rows, np.zeros((len(rows), 1))]))
    rows, fixed = np.hstack(totals), problem.rules @ levers
    above, below = np.isfinite(problem.row_upper), np.isfinite(problem.row_lower)
    matrix = np.vstack([sparse.block_diag(blocks).toarray(), rows[above], -rows[below]])
    side = [*sides, *(problem.row_upper - fixed)[above], *(fixed - problem.row_lower)[below]]
    found = linprog(-np.array(costs), matrix, side, bounds=bounds)
    return constant - float(found.fun) if found.status == 0 else None


def solved(problem: PricingProblem, levers: np.ndarray, charge: float, held: Held, asked: str) -> Stand:
    """The program's own answer."""
    joint = Joint(problem)
    stand = joint.solve(charge, held, joint.begin(levers, [f.lower for f in problem.followers]))
    if asked == "each":
        other = Joint(problem, each=True)
        return other.solve(charge, held, other.spread(stand, joint), fine=True)
    return joint.solve(charge, held, stand, fine=True) if asked == "fine" else stand


@pytest.mark.parametrize("asked", ["moving", "held", "rivals", "fine", "each"])
def test_at_held_levers_it_is_one_linear_program(asked: str) -> None:
    """With whole numbers that move or are held, and with rivals: the same optimum, and rows' prices fit."""
    seen = tried = 0
    for seed in (secrets.randbelow(10**9) for _ in range(SEEDS)):
        rng = np.random.default_rng(seed)
        case = two_sided(varied(seed), rng)
        problem, levers, charge = (
            case.problem,
            some_levers(case.problem, rng),
            float(rng.choice([0.1, 3, 30])),
        )
        whole: list[np.ndarray | None] = [None] * len(problem.followers)
        rivals: list[np.ndarray | None] = [None] * len(problem.followers)
        if asked != "moving":
            whole = [p[f.integer] for f, p in zip(problem.followers, case.points, strict=True)]
        if asked in ("rivals", "fine", "each"):
            rivals = [points[rng.integers(len(points))] for points in varied(seed).points]
        expected = by_hand(problem, levers, charge, whole, rivals, asked == "each")
        if expected is None:
            continue
        given = tuple(w for w in whole if w is not None) or None
        known = [
            () if x is None else (Describer(follower, len(levers))(x),)
            for follower, x in zip(problem.followers, rivals, strict=True)
        ]
        stand = solved(problem, levers, charge, Held(levers, levers, given, tuple(known)), asked)
        tried += 1
        if not stand.converged:
            continue
        size = CLOSE * (1.0 + abs(expected) + charge)
        assert stand.value - charge * stand.dissatisfaction == pytest.approx(expected, abs=size), (
            f"seed {seed}"
        )
        assert stand.levers == pytest.approx(levers, abs=1e-12), f"seed {seed}"
        assert np.all(stand.prices[~np.isfinite(problem.row_lower)] >= -1e-4), f"seed {seed}"
        assert np.all(stand.prices[~np.isfinite(problem.row_upper)] <= 1e-4), f"seed {seed}"
        seen += 1
    assert seen > 0.7 * tried > 0, f"{seen} of {tried} problems ended"


def test_followers_turn_from_the_leader_s_choice_to_their_own() -> None:
    """The dearer dissatisfaction, the less of it there is, and the less the leader has."""
    fallen = 0
    for seed in (secrets.randbelow(10**9) for _ in range(SEEDS)):
        case = two_sided(varied(seed), np.random.default_rng(seed))
        problem, levers = case.problem, some_levers(case.problem, np.random.default_rng(seed))
        if by_hand(problem, levers, 1.0, [None] * len(case.points), [None] * len(case.points)) is None:
            continue
        joint = Joint(problem)
        held = Held(levers, levers)
        before, stand = 0.01, joint.solve(0.01, held, joint.begin(levers, case.points))
        for charge in (0.1, 1.0, 10.0, 100.0):
            after = joint.solve(charge, held, stand)
            # Two programs that end within a size of their best may differ so much, over the step of charges.
            size = CLOSE * (1.0 + abs(stand.value)) / (charge - before)
            assert after.dissatisfaction <= stand.dissatisfaction + size, f"seed {seed}"
            assert after.value <= stand.value + CLOSE * (1.0 + abs(stand.value)), f"seed {seed}"
            fallen += after.value < stand.value - 10.0 * CLOSE
            before, stand = charge, after
    assert fallen > 0, "the leader never lost anything"


@pytest.mark.parametrize("each", [False, True])
def test_slopes_and_curvatures_are_those_of_the_program(each: bool) -> None:
    """As the modelling library derives them from the same program by itself."""
    for seed in (secrets.randbelow(10**9) for _ in range(5)):
        rng = np.random.default_rng(seed)
        program, slopes = Joint(two_sided(varied(seed), rng).problem, each).terms.program()
        z, p = program["x"], program["p"]
        weight, multipliers = casadi.MX.sym("weight"), casadi.MX.sym("multipliers", program["g"].shape[0])
        lagrangian = weight * program["f"] + casadi.dot(multipliers, program["g"])
        derived = casadi.Function(
            "derived",
            [z, p, weight, multipliers],
            [
                casadi.gradient(program["f"], z),
                casadi.jacobian(program["g"], z),
                casadi.triu(casadi.hessian(lagrangian, z)[0]),
            ],
        )
        at = [rng.normal(size=size) for size in (z.shape[0], p.shape[0], 1, multipliers.shape[0])]
        own = [slopes["grad_f"](*at[:2])[1], slopes["jac_g"](*at[:2])[1], slopes["hess_lag"](*at)]
        for one, other in zip(own, derived(*at), strict=True):
            assert np.array(one) == pytest.approx(np.array(other), rel=1e-9, abs=1e-9), f"seed {seed}"


def test_an_answer_moves_to_the_face_it_is_near() -> None:
    """Limits that are worth more than they leave become tight, others stay free; held numbers stay held."""
    moved = 0
    for seed in (secrets.randbelow(10**9) for _ in range(SEEDS)):
        rng = np.random.default_rng(seed)
        case = two_sided(varied(seed), rng)
        problem, levers = case.problem, some_levers(case.problem, rng)
        whole = [p[f.integer] for f, p in zip(problem.followers, case.points, strict=True)]
        if by_hand(problem, levers, 1.0, [*whole], [None] * len(whole)) is None:
            continue
        stand = solved(problem, levers, 1e3, Held(levers, levers, tuple(whole)), "each")
        if not stand.converged or stand.dissatisfaction > CLOSE:
            continue
        joint = Joint(problem, each=True)
        for part, point, held in zip(joint.parts, joint.split(stand.point), whole, strict=True):
            x = on_face(part, point, held, Clock())
            assert x is not None, f"seed {seed}"
            assert feasible(part.follower, x), f"seed {seed}"
            assert x[part.follower.integer] == pytest.approx(held, abs=1e-9), f"seed {seed}"
            share = (x - part.follower.lower) / part.width
            assert share == pytest.approx(part.answer_and_worth(point)[0], abs=0.05), f"seed {seed}"
            liked = objectives(part.follower, levers, True)
            for one in liked:
                best = linprog(-one, **limits(part.follower, held))  # type: ignore[arg-type]
                assert float(one @ x) >= -best.fun - 10.0 * CLOSE, f"seed {seed}"
        moved += 1
    assert moved > 0, "no program ended with everybody satisfied"


def test_a_program_without_products_is_one_all_the_same() -> None:
    """Where nothing is priced all rows are linear, and nothing is curved."""
    terms = Terms(3, 2, 1)
    terms.linear(0, 0, np.array([[1.0, 2.0]]))
    terms.linear(2, 0, np.array([[3.0, 0.0]]))
    program, slopes = terms.program()
    assert np.array(terms.figures([5.0, 7.0], [1.0])).ravel() == pytest.approx([19.0, 0.0, 15.0])
    assert np.array(slopes["jac_g"]([5.0, 7.0], [1.0])[1]).ravel() == pytest.approx([3.0, 0.0])
    assert slopes["hess_lag"]([5.0, 7.0], [1.0], 1.0, [1.0]).nnz() == 0
    solver = casadi.nlpsol(
        "solver", "ipopt", program, {"print_time": False, "ipopt.print_level": 0, **slopes}
    )
    found = solver(x0=[0.0, 0.0], lbx=0.0, ubx=[2.0, 1.0], lbg=-np.inf, ubg=3.0, p=1.0)
    assert np.array(found["x"]).ravel() == pytest.approx([1.0, 1.0], abs=1e-5)
