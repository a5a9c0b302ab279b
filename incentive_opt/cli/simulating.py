"""Watching a simulation: progress with the time left on stderr, nothing on stdout; Ctrl-C ends it."""

from __future__ import annotations

import math
import os
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

import click

if TYPE_CHECKING:
    from incentive_opt.simulate.run import Progress

LINE_EVERY = 3.0
"""Least time between two lines of progress where there is no terminal [s]."""
QUIET = 2.0
"""Work that ends sooner shows no progress [s]."""
LOOK_EVERY = 0.1
"""How often the display is refreshed [s]."""
SURE = 1.0
"""Time left is not guessed before so much has been done [s]."""
GRACE = 3.0
"""After Ctrl-C the work has so long to end by itself [s]."""
INTERRUPTED = 130
PREPARING = "preparing"
LONG = 5.0
"""Preparing that takes longer than this is explained [s]."""
WHY = ": the simulator is compiled, which takes a while the first time"

Made = TypeVar("Made")


@dataclass(frozen=True)
class Step:
    """What is being done; ``total`` is 0 where nobody knows how much there is to do.

    Attributes
    ----------
    words : str
        Such as ``simulating``.
    done, total : float
        In ``unit``.
    unit : str
    """

    words: str
    done: float = 0.0
    total: float = 0.0
    unit: str = ""


Tell = Callable[[Step], None]
Stop = Callable[[], bool]


class Interrupted(Exception):
    """Raised inside the work once Ctrl-C was pressed."""


def step_of(progress: Progress, of: str = "", open_ended: bool = False) -> Step:
    """What a simulation does, for the display.

    Parameters
    ----------
    of : str
        What is simulated, where there is more than one thing.
    open_ended : bool
        The simulation goes on until it is precise enough: its total is only a limit.
    """
    tail = f" ({of})" if of else ""
    if progress.phase == "simulating":
        total = 0.0 if open_ended else float(progress.total)
        return Step(f"simulating{tail}", float(progress.done), total, "child-years")
    if progress.done >= progress.total:  # the next phase says nothing of itself until it is under way
        return Step(PREPARING + tail)
    return Step(f"practices decide{tail}", float(progress.done), float(progress.total), "plans")


def attend(work: Callable[[Tell, Stop], Made], stopping: str = "") -> Made:
    """Do the work in a thread of its own while its progress is shown; Ctrl-C ends it.

    ``work`` is given what to tell its steps to, which raises ``Interrupted`` after Ctrl-C, and a
    function that says whether it was pressed. With ``stopping``, which is then said, nothing is raised: the
    work ends by itself and what it made counts, unless Ctrl-C is pressed again.
    """
    stop, finished = threading.Event(), threading.Event()
    latest = [Step(PREPARING)]
    outcome: list[Made] = []
    failure: list[BaseException] = []

    def tell(step: Step) -> None:
        if stop.is_set() and not stopping:
            raise Interrupted
        latest[0] = step

    def run() -> None:
        try:
            outcome.append(work(tell, stop.is_set))
        except BaseException as error:
            failure.append(error)
        finally:
            finished.set()

    try:
        with _display() as draw:
            threading.Thread(target=run, daemon=True).start()
            while not finished.wait(LOOK_EVERY):  # not join: after Ctrl-C it may take the thread for ended
                draw(latest[0])
    except KeyboardInterrupt:
        stop.set()
        if stopping:
            click.echo(stopping, err=True)
            while not finished.wait(LOOK_EVERY):
                pass
        elif not finished.wait(GRACE):  # a compiler does not listen; there is nothing to save
            os.write(sys.__stderr__.fileno() if sys.__stderr__ else 2, b"Interrupted.\n")
            os._exit(INTERRUPTED)
        if not stopping:
            raise
    if failure:
        raise failure[0]
    return outcome[0]


@contextmanager
def _display() -> Iterator[Callable[[Step], None]]:
    """What draws a step: a bar on a terminal, else a line now and then."""
    if not sys.stderr.isatty():
        yield _Lines()
        return
    from rich.console import Console
    from rich.live import Live

    clock = Clock()
    with Live(console=Console(stderr=True), refresh_per_second=4, transient=True) as live:
        yield lambda step: live.update(_bar(step, clock))


class Clock:
    """How long a step has taken, and how long it will at this pace."""

    def __init__(self) -> None:
        self.started = time.monotonic()
        self.words = ""
        self.since = self.started
        self.before = 0.0

    def says(self, step: Step) -> str:
        """The step in words, with the time left where it can be told."""
        now = time.monotonic()
        if step.words != self.words:
            self.words, self.since, self.before = step.words, now, step.done
        done, took = step.done - self.before, now - self.since
        if step.words.startswith(PREPARING):
            return step.words + (WHY if took > LONG else "")
        known = step.total > 0.0 and done > 0.0 and took >= SURE
        return said(step, took * (step.total - step.done) / done if known else math.nan)

    @property
    def seconds(self) -> float:
        """Since the beginning [s]."""
        return time.monotonic() - self.started


class _Lines:
    """Progress as lines: nothing at first, then not too often."""

    def __init__(self) -> None:
        self.clock = Clock()
        self.at = -math.inf

    def __call__(self, step: Step) -> None:
        text, seconds = self.clock.says(step), self.clock.seconds
        if seconds < QUIET or seconds - self.at < LINE_EVERY:
            return
        self.at = seconds
        click.echo(f"{seconds:5.0f} s  {text}", err=True)


def said(step: Step, left: float) -> str:
    """The step in words: how much is done, and the time left."""
    text = step.words
    if step.total:
        text += f": {100.0 * step.done / step.total:.0f} % of {step.total:,.0f} {step.unit}"
    elif step.done:
        text += f": {step.done:,.0f} {step.unit} so far"
    return text + (f", about {duration(left)} left" if math.isfinite(left) else "")


def duration(seconds: float) -> str:
    """Seconds as people say them."""
    if seconds < 90.0:
        return f"{max(1.0, math.ceil(seconds)):.0f} s"
    return f"{seconds / 60.0:.0f} min" if seconds < 5400.0 else f"{seconds / 3600.0:.1f} h"


def _bar(step: Step, clock: Clock) -> Any:
    from rich.progress_bar import ProgressBar
    from rich.table import Table
    from rich.text import Text

    table = Table.grid()
    share = min(1.0, step.done / step.total) if step.total else 0.0
    table.add_row(Text(f"{clock.seconds:,.0f} s  {clock.says(step)}"))
    table.add_row(ProgressBar(total=1.0, completed=share, width=60, pulse=not step.total))
    return table
