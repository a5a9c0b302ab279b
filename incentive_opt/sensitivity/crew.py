"""Many cases, one a core: in processes of their own where that is worth their start."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence

from incentive_opt.parallel import MOST, cores
from incentive_opt.partner import GONE, Partner
from incentive_opt.sensitivity.cases import Asked, Case, look

WORKER = "incentive_opt.sensitivity.worker"
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
            worker = Partner(WORKER, self.asked)
        except OSError:
            return
        try:
            while (number := self.next()) is not None:
                try:
                    self._take(number, worker.ask(dict(self.tasks[number])))
                except GONE:
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
