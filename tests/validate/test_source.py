"""Reading a design: from its folder, from memory, and what is refused."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import pytest

from incentive_opt.certify import read_responses
from incentive_opt.domain.contract import Contract
from incentive_opt.errors import InputError
from incentive_opt.files import read_run_folder
from incentive_opt.validate.source import same_prices, source_of
from tests.certify_designs import write_design
from tests.validate.towns import MODEL, ROOT, bonuses, rewrite

TWO_PRACTICES = ROOT / "instances" / "two_practices"


@pytest.fixture
def run(tmp_path: Path) -> Path:
    """The run folder of a design with one tier."""
    write_design(tmp_path / "run", TWO_PRACTICES, MODEL, bonuses(TWO_PRACTICES, 11.0))
    return tmp_path / "run"


def refused(run: Path) -> str:
    """What is said of a folder that is refused."""
    with pytest.raises(InputError) as caught:
        source_of(run)
    return str(caught.value)


def test_folder_and_document_are_the_same(run: Path) -> None:
    """The folder may be named, or the design.json in it."""
    assert source_of(run).document == source_of(run / "design.json").document
    assert source_of(run / "design.json").folder == run


def test_a_design_in_memory_needs_no_files(run: Path) -> None:
    """Anything with document, contract, instance and intended will do."""
    document, instance, _, contract = read_run_folder(run)
    intended = tuple(read_responses(run / "responses.csv"))
    design = SimpleNamespace(document=document, contract=contract, instance=instance, intended=intended)
    source = source_of(design)
    assert source.folder is None
    assert set(source.intended) == {"busy", "caring"}
    assert not source.is_status_quo


def test_rates_that_practices_aim_at_are_taken_over(run: Path) -> None:
    """A design that allows for chance says at which rate a tier is attained in its model."""
    aim = {"practice": "busy", "measure": "thorough_visit", "tier": 1, "threshold": 0.5, "target": 0.53}
    rewrite(run, lambda design: design.update(attainment_targets=[aim]))
    assert source_of(run).instance.attainment == {("busy", "thorough_visit", 1): 0.53}


def test_unchanged_prices_are_the_contract_in_force(run: Path) -> None:
    """A contract with other words and bonuses of nothing is still today's."""
    instance = source_of(run).instance
    today = instance.status_quo
    words = Contract(today.fees, today.capitation, {("thorough_visit", 1): 0.0}, {}, "Nothing new")
    assert same_prices(instance, words, today)
    assert not same_prices(instance, bonuses(TWO_PRACTICES, 0.01), today)


def test_every_unknown_name_is_told_at_once(run: Path) -> None:
    """Names that the instance does not know, in any part of design.json."""

    def change(design: dict[str, object]) -> None:
        entry = design["practices"][0]  # type: ignore[index]
        entry["panel"]["grown_up"] = 5.0
        entry["services"]["house_call"] = {"child": 5.0}
        entry["tiers"].append({"measure": "smiles", "tier": 1})

    said = refused(rewrite(run, change))
    for word in ("grown_up", "house_call", "smiles", "3 problems"):
        assert word in said


def test_a_practice_that_is_missing_is_told(run: Path) -> None:
    """Promises for every practice type, each once; and a response for each."""
    text = (run / "responses.csv").read_text(encoding="utf-8")
    kept = [line for line in text.splitlines() if not line.startswith("caring")]
    (run / "responses.csv").write_text("\n".join(kept) + "\n", encoding="utf-8")
    said = refused(rewrite(run, lambda design: design["practices"].pop()))
    assert "caring, 0 times" in said
    assert "the intended response of caring" in said


@pytest.mark.parametrize("place", ["objective.health_qaly", "objective.status_quo_qaly", "budget.outlay_usd"])
def test_a_promise_of_nothing_is_refused(run: Path, place: str) -> None:
    """Health and outlay may be null in a design.json, but then there is nothing to hold it to."""
    part, key = place.split(".")
    assert place in refused(rewrite(run, lambda design: design[part].update({key: None})))


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("contract.toml", "Give its folder"),
        ("instance", "This is an instance"),
        ("nowhere", "nowhere"),
    ],
)
def test_what_is_no_design_is_refused(run: Path, name: str, said: str) -> None:
    """Other files and folders get a plain sentence."""
    assert said in refused(run / name)


def test_a_missing_table_is_told(run: Path) -> None:
    """responses.csv belongs to a run folder."""
    (run / "responses.csv").unlink()
    assert "responses.csv" in refused(run)
