"""``incentive-opt frontier``: health against budget, with the band in which the best contract lies."""

from __future__ import annotations

from pathlib import Path

import click

from incentive_opt.cli.attending import attend, tell
from incentive_opt.cli.kinds import name_of_model
from incentive_opt.cli.numbers import Number
from incentive_opt.cli.shares import share

NO_DESIGN = 3
"""Exit code where no budget has a design."""


@click.command()
@click.pass_context
@click.argument("instance")
@click.option(
    "--budgets",
    required=True,
    metavar="LO:HI:N",
    help="N budgets in even steps from LO to HI [USD/year]; 450000:550000:11.",
)
@click.option(
    "--model",
    default="blended",
    show_default=True,
    metavar="MODEL",
    help="Payment model, by name or path; several are joined by +.",
)
@click.option(
    "--out",
    type=click.Path(file_okay=False, path_type=Path),
    metavar="DIR",
    help="Folder for the files, with a run folder for each search.  [default: runs/frontier-INSTANCE-MODEL]",
)
@click.option(
    "--time-limit",
    default=300.0,
    show_default=True,
    type=Number(lowest=0),
    metavar="S",
    help="Stop all searches together after so many seconds.",
)
@click.option(
    "--gap",
    default=0.01,
    show_default=True,
    type=share,
    metavar="G",
    help="A budget is done when within this share of the best [1]; 0.01 or 1%. The smaller, the more budgets "
    "have a search of their own.",
)
@click.option(
    "--margin",
    type=Number(lowest=0),
    metavar="USD",
    help="Incentive margin instead of the instance's [USD per practice and year, per 1 % of harm].",
)
@click.option(
    "--kinds",
    default=1,
    show_default=True,
    type=Number(lowest=1, whole=True),
    metavar="N",
    help="Kinds of practice told apart within each type, as in `solve`.",
)
@click.option("--seed", default=0, show_default=True, metavar="N", help="Seed of what is drawn at random.")
@click.option(
    "--iterations",
    type=Number(lowest=0, whole=True),
    metavar="N",
    help="Stop each search after so many iterations: the same designs on every machine.",
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def frontier(
    context: click.Context,
    instance: str,
    budgets: str,
    model: str,
    out: Path | None,
    time_limit: float,
    gap: float,
    margin: float | None,
    kinds: int,
    seed: int,
    iterations: int | None,
    as_json: bool,
) -> None:
    """Find the best contract for INSTANCE at each of many budgets.

    At each budget: a design, and what no contract of the model passes. A design serves every higher budget,
    too, and a limit holds for every lower one; where these leave no more open than the gap, nothing is
    searched. Searches that ended stay in the folder: the same command goes on where it was interrupted.
    Ctrl-C ends the search that is running, and those that were not begun are left out.
    """
    from incentive_opt.files import read_instance
    from incentive_opt.frontier import frontier as run
    from incentive_opt.solve.kept import Terms

    read = read_instance(instance)
    folder = out if out is not None else Path("runs") / f"frontier-{read.name}-{name_of_model(model)}"
    terms = Terms(gap, time_limit, seed, iterations, int(kinds), margin)
    document = run(read, model, budgets, folder, terms, attend, tell)
    if as_json:
        from incentive_opt.cli.output import print_json

        print_json(document | {"folder": str(folder)})
    else:
        from incentive_opt.cli.frontier_view import show

        show(document, folder)
    if document["complete"] and not any(row["found"] for row in document["rows"]):
        context.exit(NO_DESIGN)
