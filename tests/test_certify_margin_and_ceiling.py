"""Margin and ceiling on the tiny practice, against numbers worked out on paper."""

from __future__ import annotations

from dataclasses import replace

import pytest

from incentive_opt.certify import best_response, status_quo
from incentive_opt.certify.ceiling import health_ceiling
from incentive_opt.certify.incentive_checks import check_incentives
from incentive_opt.domain.contract import Contract
from incentive_opt.domain.instance import Rules
from incentive_opt.domain.payment_model import LeverRule, PaymentModel
from incentive_opt.payment import account
from tests.certify_instances import tiny_instance

HEALTH, OUTLAY = "what harms health", "what costs the payer more"


@pytest.mark.parametrize(
    ("margin", "broken"),
    [(119.0, set()), (121.0, {HEALTH}), (419.0, {HEALTH}), (421.0, {HEALTH, OUTLAY})],
)
def test_margin_holds_up_to_the_one_worked_out(margin: float, broken: set[str]) -> None:
    """All visits are long though short ones pay 4.80 USD more, because of altruism of 8,000 USD/QALY.

    A short visit for a long one loses 0.4 of delivery and, on the second piece (slope 0.6), 0.24 of an
    event: 0.00096 QALY, worth 7.68 USD to the practice; it loses 2.88 USD net.
    Health: 3,000 USD/QALY off the altruism make it indifferent; the unit is 1 % of 4 QALY: 120 USD.
    Outlay: 2.88 USD for 4.80 USD more outlay is 0.6; the unit is 1 % of 70,000 USD: 420 USD.
    """
    instance = tiny_instance(600.0, 8000.0)
    contract = Contract({"short": 64.8, "long": 60.0})
    response, _ = best_response(instance, "solo", contract)
    assert response.services["long", "child"] == pytest.approx(1000.0)
    intended, today = account(instance, contract, response), status_quo(instance).accounts["solo"]
    checks = check_incentives(instance, instance.practices[0], contract, intended, today, 0.04, margin)
    assert {words for words in (HEALTH, OUTLAY) for c in checks if words in c.name and not c.ok} == broken
    assert checks[0].ok


def fixed_prices(*levers: LeverRule) -> PaymentModel:
    """A model in which only the levers named may move."""
    return PaymentModel("few", "Few", "Few levers", levers, Rules())


def test_ceiling_is_what_time_allows_where_money_does_not_bind() -> None:
    """350 hours are 600 short and 400 long visits: 760 delivered, 0.7 + 0.6 x 0.26 of 1,000 events."""
    instance = tiny_instance(350.0, 0.0, budget=1.0e6)
    ceiling = health_ceiling(instance, fixed_prices(), status_quo(instance))
    assert ceiling == pytest.approx(856.0 * 0.004, rel=1e-9)


def test_ceiling_is_what_time_and_budget_allow() -> None:
    """With fees fixed and 62,000 USD for them, 520 short and 440 long visits: 752 delivered.

    Each effective event saves 5 USD elsewhere, so care elsewhere costs 5 x (1,000 - 851.2) = 744 USD.
    """
    instance = tiny_instance(350.0, 0.0, budget=62_744.0)
    instance = replace(instance, needs=(replace(instance.needs[0], downstream_saving=5.0),))
    ceiling = health_ceiling(instance, fixed_prices(), status_quo(instance))
    assert ceiling == pytest.approx(851.2 * 0.004, rel=1e-9)


def test_ceiling_counts_every_kind_of_money() -> None:
    """An income floor above what fees bring is in reach with capitation or bonuses, else there is none."""
    instance = tiny_instance(350.0, 0.0, budget=1.0e6, income_floor=1.2)
    before = status_quo(instance)
    bonus = fixed_prices(LeverRule("bonus", (), 0.0, 10.0, "USD/event"))
    capitation = fixed_prices(LeverRule("capitation", (), 0.0, 2.0, "USD/child-month"))
    too_little = fixed_prices(LeverRule("bonus", (), 0.0, 6.0, "USD/event"))
    assert health_ceiling(instance, bonus, before) == pytest.approx(856.0 * 0.004, rel=1e-9)
    assert health_ceiling(instance, capitation, before) == pytest.approx(856.0 * 0.004, rel=1e-9)
    assert health_ceiling(instance, too_little, before) is None
    assert health_ceiling(instance, fixed_prices(), before) is None
