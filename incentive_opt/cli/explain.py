"""``incentive-opt explain``: why there is no design; or what binds in one, and what a relaxation is worth."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from incentive_opt.cli import options
from incentive_opt.cli.attending import tell
from incentive_opt.cli.shares import share

if TYPE_CHECKING:
    from incentive_opt.cli.watching import Stop

NO_DESIGN = 3
"""Exit code where there is no design, or none was found."""
GAP = 0.0005
SECONDS = 120.0
OF_INSTANCE = ("model", "budget", "margin", "kinds")
"""Options that a design has in itself."""


@click.command()
@click.pass_context
@click.argument("name", metavar="INSTANCE|DESIGN")
@options.model
@options.budget
@options.margin
@options.kinds()
@options.time_limit(SECONDS, "Stop all searches together after so many seconds.")
@click.option(
    "--gap",
    default=GAP,
    show_default=True,
    type=share,
    metavar="G",
    help="End a search when what is found and what is proved differ by this share [1].",
)
@options.seed
@options.iterations("Stop each search after so many iterations: the same answers on every machine.")
@options.as_json
def explain(
    context: click.Context,
    name: str,
    model: str,
    budget: float | None,
    margin: float | None,
    kinds: int,
    time_limit: float,
    gap: float,
    seed: int,
    iterations: int | None,
    as_json: bool,
) -> None:
    """Say why INSTANCE has no design and what would admit one, or what binds in DESIGN.

    For an instance: the least budget, and the least change of every other limit, alone and together; exit
    code 3 where there is no design. For the run folder of a design: which limits bind and what it is worth to
    move them, as shadow prices that are checked by solving again, and by searches with a limit changed.
    Ctrl-C ends it early with what is known.
    """
    from incentive_opt.cli.kinds import CONTRACT, DESIGN, MODEL, kind_of
    from incentive_opt.cli.watching import watch
    from incentive_opt.solve.kept import Terms

    kind = kind_of(name)
    if kind in (CONTRACT, MODEL):
        _refuse(name, kind)
    typed = [one for one in OF_INSTANCE if context.get_parameter_source(one) != _default()]
    if kind == DESIGN and typed:
        raise click.UsageError(f"--{typed[0]} is for an instance; a design has its own.")
    terms = Terms(gap, time_limit, seed, iterations, int(kinds), margin, budget)

    def work(_: Any, stop: Stop) -> dict[str, Any]:
        from incentive_opt.explain import explain_design, explain_instance

        if kind == DESIGN:
            return explain_design(name, terms, stop, tell)
        return explain_instance(name, model, terms, stop, tell)

    document = watch(work)
    if as_json:
        from incentive_opt.cli.output import print_json

        print_json(document)
    else:
        from incentive_opt.cli.explain_view import show

        show(document)
    if document["of"] == "instance" and not document["design_exists"]:
        context.exit(NO_DESIGN)


def _default() -> Any:
    from click.core import ParameterSource

    return ParameterSource.DEFAULT


def _refuse(name: str, kind: str) -> None:
    from incentive_opt.errors import InputError, Problem

    remedy = f"This is {kind}. `explain INSTANCE --model MODEL` explains an instance under a payment model."
    raise InputError([Problem(name, "", "", "an instance, or the run folder of a design", remedy)])
