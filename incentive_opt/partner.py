"""A process of this package that answers one thing at a time over pipes, for work that fills a core.

It is the package started anew (``python -m MODULE``), so that a script that calls the package needs no guard
against being imported again.
"""

from __future__ import annotations

import contextlib
import os
import pickle
import subprocess
import sys
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import IO, Any, cast

GONE = (EOFError, OSError, pickle.UnpicklingError)
"""What ``Partner.ask`` raises where the process is gone."""


class Partner:
    """The process, from the side that asks.

    Parameters
    ----------
    module : str
        What to run; it calls ``answer_all``.
    first : object
        What it is told before anything is asked.

    Raises
    ------
    OSError
        Where it cannot be started.
    """

    def __init__(self, module: str, first: object) -> None:
        package = str(Path(__file__).resolve().parents[1])
        paths = [package, *filter(None, os.environ.get("PYTHONPATH", "").split(os.pathsep))]
        self.process = subprocess.Popen(
            [sys.executable, "-m", module],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(paths)},
            start_new_session=True,  # Ctrl-C is for whoever started it
        )
        try:
            self._send(first)
        except OSError:
            self.end()
            raise

    def _send(self, thing: object) -> None:
        pipe = cast(IO[bytes], self.process.stdin)
        pickle.dump(thing, pipe, protocol=pickle.HIGHEST_PROTOCOL)
        pipe.flush()

    def ask(self, thing: object) -> Any:
        """Its answer; the text of a traceback where its work failed. Raises one of ``GONE``."""
        self._send(thing)
        return pickle.load(cast(IO[bytes], self.process.stdout))

    def end(self) -> None:
        """End the process."""
        self.process.kill()
        self.process.wait()
        for pipe in (self.process.stdin, self.process.stdout):
            if pipe is not None:
                with contextlib.suppress(OSError):  # what was not yet written to a killed process
                    pipe.close()


def answer_all(prepare: Callable[[Any, Callable[[], bool]], Callable[[Any], object]]) -> None:
    """Answer until there are no more questions, or until whoever started this process is gone.

    Parameters
    ----------
    prepare : callable
        Gets what was told first, and what says whether the asker is gone; gives what answers a question.
    """
    source, target = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # the solver sometimes prints; nothing but answers may go to the pipe
    parent = os.getppid()

    def gone() -> bool:
        return os.getppid() != parent

    work = prepare(pickle.load(source), gone)
    while not gone():
        try:
            thing = pickle.load(source)
        except EOFError:
            return
        try:
            answer: object = work(thing)
        except Exception:
            answer = traceback.format_exc()
        try:
            pickle.dump(answer, target, protocol=pickle.HIGHEST_PROTOCOL)
            target.flush()
        except BrokenPipeError:
            os._exit(0)  # nobody waits for the answer any more
