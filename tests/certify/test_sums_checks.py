"""Sums over all practices: what equally good ways of working today allow; and what is said of each rule."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from incentive_opt import read_instance
from incentive_opt.certify.rule_words import check_details
from incentive_opt.certify.status_quo import status_quo
from incentive_opt.certify.sums_checks import check_sums
from incentive_opt.domain.instance import Instance
from tests.certify_cases import Case, small_town_case


def with_idle_talk() -> Instance:
    """The two practices with a need that nobody loses or earns by: it may be met or not."""
    instance = read_instance("two_practices")
    need, service = instance.needs[0], instance.services[0]
    talk = replace(
        need,
        name="talk",
        qaly_per_event=0.0,
        uncovered_qaly_loss=0.0,
        uncovered_cost=0.0,
        downstream_saving=0.0,
    )
    nothing = dict.fromkeys(service.minutes, 0.0)
    chat = replace(service, name="chat", need="talk", minutes=nothing, supply_cost=0.0, effort_cost=0.0)
    return replace(instance, needs=(*instance.needs, talk), services=(*instance.services, chat))


@pytest.mark.parametrize(
    ("need", "share", "stands"),
    [
        ("talk", 0.3, True),
        ("talk", 1.0, True),
        ("talk", 1.01, False),
        ("talk", -0.01, False),
        ("asthma", 0.9, False),
    ],
)
def test_ways_that_are_as_good_may_be_counted(need: str, share: float, stands: bool) -> None:
    """Of what practices do today, only what is the same for all concerned may be told in another way."""
    instance = with_idle_talk()
    before = status_quo(instance)
    events = {"well_child": 5000.0, "asthma": 2000.0, "talk": 5000.0}
    needs: list[dict[str, Any]] = [{"need": name, "events": number} for name, number in events.items()]
    next(one for one in needs if one["need"] == need)["covered_share"] = share
    checks = check_sums(
        instance, {"totals": {"status_quo": {"needs": needs}}}, before.responses, before.accounts, before
    )
    assert [check.name for check in checks if not check.ok] == [f"today: share that is covered of {need}"] * (
        not stands
    )


def test_ways_that_are_as_good_excuse_no_design() -> None:
    """What practices are to do stands in responses.csv, and is counted by that alone."""
    instance = with_idle_talk()
    before = status_quo(instance)
    needs = [{"need": "well_child"}, {"need": "asthma"}, {"need": "talk", "covered_share": 0.37}]
    checks = check_sums(instance, {"totals": {"needs": needs}}, before.responses, before.accounts, before)
    assert [check.name for check in checks if not check.ok] == ["share that is covered of talk"]


@pytest.mark.parametrize(
    ("names", "fault"),
    [(["well_child"], "asthma is missing"), (["well_child", "asthma", "asthma"], "asthma stands there twice"),
     (["well_child", "asthma", "dreams"], "dreams does not arise")],
)  # fmt: skip
def test_every_need_is_listed_once(names: list[str], fault: str) -> None:
    """A need that is left out, there twice or unknown is named."""
    instance = read_instance("two_practices")
    before = status_quo(instance)
    block = {"totals": {"needs": [{"need": name} for name in names]}}
    checks = check_sums(instance, block, before.responses, before.accounts, before)
    assert [check.note for check in checks if not check.ok] == [fault]


@pytest.fixture(scope="module")
def case(tmp_path_factory: pytest.TempPathFactory) -> Case:
    """A design of the small town."""
    return small_town_case(tmp_path_factory.mktemp("sums"))


def faults(case: Case, detail: str) -> list[str]:
    """What is wrong with the words on the budget."""
    before = status_quo(case.instance)
    design = {"certificate": {"rules": [{"rule": "budget", "holds": True, "detail": detail}]}}
    accounts = {one.practice: before.accounts[one.practice] for one in case.responses}
    return [
        check.note for check in check_details(case.instance, design, [], accounts, before) if not check.ok
    ]


def test_what_is_said_of_a_rule_is_read(case: Case) -> None:
    """Figures may be rounded as they are told, and no more; words may not differ."""
    limit, outlay = case.instance.budget, status_quo(case.instance).outlay
    assert limit is not None
    words = "outlay {:,.2f} of at most {:,.2f} USD/year"
    right = words.format(outlay, limit)
    assert faults(case, right) == []
    assert right in faults(case, words.format(outlay + 100.0, limit))[0]
    assert faults(case, words.format(outlay, limit - 100.0)) != []
    assert faults(case, right.replace("at most", "at least")) != []
    assert faults(case, "") != []


def test_a_design_without_sums_promises_none(case: Case) -> None:
    """What is not there is no promise."""
    before = status_quo(case.instance)
    assert check_sums(case.instance, {}, before.responses, before.accounts, before) == []
    assert "totals" not in case.design
