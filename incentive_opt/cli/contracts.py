"""``--contract``: a file, a design, or the contract in force."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from incentive_opt.domain.contract import Contract
    from incentive_opt.domain.instance import Instance
    from incentive_opt.errors import Problem

STATUS_QUO = "status_quo"
HELP = "A contract.toml, a design (its run folder), or status_quo for the contract in force."


def contract_named(name: str, instance: Instance) -> Contract:
    """The contract that was meant.

    Parameters
    ----------
    name : str
        ``status_quo``; a contract file; the run folder of a design, or the design.json in it.
    """
    from incentive_opt.files import read_contract

    if name == STATUS_QUO:
        return instance.status_quo
    path = Path(name)
    return read_contract(str(path.parent) if path.name == "design.json" else name, instance)


def instance_and_contract(instance: str, contract: str, others: list[Problem]) -> tuple[Instance, Contract]:
    """Read both; every problem of both, and those found before, at once.

    Parameters
    ----------
    others : list of Problem
        What else is wrong with what was asked for.
    """
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
    return read, found
