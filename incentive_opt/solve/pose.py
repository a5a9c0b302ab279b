"""The problem as the search takes it: kinds told apart, today's answers known, and where to begin."""

from __future__ import annotations

from dataclasses import replace

from incentive_opt.domain.contract import Contract
from incentive_opt.domain.instance import Instance
from incentive_opt.domain.kinds import in_kinds
from incentive_opt.domain.payment_model import PaymentModel
from incentive_opt.formulation.build import build
from incentive_opt.formulation.payer import Payer
from incentive_opt.pricing import PricingProblem


def pose(
    given: Instance, model: PaymentModel, near: Contract | None, kinds: int
) -> tuple[PricingProblem, Payer]:
    """The pricing problem, and what its levers and followers stand for.

    Parameters
    ----------
    given : Instance
        Of types.
    near : Contract or None
        To begin near.
    kinds : int
        Kinds of practice told apart within each type.
    """
    problem, payer = build(in_kinds(given, kinds), model)
    today = tuple(one.activities for one in payer.status_quo)
    hint = None if near is None else payer.lever_values(near)
    return replace(problem, start_responses=(today,) if payer.allows_today else (), hint=hint), payer
