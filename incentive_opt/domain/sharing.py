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


PLAIN = Sharing()
"""Sharing from the first dollar, both ways, without a limit or a gate."""
