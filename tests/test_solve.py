"""From instance and model to a design: promises hold, and what should not matter does not."""

from __future__ import annotations

import dataclasses
import itertools
import json
import math
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

import incentive_opt
from incentive_opt.certify import certify, read_responses, status_quo
from incentive_opt.certify.incentive_checks import check_incentives
from incentive_opt.cli.main import main
from incentive_opt.domain.harm import units_of_health
from incentive_opt.domain.instance import Instance
from incentive_opt.domain.payment_model import PaymentModel
from incentive_opt.errors import InputError, NoDesign
from incentive_opt.files import load_design, read_contract, read_instance, read_model
from incentive_opt.files.design_schema import DesignFile
from incentive_opt.formulation.build import build
from incentive_opt.formulation.first_best import first_best, least_budget
from incentive_opt.payment import account
from incentive_opt.solve import Design, solve
from incentive_opt.solve.reasons import impossible
from tests.conftest import MODEL_TOML, edit, write_small_instance

GAP = 0.01
SECONDS = 30.0
AMPLE = "budget = 1.2e7"


@pytest.fixture
def town(tmp_path: Path) -> Path:
    """The small instance with a budget that its status quo keeps."""
    folder = write_small_instance(tmp_path / "town")
    edit(folder / "instance.toml", "budget = 2.0e6", AMPLE)
    return folder


@pytest.fixture(scope="module")
def bonus() -> Design:
    """The hand-made instance under its quality bonus; not to be changed."""
    return solve("two_practices", "quality_bonus", gap=1e-6, time_limit=SECONDS)


def broken(folder: Path) -> list[str]:
    """Promises of a run folder that do not hold."""
    instance = read_instance(folder / "instance")
    found = certify(
        instance,
        read_model(folder / "model.toml", instance),
        read_contract(folder / "contract.toml", instance),
        read_responses(folder / "responses.csv"),
        load_design(folder),
    )
    return [str(check) for check in found if not check.ok]


def at_least(more: Design, less: Design) -> bool:
    """Whether one design is as healthy as another, up to what its own gap leaves open."""
    return more.upper_bound >= less.health - 1e-6 and more.health >= less.health * (1.0 - GAP) - 1e-6


def test_optimum_derived_by_hand(bonus: Design) -> None:
    """Health, outlay and tiers are those of the README of the instance, in whole cents."""
    assert bonus.status == "optimal"
    assert bonus.health == pytest.approx(12.3, abs=1e-6)
    assert bonus.upper_bound == pytest.approx(12.3, rel=1e-5)
    tiers = {part["practice"]: part["tiers"] for part in bonus.document["practices"]}
    assert tiers["busy"] == [{"measure": "thorough_visit", "tier": 1}]
    assert tiers["caring"] == [{"measure": "thorough_visit", "tier": 2}]
    assert all(price == round(price, 2) for price in bonus.contract.bonuses.values())


def test_written_design_keeps_every_promise(bonus: Design, tmp_path: Path) -> None:
    """The run folder verifies, and holds every field that design.json must have."""
    bonus.write(tmp_path / "run")
    assert broken(tmp_path / "run") == []
    document = load_design(tmp_path / "run")
    fields = {field.alias or name for name, field in DesignFile.model_fields.items()}
    assert fields <= set(document)
    assert document == json.loads(json.dumps(bonus.document))


def test_margin_of_each_practice_is_its_largest(bonus: Design) -> None:
    """The margin that is promised holds; with one a tenth larger another way of working is better."""
    today = status_quo(bonus.instance).accounts
    units = units_of_health(bonus.instance, {name: own.health for name, own in today.items()})
    parts = {part["practice"]: part["incentive_margin_usd"] for part in bonus.document["practices"]}
    for response, practice in zip(bonus.intended, bonus.instance.practices, strict=True):
        own = account(bonus.instance, bonus.contract, response)
        for factor, holds in ((1.0, True), (1.1, False)):
            checks = check_incentives(
                bonus.instance,
                practice,
                bonus.contract,
                own,
                today[practice.name],
                units[practice.name],
                factor * parts[practice.name],
            )
            assert all(check.ok for check in checks) is holds
        assert parts[practice.name] >= bonus.instance.margin


def test_pessimistic_value_is_no_better(bonus: Design) -> None:
    """Practices near a tie may choose what is worse for the children, never what is better."""
    assert bonus.document["objective"]["pessimistic_qaly"] <= bonus.health + 1e-9


def test_first_best_is_above_every_bound(bonus: Design) -> None:
    """If practices did what the payer chose all ten visits and programmes would be run: 18 QALY."""
    assert bonus.document["objective"]["first_best_qaly"] == pytest.approx(18.0, abs=1e-6)
    assert bonus.upper_bound <= bonus.document["objective"]["first_best_qaly"]


def test_responses_are_a_table(bonus: Design) -> None:
    """Half of the busy practice's visits are long."""
    table = bonus.responses
    busy = table[(table["practice"] == "busy") & (table["item"] == "well_visit_long")]
    assert busy["value"].tolist() == pytest.approx([500.0])


def test_prices_are_whole_cents(town: Path, small_model: Path, tmp_path: Path) -> None:
    """Prices that moved are whole cents, at the same health as the search found, and still verify."""
    design = solve(town, small_model, gap=1e-6, time_limit=SECONDS)
    design.write(tmp_path / "run")
    moved = [
        lever["value"]
        for lever in design.document["contract"]["levers"]
        if abs(lever["value"] - lever["status_quo"]) > 1e-6
    ]
    assert moved != []
    assert moved == [round(value, 2) for value in moved]
    assert design.gap <= 1e-6
    assert broken(tmp_path / "run") == []


@pytest.mark.parametrize("margin", [0.0, 40.0])
def test_any_margin_verifies(town: Path, small_model: Path, tmp_path: Path, margin: float) -> None:
    """A margin given in place of the instance's is promised, recorded and kept."""
    design = solve(town, small_model, gap=GAP, time_limit=SECONDS, margin=margin)
    design.write(tmp_path / "run")
    assert design.document["margin_usd"] == margin
    assert all(part["incentive_margin_usd"] >= margin for part in design.document["practices"])
    assert broken(tmp_path / "run") == []


def test_asking_a_larger_margin_costs_health() -> None:
    """What holds with a larger margin also holds with a smaller one."""
    healths = [
        solve("two_practices", "quality_bonus", gap=1e-6, margin=margin).health
        for margin in (0.0, 18.0, 36.0)
    ]
    assert healths == sorted(healths, reverse=True)


def test_more_budget_never_lowers_health() -> None:
    """Health rises with the budget from the status quo's outlay to plenty, up to the gap."""
    budgets = (450_000.0, 480_000.0, 515_000.0, 600_000.0)
    designs = [solve("two_practices", "quality_bonus", gap=GAP, budget=usd) for usd in budgets]
    for less, more in itertools.pairwise(designs):
        assert at_least(more, less)
    assert designs[-1].health > designs[0].health + 1.0
    assert [design.document["budget"]["limit_usd"] for design in designs] == list(budgets)


def test_budget_given_is_the_one_that_is_verified(tmp_path: Path) -> None:
    """A design for another budget than the instance's verifies against its own."""
    design = solve("two_practices", "quality_bonus", gap=GAP, budget=600_000.0)
    design.write(tmp_path / "run")
    assert design.outlay > 515_000.0
    assert broken(tmp_path / "run") == []


def test_wider_bounds_never_lower_health(town: Path, tmp_path: Path) -> None:
    """A model whose prices may move further does at least as well, up to the gap."""
    narrow, wide = tmp_path / "narrow.toml", tmp_path / "wide.toml"
    narrow.write_text(
        MODEL_TOML.replace("lower_multiple = 0.5", "lower_multiple = 0.95")
        .replace("upper_multiple = 2.0", "upper_multiple = 1.05")
        .replace("upper = 50.0", "upper = 2.0")
        .replace("upper = 60.0", "upper = 5.0"),
        encoding="utf-8",
    )
    wide.write_text(MODEL_TOML, encoding="utf-8")
    less, more = (solve(town, model, gap=GAP, time_limit=SECONDS) for model in (narrow, wide))
    assert at_least(more, less)
    assert more.health > less.health


def in_cents(instance: Instance, model: PaymentModel) -> tuple[Instance, PaymentModel]:
    """The same instance and model with all money in another unit, a hundredth of a dollar."""
    unit = 100.0

    def times(thing: Any, *names: str) -> Any:
        return dataclasses.replace(thing, **{name: getattr(thing, name) * unit for name in names})

    assert instance.budget is not None
    force = instance.status_quo
    scaled = times(instance, "budget", "conversion_factor", "margin")
    scaled = dataclasses.replace(
        scaled,
        status_quo=dataclasses.replace(force, fees={s: usd * unit for s, usd in force.fees.items()}),
        staff={role: times(terms, "wage") for role, terms in instance.staff.items()},
        needs=tuple(times(need, "uncovered_cost", "downstream_saving") for need in instance.needs),
        services=tuple(times(service, "supply_cost", "effort_cost") for service in instance.services),
        practices=tuple(times(p, "altruism", "fixed_cost", "cost_per_child") for p in instance.practices),
    )
    return scaled, dataclasses.replace(
        model, levers=tuple(times(rule, "lower", "upper") for rule in model.levers)
    )


def test_the_unit_of_money_does_not_matter(bonus: Design) -> None:
    """With all money counted in hundredths the health is the same."""
    instance, model = in_cents(bonus.instance, bonus.model)
    scaled = solve(instance, model, gap=1e-6, time_limit=SECONDS)
    assert scaled.health == pytest.approx(bonus.health, rel=1e-6)
    assert scaled.upper_bound == pytest.approx(bonus.upper_bound, rel=1e-6)


def test_same_seed_and_iterations_give_the_same_contract(tmp_path: Path) -> None:
    """Byte for byte, whatever the clock says."""
    texts = []
    for number in range(2):
        design = solve("two_practices", "blended", gap=0.0, seed=3, iteration_limit=2)
        design.write(tmp_path / str(number))
        texts.append((tmp_path / str(number) / "contract.toml").read_bytes())
    assert texts[0] == texts[1]


def test_budget_below_what_any_design_needs(small_instance: Path, small_model: Path) -> None:
    """The reason names the least budget, which is exact: a little more of it is no longer hopeless."""
    with pytest.raises(NoDesign, match="no contract can do with less") as caught:
        solve(small_instance, small_model, time_limit=SECONDS)
    instance = read_instance(small_instance)
    _, payer = build(instance, read_model(small_model, instance))
    least = least_budget(payer).usd
    assert least is not None
    assert f"{math.ceil(least):,}" in str(caught.value)
    assert "No practice may earn less than 97 % of today; that drives it for" in str(caught.value)
    richer = dataclasses.replace(instance, budget=1.0001 * least)
    _, payer = build(richer, read_model(small_model, instance))
    assert first_best(payer) is not None
    assert impossible(payer) is None


def test_status_quo_that_breaks_the_budget_is_replaced(town: Path, small_model: Path, tmp_path: Path) -> None:
    """Where the contract in force costs too much a cheaper one is found, and it verifies."""
    today = solve(town, small_model, gap=1.0).document["budget"]["status_quo_outlay_usd"]
    design = solve(town, small_model, gap=0.05, time_limit=SECONDS, budget=0.995 * today)
    design.write(tmp_path / "run")
    assert design.outlay <= 0.995 * today * (1.0 + 1e-6)
    assert not design.document["is_status_quo"]
    assert broken(tmp_path / "run") == []


def test_reason_names_todays_cost_and_a_freer_model(town: Path) -> None:
    """A budget below today's outlay without any price to move: what today's contract costs always does."""
    model = town.parent / "fixed.toml"
    model.write_text(
        'schema = 1\ntitle = "Fixed"\ndescription = "No price moves."\n[[levers]]\nkind = "fee"\n'
        'lower_multiple = 1.0\nupper_multiple = 1.0\nunit = "USD/service"\n',
        encoding="utf-8",
    )
    today = status_quo(read_instance(town))
    outlay = sum(p.count * today.accounts[p.name].outlay for p in read_instance(town).practices)
    with pytest.raises(NoDesign) as caught:
        solve(town, model, time_limit=SECONDS, budget=0.995 * outlay)
    words = str(caught.value)
    assert f"Today's contract costs {math.ceil(outlay):,} USD a year" in words
    assert "could work in principle" in words
    assert "(blended)" in words
    assert solve(town, model, time_limit=SECONDS, budget=math.ceil(outlay)).document["is_status_quo"]


def test_totals_are_those_of_the_practices(bonus: Design) -> None:
    """Five practices of a thousand children each; money and health add up to those of the design."""
    totals = bonus.document["totals"]
    assert (totals["practices"], totals["children_asked"], totals["children_kept"]) == (5, 5000.0, 5000.0)
    assert totals["health_qaly"] == pytest.approx(bonus.health)
    assert totals["outlay_per_child_asked_usd"] == pytest.approx(bonus.outlay / 5000.0)
    assert totals["status_quo"]["outlay_usd"] == pytest.approx(450_000.0)
    assert [need["need"] for need in totals["needs"]] == ["well_child", "asthma"]


def test_nothing_better_than_the_status_quo(tmp_path: Path) -> None:
    """Bonuses too small to move anyone: the contract in force comes back, says so, promises no margin."""
    model = tmp_path / "small_change.toml"
    model.write_text(
        'schema = 1\ntitle = "Small change"\ndescription = "Bonuses of at most a dollar."\n'
        '[[levers]]\nkind = "bonus"\nlower = 0.0\nupper = 1.0\nunit = "USD/event"\n',
        encoding="utf-8",
    )
    design = solve("two_practices", model, gap=1e-6, time_limit=SECONDS)
    design.write(tmp_path / "run")
    assert design.document["is_status_quo"]
    assert design.document["margin_usd"] == 0.0
    assert "contract in force" in design.document["notes"][0]
    assert design.health == pytest.approx(9.0, abs=1e-6)
    assert broken(tmp_path / "run") == []


def test_without_time_the_bound_is_still_true(tmp_path: Path) -> None:
    """Whatever comes back at once verifies, and its bound is not below the known optimum."""
    design = solve("two_practices", "quality_bonus", time_limit=0.0)
    design.write(tmp_path / "run")
    assert design.upper_bound >= 12.3 - 1e-6
    assert broken(tmp_path / "run") == []


def test_stopping_returns_the_best_so_far(tmp_path: Path) -> None:
    """Asked to stop at once, the search still returns a design that verifies."""
    seen: list[float] = []
    design = solve(
        "two_practices",
        "blended",
        gap=0.0,
        report=lambda progress: seen.append(progress.seconds),
        stop=lambda: True,
    )
    design.write(tmp_path / "run")
    assert seen != []
    assert "The search ended because you stopped it." in design.document["notes"]
    assert broken(tmp_path / "run") == []


def test_combined_model_has_a_file_of_its_own(tmp_path: Path) -> None:
    """Two models joined by + do at least as well as each, and the run folder verifies."""
    design = solve("two_practices", "capitation+quality_bonus", gap=GAP)
    design.write(tmp_path / "run")
    assert broken(tmp_path / "run") == []
    for name in ("capitation", "quality_bonus"):
        assert at_least(design, solve("two_practices", name, gap=GAP))


def test_solving_again_removes_what_spoke_of_the_old_design(bonus: Design, tmp_path: Path) -> None:
    """A report or validation of an earlier design does not stay beside a new one."""
    bonus.write(tmp_path)
    (tmp_path / "validation.json").write_text("{}", encoding="utf-8")
    bonus.write(tmp_path)
    assert not (tmp_path / "validation.json").exists()


def test_every_senseless_argument_is_named() -> None:
    """All of them at once."""
    with pytest.raises(InputError) as caught:
        solve("two_practices", "blended", gap=5.0, time_limit=float("nan"), margin=-5.0, budget=float("inf"))
    assert len(caught.value.problems) == 4


def test_function_is_found_at_the_top_also_after_its_module_was_imported() -> None:
    """``incentive_opt.solve`` can be called whichever of the two hides the other."""
    assert incentive_opt.solve("two_practices", "quality_bonus", time_limit=5.0).health > 9.0


def test_verify_command_agrees(bonus: Design, tmp_path: Path) -> None:
    """Exit code 0 for the run folder, 4 once its health is overstated."""
    bonus.write(tmp_path)
    assert CliRunner().invoke(main, ["verify", str(tmp_path)]).exit_code == 0
    file = tmp_path / "design.json"
    document = json.loads(file.read_text(encoding="utf-8"))
    document["objective"]["health_qaly"] *= 1.01
    file.write_text(json.dumps(document), encoding="utf-8")
    assert CliRunner().invoke(main, ["verify", str(tmp_path)]).exit_code == 4
