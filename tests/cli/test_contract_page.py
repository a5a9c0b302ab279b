"""What ``show`` prints of terms that are no prices, and of a design's tiers where fees are held back."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from incentive_opt import solve
from incentive_opt.cli.attainment_view import target_rows
from incentive_opt.cli.design_view import tiers
from incentive_opt.cli.main import main

SHARED = """schema = 1
count_closed_elsewhere = true
[shared_savings]
care_elsewhere = 0.5
[benchmarks.cost]
infant = 310.0
[sharing]
minimum = 0.03
most_lost = 0
quality_gate = true
"""


def shown(*words: str | Path) -> str:
    """What a command prints; it has to succeed."""
    done = CliRunner().invoke(main, ["show", *map(str, words)])
    assert done.exit_code == 0, done.output
    return done.stdout


def test_terms_of_a_contract_are_shown(tmp_path: Path) -> None:
    """Each term with its unit and what it says; one that the file does not set has no row."""
    path = tmp_path / "contract.toml"
    path.write_text(SHARED)
    text = shown(path)
    assert re.search(r"^sharing.minimum +0.03 +of benchmark +smaller savings", text, re.MULTILINE)
    assert re.search(r"^sharing.most_lost +0 +of benchmark ", text, re.MULTILINE)
    assert re.search(r"^sharing.quality_gate +true +gains only", text, re.MULTILINE)
    assert re.search(r"^count_closed_elsewhere +true ", text, re.MULTILINE)
    assert "most_gained" not in text
    assert json.loads(shown(path, "--json"))["terms"] == {
        "sharing.minimum": 0.03,
        "sharing.most_lost": 0.0,
        "sharing.quality_gate": True,
        "count_closed_elsewhere": True,
    }


def test_a_plain_contract_has_no_terms(small_contract: Path) -> None:
    """No table and no key where every term is the plain one."""
    assert "Terms" not in shown(small_contract)
    assert "terms" not in json.loads(shown(small_contract, "--json"))


def test_terms_of_a_design_stand_in_its_contract(tmp_path: Path) -> None:
    """A design whose measures count whoever closed the gap says so."""
    solve("two_practices", "community_partnership", iteration_limit=50).write(tmp_path / "run")
    assert re.search(r"^count_closed_elsewhere +true ", shown(tmp_path / "run"), re.MULTILINE)
    assert json.loads(shown(tmp_path / "run", "--json"))["terms"] == {"count_closed_elsewhere": True}
    (tmp_path / "run" / "contract.toml").unlink()
    assert "count_closed_elsewhere" not in shown(tmp_path / "run")


@pytest.mark.parametrize(("share", "columns"), [(0.25, [["practice type", "Rate"]]), (0.0, [])])
def test_tiers_that_return_what_was_held_back(share: float, columns: list[list[str]]) -> None:
    """A measure that fees are held back for has its tiers shown, and its targets, as one with a bonus has."""
    lever = {"lever": "withhold", "of": "rate", "value": share}
    practice = {"practice": "solo", "count": 1.0, "tiers": [{"measure": "rate", "tier": 2}]}
    target = {"practice": "solo", "measure": "rate", "tier": 2, "threshold": 0.8, "target": 0.82}
    design: dict[str, Any] = {
        "contract": {"levers": [lever]},
        "practices": [practice],
        "labels": {"measures": {"rate": "Rate"}},
        "attainment_targets": [target],
    }
    found = tiers(design)
    assert [names for names, _ in found] == columns
    assert [rows for _, rows in found] == [[["solo", "2"]]] * len(columns)
    assert len(target_rows(design)) == len(columns)
