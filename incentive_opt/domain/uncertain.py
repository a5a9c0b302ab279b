"""Numbers of an instance that are not known well: where they stand and how far they may move."""

from __future__ import annotations

from dataclasses import dataclass

DISTRIBUTIONS: tuple[str, ...] = ("uniform", "triangular", "normal", "lognormal")
"""How likely which value is. Of the first two, low and high are the ends; of the others 95 % lie between."""
VALUE, MULTIPLE = "value", "multiple"
"""Whether a parameter stands in place of its numbers, or multiplies them."""
TERMS = "instance.toml"


@dataclass(frozen=True)
class Place:
    """Where a number stands: table, the cells that name its row, column; of instance.toml the path of a key.

    ``Place("health.csv", ("asthma", "child"), "qaly_per_event")``,
    ``Place("instance.toml", (), "staff.clinician.hours_per_fte")``.
    """

    table: str
    row: tuple[str, ...]
    column: str


@dataclass(frozen=True)
class Uncertain:
    """A parameter that is not known well: one or several numbers that move together.

    Attributes
    ----------
    places : tuple of Place
        The numbers.
    scale : {"value", "multiple"}
        Whether the parameter stands in place of its numbers, or multiplies them.
    base : float
        What the files say: the number itself, or 1 for a multiple.
    low, high : float
        Around the base; what they mean depends on the distribution.
    distribution : {"uniform", "triangular", "normal", "lognormal"}
    least, most : float
        No value outside makes sense: the limits of the numbers' columns.
    """

    name: str
    label: str
    places: tuple[Place, ...]
    scale: str
    base: float
    low: float
    high: float
    distribution: str = "uniform"
    least: float = 0.0
    most: float = 1e12
    unit: str = ""
    source: str = ""
