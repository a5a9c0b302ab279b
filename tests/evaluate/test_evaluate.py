"""Evaluations of contracts on two_practices, whose figures its README derives by hand."""

from __future__ import annotations

import dataclasses
import json
import secrets
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy import stats

from incentive_opt.certify import best_response, response_rows
from incentive_opt.domain.contract import Contract
from incentive_opt.domain.instance import Instance, Rules
from incentive_opt.errors import InputError
from incentive_opt.evaluate import evaluate
from incentive_opt.evaluate import run as run_module
from incentive_opt.evaluate.answers import answers
from incentive_opt.evaluate.bounds import read_best_design, share_of_gain
from incentive_opt.evaluate.conditions import conditions, entry
from incentive_opt.evaluate.paired import differences
from incentive_opt.files import read_instance, read_model, write_run_folder
from tests.certify_designs import design_of
from tests.cli.simulated import made_up, two_tiers

FIRST_BEST = 5 * (1000 * 0.002 + 400 * 0.004)
"""Long visits and the asthma programme everywhere: 18 QALY, which 515,000 USD can pay for."""


@pytest.fixture(scope="module")
def instance() -> Instance:
    return read_instance("two_practices")


@pytest.fixture
def no_years(monkeypatch: pytest.MonkeyPatch) -> list[tuple[Any, ...]]:
    """Random figures in place of simulated years; notes what was asked for."""
    asked: list[tuple[Any, ...]] = []

    def simulate(
        instance: Instance, contract: Contract | None, behaviour: str, number: int, seed: int, **_: Any
    ) -> Any:
        asked.append((contract, behaviour, number, seed))
        given = instance.status_quo if contract is None else contract
        return made_up(instance, given, len(asked), number, behaviour)

    monkeypatch.setattr(run_module, "simulate", simulate)
    return asked


def write_design(folder: Path, instance: Instance, contract: Contract, **changes: Any) -> Path:
    """The run folder of a design whose bound is 2 % above its health."""
    model = read_model("quality_bonus", instance)
    responses = [best_response(instance, practice, contract)[0] for practice in instance.practices]
    design = design_of(instance, model, contract, responses) | changes
    write_run_folder(folder, design, contract, response_rows(responses), "by hand", instance, model)
    return folder


def test_the_optimum_by_hand(instance: Instance, no_years: list[tuple[Any, ...]]) -> None:
    """12.3 QALY for 511,300 USD; 3.3 of the 9 QALY that the first best is above today."""
    found = evaluate(instance, two_tiers(instance))
    totals = found["optimiser"]["totals"]
    assert totals["outlay_usd"] == pytest.approx(511_300.0, abs=0.01)
    assert all(term["ok"] for term in found["terms"])
    assert found["bound"]["not_covered_because"] == []
    assert totals["health_qaly"] == pytest.approx(12.3, abs=1e-6)
    assert totals["status_quo"]["health_qaly"] == pytest.approx(9.0, abs=1e-6)
    bound = found["bound"]
    assert bound["kind"] == "first_best"
    assert bound["bound_qaly"] == pytest.approx(FIRST_BEST, abs=1e-6)
    assert bound["share_of_gain"] == pytest.approx(3.3 / 9.0, abs=1e-6)
    assert "loose" in bound["says"]
    json.dumps(found, allow_nan=False)


def test_breaches_have_their_size(instance: Instance) -> None:
    """40 USD for the first tier costs 200,000 USD in all: 135,000 over budget, 20,000 over each ceiling."""
    found = answers(instance, two_tiers(instance, 40.0, 0.0))
    terms = {term["name"]: term for term in map(entry, conditions(found))}
    assert terms["outlay within the budget"]["breach_usd"] == pytest.approx(135_000.0, abs=0.01)
    for name in ("busy", "caring"):
        ceiling = terms[f"{name}: income ceiling"]
        assert (ceiling["ok"], ceiling["limit"]) == (False, pytest.approx(60_000.0, abs=0.01))
        assert ceiling["breach_usd"] == pytest.approx(20_000.0, abs=0.01)
        assert terms[f"{name}: income floor"]["breach"] == 0.0


def test_an_income_floor_is_missed(instance: Instance) -> None:
    """Ten dollars less for a short visit: 1,000 visits, 10,000 USD below 40,000; the floor is at 97 %."""
    fees = dict(instance.status_quo.fees) | {"well_visit_short": 50.0, "well_visit_long": 50.0}
    found = answers(instance, Contract(fees=fees))
    terms = {term["name"]: term for term in map(entry, conditions(found))}
    assert terms["busy: income floor"]["breach_usd"] == pytest.approx(38_800.0 - 30_000.0, abs=0.01)
    assert terms["outlay within the budget"]["ok"] is True


def test_contract_rules_are_held_against_it(instance: Instance) -> None:
    """One fee, one measure and two tiers too many; 5,000 USD of fees where 80 USD are allowed."""
    strict = replace(
        instance, rules=Rules(True, 0.0002, max_services_repriced=0, max_measures=0, max_tiers=1)
    )
    fees = dict(instance.status_quo.fees) | {"well_visit_short": 61.0}
    contract = replace(two_tiers(instance, 1.0, 1.0), fees=fees)
    terms = [entry(check) for check in conditions(answers(strict, contract))]
    rules = {term["unit"]: term for term in terms if term["group"] == "contract rules"}
    assert {unit: rule["breach"] for unit, rule in rules.items()} == pytest.approx(
        {"services": 1.0, "measures": 1.0, "tiers": 1.0, "USD/year": 5_000.0 - 0.0002 * 400_000.0}, abs=0.01
    )
    assert [rules[unit]["breach_usd"] for unit in ("services", "measures", "tiers")] == [None] * 3


def test_the_contract_in_force_gains_nothing(instance: Instance, no_years: list[tuple[Any, ...]]) -> None:
    """It keeps every term, and is simulated once."""
    found = evaluate(instance, instance.status_quo, replications=3)
    assert all(term["ok"] for term in found["terms"])
    assert found["bound"]["share_of_gain"] == pytest.approx(0.0, abs=1e-9)
    assert len(no_years) == 1
    apart = [
        figure["difference"] for figure in found["simulated"]["figures"] if figure["difference"] is not None
    ]
    assert apart
    assert set(apart) == {0.0}


def test_both_contracts_meet_the_same_children(instance: Instance, no_years: list[tuple[Any, ...]]) -> None:
    """The same seed, number of years and behaviour under both."""
    contract = two_tiers(instance)
    evaluate(instance, contract, behaviour="quantal", replications=3, seed=8)
    assert no_years == [(None, "quantal", 3, 8), (contract, "quantal", 3, 8)]


def test_differences_are_paired(instance: Instance) -> None:
    """Mean and interval of the differences, recomputed with scipy; tiers of one contract have none."""
    seed = secrets.randbits(32)
    before = made_up(instance, instance.status_quo, seed, 5)
    after = made_up(instance, two_tiers(instance), seed + 1, 5)
    rows = {(r["quantity"], r["practice"], r["of"], r["tier"]): r for r in differences(before, after)}
    apart = after.samples[:, 0] - before.samples[:, 0]
    low, high = stats.t.interval(0.95, 4, loc=apart.mean(), scale=stats.sem(apart))
    row = rows["health_qaly", "", "", 0]
    assert (row["difference"], row["low"], row["high"]) == pytest.approx(
        (apart.mean(), low, high), rel=1e-9
    ), f"seed {seed}"
    tier = rows["tier_paid", "busy", "thorough_visit", 1]
    assert (tier["status_quo"], tier["difference"], tier["low"]) == (None, None, None)
    assert 0.0 <= tier["contract"] <= 1.0


def test_a_sure_difference_has_no_width(instance: Instance) -> None:
    """What is the same in every year is known for sure, however much years differ."""
    seed = secrets.randbits(32)
    before = made_up(instance, instance.status_quo, seed, 4)
    after = dataclasses.replace(before, samples=before.samples + 2.0)
    for row in differences(before, after):
        assert (row["low"], row["difference"], row["high"]) == pytest.approx((2.0, 2.0, 2.0)), f"seed {seed}"
    single = dataclasses.replace(before, samples=before.samples[:1])
    assert differences(single, single)[0]["low"] is None
    assert np.isclose(differences(single, single)[0]["contract"], before.samples[0, 0])


def test_a_design_is_the_yardstick(
    instance: Instance, no_years: list[tuple[Any, ...]], tmp_path: Path
) -> None:
    """A contract that does nothing beside a design whose health is 12.3 and bound 2 % above."""
    folder = write_design(tmp_path / "design", instance, two_tiers(instance))
    found = evaluate(instance, instance.status_quo, folder)["bound"]
    assert (found["kind"], found["model"]) == ("design", "quality_bonus")
    assert found["bound_qaly"] == pytest.approx(12.3 * 1.02, rel=1e-6)
    assert found["best_share_of_gain"] == pytest.approx(3.3 / (12.3 * 1.02 - 9.0), rel=1e-6)
    assert found["share_of_gain"] == pytest.approx(0.0, abs=1e-9)
    assert found["not_covered_because"] == []


def test_what_a_bound_does_not_cover_is_said(
    instance: Instance, no_years: list[tuple[Any, ...]], tmp_path: Path
) -> None:
    """A fee that quality bonuses leave alone, and money beyond the budget."""
    folder = write_design(tmp_path / "design", instance, two_tiers(instance))
    fees = dict(instance.status_quo.fees) | {"well_visit_long": 90.0}
    reasons = evaluate(instance, Contract(fees=fees), folder)["bound"]["not_covered_because"]
    assert "it breaks the budget" in reasons
    assert any("fee of well_visit_long" in reason for reason in reasons)


def test_a_tie_is_not_covered(instance: Instance, no_years: list[tuple[Any, ...]], tmp_path: Path) -> None:
    """At exactly 10 USD for half of the visits the caring practice does not care: no margin is kept."""
    folder = write_design(tmp_path / "design", instance, two_tiers(instance), margin_usd=instance.margin)
    tied = evaluate(instance, two_tiers(instance, 5.0, 0.0), folder)["bound"]
    assert any("incentive margin" in reason and "caring" in reason for reason in tied["not_covered_because"])
    clear = evaluate(instance, two_tiers(instance, 8.0, 0.0), folder)["bound"]
    assert clear["not_covered_because"] == []


def test_the_budget_of_the_design_counts(
    instance: Instance, no_years: list[tuple[Any, ...]], tmp_path: Path
) -> None:
    """A design made for 700,000 USD is compared within 700,000 USD, and that is said."""
    folder = write_design(
        tmp_path / "design", instance, two_tiers(instance),
        budget={"limit_usd": 700_000.0, "outlay_usd": 0.0, "overrides_instance": True},
    )  # fmt: skip
    found = evaluate(instance, two_tiers(instance, 40.0, 0.0), folder)
    (term,) = [term for term in found["terms"] if term["group"] == "budget"]
    assert (term["ok"], term["limit"]) == (True, 700_000.0)
    assert "700,000.00 USD/year" in found["terms_of_the_design"][0]


def test_a_design_for_another_instance_is_refused(instance: Instance, tmp_path: Path) -> None:
    """The hashes of the files decide."""
    folder = write_design(tmp_path / "design", instance, two_tiers(instance))
    with pytest.raises(InputError, match="a design for this instance"):
        read_best_design(folder, read_instance("medicaid_statewide"))
    none = write_design(tmp_path / "none", instance, two_tiers(instance), status="infeasible")
    with pytest.raises(InputError, match="a design that was found"):
        read_best_design(none, instance)


def test_no_gain_is_no_share() -> None:
    """Where nothing is left to gain, a share of it is not reckoned."""
    assert share_of_gain(9.0, 9.0, 9.0) is None
    assert share_of_gain(9.0, 9.5, None) is None
    assert share_of_gain(9.0, 9.5, 11.0) == 0.25
    assert share_of_gain(9.0, 8.5, 11.0) == -0.25


def test_impossible_limits_have_no_first_best(instance: Instance, no_years: list[tuple[Any, ...]]) -> None:
    """With a budget of one dollar no payment keeps the incomes; that is said, and nothing fails."""
    found = evaluate(replace(instance, budget=1.0), instance.status_quo)
    assert found["bound"]["bound_qaly"] is None
    assert "No payment at all" in found["bound"]["says"]
    (term,) = [term for term in found["terms"] if term["group"] == "budget"]
    assert term["breach_usd"] == pytest.approx(449_999.0, abs=0.01)
