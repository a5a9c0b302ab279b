"""What a user would do instead: general optimisers on the same problem, against ``solve``.

    python benchmarks/black_box.py [TYPES] [SECONDS] [SEED]
    python benchmarks/black_box.py 3 30 7 --methods cma,ours --weight 3

CMA-ES (with restarts), Optuna's TPE and SciPy's differential evolution move the prices of the ``blended``
model on ``made(TYPES, SEED)``; at each contract the package's own oracles say what every practice type does
best, and that is one evaluation. All three begin at the contract in force. Needs the extra ``benchmarks``
(cma, optuna).

Where there was a choice it was made in favour of the black boxes:

* each is run with two seeds, SECONDS of one core each, and the better run counts at its own pace, as if the
  two had run at once: ``solve`` has SECONDS of wall-clock and may use a second process;
* their clock starts once the problem is built, ours with reading it;
* no incentive margin is asked of them, only that budget and incomes hold at best responses; a tie counts as
  the oracle answers it; rows may be broken by 1e-6 of their natural size, where ours may be by 1e-8;
* they see no yes/no choices: bonuses below 2 % of their range are off, and of those above only the largest
  are kept that the limits on tiers and measures allow, before practices answer;
* a broken row lowers the score in proportion, so that they can come from either side. The weight was the
  best of 1, 3 and 10 for one short run each (CMA-ES, 9 s, made(3, 23)), which is thin;
* the best responses that were found last are what the search for the next ones begins with.

Only contracts that keep every row count as found. "Cores" says what a method had of the processors: where
that is well below SECONDS the machine was doing other work and the run says little. At the end the best one
is answered again from a cold start.
"""

from __future__ import annotations

import argparse
import contextlib
import resource
import secrets
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import numpy.typing as npt

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.made_instances import made
from incentive_opt import solve
from incentive_opt.domain.instance import Instance
from incentive_opt.files import read_model
from incentive_opt.formulation.build import build
from incentive_opt.formulation.payer import Payer
from incentive_opt.pricing.highs import Clock
from incentive_opt.pricing.pool import Pool, Response
from incentive_opt.pricing.responses import Oracle, make_oracles
from incentive_opt.pricing.scaling import scale
from incentive_opt.solve import Progress

FloatArray = npt.NDArray[np.float64]

MODEL = "blended"
OFF = 0.02
"""Share of its range below which a bonus is no bonus, and a limited fee counts as left alone."""
BROKEN = 1e-6
"""Share of a row's natural size by which it may be broken."""
WEIGHT = 3.0
"""Cost of a broken row: a share of today's health, for a like share of the row's natural size."""
STEP = 0.1
"""Spread of the first steps, as a share of each price's range."""
POPULATION = 40
"""Members of differential evolution: of the default 15 for each price, few generations would ever pass."""
SEEDS = 2
"""Runs of each black box, of which the better counts."""


class TimeUp(Exception):
    """The time of a black box is over."""


@dataclass
class Run:
    """What became of a method: how health rose, as (seconds, health) [s, QALY/year], and how often it asked.

    ``took`` is all its time and ``cores`` what it had of the cores [s]; ``confirmed`` says whether
    a cold start gives the same.
    """

    method: str
    trace: list[tuple[float, float]] = field(default_factory=list)
    evaluations: int = 0
    best: FloatArray | None = None
    confirmed: str = "-"
    took: float = np.nan
    cores: float = np.nan

    @property
    def health(self) -> float:
        """At the end [QALY/year]."""
        return self.trace[-1][1] if self.trace else -np.inf

    @property
    def seconds(self) -> float:
        """When the last improvement came [s]."""
        return self.trace[-1][0] if self.trace else np.nan

    def passes(self, health: float) -> float:
        """When it first had at least this health [s]; infinite if never."""
        return next((seconds for seconds, value in self.trace if value >= health), np.inf)


class Contracts:
    """The payer's problem as a black box sees it: a point of the unit cube, one figure back."""

    def __init__(self, instance: Instance) -> None:
        problem, self.payer = build(instance, read_model(MODEL))
        self.problem, units = scale(problem)
        self.unit = units.value
        self.low, self.span = self.problem.lever_lower, self.problem.lever_upper - self.problem.lever_lower
        prices = len(self.payer.levers)
        self.moving = np.flatnonzero((self.span > 0.0) & (np.arange(len(self.span)) < prices))
        self.in_force = self.problem.starts[0]
        self.lever_units = units.levers
        self.today = float(sum(one.count * one.health for one in self.payer.status_quo))
        self.oracles = self.fresh()

    def fresh(self) -> list[Oracle]:
        """Oracles that have not solved anything yet."""
        return make_oracles(self.problem, Clock())

    @property
    def start(self) -> FloatArray:
        """The contract in force as a point of the unit cube."""
        return np.asarray(((self.in_force - self.low) / np.where(self.span > 0, self.span, 1.0))[self.moving])

    def levers(self, point: FloatArray) -> FloatArray:
        """The nearest contract, in a simple sense, that keeps every limit on how many prices may be used."""
        levers = self.in_force.copy()
        levers[self.moving] = self.low[self.moving] + np.clip(point, 0.0, 1.0) * self.span[self.moving]
        prices = len(self.payer.levers)
        keep_allowed(self.payer, levers[:prices], self.in_force[:prices], self.span[:prices])
        levers[prices:] = self.payer.lever_values(self.payer.contract(levers * self.lever_units))[prices:]
        return levers

    def answered(
        self, levers: FloatArray, oracles: list[Oracle], last: list[Response] | None = None
    ) -> list[Response]:
        """Everyone's best response; the search for each begins with the last one."""
        hints = [None] * len(oracles) if last is None else [Pool([one]) for one in last]
        return [oracle.best(levers, pool=hint) for oracle, hint in zip(oracles, hints, strict=True)]

    def judged(self, levers: FloatArray, responses: list[Response]) -> tuple[float, float]:
        """Health [QALY/year], and by how much rows are broken, in shares of their natural size."""
        problem = self.problem
        value = problem.value_constant + float(problem.lever_value @ levers)
        rows = problem.rules @ levers
        for one in responses:
            value += one.value + float(one.value_lever @ levers)
            rows[one.touched] += one.rows_at(levers)
        over = np.maximum(np.maximum(rows - problem.row_upper, problem.row_lower - rows) - BROKEN, 0.0)
        return value * self.unit, float(over.sum())


def keep_allowed(payer: Payer, prices: FloatArray, in_force: FloatArray, span: FloatArray) -> None:
    """Switch off, in place, small bonuses and those beyond the limits; likewise changes of fees."""
    rules = payer.rules
    tiers: dict[str, list[int]] = {}
    fees = []
    for number, lever in enumerate(payer.levers):
        if lever.kind == "bonus":
            tiers.setdefault(lever.of, []).append(number)
        elif lever.kind == "fee":
            fees.append(number)
    for numbers in tiers.values():
        for number in numbers:
            if prices[number] < OFF * span[number]:
                prices[number] = 0.0
        _only_largest(prices, 0.0 * prices, [[n] for n in numbers], rules.max_tiers)
    _only_largest(prices, 0.0 * prices, list(tiers.values()), rules.max_measures)
    if rules.max_services_repriced is not None:
        for number in fees:
            if abs(prices[number] - in_force[number]) < OFF * span[number]:
                prices[number] = in_force[number]
        _only_largest(prices, in_force, [[n] for n in fees], rules.max_services_repriced)


def _only_largest(prices: FloatArray, rest: FloatArray, groups: list[list[int]], most: int | None) -> None:
    """Put all groups of prices at rest, in place, but the ``most`` that are farthest from it."""
    if most is None:
        return
    sizes = [float(np.abs(prices[group] - rest[group]).sum()) for group in groups]
    for place in np.argsort(np.negative(sizes), kind="stable")[most:]:
        prices[groups[int(place)]] = rest[groups[int(place)]]


class Score:
    """The figure to be lowered; keeps the trace, and ends the run when its time is over."""

    def __init__(self, contracts: Contracts, method: str, seconds: float, weight: float) -> None:
        self.contracts, self.seconds, self.weight = contracts, seconds, weight
        self.run = Run(method)
        self.oracles = contracts.fresh()
        self.last: list[Response] | None = None
        self.started = time.perf_counter()

    def __call__(self, point: FloatArray) -> float:
        """Minus health as a share of today's, plus what broken rows cost."""
        if time.perf_counter() - self.started > self.seconds:
            raise TimeUp
        contracts, run = self.contracts, self.run
        levers = contracts.levers(np.asarray(point, dtype=np.float64))
        self.last = contracts.answered(levers, self.oracles, self.last)
        health, broken = contracts.judged(levers, self.last)
        run.evaluations += 1
        if broken == 0.0 and health > run.health:
            seconds = time.perf_counter() - self.started
            if seconds <= self.seconds:
                run.trace.append((seconds, health))
                run.best = levers
        return self.weight * broken - health / contracts.today


def cma_es(score: Score, start: FloatArray, seed: int) -> None:
    """CMA-ES, restarted with other population sizes as it stalls."""
    import cma

    while True:
        options = {"bounds": [0.0, 1.0], "seed": seed + 1, "verbose": -9, "verb_log": 0}
        cma.fmin2(score, start, STEP, options, restarts=9, bipop=True)
        seed += 1000


def tpe(score: Score, start: FloatArray, seed: int) -> None:
    """Optuna's tree-structured Parzen estimator."""
    import optuna

    optuna.logging.set_verbosity(optuna.logging.ERROR)
    study = optuna.create_study(sampler=optuna.samplers.TPESampler(seed=seed))
    names = [f"price_{number}" for number in range(len(start))]
    study.enqueue_trial(dict(zip(names, start.tolist(), strict=True)))

    def objective(trial: optuna.Trial) -> float:
        return score(np.array([trial.suggest_float(name, 0.0, 1.0) for name in names]))

    study.optimize(objective)


def differential_evolution(score: Score, start: FloatArray, seed: int) -> None:
    """SciPy's differential evolution, from points around the contract in force; again when it stalls."""
    from scipy import optimize

    rng = np.random.default_rng(seed)
    while True:
        spread = rng.choice([STEP, 3.0 * STEP], (POPULATION, 1))
        points = np.clip(start + spread * rng.normal(size=(POPULATION, len(start))), 0.0, 1.0)
        points[0] = start
        bounds = optimize.Bounds(np.zeros(len(start)), np.ones(len(start)))
        optimize.differential_evolution(
            score, bounds, init=points, rng=rng, maxiter=10**6, polish=False, tol=1e-8
        )


METHODS: dict[str, Callable[[Score, FloatArray, int], None]] = {
    "cma": cma_es,
    "tpe": tpe,
    "de": differential_evolution,
}
NAMES = {"cma": "CMA-ES", "tpe": "Optuna TPE", "de": "differential evolution", "ours": "incentive_opt.solve"}


def used() -> float:
    """What this process and those it has ended had of the cores so far [s]."""
    parts = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(part.ru_utime + part.ru_stime for part in parts)


def black_box(contracts: Contracts, method: str, seconds: float, seed: int, weight: float) -> Run:
    """The better of the runs of a black box."""
    runs = []
    for number in range(SEEDS):
        score = Score(contracts, NAMES[method], seconds, weight)
        before = used()
        with contextlib.suppress(TimeUp):
            METHODS[method](score, contracts.start, (seed + number) % 2**31)
        score.run.cores = used() - before
        runs.append(score.run)
    best = max(runs, key=lambda run: run.health)
    if best.best is not None:
        cold = contracts.judged(best.best, contracts.answered(best.best, contracts.fresh()))
        same = cold[1] == 0.0 and abs(cold[0] - best.health) <= 1e-6 * abs(best.health)
        best.confirmed = "yes" if same else f"no: {cold[0]:,.1f}, broken {cold[1]:.1e}"
    return best


def ours(instance: Instance, seconds: float, seed: int) -> Run:
    """A run of ``solve``, whose trace ends with what it hands back."""
    run = Run(NAMES["ours"])

    def watch(progress: Progress) -> None:
        if np.isfinite(progress.health) and progress.health > run.health:
            run.trace.append((progress.seconds, progress.health))

    started, before = time.perf_counter(), used()
    design = solve(instance, MODEL, time_limit=seconds, seed=seed % 2**31, report=watch)
    run.evaluations = int(design.document["provenance"]["iterations"])
    run.took, run.cores = time.perf_counter() - started, used() - before
    if not run.trace or design.health < run.health:  # rounding to cents may cost a little
        kept = [(then, min(value, design.health)) for then, value in run.trace]
        run.trace = kept or [(time.perf_counter() - started, design.health)]
    run.confirmed = "yes"
    return run


def table(runs: list[Run], own: Run | None, today: float, seconds: float) -> str:
    """Method by method; of ours the climbs are counted, each of some hundred evaluations."""
    heads = (
        "method",
        "health",
        "gain QALY",
        "gain %",
        "evaluations",
        "last gain s",
        "cores s",
        "ours : its",
        "ours passes",
        "cold too",
    )
    lines = [heads]
    for run in runs + ([own] if own else []):
        gain = run.health - today
        gain = 0.0 if abs(gain) < 1e-9 * today else gain
        passed, ratio = "-", "-"
        if own is not None and run is not own:
            ratio = f"{max(0.0, own.health - today) / gain:.2f}" if gain > 1e-6 * today else "no gain"
            passed = f"{own.passes(run.health) / seconds:.0%}" if own.health >= run.health else "never"
        asked = f"{run.evaluations:,d}{' climbs' * (run is own)}"
        figures = (f"{run.health:,.1f}", f"{gain:,.1f}", f"{gain / today:.2%}", asked)
        lines.append(
            (run.method, *figures, f"{run.seconds:.1f}", f"{run.cores:.1f}", ratio, passed, run.confirmed)
        )
    widths = [max(len(line[place]) for line in lines) for place in range(len(heads))]
    return "\n".join("  ".join(c.rjust(w) for c, w in zip(line, widths, strict=True)) for line in lines)


def main() -> None:
    asked = _arguments()
    instance = made(asked.types, asked.seed)
    contracts = Contracts(instance)
    print(
        f"made({asked.types}, {asked.seed}) under {MODEL}: {len(contracts.moving)} prices that may move, "
        f"today {contracts.today:,.1f} QALY a year; {asked.seconds:g} s, weight {asked.weight:g}"
    )
    boxes = [name for name in asked.methods if name != "ours"]
    runs = [black_box(contracts, name, asked.seconds, asked.seed, asked.weight) for name in boxes]
    own = ours(instance, asked.seconds, asked.seed) if "ours" in asked.methods else None
    print(table(runs, own, contracts.today, asked.seconds))
    if own is not None:
        print(f"solve was back after {own.took:.1f} s of the {asked.seconds:g} s it was given")
    if own is not None and runs:
        best = max(run.health for run in runs)
        passed = own.passes(best)
        words = (
            f"after {passed:.1f} s, {passed / asked.seconds:.1%} of the time"
            if np.isfinite(passed)
            else "never"
        )
        print(f"ours passes the best of them ({best:,.1f} QALY): {words}")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("types", type=int, nargs="?", default=9)
    parser.add_argument("seconds", type=float, nargs="?", default=60.0)
    parser.add_argument("seed", type=int, nargs="?", default=secrets.randbelow(10**9))
    parser.add_argument("--methods", type=lambda text: text.split(","), default=["cma", "tpe", "de", "ours"])
    parser.add_argument("--weight", type=float, default=WEIGHT)
    return parser.parse_args()


if __name__ == "__main__":
    main()
