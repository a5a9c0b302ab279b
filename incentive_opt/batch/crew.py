"""Who carries orders out: workers on this machine, or those of a cluster; for the batch they are the same."""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from incentive_opt import __version__
from incentive_opt.batch.order import SOLVER, Order
from incentive_opt.batch.record import Outcome
from incentive_opt.batch.runner import Care, end_all, supervise
from incentive_opt.errors import InputError, Problem

PATIENCE = 30.0
"""How long a cluster has to answer [s]."""
COUNT_EVERY = 5.0
"""How often the workers of a cluster are counted, which come and go [s]."""
ASKED = "what was asked for"


@dataclass
class Crew:
    """Carries out orders.

    Attributes
    ----------
    executor : Executor
    care : Care
    size : callable
        So many orders can be carried out at once, now.
    lives : callable
        Whether the crew is still there.
    where : str
        In a few words.
    """

    executor: Executor
    care: Care
    size: Callable[[], int]
    lives: Callable[[], bool]
    where: str

    def give(self, order: Order) -> Future[Outcome]:
        """Have an order carried out."""
        return self.executor.submit(supervise, order, self.care, (__version__, SOLVER))


@contextmanager
def on_this_machine(jobs: int, care: Care) -> Iterator[Crew]:
    """So many processes of this machine."""
    executor = ThreadPoolExecutor(jobs, thread_name_prefix="batch")
    try:
        yield Crew(executor, care, lambda: jobs, lambda: True, f"{jobs} process{'es' * (jobs != 1)} here")
    finally:
        end_all()
        executor.shutdown(wait=True, cancel_futures=True)


@dataclass(frozen=True)
class Certificates:
    """Files for a cluster that speaks TLS, as Dask's own programs take them."""

    ca_file: Path | None = None
    cert: Path | None = None
    key: Path | None = None

    def check(self) -> None:
        """Raise InputError where a file is missing."""
        given = {"tls-ca-file": self.ca_file, "tls-cert": self.cert, "tls-key": self.key}
        problems = [
            Problem(ASKED, name, str(path), "a file that is there")
            for name, path in given.items()
            if path is not None and not path.is_file()
        ]
        if any(given.values()) and not all(given.values()):
            missing = ", ".join(name for name, path in given.items() if path is None)
            problems.append(Problem(ASKED, missing, "", "all three files of TLS, or none"))
        if problems:
            raise InputError(problems)


@contextmanager
def on_cluster(address: str, certificates: Certificates, care: Care) -> Iterator[Crew]:
    """The workers of a Dask cluster that runs already.

    Raises
    ------
    InputError
        Where Dask is not installed, or nothing answers at the address.
    """
    certificates.check()
    client = _client(address, certificates)
    counted = [0.0, 0.0]

    def size() -> int:
        if time.monotonic() - counted[0] > COUNT_EVERY or not counted[1]:
            with contextlib.suppress(Exception):  # while the cluster changes; the last count stands
                counted[:] = [time.monotonic(), float(sum(client.nthreads().values()))]
        return int(counted[1])

    try:
        executor = client.get_executor(pure=False)
        yield Crew(executor, care, size, lambda: client.status == "running", f"the cluster at {address}")
    finally:
        with contextlib.suppress(Exception):  # it may be gone
            client.close(timeout=PATIENCE)


def _client(address: str, certificates: Certificates) -> Any:
    try:
        import distributed
    except ModuleNotFoundError as error:
        remedy = "Install it: pip install distributed (it is what the extra 'cluster' adds)."
        raise InputError([
            Problem(ASKED, "scheduler", address, "the package dask.distributed, which is not there", remedy)
        ]) from error  # fmt: skip
    dask: Any = distributed  # its functions have no types
    security = None
    if certificates.ca_file is not None:
        security = dask.Security(
            tls_ca_file=os.fspath(certificates.ca_file),
            tls_client_cert=os.fspath(certificates.cert or ""),
            tls_client_key=os.fspath(certificates.key or ""),
            require_encryption=True,
        )
    try:
        return dask.Client(
            address, security=security, timeout=PATIENCE, set_as_default=False, name="incentive-opt"
        )
    except (OSError, ValueError, TypeError, RuntimeError, ImportError) as error:
        words = str(error) or type(error).__name__
        remedy = f"Is its scheduler running, and is this its address? It was said: {words}"
        raise InputError(
            [Problem(ASKED, "scheduler", address, "the address of a Dask cluster", remedy)]
        ) from error
