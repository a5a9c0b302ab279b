"""The main instance: every number has a source, and the status quo comes out as observed."""

from __future__ import annotations

import csv
import dataclasses
import tomllib
from pathlib import Path
from typing import Any

import pytest

from incentive_opt.calibrate import Comparison, compare, delivery
from incentive_opt.certify import best_response
from incentive_opt.certify.status_quo import StatusQuo, status_quo
from incentive_opt.domain.instance import Instance
from incentive_opt.files import read_instance
from incentive_opt.payment import account

LIBRARY = Path(__file__).resolve().parents[2]
FOLDER = LIBRARY / "instances" / "medicaid_statewide"
# Found by a random search within the bounds of the blended model; not the optimum.
OTHER_FEES = {  # USD/service
    "well_visit_long": 86.3,
    "well_visit_np": 61.9,
    "vaccine_clinician": 16.9,
    "developmental_screen": 11.2,
    "developmental_screen_referral": 9.3,
    "behavioural_screen": 4.4,
    "behavioural_screen_handoff": 4.4,
    "sick_visit_physician": 70.8,
    "sick_visit_np": 26.7,
    "e_visit": 2.4,
    "asthma_visit": 90.9,
    "adhd_visit": 62.7,
    "adhd_phone": 12.3,
    "mental_health_visit": 24.0,
    "mental_health_collaborative": 10.2,
    "coordination_visit": 63.3,
    "coordination_staff": 27.2,
    "minor_procedure": 49.5,
    "fluoride_varnish": 11.2,
    "social_screen_navigation": 8.6,
}
OTHER_CAPITATION = {"adolescent": 1.8}  # USD/child-month
DATA_FOLDERS = sorted(path.parent for path in (LIBRARY / "instances").glob("*/instance.toml"))


@pytest.fixture(scope="module")
def instance() -> Instance:
    return read_instance(FOLDER)


@pytest.fixture(scope="module")
def today(instance: Instance) -> StatusQuo:
    return status_quo(instance)


@pytest.fixture(scope="module")
def comparisons(instance: Instance, today: StatusQuo) -> list[Comparison]:
    return compare(instance, today.responses)


def is_number(text: str) -> bool:
    try:
        float(text.split(";")[0].split(":")[0])
    except ValueError:
        return False
    return True


def unsourced_in_table(path: Path, known: set[str]) -> list[str]:
    """Numbers of a CSV table in rows whose sources are missing or not in [sources]."""
    found = []
    with path.open(newline="", encoding="utf-8") as file:
        for number, row in enumerate(csv.DictReader(file), 2):
            keys = [key.strip() for key in (row.get("source") or "").split(";") if key.strip()]
            if not keys or not set(keys) <= known:
                numbers = [c for c, v in row.items() if c != "source" and is_number(v)]
                found += [f"{path.name}:{number}:{column}" for column in numbers]
    return found


def unsourced_in_toml(
    table: dict[str, Any], known: set[str], where: str, inherited: bool = False
) -> list[str]:
    """Numbers of a TOML table that have no source beside or above them."""
    keys = str(table.get("source", "")).split(";")
    sourced = inherited or (keys != [""] and set(keys) <= known)
    found = []
    for key, value in table.items():
        if isinstance(value, dict):
            found += unsourced_in_toml(value, known, f"{where}.{key}", sourced)
        elif isinstance(value, list) and value and isinstance(value[0], dict):
            for item in value:
                found += unsourced_in_toml(item, known, f"{where}.{key}", sourced)
        elif isinstance(value, int | float) and not isinstance(value, bool) and not sourced:
            found.append(f"{where}.{key}")
    return found


def test_every_number_has_a_source(instance: Instance) -> None:
    """No number in tables or settings stands without a source that resolves."""
    document = tomllib.loads((FOLDER / "instance.toml").read_text(encoding="utf-8"))
    known = set(document.pop("sources"))
    for name in ("schema", "price_year"):
        document.pop(name)
    found = unsourced_in_toml(document, known, "instance")
    for path in sorted(FOLDER.glob("*.csv")):
        found += unsourced_in_table(path, known)
    assert found == []


@pytest.mark.parametrize("path", sorted((LIBRARY / "models").glob("*.toml")), ids=lambda path: path.stem)
def test_every_bound_of_a_model_has_a_source(path: Path) -> None:
    """Bounds and rules of the payment models are sourced too."""
    document = tomllib.loads(path.read_text(encoding="utf-8"))
    known = set(document.pop("sources"))
    document.pop("schema")
    assert unsourced_in_toml(document, known, path.stem) == []


def test_a_missing_source_is_found(tmp_path: Path) -> None:
    """The count of numbers without a source sees both kinds of file."""
    table = tmp_path / "needs.csv"
    table.write_text("need,cost,source\nasthma,4.5,nobody\n", encoding="utf-8")
    assert unsourced_in_table(table, {"somebody"}) == ["needs.csv:2:cost"]
    assert unsourced_in_toml({"payer": {"budget": 1.0}}, set(), "t") == ["t.payer.budget"]


@pytest.mark.parametrize("folder", DATA_FOLDERS, ids=lambda path: path.name)
def test_every_assumption_gives_its_reason(folder: Path) -> None:
    """A citation is a sentence, not a stub."""
    document = tomllib.loads((folder / "instance.toml").read_text(encoding="utf-8"))
    assert [key for key, source in document["sources"].items() if len(source["citation"]) < 40] == []


def test_no_source_is_unused(instance: Instance) -> None:
    """Every source is cited somewhere, so that none outlives its number."""
    texts = [path.read_text(encoding="utf-8") for path in FOLDER.glob("*.csv")]
    texts.append((FOLDER / "instance.toml").read_text(encoding="utf-8").replace("[sources.", "["))
    words = " ".join(texts).replace(";", " ").replace(",", " ").replace('"', " ").split()
    assert [key for key in instance.sources if key not in words] == []


def test_size_of_the_instance(instance: Instance) -> None:
    """Types of practice, segments, needs, services and measures as described in the README."""
    assert len(instance.practices) >= 8
    assert sum(segment.contracted for segment in instance.segments) == 5
    assert len({need.name for need in instance.needs}) >= 11
    assert len(instance.services) >= 18
    assert len(instance.measures) == 6
    assert min(len(measure.thresholds) for measure in instance.measures) >= 4


def test_status_quo_reproduces_what_was_observed(comparisons: list[Comparison]) -> None:
    """Best responses to today's contract match every observed quantity within its tolerance."""
    assert len(comparisons) >= 9
    assert [c for c in comparisons if not c.holds] == []


def test_readme_table_is_true(comparisons: list[Comparison]) -> None:
    """The README's promised-against-observed table is the one that the instance gives now."""
    text = (FOLDER / "README.md").read_text(encoding="utf-8")
    rows = [line.split("|") for line in text.splitlines() if line.endswith(("within |", "**outside** |"))]
    written = {(row[1].strip(), row[2].strip(" `")): float(row[3].replace(",", "")) for row in rows}
    assert set(written) == {(c.practice, c.quantity) for c in comparisons}
    for row in comparisons:
        half_a_digit = 0.0006 if row.quantity.startswith("rate:") else 0.6
        assert abs(written[row.practice, row.quantity] - row.promised) <= half_a_digit, row.quantity


def test_tolerances_are_not_wide(instance: Instance) -> None:
    """Rates are held to five points, sizes and incomes to a quarter."""
    for row in instance.observed:
        limit = 0.05 if row.quantity.startswith("rate:") else 0.25 * abs(row.value)
        assert row.tolerance <= limit + 1e-12, row.quantity


def test_treadmill_appears(instance: Instance, today: StatusQuo) -> None:
    """Fee for service brings short visits, and little of what it does not pay for."""
    share = delivery(instance, today.responses)
    assert share["well_visit_short"] > 5 * share["well_visit_long"]
    assert share["asthma_visit"] > 5 * share["asthma_care_team"]
    assert share["coordination_staff"] < 0.25
    assert share["mental_health_collaborative"] < 0.25
    assert share["minor_procedure"] > share["developmental_screen"]


def test_every_practice_earns_a_living(instance: Instance, today: StatusQuo) -> None:
    """Net income per clinician is positive and in the range of a paediatrician's pay."""
    for practice in instance.practices:
        income = today.accounts[practice.name].net_income / practice.fte["clinician"]
        assert 180_000 <= income <= 300_000, practice.name


def test_fitted_values_stay_in_range(instance: Instance) -> None:
    """Altruism stays in the range that its source states; effort is a modest cost."""
    for practice in instance.practices:
        assert 5_000 <= practice.altruism <= 60_000
        assert 0.5 <= practice.effort_scale <= 2.0
    assert all(0.0 <= service.effort_cost <= 150.0 for service in instance.services)


def test_a_better_contract_exists(instance: Instance, today: StatusQuo) -> None:
    """Other fees, within the blended model, bring a tenth more health for no more money or income lost."""
    fees = {**instance.status_quo.fees, **OTHER_FEES}
    contract = dataclasses.replace(instance.status_quo, fees=fees, capitation=OTHER_CAPITATION)
    health = outlay = 0.0
    for practice in instance.practices:
        response, _ = best_response(instance, practice, contract)
        figures = account(instance, contract, response)
        health += practice.count * figures.health
        outlay += practice.count * figures.outlay
        before = today.accounts[practice.name].net_income
        income = figures.net_income / before
        assert instance.income_floor <= income <= instance.income_ceiling, practice.name
    assert outlay <= today.outlay
    assert health >= 1.1 * today.health
