"""A response: how a practice works in a year."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Response:
    """What one practice of a type does in a year.

    Attributes
    ----------
    panel : mapping segment -> float
        Children kept [children].
    services : mapping (service, segment) -> float
        [services/year]
    effective : mapping (need, segment) -> float
        Effective care [fully effective events/year].
    overtime : mapping (role, band) -> float
        [hours/year]; bands are 0-based.
    tiers : mapping measure -> int
        Highest tier attained (0: none) among tiers that carry money in the contract answered.
    """

    practice: str
    panel: Mapping[str, float]
    services: Mapping[tuple[str, str], float]
    effective: Mapping[tuple[str, str], float]
    overtime: Mapping[tuple[str, int], float]
    tiers: Mapping[str, int] = field(default_factory=dict)
