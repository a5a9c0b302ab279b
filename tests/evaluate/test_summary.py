"""The bottom line of an evaluation."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from incentive_opt.domain.contract import Contract
from incentive_opt.evaluate.answers import answers
from incentive_opt.evaluate.conditions import conditions
from incentive_opt.evaluate.summary import summary
from incentive_opt.files import read_instance
from tests.cli.simulated import two_tiers


def line(
    contract: Contract | None, figures: list[dict[str, Any]] | None = None, **changed: Any
) -> dict[str, Any]:
    """The summary of a contract on two_practices; None for the contract in force."""
    instance = replace(read_instance("two_practices"), **changed)
    found = answers(instance, contract or instance.status_quo)
    return summary(found, conditions(found), figures or [])


def one_tier(usd: float) -> Contract:
    """A bonus on the first tier beside today's fees; the README of the instance derives the answers."""
    return two_tiers(read_instance("two_practices"), usd, 0.0)


def test_more_health_for_more_money() -> None:
    """Eight dollars: two caring practices gain half a QALY each for 8,000 USD each, 16,000 USD a QALY."""
    found = line(one_tier(8.0))
    assert found["health_gain_qaly"] == pytest.approx(1.0)
    assert found["outlay_change_usd"] == pytest.approx(16_000.0)
    assert found["usd_per_qaly"] == pytest.approx(16_000.0)
    assert (found["within_budget"], found["losing_income"], found["terms_broken"]) == (True, [], 0)
    first, second = found["sentences"]
    for words in ("rises by 1.00 QALY", "16,000 USD a year more", "within the budget of 515,000 USD",
                  "16,000 USD for each QALY gained"):  # fmt: skip
        assert words in first
    assert second == "No practice type loses income."


def test_a_broken_budget_is_said() -> None:
    """Forty dollars cost 135,000 USD more than there is, and lift incomes above their ceiling."""
    found = line(one_tier(40.0))
    assert found["within_budget"] is False
    assert "135,000 USD above the budget of 515,000 USD" in found["sentences"][0]
    assert found["terms_broken"] == 3
    assert any("breaks 2 of the income limits" in sentence for sentence in found["sentences"])


def test_losers_are_named() -> None:
    """At lower fees everybody loses: no price of a QALY, and each type with its loss."""
    fees = {name: 0.9 * fee for name, fee in read_instance("two_practices").status_quo.fees.items()}
    found = line(Contract(fees=fees))
    assert found["usd_per_qaly"] is None
    assert set(found["losing_income"]) == {"busy", "caring"}
    assert "for each QALY" not in found["sentences"][0]
    assert "less" in found["sentences"][0]
    assert found["sentences"][1].startswith("2 of 2 practice types lose income: ")
    assert "Busy practice (-" in found["sentences"][1]


def test_nothing_changes() -> None:
    """The contract in force gains nothing and costs nothing."""
    found = line(None)
    assert found["usd_per_qaly"] is None
    assert "health stays as it is" in found["sentences"][0]
    assert "spends as much as today" in found["sentences"][0]


def test_simulated_years_have_the_last_word() -> None:
    """Their difference of health stands with its interval, where it is known."""
    health = {"quantity": "health_qaly", "practice": "", "difference": -3.0, "low": -4.0, "high": 1.5}
    outlay = {"quantity": "outlay_usd", "practice": "", "difference": 2e7, "low": 1e7, "high": 3e7}
    said = line(one_tier(8.0), [health, outlay])["sentences"][-1]
    assert "-3.00 QALY a year (95 % interval -4.00 to +1.50)" in said
    assert "+20.0 million USD" in said
    said = line(one_tier(8.0), [health | {"difference": None}, outlay])["sentences"][-1]
    assert "Simulated" not in said
