"""What a design.json must hold; more may stand beside it."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from incentive_opt.domain.curve import MOST_CUTS
from incentive_opt.domain.kinds import MOST_KINDS
from incentive_opt.files.schemas import LeverKind

Number = float | None
Count = Annotated[float, Field(ge=0)]


class Open(BaseModel):
    """Further fields are kept; NaN and infinities are errors."""

    model_config = ConfigDict(extra="allow", strict=True, allow_inf_nan=False)


class Origin(Open):
    """An instance or a model, with the hash of its files."""

    name: str
    sha256: str


class Objective(Open):
    """Health [QALY/year] and its bound."""

    health_qaly: Number
    upper_bound_qaly: Number
    gap: Number
    status_quo_qaly: Number
    pessimistic_qaly: Number
    first_best_qaly: Number


class Budget(Open):
    """Outlay and its limit [USD/year]."""

    limit_usd: Number
    outlay_usd: Number


class LeverValue(Open):
    """One price as chosen."""

    lever: LeverKind
    of: str
    value: float
    unit: str
    status_quo: float


class PoolPart(Open):
    """A pool, and the gaps among which it is shared."""

    measure: str
    pool_usd: float
    expected_usd_per_gap: float
    comes_to_usd_per_gap: Number
    closed_by_practices: float
    closed_by_others: float


class ContractPart(Open):
    """The contract as a list of prices."""

    levers: list[LeverValue]
    pools: list[PoolPart] = []


class TierAttained(Open):
    """A tier a practice attains; 0 is none."""

    measure: str
    tier: Annotated[int, Field(ge=0)]


class PracticePart(Open):
    """What one practice type does and earns [USD, QALY per practice and year]."""

    practice: str
    of_type: str = ""
    count: Count
    utility_usd: float
    revenue_usd: float
    net_income_usd: float
    status_quo_net_income_usd: float
    health_qaly: float
    incentive_margin_usd: Number
    tiers: list[TierAttained]
    panel: dict[str, float]
    services: dict[str, dict[str, float]]


class AttainmentTarget(Open):
    """A rate at which practices of a type aim for a tier, beside the threshold that they are paid at [1]."""

    practice: str
    measure: str
    tier: Annotated[int, Field(ge=1)]
    threshold: float
    target: float


class Change(Open):
    """What one cause changes in a real year."""

    cause: str
    health_qaly: float
    outlay_usd: float


class CareElsewhereToday(Open):
    """Mean multiples of care elsewhere, by continuity, under the contract in force [1]."""

    practice: str
    visits_multiple: Annotated[float, Field(gt=0)]
    admissions_multiple: Annotated[float, Field(gt=0)]


class Foreseen(Open):
    """Health and outlay as they are promised of a real year; health under the contract in force, too."""

    health_qaly: float
    outlay_usd: float
    status_quo_qaly: float
    changes: list[Change]
    care_elsewhere_today: list[CareElsewhereToday]


class Certificate(Open):
    """What was proved of the design."""

    budget_slack_usd: Number
    worst_income_slack_usd: Number
    worst_incentive_slack_usd: Number
    rules: list[object]


class ShadowPrice(Open):
    """What one more unit would bring."""

    constraint: str
    value: Number
    unit: str


class Provenance(Open):
    """By what the design was made."""

    version: str
    solver: str
    seed: int
    seconds: float
    iterations: int


class DesignFile(Open):
    """design.json."""

    schema_version: Literal[1] = Field(alias="schema")
    instance: Origin
    model: Origin
    status: Literal["optimal", "feasible", "infeasible", "error"]
    objective: Objective
    budget: Budget
    contract: ContractPart
    practices: list[PracticePart]
    attainment_targets: list[AttainmentTarget] = []
    altruism_margin: Annotated[float, Field(ge=0)] = 0.0
    kinds: Annotated[int, Field(ge=1, le=MOST_KINDS)] = 1
    pieces: Annotated[int, Field(ge=1, le=MOST_CUTS)] = 1
    foreseen: Foreseen | None = None
    certificate: Certificate
    shadow_prices: list[ShadowPrice]
    provenance: Provenance
