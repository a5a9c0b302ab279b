"""Figures of a comparison, against sums that are made another way."""

from __future__ import annotations

import random
import secrets
from dataclasses import replace
from typing import Any

import pytest

from incentive_opt.compare.figures import by_segment, equity, incomes, per_dollar, ranked, staff_time, sums
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


def test_what_more_health_costs() -> None:
    """QALY for each million more; words where nothing more is spent or nothing is gained."""
    today = {"health_qaly": 100.0, "outlay_usd": 5e6}
    assert per_dollar(3.0, 2e6, today) == {"qaly_per_extra_million_usd": 1.5, "per_dollar": "costs money"}
    for gain, change, words in (
        (3.0, -1.0e3, "saves money"), (3.0, 0.5, "costs nothing more"), (3.0, -0.5, "costs nothing more"),
        (0.0, 1e6, "no more health"), (-3.0, -1e6, "no more health"), (1e-5, 1e6, "no more health"),
    ):  # fmt: skip
        found = per_dollar(gain, change, today)
        assert found == {"qaly_per_extra_million_usd": None, "per_dollar": words}, (gain, change)


def test_ranking() -> None:
    """The healthiest first; within a ten thousandth the cheaper, which brings more for each dollar."""
    seed = secrets.randbits(31)
    rows = [
        {"name": "d", "health_qaly": 10.0, "outlay_usd": 1.0},
        {"name": "a", "health_qaly": 20.0, "outlay_usd": 9.0},
        {"name": "c", "health_qaly": 12.0001, "outlay_usd": 8.0},
        {"name": "b", "health_qaly": 12.0, "outlay_usd": 7.0},
    ]
    random.Random(seed).shuffle(rows)
    assert [row["name"] for row in ranked(rows)] == ["a", "b", "c", "d"], f"seed {seed}"
    per_million = [row["health_qaly"] / row["outlay_usd"] for row in ranked(rows)][1:3]
    assert per_million == sorted(per_million, reverse=True)
    assert ranked([]) == []


def test_equity_by_hand() -> None:
    """The spread of coverage, and whose health changes least and most."""

    def groups(*figures: tuple[str, float, float | None]) -> list[dict[str, Any]]:
        keys = ("segment", "covered_share", "health_qaly_per_1000_asked")
        return [dict(zip(keys, each, strict=True)) for each in figures]

    today = groups(("poor", 0.2, 1.0), ("rich", 0.7, 4.0), ("none", 0.5, None))
    then = groups(("poor", 0.6, 3.0), ("rich", 0.9, 3.5), ("none", 0.5, None))
    found = equity(then, today)
    assert found["covered_spread_share"] == pytest.approx(0.4)
    assert found["worst"] == {"segment": "rich", "change_qaly_per_1000_asked": -0.5}
    assert found["best"] == {"segment": "poor", "change_qaly_per_1000_asked": 2.0}
    assert equity([], []) == {"covered_spread_share": None, "worst": None, "best": None}
