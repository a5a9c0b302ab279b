"""What was asked of a run: does it make sense, and the instance with what was given for its terms."""

from __future__ import annotations

import math
from dataclasses import replace

from incentive_opt.domain.curve import MOST_CUTS
from incentive_opt.domain.instance import Instance
from incentive_opt.domain.kinds import MOST_KINDS, differ
from incentive_opt.errors import InputError, Problem
from incentive_opt.solve.attainment import Targets, check_targets

ASKED = "what was asked for"


def check_numbers(
    gap: float,
    time_limit: float,
    margin: float | None,
    iteration_limit: int | None,
    budget: float | None,
    altruism_margin: float | None,
    kinds: int,
    pieces: int = 1,
) -> None:
    """Raise InputError for every number that makes no sense."""
    rules = [
        ("gap", gap, 0.0, 1.0, "a share between 0 and 1; for 5 % write 0.05"),
        ("time limit", time_limit, 0.0, math.inf, "seconds, 0 or more"),
        ("margin", margin, 0.0, math.inf, "USD, 0 or more"),
        ("budget", budget, 0.0, math.inf, "USD a year, 0 or more"),
        ("altruism margin", altruism_margin, 0.0, 1.0, "a share between 0 and 1; for 5 % write 0.05"),
        ("iterations", iteration_limit, 0.0, math.inf, "a number, 0 or more"),
    ]
    problems = [
        Problem(ASKED, name, f"{value:g}", expected)
        for name, value, least, most, expected in rules
        if value is not None and not (math.isfinite(value) and least <= value <= most)
    ]
    if isinstance(kinds, bool) or not isinstance(kinds, int) or not 1 <= kinds <= MOST_KINDS:
        problems.append(Problem(ASKED, "kinds", repr(kinds)[:20], f"a whole number from 1 to {MOST_KINDS}"))
    if isinstance(pieces, bool) or not isinstance(pieces, int) or not 1 <= pieces <= MOST_CUTS:
        problems.append(Problem(ASKED, "pieces", repr(pieces)[:20], f"a whole number from 1 to {MOST_CUTS}"))
    if problems:
        raise InputError(problems)


def with_terms(
    instance: Instance,
    margin: float | None,
    budget: float | None,
    attainment: Targets | None,
    altruism_margin: float | None,
    kinds: int,
    pieces: int = 1,
) -> Instance:
    """The instance with what was given in place of its own terms; targets are checked."""
    given = replace(
        instance.with_pieces(pieces),
        margin=instance.margin / kinds if margin is None else margin,
        budget=instance.budget if budget is None else budget,
        attainment=instance.attainment if attainment is None else dict(attainment),
        altruism_margin=instance.altruism_margin if altruism_margin is None else altruism_margin,
    )
    check_targets(given)
    if kinds > 1 and not differ(given):
        expected = "1, because practices of a type are alike in this instance"
        remedy = "Give altruism_spread or effort_spread under [simulation.practices] in instance.toml."
        raise InputError([Problem(ASKED, "kinds", f"{kinds}", expected, remedy)])
    return given
