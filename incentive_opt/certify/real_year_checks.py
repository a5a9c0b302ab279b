"""What a real year changes in a design's promises: the figures of design.json against the formulas."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from incentive_opt.certify.checks import Check, entries, equal, fact, number, text
from incentive_opt.certify.status_quo import StatusQuo, answer
from incentive_opt.domain.contract import Contract
from incentive_opt.domain.instance import Instance
from incentive_opt.domain.kinds import in_kinds
from incentive_opt.domain.response import Response
from incentive_opt.foreseen import Multiples, foreseen, multiples_of

GROUP = "foreseen"
TIES = 0.03
"""Mean multiples under today's contract may differ by so much [1]: what practices do today can be any of the
ways of working that are equally good for them and for the payer, and those differ in who is seen. At most
0.0096 lay between two ways of finding them, in fifteen instances, each with one and with four kinds."""


def check_real_year(
    of_types: Instance,
    kinds: int,
    contract: Contract,
    responses: Mapping[str, Response],
    before: StatusQuo,
    design: Mapping[str, Any],
    health: float,
    outlay: float,
) -> list[Check]:
    """Figures with what a real year changes; a design that has none promises none.

    Parameters
    ----------
    kinds : int
        Of practice within each type, as responses are.
    health, outlay : float
        Recomputed, without them [QALY/year, USD/year].
    """
    if "foreseen" not in design:
        return []
    block = design["foreseen"] if isinstance(design["foreseen"], Mapping) else {}
    today = _today(block)
    checks = _check_today(multiples_of(in_kinds(of_types, kinds), before.responses), today)
    if not checks[0].ok:
        return checks
    found = foreseen(of_types, kinds, contract, responses, answer, today)
    in_force = foreseen(of_types, kinds, of_types.status_quo, before.responses, answer, today)
    said = {text(entry, "cause"): entry for entry in entries(block, "changes")}
    note = f"named are {', '.join(said) or 'none'}"
    checks.append(fact(GROUP, "changes of every cause", list(said) == list(found.outlay), note))
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
        equal(
            GROUP,
            "health with them under the contract in force",
            number(block, "status_quo_qaly"),
            before.health + sum(in_force.health.values()),
            "QALY/year",
        ),
    ]


def _today(block: Mapping[str, Any]) -> dict[str, Multiples]:
    """What the design says of care elsewhere under the contract in force."""
    return {
        text(entry, "practice"): Multiples(
            number(entry, "visits_multiple"), number(entry, "admissions_multiple")
        )
        for entry in entries(block, "care_elsewhere_today")
    }


def _check_today(found: Mapping[str, Multiples], said: Mapping[str, Multiples]) -> list[Check]:
    """Every practice is there, with multiples such as its ways of working today have."""
    note = f"named are {', '.join(said) or 'none'}"
    checks = [fact(GROUP, "care elsewhere today of every practice type", list(said) == list(found), note)]
    if not checks[0].ok:
        return checks
    off = [
        name
        for name, own in found.items()
        if max(abs(own.visits - said[name].visits), abs(own.admissions - said[name].admissions)) > TIES
    ]
    name = f"multiples of care elsewhere today, within {TIES:g}"
    return [*checks, fact(GROUP, name, not off, f"not those of {', '.join(off)}")]
