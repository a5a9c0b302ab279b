"""Long work that can be watched and stopped: progress on stderr, Ctrl-C once to stop, twice to abort."""

from __future__ import annotations

import math
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TypeVar

import click

if TYPE_CHECKING:
    from incentive_opt.solve import Progress

Made = TypeVar("Made")
Report = Callable[["Progress"], None]
Stop = Callable[[], bool]

LINE_EVERY = 3.0
"""Least time between two lines of progress where there is no terminal [s]."""
QUIET = 2.0
"""Work that ends sooner shows no progress [s]."""
ONE_PRESS = 1.0
"""Signals within this time are one: a terminal and the program above may both send it [s]."""
LARGE = 100.0
"""Health from which on no decimals are shown [QALY/year]."""
LOOK_EVERY = 0.1
"""How often the display is refreshed and signals are looked after [s]."""
LEAST_CHANGE = 0.05
"""A smaller change of health is none [%]."""
INTERRUPTED = 130
STDERR = 2
STOPPING = (
    "Stopping after the step in progress, with the best design so far; it is checked first. "
    "Again to abort without one."
)
DOING = {
    "reading": "reading the files",
    "outline": "looking for contracts first as if practices of a type were alike",
    "building": "asking each practice how it works today",
    "bound": "working out what no contract can pass",
    "climb": "looking for better contracts",
    "improve": "improving a contract",
    "prove": "closing the gap",
    "validating": "simulating what was promised, child by child",
    "checking": "checking that the best contract keeps its promises",
}
"""What the phases of the work are, in words."""
SIGNALS = (signal.SIGINT, signal.SIGTERM)


def watch(work: Callable[[Report, Stop], Made]) -> Made:
    """Run the work in a thread of its own, so that the terminal and signals are served meanwhile.

    The first Ctrl-C (or SIGTERM) asks the work to stop, which it does after the solver call in progress;
    the second, more than a second later, ends the program at once.
    """
    stop = threading.Event()
    latest: list[Progress] = []
    outcome: list[Made] = []
    failure: list[BaseException] = []

    def run() -> None:
        try:
            outcome.append(work(lambda progress: latest.__setitem__(slice(None), [progress]), stop.is_set))
        except BaseException as error:
            failure.append(error)

    thread = threading.Thread(target=run, daemon=True)
    told = False
    with _signals_to(stop), _display() as draw:
        thread.start()
        while thread.is_alive():
            thread.join(LOOK_EVERY)
            if stop.is_set() and not told:
                told = True
                click.echo(STOPPING, err=True)
            for progress in latest[:1]:
                draw(progress, stop.is_set())
    if failure:
        raise failure[0]
    return outcome[0]


@contextmanager
def _signals_to(stop: threading.Event) -> Iterator[None]:
    """Until the end of the block a first signal sets ``stop``, a second one ends the program."""
    first: list[float] = []

    def handle(number: int, _: Any) -> None:
        if first and time.monotonic() - first[0] < ONE_PRESS:
            return
        if stop.is_set():
            os.write(STDERR, b"Interrupted.\n")
            os._exit(INTERRUPTED)  # the solver may be busy in its thread and would not let go
        first.append(time.monotonic())
        stop.set()  # who watches says so: a handler must not print while a line is being printed

    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {number: signal.signal(number, handle) for number in SIGNALS}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextmanager
def _display() -> Iterator[Callable[[Progress, bool], None]]:
    """What draws progress: a live table on a terminal, else a line now and then."""
    if not sys.stderr.isatty():
        yield _Lines()
        return
    from rich.console import Console
    from rich.live import Live

    with Live(console=Console(stderr=True), refresh_per_second=4, transient=True) as live:
        started = time.monotonic()

        def draw(progress: Progress, stopping: bool) -> None:
            seconds = time.monotonic() - started
            if seconds >= QUIET:
                live.update(_table(progress, seconds, stopping))

        yield draw


class _Lines:
    """Progress as lines: nothing at first, then only what changed, and not too often."""

    def __init__(self) -> None:
        self.shown = ""
        self.started = time.monotonic()
        self.at = -math.inf

    def __call__(self, progress: Progress, stopping: bool) -> None:
        now = time.monotonic()
        known = math.isfinite(progress.health) or math.isfinite(progress.bound)
        said = (
            f"{health_text(progress)}, {bound_text(progress)}"
            if known
            else DOING.get(progress.phase, progress.phase)
        )
        if said == self.shown or now - self.started < QUIET or now - self.at < LINE_EVERY:
            return
        self.shown, self.at = said, now
        click.echo(f"{now - self.started:5.0f} s  {said}", err=True)


def _table(progress: Progress, seconds: float, stopping: bool) -> Any:
    from rich.table import Table
    from rich.text import Text

    table = Table.grid(padding=(0, 2))
    doing = DOING.get(progress.phase, progress.phase) + (" (stopping)" if stopping else "")
    table.add_row(Text(health_text(progress), style="bold"))
    table.add_row(Text(bound_text(progress)))
    table.add_row(Text(f"{seconds:,.0f} s, {doing}"))
    return table


def health_text(progress: Progress) -> str:
    """Health of the best design so far, and what that is above the contract in force."""
    if not math.isfinite(progress.health):
        return "no design yet"
    today = progress.status_quo
    more = ""
    if math.isfinite(today) and today != 0.0:
        share = 100.0 * (progress.health - today) / abs(today)
        more = f" ({share:+.1f} %)" if abs(share) >= LEAST_CHANGE else " (as today)"
    return f"best so far {_qaly(progress.health)} QALY{more}"


def bound_text(progress: Progress) -> str:
    """What no design passes."""
    return f"at most {_qaly(progress.bound)}" if math.isfinite(progress.bound) else "no limit known yet"


def _qaly(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= LARGE else f"{value:,.2f}"
