"""What a search allowed for, what became of it, and what the loop found, in words too."""

from __future__ import annotations

import math
from dataclasses import dataclass

from incentive_opt.solve import Design
from incentive_opt.validate import Validation


@dataclass(frozen=True)
class Allowance:
    """What a search allows for.

    Attributes
    ----------
    deviations : float
        How far practices aim above thresholds, in standard deviations of their rate.
    altruism_margin : float
        Share by which practices may value a QALY less than thought [1].
    kinds : int
        Kinds of practice told apart within each type.
    pieces : int
        Straight pieces in place of each of an effect curve's own.
    """

    deviations: float = 0.0
    altruism_margin: float = 0.0
    kinds: int = 1
    pieces: int = 1

    def words(self) -> str:
        """In plain words."""
        parts = []
        if self.kinds > 1:
            parts.append(f"{self.kinds} kinds of practice within each type")
        if self.pieces > 1:
            parts.append(f"{self.pieces} straight pieces for each piece of an effect curve")
        if self.deviations:
            parts.append(f"aiming {self.deviations:g} deviations above thresholds")
        if self.altruism_margin:
            parts.append(f"a margin of {100.0 * self.altruism_margin:.3g} % of what practices care")
        return ", ".join([*parts[:-2], " and ".join(parts[-2:])]) or "nothing allowed for"


@dataclass(frozen=True)
class Attempt:
    """One search and its validation; no design where none was found."""

    allowance: Allowance
    design: Design | None
    validation: Validation | None
    reason: str = ""

    @property
    def simulated_qaly(self) -> float:
        """Health where practices are rational, simulated; NaN without a design [QALY/year]."""
        return math.nan if self.validation is None else self.validation.simulations["rational"].health_qaly

    @property
    def promised_qaly(self) -> float:
        """Health promised; NaN without a design [QALY/year]."""
        return math.nan if self.validation is None else self.validation.promised_qaly

    @property
    def rank(self) -> tuple[bool, bool, float, float]:
        """Better attempts have higher ranks: robust and holding, robust, what is kept, simulated health."""
        if self.design is None or self.validation is None:
            return (False, False, -1.0, 0.0)
        kept = [share for share in self.validation.kept.values() if share is not None]
        robust = self.validation.robust
        least = 1.0 if robust else min(kept, default=1.0)
        return (self.validation.ok and robust, robust, least, self.simulated_qaly)

    @property
    def done(self) -> bool:
        """Whether the design holds and is robust."""
        return self.rank[0]


@dataclass(frozen=True)
class Robust:
    """What the loop found.

    Attributes
    ----------
    attempts : tuple of Attempt
        In order; the first allows for nothing.
    best : Attempt
    """

    attempts: tuple[Attempt, ...]
    best: Attempt

    @property
    def design(self) -> Design:
        """The best design."""
        assert self.best.design is not None
        return self.best.design

    @property
    def validation(self) -> Validation:
        """Its validation."""
        assert self.best.validation is not None
        return self.best.validation

    @property
    def price_qaly(self) -> float:
        """What robustness costs: health found without any allowance less that of the best [QALY/year]."""
        first = self.attempts[0].design
        return 0.0 if first is None else first.health - self.design.health

    def sentences(self) -> list[str]:
        """What was tried and what came of it, in plain words."""
        lines = [f"{number}. {_outcome(attempt)}" for number, attempt in enumerate(self.attempts, start=1)]
        first = self.attempts[0].simulated_qaly
        if self.best.done:
            lines.append(
                f"Robustness costs {self.price_qaly:,.2f} QALY a year of what the first search found. "
                f"Simulated, the first brings {first:,.2f} QALY and this one "
                f"{self.best.simulated_qaly:,.2f}."
            )
        else:
            lines.append(
                "None of them both holds and keeps 90 % of its gain under every behaviour: "
                + _why(self.attempts[-1])
            )
        return lines


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _outcome(attempt: Attempt) -> str:
    if attempt.design is None or attempt.validation is None:
        return f"{_capital(attempt.allowance.words())}: no design; {attempt.reason}"
    kept = ", ".join(
        f"{share:.0%} {behaviour}"
        for behaviour, share in attempt.validation.kept.items()
        if share is not None
    )
    return (
        f"{_capital(attempt.allowance.words())}: finds {attempt.design.health:,.2f} QALY a year, "
        f"promises {attempt.promised_qaly:,.2f} of a real year, "
        f"simulated {attempt.simulated_qaly:,.2f}: {attempt.validation.verdict}; of the gain is left "
        f"{kept or 'nothing, since none is promised'}."
    )


def _why(attempt: Attempt) -> str:
    if attempt.validation is None:
        return f"with a larger allowance {attempt.reason}"
    words = list(dict.fromkeys(cause.words for _, cause in attempt.validation.failures))
    return "; ".join(words[:2]) + "." if words else "some behaviours keep too little of the gain."
