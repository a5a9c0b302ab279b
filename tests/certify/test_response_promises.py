"""Responses that are impossible, not best, or without the margin: the certificate must name the promise."""

from __future__ import annotations

from dataclasses import replace

import pytest

from incentive_opt.certify import best_response
from incentive_opt.certify.incentive_checks import check_incentives
from incentive_opt.certify.status_quo import status_quo
from incentive_opt.domain.contract import Contract
from incentive_opt.domain.harm import units_of_health
from incentive_opt.domain.response import Response
from incentive_opt.payment import account
from tests.certify_cases import Case, moved, small_town_case


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Case:
    """A design of the small town that keeps all its promises."""
    return small_town_case(tmp_path_factory.mktemp("certify"))


@pytest.fixture
def case(made: Case) -> Case:
    """A copy of the design to tamper with."""
    return made.copy()


RESPONSES: list[tuple[str, object, float, str]] = [
    ("services", ("well_visit_long", "school_age"), 5.0, "solo: staff time within hours and overtime"),
    ("services", ("sick_visit", "infant"), 5.0, "solo: care within need"),
    ("services", ("well_visit_short", "infant"), -5.0, "solo: nothing is negative"),
    ("effective", ("asthma", "school_age"), 60.0, "solo: effective care within the curve of effect"),
    ("panel", "infant", 5.0, "solo: panels between minimum and demand"),
    ("panel", "infant", -150.0, "solo: panels between minimum and demand"),
    ("overtime", ("clinician", 0), 150.0, "solo: overtime within its bands"),
    ("services", ("asthma_visit", "infant"), 1.0, "solo: every entry is something this practice can do"),
]


@pytest.mark.parametrize(("kind", "key", "by", "name"), RESPONSES)
def test_impossible_response_is_named(case: Case, kind: str, key: object, by: float, name: str) -> None:
    """A response that breaks a constraint of the practice, all figures true to it: that one is named."""
    if name.endswith("can do"):
        solo = case.responses[0]
        impossible = replace(solo, services=dict(solo.services) | {key: by})  # type: ignore[dict-item]
        assert name in replace(case, responses=[impossible, *case.responses[1:]]).broken()
    else:
        assert name in moved(case, kind, key, by).broken()


@pytest.mark.parametrize("dollars", [50.0, 2.0])
def test_response_that_is_not_a_best_response_is_named(case: Case, dollars: float) -> None:
    """Sick visits left undone until the practice is worse off by so much: no longer a best response."""
    key, need = ("sick_visit", "school_age"), ("acute", "school_age")
    best = account(case.instance, case.contract, case.responses[0]).utility
    one_less = moved(case, "services", key, -1.0, need)
    loss = best - account(case.instance, case.contract, one_less.responses[0]).utility
    worse = moved(case, "services", key, -dollars / loss, need)
    assert best - account(case.instance, case.contract, worse.responses[0]).utility == pytest.approx(dollars)
    assert "solo: the intended response is a best response" in worse.broken()
    assert not [name for name in worse.broken() if name.startswith("group: the intended")]


def _units(case: Case) -> dict[str, float]:
    """One per cent of harm to health."""
    before = status_quo(case.instance).accounts
    return units_of_health(case.instance, {name: own.health for name, own in before.items()})


def test_margin_that_does_not_hold_is_named(case: Case) -> None:
    """A design holds up to some margin; promised more than that, a direction of harm is named."""
    practice, before = case.instance.practices[0], status_quo(case.instance)
    intended = account(case.instance, case.contract, case.responses[0])

    def holds(margin: float) -> bool:
        today, unit = before.accounts["solo"], _units(case)["solo"]
        checks = check_incentives(case.instance, practice, case.contract, intended, today, unit, margin)
        return all(check.ok for check in checks)

    low, high = 0.0, 1.0e5
    assert holds(low)
    assert not holds(high)
    for _ in range(30):
        middle = (low + high) / 2
        low, high = (middle, high) if holds(middle) else (low, middle)
    assert low > 1.0, "the small design has a margin of its own"
    case.design["practices"][0]["incentive_margin_usd"] = low
    assert not [name for name in case.broken() if name.startswith("solo: what")]
    case.design["practices"][0]["incentive_margin_usd"] = high * 1.1
    assert [name for name in case.broken() if name.startswith("solo: what")]


def test_margin_follows_its_definition(case: Case) -> None:
    """Whatever the margin, no sampled way of working breaks a condition that the check lets pass."""
    before = status_quo(case.instance)
    margin = 20.0
    for practice, intended_response in zip(case.instance.practices, case.responses, strict=True):
        today = before.accounts[practice.name]
        intended = account(case.instance, case.contract, intended_response)
        unit = _units(case)[practice.name]
        checks = check_incentives(case.instance, practice, case.contract, intended, today, unit, margin)
        assert len(checks) == 3
        best_slack, health_slack, outlay_slack = (check.slack for check in checks)
        for response in sampled(case, practice.name):
            other = account(case.instance, case.contract, response)
            gain = intended.utility - other.utility
            harm = (intended.health - other.health) / unit
            cost = (other.outlay - intended.outlay) / (0.01 * abs(today.outlay))
            assert gain >= best_slack - 0.01
            assert gain >= margin * harm + health_slack - 0.01
            assert gain >= margin * cost + outlay_slack - 0.01


def sampled(case: Case, practice: str) -> list[Response]:
    """Ways of working of a practice: its best responses to other contracts."""
    fees = case.instance.status_quo.fees
    others = [Contract({s: fee * factor for s, fee in fees.items()}) for factor in (0.2, 0.6, 1.4)]
    others += [Contract(dict(fees) | {s: 0.0}) for s in fees]
    return [best_response(case.instance, practice, other)[0] for other in others]


def test_impossible_claim_of_health_passes_the_ceiling(case: Case) -> None:
    """A response with impossible effective care is also stopped by the ceiling."""
    worse = moved(case, "effective", ("asthma", "school_age"), 1000.0)
    assert "health not above the ceiling that is proved here" in worse.broken()
