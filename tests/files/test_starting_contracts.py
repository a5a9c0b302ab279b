"""The contract in force as a file, contracts of another instance, and decimal commas."""

from __future__ import annotations

import secrets
import tomllib
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from incentive_opt.domain.contract import Contract
from incentive_opt.errors import InputError
from incentive_opt.files import read_contract, read_instance, write_contract
from incentive_opt.files.contracts import status_quo_text
from incentive_opt.files.library import shipped_instances
from incentive_opt.files.named import contract_of, instance_of


@pytest.mark.parametrize("name", sorted(shipped_instances()))
def test_the_contract_in_force_comes_back_exactly(name: str, tmp_path: Path) -> None:
    """Written and read again, every price is the same to the last digit."""
    instance = read_instance(name)
    path = tmp_path / "today.toml"
    path.write_text(status_quo_text(instance), encoding="utf-8")
    assert read_contract(path, instance) == instance.status_quo


def test_any_prices_come_back_exactly(tmp_path: Path) -> None:
    """Also with random fees, monthly payments and bonuses, and labels that would break a line."""
    instance = read_instance("two_practices")
    seed = secrets.randbits(32)
    draw = np.random.default_rng(seed).uniform(0.0, 300.0, size=9)
    names = [service.name for service in instance.services]
    prices = Contract(
        fees=dict(zip(names[1:], draw.tolist(), strict=False)),
        capitation={"child": float(draw[6])},
        bonuses={("thorough_visit", 2): float(draw[7])},
        thresholds={("thorough_visit", 2): 0.9},
        title='Today\'s "terms"',
    )
    odd = tuple(replace(service, label="two\nlines # and a mark") for service in instance.services)
    instance = replace(instance, status_quo=prices, services=odd)
    path = tmp_path / "today.toml"
    path.write_text(status_quo_text(instance), encoding="utf-8")
    assert read_contract(path, instance) == prices, seed


def test_everything_that_may_be_paid_has_its_name_in_the_file() -> None:
    """With the # taken away, the comments are prices of the rest: a file that reads well."""
    instance = read_instance("medicaid_statewide")
    lines = status_quo_text(instance).splitlines()
    bare = [
        line.removeprefix("# ") if line.startswith(("# [[", "# ")) and ("=" in line or "[[" in line) else line
        for line in lines
    ]
    document = tomllib.loads("\n".join(bare))
    assert set(document["fees"]) == {service.name for service in instance.services}
    assert set(document["capitation"]) == {each.name for each in instance.segments if each.contracted}
    tiers = sum(len(measure.thresholds) for measure in instance.measures)
    assert len(document["bonuses"]) == tiers > 0


def problems_of(path: Path, name: str) -> list[str]:
    with pytest.raises(InputError) as refused:
        read_contract(path, read_instance(name))
    return [str(problem) for problem in refused.value.problems]


def test_a_contract_of_another_instance_is_told_as_such(tmp_path: Path) -> None:
    """First comes that it seems made for another instance, and for which; then the unknown names."""
    path = tmp_path / "contract.toml"
    write_contract(read_instance("medicaid_statewide").status_quo, path)
    first, *rest = problems_of(path, "two_practices")
    assert "seems made for the instance medicaid_statewide" in first
    assert len(rest) == 14
    (tmp_path / "design.json").write_text('{"instance": {"name": "elsewhere"}}', encoding="utf-8")
    assert "seems made for the instance elsewhere" in problems_of(path, "two_practices")[0]


def test_a_contract_of_an_unknown_instance(tmp_path: Path) -> None:
    """Where nobody knows which instance it is, that is not guessed."""
    path = tmp_path / "contract.toml"
    path.write_text("schema = 1\n[fees]\nhouse_call = 1.0\nspa = 2.0\n", encoding="utf-8")
    first, *rest = problems_of(path, "two_practices")
    assert "It seems made for another instance." in first
    assert len(rest) == 2


def test_a_slip_is_no_other_instance(tmp_path: Path) -> None:
    """One unknown name among known ones is only that, unless the design beside it is of another instance."""
    path = tmp_path / "contract.toml"
    path.write_text("schema = 1\n[fees]\nasthma_visit = 1.0\nwell_visit_shrt = 2.0\n", encoding="utf-8")
    (only,) = problems_of(path, "two_practices")
    assert "Did you mean 'well_visit_short'?" in only
    design = tmp_path / "design.json"
    for name, words in (
        ("elsewhere", "made for the instance elsewhere"),
        ("two_practices", "has changed since"),
    ):
        design.write_text(f'{{"instance": {{"name": "{name}"}}}}', encoding="utf-8")
        first, _ = problems_of(path, "two_practices")
        assert words in first


@pytest.mark.parametrize(
    ("written", "right"),
    [("0,5", "0.5."), ('"0,5"', "0.5."), ("12,50  # why", "12.50."), ("1,500", "1.500, or 1500")],
)
def test_a_decimal_comma_in_toml(tmp_path: Path, written: str, right: str) -> None:
    """It is told as a comma that should be a point, with the number as it should stand."""
    path = tmp_path / "contract.toml"
    path.write_text(f"schema = 1\n[fees]\nasthma_visit = {written}\n", encoding="utf-8")
    (only,) = problems_of(path, "two_practices")
    assert "comma" in only
    assert right in only


@pytest.mark.parametrize(("written", "words"), [('"0,5"', "decimal comma: write a point, 0.5."),
                                                 ("0,5", "Write a point, 0.5.")])  # fmt: skip
def test_a_decimal_comma_in_a_table(tmp_path: Path, written: str, words: str) -> None:
    """In quotes or not, a decimal comma in a cell is told as such."""
    folder = tmp_path / "mine"
    folder.mkdir()
    for file in shipped_instances()["two_practices"].iterdir():
        (folder / file.name).write_bytes(file.read_bytes())
    table = folder / "segments.csv"
    header, row, *rest = table.read_text(encoding="utf-8").splitlines()
    at = header.split(",").index("equity_weight")
    cells = row.split(",")
    cells[at] = written
    table.write_text("\n".join([header, ",".join(cells), *rest]), encoding="utf-8")
    with pytest.raises(InputError) as refused:
        read_instance(folder)
    assert any(words in str(problem) for problem in refused.value.problems), str(refused.value)


def test_things_by_name_by_path_and_as_they_are(tmp_path: Path) -> None:
    """An instance and a contract in every way in which they may be given."""

    class InMemory:
        contract = Contract(title="of a design")

    instance = instance_of("two_practices")
    assert instance_of(instance) is instance
    assert instance_of(Path(instance.path)).sha256 == instance.sha256
    for meant in (None, "status_quo", instance.status_quo):
        assert contract_of(meant, instance) is instance.status_quo
    write_contract(instance.status_quo, tmp_path / "contract.toml")
    for path in (tmp_path, tmp_path / "contract.toml", str(tmp_path / "design.json")):
        assert contract_of(path, instance) == instance.status_quo
    assert contract_of(InMemory(), instance).title == "of a design"
