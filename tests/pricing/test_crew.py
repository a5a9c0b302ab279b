"""Climbs in processes of their own: the same result, no leftovers, and nothing believed unseen."""

from __future__ import annotations

import os
import secrets
import signal
import subprocess
import sys
import textwrap
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from incentive_opt.pricing import crew as crew_module
from incentive_opt.pricing import hunt as hunt_module
from incentive_opt.pricing import plan as plan_module
from incentive_opt.pricing.climbing import Known, admit, known
from incentive_opt.pricing.crew import Crew
from incentive_opt.pricing.hunt import hunt
from incentive_opt.pricing.problem import PricingProblem
from incentive_opt.pricing.scaling import scale
from incentive_opt.pricing.search import Search
from tests.pricing.random_problems import Case, draw
from tests.pricing.test_responses import a_search, some_levers, varied

ROOT = Path(__file__).resolve().parents[2]


def wide(seed: int) -> Case:
    """A crooked problem with three followers, scaled, with rows that hardly bind."""
    rng = np.random.default_rng(seed)
    while len((case := varied(int(rng.integers(10**9)))).points) < 3:
        pass
    upper = np.where(np.isfinite(case.problem.row_upper), 3.0 * case.problem.row_upper, np.inf)
    loose = replace(case.problem, row_upper=upper, row_lower=3.0 * case.problem.row_lower)
    return Case(scale(loose)[0], case.points)


def ready(problem: PricingProblem, seed: int, seconds: float = 120.0) -> Search | None:
    """A search with a design to begin with, or None if some random levers bring none."""
    search, rng = a_search(problem, seconds), np.random.default_rng(seed)
    for _ in range(10):
        if search.offer(search.at(some_levers(problem, rng))):
            return search
    return None


def some_search(seconds: float = 120.0) -> tuple[int, Search]:
    """A seed and a search on its problem, with a design to begin with."""
    while True:
        seed = secrets.randbelow(10**9)
        search = ready(wide(seed).problem, seed, seconds)
        if search is not None:
            return seed, search


def gone(process: int) -> bool:
    """Whether no process of this number is left, not even a zombie."""
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return True
    return False


@pytest.fixture
def crews(monkeypatch: pytest.MonkeyPatch) -> list[Crew]:
    """Every crew that a hunt sets up."""
    made: list[Crew] = []

    class Seen(Crew):
        def __init__(self, search: Search) -> None:
            super().__init__(search)
            made.append(self)

    monkeypatch.setattr(hunt_module, "Crew", Seen)
    return made


def _hunted(problem: PricingProblem, seed: int, rounds: int) -> tuple[Known | None, np.ndarray]:
    search = ready(problem, seed, 300.0)
    assert search is not None
    hunt(search, seed, 300.0, 0.0, rounds)
    assert search.iteration == rounds
    return known(search), search.prices


def _same(outcome: tuple[Known | None, np.ndarray], first: tuple[Known | None, np.ndarray]) -> bool:
    (design, prices), (other, other_prices) = outcome, first
    assert design is not None
    assert other is not None
    pairs = zip(design.responses, other.responses, strict=True)
    return (
        np.array_equal(design.levers, other.levers)
        and np.array_equal(prices, other_prices)
        and all(np.array_equal(own, its) for own, its in pairs)
    )


def _with_cores(monkeypatch: pytest.MonkeyPatch, count: int) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(count)))


def test_processes_do_not_change_the_result(crews: list[Crew], monkeypatch: pytest.MonkeyPatch) -> None:
    """The same seed gives the same design and prices of rows with two processes and with none."""
    seed, search = some_search()
    _with_cores(monkeypatch, 1)
    first = _hunted(search.problem, seed, 5)
    _with_cores(monkeypatch, 2)
    assert _same(_hunted(search.problem, seed, 5), first), f"seed {seed}"
    assert [len(crew.workers) for crew in crews] == [0, 2]
    assert all(gone(worker.process.pid) for worker in crews[-1].workers)


@pytest.mark.slow
def test_nor_do_more_of_them_nor_another_time(crews: list[Crew], monkeypatch: pytest.MonkeyPatch) -> None:
    """A hunt that finds something finds it again, with none, two and three processes."""
    monkeypatch.setattr(crew_module, "LARGE", 99)
    for _ in range(30):
        seed, search = some_search()
        before = search.value
        hunt(search, seed, 120.0, 0.0, 2)
        if search.value > before:
            break
    assert search.value > before, f"seed {seed}: no hunt found anything"
    first = _hunted(search.problem, seed, 8)
    assert _same(_hunted(search.problem, seed, 8), first), f"seed {seed}"
    monkeypatch.setattr(crew_module, "LARGE", 3)
    for cores in (2, 3, 3):
        _with_cores(monkeypatch, cores)
        assert _same(_hunted(search.problem, seed, 8), first), f"seed {seed}, {cores} cores"
        assert len(crews[-1].workers) == cores


@pytest.mark.parametrize("sign", [signal.SIGKILL, signal.SIGTERM])
def test_a_killed_process_ends_the_hunt_quietly(
    sign: int, crews: list[Crew], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Processes killed in the middle of their climbs: what was found stands, and nothing is left behind."""
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {0, 1})
    seed, search = some_search()
    told: list[float] = []

    def kill(progress: object) -> None:
        told.append(search.value)
        if search.iteration == 1:
            for worker in crews[-1].workers:
                os.kill(worker.process.pid, sign)

    search.report = kill
    started = time.monotonic()
    hunt(search, seed, 120.0, 0.0)
    assert time.monotonic() - started < 60.0, f"seed {seed}"
    # Answers that had been written before still count, but no more than were set ahead.
    assert 1 <= search.iteration <= 1 + hunt_module.AHEAD, f"seed {seed}"
    assert search.value == max(told), f"seed {seed}"
    assert len(crews[-1].workers) == 2
    assert all(gone(worker.process.pid) for worker in crews[-1].workers), f"seed {seed}"


def test_a_stop_ends_the_hunt(crews: list[Crew], monkeypatch: pytest.MonkeyPatch) -> None:
    """A stop is seen while climbs are awaited, with processes and without; no process is left."""
    for cores in ({0}, {0, 1}):
        seed, search = some_search(600.0)
        monkeypatch.setattr(os, "sched_getaffinity", lambda _, cores=cores: cores)
        asked = time.monotonic() + 3.0
        search.stop = lambda asked=asked: time.monotonic() > asked
        hunt(search, seed, 600.0, 0.0)
        assert -0.1 <= time.monotonic() - asked < 5.0, f"seed {seed}, cores {cores}"
        assert all(gone(worker.process.pid) for worker in crews[-1].workers)


def test_a_fault_in_here_leaves_no_process(crews: list[Crew], monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever watches may raise; the processes are ended all the same."""
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {0, 1})
    _, search = some_search()

    def complain(progress: object) -> None:
        raise KeyboardInterrupt

    search.report = complain
    with pytest.raises(KeyboardInterrupt):
        hunt(search, 0, 120.0, 0.0)
    assert len(crews[-1].workers) == 2
    assert all(gone(worker.process.pid) for worker in crews[-1].workers)


def test_a_fault_in_a_climb_is_told(crews: list[Crew], monkeypatch: pytest.MonkeyPatch) -> None:
    """What goes wrong in a process is raised here, with its words, and ends the processes."""
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {0, 1})
    monkeypatch.setattr(plan_module, "followable", lambda search, seconds: False)
    monkeypatch.setattr(plan_module, "random_levers", lambda search, rng: np.zeros(0))
    with pytest.raises(RuntimeError, match="Traceback"):
        hunt(some_search()[1], 0, 120.0, 0.0)
    assert all(gone(worker.process.pid) for worker in crews[-1].workers)


@pytest.mark.slow
def test_a_script_needs_no_guard(tmp_path: Path) -> None:
    """A script that solves at its top level runs once, and ends, with processes at work."""
    script = tmp_path / "plain.py"
    script.write_text(
        textwrap.dedent(
            """\
            import os
            os.sched_getaffinity = lambda _: {0, 1}
            import incentive_opt
            from incentive_opt.pricing import crew
            print("runs", flush=True)
            made, true_partner = [], crew.Partner
            crew.Partner = lambda *told: made.append(true_partner(*told)) or made[-1]
            design = incentive_opt.solve("medicaid_statewide", "blended", time_limit=12.0)
            print("processes", len(made), "left", sum(w.process.poll() is None for w in made))
            """
        ),
        encoding="utf-8",
    )
    paths = os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")]).rstrip(os.pathsep)
    done = subprocess.run(
        [sys.executable, str(script)],
        capture_output=True,
        text=True,
        timeout=120,
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": paths},
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == ["runs", "processes 2 left 0"], done.stdout


def _honest(seed: int) -> tuple[Case, Known]:
    """A problem whose rows hold nothing, and a design: any levers with the best responses to them."""
    case = wide(seed)
    free = np.full(4, np.inf)
    problem = replace(case.problem, row_upper=free, row_lower=-free)
    # No margin: a best response to any levers is a design.
    followers = tuple(
        replace(f, harm_x=f.harm_x[:0], harm_product=f.harm_product[:0]) for f in problem.followers
    )
    case = Case(replace(problem, followers=followers), case.points)
    levers = some_levers(case.problem, np.random.default_rng(seed))
    search = a_search(case.problem)
    return case, Known(levers, tuple(oracle.best(levers).x for oracle in search.oracles))


def test_an_honest_design_is_admitted_once() -> None:
    """A design with best responses is taken, and the second time it is no better."""
    seed = secrets.randbelow(10**9)
    case, design = _honest(seed)
    search = a_search(case.problem)
    assert admit(search, design), f"seed {seed}"
    assert not admit(search, design), f"seed {seed}"
    assert search.incumbent is not None
    assert np.array_equal(search.incumbent.levers, design.levers)


def _worse(case: Case, design: Known) -> Known | None:
    """The design with a follower meant to do what it likes less; None if it likes all the same."""
    follower, points = case.problem.followers[0], case.points[0]
    prices = (case.problem.followers[0].features @ points.T).T * design.levers[follower.levers]
    utilities = points @ follower.objective + prices @ follower.payment
    if utilities.max() - utilities.min() < 1e-3:
        return None
    return replace(design, responses=(points[int(np.argmin(utilities))], *design.responses[1:]))


def _lever(case: Case, design: Known, lever: int, value: float) -> Known:
    levers = design.levers.copy()
    levers[lever] = value
    best = tuple(oracle.best(levers).x for oracle in a_search(case.problem).oracles)
    return Known(levers, best)


def test_admit_refuses_what_followers_would_not_do() -> None:
    """An intended response that is not a best response is no design, however good its value."""
    refused = 0
    while refused < 10:
        seed = secrets.randbelow(10**9)
        case, design = _honest(seed)
        if (worse := _worse(case, design)) is not None:
            assert not admit(a_search(case.problem), worse), f"seed {seed}"
            refused += 1


def test_admit_refuses_broken_rows() -> None:
    """A row that the design breaks by a little is enough, at either side."""
    for seed in (secrets.randbelow(10**9) for _ in range(10)):
        case, design = _honest(seed)
        rows = case.problem.rules.toarray() @ design.levers
        for follower, x in zip(case.problem.followers, design.responses, strict=True):
            paid = design.levers[follower.levers] * (follower.features @ x)
            rows = rows + follower.row_x @ x + follower.row_product @ paid
        for row in range(4):
            step = np.where(np.arange(4) == row, 1e-5, -1.0)
            for sides in ({"row_upper": rows - step}, {"row_lower": rows + step}):
                problem = replace(case.problem, **sides)
                assert not admit(a_search(problem), design), f"seed {seed}, row {row}"
        assert admit(a_search(replace(case.problem, row_upper=rows, row_lower=rows)), design), f"seed {seed}"


def test_admit_refuses_levers_outside_the_box() -> None:
    """A lever above or below its range is no lever."""
    seed = secrets.randbelow(10**9)
    case, design = _honest(seed)
    for value in (case.problem.lever_lower[0] - 1e-5, case.problem.lever_upper[0] + 1e-5):
        assert not admit(a_search(case.problem), _lever(case, design, 0, float(value))), f"seed {seed}"


def _forged(case: Case, design: Known) -> Known:
    """The design with a follower doing far more of what it likes best than it can."""
    follower = case.problem.followers[0]
    likes = follower.objective + follower.features.T @ (follower.payment * design.levers[follower.levers])
    x = design.responses[0] + 50.0 * np.sign(likes)
    return replace(design, responses=(x, *design.responses[1:]))


def _admitted(case: Case, design: Known) -> bool:
    """Whether it is admitted into an empty search (or one that would take any value)."""
    return admit(a_search(case.problem), design)


def test_admit_refuses_a_forged_response() -> None:
    """A response outside the follower's set, liked better than all within, is no response."""
    for seed in (secrets.randbelow(10**9) for _ in range(5)):
        case, design = _honest(seed)
        assert not _admitted(case, _forged(case, design)), f"seed {seed}"


def test_what_is_refused_leaves_nothing_behind() -> None:
    """After a forged response was refused, followers' best responses are still their own."""
    for seed in (secrets.randbelow(10**9) for _ in range(20)):
        case, design = _honest(seed)
        upper = np.full(4, -1e9)  # rows that everything breaks
        search = a_search(replace(case.problem, row_upper=upper))
        assert not admit(search, _forged(case, design))
        follower, pool, oracle = search.problem.followers[0], search.pools[0], search.oracles[0]
        for levers in (some_levers(case.problem, np.random.default_rng([seed, k])) for k in range(20)):
            x = oracle.best(levers, pool=pool).x
            assert np.all(x <= follower.upper + 1e-6), f"seed {seed}"


def test_admit_refuses_a_lever_off_its_menu() -> None:
    """A price between two of its menu is no price."""
    seed = secrets.randbelow(10**9)
    case, design = _honest(seed)
    low, high = float(case.problem.lever_lower[0]), float(case.problem.lever_upper[0])
    case = Case(replace(case.problem, menus={0: np.array([low, high])}), case.points)
    between = 0.5 * (low + high)
    assert admit(a_search(case.problem), _lever(case, design, 0, low)), f"seed {seed}"
    assert not _admitted(case, _lever(case, design, 0, between)), f"seed {seed}"


def test_admit_refuses_half_a_yes() -> None:
    """A yes/no lever is yes or no."""
    seed = secrets.randbelow(10**9)
    case, design = _honest(seed)
    last = len(design.levers) - 1
    assert not _admitted(case, _lever(case, design, last, 0.5)), f"seed {seed}"


def test_admit_refuses_what_is_no_number() -> None:
    """Levers that are not numbers are refused, not believed."""
    seed = secrets.randbelow(10**9)
    case, design = _honest(seed)
    levers = np.full(len(design.levers), np.nan)
    assert not _admitted(case, replace(design, levers=levers)), f"seed {seed}"


def test_menus_are_kept_by_a_hunt() -> None:
    """A hunt on levers with menus claims nothing off them."""
    while True:
        seed = secrets.randbelow(10**9)
        problem = scale(draw(seed).problem)[0]
        search = a_search(problem, 60.0)
        if search.offer(search.at(np.array([menu[0] for menu in problem.menus.values()]))):
            break
    hunt(search, seed, 60.0, 0.0, 2)
    assert search.incumbent is not None
    for lever, menu in problem.menus.items():
        assert np.min(np.abs(menu - search.incumbent.levers[lever])) <= 1e-9, f"seed {seed}"


def test_a_hunt_without_a_design_to_begin_with() -> None:
    """Where no design is known the hunt begins all the same."""
    seed = secrets.randbelow(10**9)
    search = a_search(scale(varied(seed).problem)[0], 60.0)
    hunt(search, seed, 60.0, 0.0, 2)
    assert search.iteration == 2, f"seed {seed}"


def test_a_hunt_where_no_process_can_be_started(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without processes to be had, climbs are made here."""
    seed, search = some_search()
    _with_cores(monkeypatch, 2)
    monkeypatch.setattr(sys, "executable", str(ROOT / "no such program"))
    hunt(search, seed, 60.0, 0.0, 1)
    assert search.iteration == 1, f"seed {seed}"
