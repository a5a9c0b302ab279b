"""Whether the 95 % intervals are honest: over 200 seeds, how often one holds the true mean.

The true mean is that of many more years, simulated with other seeds.

    python benchmarks/interval_coverage.py [SEED]
"""

from __future__ import annotations

import secrets
import sys

import numpy as np

import incentive_opt as io
from incentive_opt.simulate.figures import quantities, read_off
from incentive_opt.simulate.interval import estimates
from incentive_opt.simulate.run import Prepared, prepare, years
from incentive_opt.simulate.world import FloatArray

INSTANCE = "two_practices"
SEEDS = 200
REPLICATIONS = 10
YEARS_FOR_TRUTH = 20_000
WATCHED = ("health_qaly", "outlay_usd", "contract_payments_usd", "net_income_usd")
LEAST, MOST = 0.92, 0.98


def samples(prepared: Prepared, number: int, seed: int) -> FloatArray:
    """Quantities of so many years, array (years, quantities)."""
    return np.array([read_off(ledger, prepared.terms) for ledger in years(prepared, number, seed, threads=1)])


def coverage(first: int, prepared: Prepared) -> tuple[FloatArray, FloatArray]:
    """Share of intervals that hold the true mean, for each quantity; and how many standard errors off."""
    truth = samples(prepared, YEARS_FOR_TRUTH, first).mean(axis=0)
    held = np.zeros(len(truth))
    for seed in range(first + 1, first + 1 + SEEDS):
        found = estimates(samples(prepared, REPLICATIONS, seed))
        held += (found.low <= truth) & (truth <= found.high)
    return held / SEEDS, truth


def main() -> int:
    first = int(sys.argv[1]) if len(sys.argv) > 1 else secrets.randbits(40)
    prepared = prepare(io.read_instance(INSTANCE))
    names = quantities(prepared.world, prepared.terms)
    share, truth = coverage(first, prepared)
    print(f"{INSTANCE}, contract in force, seed {first}: {SEEDS} seeds of {REPLICATIONS} years,")
    print(f"true mean from {YEARS_FOR_TRUTH:,} other years")
    fine = True
    for name, held, mean in zip(names, share, truth, strict=True):
        if name.kind in WATCHED:
            ok = LEAST <= held <= MOST
            fine &= ok
            verdict = "ok" if ok else "OFF"
            print(f"{name.kind:24} {name.practice:10} mean {mean:14,.4f}  held {held:6.1%}  {verdict}")
    return 0 if fine else 1


if __name__ == "__main__":
    raise SystemExit(main())
