"""Running a simulator of others: a command, a time limit, and the ledger that it leaves."""

from __future__ import annotations

import contextlib
import os
import shlex
import signal
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import IO, NoReturn

from incentive_opt.domain.contract import Contract
from incentive_opt.domain.instance import Instance
from incentive_opt.errors import InputError, Problem
from incentive_opt.files.contracts import write_contract
from incentive_opt.outside.ledger_file import Years, read_ledger

TIME_LIMIT = 3600.0
"""Where nothing else is asked for [s]."""
LOOK_EVERY = 0.05
"""How often the program is looked after [s]."""
LAST_WORDS = 2000
"""Of what the program says, so much is kept for an error message [bytes]."""
LAST_LINES = 12
LINGER = 2.0
"""A program that was told to end has so long before it is ended [s]."""
ASKED = "what was asked for"


class Stopped(Exception):
    """The one who watches asked for an end."""


def run_outside(
    command: str,
    instance: Instance,
    contract: Contract,
    seed: int,
    replications: int,
    time_limit: float = TIME_LIMIT,
    stop: Callable[[], bool] | None = None,
) -> Years:
    """Have a contract simulated by another program.

    The command is split into words as a shell would, but no shell runs it. To its words are added
    ``--instance DIR --contract FILE --seed N --replications R --ledger FILE``.

    Parameters
    ----------
    command : str
        Such as ``python3 my_simulator.py --fast``.
    instance, contract : Instance, Contract
        The instance must have been read from files, and the program reads those.
    seed, replications : int
        Passed on. The program has to write a ledger with so many years.
    time_limit : float
        After this time the program is ended [s].
    stop : callable, optional
        Asked now and then; once it says True the program is ended.

    Returns
    -------
    Years
        What the ledger says.

    Raises
    ------
    InputError
        The command cannot be run, fails, takes too long, or leaves no ledger or a bad one.
    Stopped
        ``stop`` said so.
    """
    words = _words(command)
    if not instance.path:
        _refuse(command, "an instance that was read from files")
    with tempfile.TemporaryDirectory(prefix="incentive-opt-") as folder:
        ledger, terms = Path(folder, "ledger.csv"), Path(folder, "contract.toml")
        write_contract(contract, terms)
        given = {
            "--instance": Path(instance.path).resolve(),
            "--contract": terms,
            "--seed": seed,
            "--replications": replications,
            "--ledger": ledger,
        }
        words += [str(word) for pair in given.items() for word in pair]
        _run(command, words, time_limit, stop or (lambda: False))
        return read_ledger(ledger, instance, contract, replications, f"the ledger of {words[0]}")


def _words(command: str) -> list[str]:
    """The words of a command line."""
    try:
        words = shlex.split(command)
    except ValueError as error:
        _refuse(command, f"a command line ({error})")
    if not words:
        _refuse(command, "a command, such as 'python3 my_simulator.py'")
    return words


def _run(command: str, words: list[str], time_limit: float, stop: Callable[[], bool]) -> None:
    """Run to the end, or to the limit; a failure is a problem with what the program said last."""
    try:
        process = subprocess.Popen(
            words,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=os.name == "posix",  # so that what it starts can be ended with it
        )
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        remedy = "Is it installed, and does a script name its interpreter, as in 'python3 my_simulator.py'?"
        _refuse(command, f"a program that can be started ({words[0]}: {reason})", remedy)
    assert process.stdout is not None
    said = _LastWords(process.stdout)
    try:
        _wait(process, command, time_limit, stop, said)
    finally:
        _end(process)
        said.close()
    if process.returncode != 0:
        code = process.returncode
        how = f"it was ended by signal {-code}" if code < 0 else f"it ended with exit code {code}"
        _refuse(command, f"a program that ends with exit code 0; {how}", said.quoted())


def _wait(
    process: subprocess.Popen[bytes],
    command: str,
    time_limit: float,
    stop: Callable[[], bool],
    said: _LastWords,
) -> None:
    until = time.monotonic() + time_limit
    while process.poll() is None:
        if stop():
            raise Stopped
        if time.monotonic() > until:
            remedy = "Give it longer with --time-limit, or fewer --replications."
            _refuse(command, f"an answer within {time_limit:,g} seconds", f"{remedy} {said.quoted()}".strip())
        time.sleep(LOOK_EVERY)


def _end(process: subprocess.Popen[bytes]) -> None:
    """End the program and what it started, first kindly."""
    for number in (signal.SIGTERM, getattr(signal, "SIGKILL", signal.SIGTERM)):
        with contextlib.suppress(OSError):  # what it started may outlive it, so the group is told in any case
            if os.name == "posix":
                os.killpg(process.pid, number)
            elif process.poll() is None:
                process.kill()
        if process.poll() is None:
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(LINGER)


class _LastWords:
    """Reads along, so that the program never waits for a reader, and keeps the end."""

    def __init__(self, stream: IO[bytes]) -> None:
        self.stream = stream
        self.kept = b""
        self.thread = threading.Thread(target=self._read, daemon=True)
        self.thread.start()

    def _read(self) -> None:
        with contextlib.suppress(OSError, ValueError):
            while piece := self.stream.read1(65536):  # type: ignore[attr-defined]
                self.kept = (self.kept + piece)[-LAST_WORDS:]

    def close(self) -> None:
        """Wait for the end of the stream; not for long, as another may hold it open."""
        self.thread.join(LINGER)
        if not self.thread.is_alive():
            self.stream.close()

    def quoted(self) -> str:
        """What was said last, for a message; nothing if nothing was."""
        self.thread.join(LOOK_EVERY)
        text = self.kept.decode("utf-8", errors="replace").strip()
        if not text:
            return ""
        lines = [f"       {line}" for line in text.splitlines()[-LAST_LINES:]]
        return "\n".join(["It said last:", *lines])


def _refuse(command: str, expected: str, remedy: str = "") -> NoReturn:
    raise InputError([Problem(ASKED, "with", command, expected, remedy)])
