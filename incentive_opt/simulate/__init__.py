"""Children and practices one by one: what a contract does, by a model that shares nothing with the optimiser.

It reads the instance and the contract, and nothing else: how practices decide, what is paid and what
care does are written here a second time, from docs/simulator.md.
"""

import sys
from types import ModuleType
from typing import Any

from incentive_opt.simulate.behaviour import Assumptions
from incentive_opt.simulate.run import Progress, Simulation, simulate

__all__ = ["Assumptions", "Progress", "Simulation", "simulate"]


class _Callable(ModuleType):
    """Importing this module hides the function of the same name in ``incentive_opt``; so it is one, too."""

    def __call__(self, *arguments: Any, **options: Any) -> Simulation:
        return simulate(*arguments, **options)


sys.modules[__name__].__class__ = _Callable
