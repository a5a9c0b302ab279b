"""The batch: give orders out, write what comes back, end with a table and a summary."""

from __future__ import annotations

import errno
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_COMPLETED, CancelledError, Future, wait
from pathlib import Path
from typing import Any

from incentive_opt import __version__
from incentive_opt.batch.crew import Crew
from incentive_opt.batch.folder import TABLE, Folder
from incentive_opt.batch.order import Order
from incentive_opt.batch.progress import Progress
from incentive_opt.batch.record import FAILED, FINISHED, NO_ROOM, Outcome, failed
from incentive_opt.batch.study import Study
from incentive_opt.batch.summary import write_summary
from incentive_opt.batch.table import rows_of, write_table

LOOK = 0.2
"""How often progress is shown and a stop is looked for [s]."""
AHEAD = 1
"""So many orders wait for a worker, so that none waits for an order."""
NO_SPACE = "The disk is full{where}. What was finished is kept; make room and give the same command again."
GONE = "{where} went away. What was finished is kept; give the same command again once it is back."


class Ended(OSError):
    """The batch cannot go on; what was finished is kept."""


def run_batch(
    study: Study,
    orders: Sequence[Order],
    out: str | Path,
    crew: Crew,
    retry_failed: bool = False,
    show: Callable[[Progress], None] | None = None,
    stop: Callable[[], bool] | None = None,
) -> dict[str, Any]:
    """Carry out every order that was not carried out earlier, in a folder that ``Folder.locked`` holds.

    Parameters
    ----------
    orders : sequence of Order
        As ``plan`` made them of the study.
    retry_failed : bool
        Whether tasks that ended in an error are tried again.
    show : callable, optional
        Told now and then how far the batch is.
    stop : callable, optional
        Asked now and then; once it says True nothing more is begun, and what runs is awaited.

    Returns
    -------
    dict
        How it ended, in plain data.

    Raises
    ------
    Ended
        The disk is full or the cluster is gone.
    """
    folder = Folder(out)
    batch = _Batch(folder, crew, Progress(len(orders), size=crew.size()), show or (lambda _: None))
    tasks = [order.columns() for order in orders]
    content = {"schema": 1, "kind": "batch", "version": __version__, "study": study.as_dict(), "tasks": tasks}
    try:
        folder.write_plan(content)
        folder.event("batch_started", tasks=len(orders), where=crew.where, version=__version__)
        waiting = batch.sort_out(orders, retry_failed)
        complete = batch.go_on(waiting, stop or (lambda: False))
        rows = rows_of(folder)
        write_table(rows, folder.path / TABLE)
        write_summary(content, rows, folder)
        ending = {"complete": complete, **batch.progress.as_dict()}
        folder.event("batch_ended", **ending)
    except Ended:
        raise
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise Ended(error.errno, NO_SPACE.format(where="")) from error
        raise
    return {"schema": 1, "kind": "batch", "folder": str(folder.path), **ending, "failures": batch.failures}


class _Batch:
    """A batch at work."""

    def __init__(
        self, folder: Folder, crew: Crew, progress: Progress, show: Callable[[Progress], None]
    ) -> None:
        self.folder, self.crew, self.progress, self.show = folder, crew, progress, show
        self.running: dict[Future[Outcome], Order] = {}
        self.failures: list[dict[str, str]] = []

    def sort_out(self, orders: Sequence[Order], retry_failed: bool) -> deque[Order]:
        """Orders that are still to be carried out; the others are counted."""
        waiting: deque[Order] = deque()
        for order in orders:
            earlier = self.folder.outcome_of(order)
            if earlier in FINISHED or (earlier == FAILED and not retry_failed):
                self.progress.count(earlier)
                if earlier == FAILED:
                    self._note_failure(order, "in an earlier run; --retry-failed tries again")
            else:
                waiting.append(order)
        self.progress.reused = self.progress.ended
        return waiting

    def go_on(self, waiting: deque[Order], stop: Callable[[], bool]) -> bool:
        """Carry out what is waiting; whether all of it was."""
        try:
            while waiting or self.running:
                stopping = stop()
                if stopping:
                    self._take_back()
                    if not self.running:
                        break
                elif not self.crew.lives():
                    raise Ended(errno.ECONNRESET, GONE.format(where=self.crew.where))
                else:
                    self._give(waiting)
                self._show()
                for future in wait(self.running, timeout=LOOK, return_when=FIRST_COMPLETED).done:
                    self._take(future, self.running.pop(future), waiting)
        finally:
            for future in self.running:
                future.cancel()
        self._show()
        return not waiting and self.progress.ended == self.progress.total

    def _give(self, waiting: deque[Order]) -> None:
        size = self.crew.size()
        while waiting and len(self.running) < size + AHEAD:
            order = waiting.popleft()
            self.folder.event("task_started", key=order.key, folder=order.folder)
            self.running[self.crew.give(order)] = order

    def _take_back(self) -> None:
        """Orders that nobody has begun are not begun."""
        for future in [future for future in self.running if future.cancel()]:
            order = self.running.pop(future)
            self.folder.event("task_taken_back", key=order.key, folder=order.folder)

    def _take(self, future: Future[Outcome], order: Order, waiting: deque[Order]) -> None:
        """Write down what became of an order."""
        try:
            outcome = future.result()
        except CancelledError:
            waiting.appendleft(order)  # the cluster lost it
            return
        except OSError as error:
            if error.errno in (errno.ENOSPC, errno.EDQUOT):
                raise
            outcome = failed(f"{type(error).__name__}: {error}")
        except Exception as error:  # of the cluster: whatever it says, the rest goes on
            outcome = failed(f"{type(error).__name__}: {error}")
        if outcome.outcome == NO_ROOM:
            raise Ended(errno.ENOSPC, NO_SPACE.format(where=f" of a worker ({outcome.why})"))
        if outcome.outcome == FAILED and not self.crew.lives():
            waiting.appendleft(order)
            return
        self.folder.publish(order, outcome)
        self.progress.count(outcome.outcome, outcome.timing.get("task_seconds"))
        self.folder.event(
            "task_failed" if outcome.outcome == FAILED else "task_finished",
            key=order.key,
            folder=order.folder,
            outcome=outcome.outcome,
            why=outcome.why,
            seconds=outcome.timing.get("task_seconds"),
            host=outcome.timing.get("host"),
        )
        if outcome.outcome == FAILED:
            self._note_failure(order, outcome.why)

    def _note_failure(self, order: Order, why: str) -> None:
        self.failures.append({"folder": f"runs/{order.folder}", "why": why})

    def _show(self) -> None:
        self.progress.size = self.crew.size()
        self.progress.running = min(len(self.running), self.progress.size)
        self.show(self.progress)
