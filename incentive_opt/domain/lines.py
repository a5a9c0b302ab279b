"""Ways of paying beyond fees, capitation and bonuses: each a price for a quantity that care adds up to.

What each pays for stands in docs/mathematics.md, "Other lines of payment".
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from incentive_opt.domain.sharing import PLAIN, Sharing

Line = tuple[str, str]
"""Kind of line, and what it is of: ('outcome', 'asthma'), ('salary', 'clinicians')."""

NEED, MEASURE = "need", "measure"


WITHHOLD = "withhold"
"""The kind of line that holds back a part of today's fees until a measure's tiers are attained."""


POOL_SHARE = "pool_share"
"""The kind of line that shares a fixed pool among all who close gaps of a measure."""
PARTNERS = "partners"
"""Feature beside it: gaps that others close, at the same price. They are paid for them, practices are not."""


@dataclass(frozen=True)
class LineKind:
    """A way of paying.

    Attributes
    ----------
    name : str
        ``kind`` of a lever in a payment model.
    table : str
        Its table in contract.toml.
    unit : str
    of : str
        ``"need"`` or ``"measure"``, where it is of these; else the only thing that it can be of.
    words : str
        What one unit of its price is paid for, in plain words.
    benchmark : str
        ``"care"`` or ``"cost"`` where it is paid against a benchmark, and so may be negative; else empty.
    most : float
        No price may be above this.
    """

    name: str
    table: str
    unit: str
    of: str
    words: str
    benchmark: str = ""
    most: float = 1e9

    @property
    def label(self) -> str:
        """The kind as a person would say it."""
        return self.name.replace("_", " ")

    @property
    def may_owe(self) -> bool:
        """Whether it can take money from a practice."""
        return bool(self.benchmark) or self.name == WITHHOLD


LINE_KINDS: Mapping[str, LineKind] = {
    kind.name: kind
    for kind in (
        LineKind(
            "outcome", "outcomes", "USD/effective event", NEED, "an event of the need met with full effect"
        ),
        LineKind(
            "improvement",
            "improvements",
            "USD/effective event",
            NEED,
            "an event met with full effect beyond the benchmark for the children kept; owed back below it",
            benchmark="care",
        ),
        LineKind(
            "episode", "episodes", "USD/event met", NEED, "an event of the need met, by whatever service"
        ),
        LineKind(
            "shared_savings",
            "shared_savings",
            "USD/USD saved",
            "care_elsewhere",
            "a dollar that care elsewhere costs less than its benchmark; owed back where it costs more",
            benchmark="cost",
            most=1.0,
        ),
        LineKind(
            "rvu_rate", "rvu_rate", "USD/RVU", "all_services", "an RVU of any service, on top of its fee"
        ),
        LineKind("salary", "salaries", "USD/FTE and year", "clinicians", "a full-time clinician, for a year"),
        LineKind(
            WITHHOLD,
            "withholds",
            "USD/USD of fees",
            MEASURE,
            "a dollar of today's fees for the services given, held back; each tier of the measure returns an "
            "equal part",
            most=1.0,
        ),
        LineKind(
            POOL_SHARE,
            "pool_shares",
            "USD/gap closed",
            MEASURE,
            "a closed gap of the measure, as everybody may expect who closes one: what the pool comes to",
        ),
    )
}


@dataclass(frozen=True)
class Benchmarks:
    """What improvement and savings are counted from; terms of the contract like its prices.

    Attributes
    ----------
    care : mapping (need, segment) -> float
        Events met with full effect for each child-year on the panel [events/child-year].
    cost : mapping segment -> float
        Care elsewhere for each child who asks [USD/child and year].
    sharing : Sharing
        When savings are shared, and how far.
    counts_elsewhere : bool
        Whether measures count what others closed (``closed_elsewhere``), whoever it was.
    """

    care: Mapping[tuple[str, str], float] = field(default_factory=dict)
    cost: Mapping[str, float] = field(default_factory=dict)
    sharing: Sharing = PLAIN
    counts_elsewhere: bool = False
