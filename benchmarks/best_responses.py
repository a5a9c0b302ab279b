"""How fast best responses are, against a bare call of HiGHS on the same matrix with the same changes of cost.

    python benchmarks/best_responses.py [TYPES] [SEED] [ROUNDS]

Prices walk at random in steps of about 1 % of their range around the contract in force (each practice type,
40 contracts a walk, three measures rewarded where ``tiers`` is said). Every round takes one walk both ways,
in changing order: by the package's oracle, and by HiGHS handed the oracle's costs and asked for the same
optimum. "Hot", both keep what they had from one contract to the next; "cold", both forget it before each
(``clearSolver`` and ``forget``), but the matrix stays loaded. Medians over rounds, ratios within rounds.

What is compared:

* linear: no bonus is paid, so that no tier tempts and the answer is one linear program for both;
* tiers: both solve the mixed-integer program: the bare call by HiGHS's own branching, which keeps nothing
  between calls, the oracle by its search on the hot linear program.

An oracle also makes the costs from the prices and describes the answer as a function of the prices; the
bare call does neither, so that the ratio is the whole overhead. Optima of both are compared.
"""

from __future__ import annotations

import secrets
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import highspy
import numpy as np
import numpy.typing as npt

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.made_instances import made
from incentive_opt.files import read_model
from incentive_opt.formulation.build import build
from incentive_opt.formulation.payer import Payer
from incentive_opt.pricing.highs import Clock, Program
from incentive_opt.pricing.problem import Follower, PricingProblem
from incentive_opt.pricing.responses import Oracle
from incentive_opt.pricing.scaling import scale

FloatArray = npt.NDArray[np.float64]

STEP = 0.01
"""Spread of a step of the walk, as a share of a price's range; the last legs of a climb step about so far."""
LENGTH = 40
"""Contracts of a walk."""
COLD_LENGTH = 8
"""Of these, so many are answered from scratch."""
REWARDED = 3
"""Bonuses that are paid on a walk with tiers, each of another measure."""
AGREE = 1e-6
"""Share by which optima may differ; HiGHS stops a mixed-integer search at such a gap here."""


@dataclass(frozen=True)
class Walk:
    """Contracts one after the other, and what each practice type's columns are worth at them."""

    levers: list[FloatArray]
    costs: list[list[FloatArray]]


class Bare:
    """HiGHS with one practice type's matrix, and nothing else."""

    def __init__(self, follower: Follower, whole: bool) -> None:
        rows = (follower.matrix, follower.row_lower, follower.row_upper, follower.lower, follower.upper)
        zero = np.zeros(len(follower.objective))
        integer = follower.integer if whole else None
        self.highs = Program(Clock(), zero, *rows, integer).highs  # the same model and tolerances; used bare
        self.highs.setOptionValue("mip_rel_gap", AGREE / 10.0)
        self.columns = np.arange(len(zero), dtype=np.int32)

    def optimum(self, costs: FloatArray) -> float:
        """The best that the costs allow."""
        self.highs.changeColsCost(len(costs), self.columns, costs)
        self.highs.run()
        if self.highs.getModelStatus() != highspy.HighsModelStatus.kOptimal:
            raise RuntimeError(f"HiGHS says {self.highs.getModelStatus()}")
        return float(self.highs.getInfo().objective_function_value)


def walk(problem: PricingProblem, payer: Payer, oracles: list[Oracle], tiers: bool, seed: int) -> Walk:
    """A walk of prices from near the contract in force."""
    rng = np.random.default_rng(seed)
    span = problem.lever_upper - problem.lever_lower
    kinds = np.array([lever.kind for lever in payer.levers])
    moving = np.zeros(len(span), dtype=bool)
    moving[: len(kinds)] = kinds != "bonus"
    here = problem.starts[0].copy()
    if tiers:
        measures: dict[str, list[int]] = {}
        for number in np.flatnonzero(kinds == "bonus").tolist():
            measures.setdefault(payer.levers[number].of, []).append(number)
        chosen = rng.choice(len(measures), min(REWARDED, len(measures)), replace=False)
        paid = [int(rng.choice(list(measures.values())[int(place)])) for place in chosen]
        moving[paid] = True
        here[paid] = problem.lever_lower[paid] + span[paid] * rng.uniform(0.1, 0.6, len(paid))
    contracts = []
    for _ in range(LENGTH):
        here = here + moving * rng.normal(0.0, STEP, len(span)) * span
        here = np.clip(here, problem.lever_lower, problem.lever_upper)
        contracts.append(here)
    return Walk(contracts, [[oracle.objective_at(levers) for oracle in oracles] for levers in contracts])


def by_oracle(oracles: list[Oracle], taken: Walk, cold: bool) -> tuple[float, FloatArray]:
    """Best responses a second, and the optima."""
    length = COLD_LENGTH if cold else LENGTH
    optima = np.zeros((length, len(oracles)))
    for oracle in oracles:
        oracle.forget()
    if not cold:
        for oracle in oracles:
            oracle.best(taken.levers[0])
    started = time.perf_counter()
    for number, levers in enumerate(taken.levers[:length]):
        for place, oracle in enumerate(oracles):
            if cold:
                oracle.forget()
            response = oracle.best(levers)
            optima[number, place] = response.utility_at(levers) - oracle.follower.objective_constant
    return optima.size / (time.perf_counter() - started), optima


def by_highs(bare: list[Bare], taken: Walk, cold: bool) -> tuple[float, FloatArray]:
    """The same with HiGHS alone."""
    length = COLD_LENGTH if cold else LENGTH
    optima = np.zeros((length, len(bare)))
    for solver in bare:
        solver.highs.clearSolver()
    if not cold:
        for solver, costs in zip(bare, taken.costs[0], strict=True):
            solver.optimum(costs)
    started = time.perf_counter()
    for number in range(length):
        for place, solver in enumerate(bare):
            if cold:
                solver.highs.clearSolver()
            optima[number, place] = solver.optimum(taken.costs[number][place])
    return optima.size / (time.perf_counter() - started), optima


def compared(problem: PricingProblem, payer: Payer, tiers: bool, cold: bool, rounds: int, seed: int) -> str:
    """A line of the table: medians of so many paired rounds."""
    count = len(problem.lever_lower)
    oracles = [Oracle(follower, Clock(), count) for follower in problem.followers]
    bare = [Bare(follower, tiers) for follower in problem.followers]
    speeds, apart = np.zeros((rounds, 2)), 0.0
    for number in range(rounds):
        taken = walk(problem, payer, oracles, tiers, seed + number)
        if number % 2:
            own, mine = by_oracle(oracles, taken, cold)
            others, theirs = by_highs(bare, taken, cold)
        else:
            others, theirs = by_highs(bare, taken, cold)
            own, mine = by_oracle(oracles, taken, cold)
        speeds[number] = own, others
        apart = max(apart, float(np.max(np.abs(mine - theirs) / np.maximum(1e-3, np.abs(theirs)))))
    ratios = speeds[:, 0] / speeds[:, 1]
    middle = np.median(speeds, axis=0)
    words = f"{'tiers' if tiers else 'linear'}, {'cold' if cold else 'hot'}"
    verdict = "agree" if apart <= AGREE else f"DIFFER by {apart:.1e}"
    return (
        f"{words:13} {middle[0]:10,.0f} {middle[1]:10,.0f} {np.median(ratios):8.2f} "
        f"{f'{ratios.min():.2f} to {ratios.max():.2f}':>16}  {verdict}"
    )


def main() -> None:
    types, seed, rounds = 9, secrets.randbelow(10**9), 7
    given = [int(word) for word in sys.argv[1:4]]
    types, seed, rounds = (given + [types, seed, rounds][len(given) :])[:3]
    problem, payer = build(made(types, seed), read_model("blended"))
    scaled, _ = scale(problem)
    print(f"made({types}, {seed}) under blended, {rounds} rounds; best responses a second on one core")
    print(f"{'':13} {'oracle':>10} {'HiGHS':>10} {'ratio':>8} {'in rounds':>16}  optima")
    for tiers in (False, True):
        for cold in (False, True):
            print(compared(scaled, payer, tiers, cold, rounds, seed), flush=True)


if __name__ == "__main__":
    main()
