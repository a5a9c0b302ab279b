"""``incentive-opt respond``: short by default, full on request."""

from __future__ import annotations

import json

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
