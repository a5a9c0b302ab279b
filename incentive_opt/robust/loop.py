"""The loop: search, simulate what was promised, allow for what went wrong, search again."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from incentive_opt.domain.instance import Instance
from incentive_opt.domain.payment_model import PaymentModel
from incentive_opt.errors import InputError, NoDesign
from incentive_opt.files import read_instance
from incentive_opt.robust.following import next_allowance
from incentive_opt.robust.found import Allowance, Attempt, Robust
from incentive_opt.solve import Progress as SolveProgress
from incentive_opt.solve import solve
from incentive_opt.solve.attainment import targets_for
from incentive_opt.validate import Progress as ValidateProgress
from incentive_opt.validate import validate

ATTEMPTS = 8
"""Searches at most, with the first one that allows for nothing."""

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
