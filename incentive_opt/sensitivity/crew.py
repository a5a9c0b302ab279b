"""Many cases, one a core: in processes of their own where that is worth their start.

The processes are this package started anew and spoken to over pipes, so that a script that calls
``sensitivity`` needs no guard against being imported again.
"""

from __future__ import annotations

import contextlib
import os
import pickle
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import IO, Any, cast

from incentive_opt.parallel import MOST, cores
from incentive_opt.sensitivity.cases import Asked, Case, look

FEW = 16
"""Fewer cases are not worth a process."""
Values = Mapping[str, float]
LOOK_EVERY = 0.1
"""How often a stop is looked for while processes work [s]."""


def look_at_all(
    asked: Asked,
    tasks: Sequence[Values],
    processes: int | None = None,
    tell: Callable[[int], None] | None = None,
    stop: Callable[[], bool] | None = None,
) -> list[Case | None]:
    """Look at every case.

    Parameters
    ----------
    tasks : sequence of mappings parameter -> float
    processes : int, optional
        At most so many; as many as there are cores if not given.
    tell : callable, optional
        Told now and then how many cases are done.
    stop : callable, optional
        Asked before every case; once it says True, no other case is begun.

    Returns
    -------
    list of Case or None
        Of the first cases, in order, up to the first that a stop left undone. None for a case in which a
        practice could not serve its smallest panel.
    """
    work = _Work(asked, tasks, tell or (lambda _: None), stop or (lambda: False))
    work.tell(0)
    most = min(cores() if processes is None else processes, MOST, len(tasks))
    if most > 1 and len(tasks) >= FEW:
        work.in_processes(most)
    work.here()
    return work.prefix()


class _Work:
    """Cases to look at, those that are done, and who is told."""

    def __init__(
        self, asked: Asked, tasks: Sequence[Values], tell: Callable[[int], None], stop: Callable[[], bool]
    ) -> None:
        self.asked, self.tasks, self.tell, self.stop = asked, tasks, tell, stop
        self.left = list(reversed(range(len(tasks))))
        self.done: dict[int, Case | None] = {}
        self.failed: list[str] = []
        self.lock = threading.Lock()

    def next(self) -> int | None:
        """A case to look at; None where there is none left, or no other is wanted."""
        with self.lock:
            return self.left.pop() if self.left and not self.failed and not self.stop() else None

    def here(self) -> None:
        """Look at what is left in this process."""
        while (number := self.next()) is not None:
            self.done[number] = look(self.asked, self.tasks[number])
            self.tell(len(self.done))
        if self.failed:
            raise RuntimeError(self.failed[0])

    def in_processes(self, number: int) -> None:
        """Look at cases in so many processes; what a process that died had begun is left."""
        threads = [threading.Thread(target=self._follow, daemon=True) for _ in range(number)]
        for thread in threads:
            thread.start()
        while any(thread.is_alive() for thread in threads):
            threads[-1].join(LOOK_EVERY)
            for thread in threads:
                thread.join(LOOK_EVERY / number)
            self.tell(len(self.done))

    def _follow(self) -> None:
        try:
            worker = _Worker(self.asked)
        except OSError:
            return
        try:
            while (number := self.next()) is not None:
                try:
                    self._take(number, worker.look(self.tasks[number]))
                except (EOFError, OSError, pickle.UnpicklingError):  # the process is gone
                    with self.lock:
                        self.left.append(number)
                    return
        finally:
            worker.end()

    def _take(self, number: int, answer: object) -> None:
        with self.lock:
            if answer is None or isinstance(answer, Case):
                self.done[number] = answer
            else:
                self.failed.append(str(answer))

    def prefix(self) -> list[Case | None]:
        """What is done, in order, up to the first that is not."""
        found = []
        for number in range(len(self.tasks)):
            if number not in self.done:
                break
            found.append(self.done[number])
        return found


class _Worker:
    """A process that looks at one case at a time."""

    def __init__(self, asked: Asked) -> None:
        package = str(Path(__file__).resolve().parents[2])
        paths = [package, *filter(None, os.environ.get("PYTHONPATH", "").split(os.pathsep))]
        self.process = subprocess.Popen(
            [sys.executable, "-m", "incentive_opt.sensitivity.worker"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(paths)},
            start_new_session=True,  # Ctrl-C is for whoever started it
        )
        try:
            self._send(asked)
        except OSError:
            self.end()
            raise

    def _send(self, thing: object) -> None:
        pipe = cast(IO[bytes], self.process.stdin)
        pickle.dump(thing, pipe, protocol=pickle.HIGHEST_PROTOCOL)
        pipe.flush()

    def look(self, values: Values) -> Any:
        """What came of a case."""
        self._send(dict(values))
        return pickle.load(cast(IO[bytes], self.process.stdout))

    def end(self) -> None:
        """End the process."""
        self.process.kill()
        self.process.wait()
        for pipe in (self.process.stdin, self.process.stdout):
            if pipe is not None:
                with contextlib.suppress(OSError):  # what was not yet written to a killed process
                    pipe.close()
