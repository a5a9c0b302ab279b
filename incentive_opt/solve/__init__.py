"""From an instance and a payment model to a design: the best contract found, and a bound.

>>> import incentive_opt
>>> design = incentive_opt.solve("two_practices", "quality_bonus", gap=0.01)  # doctest: +SKIP
>>> design.health, design.gap, design.contract                                 # doctest: +SKIP
"""

import sys
from types import ModuleType
from typing import Any

from incentive_opt.formulation import lean as lean  # first: before anything imports scipy
from incentive_opt.solve.design import Design
from incentive_opt.solve.journal import Progress
from incentive_opt.solve.run import solve

__all__ = ["Design", "Progress", "solve"]


class _Callable(ModuleType):
    """Importing this module hides the function of the same name in ``incentive_opt``; so it is one, too."""

    def __call__(self, *arguments: Any, **options: Any) -> Design:
        return solve(*arguments, **options)


sys.modules[__name__].__class__ = _Callable
