"""A design's promises, held against years in which children, chance and people are not as it assumes.

>>> import incentive_opt
>>> validation = incentive_opt.validate("my_design", replications=20)  # doctest: +SKIP
>>> validation.verdict, validation.document["sentences"]               # doctest: +SKIP
"""

import sys
from types import ModuleType
from typing import Any

from incentive_opt.validate.causes import Cause
from incentive_opt.validate.run import Progress, validate
from incentive_opt.validate.validation import Validation

__all__ = ["Cause", "Progress", "Validation", "validate"]


class _Callable(ModuleType):
    """Importing this module hides the function of the same name in ``incentive_opt``; so it is one, too."""

    def __call__(self, *arguments: Any, **options: Any) -> Validation:
        return validate(*arguments, **options)


sys.modules[__name__].__class__ = _Callable
