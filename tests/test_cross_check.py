"""The certificate and the formulation build the practice's problem apart; their optima must agree."""

from __future__ import annotations

import secrets
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from incentive_opt.certify import best_response, certify, status_quo
from incentive_opt.certify.checks import Check
from incentive_opt.certify.contract_checks import check_contract, lever_range, prices
from incentive_opt.certify.contract_checks import stricter as stricter_here
from incentive_opt.domain.contract import Contract
from incentive_opt.domain.instance import Instance, Rules
from incentive_opt.domain.kinds import in_kinds
from incentive_opt.files import read_instance, read_model
from incentive_opt.formulation.levers import levers, stricter
from incentive_opt.formulation.status_quo import respond
from incentive_opt.payment import account, attained
from tests.certify_designs import design_of
from tests.drawn_lines import with_lines, with_partners


def random_contract(instance: Instance, random: np.random.Generator) -> Contract:
    """Fees up to twice a usual fee, capitation, bonuses and other lines, each absent now and then."""

    def price(most: float) -> float:
        return float(random.uniform(0.0, most)) if random.random() < 0.7 else 0.0

    contract = Contract(
        fees={s.name: price(120.0) for s in instance.services},
        capitation={s.name: price(15.0) for s in instance.segments if s.contracted},
        bonuses={
            (m.name, tier): price(40.0) for m in instance.measures for tier in range(1, len(m.thresholds) + 1)
        },
    )
    return with_lines(instance, contract, random) if random.random() < 0.6 else contract


def aiming_higher(instance: Instance, random: np.random.Generator) -> Instance:
    """The instance where each practice type aims above some thresholds, by more for higher tiers."""
    attainment = {}
    for practice in instance.practices:
        for measure in instance.measures:
            distance = 0.0
            for tier, threshold in enumerate(measure.thresholds, start=1):
                distance = float(random.uniform(distance, 1.0))
                if random.random() < 0.8 or tier > 1:
                    target = threshold + distance * (1.0 - threshold)
                    attainment[practice.name, measure.name, tier] = target
    return replace(instance, attainment=attainment)


def in_need_of_time(instance: Instance, random: np.random.Generator) -> Instance:
    """The instance with random hours, altruism and effort, and infants of another payer."""
    clinician = replace(instance.staff["clinician"], hours_per_fte=float(random.uniform(900.0, 1700.0)))
    practices = tuple(
        replace(
            p, altruism=float(random.uniform(0.0, 40_000.0)), effort_scale=float(random.uniform(0.0, 3.0))
        )
        for p in instance.practices
    )
    infant, school_age = instance.segments
    infant = replace(infant, contracted=False, other_payer_fee_multiple=1.2)
    staff = {**instance.staff, "clinician": clinician}
    return replace(instance, staff=staff, practices=practices, segments=(infant, school_age))


@pytest.mark.parametrize("other_payer", [False, True])
@pytest.mark.parametrize("targets", [False, True])
def test_best_responses_agree_on_random_contracts(
    small_instance: Path, other_payer: bool, targets: bool
) -> None:
    """Utility by the certificate and by the formulation, to 1e-8 of it, on fresh random contracts."""
    seed = secrets.randbits(32)
    random = np.random.default_rng(seed)
    instance = read_instance(small_instance)
    for trial in range(6):
        tried = in_need_of_time(instance, random) if other_payer else instance
        tried = aiming_higher(tried, random) if targets else tried
        tried = with_partners(tried, random)
        contract = random_contract(tried, random)
        for outcome in respond(tried, contract):
            _, utility = best_response(tried, outcome.practice, contract)
            where = f"seed {seed}, trial {trial}, {outcome.practice}"
            assert outcome.utility == pytest.approx(utility, rel=1e-8), where


def test_payment_sees_the_targets_that_practices_aim_at(small_instance: Path) -> None:
    """Plain arithmetic pays for the tiers that the formulation and the certificate say are attained."""
    seed = secrets.randbits(32)
    random = np.random.default_rng(seed)
    instance = read_instance(small_instance)
    for trial in range(4):
        tried = with_partners(aiming_higher(instance, random), random)
        contract = random_contract(tried, random)
        for outcome in respond(tried, contract):
            where = f"seed {seed}, trial {trial}, {outcome.practice}"
            again, _ = best_response(tried, outcome.practice, contract)
            for response in (outcome.response, again):
                paid = account(tried, contract, response)
                assert paid.utility == pytest.approx(outcome.utility, rel=1e-6), where
            elsewhere = contract.benchmarks.counts_elsewhere
            for measure in tried.measures:
                for tier in range(1, outcome.response.tiers.get(measure.name, 0) + 1):
                    assert attained(tried, measure, tier, outcome.response, elsewhere), where


def test_status_quo_agrees(small_instance: Path) -> None:
    """Health, outlay and income under the contract in force agree, ties broken alike."""
    instance = read_instance(small_instance)
    before = status_quo(instance)
    for outcome in respond(instance, instance.status_quo):
        figures = before.accounts[outcome.practice]
        assert figures.health == pytest.approx(outcome.health, rel=1e-7)
        assert figures.net_income == pytest.approx(outcome.net_income, rel=1e-7)
        assert figures.outlay == pytest.approx(outcome.outlay, rel=1e-7)


@pytest.mark.slow
def test_best_responses_agree_on_the_statewide_instance() -> None:
    """The same on the main instance, all practice types."""
    seed = secrets.randbits(32)
    instance = read_instance("medicaid_statewide")
    contract = random_contract(instance, np.random.default_rng(seed))
    for outcome in respond(instance, contract):
        _, utility = best_response(instance, outcome.practice, contract)
        assert outcome.utility == pytest.approx(utility, rel=1e-8), f"seed {seed}, {outcome.practice}"


@pytest.mark.parametrize("targets", [False, True])
def test_responses_of_the_formulation_pass_the_certificate(
    small_instance: Path, small_model: Path, targets: bool
) -> None:
    """What the formulation says practices do is possible and best, whatever the contract may cost."""
    seed = secrets.randbits(32)
    random = np.random.default_rng(seed)
    as_read = read_instance(small_instance)
    model = read_model(small_model, as_read)
    instance = aiming_higher(as_read, random) if targets else as_read
    contract = random_contract(instance, random)
    responses = [outcome.response for outcome in respond(instance, contract)]
    design = design_of(instance, model, contract, responses)
    checks = certify(as_read, model, contract, responses, design)
    assert failed(checks, "response", "incentives", "files") == [], f"seed {seed}"


def failed(checks: list[Check], *groups: str) -> list[str]:
    """Broken promises of some parts of a design."""
    return [str(check) for check in checks if check.group in groups and not check.ok]


def test_lever_bounds_agree(small_instance: Path, small_model: Path) -> None:
    """Every price has the same bounds in the certificate and in the formulation."""
    instance = read_instance(small_instance)
    model = read_model(small_model, instance)
    before = prices(instance, instance.status_quo)
    found = {(one.kind, one.of, one.tier): (one.lower, one.upper) for one in levers(instance, model)}
    assert found == {price: lever_range(model, price, value) for price, value in before.items()}
    checks = check_contract(instance, model, instance.status_quo, status_quo(instance).responses)
    assert all(check.ok for check in checks)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (Rules(), Rules(max_measures=2)),
        (Rules(True, 0.01, 4, 3, 2), Rules(True, 0.002, 5, 1, None)),
        (Rules(False, 0.0, None, None, None), Rules(True, 0.5, 2, None, 1)),
    ],
)
def test_the_stricter_rules_agree(one: Rules, other: Rules) -> None:
    """Certificate and formulation take the same rules from two sets, in either order."""
    for first, second in ((one, other), (other, one)):
        here, there = stricter_here(first, second), stricter(first, second)
        if there.rvu_budget_neutral:
            assert here == there
        else:
            assert replace(here, rvu_neutral_tolerance=0.0) == replace(there, rvu_neutral_tolerance=0.0)


def test_both_say_the_same_of_kinds_today() -> None:
    """Among equally good ways of working both take the healthiest, then the cheapest: dollars to the cent."""
    number = 2 + secrets.randbelow(11)
    instance = in_kinds(read_instance("medicaid_statewide"), number)
    before = status_quo(instance)
    for found in respond(instance, instance.status_quo):
        other = before.accounts[found.practice]
        context = f"{found.practice} of {number} kinds"
        assert found.health == pytest.approx(other.health, rel=1e-9), context
        assert abs(found.outlay - other.outlay) < 0.005, context
        assert abs(found.net_income - other.net_income) < 0.005, context
