"""Would another contract be better where a parameter is at an end of its range? A search says."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from incentive_opt.domain.changed import changed
from incentive_opt.domain.contract import Contract
from incentive_opt.domain.instance import Instance
from incentive_opt.domain.payment_model import PaymentModel
from incentive_opt.errors import InputError, NoDesign


def searched(
    given: Instance,
    model: PaymentModel,
    contract: Contract,
    terms: Mapping[str, Any],
    entry: Mapping[str, Any],
    values: Mapping[str, float],
    stop: Callable[[], bool],
) -> dict[str, Any]:
    """Search for a contract that is best with other numbers, beginning near the design's.

    Parameters
    ----------
    given : Instance
        As the files have it, with the design's terms.
    terms : mapping
        For ``incentive_opt.solve.solve``.
    entry : mapping
        What came of the design's contract with these numbers.
    values : mapping parameter -> float

    Returns
    -------
    dict
        ``found``; ``health_qaly`` of the contract found and ``better_by_qaly``, what that is beyond the
        design's [QALY/year]. ``comparable`` is false where the design breaks a limit there: then what
        is found keeps limits that the design does not, and may be worse for all that. With ``why`` where
        nothing is found.
    """
    from incentive_opt.solve.run import solve

    try:
        made = solve(changed(given, values), model, start=contract, stop=stop, **terms).document
    except NoDesign as error:
        return {"found": False, "why": str(error)}
    except InputError as error:
        return {"found": False, "why": "; ".join(str(one) for one in error.problems)}
    health = float(made["objective"]["health_qaly"])
    own = entry.get("health_qaly")
    return {
        "found": True,
        "health_qaly": health,
        "upper_bound_qaly": made["objective"]["upper_bound_qaly"],
        "outlay_usd": made["budget"]["outlay_usd"],
        "is_status_quo": bool(made.get("is_status_quo")),
        "better_by_qaly": None if own is None else health - float(own),
        "comparable": bool(entry["possible"] and entry["budget_kept"] and entry["incomes_kept"]),
        "stopped": bool(made.get("stopped")),
    }
