"""Design paediatric payment contracts, and prove how good they are.

Names are loaded when first used, so ``import incentive_opt`` costs nothing.
"""

from __future__ import annotations

import os
import sys
from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from incentive_opt.domain.contract import Contract
    from incentive_opt.domain.instance import Instance
    from incentive_opt.evaluate import evaluate
    from incentive_opt.files.contracts import read_contract, write_contract
    from incentive_opt.files.designs import load_design
    from incentive_opt.files.instances import read_instance
    from incentive_opt.files.models import read_model
    from incentive_opt.files.named import HasContract
    from incentive_opt.robust import robust_solve
    from incentive_opt.simulate import Progress, Simulation
    from incentive_opt.solve import solve
    from incentive_opt.validate import validate

__version__ = "0.1.0"

if "numpy" not in sys.modules:
    # The matrices here are small: threads of the linear algebra library only get in each other's way (a climb
    # took five times as long on a busy machine of two cores). Only a default; set it to keep your own.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

_HOMES = {
    "evaluate": "incentive_opt.evaluate",
    "read_instance": "incentive_opt.files.instances",
    "read_model": "incentive_opt.files.models",
    "read_contract": "incentive_opt.files.contracts",
    "write_contract": "incentive_opt.files.contracts",
    "load_design": "incentive_opt.files.designs",
    "robust_solve": "incentive_opt.robust",
    "simulate": "incentive_opt.simulate",
    "solve": "incentive_opt.solve",
    "validate": "incentive_opt.validate",
}

__all__ = [
    "__version__",
    "evaluate",
    "load_design",
    "read_contract",
    "read_instance",
    "read_model",
    "robust_solve",
    "simulate",
    "solve",
    "validate",
    "write_contract",
]


def _simulate(
    instance: Instance | str | Path,
    contract: Contract | HasContract | str | Path | None = None,
    behaviour: str = "rational",
    replications: int | None = None,
    seed: int = 0,
    precision: float | None = None,
    threads: int | None = None,
    report: Callable[[Progress], None] | None = None,
) -> Simulation:
    """Simulate children and practices one by one for a year under a contract.

    Parameters
    ----------
    instance : Instance, str or Path
        As it is, by name or by folder.
    contract : Contract, design, str or Path, optional
        As it is; a contract file; a design or its run folder; the contract in force if not given.
    behaviour, replications, seed, precision, threads, report
        As in ``incentive_opt.simulate.simulate``, which takes an instance and a contract as they are.

    Raises
    ------
    InputError
        A file is bad, or an argument makes no sense.
    """
    from incentive_opt.expected_shares import with_expected_shares
    from incentive_opt.files.named import contract_of, instance_of
    from incentive_opt.simulate.run import simulate as run

    read = instance_of(instance)
    given = with_expected_shares(read, contract_of(contract, read))
    return run(read, given, behaviour, replications, seed, precision, threads, report)


if TYPE_CHECKING:
    simulate = _simulate


class _Simulator(ModuleType):
    """The simulator's module, which is called like a function: as ``simulate`` of this one it knows names."""

    def __call__(self, *arguments: Any, **options: Any) -> Simulation:
        return _simulate(*arguments, **options)


class _Package(ModuleType):
    """What this module is: importing ``incentive_opt.simulate`` sets that here under the function's name."""

    def __setattr__(self, name: str, value: object) -> None:
        if name == "simulate" and isinstance(value, ModuleType):
            value.__class__ = _Simulator
        super().__setattr__(name, value)


sys.modules[__name__].__class__ = _Package


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'incentive_opt' has no attribute {name!r}")
    home = import_module(_HOMES[name])
    return _simulate if name == "simulate" else getattr(home, name)


def __dir__() -> list[str]:
    return sorted({*globals(), *_HOMES})
