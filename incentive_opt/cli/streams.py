"""Standard output for what the program says, and for nothing else."""

from __future__ import annotations

import os
import sys

STDOUT = 1


def prepare() -> None:
    """Make stdout ready: no character stops it, a closed one swallows, and only Python writes to it.

    Solvers now and then print a line of their own straight to file descriptor 1, whatever they were told.
    Under ``--json`` that would spoil the document; so Python keeps a copy of the descriptor for itself,
    and 1 goes nowhere.
    """
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:  # closed by who started the program
            setattr(sys, name, open(os.devnull, "w", encoding="utf-8"))  # noqa: SIM115
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")
    _keep_for_python()


def flush() -> None:
    """Write out what is left; where that fails, give it up, so that Python does not try again at its end."""
    try:
        sys.stdout.flush()
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _keep_for_python() -> None:
    stream = sys.stdout
    try:
        ours = stream.fileno() == STDOUT and stream is sys.__stdout__
    except (OSError, ValueError):
        return
    if not ours:  # a test or another program reads along
        return
    stream.flush()
    own = open(  # noqa: SIM115
        os.dup(STDOUT),
        "w",
        encoding=stream.encoding,
        errors="replace",
        buffering=1 if stream.isatty() else -1,
    )
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, STDOUT)
    os.close(nowhere)
    vars(sys).update(stdout=own, __stdout__=own)
