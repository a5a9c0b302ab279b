"""When savings are shared, and how far: terms of a contract that stay as they are while prices are sought."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Sharing:
    """Terms of shared savings, each as a share of the practice's benchmark of care elsewhere.

    Attributes
    ----------
    minimum : float
        Savings below it are not shared, nor losses of less; from it on, from the first dollar [1].
    most_gained, most_lost : float or None
        Savings beyond it bring no more, losses beyond it cost no more [1]; None: no such limit. A
        ``most_lost`` of 0 is one-sided sharing.
    quality_gate : bool
        Gains are paid only to practices that attain the first tier of every measure that applies to them.
    """

    minimum: float = 0.0
    most_gained: float | None = None
    most_lost: float | None = None
    quality_gate: bool = False

    @property
    def in_words(self) -> str:
        """The terms as they stand in a file, in a line."""
        if self == Sharing():
            return "no terms, so from the first dollar both ways"
        limits = {"most_gained": self.most_gained, "most_lost": self.most_lost}
        said = [f"minimum = {self.minimum:g}"]
        said += [f"{name} = {limit:g}" for name, limit in limits.items() if limit is not None]
        return ", ".join([*said, f"quality_gate = {str(self.quality_gate).lower()}"])


PLAIN = Sharing()
"""Sharing from the first dollar, both ways, without a limit or a gate."""
