"""A design under one behaviour of practices."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from incentive_opt.validate.compare import Comparison, finite
from incentive_opt.validate.gain import Gain, Spending

BEHAVIOUR_WORDS = {
    "rational": "practices do what is best for themselves",
    "quantal": "practices misjudge what services are worth to them",
    "inertial": "practices change slowly",
    "satisficing": "practices change only for a gain that is worth the bother",
}


@dataclass(frozen=True)
class Outcome:
    """A design under one behaviour.

    Attributes
    ----------
    comparisons : list of Comparison
        Every quantity that is promised.
    """

    behaviour: str
    replications: int
    comparisons: Sequence[Comparison]
    gain: Gain
    spending: Spending

    @property
    def worst_income(self) -> Comparison:
        """The net income that falls shortest, by the practice's revenue."""
        incomes = [one for one in self.comparisons if one.quantity.kind == "net_income_usd"]
        return min(
            incomes, key=lambda one: one.error / one.tolerance.value if one.tolerance.value else one.error
        )

    def as_dict(self) -> dict[str, Any]:
        """As plain data."""
        worst = self.worst_income
        return {
            "behaviour": self.behaviour,
            "words": BEHAVIOUR_WORDS[self.behaviour],
            "replications": self.replications,
            "gain": self.gain.as_dict(),
            "budget": self.spending.as_dict(),
            "worst_income": {
                "practice": worst.quantity.practice,
                "promised_usd": finite(worst.promised),
                "mean_usd": finite(worst.mean),
                "error_usd": finite(worst.error),
                "ok": worst.ok,
            },
            "quantities": [one.as_dict() for one in self.comparisons],
        }
