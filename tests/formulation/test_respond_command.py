"""``incentive-opt respond`` on an instance made by hand."""

import json

import pytest
from click.testing import CliRunner

from incentive_opt import files
from incentive_opt.cli.respond import respond, respond_document
from incentive_opt.domain.contract import Contract
from incentive_opt.domain.instance import Measure
from incentive_opt.errors import InputError
from tests.formulation.hand_made import instance, need


@pytest.fixture
def made(monkeypatch):
    """100 events; paid visits today; the new contract pays by the child, and altruism keeps the visits."""
    one = instance(
        needs=(need(uncovered_cost=20.0, uncovered_to="urgent care"),),
        measures=(Measure("rate", "", {"visit": 1.0}, "well_care", (), (0.5,), 0.0),),
    )
    monkeypatch.setattr(files, "read_instance", lambda name: one)
    monkeypatch.setattr(
        files,
        "read_contract",
        lambda name, given: Contract(
            capitation={"child": 5.0}, bonuses={("rate", 1): 2.0}, title="capitation"
        ),
    )
    return one


def test_json_is_one_document(made):
    """Revenue by kind, measures and needs, with the status quo beside them."""
    result = CliRunner().invoke(respond, ["made", "--contract", "c.toml", "--json"])
    (entry,) = json.loads(result.stdout)["practices"]
    assert entry["revenue_usd"] == pytest.approx(
        {"fees": 0.0, "capitation": 6000.0, "bonuses": 200.0, "other_lines": 0.0, "total": 6200.0}
    )
    assert entry["status_quo"]["revenue_usd"]["total"] == pytest.approx(5000.0)
    assert entry["measures"] == [
        {"measure": "rate", "rate": pytest.approx(1.0), "denominator": 100.0, "tier_paid": 1}
    ]


def test_what_is_not_covered_goes_elsewhere():
    """Visits that cost more than they are worth: all 100 events go to urgent care, for 20 USD each."""
    one = instance(needs=(need(uncovered_cost=20.0, uncovered_to="urgent care"),))
    costly = instance(
        needs=one.needs,
        services=(type(one.services[0])("visit", "", "well_care", {"clinician": 10.0}, 30.0, 1.0, 1.0),),
    )
    (entry,) = respond_document(costly, Contract(), ["office"])["practices"]
    (row,) = entry["needs"]
    assert row["covered_share"] == 0.0
    assert (row["uncovered_to"], row["uncovered_cost_usd"]) == ("urgent care", pytest.approx(2000.0))
    assert entry["status_quo"]["needs"][0]["covered_share"] == 1.0


def test_tables_say_it_in_words(made):
    """The practice, the money and the comparison are on the page."""
    result = CliRunner().invoke(respond, ["made", "--contract", "c.toml", "--full"], env={"COLUMNS": "160"})
    assert result.exit_code == 0
    for words in (
        "office",
        "Net income",
        "today",
        "then",
        "visit",
        "well_care",
        "tier paid",
        "All 1 practices",
    ):
        assert words in result.output


def test_tables_in_a_pipe_are_whole(made):
    """However narrow the terminal that is not there, no number is cut."""
    result = CliRunner().invoke(respond, ["made", "--contract", "c.toml"], env={"COLUMNS": "20"})
    assert "6,200" in result.output
    assert "…" not in result.output


def test_totals_are_in_the_document(made):
    """One practice of 100 children: 100 of 100 events are covered, for 62 USD a child."""
    result = CliRunner().invoke(respond, ["made", "--contract", "c.toml", "--json"])
    totals = json.loads(result.stdout)["totals"]
    assert (totals["children_asked"], totals["children_kept"]) == (100.0, pytest.approx(100.0))
    assert totals["outlay_per_child_asked_usd"] == pytest.approx(62.0)
    assert totals["status_quo"]["outlay_usd"] == pytest.approx(5000.0)
    assert totals["needs"][0]["covered_share"] == pytest.approx(1.0)


def test_an_unknown_practice_is_an_input_error(made):
    """It says which there are."""
    result = CliRunner().invoke(respond, ["made", "--practice", "clinic"])
    assert isinstance(result.exception, InputError)
    assert "office" in str(result.exception)
