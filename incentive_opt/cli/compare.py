"""``incentive-opt compare``: payment models side by side on one instance."""

from __future__ import annotations

from pathlib import Path

import click

from incentive_opt.cli import options
from incentive_opt.cli.attending import attend, tell


@click.command()
@click.argument("instance")
@click.option(
    "--models",
    metavar="A,B,C",
    help="Payment models, by name or path, with commas between them.  [default: all that ship, unless "
    "--designs is given]",
)
@click.option(
    "--designs",
    type=click.Path(path_type=Path),
    multiple=True,
    metavar="DIR",
    help="Run folder of a design for the same instance, to stand beside the models; repeat for several.",
)
@click.option(
    "--out",
    type=click.Path(file_okay=False, path_type=Path),
    metavar="DIR",
    help="Folder for the files, with a run folder for each model.  [default: runs/compare-INSTANCE]",
)
@options.time_limit(60.0, "Stop each model's search after so many seconds.")
@options.gap()
@options.margin
@options.budget
@options.kinds()
@options.pieces
@options.seed
@options.iterations()
@options.as_json
def compare(
    instance: str,
    models: str | None,
    designs: tuple[Path, ...],
    out: Path | None,
    time_limit: float,
    gap: float,
    margin: float | None,
    budget: float | None,
    kinds: int,
    pieces: int,
    seed: int,
    iterations: int | None,
    as_json: bool,
) -> None:
    """Solve INSTANCE under several payment models and put them side by side.

    Health, gain over today, outlay, what no contract of the model can pass; incomes, children, staff time.
    Below the tables stands why nothing was found for a model. Searches that ended stay in the folder: the
    same command goes on where it was interrupted. Ctrl-C ends the search that is running, and those that
    were not begun are left out.
    """
    from incentive_opt.compare import Terms
    from incentive_opt.compare import compare as run
    from incentive_opt.files import read_instance

    read = read_instance(instance)
    terms = Terms(gap, time_limit, seed, iterations, int(kinds), margin, budget, int(pieces))
    folder = out if out is not None else Path("runs") / f"compare-{read.name}"
    document = run(read, _names(models, designs), folder, designs, terms, attend, tell)
    if as_json:
        from incentive_opt.cli.output import print_json

        print_json(document | {"folder": str(folder)})
        return
    from incentive_opt.cli.comparison_view import show

    show(document, folder)


def _names(models: str | None, designs: tuple[Path, ...]) -> list[str]:
    """The models asked for; all that ship where nothing is."""
    if models is not None:
        return [name.strip() for name in models.split(",") if name.strip()]
    if designs:
        return []
    from incentive_opt.files.library import shipped_models

    return list(shipped_models())
