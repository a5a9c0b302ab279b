"""The one place that knows numba: typed wrappers of its compiler.

Helpers are compiled into the functions that call them; only the functions that Python calls are kept on disk.
numba looks at nothing but a function's own file to see whether a copy kept on disk is still good, so the
copy's key carries a digest of every source file it is made of.
"""

from __future__ import annotations

import hashlib
import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar, cast

import numba

_njit: Any = numba.njit  # its types do not know all of its options

SOURCES = (
    "arrivals", "care", "children", "compiled", "kernel", "months", "outcomes", "slots", "streams", "world",
)  # fmt: skip
"""Modules with compiled functions, and those from which they take constants."""
F = TypeVar("F", bound=Callable[..., Any])


def compiled(function: F) -> F:
    """Compile a helper into its callers.

    It may make no arrays. So nothing in it counts references to arrays, which would take several times as
    long as all else it does.
    """
    return cast(F, _njit(nogil=True, error_model="numpy", forceinline=True, _nrt=False)(function))


def compiled_apart(function: F) -> F:
    """Compile a helper that is too large to be copied into its callers; it may make no arrays either."""
    options = {"no_cpython_wrapper": True, "no_cfunc_wrapper": True, "_nrt": False}
    return cast(F, _njit(nogil=True, error_model="numpy", **options)(function))


def compiled_made(function: F) -> F:
    """Compile a helper that makes arrays, called once a practice."""
    options = {"no_cpython_wrapper": True, "no_cfunc_wrapper": True}
    return cast(F, _njit(nogil=True, error_model="numpy", **options)(function))


def compiled_entry(function: F) -> F:
    """Compile a function that Python calls, and keep it on disk; it has to close over ``digest()``."""
    if function.__closure__ is None:
        raise TypeError(f"{function.__name__} does not close over the digest of the sources")
    plain = _njit(nogil=True, error_model="numpy")
    try:
        chosen = [_njit(nogil=True, error_model="numpy", cache=True)(function)]
    except RuntimeError:  # no folder that could be written: compile anew each time
        chosen = [plain(function)]

    def call(*arguments: Any) -> Any:
        try:
            return chosen[0](*arguments)
        except (pickle.UnpicklingError, EOFError):  # the copy on disk is damaged
            chosen[0] = plain(function)
            return chosen[0](*arguments)

    return cast(F, call)


def digest() -> str:
    """Digest of the sources that compiled functions are made of."""
    total = hashlib.sha256()
    for name in SOURCES:
        total.update(Path(__file__).with_name(f"{name}.py").read_bytes())
    return total.hexdigest()
