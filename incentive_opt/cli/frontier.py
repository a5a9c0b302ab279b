"""``incentive-opt frontier``: health against budget, with the band in which the best contract lies."""

from __future__ import annotations

from pathlib import Path

import click

from incentive_opt.cli import options
from incentive_opt.cli.attending import attend, tell
from incentive_opt.cli.kinds import name_of_model

NO_DESIGN = 3
"""Exit code where no budget has a design."""


@click.command()
@click.pass_context
@click.argument("instance")
@click.option(
    "--budgets",
    metavar="LO:HI:N",
    help="N budgets in even steps from LO to HI [USD/year]; 450000:550000:11.",
)
@click.option(
    "--vary",
    nargs=2,
    metavar="KEY LO:HI:N",
    help="Instead of budgets N values of a number of instance.toml; income.floor 0.90:1.00:6.",
)
@options.model
@click.option(
    "--out",
    type=click.Path(file_okay=False, path_type=Path),
    metavar="DIR",
    help="Folder for the files, with a run folder for each search.  [default: runs/frontier-INSTANCE-MODEL]",
)
@options.time_limit(300.0, "Stop all searches together after so many seconds.")
@options.gap(
    "A budget is done when within this share of the best [1]; 0.01 or 1%. The smaller, the more budgets "
    "have a search of their own."
)
@options.margin
@options.kinds()
@options.pieces
@options.seed
@options.iterations()
@options.as_json
def frontier(
    context: click.Context,
    instance: str,
    budgets: str | None,
    vary: tuple[str, str] | None,
    model: str,
    out: Path | None,
    time_limit: float,
    gap: float,
    margin: float | None,
    kinds: int,
    pieces: int,
    seed: int,
    iterations: int | None,
    as_json: bool,
) -> None:
    """Find the best contract for INSTANCE at each of many budgets.

    At each budget: a design, and what no contract of the model passes. A design serves every higher budget,
    too, and a limit holds for every lower one; where these leave no more open than the gap, nothing is
    searched. Searches that ended stay in the folder: the same command goes on where it was interrupted.
    Ctrl-C ends the search that is running, and those that were not begun are left out. With --vary, the
    same for any number of the instance; there every value has a search of its own, and a limit holds for
    others only with payer.budget, income.floor and income.ceiling.
    """
    if (budgets is None) == (vary is None):
        raise click.UsageError("Give either --budgets LO:HI:N or --vary KEY LO:HI:N.")
    from incentive_opt.files import read_instance
    from incentive_opt.frontier import frontier as run
    from incentive_opt.frontier import variation
    from incentive_opt.solve.kept import Terms

    read = read_instance(instance)
    what = "frontier" if vary is None else f"variation-{vary[0]}"
    folder = out if out is not None else Path("runs") / f"{what}-{read.name}-{name_of_model(model)}"
    terms = Terms(gap, time_limit, seed, iterations, int(kinds), margin, pieces=int(pieces))
    if budgets is not None:
        document = run(read, model, budgets, folder, terms, attend, tell)
    else:
        assert vary is not None
        document = variation(read, model, *vary, folder, terms, attend, tell)
    if as_json:
        from incentive_opt.cli.output import print_json

        print_json(document | {"folder": str(folder)})
    elif vary is None:
        from incentive_opt.cli.frontier_view import show

        show(document, folder)
    else:
        from incentive_opt.cli.variation_view import show as show_variation

        show_variation(document, folder)
    if document["complete"] and not any(row["found"] for row in document["rows"]):
        context.exit(NO_DESIGN)
