"""Contract rules in the certificate and for a payer's own contract: kept at the limit, not beyond.

On two_practices, by hand: fees pay 80,000 USD to each of five practices, 20,000 of it for asthma visits;
bonuses of 10.50 and 4.40 USD bring three busy practices 10,500 USD each and two caring ones 14,900.
"""

from __future__ import annotations

from dataclasses import replace

import pytest

from incentive_opt.certify import certify, status_quo
from incentive_opt.certify.check import status_quo_allowed
from incentive_opt.certify.checks import Check
from incentive_opt.certify.contract_checks import check_contract
from incentive_opt.certify.rule_checks import check_money_rules
from incentive_opt.domain.contract import Contract
from incentive_opt.domain.instance import Instance, Rules
from incentive_opt.domain.lines import Benchmarks
from incentive_opt.domain.payment_model import UNITS, LeverRule, PaymentModel
from incentive_opt.domain.sharing import Sharing
from incentive_opt.evaluate.answers import answers
from incentive_opt.evaluate.conditions import broken, conditions, entry
from incentive_opt.files import read_instance, read_model
from tests.certify_designs import design_of

HAIR = 1e-4
ANYTHING = PaymentModel("any", "", "", (), Rules())


@pytest.fixture(scope="module")
def two() -> Instance:
    return read_instance("two_practices")


def bonuses(instance: Instance) -> Contract:
    """The best quality bonus."""
    return replace(
        instance.status_quo, bonuses={("thorough_visit", 1): 10.5, ("thorough_visit", 2): 4.4}, thresholds={}
    )


def short_visits(instance: Instance, fee: float) -> Contract:
    """Today's contract with another fee for short well-child visits."""
    return replace(instance.status_quo, fees={**instance.status_quo.fees, "well_visit_short": fee})


def faults(instance: Instance, contract: Contract, rules: Rules, as_today: bool = False) -> list[str]:
    """Rules that are broken if practices do what is best for them, or go on as today."""
    asked = replace(instance, rules=rules)
    found = answers(asked, asked.status_quo if as_today else contract)
    today = {response.practice: response for response in found.today}
    accounts = {one.practice: a for one, a in zip(found.responses, found.accounts, strict=True)}
    checks: list[Check] = check_contract(asked, ANYTHING, contract, today)
    checks += check_money_rules(asked, rules, accounts, today)
    return [check.name for check in checks if check.name.startswith("rule: ") and not check.ok]


@pytest.mark.parametrize(
    ("key", "limit", "broken_by"),
    [
        ("bonus_pool_share", 61_300.0 / 461_300.0, 1),
        ("max_payment_change", 14_900.0 / 80_000.0, 1),
        ("income_change_gap", 0.3725 - 0.3065, 1),
        ("min_clinician_income", 252_500.0 / 261_300.0, 1),
    ],
)
def test_rules_on_payments_at_the_limit(two: Instance, key: str, limit: float, broken_by: int) -> None:
    """The bonuses keep a rule at its limit, and break it once where that is a hair stricter."""
    stricter = limit + HAIR if key.startswith("min") else limit - HAIR
    assert faults(two, bonuses(two), Rules(**{key: limit})) == []  # type: ignore[arg-type]
    assert len(faults(two, bonuses(two), Rules(**{key: stricter}))) == broken_by  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("key", "limit", "fee"),
    [
        ("max_price_change", 0.25, 45.0),
        ("max_price_change", 0.25, 75.0),
        ("rate_cell_floor", 65_000.0 / 80_000.0, 45.0),
        ("rate_cell_ceiling", 92_000.0 / 80_000.0, 72.0),
    ],
)
def test_rules_on_prices_at_the_limit(two: Instance, key: str, limit: float, fee: float) -> None:
    """A fee keeps a rule at its limit, and breaks it where that is a hair stricter."""
    stricter = limit + HAIR if key.endswith("floor") else limit - HAIR
    rules = Rules(**{key: limit}), Rules(**{key: stricter})  # type: ignore[arg-type]
    assert faults(two, short_visits(two, fee), rules[0]) == []
    assert len(faults(two, short_visits(two, fee), rules[1])) == 1


def test_incentive_cap_at_the_limit(two: Instance) -> None:
    """At 10 USD a month for each child capitation is 600,000 USD."""
    paid = replace(bonuses(two), capitation={"child": 10.0})
    cap = 61_300.0 / 600_000.0
    assert faults(two, paid, Rules(incentive_cap=cap)) == []
    assert len(faults(two, paid, Rules(incentive_cap=cap - HAIR))) == 1


def test_referral_bonus_at_the_limit(two: Instance) -> None:
    """Today's 500 successes may bring 33 % of 80,000 USD: 52.80 USD each; quality does not count."""
    plan = Rules(physician_incentive_plan=True)
    for price, count in ((52.8, 0), (52.81, 2)):
        contract = replace(bonuses(two), lines={("outcome", "well_child"): price})
        found = [name for name in faults(two, contract, plan) if name.endswith("as today")]
        assert len(found) == count, price
    rich = replace(bonuses(two), bonuses={("thorough_visit", 1): 59.0})
    assert faults(two, rich, plan) == []


def test_referral_loss_at_the_limit(two: Instance) -> None:
    """Half of 10,000 USD elsewhere is owed; 20,000 USD for 400 asthma visits are just enough to bear it."""
    plan = Rules(physician_incentive_plan=True)
    for fee, count in ((50.0, 0), (49.99, 2)):
        contract = Contract(
            fees={"asthma_visit": fee},
            lines={("shared_savings", "care_elsewhere"): 0.5},
            benchmarks=Benchmarks(cost={"child": 0.0}),
        )
        found = [name for name in faults(two, contract, plan, as_today=True) if "referral loss" in name]
        assert len([name for name in found if name.endswith("as today")]) == count, fee
    assert faults(two, contract, replace(plan, stop_loss=True), as_today=True) == []


def test_what_is_paid_to_one_group_of_children_is_its_own(two: Instance) -> None:
    """With one group its cover is that of all, so it is kept at 1 whatever is paid."""
    assert faults(two, short_visits(two, 1.0), Rules(risk_cell_cover=1.0)) == []


@pytest.mark.parametrize(("share", "count"), [(0.1, 1), (0.0, 0)])
def test_a_measure_on_which_fees_are_held_back_is_counted(two: Instance, share: float, count: int) -> None:
    """As one that carries money and one whose rate has to be reliable; not where nothing is held back."""
    contract = replace(two.status_quo, lines={("withhold", "thorough_visit"): share})
    assert len(faults(two, contract, Rules(max_measures=0))) == count
    assert len(faults(two, contract, Rules(min_reliability=0.99, between_practice_sd=0.05))) == 2 * count


def test_evaluate_says_which_rule_is_broken_and_by_how_much(two: Instance) -> None:
    """Of 461,300 USD 12 % are 55,356 USD: 5,944 USD too much."""
    asked = replace(two, rules=Rules(bonus_pool_share=0.12))
    found = [entry(check) for check in broken(conditions(answers(asked, bonuses(two))))]
    assert [one["name"] for one in found] == ["bonus pool, 0.12 of contract payments"]
    assert found[0]["group"] == "contract rules"
    assert found[0]["breach_usd"] == pytest.approx(5_944.0)


def test_verify_refuses_a_design_that_breaks_a_rule(two: Instance) -> None:
    """Whether the instance or the model has the rule; without it the same design holds."""
    model = read_model("quality_bonus", two)
    strict = Rules(bonus_pool_share=0.12)
    contract = replace(bonuses(two), bonuses={("thorough_visit", 1): 10.51, ("thorough_visit", 2): 4.41})
    responses = answers(two, contract).responses
    design = design_of(two, model, contract, responses)
    for instance, asked in (
        (two, model),
        (replace(two, rules=strict), model),
        (two, replace(model, rules=replace(model.rules, bonus_pool_share=0.12))),
    ):
        checks = certify(instance, asked, contract, responses, design)
        names = [check.name for check in checks if not check.ok and check.name.startswith("rule: ")]
        expected = ["rule: bonus pool, 0.12 of contract payments"]
        assert names == ([] if (instance, asked) == (two, model) else expected)


def test_today_may_break_a_rule(two: Instance) -> None:
    """A rule on incomes that today's contract does not keep leaves today out of what a bound must cover."""
    rich = tuple(replace(p, fixed_cost=0.0) if p.name == "busy" else p for p in two.practices)
    uneven = replace(two, practices=rich)
    before = status_quo(uneven)
    for least, allowed in ((0.6, True), (0.7, False)):
        asked = replace(uneven, rules=Rules(min_clinician_income=least))
        assert status_quo_allowed(asked, ANYTHING, before) is allowed


def test_fees_held_back_for_a_measure_make_it_carry_money(two: Instance) -> None:
    """A rate too unreliable for a bonus is so for a withhold; where no money rides on it nothing is asked.

    At 1,000 events and a threshold of one half chance has a variance of 1/4,000: with true rates that differ
    by 0.05 the reliability is 10 in 11.
    """
    held = replace(two.status_quo, lines={("withhold", "thorough_visit"): 0.1})
    nothing = replace(two.status_quo, lines={("withhold", "thorough_visit"): 0.0})
    met, missed = (Rules(min_reliability=least, between_practice_sd=0.05) for least in (0.90, 0.92))
    named = [f"rule: reliability of thorough_visit for {one.name}" for one in two.practices]
    for contract in (held, bonuses(two)):
        assert faults(two, contract, missed) == named
        assert faults(two, contract, met) == []
    assert faults(two, nothing, missed) == []


@pytest.mark.parametrize("named", ["nothing", "cost", "everything"])
def test_a_contract_that_names_not_every_benchmark_of_its_model(two: Instance, named: str) -> None:
    """One without the lines that are counted from them need not; it is checked like any other."""
    model = read_model("quality_bonus", two)
    lines = tuple(LeverRule(kind, (), 0.0, 0.5, UNITS[kind]) for kind in ("improvement", "shared_savings"))
    model = replace(model, levers=(*model.levers, *lines), counts_elsewhere=True)
    terms = {
        "nothing": Benchmarks(),
        "cost": Benchmarks(cost={"child": 10.0}),
        "everything": Benchmarks({(need.name, need.segment): 0.1 for need in two.needs}, {"child": 10.0}),
    }[named]
    contract = replace(bonuses(two), benchmarks=replace(terms, counts_elsewhere=True))
    responses = answers(two, contract).responses
    checks = certify(two, model, contract, responses, design_of(two, model, contract, responses))
    assert any("ceiling that is proved here" in check.name for check in checks) is (named == "everything")
    assert not [check for check in checks if check.name.startswith("rule: ") and not check.ok]


def test_terms_that_are_not_the_models_are_told_in_words(two: Instance) -> None:
    """Both sides as they stand in the files, and which key differs."""
    mine = Benchmarks(cost={"child": 10.0}, sharing=Sharing(0.5), counts_elsewhere=True)
    contract = replace(two.status_quo, lines={("shared_savings", "care_elsewhere"): 0.1}, benchmarks=mine)
    model = replace(ANYTHING, sharing=Sharing(0.02, most_lost=0.0))
    notes = {check.name: check.note for check in check_contract(two, model, contract, {}) if not check.ok}
    assert notes["terms of shared savings are the model's"] == (
        "[sharing] of the model: minimum = 0.02, most_lost = 0, quality_gate = false; of the contract: "
        "minimum = 0.5, quality_gate = false"
    )
    assert "count_closed_elsewhere" in notes["whether measures count what others closed is the model's"]
