"""Contract rules on two_practices, each just inside and just outside what an optimum needs, by hand.

The table of optima stands in instances/two_practices/README.md: bonuses of 10.50 and 4.40 USD for 12.3 QALY;
next best 10.50 USD alone for 11.5. Fees pay 80,000 USD to each of five practices; net incomes are 40,000 USD,
0.2 clinicians each.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from incentive_opt.domain.instance import Instance, Rules
from incentive_opt.domain.payment_model import LeverRule, PaymentModel
from incentive_opt.errors import NoDesign
from incentive_opt.files import read_instance
from incentive_opt.solve import solve

BEST, SECOND, TODAY = 12.3, 11.5, 9.0
VISITS = ("well_visit_short", "well_visit_long")


@pytest.fixture(scope="module")
def two() -> Instance:
    return read_instance("two_practices")


def health(
    instance: Instance, model: PaymentModel | str, rules: Rules | None = None, gap: float = 1e-3
) -> float:
    """Health of the best contract [QALY/year]; the search has to close to the gap."""
    asked = instance if rules is None else replace(instance, rules=rules)
    design = solve(asked, model, gap=gap, time_limit=30.0, seed=0)
    assert design.upper_bound <= design.health / (1.0 - gap) + 1e-6
    return design.health


def model(*levers: LeverRule) -> PaymentModel:
    return PaymentModel("made", "Made for a test", "Made for a test.", levers, Rules())


def fees(lower_multiple: float, upper_multiple: float) -> PaymentModel:
    """Fees of well-child visits may move, nothing else."""
    return model(LeverRule("fee", VISITS, 0.0, 0.0, "USD/service", lower_multiple, upper_multiple))


OUTCOMES = model(LeverRule("outcome", ("well_child",), 0.0, 60.0, "USD/effective event"))


@pytest.mark.parametrize(
    ("inside", "outside"),
    [
        # 61,300 of 461,300 USD are bonuses.
        (Rules(bonus_pool_share=0.1329), Rules(bonus_pool_share=0.1328)),
        # A caring practice is paid 94,900 instead of 80,000 USD.
        (Rules(max_payment_change=0.1863), Rules(max_payment_change=0.1862)),
        # Incomes rise by 26.25 and 37.25 %, of all together by 30.65 %: 6.6 points apart.
        (Rules(income_change_gap=0.0661), Rules(income_change_gap=0.0659)),
        # With the rest of the budget in the first tier 51,240 USD against a mean of 53,000.
        (Rules(min_clinician_income=0.9667), Rules(min_clinician_income=0.9669)),
    ],
    ids=["bonus pool", "change of payments", "gap of incomes", "income per clinician"],
)
def test_rules_on_payments(two: Instance, inside: Rules, outside: Rules) -> None:
    """A limit just loose enough leaves the optimum, one just too tight leaves the next best."""
    assert health(two, "quality_bonus", inside) == pytest.approx(BEST, abs=1e-6)
    assert health(two, "quality_bonus", outside) == pytest.approx(SECOND, abs=1e-6)


def test_incentive_cap(two: Instance) -> None:
    """With 10 USD a month for each child, 600,000 USD a year, 61,300 USD are 10.22 % of capitation."""
    budget = 515_000.0 + 600_000.0
    force = replace(two.status_quo, capitation={"child": 10.0})
    paid = replace(two, status_quo=force, budget=budget)
    assert health(paid, "quality_bonus", Rules(incentive_cap=0.1022)) == pytest.approx(BEST, abs=1e-6)
    assert health(paid, "quality_bonus", Rules(incentive_cap=0.1021)) == pytest.approx(SECOND, abs=1e-6)


@pytest.mark.parametrize("rules", [Rules(max_price_change=0.5), Rules(max_services_repriced=2)])
def test_a_fee_that_a_model_fixes_elsewhere_is_a_changed_one(two: Instance, rules: Rules) -> None:
    """Three fees that fall to nothing break the rule whatever else is paid: that is proved."""
    free = LeverRule("capitation", (), 0.0, 60.0, "USD/child-month")
    without_fees = replace(
        model(LeverRule("fee", (), 0.0, 0.0, "USD/service", 0.0, 0.0), free), replaces=True
    )
    assert health(two, without_fees, gap=5e-3) > TODAY
    with pytest.raises(NoDesign, match="meets every constraint"):
        solve(replace(two, rules=rules), without_fees, time_limit=10.0, seed=0)


@pytest.mark.parametrize(("most", "expected"), [(1, 13.5), (0, TODAY)])
def test_a_measure_on_which_fees_are_held_back_carries_money(
    two: Instance, most: int, expected: float
) -> None:
    """The best withhold rides on the one measure; where none may carry money, today is all there is."""
    assert health(two, "withhold", Rules(max_measures=most), gap=5e-3) == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize(
    ("limit", "expected"),
    [(0.176, 14.0), (0.174, 11.0), (0.092, 11.0), (0.091, TODAY)],
)
def test_largest_change_of_a_price(two: Instance, limit: float, expected: float) -> None:
    """A long visit has to bring a busy practice 21 USD more than a short one, a caring one 11 USD.

    Fees of 60 USD may part by 120 USD times the limit.
    """
    free = replace(two, income_floor=0.5)
    assert health(free, fees(0.5, 1.5), Rules(max_price_change=limit)) == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize(("limit", "expected"), [(0.937, 11.0), (0.938, TODAY)])
def test_floor_for_a_group_of_children(two: Instance, limit: float, expected: float) -> None:
    """The long visit may rise to 66 USD; so the short one has to fall to 55 for caring practices to change.

    Today's care then brings 75,000 USD for the children of a practice instead of 80,000: 93.75 %.
    """
    free = replace(two, income_floor=0.5)
    assert health(free, fees(0.5, 1.1), Rules(rate_cell_floor=limit)) == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize(
    ("rules", "altruism", "expected"),
    [
        (Rules(), 15_000.0, 14.0),
        (Rules(physician_incentive_plan=True), 15_000.0, 11.0),
        (Rules(physician_incentive_plan=True), 12_850.0, 11.0),
        (Rules(physician_incentive_plan=True), 12_750.0, TODAY),
        (Rules(physician_incentive_plan=True, stop_loss=True), 12_750.0, 14.0),
    ],
)
def test_physician_incentive_plan(two: Instance, rules: Rules, altruism: float, expected: float) -> None:
    """Paid by outcome, 33 % of the 80,000 USD that fees pay is at most 26.40 USD for each of 1,000 successes.

    A long visit adds half a success. It costs 25 USD, less what health is worth to the practice, which the
    margin lowers by 1,000 USD a QALY: busy practices ask 42 USD for a success, caring ones 22; one that
    values a QALY at 12,850 USD asks 26.30, at 12,750 USD 26.50. (The bound closes slowly here.)
    """
    practices = tuple(replace(p, altruism=altruism) if p.name == "caring" else p for p in two.practices)
    rich = replace(two, practices=practices, budget=700_000.0, income_ceiling=3.0)
    assert health(rich, OUTCOMES, rules, gap=0.06) == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize(("spread", "expected"), [(0.0317, BEST), (0.0316, TODAY)])
def test_reliability(two: Instance, tmp_path: Path, spread: float, expected: float) -> None:
    """Reliability is 0.8 where true rates vary four times as much as chance.

    At a threshold of one half and 1,000 events chance has a variance of 1/4,000, so rates a
    standard deviation of 0.0316.
    """
    folder = tmp_path / "two"
    folder.mkdir()
    for file in Path(two.path).iterdir():
        folder.joinpath(file.name).write_bytes(file.read_bytes())
    toml = folder / "instance.toml"
    lines = f"[rules]\nmin_reliability = 0.8\nbetween_practice_sd = {spread}\n"
    toml.write_text(toml.read_text(encoding="utf-8").replace("[rules]\n", lines), encoding="utf-8")
    assert health(read_instance(folder), "quality_bonus") == pytest.approx(expected, abs=1e-6)
