"""The process that carries out orders: one at a time, on one core, until nobody wants it any more.

Not a command for people; ``runner`` starts it and speaks with it over a socket.
"""

from __future__ import annotations

import os
import pickle
import shutil
import signal
import threading
import time
from collections.abc import Callable
from multiprocessing.connection import Connection
from pathlib import Path

from incentive_opt import parallel
from incentive_opt.batch.order import Order
from incentive_opt.batch.record import Outcome

IDLE = 120.0
"""A process that gets no order for so long ends [s]."""
LOOK = 0.5
"""How often it is looked whether whoever started this process is still there [s]."""
ORDER = "order.pickle"
GRACE = 20.0
"""The kernel ends a process that hangs and that nobody watches any more so long after its time [s]."""


def work(arguments: list[str], carry_out: Callable[[Order, Path], Outcome]) -> None:
    """Carry out orders that come over a socket.

    Parameters
    ----------
    arguments : list of str
        Number of the socket, the scratch folder, the memory allowed [bytes] (0: any), and the number of the
        process that started this one.
    carry_out : callable
        Gets an order and the scratch folder. It imports what it needs when it is called, after this process
        has learnt that it has one core.
    """
    scratch, parent = Path(arguments[1]), int(arguments[3])
    threading.Thread(target=_leave_with_parent, args=(parent, scratch), daemon=True).start()
    try:
        _keep_within(int(arguments[2]))
        os.chdir(scratch)
        parallel.use_at_most(1)  # before anything asks: there is a process like this for each core
        _carry_out_all(Connection(int(arguments[0])), scratch, carry_out)
    except (EOFError, BrokenPipeError, ConnectionResetError):
        pass  # nobody is there any more; after any other error somebody reads this process's last words
    shutil.rmtree(scratch, ignore_errors=True)


def _carry_out_all(
    connection: Connection, scratch: Path, carry_out: Callable[[Order, Path], Outcome]
) -> None:
    """Orders one after another, until nobody gives any."""
    while connection.poll(IDLE):
        limit = connection.recv()
        order = pickle.loads((scratch / ORDER).read_bytes())
        signal.setitimer(signal.ITIMER_REAL, limit + GRACE)  # its default action ends the process
        connection.send(carry_out(order, scratch))
        signal.setitimer(signal.ITIMER_REAL, 0.0)


def _keep_within(memory: int) -> None:
    """Let the system refuse memory beyond what is allowed, where it can."""
    if memory:
        import resource

        resource.setrlimit(resource.RLIMIT_DATA, (memory, memory))


def _leave_with_parent(parent: int, scratch: Path) -> None:
    while os.getppid() == parent:
        time.sleep(LOOK)
    shutil.rmtree(scratch, ignore_errors=True)
    os._exit(1)
