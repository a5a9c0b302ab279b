"""A payment model: which levers exist, within which bounds. Data, not code."""

from __future__ import annotations

from dataclasses import dataclass

from incentive_opt.domain.instance import Rules
from incentive_opt.domain.lines import LINE_KINDS, MEASURE
from incentive_opt.domain.sharing import PLAIN, Sharing

UNITS = {"fee": "USD/service", "capitation": "USD/child-month", "bonus": "USD/event"} | {
    kind.name: kind.unit for kind in LINE_KINDS.values()
}
"""The unit of each kind of lever."""
THINGS = (
    {"fee": "services", "capitation": "segments", "bonus": "measures"}
    | dict.fromkeys(LINE_KINDS, "needs")
    | {kind.name: "measures" for kind in LINE_KINDS.values() if kind.of == MEASURE}
)
"""Where the label of what a lever is of stands, by kind."""
LEVER_KINDS: tuple[str, ...] = tuple(UNITS)


@dataclass(frozen=True)
class LeverRule:
    """Bounds for one kind of lever.

    Attributes
    ----------
    kind : str
        ``fee``, ``capitation``, ``bonus``, or one of ``incentive_opt.domain.lines``.
    of : tuple of str
        Services, segments, measures or needs it applies to; empty means all.
    lower, upper : float
        Absolute bounds [unit].
    lower_multiple, upper_multiple : float or None
        For fees: bounds as multiples of the status-quo fee [1]; they replace ``lower`` and
        ``upper`` where the status-quo fee is above zero.
    """

    kind: str
    of: tuple[str, ...]
    lower: float
    upper: float
    unit: str
    lower_multiple: float | None = None
    upper_multiple: float | None = None
    source: str = ""


@dataclass(frozen=True)
class PaymentModel:
    """A way of paying. Levers that no rule names stay at their status-quo value.

    Attributes
    ----------
    replaces : bool
        Whether the contract in force may lie outside the bounds: then it is no contract of the model, and the
        search has none to begin with.
    sharing : Sharing
        Terms of shared savings.
    counts_elsewhere : bool
        Whether measures count what others closed.
    """

    name: str
    title: str
    description: str
    levers: tuple[LeverRule, ...]
    rules: Rules
    sha256: str = ""
    path: str = ""
    replaces: bool = False
    sharing: Sharing = PLAIN
    counts_elsewhere: bool = False


@dataclass(frozen=True)
class Lever:
    """One price that the payer sets, with its bounds on one instance.

    ``of`` is the service, segment, measure or need; ``tier`` is 1-based for bonuses, else 0.
    """

    kind: str
    of: str
    tier: int
    lower: float
    upper: float
    status_quo: float
    unit: str


def may_owe(model: PaymentModel) -> bool:
    """Whether a practice may owe the payer money under the model."""
    return any(rule.kind in LINE_KINDS and LINE_KINDS[rule.kind].may_owe for rule in model.levers)


def has_benchmarks(model: PaymentModel) -> bool:
    """Whether a line of the model is paid against a benchmark."""
    return any(rule.kind in LINE_KINDS and LINE_KINDS[rule.kind].benchmark for rule in model.levers)
