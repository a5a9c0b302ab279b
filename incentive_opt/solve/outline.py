"""Before a search with kinds of practice: quicker ones with fewer kinds, near whose contracts it begins."""

from __future__ import annotations

from collections.abc import Callable

from incentive_opt import pricing
from incentive_opt.domain.contract import Contract
from incentive_opt.domain.instance import Instance
from incentive_opt.domain.payment_model import PaymentModel
from incentive_opt.solve.journal import Journal
from incentive_opt.solve.pose import pose

ALIKE, HALVED = 0.2, 0.55
"""Share of the time limit that is over when the search for types whose practices are alike ends; and that
with half as many kinds, where there is one."""
MANY = 8
"""Kinds from which on half as many come in between."""
GAP = 0.01
"""Nearer than this is not worth its time: what follows moves the contract by more."""


def outline(
    given: Instance,
    model: PaymentModel,
    near: Contract | None,
    kinds: int,
    time_limit: float,
    seed: int,
    iteration_limit: int,
    journal: Journal,
    stop: Callable[[], bool] | None,
) -> Contract | None:
    """The best contract found with fewer kinds of practice; ``near`` where none was found.

    Effect curves have the instance's own pieces here, however many more the search that follows has.

    Parameters
    ----------
    given : Instance
        Of types.
    near : Contract or None
        To begin near, in place of the first search, that with types whose practices are alike.
    kinds : int
        Of the search that follows.
    time_limit : float
        Of the whole run [s].
    """
    searches = [(1, ALIKE)] if near is None else []
    searches += [(kinds // 2, HALVED)] if kinds >= MANY else []
    for fewer, share in searches:
        left = share * time_limit - journal.seconds
        if left <= 0.0:
            continue
        journal.tell("outline")
        problem, payer = pose(given.with_pieces(1), model, near, fewer)
        result = pricing.solve(
            problem,
            gap=GAP,
            time_limit=left,
            seed=seed,
            report=journal.outline,
            stop=stop,
            iteration_limit=iteration_limit,
            prove=False,
        )
        journal.note(f"outline with kinds of {fewer}: health {result.objective:,.4f}")
        if result.levers is not None:
            near = payer.contract(result.levers)
    return near
