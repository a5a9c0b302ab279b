"""A design instance: the children, the care, the practices and the payer's terms."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from itertools import pairwise

from incentive_opt.domain.contract import Contract
from incentive_opt.domain.curve import Points, cut
from incentive_opt.domain.rules import Rules as Rules
from incentive_opt.domain.simulation import Simulation
from incentive_opt.domain.uncertain import Uncertain

ROLES: tuple[str, ...] = ("clinician", "np", "team")
"""Staff roles: physician or other lead clinician, nurse practitioner, care team."""


@dataclass(frozen=True)
class Source:
    """Where a number comes from.

    ``status`` is V (verified), V2 (read second-hand), D (derived), M (from memory) or
    ``assumption`` (our own, with the reason in ``citation``).
    """

    key: str
    citation: str
    status: str


@dataclass(frozen=True)
class Segment:
    """A group of children with like needs.

    Attributes
    ----------
    equity_weight : float
        Weight of a QALY of these children in the payer's objective [1].
    contracted : bool
        Whether this payer's contract is what pays for them.
    other_payer_fee_multiple : float
        For children who are not contracted: what their payer pays per service, as a multiple of the
        status-quo fee [1]. Zero for contracted segments.
    """

    name: str
    label: str
    equity_weight: float
    contracted: bool = True
    other_payer_fee_multiple: float = 0.0
    source: str = ""


@dataclass(frozen=True)
class Need:
    """A need in one segment, and what happens where practices leave it uncovered.

    Attributes
    ----------
    events_per_child_year : float
        How often it arises [events/child-year].
    uncovered_to : str
        Where it leaks: urgent care, ED, nowhere, …
    uncovered_cost : float
        Cost to the payer of an uncovered event [USD/event].
    uncovered_qaly_loss : float
        Health lost in an uncovered event [QALY/event].
    qaly_per_event : float
        Health gained by one fully effective event [QALY/event].
    curve : tuple of (share delivered, share of the effect)
        Concave, from (0, 0) to (1, 1): the first events go where they do most.
    downstream_saving : float
        Cost outside the practice avoided by one fully effective event [USD/event].
    cuts : int
        Straight pieces that the optimiser takes in place of each of the curve's own.
    hospital_margin : float
        Share of both costs that the hospital which gives that care earns as margin [1].
    """

    name: str
    segment: str
    events_per_child_year: float
    uncovered_to: str
    uncovered_cost: float
    uncovered_qaly_loss: float
    qaly_per_event: float
    curve: tuple[tuple[float, float], ...]
    downstream_saving: float
    source: str = ""
    label: str = ""
    hospital_margin: float = 0.0
    cuts: int = 1

    @property
    def points(self) -> Points:
        """Where the optimiser's straight pieces meet [share delivered, share of the effect]."""
        return cut(self.curve, self.cuts)

    def pieces(self) -> list[tuple[float, float]]:
        """Linear pieces (slope, intercept) whose lower envelope is the curve."""
        result = []
        for (x0, y0), (x1, y1) in pairwise(self.points):
            slope = (y1 - y0) / (x1 - x0)
            result.append((slope, y0 - slope * x0))
        return result


@dataclass(frozen=True)
class Service:
    """One way of delivering care for a need (a delivery mode).

    Attributes
    ----------
    minutes : mapping role -> float
        Staff time [minutes/service].
    supply_cost : float
        Money spent per service [USD/service].
    effort_cost : float
        What the service costs the practice beyond money and time: hassle, documentation, habit
        [USD-equivalent/service]; scaled by the practice's ``effort_scale``; not part of income.
    rvu : float
        Total relative value units under the status quo [RVU/service]; 0 where nothing is paid.
    effectiveness : float
        Share of a fully effective event that this mode delivers [1], in (0, 1].
    segments : tuple of str
        Segments that may receive it; empty means all that have the need.
    """

    name: str
    label: str
    need: str
    minutes: Mapping[str, float]
    supply_cost: float
    rvu: float
    effectiveness: float
    effort_cost: float = 0.0
    segments: tuple[str, ...] = ()
    source: str = ""


@dataclass(frozen=True)
class Measure:
    """A quality measure with its menu of thresholds (tiers).

    Attributes
    ----------
    numerator : mapping service -> float
        Services that count, with the weight of each [1].
    denominator_need : str
        The denominator is the number of events of this need among ``segments``.
    segments : tuple of str
        Segments measured; empty means all that have the need.
    thresholds : tuple of float
        Ascending rates, in (0, 1]; tier ``t`` (1-based) is attained at ``thresholds[t-1]``.
    minimum_denominator : float
        Fewest denominator events a practice needs for money to ride on the measure [events/year].
    closed_elsewhere : float
        Share of the events without a numerator service here that schools, telehealth or community
        organisations close; it counts only where a contract says so [1], below 1.
    """

    name: str
    label: str
    numerator: Mapping[str, float]
    denominator_need: str
    segments: tuple[str, ...]
    thresholds: tuple[float, ...]
    minimum_denominator: float
    source: str = ""
    closed_elsewhere: float = 0.0


@dataclass(frozen=True)
class Practice:
    """A practice type.

    Attributes
    ----------
    count : float
        How many practices are of this type.
    fte : mapping role -> float
        Staff [full-time equivalents/practice].
    altruism : float
        What a QALY of its children is worth to the practice [USD/QALY].
    effort_scale : float
        Multiplies every service's ``effort_cost`` [1].
    overtime_hours_per_fte, overtime_wage_multiples : tuple of float
        Width of each overtime band [hours/FTE-year] and its cost per hour as a multiple of the
        role's wage [1]; each band dearer than the last.
    fixed_cost : float
        Overhead and staff wages, without the pay of the owners or lead clinicians [USD/year].
    cost_per_child : float
        Overhead per child on the panel [USD/child-year].
    of_type : str
        Of a kind within a type: the name of the type (``incentive_opt.domain.kinds``). Not part of the files.
    """

    name: str
    label: str
    ownership: str
    count: float
    fte: Mapping[str, float]
    altruism: float
    effort_scale: float
    overtime_hours_per_fte: tuple[float, ...]
    overtime_wage_multiples: tuple[float, ...]
    fixed_cost: float
    cost_per_child: float
    source: str = ""
    of_type: str = ""


@dataclass(frozen=True)
class Panel:
    """Children of a segment at a practice: demanded (at most) and minimum kept [children]."""

    practice: str
    segment: str
    demanded: float
    minimum: float
    source: str = ""


@dataclass(frozen=True)
class StaffRole:
    """Terms of a staff role.

    Attributes
    ----------
    hours_per_fte : float
        Hours for patients in a year [hours/FTE-year].
    wage : float
        [USD/hour]
    overtime_paid : bool
        Whether overtime is money (staff) or only a burden (owners).
    panel_minutes_per_child : float
        Inbox, forms, recalls: work that comes with a child on the panel [minutes/child-year].
    """

    role: str
    hours_per_fte: float
    wage: float
    overtime_paid: bool
    panel_minutes_per_child: float
    source: str = ""


@dataclass(frozen=True)
class Observed:
    """What was observed under the status quo; calibration fits it and a test checks it."""

    practice: str
    quantity: str
    value: float
    tolerance: float
    source: str = ""


@dataclass(frozen=True)
class Instance:
    """Everything that is known before a contract is chosen.

    Attributes
    ----------
    budget : float or None
        What the payer may spend, contract payments plus care elsewhere [USD/year];
        ``None`` means the outlay of the status quo.
    conversion_factor : float
        Status-quo fee per RVU [USD/RVU].
    status_quo : Contract
        The contract in force.
    income_floor, income_ceiling : float
        Net income of each practice type, as a multiple of its status-quo net income [1].
        (Where status-quo income is negative, the allowed loss or gain is the same share of its size.)
    margin : float
        Incentive margin [USD per practice and year, per unit of distance]; see docs/mathematics.md.
    needs : tuple of Need
        One per (need, segment).
    simulation : Simulation
        What only the simulator reads.
    attainment : mapping (practice, measure, tier) -> float
        The rate at which practices of a type aim so as to be paid for a tier almost surely [1]; where it is
        not named, the threshold itself. Not part of the files: a design that allows for chance sets it.
    altruism_margin : float
        Incentive margin as a share of each type's altruism [1]: intended responses stay best for practices
        that value a QALY by this share less. Not part of the files either; the larger margin counts.
    hospital_margin_share : float
        Share of the hospital's margin on care elsewhere that comes back to the payer [1]: 1 where both
        are one system, 0 where each has its own books.
    uncertainty : tuple of Uncertain
        What is not known well, for ``incentive_opt.sensitivity``; nothing else reads it.
    sha256 : str
        Hash of the files read.
    """

    name: str
    title: str
    description: str
    price_year: int
    budget: float | None
    conversion_factor: float
    status_quo: Contract
    income_floor: float
    income_ceiling: float
    margin: float
    rules: Rules
    staff: Mapping[str, StaffRole]
    segments: tuple[Segment, ...]
    needs: tuple[Need, ...]
    services: tuple[Service, ...]
    measures: tuple[Measure, ...]
    practices: tuple[Practice, ...]
    panels: tuple[Panel, ...]
    observed: tuple[Observed, ...] = ()
    sources: Mapping[str, Source] = field(default_factory=dict)
    simulation: Simulation = field(default_factory=Simulation)
    attainment: Mapping[tuple[str, str, int], float] = field(default_factory=dict)
    altruism_margin: float = 0.0
    hospital_margin_share: float = 0.0
    uncertainty: tuple[Uncertain, ...] = ()
    sha256: str = ""
    path: str = ""

    def need(self, name: str, segment: str) -> Need | None:
        """The need in the segment, or None where the segment does not have it."""
        return next((n for n in self.needs if n.name == name and n.segment == segment), None)

    def panel(self, practice: str, segment: str) -> Panel | None:
        """The panel entry, or None where the practice has no such children."""
        return next((p for p in self.panels if p.practice == practice and p.segment == segment), None)

    def margin_of(self, practice: Practice, health_unit: float) -> float:
        """Incentive margin of a practice type [USD per practice and year, per 1 % of harm].

        ``health_unit`` is 1 % of harm to its health [QALY/year], see ``domain.harm``.
        """
        return max(self.margin, self.altruism_margin * practice.altruism * health_unit)

    @property
    def pieces(self) -> int:
        """Straight pieces that the optimiser takes in place of each of the effect curves' own."""
        return max((need.cuts for need in self.needs), default=1)

    def with_pieces(self, pieces: int) -> Instance:
        """The instance with so many straight pieces in place of each of its effect curves' own."""
        return replace(self, needs=tuple(replace(need, cuts=pieces) for need in self.needs))

    def target(self, practice: str, measure: Measure, tier: int) -> float:
        """The rate that practices of a type have to reach for a tier (1-based) of a measure [1]."""
        return self.attainment.get((practice, measure.name, tier), measure.thresholds[tier - 1])

    def segments_of_service(self, service: Service) -> tuple[str, ...]:
        """Segments that may receive the service: those with the need, unless restricted."""
        having = tuple(n.segment for n in self.needs if n.name == service.need)
        return tuple(s for s in having if not service.segments or s in service.segments)

    def segments_of_measure(self, measure: Measure) -> tuple[str, ...]:
        """Segments in the measure's denominator."""
        having = tuple(n.segment for n in self.needs if n.name == measure.denominator_need)
        return tuple(s for s in having if not measure.segments or s in measure.segments)
