"""Every number that ships has a source that resolves, or is marked as an assumption with its reason."""

from __future__ import annotations

import json
import shutil
import tomllib
from pathlib import Path

import pytest
from click.testing import CliRunner

from incentive_opt.cli.main import main
from incentive_opt.files.library import shipped_instances, shipped_models
from incentive_opt.files.provenance import UNSOURCED, count_model_numbers, count_numbers
from tests.conftest import edit

LEAST_WORDS = 3
"""A citation or reason with fewer words says nothing."""
OUR_OWN = "assumption"


def document(path: Path) -> dict[str, dict[str, dict[str, str]]]:
    return tomllib.loads(path.read_text(encoding="utf-8-sig"))


@pytest.mark.parametrize("name", shipped_instances())
def test_no_number_of_an_instance_is_bare(name: str) -> None:
    """Counted over all its tables and settings."""
    numbers = count_numbers(shipped_instances()[name])
    assert numbers.total > 0
    assert numbers.by_status.get(UNSOURCED, 0) == 0


@pytest.mark.parametrize("name", shipped_models())
def test_no_number_of_a_model_is_bare(name: str) -> None:
    """Counted over its levers and rules."""
    numbers = count_model_numbers(document(shipped_models()[name]))
    assert numbers.total > 0
    assert numbers.by_status.get(UNSOURCED, 0) == 0


@pytest.mark.parametrize(
    "path",
    [*shipped_models().values(), *(folder / "instance.toml" for folder in shipped_instances().values())],
    ids=lambda path: path.parent.name if path.name == "instance.toml" else path.stem,
)
def test_every_source_says_something(path: Path) -> None:
    """A citation, or the reason of an assumption, is more than a word."""
    sources = document(path)["sources"]
    assert sources
    assert [key for key, entry in sources.items() if len(entry["citation"].split()) < LEAST_WORDS] == []


def test_a_bare_number_is_counted(tmp_path: Path) -> None:
    """The count sees what lost its source: a lever's bounds in a model, a row in an instance."""
    model = Path(shutil.copy(shipped_models()["capitation"], tmp_path))
    edit(model, 'source = "carve_in"\n', "")
    assert count_model_numbers(document(model)).by_status[UNSOURCED] == 4
    instance = Path(shutil.copytree(shipped_instances()["two_practices"], tmp_path / "mine"))
    edit(instance / "panels.csv", "busy,child,1000,1000,by_hand", "busy,child,1000,1000,")
    assert count_numbers(instance).by_status[UNSOURCED] == 2


@pytest.mark.parametrize("name", shipped_models())
def test_show_tells_the_share_of_assumptions(name: str) -> None:
    """Of a model as of an instance: in words, and counted in JSON."""
    numbers = count_model_numbers(document(shipped_models()[name]))
    share = numbers.by_status.get(OUR_OWN, 0) / numbers.total
    said = CliRunner().invoke(main, ["show", name]).stdout
    assert f"{100 * share:.0f} % of {numbers.total} numbers are assumptions or unsourced." in said
    found = json.loads(CliRunner().invoke(main, ["show", name, "--json"]).stdout)
    assert found["assumption_share"] == pytest.approx(share)
    assert found["numbers_by_status"] == numbers.by_status
