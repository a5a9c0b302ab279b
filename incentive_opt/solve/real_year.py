"""What a real year changes in health and outlay of a design, as design.json says it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from incentive_opt.certify.status_quo import answer
from incentive_opt.domain.instance import Instance
from incentive_opt.domain.kinds import in_kinds
from incentive_opt.domain.response import Response
from incentive_opt.errors import InputError
from incentive_opt.foreseen import foreseen, multiples_of
from incentive_opt.solve.settle import Settled


def real_year(
    given: Instance,
    kinds: int,
    settled: Settled,
    today: Sequence[Response],
    health_today: float,
) -> dict[str, Any] | None:
    """The block ``foreseen``: what a design promises of a real year.

    That is figures of the search with what it leaves out, the changes by cause, and health under the contract
    in force in the same way. None where the solver finds no answer of a practice, as beside benchmarks of
    savings of another size.

    Parameters
    ----------
    given : Instance
        Of types.
    kinds : int
        Of practice within each type, as responses are.
    settled : Settled
        The design.
    today : sequence of Response
        Under the contract in force.
    health_today : float
        Of these responses [QALY/year].
    """
    by_name, before = ({one.practice: one for one in those} for those in (settled.responses, today))
    multiples = multiples_of(in_kinds(given, kinds), before)
    try:
        found = foreseen(given, kinds, settled.contract, by_name, answer, multiples)
        in_force = foreseen(given, kinds, given.status_quo, before, answer, multiples)
    except InputError:
        return None
    return {
        "health_qaly": settled.health + sum(found.health.values()),
        "outlay_usd": settled.outlay + sum(found.outlay.values()),
        "status_quo_qaly": health_today + sum(in_force.health.values()),
        "changes": [
            {"cause": cause, "health_qaly": found.health.get(cause, 0.0), "outlay_usd": dollars}
            for cause, dollars in found.outlay.items()
        ],
        "care_elsewhere_today": [
            {"practice": name, "visits_multiple": of.visits, "admissions_multiple": of.admissions}
            for name, of in multiples.items()
        ],
    }
