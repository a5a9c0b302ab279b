"""``incentive-opt batch``: many designs at once, resumable, on this machine or a cluster."""

from __future__ import annotations

from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from incentive_opt.cli import options
from incentive_opt.cli.numbers import Number
from incentive_opt.cli.shares import share

if TYPE_CHECKING:
    from incentive_opt.batch.crew import Crew
    from incentive_opt.batch.folder import Folder
    from incentive_opt.batch.runner import Care
    from incentive_opt.batch.study import Study

FAILED, NO_DESIGN, INTERRUPTED = 1, 3, 130
"""Exit codes: some tasks failed; none has a design; the batch was stopped before its end."""
WORKER = "incentive_opt.cli.batch_worker"


@click.command()
@click.pass_context
@click.argument("instances", nargs=-1, metavar="[INSTANCE]...")
@click.option(
    "--models", metavar="A,B,C", help="Payment models, with commas between them.  [default: all that ship]"
)
@click.option(
    "--seeds", metavar="N", help="So many seeds, or the seeds themselves: 5, or 3,7,11.  [default: 1]"
)
@click.option(
    "--seed",
    type=Number(lowest=0, whole=True),
    default=0,
    show_default=True,
    metavar="N",
    help="The first seed.",
)
@click.option(
    "--set",
    "settings",
    multiple=True,
    metavar="KEY=V,V",
    help="Another value for a number of instance.toml, or several in turn: payer.budget=500000,515000; "
    "repeat for other keys.",
)
@click.option(
    "--study", type=click.Path(path_type=Path), metavar="FILE", help="A study file, which lists all of this."
)
@click.option(
    "--out",
    type=click.Path(file_okay=False, path_type=Path),
    required=True,
    metavar="DIR",
    help="Folder of the batch; that of an earlier batch goes on, also without naming anything else.",
)
@click.option(
    "--jobs",
    type=Number(lowest=1, whole=True),
    metavar="N",
    help="Processes of this machine.  [default: its cores]",
)
@click.option("--scheduler", metavar="ADDRESS", help="A Dask cluster that runs already: tcp://host:8786.")
@click.option("--tls-ca-file", type=click.Path(path_type=Path), metavar="FILE", help="For a tls:// cluster.")
@click.option("--tls-cert", type=click.Path(path_type=Path), metavar="FILE", help="For a tls:// cluster.")
@click.option("--tls-key", type=click.Path(path_type=Path), metavar="FILE", help="For a tls:// cluster.")
@click.option(
    "--gap",
    type=share,
    metavar="G",
    help="Stop each search when within this share of the best [1].  [default: 0.01]",
)
@click.option(
    "--time-limit",
    type=Number(lowest=0),
    metavar="S",
    help="Stop each search after so many seconds; a task that hangs is ended.  [default: 300]",
)
@click.option(
    "--iterations",
    type=Number(lowest=0, whole=True),
    metavar="N",
    help="Stop each search after so many iterations: with time to spare, the same results on every machine.",
)
@click.option(
    "--kinds",
    type=Number(lowest=1, whole=True),
    metavar="N",
    help="Kinds of practice, as in `solve`.  [default: 1]",
)
@click.option(
    "--pieces",
    type=Number(lowest=1, whole=True),
    metavar="N",
    help="Straight pieces of effect curves, as in `solve`.  [default: 1]",
)
@options.margin
@click.option(
    "--validate", "simulate", is_flag=True, default=None, help="Verify and simulate each design, too."
)
@click.option(
    "--replications", type=Number(lowest=1, whole=True), metavar="R", help="Simulated years, with --validate."
)
@click.option("--report", "page", is_flag=True, default=None, help="Write each design's report, too.")
@click.option("--retry-failed", is_flag=True, help="Try tasks again that ended in an error.")
@click.option(
    "--kill-after",
    type=Number(lowest=0),
    metavar="S",
    help="End a task that takes longer than this.  [default: 1.5 times the time limit and 15 s; 300 s more "
    "to simulate, 60 s to report]",
)
@click.option(
    "--memory-limit", metavar="SIZE", help="Memory of each process at most: 2GB, 800MB.  [default: any]"
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def batch(
    context: click.Context,
    /,
    out: Path,
    jobs: int | None,
    scheduler: str | None,
    retry_failed: bool,
    kill_after: float | None,
    memory_limit: str | None,
    as_json: bool,
    **given: Any,
) -> None:
    """Design contracts for every INSTANCE under every model, with every seed and every change.

    Each design has a run folder of its own, as `solve` writes it; `results` asks their table. What was
    finished is not done again: give the same command again after a crash, with more seeds, or after an
    instance changed. Ctrl-C ends with the tasks that run; a second one ends at once, and loses only those.
    """
    from incentive_opt.batch.folder import Folder
    from incentive_opt.batch.plan import plan
    from incentive_opt.batch.run import run_batch
    from incentive_opt.cli.batch_watching import interrupted_by_signals, watching

    folder = Folder(out)
    folder.check()
    care = _care(memory_limit, kill_after)
    if scheduler and jobs:
        raise click.UsageError(
            "--jobs is for this machine, --scheduler for a cluster; give one or the other."
        )
    study = _study(folder, given)
    with interrupted_by_signals():
        orders = plan(study)
    with (
        _crew(jobs, scheduler, given, care) as crew,
        folder.locked(),
        watching(len(orders)) as (show, stop),
    ):
        document = run_batch(study, orders, out, crew, retry_failed, show, stop)
    if as_json:
        from incentive_opt.cli.output import print_json

        print_json(document)
    else:
        from incentive_opt.cli.batch_view import show_ending

        show_ending(document)
    context.exit(_code(document))


def _code(document: dict[str, Any]) -> int:
    if not document["complete"]:
        return INTERRUPTED
    if document["outcomes"].get("failed"):
        return FAILED
    return 0 if document["outcomes"].get("done") else NO_DESIGN


def _study(folder: Folder, given: dict[str, Any]) -> Study:
    """What is asked: typed, from a file, or what the folder's batch was asked before."""
    from incentive_opt.batch.folder import BATCH
    from incentive_opt.batch.study import Study, parse_seeds, study_of
    from incentive_opt.files.library import shipped_models
    from incentive_opt.files.settings import parse_setting

    named = ("instances", "models", "seeds", "settings", "study", "gap", "time_limit", "iterations", "kinds",
             "pieces", "margin")  # fmt: skip
    asked = given["seed"] != 0 or any(
        given[name] not in (None, ()) for name in (*named, "simulate", "replications", "page")
    )
    if not asked and (folder.path / BATCH).exists():
        return Study.from_dict(folder.read_plan()["study"])
    if not given["instances"] and given["study"] is None:
        raise click.UsageError(
            "Name an INSTANCE, or a --study that lists some; `incentive-opt list` shows which ship."
        )
    models = _listed(given["models"])
    if given["models"] is None and given["study"] is None:
        models = list(shipped_models())
    if given["seeds"] is not None:
        seeds = parse_seeds(given["seeds"], given["seed"])
    else:
        seeds = (given["seed"],) if given["seed"] or given["study"] is None else ()
    terms = {
        name: given[name]
        for name in ("gap", "time_limit", "iterations", "kinds", "pieces", "margin", "replications")
    }
    return study_of(
        given["study"],
        given["instances"],
        models,
        seeds,
        _settings([parse_setting(text) for text in given["settings"]]),
        terms | {"validate": given["simulate"], "report": given["page"]},
    )


def _settings(parsed: list[tuple[str, tuple[Any, ...]]]) -> list[tuple[str, tuple[Any, ...]]]:
    """A key that is given twice takes all values of both."""
    merged: dict[str, tuple[Any, ...]] = {}
    for key, values in parsed:
        merged[key] = merged.get(key, ()) + values
    return list(merged.items())


def _listed(text: str | None) -> list[str]:
    return [name.strip() for name in (text or "").split(",") if name.strip()]


def _crew(
    jobs: int | None,
    scheduler: str | None,
    given: dict[str, Any],
    care: Care,
) -> AbstractContextManager[Crew]:
    from incentive_opt.batch.crew import Certificates, on_cluster, on_this_machine
    from incentive_opt.parallel import cores

    if scheduler is None:
        return on_this_machine(jobs or cores(), care)
    return on_cluster(
        scheduler, Certificates(given["tls_ca_file"], given["tls_cert"], given["tls_key"]), care
    )


def _care(memory_limit: str | None, kill_after: float | None) -> Care:
    """How each worker is kept."""
    from incentive_opt.batch.runner import Care
    from incentive_opt.batch.study import LONGEST

    if kill_after is not None and kill_after > LONGEST:
        raise click.BadParameter(f"at most {LONGEST:g} seconds.", param_hint="--kill-after")
    return Care(WORKER, _memory(memory_limit), kill_after)


def _memory(text: str | None) -> int:
    """``2GB`` in bytes; 0 where nothing is said."""
    if text is None:
        return 0
    import re

    from incentive_opt.batch.runner import LEAST_MEMORY, MEMORY_HERE, MOST_MEMORY

    found = re.fullmatch(r"([0-9]+(?:\.[0-9]+)?)\s*(MB|GB|M|G)", text.strip(), re.IGNORECASE)
    size = float(found[1]) * (1e9 if found[2].upper().startswith("G") else 1e6) if found else 0.0
    if not LEAST_MEMORY <= size <= MOST_MEMORY:
        wanted = f"of at least {LEAST_MEMORY / 1e6:.0f}MB and at most {MOST_MEMORY / 1e9:.0f}GB"
        shown = text[:40].encode(errors="replace").decode()
        raise click.BadParameter(
            f"{shown!r} is not a size {wanted}; write 2GB or 800MB.", param_hint="--memory-limit"
        )
    if not MEMORY_HERE:
        raise click.BadParameter(
            "this system does not let a program limit its memory.", param_hint="--memory-limit"
        )
    return int(size)
