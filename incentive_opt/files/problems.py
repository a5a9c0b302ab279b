"""Gathering problems, so that a person sees all of them at once."""

from __future__ import annotations

import difflib
from collections.abc import Iterable

from incentive_opt.errors import InputError, Problem


class Problems:
    """A growing list of problems; ``raise_if_any`` ends the reading."""

    def __init__(self) -> None:
        self.found: list[Problem] = []

    def add(self, file: str, where: str, value: object, expected: str, remedy: str = "") -> None:
        """Note one problem; long values are shortened."""
        text = "" if value is None else str(value)
        shown = text if len(text) <= 80 else text[:77] + "…"
        self.found.append(Problem(file, where, shown, expected, remedy))

    def raise_if_any(self) -> None:
        """Raise InputError with everything found so far, if anything was."""
        if self.found:
            raise InputError(self.found)


def nearest(name: str, known: Iterable[str]) -> str:
    """The known name that is most like the one given; empty where none is."""
    by_lower_case = {other.lower(): other for other in known}
    close = difflib.get_close_matches(name.lower(), list(by_lower_case), n=1, cutoff=0.6)
    return by_lower_case[close[0]] if close else ""


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """Say which known name is meant, or which names there are.

    Returns
    -------
    str
        One sentence for the remedy of a problem; empty where nothing is known.
    """
    names = list(dict.fromkeys(known))
    if not names:
        return ""
    if close := nearest(name, names):
        return f"Did you mean {close!r}?"
    shown = ", ".join(names[:8]) + (", …" if len(names) > 8 else "")
    return f"There is: {shown}."
