"""What a batch is asked as words of a command."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

OPTIONS = {"gap": "--gap", "time_limit": "--time-limit", "iterations": "--iterations", "kinds": "--kinds",
           "pieces": "--pieces", "margin": "--margin", "replications": "--replications"}  # fmt: skip
FLAGS = {"validate": "--validate", "report": "--report"}


def words_of(
    instances: Sequence[str],
    models: Sequence[str],
    seeds: Sequence[int],
    settings: Sequence[tuple[str, Sequence[Any]]],
    terms: Mapping[str, Any],
) -> list[str]:
    """Words that ask for these; what is empty or None is not asked for.

    Files stand there by their names, without this machine's folders.
    """
    words = [shown(name) for name in instances]
    if models:
        words += ["--models", ",".join(shown(name) for name in models)]
    if seeds:
        words += ["--seeds" if len(seeds) > 1 else "--seed", ",".join(map(str, seeds))]
    for key, values in settings:
        words += ["--set", f"{key}={','.join(map(_value, values))}"]
    for name, option in OPTIONS.items():
        if terms.get(name) is not None:
            words += [option, _value(terms[name])]
    return words + [flag for name, flag in FLAGS.items() if terms.get(name)]


def shown(name: str) -> str:
    """A path as it was named; of a whole path the last part."""
    return "+".join(Path(part).name if Path(part).is_absolute() else part for part in str(name).split("+"))


def _value(value: object) -> str:
    """A value as one types it, with all its digits."""
    if isinstance(value, bool):
        return str(value).lower()
    return repr(value).removesuffix(".0") if isinstance(value, float) else str(value)
