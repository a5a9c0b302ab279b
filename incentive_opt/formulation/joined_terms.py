"""Terms that payment models must have in common to be joined."""

from __future__ import annotations

from collections.abc import Sequence

from incentive_opt.domain.payment_model import PaymentModel
from incentive_opt.domain.sharing import PLAIN, Sharing
from incentive_opt.errors import InputError, Problem

REMEDY = (
    "Join only one of them, or copy one model's file, write the terms you want under [sharing] and join that."
)


def one_sharing(models: Sequence[PaymentModel]) -> Sharing:
    """The terms on which all models that share savings share them; plain ones where none does.

    Raises
    ------
    InputError
        The terms differ. They are no prices that could be chosen between, and none is the stricter one: what
        is better for the payer where savings are made may be worse where they are lost.
    """
    own = [model for model in models if model.sharing != PLAIN or _shares(model)]
    terms = {model.sharing for model in own} or {PLAIN}
    if len(terms) > 1:
        expected = "the same terms of shared savings in all models that are joined"
        raise InputError(
            [
                Problem(
                    one.name, "[sharing]", one.sharing.in_words, expected, REMEDY if one is own[-1] else ""
                )
                for one in own
            ]
        )
    return terms.pop()


def _shares(model: PaymentModel) -> bool:
    return any(rule.kind == "shared_savings" for rule in model.levers)
