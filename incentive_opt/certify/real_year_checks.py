"""What a real year changes in a design's promises: the figures of design.json against the formulas."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from incentive_opt.certify.checks import Check, entries, equal, fact, number, text
from incentive_opt.certify.status_quo import StatusQuo
from incentive_opt.domain.contract import Contract
from incentive_opt.domain.instance import Instance
from incentive_opt.domain.response import Response
from incentive_opt.foreseen import foreseen

GROUP = "foreseen"


def check_real_year(
    instance: Instance,
    contract: Contract,
    responses: Mapping[str, Response],
    before: StatusQuo,
    design: Mapping[str, Any],
    health: float,
    outlay: float,
) -> list[Check]:
    """Figures with smooth effects, full months and continuity; a design that has none promises none.

    Parameters
    ----------
    health, outlay : float
        Recomputed, without them [QALY/year, USD/year].
    """
    if "foreseen" not in design:
        return []
    found = foreseen(instance, contract, responses, before.responses)
    block = design["foreseen"] if isinstance(design["foreseen"], Mapping) else {}
    said = {text(entry, "cause"): entry for entry in entries(block, "changes")}
    note = f"named are {', '.join(said) or 'none'}"
    checks = [fact(GROUP, "changes of every cause", list(said) == list(found.outlay), note)]
    for cause in (cause for cause in found.outlay if cause in said):
        words = cause.replace("_", " ")
        for key, of, unit in (
            ("health_qaly", found.health.get(cause, 0.0), "QALY/year"),
            ("outlay_usd", found.outlay[cause], "USD/year"),
        ):
            name = f"{'health' if unit.startswith('QALY') else 'outlay'} changed by {words}"
            checks.append(equal(GROUP, name, number(said[cause], key), of, unit))
    return [
        *checks,
        equal(
            GROUP,
            "health with them",
            number(block, "health_qaly"),
            health + sum(found.health.values()),
            "QALY/year",
        ),
        equal(
            GROUP,
            "outlay with them",
            number(block, "outlay_usd"),
            outlay + sum(found.outlay.values()),
            "USD/year",
        ),
    ]
