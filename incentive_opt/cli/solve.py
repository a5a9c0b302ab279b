"""``incentive-opt solve``: the best contract of a payment model, with a bound on what any other could do."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from incentive_opt.cli import options
from incentive_opt.cli.kinds import name_of_model
from incentive_opt.cli.numbers import Number
from incentive_opt.cli.shares import share

if TYPE_CHECKING:
    from incentive_opt.cli.watching import Report, Stop
    from incentive_opt.domain.instance import Instance
    from incentive_opt.solve import Design

ATTEMPTS = 8
"""Searches of ``--robust``, unless told otherwise."""


@click.command()
@click.pass_context
@click.argument("instance")
@options.model
@click.option(
    "--out",
    type=click.Path(file_okay=False, path_type=Path),
    metavar="DIR",
    help="Folder for the files.  [default: runs/INSTANCE-MODEL]",
)
@options.gap()
@options.time_limit(300.0)
@options.margin
@click.option(
    "--altruism-margin",
    type=share,
    metavar="SHARE",
    help="Ask that intended responses stay best for practices that value a QALY by this share less [1]; "
    "0.03 or 3%.",
)
@click.option(
    "--aim-above",
    type=Number(lowest=0),
    metavar="Z",
    help="Take it that practices aim Z standard deviations of their rate above a threshold, so as to be paid "
    "in spite of chance; 2.5: paid in 99 years of 100.",
)
@options.kinds(
    "Tell N kinds of practice apart within each type, which differ in altruism and effort as practices "
    "do in the simulation: slower, and promises that hold better."
)
@options.pieces
@click.option(
    "--start",
    metavar="CONTRACT",
    help="Begin near this contract: a contract file, or the run folder of a design.",
)
@options.budget
@options.seed
@options.iterations("Stop after so many iterations: the same design on every machine.")
@click.option(
    "--scenarios",
    type=Number(lowest=1, whole=True),
    metavar="N",
    help="One contract for N draws of the numbers that uncertainty.csv says are not known well: the most "
    "health on average; budget and incomes hold on average and with the numbers of the files.",
)
@click.option(
    "--robust",
    is_flag=True,
    help="Simulate the design, and search again until it holds and keeps 90 % of its gain under every "
    "behaviour; the time limit is for each search.",
)
@click.option(
    "--attempts",
    type=Number(lowest=1, whole=True),
    metavar="N",
    help=f"With --robust: searches at most.  [default: {ATTEMPTS}]",
)
@click.option("--quiet", is_flag=True, help="Do not print the tables.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document: design.json and its folder.")
def solve(
    context: click.Context,
    instance: str,
    model: str,
    out: Path | None,
    gap: float,
    time_limit: float,
    margin: float | None,
    altruism_margin: float | None,
    aim_above: float | None,
    kinds: int,
    pieces: int,
    start: str | None,
    budget: float | None,
    seed: int,
    iterations: int | None,
    scenarios: int | None,
    robust: bool,
    attempts: int | None,
    quiet: bool,
    as_json: bool,
) -> None:
    """Find the best contract for INSTANCE and write its run folder.

    Ends at the gap or the time limit, whichever is first, with the best design found and its true bound.
    Ctrl-C ends it early in the same way; a second Ctrl-C aborts.
    """
    from incentive_opt.files import check_run_folder, read_instance
    from incentive_opt.files.room import need_room

    if attempts is not None and not robust:
        raise click.UsageError("--attempts counts the searches of --robust; without it there is one.")
    read = read_instance(instance)
    folder = out if out is not None else Path("runs") / f"{read.name}-{name_of_model(model)}"
    need_room(folder)
    replaced = check_run_folder(folder)
    terms = {
        "gap": gap,
        "time_limit": time_limit,
        "margin": margin,
        "seed": seed,
        "iteration_limit": iterations,
        "budget": budget,
        "kinds": int(kinds),
        "pieces": int(pieces),
        "start": start,
    }
    if robust and (altruism_margin is not None or aim_above is not None):
        raise click.UsageError(
            "--robust chooses --altruism-margin and --aim-above itself; give one or the other."
        )
    if robust and scenarios is not None:
        raise click.UsageError("--robust searches for the numbers of the files; give it or --scenarios.")
    if robust:
        document = _robustly(read, model, attempts or ATTEMPTS, terms, folder)
    else:
        terms |= _allowance(read, altruism_margin, aim_above)
        document = _once(read, model, terms, folder, scenarios)
    if replaced:
        click.echo(
            f"Replaced the earlier design in {folder}, with any report, validation and sensitivity of it.",
            err=True,
        )
    if as_json:
        from incentive_opt.cli.output import print_json

        print_json(document | {"folder": str(folder)})
    elif not quiet:
        _print(document, folder)
    if robust and not (document["robustness"]["holds"] and document["robustness"]["robust"]):
        from incentive_opt.cli.robustly import FAILED

        context.exit(FAILED)


def _allowance(read: Instance, altruism_margin: float | None, aim_above: float | None) -> dict[str, Any]:
    """What the design is to allow for, beyond the instance's margin."""
    if aim_above is None:
        return {"altruism_margin": altruism_margin}
    from incentive_opt.solve.attainment import targets_for

    return {"altruism_margin": altruism_margin, "attainment": targets_for(read, aim_above)}


def _once(
    read: Instance, model: str, terms: dict[str, Any], folder: Path, scenarios: int | None
) -> dict[str, Any]:
    """One search; its design is written into the folder."""
    from incentive_opt.cli.watching import watch

    def work(report: Report, stop: Stop) -> Design:
        if scenarios is not None:
            from incentive_opt.sensitivity.scenarios import solve_scenarios

            return solve_scenarios(read, model, scenarios, report=report, stop=stop, **terms)
        from incentive_opt.solve.run import solve as run

        return run(read, model, report=report, stop=stop, **terms)

    design = watch(work)
    design.write(folder)
    return design.document


def _robustly(
    read: Instance, model: str, attempts: int, terms: dict[str, Any], folder: Path
) -> dict[str, Any]:
    """Searches until the design survives the simulator; the best is written with its validation."""
    from incentive_opt.cli.robustly import search, write

    return write(search(read, model, attempts, terms), folder)


def _print(document: dict[str, Any], folder: Path) -> None:
    """What was found, as tables."""
    from incentive_opt.cli.design_view import show

    if "robustness" in document:
        from incentive_opt.cli.robustly import tell

        tell(document)
    show(document, folder)
    if "scenarios" in document:
        from incentive_opt.cli.scenarios_view import show as show_scenarios

        show_scenarios(document["scenarios"])
