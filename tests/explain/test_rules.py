"""Contract rules that are shares: how far one would have to give, and which changes are tried."""

from __future__ import annotations

from dataclasses import replace

import pytest

from incentive_opt.domain.instance import Rules
from incentive_opt.explain.alone import EXACTLY, HELPLESS, contract_rules
from incentive_opt.explain.question import Question
from incentive_opt.explain.resolved import LOOSER, TIGHTER, _shares
from incentive_opt.files import read_instance, read_model
from incentive_opt.solve.cheapest import Effort

POOL = 52_500.0 / 452_500.0
"""If both practice types have to earn more: 10.50 USD for a thousand visits of each of five practices."""


def test_how_far_a_bonus_pool_would_have_to_give() -> None:
    """With a floor of 1.1 both types need a bonus; the least that moves both is 11.6 % of payments."""
    two = read_instance("two_practices")
    rules = Rules(bonus_pool_share=0.05, max_price_change=0.2)
    asked = Question(replace(two, rules=rules, income_floor=1.1), read_model("quality_bonus", two))
    found = {change.key: change for change in contract_rules(asked, Effort(time_limit=30.0))}
    pool = found["[rules] bonus_pool_share"]
    assert pool.outcome == EXACTLY
    assert pool.would_do == pytest.approx(POOL, rel=1e-3)
    assert pool.would_do >= POOL - 1e-9
    prices = found["[rules] max_price_change"]
    assert prices.outcome == HELPLESS


def test_which_changes_are_tried() -> None:
    """Looser is more where a rule says at most, and less where it says at least; what is zero stays."""
    two = read_instance("two_practices")
    rules = Rules(bonus_pool_share=0.2, min_clinician_income=0.5, risk_cell_cover=0.0)
    moves = _shares(Question(replace(two, rules=rules), read_model("quality_bonus", two)))
    tried = {(move.limit, move.way): (move.before, move.after) for move in moves}
    assert tried == {
        ("bonus pool", LOOSER): (0.2, 0.22),
        ("bonus pool", TIGHTER): (0.2, 0.18),
        ("least income per clinician", LOOSER): (0.5, 0.45),
        ("least income per clinician", TIGHTER): (0.5, 0.55),
    }
    assert {move.question.payer.rules.bonus_pool_share for move in moves} == {0.2, 0.22, 0.18}
