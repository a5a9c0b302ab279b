"""An instance or a contract, given as it is, by name or by path."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

from incentive_opt.domain.contract import Contract
from incentive_opt.domain.instance import Instance
from incentive_opt.files.contracts import read_contract
from incentive_opt.files.instances import read_instance

STATUS_QUO = "status_quo"


class HasContract(Protocol):
    """A design in memory."""

    @property
    def contract(self) -> Contract:
        """What a payer would sign."""


def instance_of(given: Instance | str | Path) -> Instance:
    """The instance itself, or the one of that name or folder."""
    return given if isinstance(given, Instance) else read_instance(given)


def contract_of(given: Contract | HasContract | str | Path | None, instance: Instance) -> Contract:
    """The contract that is meant.

    Parameters
    ----------
    given : Contract, a design, str, Path or None
        As it is; that of a design; a contract file, the run folder of a design or the design.json in it;
        None or ``status_quo`` for the contract in force.
    """
    if given is None or given == STATUS_QUO:
        return instance.status_quo
    if isinstance(given, Contract):
        return given
    if isinstance(given, str | Path):
        path = Path(given)
        return read_contract(path.parent if path.name == "design.json" else path, instance)
    return given.contract
