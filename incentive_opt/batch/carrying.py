"""Carrying out an order in a worker: search, simulate, report, all in a scratch folder; files come back."""

from __future__ import annotations

import errno
import json
import shutil
import socket
import time
import traceback
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from incentive_opt.batch.figures import figures_of, simulated, verified
from incentive_opt.batch.order import Order
from incentive_opt.batch.people import people_of
from incentive_opt.batch.record import DONE, FAILED, NO_DESIGN, NO_ROOM, UNFIT, Outcome, failed
from incentive_opt.certify import certify, read_responses
from incentive_opt.domain.instance import Instance
from incentive_opt.errors import InputError, NoDesign
from incentive_opt.files import read_instance, read_run_folder
from incentive_opt.formulation.levers import levers
from incentive_opt.solve.combined import find
from incentive_opt.solve.design import Design
from incentive_opt.solve.run import solve
from incentive_opt.validate import validate

WritePage = Callable[[Path], None]
"""Writes the report of a run folder into it."""
FULL = (errno.ENOSPC, errno.EDQUOT)
SIMULATION_SEED = 0
"""The same children live under every design of a batch."""
KEPT = 3
"""Instances that stay in the scratch folder for the next order."""


def carry_out(order: Order, scratch: Path, write_page: WritePage) -> Outcome:
    """Carry out an order; whatever goes wrong is an outcome, too.

    Parameters
    ----------
    scratch : Path
        A folder of the worker's own, which is the current one.
    write_page : callable
        Writes the report of a run folder.
    """
    started = time.perf_counter()
    run = scratch / "runs" / order.folder  # pages name it
    figures: dict[str, Any] = {}
    timing: dict[str, Any] = {"host": socket.gethostname()}
    outcome, why, detail = DONE, "", ""
    try:
        shutil.rmtree(run.parent, ignore_errors=True)
        instance, model = _instance(order, scratch), _model(order, scratch)
        if why := _unfit(model, instance):
            outcome = UNFIT
        else:
            design = _search(order, instance, model, timing)
            design.write(run)
            terms = order.terms
            figures |= figures_of(design.document, terms.iterations, terms.time_limit)
            figures |= people_of(
                run, instance.with_pieces(terms.pieces), design.document["labels"], terms.kinds
            )
            _further(order, run, figures, write_page)
    except NoDesign as error:
        outcome, why = NO_DESIGN, str(error)
    except MemoryError:
        return failed("it needs more memory than the worker may use", worn=True)
    except OSError as error:
        if error.errno in FULL:
            return Outcome(NO_ROOM, f"{socket.gethostname()}: {error}")
        outcome, why, detail = FAILED, f"{type(error).__name__}: {error}", traceback.format_exc()
    except Exception as error:
        outcome, why, detail = FAILED, f"{type(error).__name__}: {error}", traceback.format_exc()
    timing["task_seconds"] = time.perf_counter() - started
    timing["finished"] = datetime.now(UTC).isoformat(timespec="seconds")
    return Outcome(outcome, why, figures, timing, _files(run), detail)


def _search(order: Order, instance: Instance, model: str, timing: dict[str, Any]) -> Design:
    started, terms = time.perf_counter(), order.terms
    try:
        return solve(
            instance,
            model,
            gap=terms.gap,
            time_limit=terms.time_limit,
            seed=order.seed,
            iteration_limit=terms.iterations,
            kinds=terms.kinds,
            pieces=terms.pieces,
            margin=terms.margin,
        )
    finally:
        timing["search_seconds"] = time.perf_counter() - started


def _further(order: Order, run: Path, figures: dict[str, Any], write_page: WritePage) -> None:
    """Verify the design, simulate it and write its report, where that was asked."""
    terms = order.terms
    if terms.validate:
        promised, kept, model, contract = read_run_folder(run)
        figures |= verified(certify(kept, model, contract, read_responses(run / "responses.csv"), promised))
        validate(run, replications=terms.replications, seed=SIMULATION_SEED, threads=1)
        figures |= simulated(json.loads((run / "validation.json").read_text(encoding="utf-8")))
    if terms.report:
        write_page(run)


def _instance(order: Order, scratch: Path) -> Instance:
    """The order's instance, from files of its own; those of the last few orders stay."""
    above = scratch / "instances"
    folder = above / order.instance.sha256
    if not folder.exists():
        above.mkdir(exist_ok=True)
        for old in sorted(above.iterdir(), key=lambda path: path.stat().st_mtime)[: 1 - KEPT]:
            shutil.rmtree(old)
        made = above / "new"
        shutil.rmtree(made, ignore_errors=True)
        made.mkdir()
        for file, content in order.instance.files.items():
            (made / file).write_bytes(content)
        made.rename(folder)
    return read_instance(folder, name=order.instance.name)


def _model(order: Order, scratch: Path) -> str:
    """The order's model as ``solve`` takes it: a file, or several joined by ``+``."""
    folder = scratch / "models"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    for name, content in order.model.files:
        (folder / f"{name}.toml").write_bytes(content)
    return "+".join(
        f"models/{name}.toml" for name, _ in order.model.files
    )  # the scratch folder is the current


def _unfit(model: str, instance: Instance) -> str:
    """Why the model says nothing about the instance; empty where it fits."""
    try:
        found, _ = find(model, instance)
        levers(instance, found)
    except InputError as error:
        return f"Not for {instance.name}: " + " ".join(str(problem) for problem in error.problems)
    return ""


def _files(run: Path) -> dict[str, bytes]:
    """Every file of the run folder."""
    paths = sorted(path for path in run.rglob("*") if path.is_file()) if run.is_dir() else []
    return {path.relative_to(run).as_posix(): path.read_bytes() for path in paths}
