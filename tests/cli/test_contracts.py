"""Contracts on the command line: one to start from, what it leaves unpaid, and other things in its place."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from incentive_opt.cli.main import main
from incentive_opt.files import read_contract, read_instance

PLACE = "two_practices"
SHARE = "[shared_savings]\ncare_elsewhere = 0.1\n[benchmarks.cost]\nchild = 10.0\n"


def typed(*words: str | Path) -> Result:
    return CliRunner().invoke(main, [*map(str, words)])


@pytest.fixture
def short(tmp_path: Path) -> Path:
    """A contract that names one service of three that are paid today."""
    path = tmp_path / "short.toml"
    path.write_text("schema = 1\n[fees]\nwell_visit_long = 60.0\n", encoding="utf-8")
    return path


def test_todays_contract_is_a_file_to_start_from(tmp_path: Path) -> None:
    """What `show --contract` prints is what `respond` takes for the contract in force."""
    shown = typed("show", PLACE, "--contract")
    assert shown.exit_code == 0
    path = tmp_path / "today.toml"
    path.write_text(shown.stdout, encoding="utf-8")
    instance = read_instance(PLACE)
    assert read_contract(path, instance) == instance.status_quo
    answered = typed("respond", PLACE, "--contract", path, "--json")
    assert answered.stderr == ""
    assert json.loads(answered.stdout)["contract"]["is_status_quo"] is True
    assert answered.stdout == typed("respond", PLACE, "--json").stdout


def test_todays_contract_as_json() -> None:
    """The same prices as one document."""
    document = json.loads(typed("show", PLACE, "--contract", "--json").stdout)
    assert document["kind"] == "contract"
    prices = {entry["of"]: entry["value"] for entry in document["prices"]}
    assert prices == {"well_visit_short": 60.0, "well_visit_long": 60.0, "asthma_visit": 50.0}


@pytest.mark.parametrize("name", ["blended", "no_such_thing"])
def test_only_instances_have_a_contract_in_force(name: str) -> None:
    """Anything else is refused in words."""
    done = typed("show", name, "--contract")
    assert done.exit_code == 2
    assert "1 problem" in done.stderr


def test_what_is_left_unpaid_is_told(short: Path) -> None:
    """One line on stderr names the services and how to see today's fees; JSON stays one document."""
    for words in ((), ("--json",)):
        done = typed("respond", PLACE, "--contract", short, *words)
        assert done.exit_code == 0
        (line,) = done.stderr.splitlines()
        assert "pays nothing for 2 services (well_visit_short, asthma_visit)" in line
        assert f"`show {PLACE} --contract`" in line
    assert json.loads(done.stdout)["schema"] == 1


def test_of_many_unpaid_services_five_are_named(short: Path) -> None:
    """The others are counted."""
    done = typed("respond", "medicaid_statewide", "--contract", short, "--practice", "solo_owner", "--json")
    names = done.stderr.split("(")[1].split(" and ")[0].split(", ")
    assert len(names) == 5
    assert "16 services" in done.stderr
    assert "and 11 more" in done.stderr


@pytest.mark.parametrize("command", ["evaluate", "simulate"])
def test_other_commands_warn_too(short: Path, command: str) -> None:
    """All commands that read a contract do."""
    done = typed(command, PLACE, "--contract", short, "--replications", "1", "--json")
    assert done.exit_code == 0, done.stderr
    assert "2 services (well_visit_short, asthma_visit)" in done.stderr
    assert json.loads(done.stdout)["schema"] == 1


def test_what_is_meant_to_be_free_is_not_warned_of(short: Path) -> None:
    """A service that stands in the file with 0.0 is meant so."""
    with short.open("a", encoding="utf-8") as file:
        file.write("well_visit_short = 0.0\nasthma_visit = 0.0\n")
    assert typed("respond", PLACE, "--contract", short).stderr == ""


def test_a_design_is_not_warned_of(short: Path) -> None:
    """A design's contract leaves out what it pays nothing, and means it."""
    (short.parent / "design.json").write_text("{}", encoding="utf-8")
    assert typed("respond", PLACE, "--contract", short).stderr == ""


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["respond", PLACE, "--contract", "blended"], ["This is a payment model", "--model blended"]),
        (["evaluate", PLACE, "--contract", "blended"], ["This is a payment model"]),
        (["simulate", "no_such", "--contract", "blended"], ["This is a payment model", "no_such"]),
        (["respond", PLACE, "--contract", PLACE], ["This is an instance", f"`show {PLACE} --contract`"]),
        (["validate", PLACE], ["This is an instance", f"`solve {PLACE}"]),
        (["verify", PLACE], ["This is an instance", f"`solve {PLACE}"]),
        (["validate", "blended"], ["This is a payment model"]),
    ],
)
def test_the_wrong_kind_of_thing_is_named(words: list[str], said: list[str]) -> None:
    """What ships, given where something else is wanted: what it is, and what to type."""
    done = typed(*words)
    assert done.exit_code == 2
    for part in said:
        assert part in done.stderr


def test_a_contract_is_no_design(short: Path) -> None:
    """Where a design is wanted, a contract file is sent to where it belongs."""
    done = typed("evaluate", PLACE, "--contract", "status_quo", "--design", short)
    assert done.exit_code == 2
    assert "--design" in done.stderr
    assert "This is a contract. Give it with --contract." in done.stderr
    done = typed("validate", short)
    assert done.exit_code == 2
    assert "`evaluate INSTANCE --contract FILE`" in done.stderr


@pytest.mark.parametrize(
    ("more", "warned"),
    [
        ("[sharing]\nminimum = 0.02\n", True),
        (f"[sharing]\nminimum = 0.02\n{SHARE}", False),
        (SHARE, False),
    ],
)
def test_terms_without_effect_are_told(tmp_path: Path, more: str, warned: bool) -> None:
    """Terms of sharing where nothing is shared; what others closed where nobody says what that is."""
    path = tmp_path / "terms.toml"
    today = typed("show", PLACE, "--contract").stdout
    path.write_text(f"{today}\n{more}", encoding="utf-8")
    done = typed("respond", PLACE, "--contract", path)
    assert done.exit_code == 0
    assert ("Warning: this contract has terms under [sharing]" in done.stderr) == warned
    path.write_text(f"count_closed_elsewhere = true\n{today}\n{more}", encoding="utf-8")
    told = typed("respond", PLACE, "--contract", path).stderr
    assert "count_closed_elsewhere changes nothing here" in told
    assert "count_closed_elsewhere" not in done.stderr
