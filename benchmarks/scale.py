"""How designs, bounds and time grow with the number of practice types.

    python benchmarks/scale.py [--types 1,3,8,20,50] [--seconds 600] [--seed N] [--times 1]

Each instance is made from a seed (a new one unless given, printed) and solved under the ``blended`` model for
the same time. With ``--times 20`` each is solved again for so many times as long from another seed, and the
table says where the first design stands against that one.
"""

from __future__ import annotations

import argparse
import resource
import secrets
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.made_instances import made
from incentive_opt.solve import Design, solve

GIGABYTE = 1024.0**2
"""Kilobytes, as resource counts them."""
HEADS = (
    "types",
    "seconds",
    "today",
    "design",
    "bound",
    "gap",
    "first best",
    "steps",
    "memory GB",
    "longer",
    "short",
)


def main() -> None:
    """Print a line for each number of types as it is done."""
    asked = _arguments()
    print(f"seed {asked.seed}; health in QALY a year; gap = (bound - design) / bound")
    heads = (
        "types",
        "time s",
        "today",
        "design",
        "bound",
        "gap",
        "first best",
        "climbs",
        "memory GB",
        "longer",
        "short of it",
    )
    print("  ".join(f"{head:>11}" for head in heads))
    for types in asked.types:
        line, design = _solved(types, asked.seed, asked.seconds, asked.seed)
        if asked.times > 1:
            _, longer = _solved(types, asked.seed, asked.times * asked.seconds, asked.seed + 1)
            best = max(longer.health, design.health)
            line += [f"{best:,.1f}", f"{(best - design.health) / best:.2%}"]
        print("  ".join(f"{cell:>11}" for cell in line), flush=True)


def _solved(types: int, seed: int, seconds: float, search_seed: int) -> tuple[list[str], Design]:
    """The line of a run, and its design."""
    design = solve(made(types, seed), "blended", time_limit=seconds, seed=search_seed % 2**31)
    health, work = design.document["objective"], design.document["provenance"]
    own, others = (
        resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    )
    line = [
        f"{types}",
        f"{work['seconds']:.0f}",
        f"{health['status_quo_qaly']:,.1f}",
        f"{health['health_qaly']:,.1f}",
        f"{health['upper_bound_qaly']:,.1f}",
        f"{health['gap']:.2%}",
        f"{health['first_best_qaly']:,.1f}",
        f"{work['iterations']}",
        f"{(own + others) / GIGABYTE:.2f}",
    ]
    return line, design


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument(
        "--types", type=lambda text: [int(n) for n in text.split(",")], default=[1, 3, 8, 20, 50, 100, 200]
    )
    parser.add_argument("--seconds", type=float, default=600.0)
    parser.add_argument("--times", type=float, default=1.0)
    parser.add_argument("--seed", type=int, default=secrets.randbelow(10**9))
    return parser.parse_args()


if __name__ == "__main__":
    main()
