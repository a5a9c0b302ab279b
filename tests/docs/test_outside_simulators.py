"""The page on other people's simulators: its example runs as it stands, and its tables name what there is."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from incentive_opt.domain.contract import Contract
from incentive_opt.files import read_instance
from incentive_opt.outside import Years, run_outside
from incentive_opt.outside.ledger_file import HEADER, REQUIRED
from incentive_opt.simulate.figures import quantities
from incentive_opt.simulate.world import terms_of, world_of

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "outside_simulators.md"
PLACE = "two_practices"


def blocks(language: str) -> list[str]:
    """Every block of the page in a language."""
    text = PAGE.read_text(encoding="utf-8")
    return re.findall(rf"^```{language}\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)


@pytest.fixture
def crude(tmp_path: Path) -> Path:
    """The program of the page, saved as it says."""
    (code,) = blocks("python")
    path = tmp_path / "crude.py"
    path.write_text(code, encoding="utf-8")
    return path


def years_of(crude: Path, contract: Contract, replications: int = 200, place: str = PLACE) -> Years:
    return run_outside(f"'{sys.executable}' '{crude}'", read_instance(place), contract, 3, replications)


@pytest.mark.skipif(os.name == "nt", reason="the page is typed in a shell")
def test_the_example_prints_what_the_page_says(crude: Path) -> None:
    """The last command, typed beside the saved program."""
    (command,) = blocks("bash")
    words = command.replace('"python3 crude.py"', f'"{sys.executable} crude.py"').split("cli.py ")[1]
    done = subprocess.run(
        f'"{sys.executable}" -m incentive_opt {words}', shell=True, cwd=crude.parent, check=False,
        capture_output=True, text=True, env={"PYTHONPATH": str(ROOT), "PATH": "", "COLUMNS": "200"},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    (expected,) = blocks("text")
    said = done.stdout.replace(sys.executable, "python3")
    for line in expected.splitlines():
        assert line in said


def test_the_example_reckons_right(crude: Path) -> None:
    """Today on average: 9.0 QALY and 450,000 USD, less what the clock takes.

    1,000 short visits (15 minutes) come first and leave 100 of 350 hours, enough for 400 asthma visits of
    15 minutes on average; chance in both may only take away.
    """
    health, outlay = years_of(crude, read_instance(PLACE).status_quo).estimates.mean[:2]
    assert 8.6 < health < 9.0
    assert outlay == pytest.approx(450_000.0, rel=0.01)


def test_the_example_reads_the_contract(crude: Path) -> None:
    """Capitation of 2 USD a month is 24 USD for each of 5,000 children, whatever else happens."""
    today = read_instance(PLACE).status_quo
    more = Contract(fees=today.fees, capitation={"child": 2.0})
    apart = years_of(crude, more, 3).values - years_of(crude, today, 3).values
    kinds = [q.kind for q in years_of(crude, today, 1).quantities]
    assert apart[:, kinds.index("outlay_usd")].tolist() == pytest.approx([120_000.0] * 3)
    assert apart[:, kinds.index("health_qaly")].tolist() == [0.0] * 3


def test_the_example_works_on_the_main_instance(crude: Path) -> None:
    """Several segments, services for some of them only, needs that nobody meets."""
    instance = read_instance("medicaid_statewide")
    years = run_outside(f"'{sys.executable}' '{crude}'", instance, instance.status_quo, 1, 2)
    assert years.values.shape == (2, 4 + 2 * len(instance.practices))
    assert (years.values[:, 1] > 1e8).all()


def test_the_tables_name_every_quantity() -> None:
    """No quantity is missing from the page, none is made up, and the units of totals are told."""
    page = PAGE.read_text(encoding="utf-8")
    instance = read_instance(PLACE)
    contract = Contract(bonuses={("thorough_visit", 1): 1.0})
    kinds = {q.kind for q in quantities(world_of(instance), terms_of(instance, contract))}
    assert set(re.findall(r"^\| `(\w+)` \|", page, re.MULTILINE)) - set(HEADER.split(",")) == kinds
    assert f"`{HEADER}`" in page
    positions = [page.index(f"| `{kind}`") for kind in REQUIRED]
    assert positions == sorted(positions)
