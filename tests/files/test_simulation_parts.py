"""What only the simulator reads: read, refused with a reason, hashed, copied, shown and counted."""

from __future__ import annotations

import copy
import json
import random
import re
import secrets
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from incentive_opt.cli.main import main
from incentive_opt.domain.simulation import (
    BehaviourTerms,
    Condition,
    Continuity,
    Course,
    Enrolment,
    Simulation,
    Spread,
    Waiting,
)
from incentive_opt.errors import InputError
from incentive_opt.files import read_contract, read_instance, read_model, read_run_folder, write_run_folder
from incentive_opt.files.provenance import count_numbers
from incentive_opt.files.schema import schema_document
from tests.conftest import edit
from tests.files.simulation_parts import add_simulation
from tests.files.test_designs import DESIGN

PARTS = {"practices", "enrolment", "continuity", "waiting", "behaviour", "courses", "conditions"}

# name: file, text that stands there, what replaces it, where, what is said
LIMITS = {
    f"{key} = {wrong}": ("instance.toml", f"{key} = {right}", f"{key} = {wrong}", f"{part}] {key}", said)
    for part, key, right, wrong, said in (
        ("practices", "altruism_spread", "0.2", "-0.1", "at least 0"),
        ("practices", "effort_spread", "0.1", "3", "a number below 3"),
        ("practices", "size_spread", "0.3", "nan", "a finite number"),
        ("practices", "mix_spread", "0\n", '"0"\n', "a number, without quotes"),
        ("practices", "characters", "8", "0", "at least 1"),
        ("practices", "characters", "8", "65", "at most 64"),
        ("practices", "characters", "8", "2.5", "a whole number"),
        ("enrolment", "leaving_per_month", "0.01", "1", "a number below 1"),
        ("enrolment", "continuous_months", "11", "13", "at most 12"),
        ("enrolment", "continuous_months", "11", "0", "at least 1"),
        ("continuity", "own_clinician_share", "0.6", "1.1", "at most 1"),
        ("continuity", "high_index", "0.75", "1.1", "at most 1"),
        ("continuity", "low_index", "0.25", "-0.1", "at least 0"),
        ("continuity", "low_index", "0.25", "0.8", "at most high_index, 0.75"),
        ("continuity", "visits_medium", "1.1", "0.9", "at least 1"),
        ("continuity", "visits_low", "1.2", "0.9", "at least 1"),
        ("continuity", "admissions_medium", "1.05", "0.9", "at least 1"),
        ("continuity", "admissions_low", "1.15", "0.9", "at least 1"),
        ("waiting", "gives_up_per_month", "0.3", "1.3", "at most 1"),
        ("waiting", "squeeze_in", "0.05", "-0.05", "at least 0"),
        ("behaviour", "quantal_usd_per_service", "2.5", "0", "above 0"),
        ("behaviour", "inertial_move_per_year", "0.5", "0", "above 0"),
        ("behaviour", "inertial_move_per_year", "0.5", "1.5", "at most 1"),
        ("behaviour", "contract_years", "4", "0", "at least 1"),
        ("behaviour", "contract_years", "4", "4.5", "a whole number"),
        ("behaviour", "satisficing_usd_per_clinician", "800", "-1", "at least 0"),
    )
}
TOML = {
    "a part is whole": ("instance.toml", "squeeze_in = 0.05\n", "", "waiting", "a key 'squeeze_in'"),
    "misspelt part": (
        "instance.toml",
        "[simulation.waiting]",
        "[simulation.wating]",
        "[simulation] wating",
        "Did you mean 'waiting'?",
    ),
    "misspelt key": (
        "instance.toml",
        "squeeze_in =",
        "sqeeze_in =",
        "[simulation.waiting] sqeeze_in",
        "Did you mean 'squeeze_in', which is missing?",
    ),
    "unknown source": (
        "instance.toml",
        'admissions_low = 1.15\nsource = "seen"',
        'admissions_low = 1.15\nsource = "sen"',
        "[simulation.continuity] source",
        "Did you mean 'seen'?",
    ),
}
CONDITIONS = {
    "prevalence of 0": ("conditions.csv", ",0.075,", ",0,", "prevalence", "above 0 and at most 1"),
    "prevalence above 1": ("conditions.csv", ",0.075,", ",1.1,", "prevalence", "above 0 and at most 1"),
    "no prevalence": ("conditions.csv", ",0.075,", ",,", "prevalence", "the cell is empty"),
    "unknown segment": ("conditions.csv", "asthma,school_age", "asthma,school_ag", "", "'school_age'?"),
    "condition twice": (
        "conditions.csv",
        "obesity,school_age",
        "obesity,infant",
        "row 4 (condition=obesity, segment=infant)",
        "every condition and segment once",
    ),
    "unknown need": ("conditions.csv", "acute:1.5", "acut:1.5", "multiplies", "Did you mean 'acute'?"),
    "negative multiple": ("conditions.csv", "acute:1.5", "acute:-1", "multiplies", "at least 0"),
    "no multiple": ("conditions.csv", "acute:1.5", "acute", "multiplies", "Example: acute:1.5"),
    "need twice": (
        "conditions.csv",
        "acute:1.5",
        "acute:1.5;acute:2",
        "multiplies",
        "every need once; 'acute' stands here twice",
    ),
    "need of another segment": (
        "conditions.csv",
        "acute:1.2",
        "asthma:1.2",
        "multiplies",
        "a need of segment 'infant'. These segments have it: school_age.",
    ),
    "multiplied but scheduled": (
        "conditions.csv",
        "acute:1.5",
        "prevention:1.5",
        "multiplies",
        "a need that courses.csv lets come at random",
    ),
    "multiplied by its own condition": (
        "conditions.csv",
        "acute:1.5",
        "asthma:1.5",
        "multiplies",
        "a need that children without the condition have too",
    ),
    "unknown source of a condition": (
        "conditions.csv",
        "made_up;seen",
        "made_up;sen",
        "source",
        "Did you mean 'seen'?",
    ),
    "unknown column": ("conditions.csv", "prevalence,", "prevalance,", "row 1", "which is missing?"),
}
COURSES = {
    "need twice": ("courses.csv", "acute,random", "prevention,random", "row 3", "every need once"),
    "unknown need": ("courses.csv", "acute,random", "acte,random", "need", "Did you mean 'acute'?"),
    "unknown arrival": (
        "courses.csv",
        "acute,random",
        "acute,randm",
        "arrival",
        "one of scheduled, random. Did you mean 'random'?",
    ),
    "no arrival": ("courses.csv", "acute,random", "acute,", "arrival", "the cell is empty"),
    "amplitude above 1": ("courses.csv", ",0.3,2,", ",1.3,2,", "season_amplitude", "at most 1"),
    "month of a half": ("courses.csv", ",0.3,2,", ",0.3,2.5,", "season_peak_month", "a whole number"),
    "month 13": ("courses.csv", ",0.3,2,", ",0.3,13,", "season_peak_month", "at most 12"),
    "month 0": ("courses.csv", ",0.3,2,", ",0.3,0,", "season_peak_month", "at least 1"),
    "dispersion below 0": ("courses.csv", ",0.5,false", ",-0.5,false", "dispersion", "at least 0"),
    "no truth": ("courses.csv", ",0.5,false", ",0.5,no", "can_wait", "true or false"),
    "worth nothing": ("courses.csv", "true,0.03", "true,0", "qaly_if_it_works", "above 0"),
    "free admission": ("courses.csv", ",6000,", ",0,", "admission_cost", "above 0"),
    "free visit": ("courses.csv", ",1000,", ",0,", "leak_visit_cost", "above 0"),
    "scheduled with a season": (
        "courses.csv",
        "scheduled,,0,1,0,",
        "scheduled,,0.1,1,0,",
        "season_amplitude",
        "0, as the need is scheduled",
    ),
    "scheduled with dispersion": (
        "courses.csv",
        "scheduled,,0,1,0,",
        "scheduled,,0,1,0.1,",
        "dispersion",
        "0, as the need is scheduled",
    ),
    "scheduled with a condition": (
        "courses.csv",
        "scheduled,,0,1,0,",
        "scheduled,obesity,0,1,0,",
        "condition",
        "no condition, as the need is scheduled",
    ),
    "unknown condition": (
        "courses.csv",
        "asthma,random,asthma",
        "asthma,random,astma",
        "condition",
        "a condition of conditions.csv. Did you mean 'asthma'?",
    ),
    "condition missing in a segment": (
        "courses.csv",
        "acute,random,",
        "acute,random,asthma",
        "condition",
        "a row of conditions.csv for 'asthma' in segment 'infant'",
    ),
    "works for less than the mean": (
        "courses.csv",
        "true,0.03",
        "true,0.009",
        "qaly_if_it_works",
        "at least 0.01, the mean in segment 'school_age'",
    ),
    "admission below its mean": (
        "courses.csv",
        ",6000,",
        ",179.9,",
        "admission_cost",
        "at least 180, the mean in segment 'school_age'",
    ),
    "visit below its mean": (
        "courses.csv",
        ",,300,",
        ",,149,",
        "leak_visit_cost",
        "at least 150, the mean in segment 'infant'",
    ),
}
REFUSED = (
    LIMITS
    | TOML
    | {f"condition: {name}": case for name, case in CONDITIONS.items()}
    | {f"course: {name}": case for name, case in COURSES.items()}
)


@pytest.fixture
def full(small_instance: Path) -> Path:
    """Folder of the small instance with every part for the simulator."""
    return add_simulation(small_instance)


def run(*words: str | Path) -> Result:
    """Run a command in this process."""
    return CliRunner().invoke(main, [str(word) for word in words])


@pytest.mark.parametrize("case", REFUSED.values(), ids=REFUSED.keys())
def test_a_fault_is_named(full: Path, case: tuple[str, str, str, str, str]) -> None:
    """One fault: the message names the file, the place and what would have been right."""
    file, old, new, where, said = case
    edit(full / file, old, new)
    with pytest.raises(InputError) as caught:
        read_instance(full)
    named = [str(problem) for problem in caught.value.problems]
    assert any(file in line and where in line and said in line for line in named), "\n".join(named)


def test_every_part_is_read(full: Path) -> None:
    """The files become what the simulator reads, number for number; a part without a source inherits one."""
    assert read_instance(full).simulation == Simulation(
        spread=Spread(0.2, 0.1, 0.3, 0.0, 8, "made_up"),
        enrolment=Enrolment(0.01, 11, "made_up"),
        continuity=Continuity(0.6, 0.75, 0.25, 1.1, 1.2, 1.05, 1.15, "seen"),
        waiting=Waiting(0.3, 0.05, "made_up"),
        behaviour=BehaviourTerms(2.5, 0.5, 4, 800.0, "made_up"),
        courses=(
            Course("prevention", "scheduled", source="made_up"),
            Course("acute", "random", "", 0.3, 2, 0.5, False, None, None, 300.0, "seen"),
            Course("asthma", "random", "asthma", 0.0, 1, 0.0, True, 0.03, 6000.0, 1000.0, "made_up"),
        ),
        conditions=(
            Condition("asthma", "school_age", 0.075, {"acute": 1.5}, "Asthma", "made_up;seen"),
            Condition("obesity", "infant", 0.1, {"acute": 1.2}, "obesity", "made_up"),
            Condition("obesity", "school_age", 0.2, {}, "obesity", "made_up"),
        ),
        given=frozenset(PARTS),
    )


def test_nothing_has_to_be_given(small_instance: Path) -> None:
    """An instance without any part is read as before; all seven parts are told as assumed."""
    simulation = read_instance(small_instance).simulation
    assert simulation == Simulation()
    assert len(simulation.assumed()) == len(PARTS)


@pytest.mark.parametrize("part", sorted(PARTS))
def test_each_part_alone_is_optional(full: Path, part: str) -> None:
    """Without one part the others are read; that one is plain and told as assumed."""
    if part in ("courses", "conditions"):
        (full / f"{part}.csv").unlink()
        if part == "conditions":
            edit(full / "courses.csv", "asthma,random,asthma", "asthma,random,")
    else:
        text = (full / "instance.toml").read_text(encoding="utf-8")
        text, cut = re.subn(rf"\n\[simulation\.{part}\]\n[^\[]*", "\n", text)
        assert cut == 1
        (full / "instance.toml").write_text(text, encoding="utf-8")
    simulation = read_instance(full).simulation
    assert simulation.given == PARTS - {part}
    name = {"practices": "spread"}.get(part, part)
    assert getattr(simulation, name) == getattr(Simulation(), name)
    assert len(simulation.assumed()) == 1


def test_a_table_without_rows_is_refused(full: Path) -> None:
    """A header alone says nothing; the file is left away instead."""
    (full / "courses.csv").write_text((full / "courses.csv").read_text().splitlines()[0] + "\n")
    with pytest.raises(InputError, match=r"courses\.csv: found 'no rows'; expected at least 1 row"):
        read_instance(full)


def test_all_problems_at_once(full: Path) -> None:
    """Faults in the three files are reported together, each once."""
    edit(full / "instance.toml", "squeeze_in = 0.05", "squeeze_in = -1")
    edit(full / "instance.toml", "low_index = 0.25", "low_index = 0.9")
    edit(full / "conditions.csv", "acute:1.5", "prevention:1.5")
    edit(full / "conditions.csv", "obesity,infant", "obesity,infnat")
    edit(full / "courses.csv", ",6000,", ",100,")
    edit(full / "courses.csv", "scheduled,,0,1,0,", "scheduled,,0,1,2,")
    with pytest.raises(InputError) as caught:
        read_instance(full)
    found = sorted((p.file.split("/")[1], p.where.split(", ")[-1]) for p in caught.value.problems)
    assert found == [
        ("conditions.csv", "multiplies"),
        ("conditions.csv", "segment"),
        ("courses.csv", "admission_cost"),
        ("courses.csv", "dispersion"),
        ("instance.toml", "[simulation.continuity] low_index"),
        ("instance.toml", "[simulation.waiting] squeeze_in"),
    ]


def test_values_below_their_means_and_no_others_are_refused(full: Path) -> None:
    """A chance of at most 1 is possible exactly where the value is not below its mean."""
    seed = secrets.randbits(32)
    draw = random.Random(seed)
    least = {"qaly_if_it_works": 0.01, "admission_cost": 180.0, "leak_visit_cost": 900.0}
    header, first, second, _ = (full / "courses.csv").read_text().splitlines()
    for _ in range(20):
        given = {column: mean * draw.uniform(0.5, 1.5) for column, mean in least.items()}
        cells = ",".join(repr(value) for value in given.values())
        row = f"asthma,random,asthma,0,1,0,true,{cells},made_up"
        (full / "courses.csv").write_text("\n".join((header, first, second, row)) + "\n")
        wrong = {column for column, value in given.items() if value < least[column]}
        refused: set[str] = set()
        try:
            read_instance(full)
        except InputError as error:
            refused = {problem.where.split(", ")[-1] for problem in error.problems}
        assert refused == wrong, f"seed {seed}: {given}"


def test_a_need_that_never_arises_needs_no_condition(full: Path) -> None:
    """Where a segment's rate is 0 the need's condition may be missing."""
    row = "asthma,school_age,0.3,ED,900,0.0050,made_up;seen\n"
    edit(full / "needs.csv", row, row + "asthma,infant,0,ED,900,0.0050,made_up\n")
    health = "asthma,school_age,0.0100,0.4:0.6;0.8:0.9;1:1,120,made_up\n"
    edit(full / "health.csv", health, health + "asthma,infant,0.01,1:1,120,made_up\n")
    assert read_instance(full).simulation.course("asthma").condition == "asthma"
    edit(full / "needs.csv", "asthma,infant,0,", "asthma,infant,0.1,")
    with pytest.raises(InputError, match="for 'asthma' in segment 'infant'"):
        read_instance(full)


def test_a_need_of_one_condition_may_be_multiplied_by_another(full: Path) -> None:
    """Among children with asthma, contacts may come more often in those who are obese."""
    edit(full / "conditions.csv", "obesity,school_age,0.2,", "obesity,school_age,0.2,asthma:2")
    assert read_instance(full).simulation.conditions[2].multiplies == {"asthma": 2.0}


@pytest.mark.parametrize(
    ("file", "old", "new"),
    [
        ("courses.csv", "true,0.03", "true,0.04"),
        ("conditions.csv", "acute:1.5", "acute:1.6"),
        ("instance.toml", "squeeze_in = 0.05", "squeeze_in = 0.06"),
    ],
)
def test_the_hash_covers_them(full: Path, file: str, old: str, new: str) -> None:
    """Another number is another instance."""
    before = read_instance(full).sha256
    edit(full / file, old, new)
    assert read_instance(full).sha256 != before


def test_they_travel_with_a_run_folder(
    full: Path, small_model: Path, small_contract: Path, tmp_path: Path
) -> None:
    """A design's copy of the instance simulates as the original; none is left from an earlier design."""

    def written() -> Simulation:
        instance, model = read_instance(full), read_model(small_model)
        design = copy.deepcopy(DESIGN)
        design["instance"]["sha256"], design["model"]["sha256"] = instance.sha256, model.sha256
        contract = read_contract(small_contract, instance)
        write_run_folder(tmp_path / "run", design, contract, [], "it ran", instance, model)
        return read_run_folder(tmp_path / "run")[1].simulation

    assert written() == read_instance(full).simulation
    for file in ("courses.csv", "conditions.csv"):
        (full / file).unlink()
    assert written().given == PARTS - {"courses", "conditions"}


def test_numbers_are_counted_with_their_sources(full: Path) -> None:
    """Each number of the new parts counts under its source: 20 terms, 5 of conditions, 13 of courses."""
    with_parts = count_numbers(full)
    for file in ("courses.csv", "conditions.csv"):
        (full / file).unlink()
    terms_only = count_numbers(full)
    text = (full / "instance.toml").read_text(encoding="utf-8")
    (full / "instance.toml").write_text(text[: text.index("[simulation]")], encoding="utf-8")
    without = count_numbers(full)
    assert terms_only.total - without.total == 20
    assert terms_only.by_status["V"] - without.by_status["V"] == 7
    assert with_parts.by_status["V"] - terms_only.by_status["V"] == 4
    assert with_parts.total - terms_only.total == 5 + 13


def test_the_schema_lists_them() -> None:
    """JSON Schema knows the parts of [simulation], whole where given, and the columns of the tables."""
    document = schema_document()
    parts = document["instance.toml"]["$defs"]
    assert set(parts["SimulationTable"]["properties"]) == PARTS - {"courses", "conditions"} | {"source"}
    assert set(parts["WaitingTable"]["required"]) == {"gives_up_per_month", "squeeze_in"}
    assert parts["PracticesTable"]["properties"]["size_spread"]["exclusiveMaximum"] == 3
    assert "simulation" not in document["instance.toml"]["required"]
    courses = {column["column"]: column for column in document["tables"]["courses.csv"]}
    assert courses["arrival"]["choices"] == ["scheduled", "random"]
    assert courses["season_peak_month"]["whole"] is True
    assert [name for name, column in courses.items() if column["optional"]] == [
        "condition",
        "qaly_if_it_works",
        "admission_cost",
        "leak_visit_cost",
        "label",
        "source",
    ]
    multiplies = document["tables"]["conditions.csv"][3]
    assert (multiplies["kind"], multiplies["unit"]) == ("multiples", "need:multiple")


def test_show_prints_them(full: Path) -> None:
    """Terms and tables with units and sources; nothing is told as assumed."""
    text = run("show", full).stdout
    assert re.search(r"^simulation\.continuity\.visits_low +1\.2 +1 +seen$", text, re.MULTILINE)
    squeezed = r"^simulation\.waiting\.squeeze_in +0\.05 +of a month's regular hours +made_up$"
    assert re.search(squeezed, text, re.MULTILINE)
    assert "admission_cost [USD/admission]" in text
    assert re.search(r"^asthma +school_age +0\.075 +acute:1\.5 +Asthma +made_up;seen$", text, re.MULTILINE)
    assert "Taken by the simulator" not in text
    document = json.loads(run("show", full, "--json").stdout)
    assert document["tables"]["courses.csv"][1]["season_peak_month"] == 2
    assert document["simulation_assumed"] == []


def test_show_tells_what_is_assumed(small_instance: Path) -> None:
    """Parts that are not given are told in plain words."""
    text = run("show", small_instance).stdout
    assert "Taken by the simulator where the files say nothing" in text
    assert "no child leaves or joins during the year" in text
    assert len(json.loads(run("show", small_instance, "--json").stdout)["simulation_assumed"]) == len(PARTS)
