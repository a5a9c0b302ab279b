"""A payer's own contract: what practices do under it, which terms it breaks, how near the best it comes."""

import sys
from types import ModuleType
from typing import Any

from incentive_opt.evaluate.run import evaluate

__all__ = ["evaluate"]


class _Callable(ModuleType):
    """Importing this module hides the function of the same name in ``incentive_opt``; so it is one, too."""

    def __call__(self, *arguments: Any, **options: Any) -> dict[str, Any]:
        return evaluate(*arguments, **options)


sys.modules[__name__].__class__ = _Callable
