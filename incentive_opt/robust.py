"""Closing the loop: solve, simulate what was promised, allow for what went wrong, and solve again.

Three things can be allowed for. *Targets*: practices aim above a threshold by some deviations of their rate's
chance, so that they are paid almost surely. *Kinds*: practices of a type that differ are told apart.
*Margin*: intended responses stay best for practices that value a QALY by a share less, so that those near
indifference, or slow to change, answer as intended too.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from incentive_opt.domain.instance import Instance
from incentive_opt.domain.kinds import differ
from incentive_opt.domain.payment_model import PaymentModel
from incentive_opt.errors import InputError, NoDesign
from incentive_opt.files import read_instance
from incentive_opt.solve import Design, solve
from incentive_opt.solve import Progress as SolveProgress
from incentive_opt.solve.attainment import targets_for
from incentive_opt.validate import Progress as ValidateProgress
from incentive_opt.validate import Validation, validate
from incentive_opt.validate.compare import DECIDING

ATTEMPTS = 8
"""Searches at most, with the first one that allows for nothing."""
FIRST_DEVIATIONS = 2.5
"""Aiming so far above a threshold, a practice is paid in 99 years of 100."""
FIRST_MARGIN = 0.01
MORE_DEVIATIONS = 0.5
FINER = 3
"""Straight pieces for each of an effect curve's own, once smooth curves are what promises fail by."""
MOST_DEVIATIONS = 4.0
MORE_MARGIN = 3.0
MOST_MARGIN = 0.8
MOST_KINDS = 12
ENOUGH = 0.9
"""Share of the promised gain that has to be left under every behaviour [1]."""
OF_MARGIN = {"indifference", "spread"}
"""Causes that a larger margin works against."""


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
        """What robustness costs: promised health without any allowance less that of the best [QALY/year]."""
        first = self.attempts[0].design
        return 0.0 if first is None else first.health - self.design.health

    def sentences(self) -> list[str]:
        """What was tried and what came of it, in plain words."""
        lines = [f"{number}. {_outcome(attempt)}" for number, attempt in enumerate(self.attempts, start=1)]
        first = self.attempts[0].simulated_qaly
        if self.best.done:
            lines.append(
                f"Robustness costs {self.price_qaly:,.2f} QALY a year of what the first design promised. "
                f"Simulated, the first brings {first:,.2f} QALY and this one "
                f"{self.best.simulated_qaly:,.2f}."
            )
        else:
            lines.append(
                "None of them both holds and keeps 90 % of its gain under every behaviour: "
                + _why(self.attempts[-1])
            )
        return lines


Report = Callable[[int, Allowance, SolveProgress | ValidateProgress], None]


def robust_solve(
    instance: Instance | str | Path,
    model: PaymentModel | str | Path,
    attempts: int = ATTEMPTS,
    replications: int | None = None,
    validation_seed: int = 0,
    report: Report | None = None,
    stop: Callable[[], bool] | None = None,
    **terms: Any,
) -> Robust:
    """Solve until the design survives the simulator, or say why it cannot.

    Parameters
    ----------
    attempts : int
        Searches at most.
    replications : int, optional
        Simulated years of each contract and behaviour; if not given, as many as it
        takes to tell whether promises hold.
    validation_seed : int
        Of the simulations.
    report : callable, optional
        Called with the number of the attempt, what it allows for, and the progress of solving or validating.
    stop : callable, optional
        Ends the loop after the search in hand.
    **terms
        As for ``solve``: gap, time_limit (of each search), margin, seed, budget, iteration_limit, kinds and
        pieces (of the first search), and start (later searches with kinds begin near the latest design).

    Raises
    ------
    InputError
        As ``solve``.
    NoDesign
        Where already the first search finds no design.
    """
    given = instance if isinstance(instance, Instance) else read_instance(instance)
    made: list[Attempt] = []
    allowance = Allowance(kinds=terms.pop("kinds", 1), pieces=terms.pop("pieces", 1))
    while len(made) < max(1, attempts):
        number = len(made) + 1

        def tell(progress: Any, number: int = number, allowance: Allowance = allowance) -> None:
            if report is not None:
                report(number, allowance, progress)

        own = terms | _start(made, allowance)
        made.append(
            _attempt(given, model, allowance, replications, validation_seed, tell, stop, own, not made)
        )
        if made[-1].done or (stop is not None and stop()):
            break
        following = next_allowance(made, given)
        if following is None:
            break
        allowance = following
    return Robust(tuple(made), max(made, key=lambda attempt: attempt.rank))


def _start(made: list[Attempt], allowance: Allowance) -> dict[str, Any]:
    """With kinds told apart, the search begins near the latest design; else as was asked for."""
    designs = [attempt.design for attempt in made if attempt.design is not None]
    return {"start": designs[-1]} if designs and allowance.kinds > 1 else {}


def _attempt(
    instance: Instance,
    model: PaymentModel | str | Path,
    allowance: Allowance,
    replications: int | None,
    seed: int,
    tell: Callable[[Any], None],
    stop: Callable[[], bool] | None,
    terms: dict[str, Any],
    first: bool,
) -> Attempt:
    """Search with an allowance, and validate; only the first search may end the loop with an error."""
    targets = targets_for(instance, allowance.deviations) if allowance.deviations else {}
    try:
        design = solve(
            instance,
            model,
            attainment=targets,
            altruism_margin=allowance.altruism_margin,
            kinds=allowance.kinds,
            pieces=allowance.pieces,
            report=tell,
            stop=stop,
            **terms,
        )
    except (NoDesign, InputError) as none:
        if first:
            raise
        return Attempt(allowance, None, None, str(none))
    if design.document["is_status_quo"] and not first:
        return Attempt(allowance, None, None, "nothing better than the contract in force was found.")
    return Attempt(allowance, design, validate(design, replications, seed=seed, report=tell))


def next_allowance(made: list[Attempt], instance: Instance) -> Allowance | None:
    """What to allow for next; None where more would not help."""
    last = made[-1]
    told_apart = max(attempt.allowance.kinds for attempt in made)
    if last.validation is None:
        met = next((one for one in reversed(made) if one.validation is not None), None)
        if met is None or met.allowance.kinds == last.allowance.kinds:
            return _between(made)
        last = met  # no design with kinds: on without them
    assert last.validation is not None
    deviations, margin = last.allowance.deviations, last.allowance.altruism_margin
    chance, nearness, bends = _blamed(last.validation)
    if last.allowance.pieces > 1:
        nearness, bends = nearness + bends, 0
    if bends and bends >= max(chance, nearness):
        return replace(last.allowance, pieces=FINER)
    nearness += bends
    if chance > nearness:
        deviations = deviations + MORE_DEVIATIONS if deviations else FIRST_DEVIATIONS
    elif nearness and told_apart == 1 and most_kinds(instance) > 1:
        return replace(last.allowance, kinds=most_kinds(instance))
    elif nearness:
        margin = margin * MORE_MARGIN if margin else FIRST_MARGIN
    following = replace(
        last.allowance,
        deviations=min(deviations, MOST_DEVIATIONS),
        altruism_margin=min(margin, MOST_MARGIN),
    )
    return None if following == last.allowance else following


def most_kinds(instance: Instance) -> int:
    """As many kinds of practice within each type as the simulator draws from, at most ``MOST_KINDS``.

    1 where practices of a type do not differ, or where a type has fewer practices than that on average.
    Every type is told into equally many kinds, so of a rare type a kind may be less than one practice: the
    simulator too draws what such practices are like, and a few of them should not keep the others together.
    """
    kinds = min(MOST_KINDS, instance.simulation.spread.characters)
    practices = sum(practice.count for practice in instance.practices)
    enough = practices >= kinds * len(instance.practices)
    return kinds if enough and differ(instance) else 1


def _blamed(validation: Validation) -> tuple[int, int, int]:
    """How many failures are laid to chance at thresholds, to practices near indifference, to smooth curves.

    Of promises that decide the verdict; a behaviour that keeps too little of the gain counts as one.
    """
    steps = [cause.step for quantity, cause in validation.failures if quantity.kind in DECIDING]
    short = [
        behaviour
        for behaviour, share in validation.kept.items()
        if behaviour != "rational" and share is not None and share < ENOUGH
    ]
    near = sum(step in OF_MARGIN for step in steps) + len(short)
    return steps.count("threshold"), near, steps.count("curve")


def _between(made: list[Attempt]) -> Allowance | None:
    """After an allowance that no design met: half the way back to the last one that was met."""
    failed = made[-1].allowance
    met = [a.allowance for a in made[:-1] if a.design is not None]
    base = met[-1] if met else Allowance()
    middle = (base.altruism_margin + failed.altruism_margin) / 2.0
    if middle - base.altruism_margin < 0.005:
        return None
    return replace(failed, altruism_margin=middle)


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
        f"{_capital(attempt.allowance.words())}: promises {attempt.design.health:,.2f} QALY a year, "
        f"simulated {attempt.simulated_qaly:,.2f}: {attempt.validation.verdict}; of the gain is left "
        f"{kept or 'nothing, since none is promised'}."
    )


def _why(attempt: Attempt) -> str:
    if attempt.validation is None:
        return f"with a larger allowance {attempt.reason}"
    words = list(dict.fromkeys(cause.words for _, cause in attempt.validation.failures))
    return "; ".join(words[:2]) + "." if words else "some behaviours keep too little of the gain."
