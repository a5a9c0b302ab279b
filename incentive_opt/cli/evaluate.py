"""``incentive-opt evaluate``: a payer's own contract against today's and what none can pass."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from incentive_opt.cli import options
from incentive_opt.cli.contracts import HELP
from incentive_opt.cli.numbers import Number, Word
from incentive_opt.cli.simulate import BEHAVIOURS, REPLICATIONS

if TYPE_CHECKING:
    from incentive_opt.cli.simulating import Stop, Tell
    from incentive_opt.domain.contract import Contract
    from incentive_opt.domain.instance import Instance
    from incentive_opt.errors import Problem
    from incentive_opt.evaluate.bounds import BestDesign
    from incentive_opt.simulate.run import Progress


@click.command()
@click.argument("instance")
@click.option("--contract", "contract_name", required=True, metavar="CONTRACT", help=HELP)
@click.option(
    "--design",
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="The run folder of a design for the same instance, as yardstick.  [default: the first best]",
)
@click.option(
    "--replications",
    type=Number(lowest=1, whole=True),
    default=REPLICATIONS,
    show_default=True,
    metavar="R",
    help="Independent simulated years.",
)
@click.option(
    "--behaviour",
    type=Word(BEHAVIOURS),
    default="rational",
    show_default=True,
    help="How simulated practices answer the contract; see docs/simulator.md.",
)
@click.option(
    "--seed",
    type=Number(lowest=0, whole=True),
    default=0,
    show_default=True,
    metavar="N",
    help="Seed of the simulated years, the same under both contracts.",
)
@click.option(
    "--threads",
    type=Number(lowest=1, whole=True),
    metavar="N",
    help="Processors to use; results do not depend on it.  [default: all]",
)
@options.as_json
def evaluate(
    instance: str,
    contract_name: str,
    design: Path | None,
    replications: int,
    behaviour: str,
    seed: int,
    threads: int | None,
    as_json: bool,
) -> None:
    """Say what a contract of your own does on INSTANCE, which terms it breaks, and how good it is.

    Practices answer it in the model that designs are made with, and in simulated years; both beside the
    contract in force. Its prices may be any. The exit code is 0 whatever the contract does.
    """
    from incentive_opt.cli.simulating import attend

    def work(tell: Tell, _: Stop) -> dict[str, Any]:
        from incentive_opt.cli.simulating import Step, step_of
        from incentive_opt.evaluate import evaluate as run

        def report(words: str, progress: Progress | None) -> None:
            tell(Step(words) if progress is None else step_of(progress, of=words))

        return run(read, contract, best, behaviour, replications, seed, threads, report)

    read, contract, best = _given(instance, contract_name, design)
    document = attend(work)
    if as_json:
        from incentive_opt.cli.output import print_json

        print_json(document)
        return
    from incentive_opt.cli.evaluation_view import show
    from incentive_opt.solve.totals import labels

    show(document, labels(read))


def _given(
    instance: str, contract_name: str, design: Path | None
) -> tuple[Instance, Contract, BestDesign | None]:
    """Instance, contract and design, or every problem of all of them at once."""
    from incentive_opt.cli.contracts import instance_and_contract
    from incentive_opt.errors import InputError

    if design is None:
        read, contract = instance_and_contract(instance, contract_name, [])
        return read, contract, None
    from incentive_opt.cli.kinds import no_design
    from incentive_opt.evaluate.bounds import read_best_design
    from incentive_opt.files import read_instance, read_run_folder

    best: BestDesign | None = None
    problems: list[Problem] = []
    known: Instance | None = None
    with suppress(InputError):  # told below
        known = read_instance(instance)
    try:
        if wrong := no_design(design, "--design"):
            problems = wrong
        elif known is None:
            read_run_folder(design)
        else:
            best = read_best_design(design, known)
    except InputError as error:
        problems = error.problems
    read, contract = instance_and_contract(instance, contract_name, problems)
    return read, contract, best
