"""A payment model: which levers exist, within which bounds. Data, not code."""

from __future__ import annotations

from dataclasses import dataclass

from incentive_opt.domain.instance import Rules

LEVER_KINDS: tuple[str, ...] = ("fee", "capitation", "bonus")


@dataclass(frozen=True)
class LeverRule:
    """Bounds for one kind of lever.

    Attributes
    ----------
    kind : {"fee", "capitation", "bonus"}
    of : tuple of str
        Services, segments or measures it applies to; empty means all.
    lower, upper : float
        Absolute bounds [USD per service, child-month, or eligible event].
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
    """A way of paying. Levers that no rule names stay at their status-quo value."""

    name: str
    title: str
    description: str
    levers: tuple[LeverRule, ...]
    rules: Rules
    sha256: str = ""
    path: str = ""


@dataclass(frozen=True)
class Lever:
    """One price that the payer sets, with its bounds on one instance.

    ``of`` is the service, segment or measure; ``tier`` is 1-based for bonuses, else 0.
    """

    kind: str
    of: str
    tier: int
    lower: float
    upper: float
    status_quo: float
    unit: str
