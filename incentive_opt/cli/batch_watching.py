"""Progress of a batch on stderr, and Ctrl-C: once to end with the tasks that run, twice to end at once."""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from incentive_opt.batch.progress import Progress

Show = Callable[["Progress"], None]
Stop = Callable[[], bool]
LINE_EVERY = 5.0
"""Least time between two lines where there is no terminal [s]."""
ONE_PRESS = 1.0
"""Signals within this time are one: a terminal and the program above may both send it [s]."""
INTERRUPTED, STDERR = 130, 2
MINUTE, HOUR = 60.0, 3600.0
STOPPING = "Stopping: nothing more is begun, tasks that run are awaited. Again to end at once and lose those."
SIGNALS = (signal.SIGINT, signal.SIGTERM)


@contextmanager
def interrupted_by_signals() -> Iterator[None]:
    """Until the end of the block whoever ends the program does so as Ctrl-C: no scratch files stay."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def handle(_: int, __: Any) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, handle)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


@contextmanager
def watching(total: int) -> Iterator[tuple[Show, Stop]]:
    """What shows progress, and what says whether a stop is wished."""
    wished = threading.Event()
    with _signals_to(wished):
        if sys.stderr.isatty():
            yield from _live(wished)
        else:
            click.echo(f"{total:,} task{'s' * (total != 1)}", err=True)
            yield _Lines(wished), wished.is_set


def in_words(progress: Progress) -> str:
    """``12 of 200 done, 2 running, 1 failed, about 4 minutes left``."""
    parts = [f"{progress.ended:,} of {progress.total:,} done"]
    if progress.running:
        parts.append(f"{progress.running} running")
    if progress.failed:
        parts.append(f"{progress.failed:,} failed")
    if progress.reused:
        parts.append(f"{progress.reused:,} from earlier")
    left = progress.seconds_left
    if left is not None and progress.ended < progress.total:
        parts.append(f"about {duration(left)} left")
    return ", ".join(parts)


def duration(seconds: float) -> str:
    """As people say it."""
    if seconds < 2 * MINUTE:
        return f"{seconds:.0f} seconds"
    return f"{seconds / MINUTE:.0f} minutes" if seconds < 2 * HOUR else f"{seconds / HOUR:.1f} hours"


class _Lines:
    """Plain lines, only what changed and not too often."""

    def __init__(self, wished: threading.Event) -> None:
        self.wished, self.told = wished, False
        self.shown, self.at = "", time.monotonic()

    def __call__(self, progress: Progress) -> None:
        if self.wished.is_set() and not self.told:
            self.told = True
            click.echo(STOPPING, err=True)
        counts = f"{progress.ended} {progress.failed} {progress.running}"
        now, last = time.monotonic(), progress.ended == progress.total
        if counts == self.shown or (now - self.at < LINE_EVERY and not last):
            return
        self.shown, self.at = counts, now
        click.echo(f"{progress.seconds:6.0f} s  {in_words(progress)}", err=True)


def _live(wished: threading.Event) -> Iterator[tuple[Show, Stop]]:
    from rich.console import Console
    from rich.live import Live
    from rich.progress_bar import ProgressBar
    from rich.table import Table
    from rich.text import Text

    with Live(console=Console(stderr=True), refresh_per_second=4, transient=True) as live:

        def show(progress: Progress) -> None:
            table = Table.grid(padding=(0, 2))
            bar = ProgressBar(total=max(progress.total, 1), completed=progress.ended, width=40)
            table.add_row(bar, Text(in_words(progress)))
            if wished.is_set():
                table.add_row(Text(STOPPING))
            live.update(table)

        yield show, wished.is_set


@contextmanager
def _signals_to(wished: threading.Event) -> Iterator[None]:
    """Until the end of the block a first signal sets the wish, a second one ends the program at once."""
    first: list[float] = []

    def handle(number: int, _: Any) -> None:
        if first and time.monotonic() - first[0] < ONE_PRESS:
            return
        if wished.is_set():
            os.write(STDERR, b"Interrupted. What was finished is kept.\n")
            os._exit(INTERRUPTED)  # workers see that nobody waits for them, and end
        first.append(time.monotonic())
        wished.set()

    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {number: signal.signal(number, handle) for number in SIGNALS}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
