"""The run: simulate the design and the contract in force under every behaviour, and compare."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from incentive_opt.certify.detail_checks import kinds_in
from incentive_opt.domain.simulation import BEHAVIOURS
from incentive_opt.errors import InputError, Problem
from incentive_opt.simulate import Simulation
from incentive_opt.validate.causes import AMPLE_YEARS, waterfall
from incentive_opt.validate.compare import UNCLEAR, compare
from incentive_opt.validate.gain import gain_of, spending_of
from incentive_opt.validate.outcome import Outcome
from incentive_opt.validate.promises import Promises, promises_of
from incentive_opt.validate.simulations import DECIDES, MOST_UNASKED, Asked, Progress, Report, Simulations
from incentive_opt.validate.source import DesignLike, Source, source_of
from incentive_opt.validate.validation import Validation

MORE_YEARS = 5
"""Where 90 % of the gain is too near to tell, so many times as many years are simulated."""

__all__ = ["Progress", "examine", "validate"]


def validate(
    design: DesignLike | str | Path,
    replications: int | None = None,
    precision: float | None = None,
    seed: int = 0,
    behaviours: Sequence[str] = BEHAVIOURS,
    threads: int | None = None,
    report: Report | None = None,
) -> Validation:
    """Hold a design's promises against years simulated child by child.

    Parameters
    ----------
    design : Design, str or Path
        What ``solve`` returned, or the run folder that it wrote. Into a folder validation.json is written.
    replications : int, optional
        Simulated years of each contract and behaviour. With a precision: at most so many (else 1,000).
        With neither: as many as it takes to tell of every promise that decides whether it holds, 5 to 100.
    precision : float, optional
        Go on until the 95 % intervals of health and outlay under the design reach no farther than this
        share of the mean to either side [1].
    seed : int
        The same children with the same needs live under both contracts and all behaviours.
    behaviours : sequence of str
        How practices may answer; ``rational`` is always among them, because the verdict rests on it.
    threads : int, optional
        All processors if not given; results do not depend on it.
    report : callable, optional
        Called with ``Progress`` now and then.

    Returns
    -------
    Validation

    Raises
    ------
    InputError
        With every problem in the files and arguments.
    """
    asked = asked_for(replications, precision, seed, behaviours, threads)
    validation = examine(source_of(design), asked, behaviours, report)
    if validation.source.folder is not None:
        validation.write(validation.source.folder)
    return validation


def examine(
    source: Source, asked: Asked, behaviours: Sequence[str] = BEHAVIOURS, report: Report | None = None
) -> Validation:
    """Like ``validate``, for a design that was read, and without writing anything."""
    chosen = [one for one in BEHAVIOURS if one in behaviours or one == DECIDES]
    promises = promises_of(source)

    def known(found: Simulation) -> bool:
        return all(one.status != UNCLEAR for one in compare(found, promises) if one.decides)

    work = Simulations(source.instance, asked, report=report, known=known)
    pairs = [(contract, one) for contract in (source.contract, source.instance.status_quo) for one in chosen]
    if asked.replications is not None and asked.precision is None:
        number = len({work.key(*pair) for pair in pairs})
        work.total = number * asked.most + min(AMPLE_YEARS, asked.most)
    found = [work.simulated(*pair) for pair in pairs]
    simulations = dict(zip(chosen, found[: len(chosen)], strict=True))
    in_force = dict(zip(chosen, found[len(chosen) :], strict=True))
    outcomes = {one: _outcome(one, simulations[one], in_force[one], promises) for one in chosen}
    years = outcomes[DECIDES].replications
    if asked.open_ended and years < MOST_UNASKED and any(one.gain.unclear for one in outcomes.values()):
        more = replace(asked, replications=min(MOST_UNASKED, MORE_YEARS * years))
        return examine(source, more, behaviours, report)
    falls = waterfall(work, source.contract, promises, kinds_in(source.document))
    return Validation(source, outcomes, falls, simulations, asked)


def _outcome(behaviour: str, simulation: Simulation, in_force: Simulation, promises: Promises) -> Outcome:
    return Outcome(
        behaviour=behaviour,
        replications=simulation.replications,
        comparisons=compare(simulation, promises),
        gain=gain_of(simulation, in_force, promises),
        spending=spending_of(simulation, promises),
    )


def asked_for(
    replications: int | None,
    precision: float | None,
    seed: int,
    behaviours: Sequence[str],
    threads: int | None,
) -> Asked:
    """What was asked for, as far as it makes sense.

    Raises
    ------
    InputError
        With everything that makes none.
    """
    rules: list[tuple[str, Any, bool, str]] = [
        ("replications", replications, replications is None or replications >= 1, "1 or more"),
        (
            "precision",
            precision,
            precision is None or 0.0 < precision < 1.0,
            "a share above 0 and below 1; for half a percent write 0.005",
        ),
        ("seed", seed, 0 <= seed < 2**63, "a whole number, 0 or more and below 2**63"),
        ("threads", threads, threads is None or threads >= 1, "1 or more"),
    ]
    rules += [("behaviour", one, one in BEHAVIOURS, f"one of {', '.join(BEHAVIOURS)}") for one in behaviours]
    problems = [Problem("what was asked for", n, str(v), expected) for n, v, ok, expected in rules if not ok]
    if problems:
        raise InputError(problems)
    return Asked(replications, precision, seed, threads)
