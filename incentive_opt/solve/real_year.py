"""What a real year changes in health and outlay of a design, as design.json says it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from incentive_opt.domain.contract import Contract
from incentive_opt.domain.instance import Instance
from incentive_opt.domain.response import Response
from incentive_opt.foreseen import foreseen, multiples_of


def real_year(
    instance: Instance,
    contract: Contract,
    responses: Sequence[Response],
    today: Sequence[Response],
    health: float,
    outlay: float,
) -> dict[str, Any]:
    """The block ``foreseen``: figures of the search with what it leaves out, and the changes by cause.

    Parameters
    ----------
    instance : Instance
        In kinds, as responses are.
    responses, today : sequence of Response
        Under the contract, and under the contract in force.
    health, outlay : float
        As the search has them [QALY/year, USD/year].
    """
    by_name, before = ({one.practice: one for one in those} for those in (responses, today))
    multiples = multiples_of(instance, before)
    found = foreseen(instance, contract, by_name, multiples)
    return {
        "health_qaly": health + sum(found.health.values()),
        "outlay_usd": outlay + sum(found.outlay.values()),
        "changes": [
            {"cause": cause, "health_qaly": found.health.get(cause, 0.0), "outlay_usd": dollars}
            for cause, dollars in found.outlay.items()
        ],
        "care_elsewhere_today": [
            {"practice": name, "visits_multiple": of.visits, "admissions_multiple": of.admissions}
            for name, of in multiples.items()
        ],
    }
