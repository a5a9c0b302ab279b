"""``incentive-opt validate``: a design's promises beside years simulated child by child."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from incentive_opt.cli.numbers import Number, Word
from incentive_opt.cli.shares import share

if TYPE_CHECKING:
    from incentive_opt.cli.simulating import Step, Stop, Tell
    from incentive_opt.validate import Progress, Validation

BEHAVIOURS = ("rational", "quantal", "inertial", "satisficing")
FAILED = 5
"""Exit code when a design does not hold in simulation."""


@click.command()
@click.argument("design", type=click.Path(path_type=Path))
@click.option(
    "--replications",
    type=Number(lowest=1, whole=True),
    metavar="R",
    help="Simulated years of each contract and behaviour; with --precision, at most so many.  "
    "[default: as many as it takes to tell, 5 to 100]",
)
@click.option(
    "--precision",
    type=share,
    metavar="P",
    help="Go on until the 95 % intervals of health and outlay reach no farther than this share of the mean "
    "to either side [1]; 0.005 or 0.5%.",
)
@click.option(
    "--seed",
    type=Number(lowest=0, whole=True),
    default=0,
    show_default=True,
    metavar="N",
    help="The same children live under both contracts and under every behaviour.",
)
@click.option(
    "--behaviour",
    "behaviours",
    type=Word(BEHAVIOURS),
    multiple=True,
    help="How practices may answer; may be given several times. rational, on which the verdict rests, is "
    "always tried.  [default: all]",
)
@click.option(
    "--threads",
    type=Number(lowest=1, whole=True),
    metavar="N",
    help="Processors to use; results do not depend on it.  [default: all]",
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document: validation.json.")
@click.pass_context
def validate(
    context: click.Context,
    design: Path,
    replications: int | None,
    precision: float | None,
    seed: int,
    behaviours: tuple[str, ...],
    threads: int | None,
    as_json: bool,
) -> None:
    """Simulate DESIGN, a run folder, and say whether its promises hold.

    The simulator shares nothing with the search for designs: children fall ill by chance, months are full,
    thresholds are missed by bad luck, and practices may misjudge, change slowly or not bother. What differs
    is traced to its cause. The findings go to validation.json in the folder; the exit code is 0 if the
    design holds where practices are rational, and 5 if not.
    """
    from incentive_opt.cli.kinds import no_design
    from incentive_opt.cli.simulating import attend
    from incentive_opt.errors import InputError
    from incentive_opt.files.room import A_COPY, no_room

    place = design if design.is_dir() else design.parent
    if wrong := no_design(design) or (no_room(place, A_COPY) if place.is_dir() else []):
        raise InputError(wrong)

    def work(tell: Tell, _: Stop) -> Validation:
        from incentive_opt.validate.run import asked_for, examine
        from incentive_opt.validate.source import source_of

        chosen = behaviours or BEHAVIOURS
        asked = asked_for(replications, precision, seed, chosen, threads)
        return examine(source_of(design), asked, chosen, lambda progress: tell(step_of(progress)))

    validation = attend(work)
    folder = validation.source.folder
    assert folder is not None  # a path was given
    written = False
    try:
        validation.write(folder)
        written = True
    finally:  # where the folder cannot be written any more, the findings are shown all the same
        _show(validation.document, folder if written else None, as_json)
    if not validation.ok:
        context.exit(FAILED)


def _show(document: dict[str, Any], folder: Path | None, as_json: bool) -> None:
    """Print the findings, and in which folder they are, if they are in one."""
    if as_json:
        from incentive_opt.cli.output import print_json

        print_json(document)
    else:
        from incentive_opt.cli.validation_view import show

        show(document, folder)


def step_of(progress: Progress) -> Step:
    """How far a validation has come, for the display."""
    from incentive_opt.cli.simulating import Step

    return Step("validating", progress.done, float(progress.total), f"simulated years, now {progress.doing}")
