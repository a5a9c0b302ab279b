"""The incentive margin: how much worse for the practice a response must be that harms the payer."""

from __future__ import annotations

import numpy as np
from scipy import sparse

from incentive_opt.domain.harm import UNIT_SHARE
from incentive_opt.errors import InputError, Problem
from incentive_opt.formulation.compile import CompiledPractice


def harm_directions(
    practice: CompiledPractice, health_unit: float, outlay_today: float, margin: float, products: int
) -> tuple[sparse.csr_array, sparse.csr_array]:
    """Harm to health and to the payer's purse, in the practice's dollars.

    Parameters
    ----------
    health_unit : float
        1 % of harm to health [QALY/year], see ``domain.harm``.
    outlay_today : float
        Under the contract in force [USD/year].
    margin : float
        [USD per practice and year, per 1 % of harm]; zero gives no directions.
    products : int
        How many products (price times feature) the practice has; the payer pays for all of them.

    Returns
    -------
    harm_x, harm_product
        Two rows each: less health, more outlay.
    """
    if margin == 0.0:
        return sparse.csr_array((0, len(practice.columns))), sparse.csr_array((0, products))
    units = {"health": health_unit, "outlay": UNIT_SHARE * abs(outlay_today)}
    zero = [
        Problem(
            f"{practice.scope.instance.name}/instance.toml",
            "[incentive] margin",
            f"{margin:g}",
            f"a status-quo {what} of {practice.name} other than zero (the margin is per 1 % of it)",
            "Set margin = 0.",
        )
        for what, unit in units.items()
        if unit == 0.0
    ]
    if zero:
        raise InputError(zero)
    per_qaly, per_dollar = margin / units["health"], margin / units["outlay"]
    _check_altruism(practice, margin, per_qaly, per_dollar)
    harm_x = np.vstack(
        [-per_qaly * practice.health.coefficients, per_dollar * practice.outside_cost.coefficients]
    )
    harm_product = np.vstack([np.zeros(products), np.full(products, per_dollar)])
    return sparse.csr_array(harm_x), sparse.csr_array(harm_product)


def _check_altruism(practice: CompiledPractice, margin: float, per_qaly: float, per_dollar: float) -> None:
    """Effective care must stay worth having after the tilt, or a deviation would count care as undone.

    The model lets effective care fall short of what the services bring about, because nobody gains by
    that; a margin above the practice's altruism would make it a gain.
    """
    scope = practice.scope
    most = 1.0
    worst = ""
    for (name, segment), need in scope.needs.items():
        if not scope.deliverable[name, segment] or not scope.segments[segment].contracted:
            continue
        worth = scope.practice.altruism * need.qaly_per_event
        tilt = max(
            per_qaly * scope.segments[segment].equity_weight * need.qaly_per_event,
            per_dollar
            * need.downstream_saving
            * (1.0 - scope.instance.hospital_margin_share * need.hospital_margin),
        )
        if tilt > 0 and worth / tilt < most:
            most, worst = worth / tilt, f"need={name}, segment={segment}"
    each = ", which is what is left for each of the kinds" if scope.practice.of_type else ""
    if most < 1.0:
        raise InputError(
            [
                Problem(
                    f"{scope.instance.name}/instance.toml",
                    "[incentive] margin",
                    f"{margin:g}",
                    f"at most {margin * most:.4g}{each}, because {practice.name} values effective care "
                    f"({worst}) less than the margin takes away from it",
                    "Lower the margin, or raise the practice's altruism.",
                )
            ]
        )
