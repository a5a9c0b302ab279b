"""What may be switched off, to compare the simulator with the optimiser's model of a practice."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Assumptions:
    """How practices are taken to see their world.

    Attributes
    ----------
    smooth : bool
        Effect grows along smooth curves; otherwise along the instance's straight pieces.
    chance : bool
        Whether a tier is attained is a matter of chance, so practices aim above its threshold; otherwise a
        rate at the threshold is paid for sure.
    spread : bool
        Practices of a type differ in altruism and effort; otherwise all are the type's own.
    characters : int, optional
        Of each type, where practices differ; those of the instance if not given.
    """

    smooth: bool = True
    chance: bool = True
    spread: bool = True
    characters: int | None = None
