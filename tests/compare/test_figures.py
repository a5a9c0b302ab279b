"""Figures of a comparison, against sums that are made another way."""

from __future__ import annotations

import secrets
from dataclasses import replace

import pytest

from incentive_opt.compare.figures import by_segment, incomes, staff_time, sums
from incentive_opt.domain.instance import Panel
from incentive_opt.domain.kinds import in_kinds
from incentive_opt.domain.response import Response
from incentive_opt.files import read_instance
from incentive_opt.formulation.status_quo import respond
from incentive_opt.payment import account
from incentive_opt.sums import Care
from tests.formulation.hand_made import instance, practice, random_instance


def test_segments_add_up_to_the_whole() -> None:
    """Weighted by equity, the health of segments is that of the accounts; children and events fit, too."""
    seed = secrets.randbits(31)
    made = random_instance(seed, practices=3)
    responses = [found.response for found in respond(made, made.status_quo)]
    entries = by_segment(Care(made, responses))
    weights = {segment.name: segment.equity_weight for segment in made.segments}
    assert [entry["segment"] for entry in entries] == [s.name for s in made.segments if s.contracted]
    whole = sum(
        one.count * account(made, made.status_quo, response).health
        for one, response in zip(made.practices, responses, strict=True)
    )
    parts = sum(weights[entry["segment"]] * entry["health_qaly"] for entry in entries)
    assert parts == pytest.approx(whole), f"seed {seed}"
    for entry in entries:
        assert 0.0 <= entry["covered_share"] <= 1.0 + 1e-9, f"seed {seed}"
        assert entry["children_kept"] <= entry["children_asked"] + 1e-6, f"seed {seed}"


def test_staff_hours_are_those_of_the_limits() -> None:
    """What is used beyond regular hours is overtime, at least; by hand for one office."""
    seed = secrets.randbits(31)
    made = random_instance(seed, practices=3)
    responses = [found.response for found in respond(made, made.status_quo)]
    for entry in staff_time(Care(made, responses)):
        over = entry["hours_used"] - entry["hours_available"]
        assert over <= entry["hours_overtime"] + 1e-6 * entry["hours_available"] + 1e-6, f"seed {seed}"

    office = instance(practices=(practice(count=3.0),))
    staff = dict(office.staff)
    staff["clinician"] = replace(staff["clinician"], panel_minutes_per_child=6.0)
    office = replace(office, staff=staff)
    worked = Response("office", {"child": 100.0}, {("visit", "child"): 90.0}, {}, {("clinician", 0): 2.5})
    clinician, nurse, _ = staff_time(Care(office, [worked]))
    assert clinician["hours_used"] == pytest.approx(3 * (90 * 10 + 100 * 6) / 60)
    assert clinician["hours_available"] == pytest.approx(3 * 1000.0)
    assert clinician["hours_overtime"] == pytest.approx(7.5)
    assert clinician["used_share"] == pytest.approx(75.0 / 3000.0)
    assert (nurse["hours_available"], nurse["used_share"]) == (0.0, None)


def test_incomes_name_who_gains_least_and_most() -> None:
    """Types are means over their kinds; all together weighs by how many there are."""
    made = instance(
        practices=(practice("small", count=3.0), practice("large", count=1.0), practice("poor", count=9.0)),
        panels=tuple(Panel(name, "child", 100.0, 100.0) for name in ("small", "large", "poor")),
    )
    found = incomes(made, [110.0, 1000.0, 5.0], [100.0, 1000.0, -5.0])
    assert found["worst"] == {"practice": "large", "change_share": pytest.approx(0.0)}
    assert found["best"] == {"practice": "small", "change_share": pytest.approx(0.1)}
    assert found["practices"][2]["change_share"] is None
    assert found["mean_change_share"] == pytest.approx((1375.0 - 1255.0) / 1255.0)

    told = in_kinds(read_instance("two_practices"), 2)
    busy = incomes(told, [90.0, 130.0, 100.0, 100.0], [100.0, 100.0, 100.0, 100.0])["practices"][0]
    assert (busy["practice"], busy["count"]) == ("busy", 3.0)
    assert busy["change_share"] == pytest.approx(0.1)


def test_sums_are_against_today() -> None:
    """Gain, change of the outlay and health for the money; shares of nothing are left out."""
    today = {"health_qaly": 8.0, "outlay_usd": 5e6, "children_asked": 10.0, "children_kept": 9.0}
    then = today | {"health_qaly": 10.0, "outlay_usd": 4e6}
    found = sums(then, today)
    assert (found["gain_qaly"], found["gain_share"], found["outlay_change_usd"]) == (2.0, 0.25, -1e6)
    assert found["health_qaly_per_million_usd"] == pytest.approx(2.5)
    nothing = sums(then | {"outlay_usd": 0.0}, today | {"health_qaly": 0.0})
    assert (nothing["gain_share"], nothing["health_qaly_per_million_usd"]) == (None, None)
