"""The instance with other numbers: those that were meant, and no others."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from incentive_opt.domain.changed import changed, number_at
from incentive_opt.domain.instance import Instance
from incentive_opt.domain.uncertain import Place
from incentive_opt.files import read_instance

ADDRESSES = {
    "weight": "segments.csv:*:equity_weight",
    "rate": "needs.csv:need=asthma:events_per_child_year",
    "loss": "needs.csv:*:uncovered_qaly_loss",
    "effect": "health.csv:need=well_child:qaly_per_event",
    "minutes": "services.csv:service=well_visit_long:clinician_minutes",
    "rvu": "services.csv:service=asthma_visit:rvu",
    "size": "measures.csv:*:minimum_denominator",
    "team": "practices.csv:*:team_fte",
    "effort": "practices.csv:practice=busy:effort_scale",
    "children": "panels.csv:practice=caring&segment=child:demanded",
    "budget": "instance.toml:payer.budget",
    "wage": "instance.toml:staff.np.wage_usd_per_hour",
    "floor": "instance.toml:income.floor",
    "factor": "instance.toml:status_quo.conversion_factor",
}


@pytest.fixture
def instance(tmp_path: Path) -> Instance:
    folder = Path(shutil.copytree(read_instance("two_practices").path, tmp_path / "two"))
    rows = "".join(f"{name},{of},multiple,0.9,1.1,,,by_hand\n" for name, of in ADDRESSES.items())
    header = "parameter,of,scale,low,high,distribution,label,source\n"
    (folder / "uncertainty.csv").write_text(header + rows, encoding="utf-8")
    return read_instance(folder)


@pytest.mark.parametrize("name", ADDRESSES)
def test_only_what_is_meant_moves(instance: Instance, name: str) -> None:
    """Each number of the parameter is a tenth larger, and moving it back gives the instance as it was."""
    (one,) = [other for other in instance.uncertainty if other.name == name]
    moved = changed(instance, {name: 1.1})
    assert moved != instance
    for place in one.places:
        assert number_at(moved, place) == pytest.approx(1.1 * number_at(instance, place))
    elsewhere = [place for other in instance.uncertainty if other.name != name for place in other.places]
    for place in elsewhere:
        assert number_at(moved, place) == number_at(instance, place)


def test_as_the_files_have_it(instance: Instance) -> None:
    """Nothing named, or every parameter at its base: the very same instance."""
    assert changed(instance, {}) is instance
    assert changed(instance, {one.name: one.base for one in instance.uncertainty}) is instance


def test_fees_in_force_follow(instance: Instance) -> None:
    """Fees of today's contract are worked out again from the conversion factor and the weights."""
    assert changed(instance, {"factor": 1.1}).status_quo.fees == pytest.approx(
        {name: 1.1 * fee for name, fee in instance.status_quo.fees.items()}
    )
    both = changed(instance, {"factor": 1.1, "rvu": 0.9}).status_quo.fees
    assert both["asthma_visit"] == pytest.approx(0.99 * 50.0)
    assert both["well_visit_long"] == pytest.approx(1.1 * 60.0)


def test_fewer_children_than_the_smallest_panel(instance: Instance) -> None:
    """Nobody has to keep more children than ask."""
    (panel,) = [one for one in changed(instance, {"children": 0.9}).panels if one.practice == "caring"]
    assert (panel.demanded, panel.minimum) == (900.0, 900.0)


def test_files_say_the_same_as_numbers_in_memory(instance: Instance, tmp_path: Path) -> None:
    """An instance changed in memory is the one that is read from changed files."""
    folder = Path(instance.path)
    text = (folder / "health.csv").read_text(encoding="utf-8")
    (folder / "health.csv").write_text(text.replace("0.002", "0.0022"), encoding="utf-8")
    again = read_instance(folder)
    moved = changed(instance, {"effect": 1.1})
    assert replace(again, sha256="", path="", uncertainty=()).needs == moved.needs


def test_no_such_place(instance: Instance) -> None:
    """A row or key that is not there is an error and not a zero."""
    gone = Place("health.csv", ("none", "child"), "qaly_per_event")
    for place in (gone, Place("instance.toml", (), "a.b")):
        with pytest.raises(KeyError):
            number_at(instance, place)
