"""What an instance says about children and practices one by one; only the simulator reads it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

BEHAVIOURS: tuple[str, ...] = ("rational", "quantal", "inertial", "satisficing")
"""How practices may answer a contract; see docs/simulator.md."""


@dataclass(frozen=True)
class Condition:
    """A condition that children of a segment have.

    Attributes
    ----------
    prevalence : float
        Share of the segment's children who have it [1].
    multiplies : mapping need -> float
        How many times as often a need arises in a child with the condition as in one without [1];
        the segment's mean rate stays that of needs.csv.
    """

    name: str
    segment: str
    prevalence: float
    multiplies: Mapping[str, float] = field(default_factory=dict)
    label: str = ""
    source: str = ""


@dataclass(frozen=True)
class Course:
    """How a need arises in a child, and what becomes of it.

    Attributes
    ----------
    arrival : {"scheduled", "random"}
        Scheduled needs fall due at even intervals; random ones come as a Poisson process.
    condition : str
        Arises only in children with this condition; empty: in all.
    season_amplitude : float
        The rate swings by this share over the year, as a cosine [1], 0 to 1. Random needs only.
    season_peak_month : int
        Month of the highest rate, 1 = January.
    dispersion : float
        Variance of the child's own rate about its mean, relative [1]: 0 is Poisson. Random needs only.
    can_wait : bool
        Whether it can be put off to a later month where no appointment is free; if not, it leaks.
    qaly_if_it_works : float or None
        An effective event either works, and is then worth this, or does not; the chance is such that the mean
        is that of health.csv [QALY]. None: every effective event brings its mean.
    admission_cost : float or None
        What care fails to avert comes as admissions of this cost, with the mean of health.csv [USD].
        None: every failed event costs its mean.
    leak_visit_cost : float or None
        What leaks ends, with the chance that gives the mean of needs.csv, in a visit elsewhere at this
        cost [USD]. None: every leaked event costs its mean.
    """

    need: str
    arrival: str = "random"
    condition: str = ""
    season_amplitude: float = 0.0
    season_peak_month: int = 1
    dispersion: float = 0.0
    can_wait: bool = True
    qaly_if_it_works: float | None = None
    admission_cost: float | None = None
    leak_visit_cost: float | None = None
    source: str = ""


@dataclass(frozen=True)
class Spread:
    """How practices of a type differ: coefficients of variation [1].

    Attributes
    ----------
    altruism, effort : float
        Of the worth of a QALY and of the effort scale among practices of a type (lognormal).
    size, mix : float
        Of the number of children (staff and fixed cost go with it), and of each segment's share.
    characters : int
        Each type has so many kinds of practice, equally likely, that stand for the spread of
        altruism and effort.
    """

    altruism: float = 0.0
    effort: float = 0.0
    size: float = 0.0
    mix: float = 0.0
    characters: int = 1
    source: str = ""


@dataclass(frozen=True)
class Enrolment:
    """How children leave and join, and which of them a measure counts.

    Attributes
    ----------
    leaving_per_month : float
        Chance that a child leaves the panel in a month and another takes its place [1/month].
    continuous_months : int
        Months of the year on the panel for a child to count in a measure's rate.
    """

    leaving_per_month: float = 0.0
    continuous_months: int = 12
    source: str = ""


@dataclass(frozen=True)
class Continuity:
    """How far children see their own clinician, and what that changes.

    The multiples are of care elsewhere (visits after a leak, admissions), relative to children of high
    continuity; means over a type's children under the contract in force are those of the instance.

    Attributes
    ----------
    own_clinician_share : float
        Chance that a clinician's visit is with the child's own clinician, in practices of more than one
        clinician [1].
    high_index, low_index : float
        Continuity is high where this share of contacts was with the own clinician, low below the other [1].
    visits_medium, visits_low, admissions_medium, admissions_low : float
        Multiples [1].
    """

    own_clinician_share: float = 1.0
    high_index: float = 0.0
    low_index: float = 0.0
    visits_medium: float = 1.0
    visits_low: float = 1.0
    admissions_medium: float = 1.0
    admissions_low: float = 1.0
    source: str = ""


@dataclass(frozen=True)
class Waiting:
    """What happens in a month that is full.

    Attributes
    ----------
    gives_up_per_month : float
        Share of those who wait that stop waiting in a month, and leak [1/month].
    squeeze_in : float
        Work that staff fit in beyond plan in a busy month, as a share of its regular hours [1]; counts as
        overtime.
    """

    gives_up_per_month: float = 0.0
    squeeze_in: float = 0.0
    source: str = ""


@dataclass(frozen=True)
class BehaviourTerms:
    """Numbers of the behaviour models.

    Attributes
    ----------
    quantal_usd_per_service : float
        Scale of the error with which a practice perceives the worth of a service (Gumbel) [USD/service].
    inertial_move_per_year : float
        Share of the way to its best response that a practice goes in a year [1].
    contract_years : int
        Years that a contract runs; the last one is simulated.
    satisficing_usd_per_clinician : float
        Least gain for which a practice changes how it works [USD/clinician-FTE and year].
    """

    quantal_usd_per_service: float = 3.0
    inertial_move_per_year: float = 0.6
    contract_years: int = 3
    satisficing_usd_per_clinician: float = 1000.0
    source: str = ""


@dataclass(frozen=True)
class Simulation:
    """All that only the simulator reads. Parts that an instance leaves out are plain, and said to be so.

    Attributes
    ----------
    given : frozenset of str
        Names of the parts that the instance gives.
    """

    spread: Spread = Spread()
    enrolment: Enrolment = Enrolment()
    continuity: Continuity = Continuity()
    waiting: Waiting = Waiting()
    behaviour: BehaviourTerms = BehaviourTerms()
    courses: tuple[Course, ...] = ()
    conditions: tuple[Condition, ...] = ()
    given: frozenset[str] = frozenset()

    def course(self, need: str) -> Course:
        """The need's course; a plain one (Poisson, can wait, means only) where none is given."""
        return next((course for course in self.courses if course.need == need), Course(need))

    def assumed(self) -> list[str]:
        """What is assumed for want of an entry, in plain words."""
        terms = self.behaviour
        texts = {
            "practices": "practices of a type are all alike",
            "enrolment": "no child leaves or joins during the year",
            "continuity": "seeing another clinician changes nothing",
            "waiting": "nobody gives up waiting, and nobody is squeezed in",
            "behaviour": f"practices misjudge a service by about {terms.quantal_usd_per_service:g} USD "
            f"(quantal), go {terms.inertial_move_per_year:.0%} of the way in each of {terms.contract_years} "
            f"years (inertial), and change for {terms.satisficing_usd_per_clinician:,g} USD per clinician or "
            "more (satisficing)",
            "courses": "needs come evenly over the year as a Poisson process, and all can wait",
            "conditions": "children of a segment have no conditions that set them apart",
        }
        return [text for part, text in texts.items() if part not in self.given]
