"""What a design promises, on an instance whose figures are worked out by hand."""

from __future__ import annotations

from pathlib import Path

import pytest

from incentive_opt.simulate.figures import quantities
from incentive_opt.simulate.world import terms_of, world_of
from incentive_opt.validate.promises import Promises, key_of, promises_of
from incentive_opt.validate.source import Source, source_of
from tests.certify_designs import write_design
from tests.validate.towns import MODEL, ROOT, bonuses, rewrite

TWO_PRACTICES = ROOT / "instances" / "two_practices"


@pytest.fixture
def run(tmp_path: Path) -> Path:
    """The optimum of the instance's README: busy practices at tier 1, caring ones at tier 2."""
    write_design(tmp_path / "run", TWO_PRACTICES, MODEL, bonuses(TWO_PRACTICES, 10.5, 4.4))
    return tmp_path / "run"


def promised(run: Path) -> tuple[Source, Promises]:
    """Read a design and what it promises."""
    source = source_of(run)
    return source, promises_of(source)


def test_figures_of_the_readme(run: Path) -> None:
    """Health, money, tiers, rates and visits are those that were derived by hand."""
    _, found = promised(run)
    by_hand = {
        ("health_qaly", "", "", 0): 12.3,
        ("outlay_usd", "", "", 0): 511_300.0,
        ("contract_payments_usd", "", "", 0): 461_300.0,
        ("bonuses_usd", "", "", 0): 61_300.0,
        ("children_on_panels", "", "", 0): 5_000.0,
        ("children_turned_away", "", "", 0): 0.0,
        ("visits", "", "", 0): 7_000.0,
        # 5,000 well-child visits of 15 minutes, 3,300 of them 15 minutes longer, and 2,000 asthma visits
        ("minutes_per_visit", "", "", 0): (7_000 * 15 + 3_300 * 15) / 7_000,
        ("net_income_usd", "busy", "", 0): 50_500.0,
        ("net_income_usd", "caring", "", 0): 54_900.0,
        ("revenue_usd", "busy", "", 0): 90_500.0,
        ("practice_health_qaly", "caring", "", 0): 2.7,
        ("panel", "busy", "child", 0): 1_000.0,
        ("rate", "busy", "thorough_visit", 0): 0.5,
        ("rate", "caring", "thorough_visit", 0): 0.9,
        ("tier_paid", "busy", "thorough_visit", 1): 1.0,
        ("tier_paid", "busy", "thorough_visit", 2): 0.0,
        ("tier_paid", "caring", "thorough_visit", 2): 1.0,
    }
    assert {key: found.values[key] for key in by_hand} == pytest.approx(by_hand)
    assert found.health_gain == pytest.approx(3.3)
    assert found.budget == pytest.approx(515_000.0)
    assert found.revenue_of_all_payers == pytest.approx({"busy": 90_500.0, "caring": 94_900.0})


def test_the_intended_responses_say_the_same(run: Path) -> None:
    """Figures recomputed from responses.csv are those of design.json."""
    _, found = promised(run)
    assert {key: found.intended[key] for key in found.values} == pytest.approx(found.values)


def test_what_the_simulator_reads_off_is_promised(run: Path) -> None:
    """Only what happens child by child, of which no design speaks, is not."""
    source, found = promised(run)
    names = quantities(world_of(source.instance), terms_of(source.instance, source.contract))
    missing = {quantity.kind for quantity in names if key_of(quantity) not in found.values}
    # write_design leaves the cost of care elsewhere out, as an older design.json may
    assert missing == {"leak_visits", "admissions", "crowded_out", "own_clinician_share", "outside_cost_usd"}


def test_the_promise_is_what_design_json_says(run: Path) -> None:
    """A promise that was tampered with stays the promise; the intended responses contradict it."""
    _, found = promised(rewrite(run, lambda design: design["objective"].update(health_qaly=13.0)))
    assert found.values["health_qaly", "", "", 0] == 13.0
    assert found.intended["health_qaly", "", "", 0] == pytest.approx(12.3)
    assert found.health_gain == pytest.approx(4.0)


def test_of_a_real_year_something_else_is_promised(run: Path) -> None:
    """Health, outlay and gain are those of a real year, where design.json has them; the search stays."""
    year = {"health_qaly": 12.0, "outlay_usd": 510_000.0, "status_quo_qaly": 8.8}
    year |= {"changes": [], "care_elsewhere_today": []}  # type: ignore[dict-item]
    _, found = promised(rewrite(run, lambda design: design.update(foreseen=year)))
    assert found.values["health_qaly", "", "", 0] == 12.0
    assert found.values["outlay_usd", "", "", 0] == 510_000.0
    assert found.searched["health_qaly", "", "", 0] == pytest.approx(12.3)
    assert found.searched["outlay_usd", "", "", 0] == pytest.approx(511_300.0)
    assert found.values["net_income_usd", "busy", "", 0] == found.searched["net_income_usd", "busy", "", 0]
    assert (found.health_gain, found.status_quo_health) == (pytest.approx(3.2), 8.8)
