"""The same work on many things, a few at once: for work that waits for a solver outside Python."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

Thing = TypeVar("Thing")
Made = TypeVar("Made")

FEW = 4
"""Fewer things are not worth threads."""
MOST = 8
"""Threads at most."""


_most_cores: list[int] = []


def use_at_most(number: int) -> None:
    """From now on this process uses no more cores than that: there are others like it."""
    _most_cores[:] = [number]


def cores() -> int:
    """Cores that this process may use."""
    return min([_available(), *_most_cores])


def _available() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def side_by_side(work: Callable[[Thing], Made], things: Iterable[Thing]) -> list[Made]:
    """What the work makes of each thing, in their order; the first error is raised."""
    listed = list(things)
    most = min(cores(), MOST)
    if len(listed) < FEW or most < 2:
        return [work(thing) for thing in listed]
    with ThreadPoolExecutor(most) as threads:
        return list(threads.map(work, listed))
