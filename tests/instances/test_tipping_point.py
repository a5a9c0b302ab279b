"""The published tipping points of capitation (Basu 2017), recomputed from the instance's files."""

from __future__ import annotations

import dataclasses
import secrets
import tomllib
from pathlib import Path

import pytest

from benchmarks.calibrate_tipping_point import Assumed, population, rates_of
from benchmarks.tipping_point import (
    MOST,
    NAME,
    OTHER,
    PATIENT,
    PUBLISHED,
    SIMPLE,
    blend,
    break_even,
    capitation_rate,
    choices,
    chosen,
    conditional,
    mean,
    share_gaining,
    shifted,
    surpluses,
    tables,
    tipping_points,
    traditional,
)
from incentive_opt.calibrate import compare
from incentive_opt.certify import best_response
from incentive_opt.certify.response_checks import check_response
from incentive_opt.domain.instance import Instance
from incentive_opt.files import read_instance
from incentive_opt.payment import account
from tests.instances.test_medicaid_statewide import unsourced_in_table, unsourced_in_toml

FOLDER = Path(__file__).resolve().parents[2] / "instances" / NAME
POINTS = 0.03
"""How near the published shares the tipping points must come."""


@pytest.fixture(scope="module")
def instance() -> Instance:
    return read_instance(FOLDER)


def test_every_number_has_a_source(instance: Instance) -> None:
    """No number stands without a source that resolves, and no source is unused."""
    document = tomllib.loads((FOLDER / "instance.toml").read_text(encoding="utf-8"))
    known = set(document.pop("sources"))
    for name in ("schema", "price_year"):
        document.pop(name)
    found = unsourced_in_toml(document, known, "instance")
    for path in sorted(FOLDER.glob("*.csv")):
        found += unsourced_in_table(path, known)
    assert found == []
    texts = [path.read_text(encoding="utf-8") for path in FOLDER.glob("*.csv")] + [str(document)]
    words = " ".join(texts).replace(";", " ").replace(",", " ").replace("'", " ").split()
    assert [key for key in instance.sources if key not in words] == []


def test_means_are_met(instance: Instance) -> None:
    """Fitted: mean surplus under fees, and after the shift without and with full capitation, to a dollar."""
    assert mean(instance, surpluses(instance, instance.status_quo, traditional)) == pytest.approx(
        PUBLISHED["fees"], abs=1.0
    )
    for share, key in ((0.0, "shifted_0"), (1.0, "shifted_100")):
        after = mean(instance, surpluses(instance, blend(instance, share), shifted))
        assert after == pytest.approx(PUBLISHED[key], abs=1.0), share


def test_mean_at_half_is_the_published_one(instance: Instance) -> None:
    """120,654 USD at 50 % capitation was published too; it follows, payment being linear."""
    after = mean(instance, surpluses(instance, blend(instance, 0.5), shifted))
    assert after == pytest.approx(120_654.0, abs=1.0)


def test_tipping_points_are_near_the_published_ones(instance: Instance) -> None:
    """95 % lose below 23 % (predicted) and gain from 63 % (fitted), within three points."""
    lose, gain = tipping_points(instance)
    assert lose == pytest.approx(PUBLISHED["lose"], abs=POINTS)
    assert gain == pytest.approx(PUBLISHED["gain"], abs=POINTS)


def test_tipping_points_say_what_payment_says(instance: Instance) -> None:
    """Just beside a tipping point the share of practices that gain, paid there, passes 5 % and 95 %."""
    lose, gain = tipping_points(instance)
    assert share_gaining(instance, lose - 1e-6) <= 1.0 - MOST < share_gaining(instance, lose + 1e-6)
    assert share_gaining(instance, gain - 1e-6) < MOST <= share_gaining(instance, gain + 1e-6)
    assert share_gaining(instance, PUBLISHED["gain"]) >= MOST


def test_break_even_is_where_incomes_meet(instance: Instance) -> None:
    """Paid at its own break-even share, a practice earns the same either way."""
    seed = secrets.randbits(32)
    practice = instance.practices[seed % len(instance.practices)]
    contract = blend(instance, break_even(instance)[practice.name])
    before = account(instance, instance.status_quo, traditional(instance, practice)).net_income
    after = account(instance, contract, shifted(instance, practice)).net_income
    assert after == pytest.approx(before, rel=1e-9), f"seed {seed}"


def test_comparator_does_not_matter(instance: Instance) -> None:
    """A traditional practice earns the same under every share, so fees today and the same contract agree."""
    share = secrets.randbelow(1001) / 1000.0
    today = surpluses(instance, instance.status_quo, traditional)
    then = surpluses(instance, blend(instance, share), traditional)
    assert then == pytest.approx(today, rel=1e-4), f"share {share}"


@pytest.mark.parametrize("way", [traditional, shifted])
def test_both_ways_are_possible(instance: Instance, way: object) -> None:
    """Panels, care within need and staff time hold in either way of working, by the checks of `verify`."""
    assert callable(way)
    for practice in instance.practices:
        assert [c for c in check_response(instance, practice, way(instance, practice)) if not c.ok] == []


def test_today_practices_work_as_of_old(instance: Instance) -> None:
    """Best responses to today's fees are the traditional way, but for a visit in a thousand."""
    for practice in instance.practices:
        response, _ = best_response(instance, practice, instance.status_quo)
        old = traditional(instance, practice)
        visits = sum(old.services.values())
        for key, volume in response.services.items():
            assert volume == pytest.approx(old.services.get(key, 0.0), abs=0.001 * visits), practice.name
    assert [row for row in compare(instance) if not row.holds] == []


def test_capitation_alone_buys_patients_not_care(instance: Instance) -> None:
    """At 63 % practices take more patients and leave simple contacts, unless capitation depends on them."""
    free = chosen(instance, blend(instance, PUBLISHED["gain"]))
    assert free.panel > 1.3
    assert free.unmet[SIMPLE] > 0.25
    bound = chosen(instance, conditional(instance, PUBLISHED["gain"]))
    assert bound.shifting >= MOST
    assert max(bound.unmet.values()) <= 0.05 + 1e-6


def test_population_is_the_described_one(instance: Instance) -> None:
    """Six physicians a practice; shares of small sites as published, to half a percentage point."""
    fte = {p.name: p.fte["clinician"] for p in instance.practices}
    count = {p.name: p.count for p in instance.practices}
    total = sum(count.values())
    assert sum(count[n] * fte[n] for n in fte) / total == pytest.approx(6.0, abs=0.001)
    for most, share in ((1, 0.46), (2, 0.65), (5, 0.889)):
        names = [n for n in fte if n.split("_")[1] in map(str, range(1, most + 1)) and "_to_" not in n]
        assert sum(count[n] for n in names) / total == pytest.approx(share, abs=0.005)


def test_files_hold_what_the_calibration_makes(instance: Instance) -> None:
    """Counts and sizes come from the script that says it makes them, and rates keep 3,776 visits."""
    made = {group.name: (float(group.count), group.fte) for group in population(Assumed())}
    assert {p.name: (p.count, p.fte["clinician"]) for p in instance.practices} == made
    rates = {need.name: need.events_per_child_year for need in instance.needs}
    share = rates[SIMPLE] / sum(rates.values())
    assert rates == pytest.approx(rates_of(share), abs=1e-7)
    assert 1684.0 * sum(rates.values()) == pytest.approx(3776.0, abs=0.01)


def test_capitation_replaces_fees(instance: Instance) -> None:
    """Full capitation pays an average patient's fees of today, and keeps no fee."""
    contract = blend(instance, 1.0)
    assert contract.capitation[PATIENT] == pytest.approx(capitation_rate(instance))
    assert set(contract.fees.values()) == {0.0}
    rates = {need.name: need.events_per_child_year for need in instance.needs}
    fees = instance.status_quo.fees
    by_hand = (rates[SIMPLE] * fees["simple_visit"] + rates[OTHER] * fees["other_visit"]) / 12.0
    assert contract.capitation[PATIENT] == pytest.approx(by_hand)


def test_without_cost_per_practice_all_tip_together(instance: Instance) -> None:
    """The cost a practice bears whatever its size spreads the tipping points: at one wage, none."""
    alike = tuple(dataclasses.replace(p, overtime_wage_multiples=(1.0,)) for p in instance.practices)
    lose, gain = tipping_points(dataclasses.replace(instance, practices=alike))
    assert gain - lose < 0.001
    assert lose < PUBLISHED["lose"]


def test_readme_tables_are_true(instance: Instance) -> None:
    """Surpluses and tipping points in the README are those that the instance gives now."""
    readme = (FOLDER / "README.md").read_text(encoding="utf-8").splitlines()
    assert [line for line in tables(instance) if line.startswith("|") and line not in readme] == []


@pytest.mark.slow
def test_readme_choices_are_true(instance: Instance) -> None:
    """So are the tables of what practices choose."""
    readme = (FOLDER / "README.md").read_text(encoding="utf-8").splitlines()
    assert [line for line in choices(instance) if line.startswith("|") and line not in readme] == []
