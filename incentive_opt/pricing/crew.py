"""Climbs in processes of their own, one a core; without processes for problems that do not deserve them."""

from __future__ import annotations

from concurrent.futures import Future, ThreadPoolExecutor, TimeoutError
from types import TracebackType

from incentive_opt.parallel import cores
from incentive_opt.partner import GONE, Partner
from incentive_opt.pricing.climbing import Climbed, Task, carry_out
from incentive_opt.pricing.search import Search

CLIMBER = "incentive_opt.pricing.climber"
MOST = 4
"""Processes at most; more would wait for tasks."""
LARGE = 3
"""Followers from which processes are worth their start."""
LOOK = 0.1
"""How often a stop is looked for while a climb is awaited [s]."""
GRACE = 3.0
"""How much longer than its time a climb may take before it is given up [s]."""


class Crew:
    """Carries out climbing tasks, in processes where there are cores for them."""

    def __init__(self, search: Search) -> None:
        self.search = search
        self.work: dict[int, Future[Climbed] | Task] = {}
        large = len(search.problem.followers) >= LARGE
        number = min(cores(), MOST) if large else 0
        self.workers = _workers(number if number > 1 else 0, search.problem)
        self.idle: list[Partner] = list(self.workers)
        self.threads = ThreadPoolExecutor(max(1, len(self.workers)))
        self.own: Search | None = None

    def __enter__(self) -> Crew:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for worker in self.workers:
            worker.end()
        self.threads.shutdown(wait=True, cancel_futures=True)

    def give(self, task: Task) -> None:
        """Set a task; it starts as soon as a process is free."""
        self.work[task.number] = self.threads.submit(self._carry_out, task) if self.workers else task

    def take(self, number: int, until: float) -> Climbed | None:
        """The outcome of a task; None once a stop was asked for or the time is over."""
        work = self.work.pop(number)
        if isinstance(work, Task):
            return self._here(work)
        started = self.search.clock.now
        climbed = self._awaited(work, until)
        self.search.clock.add("waiting", self.search.clock.now - started)
        for what, seconds in climbed.seconds.items() if climbed else ():
            self.search.clock.add(what, seconds)
        return climbed

    def _awaited(self, work: Future[Climbed], until: float) -> Climbed | None:
        while True:
            try:
                return work.result(timeout=LOOK)
            except TimeoutError:
                late = self.search.clock.now > until + GRACE
                if late or (self.search.time_left <= 0 and self.search.clock.now < self.search.deadline):
                    return None
            except GONE:
                return None  # the process is gone; what was found so far stands

    def _carry_out(self, task: Task) -> Climbed:
        worker = self.idle.pop()
        try:
            answer = worker.ask(task)
        finally:
            self.idle.append(worker)
        if isinstance(answer, Climbed):
            return answer
        raise RuntimeError(str(answer))

    def _here(self, task: Task) -> Climbed:
        if self.own is None:
            clock = self.search.clock
            self.own = Search(self.search.problem, clock, float("inf"), None, self.search.stop)
        return carry_out(self.own, task)


def _workers(number: int, problem: object) -> list[Partner]:
    """So many processes; none where they cannot be started."""
    workers: list[Partner] = []
    try:
        for _ in range(number):
            workers.append(Partner(CLIMBER, problem))
    except OSError:
        for worker in workers:
            worker.end()
        return []
    return workers
