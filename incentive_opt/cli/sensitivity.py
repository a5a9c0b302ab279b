"""``incentive-opt sensitivity``: how sure a design is, where numbers of its instance are not known well."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from incentive_opt.cli import options
from incentive_opt.cli.numbers import Number

if TYPE_CHECKING:
    from incentive_opt.cli.simulating import Stop, Tell

STOPPING = "Stopping after the cases in progress; what is done counts. Again to abort without it."


@click.command()
@click.argument("design", type=click.Path(path_type=Path))
@click.option(
    "--draws",
    type=Number(lowest=0, whole=True),
    default=256,
    show_default=True,
    metavar="N",
    help="Draws of all parameters at once, best a power of two; 0 for one parameter at a time alone.",
)
@click.option(
    "--seed",
    type=Number(lowest=0, whole=True),
    default=0,
    show_default=True,
    metavar="N",
    help="Seed of the draws.",
)
@click.option(
    "--against",
    type=click.Path(path_type=Path),
    multiple=True,
    metavar="CONTRACT",
    help="A contract file or the run folder of a design, to stand beside this one; repeat for several.",
)
@click.option(
    "--uncertainty",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="A table of parameters in place of the uncertainty.csv of the design's instance.",
)
@click.option(
    "--worth",
    type=Number(lowest=1),
    default=100_000.0,
    show_default=True,
    metavar="USD",
    help="What a QALY is worth to the payer, for the value of knowing more [USD/QALY].",
)
@click.option(
    "--resolve",
    type=Number(lowest=0),
    default=0.0,
    metavar="S",
    help="Search again for so many seconds at each end of each parameter: would another contract be better?",
)
@click.option(
    "--indices",
    type=Number(lowest=0, whole=True),
    default=0,
    metavar="N",
    help="Also Sobol' indices, from N times (parameters + 2) cases; a few hundred at least.",
)
@click.option(
    "--kinds",
    type=Number(lowest=1, whole=True),
    metavar="N",
    help="Kinds of practice told apart within each type; fewer are quicker.  [default: as the design does]",
)
@click.option(
    "--processes",
    type=Number(lowest=1, whole=True),
    metavar="N",
    help="Processes at most; results do not depend on it.  [default: one for each processor]",
)
@options.as_json
def sensitivity(
    design: Path,
    draws: int,
    seed: int,
    against: tuple[Path, ...],
    uncertainty: Path | None,
    worth: float,
    resolve: float,
    indices: int,
    kinds: int | None,
    processes: int | None,
    as_json: bool,
) -> None:
    """Say how sure DESIGN, a run folder, is where numbers of its instance are not known well.

    The instance's uncertainty.csv says which numbers these are. Each is moved to its low and its high end,
    and all are drawn at once many times; practices respond anew to today's contract and to the design. How
    far does the gain move, does the decision change, how likely is the design better, and what would it be
    worth to know more? The findings go to sensitivity.json in the folder. Ctrl-C ends it with what is done.
    """
    from incentive_opt.cli.kinds import no_contract, no_design
    from incentive_opt.cli.simulating import Step, attend
    from incentive_opt.errors import InputError
    from incentive_opt.files.room import A_COPY, no_room

    folder = design if design.is_dir() else design.parent
    wrong = [*no_design(design), *(one for name in against for one in no_contract(name, "--against"))]
    wrong += no_room(folder, A_COPY) if folder.is_dir() else []
    if wrong:
        raise InputError(wrong)

    def work(tell: Tell, stop: Stop) -> dict[str, Any]:
        from incentive_opt.sensitivity import Terms
        from incentive_opt.sensitivity import sensitivity as run

        tell(Step("reading the files"))
        terms = Terms(draws, seed, worth, kinds, resolve, indices, processes)

        def say(words: str, done: int, total: int) -> None:
            tell(Step(words, float(done), float(total), "cases"))

        return run(design, terms, against, uncertainty, say, stop, write=False)

    document = attend(work, STOPPING)
    from incentive_opt.sensitivity.run import keep

    written = False
    try:
        keep(document, folder)
        written = True
    finally:  # where the folder cannot be written any more, the findings are shown all the same
        _show(document, folder if written else None, as_json)


def _show(document: dict[str, Any], folder: Path | None, as_json: bool) -> None:
    """Print the findings, and in which folder they are, if they are in one."""
    if as_json:
        from incentive_opt.cli.output import print_json

        print_json({key: value for key, value in document.items() if key != "table_of_draws"})
    else:
        from incentive_opt.cli.sensitivity_view import show

        show(document, folder)
