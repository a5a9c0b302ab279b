"""A design of the small town to tamper with, and everything it was made from."""

from __future__ import annotations

import copy
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from incentive_opt.certify import best_response, certify
from incentive_opt.certify.status_quo import status_quo
from incentive_opt.domain.contract import Contract
from incentive_opt.domain.instance import Instance
from incentive_opt.domain.payment_model import PaymentModel
from incentive_opt.domain.response import Response
from incentive_opt.files import read_instance, read_model
from tests.certify_designs import better_contract, design_of
from tests.conftest import MODEL_TOML, write_small_instance


@dataclass
class Case:
    """A design and everything it was made from."""

    instance: Instance
    model: PaymentModel
    contract: Contract
    responses: list[Response]
    design: dict[str, Any]

    def broken(self) -> list[str]:
        """Names of the broken promises."""
        checks = certify(self.instance, self.model, self.contract, self.responses, self.design)
        return [check.name for check in checks if not check.ok]

    def with_contract(self, contract: Contract) -> Case:
        """The same with another contract, its best responses, and what they come to."""
        responses = [best_response(self.instance, p, contract)[0] for p in self.instance.practices]
        return self.with_responses(responses, contract)

    def with_responses(self, responses: list[Response], contract: Contract | None = None) -> Case:
        """The same with other responses, and what they come to."""
        contract = contract or self.contract
        design = design_of(self.instance, self.model, contract, responses)
        return replace(self, contract=contract, responses=responses, design=design)

    def copy(self) -> Case:
        """The same, to tamper with."""
        return replace(self, responses=list(self.responses), design=copy.deepcopy(self.design))


def small_town_case(folder: Path) -> Case:
    """A design of the small town that keeps all its promises."""
    town = write_small_instance(folder / "small_town")
    (folder / "mixed.toml").write_text(MODEL_TOML, encoding="utf-8")
    instance = read_instance(town)
    instance = replace(instance, budget=1.05 * status_quo(instance).outlay)
    model = read_model(folder / "mixed.toml", instance)
    return Case(instance, model, Contract(), [], {}).with_contract(better_contract(instance))


def moved(case: Case, kind: str, key: object, by: float, effective: tuple[str, str] | None = None) -> Case:
    """The case where the solo practice does so much more of one activity, all figures true to that."""
    solo = case.responses[0]
    table = dict(getattr(solo, kind))
    table[key] = table.get(key, 0.0) + by
    solo = replace(solo, **{kind: table})
    if effective is not None:
        solo = replace(solo, effective=dict(solo.effective) | {effective: solo.effective[effective] + by})
    return case.with_responses([solo, *case.responses[1:]])
