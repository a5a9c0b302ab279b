"""What can go wrong for a user: bad input (all of it at once) and no design."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Problem:
    """One thing wrong in the input, said so that it can be mended.

    Attributes
    ----------
    file : str
        File in which it stands.
    where : str
        Row (``row 7 (need=asthma, segment=infant)``) or key (``[payer] budget``); may be empty.
    value : str
        What was found there, as text; may be empty.
    expected : str
        What would have been right.
    remedy : str
        What to do; may be empty.
    """

    file: str
    where: str
    value: str
    expected: str
    remedy: str = ""

    def __str__(self) -> str:
        place = f"{self.file}, {self.where}" if self.where else self.file
        found = f": found {self.value!r}" if self.value else ""
        remedy = f" {self.remedy}" if self.remedy else ""
        return f"{place}{found}; expected {self.expected}.{remedy}"


class InputError(Exception):
    """Bad input. Carries every problem found, not only the first (exit code 2)."""

    def __init__(self, problems: list[Problem]) -> None:
        self.problems = list(problems)
        lines = "\n".join(f"  {number}. {problem}" for number, problem in enumerate(self.problems, 1))
        count = len(self.problems)
        super().__init__(f"{count} problem{'s' if count != 1 else ''} in the input:\n{lines}")


class NoDesign(Exception):
    """No contract meets every constraint; the message says why (exit code 3)."""
