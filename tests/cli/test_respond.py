"""``incentive-opt respond``: short by default, full on request."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner

from incentive_opt.cli.main import main
from incentive_opt.files import read_instance

LARGE = "medicaid_statewide"


def typed(*words: str) -> str:
    done = CliRunner().invoke(main, ["respond", *words])
    assert done.exit_code == 0, done.stderr
    return done.stdout


def test_a_line_a_practice_type() -> None:
    """On the main instance all fits on a page, with a line for each type and a word on how to see more."""
    said = typed(LARGE)
    assert len(said.splitlines()) < 45
    for practice in read_instance(LARGE).practices:
        assert sum(line.startswith(practice.label) for line in said.splitlines()) == 1
    assert "--full" in said
    assert "Services a year" not in said


def test_all_of_it_on_request() -> None:
    """--full shows every type's tables, --practice those of one."""
    assert typed(LARGE, "--full").count("Services a year") == 9
    one = typed(LARGE, "--practice", "solo_owner")
    assert one.count("Services a year") == 1
    assert "Money and health" in one


def test_json_is_the_same_either_way() -> None:
    """The document has everything in both cases."""
    document = typed("two_practices", "--json")
    assert document == typed("two_practices", "--json", "--full")
    assert "services" in json.loads(document)["practices"][0]


def pooled(folder: Path) -> tuple[str, str]:
    """Two practices where others close a quarter of the gaps left open, and a pool of 30,250 USD for them."""
    instance, contract = folder / "partners", folder / "contract.toml"
    shutil.copytree(read_instance("two_practices").path, instance)
    header, row = (instance / "measures.csv").read_text(encoding="utf-8").splitlines()
    (instance / "measures.csv").write_text(f"{header},closed_elsewhere\n{row},0.25\n", encoding="utf-8")
    fees = "well_visit_short = 60.0\nwell_visit_long = 60.0\nasthma_visit = 50.0"
    pool = f"schema = 1\ncount_closed_elsewhere = true\n[fees]\n{fees}\n[pools]\nthorough_visit = 30250.0\n"
    contract.write_text(pool, encoding="utf-8")
    return str(instance), str(contract)


def test_what_a_pool_comes_to_is_said(tmp_path: Path) -> None:
    """2,750 gaps closed at 11 USD, found from the sum alone; of one practice type alone nothing is said."""
    instance, contract = pooled(tmp_path)
    said = "shared among 2,750 closed gaps (2,000 by practices, 750 by others), comes to 11.00 USD"
    assert said in typed(instance, "--contract", contract)
    (pool,) = json.loads(typed(instance, "--contract", contract, "--json"))["pools"]
    assert pool["expected_usd_per_gap"] == 11.0
    assert "pools" not in json.loads(typed(instance, "--contract", contract, "--practice", "busy", "--json"))
    done = CliRunner().invoke(
        main, ["evaluate", instance, "--contract", contract, "--replications", "2", "--json"]
    )
    assert done.exit_code == 0, done.stderr
    document = json.loads(done.stdout)
    assert document["optimiser"]["pools"] == [pool]
    assert document["summary"]["outlay_change_usd"] == pytest.approx(30_250.0, abs=0.01)
    assert any(said in sentence for sentence in document["summary"]["sentences"])
