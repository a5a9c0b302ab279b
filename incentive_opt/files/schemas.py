"""What may stand in the TOML files: instance, payment model, contract."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

NAME_PATTERN = r"^[A-Za-z0-9_][A-Za-z0-9_.\-]{0,79}$"

Name = Annotated[str, Field(pattern=NAME_PATTERN)]
Words = Annotated[str, Field(min_length=1, max_length=5000)]
Share = Annotated[float, Field(ge=0, le=1)]
Multiple = Annotated[float, Field(ge=0, le=1000)]
Price = Annotated[float, Field(ge=0, le=1e6)]
Keys = Annotated[str, Field(pattern=r"^[A-Za-z0-9_.\- ]+(;[A-Za-z0-9_.\- ]+)*$")]
AtMost = Annotated[int, Field(ge=0, le=1_000_000)]


class Strict(BaseModel):
    """Unknown keys, NaN, infinities and numbers in quotes are errors."""

    model_config = ConfigDict(extra="forbid", strict=True, allow_inf_nan=False)


class Sourced(Strict):
    """A table that may say where its numbers come from."""

    source: Keys | None = None


class PriceTable(BaseModel):
    """Names and prices; ``source`` is the one key that is not a name."""

    model_config = ConfigDict(extra="allow", strict=True, allow_inf_nan=False)
    __pydantic_extra__: dict[str, Price] = Field(init=False)
    source: Keys | None = None

    def prices(self) -> dict[str, float]:
        """Price of each name."""
        return {name: float(price) for name, price in self.__pydantic_extra__.items()}


class SourceEntry(Strict):
    """A source, or the reason for an assumption."""

    citation: Words
    status: Literal["V", "V2", "D", "M", "assumption"]


class BonusEntry(Sourced):
    """A bonus for one tier of a measure."""

    measure: Name
    tier: Annotated[int, Field(ge=1, le=1000)]
    usd_per_event: Price


class ContractBonus(BonusEntry):
    """A bonus as signed: with the rate at which it is due."""

    threshold: Annotated[float, Field(gt=0, le=1)] | None = None


class Payer(Sourced):
    """The payer's means [USD/year], and its part [1] of what its hospital earns by care elsewhere."""

    budget: Annotated[float, Field(gt=0, le=1e13)] | None = None
    hospital_margin_share: Annotated[float, Field(ge=0, le=1)] = 0.0


class StatusQuo(Sourced):
    """The contract in force; status-quo fee = conversion factor [USD/RVU] x rvu."""

    conversion_factor: Annotated[float, Field(ge=0, le=1e5)]
    capitation: PriceTable = Field(default_factory=PriceTable)
    bonuses: list[BonusEntry] = Field(default_factory=list)


class Objective(Sourced):
    """What the payer maximises."""

    outcome: Literal["qaly"]


class Income(Sourced):
    """Income corridor, as multiples of status-quo net income."""

    floor: Annotated[float, Field(ge=0, le=100)]
    ceiling: Annotated[float, Field(ge=0, le=1000)]


class RulesTable(Sourced):
    """Contract rules; one that is absent does not apply."""

    rvu_budget_neutral: bool = False
    rvu_neutral_tolerance: Share = 0.0002
    max_services_repriced: AtMost | None = None
    max_measures: AtMost | None = None
    max_tiers: AtMost | None = None
    max_withheld: Share | None = None
    bonus_pool_share: Share | None = None
    incentive_cap: Share | None = None
    physician_incentive_plan: bool = False
    stop_loss: bool = False
    rate_cell_floor: Multiple | None = None
    rate_cell_ceiling: Multiple | None = None
    max_price_change: Multiple | None = None
    max_payment_change: Multiple | None = None
    income_change_gap: Multiple | None = None
    min_clinician_income: Share | None = None
    risk_cell_cover: Share | None = None


class InstanceRules(RulesTable):
    """Contract rules of an instance: also how reliable a measure must be to carry money."""

    min_reliability: Annotated[float, Field(ge=0, lt=1)] | None = None
    between_practice_sd: Annotated[float, Field(gt=0, le=0.5)] | None = None


class Incentive(Sourced):
    """Incentive margin [USD per practice and year, per 1 % of harm]."""

    margin: Annotated[float, Field(ge=0, le=1e9)]


class StaffTable(Sourced):
    """Terms of one staff role."""

    hours_per_fte: Annotated[float, Field(gt=0, le=8784)]
    wage_usd_per_hour: Annotated[float, Field(ge=0, le=10_000)]
    overtime_paid: bool
    panel_minutes_per_child: Annotated[float, Field(ge=0, le=100_000)]


class Staff(Strict):
    """The three staff roles."""

    clinician: StaffTable
    np: StaffTable
    team: StaffTable


Spread = Annotated[float, Field(ge=0, lt=3)]
RiskMultiple = Annotated[float, Field(ge=1, le=100)]


class PracticesTable(Sourced):
    """How practices of a type differ: coefficients of variation [1]."""

    altruism_spread: Spread
    effort_spread: Spread
    size_spread: Spread
    mix_spread: Spread
    characters: Annotated[int, Field(ge=1, le=64)]


class EnrolmentTable(Sourced):
    """How children leave and join, and for how many months a measure wants them."""

    leaving_per_month: Annotated[float, Field(ge=0, lt=1)]
    continuous_months: Annotated[int, Field(ge=1, le=12)]


class ContinuityTable(Sourced):
    """How far children see their own clinician, and what that changes elsewhere."""

    own_clinician_share: Share
    high_index: Share
    low_index: Share
    visits_medium: RiskMultiple
    visits_low: RiskMultiple
    admissions_medium: RiskMultiple
    admissions_low: RiskMultiple


class WaitingTable(Sourced):
    """What happens in a month that is full."""

    gives_up_per_month: Share
    squeeze_in: Share


class BehaviourTable(Sourced):
    """Numbers of the behaviour models."""

    quantal_usd_per_service: Annotated[float, Field(gt=0, le=1e6)]
    inertial_move_per_year: Annotated[float, Field(gt=0, le=1)]
    contract_years: Annotated[int, Field(ge=1, le=100)]
    satisficing_usd_per_clinician: Annotated[float, Field(ge=0, le=1e9)]


class SimulationTable(Sourced):
    """What only the simulator reads; each part optional, and whole where it is given."""

    practices: PracticesTable | None = None
    enrolment: EnrolmentTable | None = None
    continuity: ContinuityTable | None = None
    waiting: WaitingTable | None = None
    behaviour: BehaviourTable | None = None


class Versioned(Strict):
    """A file that says which version of the format it follows."""

    schema_version: Literal[1] = Field(alias="schema")


class InstanceFile(Versioned):
    """instance.toml."""

    title: Words
    description: Words
    price_year: Annotated[int, Field(ge=1990, le=2100)]
    payer: Payer = Field(default_factory=Payer)
    status_quo: StatusQuo
    objective: Objective
    income: Income
    rules: InstanceRules = Field(default_factory=InstanceRules)
    incentive: Incentive
    staff: Staff
    simulation: SimulationTable = Field(default_factory=SimulationTable)
    sources: dict[Name, SourceEntry] = Field(default_factory=dict)


LeverKind = Literal[
    "fee",
    "capitation",
    "bonus",
    "outcome",
    "improvement",
    "episode",
    "shared_savings",
    "rvu_rate",
    "salary",
    "withhold",
    "pool_share",
]
"""Kinds of price; those beyond the first three stand in ``incentive_opt.domain.lines``."""
LeverUnit = Literal[
    "USD/service",
    "USD/child-month",
    "USD/event",
    "USD/effective event",
    "USD/event met",
    "USD/USD saved",
    "USD/RVU",
    "USD/FTE and year",
    "USD/USD of fees",
    "USD/gap closed",
]


class LeverTable(Sourced):
    """Bounds for one kind of lever."""

    kind: LeverKind
    of: list[Name] = Field(default_factory=list)
    lower_multiple: Multiple | None = None
    upper_multiple: Multiple | None = None
    lower: Price | None = None
    upper: Price | None = None
    unit: LeverUnit


class SharingTable(Sourced):
    """Terms of shared savings, as shares of the benchmark of care elsewhere [1]."""

    minimum: Share = 0.0
    most_gained: Share | None = None
    most_lost: Share | None = None
    quality_gate: bool = False


class ModelFile(Versioned):
    """models/NAME.toml."""

    title: Words
    description: Words
    replaces_today: bool = False
    count_closed_elsewhere: bool = False
    levers: Annotated[list[LeverTable], Field(min_length=1, max_length=1000)]
    rules: RulesTable = Field(default_factory=RulesTable)
    sharing: SharingTable = Field(default_factory=SharingTable)
    sources: dict[Name, SourceEntry] = Field(default_factory=dict)


class BenchmarksTable(Strict):
    """What improvement [effective events/child-year] and savings [USD/child and year] are counted from."""

    care: dict[Name, dict[Name, Annotated[float, Field(ge=0, le=1e4)]]] = Field(default_factory=dict)
    cost: dict[Name, Annotated[float, Field(ge=0, le=1e7)]] = Field(default_factory=dict)


class ContractFile(Versioned):
    """contract.toml."""

    title: Annotated[str, Field(max_length=5000)] = ""
    count_closed_elsewhere: bool = False
    fees: dict[Name, Price] = Field(default_factory=dict)
    capitation: dict[Name, Price] = Field(default_factory=dict)
    bonuses: list[ContractBonus] = Field(default_factory=list)
    outcomes: dict[Name, Price] = Field(default_factory=dict)
    improvements: dict[Name, Price] = Field(default_factory=dict)
    episodes: dict[Name, Price] = Field(default_factory=dict)
    shared_savings: dict[Name, Share] = Field(default_factory=dict)
    rvu_rate: dict[Name, Price] = Field(default_factory=dict)
    salaries: dict[Name, Price] = Field(default_factory=dict)
    withholds: dict[Name, Share] = Field(default_factory=dict)
    pool_shares: dict[Name, Price] = Field(default_factory=dict)
    pools: dict[Name, Annotated[float, Field(ge=0, le=1e13)]] = Field(default_factory=dict)
    benchmarks: BenchmarksTable = Field(default_factory=BenchmarksTable)
    sharing: SharingTable = Field(default_factory=SharingTable)
