"""uncertainty.csv: what is refused, with every problem at once; and what is read."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from incentive_opt.errors import InputError
from incentive_opt.files import read_instance
from incentive_opt.files.library import shipped_instances
from incentive_opt.files.schemas import InstanceFile
from incentive_opt.files.uncertainty import KEYS
from incentive_opt.files.uncertainty_file import read_uncertainty

HEADER = "parameter,of,scale,low,high,distribution,label,source\n"
GOOD = "altruism,practices.csv:*:altruism,multiple,0.5,2,lognormal,Altruism,by_hand\n"


@pytest.fixture
def mine(tmp_path: Path) -> Path:
    folder = tmp_path / "mine"
    shutil.copytree(shipped_instances()["two_practices"], folder)
    (folder / "uncertainty.csv").unlink(missing_ok=True)
    return folder


def said(folder: Path, *rows: str) -> str:
    """What is said of a table; empty where it is fine."""
    (folder / "uncertainty.csv").write_text(HEADER + "".join(f"{row}\n" for row in rows), encoding="utf-8")
    try:
        read_instance(folder)
    except InputError as error:
        return str(error)
    return ""


def test_parameters_are_read(mine: Path) -> None:
    """Places, base, limits, unit; a distribution that is not given is uniform."""
    assert said(mine, GOOD.strip(), "pay,instance.toml:staff.np.wage_usd_per_hour,value,50,70,,,") == ""
    altruism, pay = read_instance(mine).uncertainty
    assert [place.row for place in altruism.places] == [("busy",), ("caring",)]
    assert (altruism.base, altruism.distribution, altruism.label) == (1.0, "lognormal", "Altruism")
    assert (pay.base, pay.low, pay.high) == (60.0, 50.0, 70.0)
    assert (pay.unit, pay.distribution) == ("USD/hour", "uniform")


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ("a,health.csv,value,1,2,,,", "expected FILE:ROWS:COLUMN"),
        ("a,helth.csv:*:qaly_per_event,multiple,0.5,2,,,", "Did you mean 'health.csv'?"),
        ("a,health.csv:*:qaly_per_even,multiple,0.5,2,,,", "Did you mean 'qaly_per_event'?"),
        ("a,health.csv:*:curve,multiple,0.5,2,,,", "a column of health.csv with one number in each cell"),
        ("a,health.csv:neet=asthma:qaly_per_event,multiple,0.5,2,,,", "Did you mean 'need'?"),
        ("a,health.csv:need=gout:qaly_per_event,multiple,0.5,2,,,", "No row is like that."),
        ("a,health.csv:asthma:qaly_per_event,multiple,0.5,2,,,", "rows as column=value"),
        ("a,courses.csv:*:dispersion,multiple,0.5,2,,,", "only the simulator reads it"),
        ("a,observed.csv:*:value,multiple,0.5,2,,,", "only calibration reads it"),
        ("a,uncertainty.csv:*:low,multiple,0.5,2,,,", "these are no numbers of the instance"),
        ("a,instance.toml:payer.budgt,multiple,0.5,2,,,", "Did you mean 'payer.budget'?"),
        ("a,health.csv:need=asthma:qaly_per_event,value,0.005,0.006,,,", "a range that holds 0.004"),
        ("a,health.csv:need=asthma:qaly_per_event,value,0.001,0.003,,,", "a range that holds 0.004"),
        ("a,health.csv:need=asthma:qaly_per_event,multiple,1.1,2,,,", "a range that holds 1"),
        ("a,health.csv:need=asthma:qaly_per_event,value,0.006,0.002,,,", "more than low, 0.006"),
        ("a,health.csv:*:qaly_per_event,value,0.001,0.006,,,", "numbers that are all the same"),
        ("a,services.csv:service=well_visit_long:supply_cost,multiple,0.5,2,,,", "no multiple moves a zero"),
        ("a,services.csv:service=well_visit_short:effectiveness,multiple,0.5,2.1,,,", "within 0 and 2"),
        ("a,services.csv:service=well_visit_short:effectiveness,value,0,0.9,,,", "above 0"),
        ("a,health.csv:need=asthma:qaly_per_event,value,0,0.006,lognormal,,", "distribution is lognormal"),
        ("a,health.csv:need=asthma:qaly_per_event,times,0.5,2,,,", "one of value, multiple"),
        ("a,health.csv:need=asthma:qaly_per_event,value,nan,0.006,,,", "not-a-number"),
        ("a,health.csv:need=asthma:qaly_per_event,value,0.001,0.006,gauss,,", "one of uniform, triangular"),
        ("a,health.csv:need=asthma:qaly_per_event,value,0.001,0.006,,,nobody", "a source of [sources]"),
        ("a,panels.csv:*:demanded;panels.csv:practice=busy:demanded,multiple,0.5,2,,,", "every number once"),
    ],
)  # fmt: skip
def test_what_is_refused(mine: Path, row: str, words: str) -> None:
    """Each in plain words, with the row."""
    found = said(mine, row)
    assert words in found
    assert "mine/uncertainty.csv" in found
    assert "row 2 (parameter=a)" in found


def test_two_parameters_on_one_number(mine: Path) -> None:
    """The second one is told whose it is."""
    found = said(mine, GOOD.strip(), "busy,practices.csv:practice=busy:altruism,multiple,0.5,2,,,")
    assert "It also belongs to altruism; two parameters cannot move one number." in found


def test_no_budget_to_move(mine: Path) -> None:
    """Where the budget is what today's contract costs there is no number of it."""
    text = (mine / "instance.toml").read_text(encoding="utf-8")
    (mine / "instance.toml").write_text(text.replace("budget = 515000.0\n", ""), encoding="utf-8")
    assert "the budget is what today's contract costs" in said(
        mine, "a,instance.toml:payer.budget,multiple,0.9,1.1,,,"
    )


def test_all_problems_at_once_and_no_traceback(mine: Path) -> None:
    """Of several rows, and together with problems of the tables they point to."""
    path = mine / "health.csv"
    path.write_text(path.read_text(encoding="utf-8").replace("0.004", "much"), encoding="utf-8")
    found = said(mine, "a,health.csv:*:qaly_per_event,multiple,2,0.5,,,", "b,no,value,x,1,,,")
    assert "much" in found
    assert "more than low, 2" in found
    assert "FILE:ROWS:COLUMN" in found
    assert "a number at least 0" in found


def test_the_table_is_part_of_the_instance(mine: Path) -> None:
    """Its bytes count in the hash; without it the hash is as before."""
    before = read_instance(mine).sha256
    assert said(mine, GOOD.strip()) == ""
    assert read_instance(mine).sha256 != before
    (mine / "uncertainty.csv").unlink()
    assert read_instance(mine).sha256 == before


def test_a_table_from_elsewhere(mine: Path, tmp_path: Path) -> None:
    """A file of another name is read against an instance, with problems under its own name."""
    path = tmp_path / "ranges.csv"
    path.write_text(HEADER + GOOD, encoding="utf-8")
    (one,) = read_uncertainty(path, read_instance(mine))
    assert one.name == "altruism"
    path.write_text(HEADER + GOOD.replace("by_hand", "nobody").replace("0.5", "1.5"), encoding="utf-8")
    with pytest.raises(InputError) as refused:
        read_uncertainty(path, read_instance(mine))
    assert len(refused.value.problems) == 2
    assert all(problem.file == str(path) for problem in refused.value.problems)
    with pytest.raises(InputError):
        read_uncertainty(tmp_path / "none.csv", read_instance(mine))


def test_limits_of_keys_are_those_of_the_schema() -> None:
    """What may be uncertain in instance.toml has the limits that the file's own reader has."""
    schema = InstanceFile.model_json_schema()["$defs"]
    homes = {"payer": "Payer", "status_quo": "StatusQuo", "income": "Income", "staff": "StaffTable"}
    for key, (most, _, above) in KEYS.items():
        parts = key.split(".")
        entry = schema[homes[parts[0]]]["properties"][parts[-1]]
        entry = next((one for one in entry.get("anyOf", []) if "maximum" in one), entry)
        assert entry["maximum"] == most, key
        assert ("exclusiveMinimum" in entry) is above, key
