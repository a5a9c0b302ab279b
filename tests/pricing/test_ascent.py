"""Climbs against every point followers have: where they end, what is broken there, what lists remember."""

from __future__ import annotations

import itertools
import secrets
from dataclasses import replace

import numpy as np
import pytest
from scipy.optimize import linprog

from incentive_opt.pricing import ascent
from incentive_opt.pricing.ascent import TEMPERATURES, _Ascent, ascend
from incentive_opt.pricing.lever_rules import lever_rows, project
from incentive_opt.pricing.pool import Pool
from incentive_opt.pricing.problem import FloatArray, PricingProblem
from incentive_opt.pricing.scaling import scale
from incentive_opt.pricing.search import Search
from incentive_opt.pricing.smooth import Smooth
from tests.pricing.random_problems import Case
from tests.pricing.test_responses import a_search, harmless, products, some_levers, utility_of, varied

SEEDS = 6


@pytest.fixture(autouse=True)
def short_legs(monkeypatch: pytest.MonkeyPatch) -> None:
    """A few legs a temperature are enough for problems this small."""
    monkeypatch.setattr(ascent, "LEGS", 6)


def tight(seed: int) -> Case:
    """A crooked problem, scaled; its first row, above and below, is nearer than followers would have it."""
    case = harmless(varied(seed))
    rng = np.random.default_rng(seed)
    problem = scale(case.problem)[0]
    search, levers = a_search(problem), some_levers(problem, rng)
    rows = problem.rules.toarray() @ levers
    for oracle in search.oracles:
        own = oracle.reply(oracle.liking_at(levers))
        rows[own.touched] += own.rows_at(levers)
    row = int(rng.choice([0, 2]))
    upper, lower = np.full(4, np.inf), np.full(4, -np.inf)
    upper[row] = rows[row] - rng.uniform(0, 0.3)
    lower[2 - row] = rows[2 - row] + rng.uniform(0, 0.3)
    return Case(replace(problem, row_upper=upper, row_lower=lower), case.points)


def box(case: Case, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """A part of the lever box, the yes/no lever decided."""
    problem = case.problem
    ends = np.sort(
        rng.uniform(problem.lever_lower, problem.lever_upper, (2, len(problem.lever_lower))), axis=0
    )
    low = np.where(rng.random(len(ends[0])) < 0.5, ends[0], problem.lever_lower)
    high = np.where(rng.random(len(ends[0])) < 0.5, ends[1], problem.lever_upper)
    low[-1] = high[-1] = float(rng.integers(0, 2))
    return low, high


def keepable(case: Case) -> bool:
    """Whether any levers keep the rules that concern levers alone."""
    problem = case.problem
    alone = lever_rows(a_search(problem))
    rules = problem.rules.toarray()[alone]
    matrix = np.vstack([rules, -rules])
    limits = np.concatenate([problem.row_upper[alone], -problem.row_lower[alone]])
    real = np.isfinite(limits)
    bounds = list(zip(problem.lever_lower, problem.lever_upper, strict=True))
    for yes in (0.0, 1.0):
        bounds[-1] = (yes, yes)
        if linprog(np.zeros(len(bounds)), matrix[real], limits[real], bounds=bounds).status == 0:
            return True
    return False


def ends(case: Case, levers: np.ndarray, tie: float) -> list[tuple[float, float]]:
    """Value and violation at the levers for every way in which followers can break their ties."""
    problem, options = case.problem, []
    for follower, points in zip(problem.followers, case.points, strict=True):
        utilities = np.array([utility_of(follower, x, levers) for x in points])
        own = []
        for x in points[utilities >= utilities.max() - tie]:
            paid = products(follower, x, levers)
            value = follower.value @ x + follower.value_constant + follower.value_product @ paid
            own.append((value, follower.row_x.toarray() @ x + follower.row_product.toarray() @ paid))
        options.append(own)
    found = []
    for choice in itertools.islice(itertools.product(*options), 5000):
        rows = problem.rules.toarray() @ levers + sum(r for _, r in choice)
        value = problem.value_constant + problem.lever_value @ levers + sum(v for v, _ in choice)
        over = np.maximum(rows - problem.row_upper, 0) + np.maximum(problem.row_lower - rows, 0)
        found.append((float(value), float(over.sum())))
    return found


@pytest.fixture
def turned(monkeypatch: pytest.MonkeyPatch) -> list[bool]:
    """For every retreat, whether it went back to levers where it had been before its last legs."""
    found: list[bool] = []
    true_legs, true_retreat = _Ascent.legs, _Ascent.retreat

    def legs(self: _Ascent, temperature: float, count: int) -> None:
        true_legs(self, temperature, count)
        self.reached = self.levers  # type: ignore[attr-defined]

    def retreat(self: _Ascent, temperature: float) -> None:
        self.reached = self.levers  # type: ignore[attr-defined]
        true_retreat(self, temperature)
        found.append(not np.array_equal(self.levers, self.reached))  # type: ignore[attr-defined]

    monkeypatch.setattr(_Ascent, "legs", legs)
    monkeypatch.setattr(_Ascent, "retreat", retreat)
    return found


def test_what_a_climb_tells_is_what_followers_do(turned: list[bool]) -> None:
    """Levers are within bounds, the yes/no lever is settled; value and broken rows are of best responses."""
    for seed in (secrets.randbelow(10**9) for _ in range(SEEDS)):
        case, rng = tight(seed), np.random.default_rng(seed)
        search = a_search(case.problem)
        climbed = ascend(search, some_levers(case.problem, rng), rng)
        assert bool(climbed) == keepable(case), f"seed {seed}"
        if not climbed:
            continue
        climb = climbed[0]
        assert np.all(climb.levers >= case.problem.lever_lower), f"seed {seed}"
        assert np.all(climb.levers <= case.problem.lever_upper), f"seed {seed}"
        assert climb.levers[-1] in (0.0, 1.0), f"seed {seed}"
        if turned[-1]:
            continue  # a test of its own, below
        told = np.array([climb.value, climb.violation])
        near = np.array(ends(case, climb.levers, tie=1e-8))
        assert np.min(np.abs(near - told).max(axis=1)) < 1e-6, f"seed {seed}: {told} and not {near[:5]}"


def _way(case: Case, seed: int) -> tuple[Search, _Ascent]:
    rng = np.random.default_rng(seed)
    search = a_search(case.problem)
    way = _Ascent(search, some_levers(case.problem, rng), rng)
    way.low, way.high = box(case, rng)
    way.levers = np.clip(way.levers, way.low, way.high)
    way.enrich()
    return search, way


def violation(way: _Ascent) -> float:
    """What is broken where the climb stands, once followers were asked exactly."""
    for oracle, pool in zip(way.search.oracles, way.pools, strict=True):
        pool.add(oracle.reply(oracle.liking_at(way.levers), pool))
    over, under = way._broken(way._stands()[1])
    return float(over.sum() + under.sum())


def test_a_retreat_breaks_no_more_than_before() -> None:
    """Rows are not broken more after a retreat than before it, and sometimes less."""
    helped = 0
    for seed in (secrets.randbelow(10**9) for _ in range(2 * SEEDS)):
        _, way = _way(tight(seed), seed)
        for temperature in TEMPERATURES[::3]:
            way.legs(temperature, 3)
        before = violation(way)
        way.retreat(TEMPERATURES[-1])
        after = violation(way)
        assert after <= before + 1e-7, f"seed {seed}"
        assert np.all((way.levers >= way.low) & (way.levers <= way.high)), f"seed {seed}"
        helped += after < before - 1e-6
    assert helped > 0, "no retreat helped"


def test_a_leg_that_leads_astray_is_taken_back(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is kept if lists that know what followers do at its end find it no worse than where it began."""
    counts = [0, 0]
    while min(counts) < 3:
        seed = secrets.randbelow(10**9)
        case = tight(seed)
        _, way = _way(case, seed)
        way.pools = [pool.near(way.levers, 1.0, 1) for pool in way.pools]
        way.multipliers = np.random.default_rng(seed).normal(size=len(way.live))
        here, enrich = way.levers, way.enrich
        met: list[FloatArray] = []

        def noted(short: float, way: _Ascent = way, enrich=enrich, met=met) -> None:  # type: ignore
            met.append(way.levers)
            enrich(short)

        monkeypatch.setattr(way, "enrich", noted)
        leg = way._leg(case.problem, TEMPERATURES[2], 0.5 * (way.high - way.low))
        knowing = Smooth(case.problem, way.pools, TEMPERATURES[2], way.multipliers, way.weight)
        better = knowing(met[0])[0] <= knowing(here)[0]
        assert (leg is not None) == better, f"seed {seed}"
        assert np.array_equal(way.levers, met[0] if better else here), f"seed {seed}"
        counts[better] += 1


def test_legs_that_lead_astray_get_shorter(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each half as much as the last; after one that does not, twice as much; never more than at first."""
    seed = secrets.randbelow(10**9)
    _, way = _way(tight(seed), seed)
    outcomes = [False, False, True, False, True, True, True, *[False] * 20]
    reaches: list[float] = []

    def leg(held: PricingProblem, temperature: float, reach: FloatArray) -> Smooth | None:
        reaches.append(float(reach.max()))
        kept = outcomes[len(reaches) - 1]
        return Smooth(held, way.pools, temperature, way.multipliers, way.weight) if kept else None

    monkeypatch.setattr(way, "_leg", leg)
    way.legs(TEMPERATURES[0], 100)
    shares = [1, 1 / 2, 1 / 4, 1 / 2, 1 / 4, 1 / 2, 1, *(0.5**n for n in range(7))]
    assert np.allclose(reaches, np.array(shares) * reaches[0]), f"seed {seed}"


def _lag(case: Case, way: _Ascent) -> float:
    """By how much the lists' best falls short of followers' best, at most."""
    lags = []
    for follower, points, pool in zip(case.problem.followers, case.points, way.pools, strict=True):
        best = max(utility_of(follower, x, way.levers) for x in points)
        lags.append(best - max(utility_of(follower, r.x, way.levers) for r in pool.responses))
    return float(max(lags))


def test_lists_know_the_best_response_of_followers_that_are_not_rounded(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """After every leg, however few may stay in a list, it holds what the follower does where it stands."""
    monkeypatch.setattr(ascent, "MOST", 2)
    for seed in (secrets.randbelow(10**9) for _ in range(SEEDS)):
        case = tight(seed)
        _, way = _way(case, seed)
        for oracle in way.search.oracles:
            true_reply = oracle.reply

            def exact(costs: np.ndarray, pool: Pool, *_: object, reply=true_reply):  # type: ignore
                return reply(costs, pool)

            monkeypatch.setattr(oracle, "reply", exact)
        for temperature in TEMPERATURES[::2]:
            way.legs(temperature, 2)
            assert _lag(case, way) <= 1e-7, f"seed {seed}, temperature {temperature}"


def test_lists_know_the_best_response_at_the_end(turned: list[bool]) -> None:
    """After the retreat each list holds what its follower does at the levers that are kept."""
    for seed in (secrets.randbelow(10**9) for _ in range(2 * SEEDS)):
        case = tight(seed)
        _, way = _way(case, seed)
        for temperature in TEMPERATURES[::2]:
            way.legs(temperature, 3)
        way.retreat(TEMPERATURES[-1])
        assert turned[-1] or _lag(case, way) <= 1e-7, f"seed {seed}"


def test_lists_know_the_best_response_where_a_retreat_goes_back_to(monkeypatch: pytest.MonkeyPatch) -> None:
    """Levers to which a retreat returns come with what followers do there."""
    for seed in (secrets.randbelow(10**9) for _ in range(10 * SEEDS)):
        case = tight(seed)
        _, way = _way(case, seed)
        rng = np.random.default_rng(seed)

        def astray(
            temperature: float, count: int, way: _Ascent = way, rng: np.random.Generator = rng
        ) -> None:
            way.levers = rng.uniform(way.low, way.high)
            way.pools = [pool.near(way.levers, 1e-3, 1) for pool in way.pools]
            way.enrich()

        monkeypatch.setattr(way, "legs", astray)
        way.retreat(TEMPERATURES[-1])
        assert _lag(case, way) <= 1e-7, f"seed {seed}"


@pytest.mark.parametrize(("temperature", "which"), [(0.3, "HOT_MOST"), (4e-3, "MOST")])
def test_lists_stay_short_and_multipliers_are_of_live_rows(
    temperature: float, which: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Lists hold no more than their most and what a leg adds; prices go to the live rows alone."""
    monkeypatch.setattr(ascent, which, 1)
    cut = 0
    for seed in (secrets.randbelow(10**9) for _ in range(2 * SEEDS)):
        search, way = _way(tight(seed), seed)
        way.legs(temperature, 8)
        assert all(len(pool) <= 1 + 2 for pool in way.pools), f"seed {seed}"
        assert np.all(search.prices[[1, 3]] == 0), f"seed {seed}"
        assert np.array_equal(search.prices[[0, 2]], way.multipliers), f"seed {seed}"
        monkeypatch.setattr(ascent, which, 1000)
        _, free = _way(tight(seed), seed)
        free.legs(temperature, 8)
        monkeypatch.setattr(ascent, which, 1)
        cut += sum(len(pool) for pool in free.pools) > sum(len(pool) for pool in way.pools)
    assert cut > 0, "no list would have been longer"


def test_a_climb_stops_when_it_is_told_to() -> None:
    """With no time left nothing moves, and what is told is still true; without choices there is no climb."""
    seed = secrets.randbelow(10**9)
    case = tight(seed)
    search, way = _way(case, seed)
    search.stop = lambda: True
    start = way.levers.copy()
    way.legs(TEMPERATURES[0], 5)
    way.retreat(TEMPERATURES[-1])
    climb = way.ended()
    assert np.array_equal(climb.levers, start), f"seed {seed}"
    told = np.array([climb.value, climb.violation])
    near = np.array(ends(case, climb.levers, tie=1e-8))
    assert np.min(np.abs(near - told).max(axis=1)) < 1e-6, f"seed {seed}"
    assert ascend(search, start, np.random.default_rng(seed)) == [], f"seed {seed}"


def test_choices_are_settled_first_keep_the_rules_and_stay() -> None:
    """What is chosen keeps the rules on levers alone, and no leg moves it, hot or cold."""
    for seed in (secrets.randbelow(10**9) for _ in range(SEEDS)):
        case, rng = tight(seed), np.random.default_rng(seed)
        way = _Ascent(a_search(case.problem), some_levers(case.problem, rng), rng)
        settled = project(way.search, way.pools, way.levers)
        assert (settled is not None) == keepable(case), f"seed {seed}"
        if settled is None:
            continue
        way.settle(settled)
        chosen = way.levers[-1]
        assert chosen in (0.0, 1.0), f"seed {seed}"
        alone = lever_rows(way.search)
        totals = case.problem.rules[alone] @ way.levers
        assert np.all(totals <= case.problem.row_upper[alone] + 1e-7), f"seed {seed}"
        assert np.all(totals >= case.problem.row_lower[alone] - 1e-7), f"seed {seed}"
        for temperature in (TEMPERATURES[0], TEMPERATURES[-1]):
            way.legs(temperature, 3)
            assert way.levers[-1] == chosen, f"seed {seed}"


def test_a_climb_that_is_hopeless_is_given_up() -> None:
    """At the first cold temperature, or at a later one, that ends with less than was asked."""
    for seed in (secrets.randbelow(10**9) for _ in range(SEEDS)):
        case = tight(seed)
        if not keepable(case):
            continue
        start = some_levers(case.problem, np.random.default_rng(seed))

        def climbed(*least: float, case: Case = case, start: FloatArray = start) -> list[ascent.Climb]:
            return ascend(a_search(case.problem), start, np.random.default_rng(1), least=(least[0], least[1]))

        ends_of_all = climbed(-np.inf, -np.inf)
        last, first, *later = ends_of_all
        assert len(ends_of_all) == 1 + sum(one < ascent.COLD for one in TEMPERATURES), f"seed {seed}"
        assert climbed(first.score + 1e-9, -np.inf) == [], f"seed {seed}"
        lowest = min(one.score for one in later)
        assert climbed(-np.inf, lowest + 1e-9) == [], f"seed {seed}"
        kept = climbed(first.score - 1e-9, lowest - 1e-9)
        assert [one.value for one in kept] == [one.value for one in ends_of_all], f"seed {seed}"
        assert kept[0].value == last.value, f"seed {seed}"
