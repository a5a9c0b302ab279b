"""How practices answer a contract in the optimiser's model, beside the contract in force."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from incentive_opt.domain.contract import Contract
from incentive_opt.domain.instance import Instance
from incentive_opt.domain.response import Response
from incentive_opt.formulation.status_quo import respond
from incentive_opt.payment import Account, account
from incentive_opt.pools import as_paid_out
from incentive_opt.solve.totals import compared


@dataclass(frozen=True)
class Answers:
    """Best responses and their accounts in the order of the instance's practices, under both contracts."""

    instance: Instance
    contract: Contract
    responses: list[Response]
    accounts: list[Account]
    today: list[Response]
    accounts_today: list[Account]

    @property
    def health(self) -> float:
        """Health under the contract [QALY/year]."""
        return self._total([figures.health for figures in self.accounts])

    @property
    def health_today(self) -> float:
        """Health under the contract in force [QALY/year]."""
        return self._total([figures.health for figures in self.accounts_today])

    @property
    def outlay(self) -> float:
        """Outlay under the contract [USD/year]."""
        return self._total([figures.outlay for figures in self.accounts])

    @property
    def outlay_today(self) -> float:
        """Outlay under the contract in force [USD/year]."""
        return self._total([figures.outlay for figures in self.accounts_today])

    @property
    def budget(self) -> float:
        """What the payer may spend [USD/year]."""
        return self.outlay_today if self.instance.budget is None else self.instance.budget

    def _total(self, figures: list[float]) -> float:
        return sum(p.count * figure for p, figure in zip(self.instance.practices, figures, strict=True))


def answers(instance: Instance, contract: Contract) -> Answers:
    """Best responses to the contract and to the one in force."""
    today = [found.response for found in respond(instance, instance.status_quo)]
    same = contract == instance.status_quo
    then = today if same else [found.response for found in respond(instance, contract)]
    paid = as_paid_out(instance, contract, then)
    return Answers(
        instance,
        contract,
        then,
        [account(instance, paid, response) for response in then],
        today,
        [account(instance, instance.status_quo, response) for response in today],
    )


def totals(found: Answers) -> dict[str, Any]:
    """Totals over all practices, with those under the contract in force as ``status_quo``."""
    return compared(found.instance, found.responses, found.accounts, found.today, found.accounts_today)
