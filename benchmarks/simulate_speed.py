"""How fast the simulator is, against the cost of drawing as many random numbers with numpy.

On the main instance, contract in force, medians of alternating measurements; compiling is left out.

    python benchmarks/simulate_speed.py [ROUNDS]
"""

from __future__ import annotations

import resource
import sys
import time
from collections.abc import Callable

import numpy as np

import incentive_opt as io
from incentive_opt.simulate.population import Crowd, crowd
from incentive_opt.simulate.run import Prepared, prepare
from incentive_opt.simulate.year import simulate_year

ROUNDS = 7


def seconds(work: Callable[[], object]) -> float:
    """Wall time of some work [s]."""
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def year(prepared: Prepared, practices: Crowd, threads: int, drawn: object = None) -> None:
    """Simulate one year of all practices."""
    world, plans, slopes = prepared.world, prepared.plans, prepared.slopes
    simulate_year(world, plans, slopes, practices, 0, 0, threads, prepared.multiples, None, drawn)  # type: ignore[arg-type]


def peak() -> float:
    """Most memory that the process has held so far [bytes]."""
    return 1024.0 * resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def repeated(practices: Crowd, times: int) -> Crowd:
    """The same practices several times over."""
    return practices.only(np.tile(np.arange(len(practices.kind)), times))


def main() -> None:
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else ROUNDS
    prepared = prepare(io.read_instance("medicaid_statewide"))
    practices = crowd(prepared.world, 0, 0)
    children, drawn = int(practices.asked.sum()), np.zeros(1, dtype=np.int64)
    year(prepared, practices, 1, drawn)
    number = int(drawn[0])
    room, generator = np.empty(number), np.random.default_rng()
    generator.random(out=room)
    numpy_time, one, two = [], [], []
    for _ in range(rounds):
        numpy_time.append(seconds(lambda: generator.random(out=room)))
        one.append(seconds(lambda: year(prepared, practices, 1)))
        two.append(seconds(lambda: year(prepared, practices, 2)))
    of_numpy, of_one, of_two = (float(np.median(times)) for times in (numpy_time, one, two))
    print(f"children simulated for a year    {children:12,d}")
    print(f"random numbers per child-year    {number / children:12.1f}")
    print(f"child-years per second, one core {children / of_one:12,.0f}")
    print(f"numpy, as many random numbers    {of_numpy:12.3f} s ({1e9 * of_numpy / number:.2f} ns each)")
    print(
        f"simulator, one core              {of_one:12.3f} s, {of_one / of_numpy:.2f} times as long as numpy"
    )
    print(f"second core gives                {of_one / of_two:12.2f} times the speed")
    pairs = np.array(one) / np.array(numpy_time)
    print(f"ratio in single rounds           {pairs.min():.2f} to {pairs.max():.2f}")
    before = peak()
    year(prepared, repeated(practices, 4), 2)
    each = (peak() - before) / (4 * children)
    print(f"memory for {4 * children:,d} children beyond what was held: {each:.1f} bytes each")


if __name__ == "__main__":
    main()
