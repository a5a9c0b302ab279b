"""``--contract``: a file, a design, or the contract in force."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from incentive_opt.domain.contract import Contract
    from incentive_opt.domain.instance import Instance
    from incentive_opt.errors import Problem

STATUS_QUO = "status_quo"
NAMED = 5
"""So many names stand in a warning; the rest is counted."""
HELP = "A contract.toml, a design (its run folder), or status_quo for the contract in force."


def contract_named(name: str, instance: Instance) -> Contract:
    """The contract that was meant.

    Parameters
    ----------
    name : str
        ``status_quo``; a contract file; the run folder of a design, or the design.json in it.
    """
    from incentive_opt.cli.kinds import no_contract
    from incentive_opt.errors import InputError
    from incentive_opt.files import read_contract

    if name == STATUS_QUO:
        return instance.status_quo
    if wrong := no_contract(name):
        raise InputError(wrong)
    path = Path(name)
    return read_contract(str(path.parent) if path.name == "design.json" else name, instance)


def warn_of_unpaid(contract: Contract, instance: Instance, typed: str, name: str) -> None:
    """Lines on stderr: what is paid today and a contract does not name (0.0 is meant); terms without effect.

    Parameters
    ----------
    typed : str
        The instance as it was typed, to show how today's prices are seen.
    name : str
        The contract as it was typed. That of a design is not warned of: it leaves out what it pays nothing.
    """
    import click

    from incentive_opt.cli.output import clean

    if (Path(name) / "design.json").is_file() or (Path(name).parent / "design.json").is_file():
        return
    for idle in idle_terms(contract, instance):
        click.echo(clean(f"Warning: {idle}"), err=True)
    left = [name for name, fee in instance.status_quo.fees.items() if fee and name not in contract.fees]
    unpaid = f"nothing for {_some(left, 'service')}" if left else ""
    children = [name for name, usd in instance.status_quo.capitation.items()
                if usd and name not in contract.capitation]  # fmt: skip
    if children:
        unpaid += (" and " if unpaid else "") + f"no monthly payment for {_some(children, 'segment')}"
    if unpaid:
        said = f"Warning: this contract pays {unpaid}, paid today and not named in it."
        click.echo(clean(f"{said} `show {typed} --contract` prints today's prices."), err=True)


def idle_terms(contract: Contract, instance: Instance) -> list[str]:
    """Terms of a contract that change nothing, since what they are about is not in it or in the instance."""
    from incentive_opt.domain.sharing import PLAIN

    terms = contract.benchmarks
    said = []
    if terms.sharing != PLAIN and not contract.price("shared_savings", "care_elsewhere"):
        said.append(
            "this contract has terms under [sharing] and no share under [shared_savings]; nothing is shared."
        )
    if terms.counts_elsewhere and not any(measure.closed_elsewhere > 0.0 for measure in instance.measures):
        said.append(
            "count_closed_elsewhere changes nothing here: no measure of the instance says what others closed "
            "(closed_elsewhere in measures.csv)."
        )
    return said


def _some(names: list[str], kind: str) -> str:
    """How many of a kind, and the first names."""
    shown = ", ".join(names[:NAMED]) + (f" and {len(names) - NAMED} more" if len(names) > NAMED else "")
    return f"{len(names)} {kind}{'' if len(names) == 1 else 's'} ({shown})"


def instance_and_contract(instance: str, contract: str, others: list[Problem]) -> tuple[Instance, Contract]:
    """Read both; every problem of both, and those found before, at once.

    Parameters
    ----------
    others : list of Problem
        What else is wrong with what was asked for.
    """
    from incentive_opt.cli.kinds import no_contract
    from incentive_opt.errors import InputError
    from incentive_opt.files import read_contract, read_instance

    problems = list(others)
    try:
        read = read_instance(instance)
    except InputError as error:
        problems += error.problems
        if contract != STATUS_QUO:  # as far as it can be read without an instance
            try:
                path = Path(contract)
                if wrong := no_contract(contract):
                    raise InputError(wrong)
                read_contract(path.parent if path.name == "design.json" else path)
            except InputError as too:
                problems += too.problems
        raise InputError(problems) from error
    try:
        found = contract_named(contract, read)
    except InputError as error:
        raise InputError(problems + error.problems) from error
    if problems:
        raise InputError(problems)
    warn_of_unpaid(found, read, instance, contract)
    return read, found
