"""Contracts: reading against an instance, and writing without loss."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from incentive_opt.domain.contract import Contract
from incentive_opt.domain.instance import Panel
from incentive_opt.domain.lines import LINE_KINDS, Benchmarks
from incentive_opt.errors import InputError
from incentive_opt.files import read_contract, read_instance, read_model, write_contract
from incentive_opt.files.contracts import contract_text
from incentive_opt.formulation.build import build
from tests.conftest import edit

NAMES = st.from_regex(r"[A-Za-z0-9_][A-Za-z0-9_.\-]{0,12}", fullmatch=True)
PRICES = st.floats(min_value=0, max_value=1e6, allow_nan=False)

REFUSED = {
    "unknown service": ("sick_visit", "sik_visit", "[fees] sik_visit", "Did you mean 'sick_visit'?"),
    "unknown segment": ("infant = 4.0", "infnt = 4.0", "[capitation] infnt", "Did you mean 'infant'?"),
    "unknown measure": ('"well_child"', '"wellchild"', "bonuses", "Did you mean 'well_child'?"),
    "negative fee": ("sick_visit = 55.0", "sick_visit = -55.0", "[fees] sick_visit", "at least 0"),
    "infinite fee": ("sick_visit = 55.0", "sick_visit = inf", "[fees] sick_visit", "finite number"),
    "fee in quotes": ("sick_visit = 55.0", 'sick_visit = "55"', "[fees] sick_visit", "without quotes"),
    "tier beyond the menu": ("tier = 2", "tier = 3", "bonuses", "a tier from 1 to 2"),
    "tier zero": ("tier = 2", "tier = 0", "[bonuses] number 1, tier", "at least 1"),
    "other threshold": ("tier = 2", "tier = 2\nthreshold = 0.7", "bonuses", "0.8, the rate of tier 2"),
    "unknown key": ("[capitation]", "[capitations]", "capitations", "Did you mean 'capitation'?"),
    "unknown need": (
        "[capitation]",
        "[outcomes]\nasthmaa = 5.0\n[capitation]",
        "[outcomes] asthmaa",
        "a need of contracted children",
    ),
    "other word for all care elsewhere": (
        "[capitation]",
        "[shared_savings]\neverything = 0.5\n[capitation]",
        "[shared_savings] everything",
        "'care_elsewhere'",
    ),
    "share above one": (
        "[capitation]",
        "[shared_savings]\ncare_elsewhere = 1.5\n[capitation]",
        "[shared_savings] care_elsewhere",
        "at most 1",
    ),
    "savings without a benchmark": (
        "[capitation]",
        "[shared_savings]\ncare_elsewhere = 0.5\n[capitation]",
        "benchmarks.cost",
        "under [benchmarks.cost]: infant = what care elsewhere costs",
    ),
    "improvement without a benchmark": (
        "[capitation]",
        "[improvements]\nprevention = 5.0\n[capitation]",
        "benchmarks.care.prevention",
        "under [benchmarks.care.prevention]: infant = events met with full effect",
    ),
    "benchmark of nothing": (
        "[capitation]",
        "[benchmarks.care.prevention]\nadult = 0.5\n[capitation]",
        "benchmarks.care.prevention",
        "a need of a contracted segment",
    ),
    "negative benchmark": (
        "[capitation]",
        "[benchmarks.cost]\ninfant = -0.5\n[capitation]",
        "benchmarks.cost",
        "at least 0",
    ),
    "fee twice": (
        "sick_visit = 55.0",
        "sick_visit = 55.0\nsick_visit = 1",
        "line 8",
        "every key and table once",
    ),
    "bonus twice": (
        "usd_per_event = 8.0",
        'usd_per_event = 8.0\n[[bonuses]]\nmeasure = "well_child"\ntier = 2\nusd_per_event = 1',
        "bonuses",
        "every measure and tier once",
    ),
}


@pytest.mark.parametrize("case", REFUSED.values(), ids=REFUSED.keys())
def test_a_fault_is_named(
    small_instance: Path, small_contract: Path, case: tuple[str, str, str, str]
) -> None:
    """One fault: the message names the place and what would have been right."""
    old, new, where, said = case
    edit(small_contract, old, new)
    with pytest.raises(InputError) as caught:
        read_contract(small_contract, read_instance(small_instance))
    named = [str(problem) for problem in caught.value.problems]
    assert any(where in line and said in line for line in named), "\n".join(named)


def test_thresholds_come_from_the_instance(small_instance: Path, small_contract: Path) -> None:
    """The rate of a tier is on the instance's menu; without the instance it is not known."""
    contract = read_contract(small_contract, read_instance(small_instance))
    assert contract.fees == {"well_visit_short": 70.0, "well_visit_long": 95.0, "sick_visit": 55.0}
    assert contract.thresholds == {("well_child", 2): 0.8}
    assert read_contract(small_contract).thresholds == {}


def test_the_status_quo_survives_writing(small_instance: Path, tmp_path: Path) -> None:
    """What a payer pays today, written and read, is what a payer pays today."""
    instance = read_instance(small_instance)
    write_contract(instance.status_quo, tmp_path / "run" / "contract.toml")
    assert read_contract(tmp_path / "run", instance) == instance.status_quo


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    """A path with nothing at it is bad input, not a bug."""
    with pytest.raises(InputError, match=r"none\.toml; expected this file to exist"):
        read_contract(tmp_path / "none.toml")


@given(
    fees=st.dictionaries(NAMES, PRICES, max_size=4),
    capitation=st.dictionaries(NAMES, PRICES, max_size=4),
    bonuses=st.dictionaries(st.tuples(NAMES, st.integers(1, 5)), PRICES, max_size=4),
    title=st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=40),
    rate=st.floats(0.01, 1.0),
    lines=st.dictionaries(st.tuples(st.sampled_from(sorted(LINE_KINDS)), NAMES), st.floats(0, 1), max_size=5),
    care=st.dictionaries(st.tuples(NAMES, NAMES), st.floats(0, 1e4), max_size=3),
    cost=st.dictionaries(NAMES, st.floats(0, 1e7), max_size=3),
)
def test_every_contract_survives_writing(
    tmp_path_factory: pytest.TempPathFactory,
    fees: dict[str, float],
    capitation: dict[str, float],
    bonuses: dict[tuple[str, int], float],
    title: str,
    rate: float,
    lines: dict[tuple[str, str], float],
    care: dict[tuple[str, str], float],
    cost: dict[str, float],
) -> None:
    """Writing and reading gives an equal contract, to the last digit."""
    thresholds = {key: rate for number, key in enumerate(bonuses) if number % 2 == 0}
    benchmarks = Benchmarks(care, cost)
    contract = Contract(fees, capitation, bonuses, thresholds, title, lines, benchmarks)
    path = tmp_path_factory.getbasetemp() / "any.toml"
    path.write_bytes(contract_text(contract).encode())
    assert read_contract(path) == contract


def test_children_who_need_nothing_have_a_benchmark_too(tmp_path: Path) -> None:
    """What `solve` writes for them is read again; a contract that leaves them out is told so."""
    two = read_instance("two_practices")
    adults = replace(two.segments[0], name="adult")
    panels = tuple(Panel(one.name, "adult", 100.0, 0.0) for one in two.practices)
    instance = replace(two, segments=(*two.segments, adults), panels=(*two.panels, *panels))
    _, payer = build(instance, read_model("shared_savings", instance))
    made = Contract(lines={("shared_savings", "care_elsewhere"): 0.5}, benchmarks=payer.benchmarks)
    file = tmp_path / "contract.toml"
    write_contract(made, file)
    assert read_contract(file, instance).benchmarks == payer.benchmarks
    text = file.read_text(encoding="utf-8")
    file.write_text(text.replace("\nadult = 0.0", ""), encoding="utf-8")
    with pytest.raises(InputError, match="a benchmark for adult"):
        read_contract(file, instance)
