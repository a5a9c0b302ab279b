"""The enumeration test can fail: wrong signs, wrong constants and invalid cuts are planted, and show."""

from __future__ import annotations

import secrets
from dataclasses import replace

import numpy as np
import pytest

from incentive_opt import pricing
from incentive_opt.pricing import ascent, climbing, implement, relaxation, responses, restricted, search
from incentive_opt.pricing.climbing import Known, Task, carry_out
from incentive_opt.pricing.highs import Clock
from incentive_opt.pricing.pool import Pool
from incentive_opt.pricing.problem import PricingProblem
from incentive_opt.pricing.scaling import scale
from incentive_opt.pricing.search import Search
from tests.pricing.random_problems import continuous, draw, optimum


def contradicted(cases: int = 1500) -> bool:
    """Whether a bound below the optimum, an incumbent above it or a denial of it turns up at random."""
    first = secrets.randbelow(10**9)
    for seed in range(first, first + cases):
        case = draw(seed)
        best = optimum(case)
        if best is None:
            continue
        result = pricing.solve(case.problem, gap=1e-4, time_limit=5)
        tolerance = 1e-6 * max(1.0, abs(best))
        wrong = result.objective > best + tolerance or result.bound < best - tolerance
        if wrong or result.status == "infeasible":
            return True
    return False


def test_a_cut_that_asks_too_much_shows(monkeypatch: pytest.MonkeyPatch) -> None:
    """Cuts that demand more than every pooled response gives cut off true contracts."""
    true_cuts = relaxation.Relaxation._cuts

    def greedy(builder, layout, index, follower, pool):  # type: ignore[no-untyped-def]
        dearer = Pool()
        for response in pool.responses:
            dearer.add(replace(response, utility=response.utility + 0.05))
        true_cuts(builder, layout, index, follower, dearer)

    monkeypatch.setattr(relaxation.Relaxation, "_cuts", staticmethod(greedy))
    assert contradicted()


def test_products_of_wrong_prices_show(monkeypatch: pytest.MonkeyPatch) -> None:
    """Products of prices a tenth too low are not what followers are paid."""
    true_envelope = relaxation.Relaxation._envelope

    def too_low(builder, product, places, cells, span):  # type: ignore[no-untyped-def]
        true_envelope(builder, product, places, [(0.9 * a, 0.9 * b) for a, b in cells], span)

    monkeypatch.setattr(relaxation.Relaxation, "_envelope", staticmethod(too_low))
    assert contradicted()


def test_followers_who_never_deviate_show(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without asking the followers again, incumbents are claimed that no contract brings."""
    monkeypatch.setattr(search.Search, "deviations", lambda self, levers, intended: 0.0)
    assert contradicted()


def test_comparisons_with_a_wrong_sign_show(monkeypatch: pytest.MonkeyPatch) -> None:
    """A big-M from the wrong end of the box drops comparisons that matter."""
    true_reach = restricted.reach
    monkeypatch.setattr(restricted, "reach", lambda slopes, low, high: -np.abs(true_reach(slopes, low, high)))
    monkeypatch.setattr(search.Search, "deviations", lambda self, levers, intended: 0.0)
    assert contradicted()


def unearned(cases: int = 200) -> bool:
    """Whether a hunt claims a design that breaks a row, or that a follower does not keep to."""
    first = secrets.randbelow(10**9)
    for seed in range(first, first + cases):
        case = continuous(draw(seed))
        problem = scale(case.problem)[0]
        search = Search(problem, Clock(), 60.0)
        rng = np.random.default_rng(seed)
        found = carry_out(search, Task(0, seed, _anywhere(problem, rng), 6, _quiet(search, rng), 10.0)).found
        if found is None:
            continue
        sound = Search(problem, Clock(), 60.0)
        rows = problem.rules @ found.levers
        for oracle, x in zip(sound.oracles, found.responses, strict=True):
            own = oracle.describe(x)
            rows[own.touched] += own.rows_at(found.levers)
            best = oracle.best(found.levers)
            if best.utility_at(found.levers) > own.utility_at(found.levers) + 1e-6:
                return True
        if np.any(rows > problem.row_upper + 1e-6) or np.any(rows < problem.row_lower - 1e-6):
            return True
    return False


def _anywhere(problem: PricingProblem, rng: np.random.Generator) -> np.ndarray:
    return rng.uniform(problem.lever_lower, problem.lever_upper)


def _quiet(search: Search, rng: np.random.Generator) -> Known:
    """Something to begin from whose value is nothing: best responses to some levers, rows broken or not."""
    levers = _anywhere(search.problem, rng)
    return Known(levers, tuple(oracle.best(levers).x for oracle in search.oracles))


@pytest.fixture
def hopeful(monkeypatch: pytest.MonkeyPatch) -> None:
    """Climbs are short, and what they begin from is worth nothing, so that any design is better."""
    monkeypatch.setattr(ascent, "LEGS", 3)

    def begin(search: Search, best: Known | None) -> None:
        true_empty(search, best)
        assert search.incumbent is not None
        search.incumbent = replace(search.incumbent, value=-1e6)

    true_empty = climbing._empty
    monkeypatch.setattr(climbing, "_empty", begin)


@pytest.mark.usefixtures("hopeful")
def test_hunts_claim_nothing_unearned() -> None:
    """Without a planted fault nothing shows."""
    assert not unearned(cases=20)


@pytest.mark.usefixtures("hopeful")
def test_implementation_with_a_wrong_sign_shows(monkeypatch: pytest.MonkeyPatch) -> None:
    """Comparisons turned round, with followers who are not asked again, bring designs nobody keeps to."""
    true_comparisons = implement.comparisons

    def turned(pool, own, since=0):  # type: ignore[no-untyped-def]
        gain, tilt = true_comparisons(pool, own, since)
        return -gain, -tilt

    monkeypatch.setattr(implement, "comparisons", turned)
    monkeypatch.setattr(search.Search, "deviations", lambda self, levers, intended: 0.0)
    assert unearned()


@pytest.mark.usefixtures("hopeful")
def test_implementation_alone_is_not_believed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Comparisons turned round do no harm as long as followers are asked again."""
    true_comparisons = implement.comparisons

    def turned(pool, own, since=0):  # type: ignore[no-untyped-def]
        gain, tilt = true_comparisons(pool, own, since)
        return -gain, -tilt

    monkeypatch.setattr(implement, "comparisons", turned)
    assert not unearned(cases=10)


@pytest.mark.usefixtures("hopeful")
def test_rows_that_are_not_held_show(monkeypatch: pytest.MonkeyPatch) -> None:
    """An implementation that forgets what followers bring to the rows claims designs that break them."""
    true_program = implement.Trial._program

    def loose(self):  # type: ignore[no-untyped-def]
        problem = self.search.problem
        free = np.full(len(problem.row_lower), np.inf)
        self.search.problem = replace(problem, row_lower=-free, row_upper=free)
        program = true_program(self)
        self.search.problem = problem
        return program

    monkeypatch.setattr(implement.Trial, "_program", loose)
    assert unearned()


def test_rounded_responses_taken_for_best_ones_show(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whole numbers rounded where followers are asked to confirm let incumbents through that they leave."""

    def rough(self, levers, direction=-1, pool=None):  # type: ignore[no-untyped-def]
        return self.reply(self.objective_at(levers, direction), pool, rough=True)

    monkeypatch.setattr(responses.Oracle, "best", rough)
    assert contradicted()


def _claimed(what: str) -> bool:
    """Whether a design from elsewhere that breaks a row, or that a follower leaves, is admitted."""
    for seed in (secrets.randbelow(10**9) for _ in range(20)):
        problem = scale(continuous(draw(seed)).problem)[0]
        free = np.full(len(problem.row_lower), np.inf)
        free_problem = replace(problem, row_lower=-free, row_upper=free)
        rng = np.random.default_rng(seed)
        levers, other = _anywhere(problem, rng), _anywhere(problem, rng)
        elsewhere = Search(free_problem, Clock(), 60.0)
        if what == "row":
            own = Known(levers, tuple(oracle.best(levers).x for oracle in elsewhere.oracles))
            held = replace(free_problem, row_upper=np.full(len(free), -1e6))
        else:
            own = Known(levers, tuple(oracle.best(other).x for oracle in elsewhere.oracles))
            held = free_problem
            if all(
                np.allclose(oracle.best(levers).x, x)
                for oracle, x in zip(elsewhere.oracles, own.responses, strict=True)
            ):
                continue
        if climbing.admit(Search(held, Clock(), 60.0), own):
            return True
    return False


@pytest.mark.parametrize("what", ["row", "follower"])
def test_a_design_that_is_not_asked_shows(what: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Admission that does not look at rows, or does not ask followers, lets false designs in."""
    assert not _claimed(what)

    def rowless(self, levers, intended):  # type: ignore[no-untyped-def]
        return self.deviations(levers, intended) <= search.TOLERANCE

    if what == "row":
        monkeypatch.setattr(search.Search, "survives", rowless)
    else:
        monkeypatch.setattr(search.Search, "deviations", lambda self, levers, intended: 0.0)
    assert _claimed(what)
