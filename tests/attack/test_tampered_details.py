"""Everything design.json says beside the main figures, made false: verify must not let it pass."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import incentive_opt
from incentive_opt.cli.verify import verify_document
from incentive_opt.errors import InputError

Document = dict[str, Any]


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The run folder of a design for two practices; not to be changed."""
    folder = tmp_path_factory.mktemp("attack") / "run"
    incentive_opt.solve("two_practices", "quality_bonus", gap=0.01, iteration_limit=20).write(folder)
    return folder


@pytest.fixture
def run(kept: Path, tmp_path: Path) -> Path:
    """A copy of the run folder to tamper with."""
    return Path(shutil.copytree(kept, tmp_path / "run"))


def broken(run: Path, change: Callable[[Document], object]) -> list[str]:
    """What verify says is broken after a change of design.json."""
    design = json.loads((run / "design.json").read_text(encoding="utf-8"))
    change(design)
    (run / "design.json").write_text(json.dumps(design), encoding="utf-8")
    return list(verify_document(run)["broken"])


def moved(*path: str | int, by: float) -> Callable[[Document], object]:
    """A change that moves one figure."""

    def change(design: Any) -> None:
        for key in path[:-1]:
            design = design[key]
        design[path[-1]] += by

    return change


FIGURES = [
    (("budget", "status_quo_outlay_usd"), 5.0, "status-quo outlay"),
    (("objective", "first_best_qaly"), 0.01, "first best"),
    (("contract", "levers", 0, "upper"), 1.0, "upper bound of fee"),
    (("contract", "levers", 0, "lower"), -1.0, "lower bound of fee"),
    (("practices", 0, "income_floor_usd"), -5.0, "busy: income floor"),
    (("practices", 0, "income_ceiling_usd"), 5.0, "busy: income ceiling"),
    (("practices", 0, "outlay_usd"), -5.0, "busy: outlay"),
    (("practices", 0, "outside_cost_usd"), -5.0, "busy: care elsewhere"),
    (("practices", 0, "pessimistic_health_qaly"), 0.1, "busy: pessimistic health"),
    (("practices", 0, "status_quo", "utility_usd"), -5.0, "busy: status-quo utility"),
    (("practices", 0, "status_quo", "revenue_usd"), -5.0, "busy: status-quo revenue"),
    (("practices", 0, "status_quo", "outlay_usd"), 5.0, "busy: status-quo outlay"),
    (("practices", 0, "status_quo", "health_qaly"), -0.1, "busy: status-quo health"),
    (("practices", 0, "status_quo", "tiers", 0, "tier"), 1, "busy: tiers attained under the"),
    (("practices", 0, "tiers", 0, "tier"), -1, "busy: paid tier attained of thorough_visit"),
]


def test_untampered_design_holds(run: Path) -> None:
    """Without a change nothing is broken, so what the other tests see is the change."""
    assert broken(run, lambda design: None) == []


@pytest.mark.parametrize(("path", "by", "words"), FIGURES, ids=[words for *_, words in FIGURES])
def test_false_detail_is_named(run: Path, path: tuple[str | int, ...], by: float, words: str) -> None:
    """A figure beside the main ones that is wrong is a broken promise; at a threshold the tier, too."""
    assert any(words in text for text in broken(run, moved(*path, by=by)))


def test_optimal_needs_the_gap_asked_for(run: Path) -> None:
    """A design whose bound is far away is not optimal, even if its arithmetic is right."""

    def loosen(design: Document) -> None:
        objective = design["objective"]
        upper = objective["upper_bound_qaly"] = objective["first_best_qaly"]
        objective["gap"] = (upper - objective["health_qaly"]) / upper

    assert broken(run, loosen) == [text for text in broken(run, lambda _: None) if "status optimal" in text]
    assert len(broken(run, lambda _: None)) == 1


@pytest.mark.parametrize("margin", [0.0, -5.0])
def test_margin_below_the_instance_is_not_silent(run: Path, margin: float) -> None:
    """A design that asks less margin than the instance must say that it was given another one."""

    def lower(design: Document) -> None:
        design["margin_usd"] = margin
        for part in design["practices"]:
            part["incentive_margin_usd"] = margin

    assert any("incentive margin" in text for text in broken(run, lower))


def test_margin_given_in_place_of_the_instance_is_said(run: Path) -> None:
    """Where it says so, verify passes and tells both margins."""

    def lower(design: Document) -> None:
        design |= {"margin_usd": 5.0, "margin_overrides_instance": True}

    assert broken(run, lower) == []
    (term,) = verify_document(run)["terms"]
    assert "5.00" in term
    assert "18.00" in term


def test_contract_in_force_may_not_claim_a_margin(tmp_path: Path) -> None:
    """The contract in force is a design without margin; with one that does not hold it is none."""
    design = incentive_opt.solve("two_practices", "quality_bonus", budget=450_000.0, iteration_limit=3)
    assert design.document["is_status_quo"]
    design.write(tmp_path / "run")
    assert broken(tmp_path / "run", lambda _: None) == []
    claim = broken(tmp_path / "run", lambda d: d["practices"][0].update(incentive_margin_usd=1e6))
    assert any("busy: what harms health" in text for text in claim)


def test_another_contract_is_not_the_one_in_force(run: Path) -> None:
    """A changed contract may not be passed off as the contract in force."""
    assert any("contract in force" in text for text in broken(run, lambda d: d.update(is_status_quo=True)))


def test_rules_that_nobody_checked_are_named(run: Path) -> None:
    """The certificate may list neither rules that do not exist nor rules that fail."""
    rules = [{"rule": "nobody waits", "holds": True, "detail": ""}]
    assert any("nobody waits" in text for text in broken(run, lambda d: d["certificate"].update(rules=rules)))
    rules = [{"rule": "budget", "holds": False, "detail": ""}]
    assert any("'budget'" in text for text in broken(run, lambda d: d["certificate"].update(rules=rules)))


def test_title_of_another_instance_is_named(run: Path) -> None:
    """The title is that of the instance beside the design."""
    said = broken(run, lambda d: d["instance"].update(title="The whole state"))
    assert any("title of the instance" in text for text in said)


def test_tier_listed_twice_is_named(run: Path) -> None:
    """Of two tiers for one measure a reader would see the first, verify the last."""

    def twice(design: Document) -> None:
        tiers = design["practices"][0]["tiers"]
        tiers.insert(0, {"measure": tiers[0]["measure"], "tier": 9})

    assert any("twice" in text for text in broken(run, twice))


@pytest.mark.parametrize("text", ["1_000.0", "１０００"])
def test_numbers_in_other_scripts_are_refused(run: Path, text: str) -> None:
    """responses.csv holds plain numbers only, as every other table does."""
    file = run / "responses.csv"
    content = file.read_text(encoding="utf-8")
    changed = content.replace("panel,child,child,1000.0", f"panel,child,child,{text}", 1)
    file.write_text(changed, encoding="utf-8")
    with pytest.raises(InputError, match="finite number"):
        verify_document(run)
