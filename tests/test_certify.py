"""Every kind of promise, broken on purpose: the certificate must name it, and nothing that still holds."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from incentive_opt.certify import certify
from incentive_opt.certify.status_quo import status_quo
from incentive_opt.domain.contract import Contract
from incentive_opt.errors import InputError
from tests.certify_cases import Case, small_town_case


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Case:
    """A design of the small town that keeps all its promises."""
    return small_town_case(tmp_path_factory.mktemp("certify"))


@pytest.fixture
def case(made: Case) -> Case:
    """A copy of the design to tamper with."""
    return made.copy()


def test_honest_design_passes(case: Case) -> None:
    """A contract with its best responses and true figures breaks no promise."""
    assert case.broken() == []


def test_status_quo_is_a_design(case: Case) -> None:
    """The contract in force with its best responses verifies, with neither gain nor loss."""
    before = status_quo(case.instance)
    as_design = case.with_responses(list(before.responses.values()), case.instance.status_quo)
    assert as_design.broken() == []
    assert as_design.design["objective"]["health_qaly"] == pytest.approx(before.health, rel=1e-12)


def test_contract_in_force_asks_no_margin(case: Case) -> None:
    """How practices answer the contract in force is observed: no margin is asked of it, of others it is."""
    before = status_quo(case.instance)
    as_design = case.with_responses(list(before.responses.values()), case.instance.status_quo)
    del as_design.design["margin_overrides_instance"]
    assert as_design.design["margin_usd"] == 0.0
    assert as_design.broken() == []
    as_design.design["margin_usd"] = 1e5
    assert [name for name in as_design.broken() if "the margin" in name], "what is promised is checked"
    case.design["margin_usd"] = 1e5
    assert [name for name in case.broken() if "the margin" in name]


FIGURES: list[tuple[tuple[str | int, ...], float, str]] = [
    (("objective", "health_qaly"), 0.01, "health of all children"),
    (("objective", "status_quo_qaly"), 0.01, "status-quo health"),
    (("objective", "pessimistic_qaly"), 0.01, "pessimistic health"),
    (("objective", "gap"), -0.001, "gap = (upper bound - health) / upper bound"),
    (("objective", "upper_bound_qaly"), -20.0, "upper bound not below the design's own health"),
    (("objective", "first_best_qaly"), -100.0, "upper bound not above the first best"),
    (("budget", "outlay_usd"), -10.0, "outlay"),
    (("budget", "limit_usd"), 10.0, "budget limit"),
    (("certificate", "budget_slack_usd"), 10.0, "budget slack"),
    (("certificate", "worst_income_slack_usd"), 5.0, "smallest distance from an income limit"),
    (("certificate", "worst_incentive_slack_usd"), 5.0, "worst incentive slack"),
    (("practices", 0, "count"), 1.0, "solo: number of practices"),
    (("practices", 0, "revenue_usd"), 1.0, "solo: revenue"),
    (("practices", 1, "net_income_usd"), 1.0, "group: net income"),
    (("practices", 1, "utility_usd"), -2.0, "group: utility"),
    (("practices", 0, "health_qaly"), 0.001, "solo: health"),
    (("practices", 0, "status_quo_net_income_usd"), 1.0, "solo: status-quo net income"),
    (("practices", 0, "tiers", 0, "tier"), -2, "solo: paid tier attained of well_child"),
    (("practices", 0, "panel", "infant"), -1.0, "solo: panel in design.json and responses.csv"),
    (
        ("practices", 1, "services", "sick_visit", "infant"),
        -1.0,
        "group: services in design.json and responses.csv",
    ),
    (("contract", "levers", 0, "value"), 0.01, "contract.toml and design.json: fee of well_visit_short"),
    (("contract", "levers", 0, "status_quo"), 0.01, "design.json: status-quo fee of well_visit_short"),
    (("contract", "levers", 5, "threshold"), -0.1, "design.json: threshold of bonus of well_child, tier 2"),
]


@pytest.mark.parametrize(("path", "change", "name"), FIGURES, ids=[name for _, _, name in FIGURES])
def test_wrong_figure_is_named(case: Case, path: tuple[str | int, ...], change: float, name: str) -> None:
    """A figure of design.json moved a little breaks the promise of that name."""
    place: Any = case.design
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] += change
    assert name in case.broken()


@pytest.mark.parametrize(("path", "change", "name"), FIGURES[:4], ids=[name for _, _, name in FIGURES[:4]])
def test_figure_below_rounding_is_let_pass(
    case: Case, path: tuple[str | int, ...], change: float, name: str
) -> None:
    """The same figure moved by a billionth of that does not."""
    case.design[path[0]][path[1]] += change * 1e-9
    assert case.broken() == []


def test_bound_below_the_status_quo_is_named(case: Case) -> None:
    """No bound may lie below the status quo where that is allowed; a design may."""
    rich = replace(case, instance=replace(case.instance, budget=1.0e9))
    fees = dict(case.instance.status_quo.fees)
    shorter = fees | {"well_visit_short": fees["well_visit_short"] + 25.0}
    worse = rich.with_contract(Contract(fees=shorter))
    objective = worse.design["objective"]
    health, before = objective["health_qaly"], objective["status_quo_qaly"]
    objective |= {"upper_bound_qaly": before, "gap": 1.0 - health / before}
    assert worse.broken() == [], "a worse design is still a design"
    objective |= {"upper_bound_qaly": health, "gap": 0.0}
    assert worse.broken() == ["upper bound not below the health of the status quo, which is allowed"]


def changed(case: Case, **fees: float) -> Contract:
    """The case's contract with other fees."""
    return replace(case.contract, fees=dict(case.contract.fees) | fees)


CONTRACTS: list[tuple[str, Callable[[Case], Contract], str]] = [
    (
        "fee above its bound",
        lambda case: changed(case, asthma_outreach=60.5),
        "fee of asthma_outreach at most its upper bound",
    ),
    (
        "fee below its bound",
        lambda case: changed(case, well_visit_short=0.4 * case.contract.fees["well_visit_short"]),
        "fee of well_visit_short at least its lower bound",
    ),
    (
        "bonus above its bound",
        lambda case: replace(case.contract, bonuses={("well_child", 2): 51.0}),
        "bonus of well_child, tier 2 at most its upper bound",
    ),
    (
        "capitation below zero",
        lambda case: replace(case.contract, capitation={"infant": -0.5}),
        "capitation of infant at least its lower bound",
    ),
    (
        "four fees changed",
        lambda case: changed(case, **{s: case.contract.fees[s] + 0.5 for s in list(case.contract.fees)[:4]}),
        "rule: number of services repriced",
    ),
    (
        "two measures rewarded",
        lambda case: replace(case.contract, bonuses={("well_child", 2): 3.0, ("asthma_follow_up", 1): 3.0}),
        "rule: number of measures rewarded",
    ),
    (
        "more than the budget",
        lambda case: replace(case.contract, capitation={"infant": 10.0, "school_age": 10.0}),
        "outlay within the budget",
    ),
    (
        "income too high",
        lambda case: replace(case.contract, capitation={"infant": 10.0, "school_age": 10.0}),
        "solo: net income at most its ceiling",
    ),
    (
        "income too low",
        lambda case: changed(case, sick_visit=40.0),
        "solo: net income at least its floor",
    ),
]


@pytest.mark.parametrize(("make", "name"), [c[1:] for c in CONTRACTS], ids=[c[0] for c in CONTRACTS])
def test_contract_that_is_not_allowed_is_named(
    case: Case, make: Callable[[Case], Contract], name: str
) -> None:
    """A contract that breaks a bound or a rule, all its figures true: that one is named."""
    assert name in case.with_contract(make(case)).broken()


def test_other_model_without_the_lever_is_named(case: Case) -> None:
    """Where no rule of the model names bonuses, they must stay as they are."""
    model = replace(case.model, levers=tuple(r for r in case.model.levers if r.kind != "bonus"))
    assert replace(case, model=model).broken() == ["bonus of well_child, tier 2 at most its upper bound"]


def test_rvu_neutrality_is_checked_at_status_quo_volumes(case: Case) -> None:
    """One fee raised breaks neutrality; a second one lowered to make up for it restores it."""
    before = status_quo(case.instance)
    volumes = {"sick_visit": 0.0, "asthma_visit": 0.0}
    for practice in case.instance.practices:
        for (service, _), volume in before.responses[practice.name].services.items():
            if service in volumes:
                volumes[service] += practice.count * volume
    rules = replace(case.model.rules, rvu_budget_neutral=True, rvu_neutral_tolerance=1e-6)
    model = replace(case.model, rules=rules)
    fees = dict(case.instance.status_quo.fees)
    raised = fees | {"sick_visit": fees["sick_visit"] + 0.5}
    lowered = fees["asthma_visit"] - 0.5 * volumes["sick_visit"] / volumes["asthma_visit"]
    name = "rule: RVU budget neutrality (change of fee payments at status-quo volumes)"
    assert name in replace(case, model=model).with_contract(Contract(fees=raised)).broken()
    balanced = Contract(fees=raised | {"asthma_visit": lowered})
    assert name not in replace(case, model=model).with_contract(balanced).broken()


def test_missing_practice_is_named(case: Case) -> None:
    """A practice type without a response, or without figures, is named."""
    assert (
        "responses.csv has every practice type once" in replace(case, responses=case.responses[:1]).broken()
    )
    twice = replace(case, design=case.design | {"practices": case.design["practices"] * 2})
    assert twice.broken() == ["design.json has every practice type once"]
    del case.design["practices"][1]
    assert "design.json has every practice type once" in case.broken()


def test_unlisted_price_is_named(case: Case) -> None:
    """A price that contract.toml changes and design.json does not list is named."""
    del case.design["contract"]["levers"][5]
    assert case.broken() == ["design.json: bonus of well_child, tier 2"]


def test_hash_of_another_instance_is_named(case: Case) -> None:
    """A design made for other files is named as such."""
    case.design["instance"]["sha256"] = "0" * 64
    assert case.broken() == ["the instance has the promised hash"]


@pytest.mark.parametrize("value", [None, "266", True, float("nan")])
def test_figure_that_is_no_number_is_bad_input(case: Case, value: object) -> None:
    """A promise that is not a finite number cannot be checked: bad input, with its place."""
    case.design["objective"]["health_qaly"] = value
    with pytest.raises(InputError, match=r"objective\.health_qaly"):
        case.broken()


def test_infeasible_status_is_no_design(case: Case) -> None:
    """A file that says there is no design cannot be verified."""
    case.design["status"] = "infeasible"
    with pytest.raises(InputError, match="no design to verify"):
        case.broken()


def test_ceiling_lies_above_every_design_tried(case: Case) -> None:
    """The ceiling proved here is above the health of designs within budget and income limits."""
    checks = certify(case.instance, case.model, case.contract, case.responses, case.design)
    ceiling = next(c for c in checks if c.name == "health not above the ceiling that is proved here")
    assert ceiling.promised is not None
    assert ceiling.promised >= case.design["objective"]["health_qaly"]


def test_instance_path_is_not_needed(case: Case, tmp_path: Path) -> None:
    """Nothing is read from where the instance lay: the objects are enough."""
    assert replace(case, instance=replace(case.instance, path=str(tmp_path / "gone"))).broken() == []
