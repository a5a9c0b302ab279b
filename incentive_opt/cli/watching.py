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
LOOK_EVERY = 0.1
"""How often the display is refreshed and signals are looked after [s]."""
INTERRUPTED = 130
SIGNALS = (signal.SIGINT, signal.SIGTERM)


def watch(work: Callable[[Report, Stop], Made]) -> Made:
    """Run the work in a thread of its own, so that the terminal and signals are served meanwhile.

    The first Ctrl-C (or SIGTERM) asks the work to stop, which it does after the solver call in progress;
    the second ends the program at once.
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
    with _signals_to(stop), _display() as draw:
        thread.start()
        while thread.is_alive():
            thread.join(LOOK_EVERY)
            for progress in latest[:1]:
                draw(progress, stop.is_set())
    if failure:
        raise failure[0]
    return outcome[0]


@contextmanager
def _signals_to(stop: threading.Event) -> Iterator[None]:
    """Until the end of the block a first signal sets ``stop``, a second one ends the program."""

    def handle(number: int, _: Any) -> None:
        if stop.is_set():
            click.echo("Interrupted.", err=True)
            sys.stdout.flush()
            os._exit(INTERRUPTED)  # the solver may be busy in its thread and would not let go
        stop.set()
        click.echo("Stopping after the solver call in progress, with the best design so far. "
                   "Again to abort.", err=True)

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
        yield lambda progress, stopping: live.update(
            _table(progress, time.monotonic() - started, stopping))


class _Lines:
    """Progress as lines: only what changed, and not too often."""

    def __init__(self) -> None:
        self.shown: tuple[Any, ...] = ()
        self.at = -math.inf

    def __call__(self, progress: Progress, stopping: bool) -> None:
        facts = (progress.phase, progress.health, progress.bound)
        if facts == self.shown or time.monotonic() - self.at < LINE_EVERY:
            return
        self.shown, self.at = facts, time.monotonic()
        click.echo(f"{progress.seconds:7.1f} s  {progress.phase}, iteration {progress.iteration}: "
                   f"{health_text(progress)}, {bound_text(progress)}, {gap_text(progress)}", err=True)


def _table(progress: Progress, seconds: float, stopping: bool) -> Any:
    from rich.table import Table

    table = Table.grid(padding=(0, 2))
    phase = f"{progress.phase} (stopping)" if stopping else progress.phase
    table.add_row("[bold]design[/]", health_text(progress))
    table.add_row("[bold]bound[/]", bound_text(progress))
    table.add_row("[bold]gap[/]", gap_text(progress))
    table.add_row("[bold]phase[/]", f"{phase}, iteration {progress.iteration}, {seconds:,.0f} s")
    return table


def health_text(progress: Progress) -> str:
    """Health of the best design so far."""
    return f"{progress.health:,.2f} QALY/year" if math.isfinite(progress.health) else "no design yet"


def bound_text(progress: Progress) -> str:
    """What no design passes."""
    return f"at most {progress.bound:,.2f} QALY/year" if math.isfinite(progress.bound) else "no bound yet"


def gap_text(progress: Progress) -> str:
    """The gap between the two."""
    if not (math.isfinite(progress.health) and math.isfinite(progress.bound)):
        return "gap not known"
    share = max(0.0, progress.bound - progress.health) / max(abs(progress.bound), 1e-12)
    return f"gap {share:.2%}"
