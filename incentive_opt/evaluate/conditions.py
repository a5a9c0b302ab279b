"""The terms that a contract has to keep: budget, income limits, rules; and by how much it breaks them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from incentive_opt.certify.checks import Check, at_least, at_most, dollars_tolerance
from incentive_opt.certify.contract_checks import check_contract
from incentive_opt.certify.rule_checks import check_money_rules
from incentive_opt.certify.status_quo import income_limits
from incentive_opt.domain.kinds import types_of
from incentive_opt.domain.payment_model import PaymentModel
from incentive_opt.domain.response import Response
from incentive_opt.evaluate.answers import Answers
from incentive_opt.payment import Account

BUDGET, INCOME, RULES = "budget", "income limits", "contract rules"
RULE = "rule: "
"""How the names of contract rules begin among the checks of a contract."""


def conditions(found: Answers) -> list[Check]:
    """Every term of the payer, with the figure that the contract leads to."""
    return [_budget(found), *_incomes(found), *_rules(found)]


def broken(checks: Sequence[Check], *groups: str) -> list[Check]:
    """Terms that are broken, of these groups or of all."""
    return [check for check in checks if not check.ok and (not groups or check.group in groups)]


def entry(check: Check) -> dict[str, Any]:
    """A term as plain data; ``breach`` is 0 where kept, ``breach_usd`` None where it is not money."""
    breach = 0.0 if check.ok else -check.slack
    return {
        "group": check.group,
        "name": check.name,
        "ok": check.ok,
        "value": check.recomputed,
        "relation": check.relation,
        "limit": check.promised,
        "unit": check.unit,
        "breach": breach,
        "breach_usd": breach if check.unit.startswith("USD") else None,
    }


def _budget(found: Answers) -> Check:
    limit = found.budget
    name = "outlay within the budget"
    return at_most(BUDGET, name, found.outlay, limit, "USD/year", dollars_tolerance(limit))


def _incomes(found: Answers) -> list[Check]:
    """Floor and ceiling of the net income of each practice type."""
    checks = []
    unit = "USD/practice and year"
    for members in types_of(found.instance):
        today = members.mean([now.net_income for now in found.accounts_today])
        lowest, highest = income_limits(found.instance, today)
        tolerance = dollars_tolerance(lowest, highest)
        income = members.mean([then.net_income for then in found.accounts])
        floor, ceiling = f"{members.name}: income floor", f"{members.name}: income ceiling"
        checks.append(at_least(INCOME, floor, income, lowest, unit, tolerance))
        checks.append(at_most(INCOME, ceiling, income, highest, unit, tolerance))
    return checks


def _rules(found: Answers) -> list[Check]:
    """The instance's contract rules; levers may have any value."""
    anything = PaymentModel("any", "", "", (), found.instance.rules)
    today = by_name(found.today)
    checks = check_contract(found.instance, anything, found.contract, today)
    checks += check_money_rules(found.instance, found.instance.rules, accounts_of(found), today)
    return [
        Check(
            RULES,
            check.name.removeprefix(RULE),
            check.promised,
            check.recomputed,
            check.slack,
            check.tolerance,
            check.unit,
            check.ok,
            check.note,
            check.relation,
        )
        for check in checks
        if check.name.startswith(RULE)
    ]


def by_name(responses: Sequence[Response]) -> Mapping[str, Response]:
    """Responses by practice type."""
    return {response.practice: response for response in responses}


def accounts_of(found: Answers) -> Mapping[str, Account]:
    """Accounts under the contract, by practice type."""
    return {response.practice: one for response, one in zip(found.responses, found.accounts, strict=True)}
