"""Design paediatric payment contracts, and prove how good they are.

Names are loaded when first used, so ``import incentive_opt`` costs nothing.
"""

from __future__ import annotations

import os
import sys
from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from incentive_opt.files.contracts import read_contract, write_contract
    from incentive_opt.files.designs import load_design
    from incentive_opt.files.instances import read_instance
    from incentive_opt.files.models import read_model
    from incentive_opt.robust import robust_solve
    from incentive_opt.simulate import simulate
    from incentive_opt.solve import solve
    from incentive_opt.validate import validate

__version__ = "0.1.0"

if "numpy" not in sys.modules:
    # The matrices here are small: threads of the linear algebra library only get in each other's way (a climb
    # took five times as long on a busy machine of two cores). Only a default; set it to keep your own.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

_HOMES = {
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


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'incentive_opt' has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *_HOMES})
