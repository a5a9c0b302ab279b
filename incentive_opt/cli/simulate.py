"""``incentive-opt simulate``: children and practices one by one for a year under a contract."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from incentive_opt.cli import options
from incentive_opt.cli.contracts import HELP, STATUS_QUO
from incentive_opt.cli.numbers import Number, Word
from incentive_opt.cli.shares import share

if TYPE_CHECKING:
    from incentive_opt.domain.contract import Contract
    from incentive_opt.domain.instance import Instance
    from incentive_opt.errors import Problem
    from incentive_opt.outside import Years
    from incentive_opt.simulate.run import Simulation

BEHAVIOURS = ("rational", "quantal", "inertial", "satisficing")
REPLICATIONS = 10
TIME_LIMIT = 3600.0


@click.command()
@click.argument("instance")
@click.option(
    "--contract", "contract_name", default=STATUS_QUO, show_default=True, metavar="CONTRACT", help=HELP
)
@click.option(
    "--behaviour",
    type=Word(BEHAVIOURS),
    default="rational",
    show_default=True,
    help="How practices answer the contract; see docs/simulator.md.",
)
@click.option(
    "--replications",
    type=Number(lowest=1, whole=True),
    metavar="R",
    help=f"Independent years; with --precision, at most so many.  [default: {REPLICATIONS}]",
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
    help="The same seed gives the same children with the same needs under every contract.",
)
@click.option(
    "--threads",
    type=Number(lowest=1, whole=True),
    metavar="N",
    help="Processors to use; results do not depend on it.  [default: all]",
)
@click.option(
    "--out",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE.csv",
    help="Write the ledger: every figure of every year; the format stands in docs/outside_simulators.md.",
)
@click.option(
    "--with",
    "command",
    metavar="COMMAND",
    help="Have another program simulate, as in 'python3 my_simulator.py'; see docs/outside_simulators.md.",
)
@click.option(
    "--time-limit",
    type=Number(lowest=0),
    metavar="S",
    help=f"End the program given with --with after so many seconds.  [default: {TIME_LIMIT:g}]",
)
@options.as_json
def simulate(
    instance: str,
    contract_name: str,
    behaviour: str,
    replications: int | None,
    precision: float | None,
    seed: int,
    threads: int | None,
    out: Path | None,
    command: str | None,
    time_limit: float | None,
    as_json: bool,
) -> None:
    """Simulate the children and practices of INSTANCE one by one for a year under a contract.

    The simulator shares nothing with the search for designs: practices decide by a model of their own,
    children fall ill by chance, months are full, and thresholds are missed by bad luck. Figures are means
    over independent years, with the interval in which the mean lies with 95 % confidence.
    """
    from incentive_opt.cli.contracts import instance_and_contract
    from incentive_opt.expected_shares import with_expected_shares

    own = {"behaviour": behaviour != "rational", "precision": precision is not None,
           "threads": threads is not None}  # fmt: skip
    problems = _clashes(own, command, time_limit) + _no_room(out)
    read, contract = instance_and_contract(instance, contract_name, problems)
    contract = with_expected_shares(read, contract)
    if command is not None:
        limit = TIME_LIMIT if time_limit is None else time_limit
        years = _outside(command, read, contract, seed, replications or REPLICATIONS, limit)
        document = simulation_document(read, contract, years, seed, command=command)
    else:
        made = _own(read, contract, behaviour, replications, precision, seed, threads)
        years = years_of(made)
        document = simulation_document(read, contract, years, seed, made)
    if out is not None:
        _write(out, years)
    _print(document, read, as_json)


def _write(out: Path, years: Years) -> None:
    """Write the ledger, and say where; also which folders were made for it."""
    from incentive_opt.outside import write_ledger

    new = [folder for folder in out.parents if not folder.exists()]
    write_ledger(out, years)
    made = f" The folder {new[0]} was made for it." if new else ""
    click.echo(f"The ledger is in {out}.{made}", err=True)


def _clashes(own: dict[str, bool], command: str | None, time_limit: float | None) -> list[Problem]:
    """Options that mean nothing beside the others."""
    from incentive_opt.errors import Problem

    if command is None:
        expected = "a time limit only for a program given with --with"
        return [] if time_limit is None else [Problem("command line", "--time-limit", "", expected)]
    expected = "nothing: a program given with --with decides for itself"
    return [Problem("command line", f"--{name}", "", expected) for name, given in own.items() if given]


def _no_room(out: Path | None) -> list[Problem]:
    """Complain before the simulation, not after it, where the ledger cannot be written."""
    from dataclasses import replace

    from incentive_opt.errors import Problem
    from incentive_opt.files.room import no_room
    from incentive_opt.outside.ledger_file import HEADER

    if out is None:
        return []
    if out.exists() and not out.is_file():
        return [Problem("command line", "--out", str(out), "a file; this is something else")]
    if out.exists():
        with out.open("rb") as file:
            if file.readline(200).decode("utf-8", errors="replace").strip() not in ("", HEADER):
                expected = "a new file, or an earlier ledger; this is another file"
                return [Problem("command line", "--out", str(out), expected)]
    told = {"file": "command line", "where": "--out", "value": str(out)}
    return [replace(problem, **told) for problem in no_room(out, file=True)]


def _own(
    instance: Instance,
    contract: Contract,
    behaviour: str,
    replications: int | None,
    precision: float | None,
    seed: int,
    threads: int | None,
) -> Simulation:
    """The simulator of this program, watched."""
    from incentive_opt.cli.simulating import Stop, Tell, attend, step_of

    def work(tell: Tell, _: Stop) -> Simulation:
        from incentive_opt.simulate.run import simulate as run

        return run(
            instance,
            contract,
            behaviour,
            replications=replications,
            seed=seed,
            precision=precision,
            threads=threads,
            report=lambda progress: tell(step_of(progress, open_ended=precision is not None)),
        )

    return attend(work)


def _outside(
    command: str, instance: Instance, contract: Contract, seed: int, replications: int, time_limit: float
) -> Years:
    """Another program, watched."""
    from incentive_opt.cli.simulating import Step, Stop, Tell, attend

    def work(tell: Tell, stop: Stop) -> Years:
        from incentive_opt.outside import run_outside

        tell(Step("waiting for the other program"))
        return run_outside(command, instance, contract, seed, replications, time_limit, stop)

    return attend(work)


def years_of(made: Simulation) -> Years:
    """The figures of a simulation of our own, as a ledger has them."""
    from incentive_opt.outside import Years

    return Years(made.quantities, made.samples)


def simulation_document(
    instance: Instance,
    contract: Contract,
    years: Years,
    seed: int,
    made: Simulation | None = None,
    command: str | None = None,
) -> dict[str, Any]:
    """What was simulated, as one document.

    Parameters
    ----------
    years : Years
        The figures of every year.
    made : Simulation, optional
        Our own simulation, where it is one.
    command : str, optional
        The command of another simulator, where it is one.
    """
    from incentive_opt.cli.simulation_figures import practices_of, samples_of, totals_of

    return {
        "schema": 1,
        "instance": {"name": instance.name, "sha256": instance.sha256},
        "contract": {"title": contract.title, "is_status_quo": contract == instance.status_quo},
        "simulator": "incentive-opt" if command is None else command,
        "behaviour": made.behaviour if made else None,
        "seed": seed,
        "replications": len(years.values),
        "totals": totals_of(years),
        "practices": practices_of(instance, contract, years, made.ledger if made else None),
        "samples": samples_of(years),
        "assumed": made.assumed if made else [],
    }


def _print(document: dict[str, Any], instance: Instance, as_json: bool) -> None:
    from incentive_opt.cli.output import print_json

    if as_json:
        print_json(document)
        return
    from incentive_opt.cli.simulation_view import labels_of, show

    show(document, labels_of(instance))
