"""Reading instances: what a good one becomes and what is said of a bad one."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from incentive_opt.errors import InputError
from incentive_opt.files import read_instance
from tests.conftest import TABLES, edit

REFUSED = {
    # name: file, text that stands there, what replaces it, where, what is said
    "unknown column": (
        "needs.csv",
        "uncovered_to,",
        "uncovered_too,",
        "row 1",
        "Did you mean 'uncovered_to', which is missing?",
    ),
    "missing column": ("panels.csv", "minimum,", "label,", "row 1", "expected a column 'minimum'"),
    "duplicate column": ("segments.csv", "label,", "contracted,", "row 1", "expected every column once"),
    "semicolons": (
        "panels.csv",
        "practice,segment,demanded,minimum,source",
        "practice;segment;demanded;minimum;source",
        "row 1",
        "commas between the columns",
    ),
    "ragged row": (
        "panels.csv",
        "solo,infant,200,100,",
        "solo,infant,200,100,5,",
        "row 2",
        "expected 5 cells",
    ),
    "bad quotes": ("services.csv", '"Well visit, short"', '"Well visit, short" x"', "row 2", "double quotes"),
    "duplicate row": (
        "panels.csv",
        "solo,school_age,900,400",
        "solo,infant,900,400",
        "row 3 (practice=solo, segment=infant)",
        "It already stands in row 2",
    ),
    "duplicate need": (
        "needs.csv",
        "acute,school_age",
        "acute,infant",
        "row 5",
        "every need and segment once",
    ),
    "NaN": ("segments.csv", "infant,1.0", "infant,nan", "row 2", "not-a-number and infinity are not allowed"),
    "infinity": ("practices.csv", "solo,independent,12", "solo,independent,inf", "row 2", "infinity"),
    "overflow": ("practices.csv", "solo,independent,12", "solo,independent,1e999", "row 2", "too large"),
    "negative count": ("practices.csv", "solo,independent,12", "solo,independent,-12", "row 2", "above 0"),
    "negative cost": ("services.csv", "15,0,15,5,3.5", "15,0,15,-5,3.5", "supply_cost", "at least 0"),
    "no number": ("services.csv", "15,0,15,5,3.5", "many,0,15,5,3.5", "clinician_minutes", "'many'"),
    "thousands": ("panels.csv", "solo,school_age,900,", 'solo,school_age,"1,900",', "demanded", "thousands"),
    "per cent": ("services.csv", "3.5,0.6,0", "3.5,60%,0", "effectiveness", "0.12, not 12%"),
    "underscore": ("panels.csv", "solo,school_age,900", "solo,school_age,9_00", "demanded", "'9_00'"),
    "empty cell": ("panels.csv", "solo,infant,200", "solo,infant,", "demanded", "the cell is empty"),
    "no boolean": (
        "segments.csv",
        "school_age,1.2,true",
        "school_age,1.2,TRUE",
        "contracted",
        "true or false",
    ),
    "bad name": ("segments.csv", "infant,1.0", "in fant,1.0", "row 2", "a name of letters"),
    "unknown segment": ("panels.csv", "solo,infant", "solo,infnat", "row 2", "Did you mean 'infant'?"),
    "unknown need": ("services.csv", "sick_visit,acute", "sick_visit,acut", "row 4", "Did you mean 'acute'?"),
    "unknown service": (
        "measures.csv",
        "well_visit_short;",
        "well_visit_shrt;",
        "numerator",
        "Did you mean 'well_visit_short'?",
    ),
    "unknown denominator": (
        "measures.csv",
        ",asthma,school_age",
        ",asthmaa,school_age",
        "denominator_need",
        "Did you mean 'asthma'?",
    ),
    "unknown measure": ("observed.csv", "rate:well_child", "rate:wellchild", "quantity", "'well_child'?"),
    "unknown practice": ("panels.csv", "solo,infant", "sola,infant", "practice", "Did you mean 'solo'?"),
    "unknown practice observed": (
        "observed.csv",
        "group,net",
        "grop,net",
        "practice",
        "Did you mean 'group'?",
    ),
    "unknown quantity": ("observed.csv", "net_income", "netincome", "quantity", "Did you mean 'net_income'?"),
    "unknown source in a table": (
        "panels.csv",
        "solo,infant,200,100,made_up",
        "solo,infant,200,100,madeup",
        "source",
        "Did you mean 'made_up'?",
    ),
    "all sources of a cell": ("needs.csv", "made_up;seen", "made_up;sen", "source", "Did you mean 'seen'?"),
    "unordered thresholds": (
        "measures.csv",
        "0.6;0.8",
        "0.8;0.6",
        "thresholds",
        "larger than the one before",
    ),
    "threshold above 1": ("measures.csv", "0.6;0.8", "0.6;1.8", "thresholds", "above 0 and at most 1"),
    "threshold of 0": ("measures.csv", "0.6;0.8", "0;0.8", "thresholds", "above 0 and at most 1"),
    "service twice in a numerator": (
        "measures.csv",
        "well_visit_short;well_visit_long",
        "well_visit_short;well_visit_short:0.5",
        "numerator",
        "stands here twice",
    ),
    "falling curve": ("health.csv", "0.4:0.6;0.8:0.9;1:1", "0.4:0.6;0.8:0.5;1:1", "curve", "a rising curve"),
    "convex curve": ("health.csv", "0.4:0.6;0.8:0.9;1:1", "0.4:0.2;1:1", "curve", "a concave curve"),
    "unfinished curve": ("health.csv", "0.4:0.6;0.8:0.9;1:1", "0.4:0.6", "curve", "ends in 1:1"),
    "no curve": ("health.csv", "0.4:0.6;0.8:0.9;1:1", "0.6", "curve", "Example: 0.4:0.6;1:1"),
    "minimum above demanded": (
        "panels.csv",
        "solo,infant,200,100",
        "solo,infant,200,201",
        "minimum",
        "at most the children demanded, 200",
    ),
    "minutes beyond a day": ("services.csv", "15,0,15,5,3.5", "1441,0,15,5,3.5", "clinician_minutes", "1440"),
    "effectiveness above 1": ("services.csv", "3.5,0.6,0", "3.5,1.6,0", "effectiveness", "at most 1"),
    "too many children": (
        "panels.csv",
        "solo,infant,200",
        "solo,infant,2000000000",
        "demanded",
        "1000000000",
    ),
    "cheaper overtime": (
        "practices.csv",
        "solo,independent,12,1,0,2,20000,1,100;200,1;1.5",
        "solo,independent,12,1,0,2,20000,1,100;200,1.5;1",
        "overtime_wage_multiples",
        "larger than the one before",
    ),
    "overtime lengths": (
        "practices.csv",
        "solo,independent,12,1,0,2,20000,1,100;200,1;1.5",
        "solo,independent,12,1,0,2,20000,1,100;200,1",
        "overtime_wage_multiples",
        "as many multiples as bands of overtime, 2",
    ),
    "more hours than a year": (
        "practices.csv",
        "solo,independent,12,1,0,2,20000,1,100;200",
        "solo,independent,12,1,0,2,20000,1,100;8000",
        "overtime_hours",
        "fit in a year",
    ),
    "need without health": (
        "health.csv",
        "asthma,school_age,0.0100,0.4:0.6;0.8:0.9;1:1,120,made_up\n",
        "",
        "need=asthma",
        "in health.csv",
    ),
    "health without need": (
        "needs.csv",
        "acute,infant,2.5,urgent care,150,0.0004,seen\n",
        "",
        "need=acute, segment=infant",
        "in needs.csv",
    ),
    "service for a segment without the need": (
        "services.csv",
        "5,school_age,Asthma visit",
        "5,infant,Asthma visit",
        "segments",
        "has the need 'asthma'",
    ),
    "multiple missing": ("segments.csv", "school_age,1.2,true", "school_age,1.2,false", "", "not contracted"),
    "practice without children": (
        "practices.csv",
        "group,independent",
        "lone,independent,1,1,0,2,0,1,0,1,0,0,,\ngroup,independent",
        "practice=lone",
        "children: at least one row of panels.csv",
    ),
    "staff cannot keep the minimum": (
        "practices.csv",
        "solo,independent,12,1,",
        "solo,independent,12,0.01,",
        "clinician_fte",
        "staff time for the minimum panel",
    ),
    "unknown key": (
        "instance.toml",
        "margin = 100.0",
        "margins = 100.0",
        "[incentive] margins",
        "Did you mean 'margin', which is missing?",
    ),
    "missing key": ("instance.toml", "margin = 100.0\n", "", "line 26, incentive", "a key 'margin'"),
    "unknown table": ("instance.toml", "[payer]", "[payor]", "payor", "Did you mean 'payer'?"),
    "duplicate key": (
        "instance.toml",
        "margin = 100.0",
        "margin = 100.0\nmargin = 2",
        "line 28",
        "every key and table once",
    ),
    "duplicate table": (
        "instance.toml",
        "[objective]",
        "[payer]\n[objective]",
        "line 14",
        "every key and table once",
    ),
    "TOML syntax": ("instance.toml", 'outcome = "qaly"', 'outcome = "qaly', "line 15", "missing quote"),
    "TOML nan": ("instance.toml", "margin = 100.0", "margin = nan", "[incentive] margin", "finite number"),
    "TOML infinity": ("instance.toml", "budget = 2.0e6", "budget = inf", "[payer] budget", "finite number"),
    "TOML negative": ("instance.toml", "budget = 2.0e6", "budget = -1", "line 7, [payer] budget", "above 0"),
    "TOML number in quotes": (
        "instance.toml",
        "budget = 2.0e6",
        'budget = "2e6"',
        "[payer] budget",
        "a number, without quotes",
    ),
    "TOML truth as a number": (
        "instance.toml",
        "margin = 100.0",
        "margin = true",
        "[incentive] margin",
        "a number, without quotes",
    ),
    "TOML number as truth": (
        "instance.toml",
        "hours_per_fte = 1800\nwage_usd_per_hour = 25.0\novertime_paid = true",
        "hours_per_fte = 1800\nwage_usd_per_hour = 25.0\novertime_paid = 1",
        "[staff.team] overtime_paid",
        "true or false",
    ),
    "missing role": ("instance.toml", "[staff.np]", "[staff.nurse]", "staff", "a key 'np'"),
    "other outcome": ("instance.toml", '"qaly"', '"daly"', "[objective] outcome", "one of 'qaly'"),
    "unknown version": ("instance.toml", "schema = 1", "schema = 2", "line 1, schema", "newer version"),
    "bad status": ("instance.toml", '"V"', '"sure"', "[sources.seen] status", "'assumption'"),
    "unknown source of a key": (
        "instance.toml",
        'margin = 100.0\nsource = "made_up"',
        'margin = 100.0\nsource = "made_upp"',
        "[incentive] source",
        "'made_up'?",
    ),
    "floor above ceiling": (
        "instance.toml",
        "floor = 0.97",
        "floor = 1.97",
        "[income] floor",
        "at most the ceiling, 1.5",
    ),
    "unknown segment of capitation": (
        "instance.toml",
        "[objective]",
        "[status_quo.capitation]\ninfnat = 2.0\n[objective]",
        "[status_quo.capitation] infnat",
        "Did you mean 'infant'?",
    ),
    "negative capitation": (
        "instance.toml",
        "[objective]",
        "[status_quo.capitation]\ninfant = -2.0\n[objective]",
        "[status_quo.capitation] infant",
        "at least 0",
    ),
    "unknown measure of a bonus": (
        "instance.toml",
        "[objective]",
        '[[status_quo.bonuses]]\nmeasure = "well_chld"\ntier = 1\nusd_per_event = 1.0\n[objective]',
        "status_quo.bonuses",
        "Did you mean 'well_child'?",
    ),
    "tier beyond the menu": (
        "instance.toml",
        "[objective]",
        '[[status_quo.bonuses]]\nmeasure = "well_child"\ntier = 3\nusd_per_event = 1.0\n[objective]',
        "status_quo.bonuses",
        "a tier from 1 to 2",
    ),
}


@pytest.mark.parametrize("case", REFUSED.values(), ids=REFUSED.keys())
def test_a_fault_is_named(small_instance: Path, case: tuple[str, str, str, str, str]) -> None:
    """One fault in one file: the message names the file, the place and what would have been right."""
    file, old, new, where, said = case
    edit(small_instance / file, old, new)
    with pytest.raises(InputError) as caught:
        read_instance(small_instance)
    named = [str(problem) for problem in caught.value.problems]
    assert any(where in line and said in line for line in named), "\n".join(named)


def test_a_good_instance_is_read(small_instance: Path) -> None:
    """Tables become objects with the values that stand in the files."""
    instance = read_instance(small_instance)
    assert instance.name == "small_town"
    assert [segment.equity_weight for segment in instance.segments] == [1.0, 1.2]
    asthma = instance.need("asthma", "school_age")
    assert asthma is not None
    assert asthma.curve == ((0, 0), (0.4, 0.6), (0.8, 0.9), (1, 1))
    assert asthma.source == "made_up;seen"
    assert instance.measures[1].numerator == {"asthma_visit": 1.0, "asthma_outreach": 0.5}
    assert instance.practices[0].overtime_wage_multiples == (1.0, 1.5)
    assert instance.staff["np"].wage == 60.0
    assert instance.rules.max_measures == 1
    assert instance.rules.max_tiers is None


def test_the_status_quo_is_a_whole_contract(small_instance: Path) -> None:
    """Fees follow from RVUs, where there are any; capitation and bonuses come from the file."""
    extra = '[status_quo.capitation]\ninfant = 2.5\nsource = "seen"\n[[status_quo.bonuses]]\n'
    extra += 'measure = "well_child"\ntier = 2\nusd_per_event = 7\n\n[objective]'
    edit(small_instance / "instance.toml", "[objective]", extra)
    contract = read_instance(small_instance).status_quo
    assert contract.fees["well_visit_short"] == 21.35 * 3.5
    assert "asthma_outreach" not in contract.fees
    assert contract.capitation == {"infant": 2.5}
    assert contract.bonuses == {("well_child", 2): 7.0}
    assert contract.thresholds == {("well_child", 2): 0.8}


def test_all_problems_at_once(small_instance: Path) -> None:
    """Faults in four files are reported together."""
    edit(small_instance / "panels.csv", "solo,infant,200", "solo,infnat,200")
    edit(small_instance / "services.csv", "3.5,0.6,0", "3.5,6,-1")
    edit(small_instance / "instance.toml", "margin = 100.0", "margin = nan")
    (small_instance / "health.csv").unlink()
    with pytest.raises(InputError) as caught:
        read_instance(small_instance)
    files = [problem.file for problem in caught.value.problems]
    assert sorted(files) == [
        "small_town/health.csv",
        "small_town/instance.toml",
        "small_town/panels.csv",
        "small_town/services.csv",
        "small_town/services.csv",
    ]


@pytest.mark.parametrize("file", [name for name in TABLES if name != "observed.csv"])
def test_a_missing_file_is_named(small_instance: Path, file: str) -> None:
    """Every table but observed.csv must be there."""
    (small_instance / file).unlink()
    with pytest.raises(InputError, match=rf"small_town/{file}; expected this file to exist"):
        read_instance(small_instance)


@pytest.mark.parametrize(
    ("file", "right", "wrong", "unrelated"),
    [
        ("instance.toml", "floor = 0.97", "flor = 0.97", "[income]\nelevator = 1\nceiling"),
        ("panels.csv", "minimum,", "minimun,", ""),
    ],
)
def test_a_misspelt_key_is_one_problem(
    small_instance: Path, file: str, right: str, wrong: str, unrelated: str
) -> None:
    """It is not told again as a missing one; another unknown key beside it still is."""
    edit(small_instance / file, right, wrong)
    name = re.split(r"\W", right)[0]
    with pytest.raises(InputError, match=rf"Did you mean '{name}', which is missing\?") as caught:
        read_instance(small_instance)
    assert len(caught.value.problems) == 1
    if unrelated:
        edit(small_instance / file, wrong, unrelated.split("\n")[1])
        with pytest.raises(InputError) as both:
            read_instance(small_instance)
        assert [problem.value for problem in both.value.problems] == ["", "elevator"]


@pytest.mark.parametrize(
    ("right", "wrong", "line"),
    [("floor = 0.97", "floor == 0.97", 18), ('citation = "As if', "citation = As if", 56)],
)
def test_broken_toml_shows_the_line(small_instance: Path, right: str, wrong: str, line: int) -> None:
    """What was found is the line as written; the parser's sentence explains it."""
    edit(small_instance / "instance.toml", right, wrong)
    with pytest.raises(InputError) as caught:
        read_instance(small_instance)
    (problem,) = [p for p in caught.value.problems if p.file.endswith("instance.toml")]
    text = (small_instance / "instance.toml").read_text(encoding="utf-8").splitlines()
    assert (problem.where, problem.value) == (f"line {line}", text[line - 1])
    assert "the reader of TOML says: Invalid value." in problem.remedy


def test_observed_is_optional(small_instance: Path) -> None:
    """Without observed.csv there are no observations."""
    (small_instance / "observed.csv").unlink()
    assert read_instance(small_instance).observed == ()


def test_an_unlisted_table_is_an_error(small_instance: Path) -> None:
    """A misspelt optional file would otherwise be passed over in silence."""
    (small_instance / "observed.csv").rename(small_instance / "observd.csv")
    with pytest.raises(InputError, match=r"Did you mean 'observed.csv'\?"):
        read_instance(small_instance)


def test_spreadsheet_files_are_read(small_instance: Path) -> None:
    """A byte order mark and Windows line ends change nothing."""
    before = read_instance(small_instance).services
    for file in small_instance.iterdir():
        text = file.read_text(encoding="utf-8")
        file.write_bytes(b"\xef\xbb\xbf" + text.replace("\n", "\r\n").encode())
    assert read_instance(small_instance).services == before


@pytest.mark.parametrize("file", ["segments.csv", "instance.toml"])
def test_other_encodings_are_refused(small_instance: Path, file: str) -> None:
    """Latin-1 text is named with its line, not guessed at."""
    text = (small_instance / file).read_text(encoding="utf-8").replace("two", "twö")
    text = text.replace("made-up", "mäde-up")
    (small_instance / file).write_bytes(text.encode("latin-1"))
    with pytest.raises(InputError, match=rf"{file}, line \d+.*text in UTF-8"):
        read_instance(small_instance)


def test_a_nul_byte_is_refused(small_instance: Path) -> None:
    """Binary rubbish in a table is named."""
    edit(small_instance / "segments.csv", "infant,1.0", "inf\0ant,1.0")
    with pytest.raises(InputError, match="line 2: found 'a NUL character'"):
        read_instance(small_instance)


@pytest.mark.parametrize(
    ("file", "row", "limit"),
    [
        ("segments.csv", "s{},1,true,,\n", 50),
        ("services.csv", "v{},acute,1,0,0,0,1,1,0,,,\n", 200),
        ("practices.csv", "p{},x,1,1,0,1,0,1,0,1,0,0,,\n", 2000),
    ],
)
def test_absurd_sizes_are_refused(small_instance: Path, file: str, row: str, limit: int) -> None:
    """A table far beyond what can be solved is refused in one line."""
    with (small_instance / file).open("a") as table:
        table.writelines(row.format(number) for number in range(limit))
    with pytest.raises(InputError, match=f"expected at most {limit} rows") as caught:
        read_instance(small_instance)
    assert len(caught.value.problems) == 1


def test_huge_files_are_refused_unread(small_instance: Path) -> None:
    """Beyond 50 MB a file is surely not the right one."""
    with (small_instance / "panels.csv").open("ab") as table:
        table.truncate(60_000_000)
    with pytest.raises(InputError, match="found '60 MB'; expected at most 50 MB"):
        read_instance(small_instance)


def test_a_need_that_no_service_delivers_is_allowed(small_instance: Path) -> None:
    """Such a need leaks under every contract."""
    edit(small_instance / "services.csv", "sick_visit,acute", "sick_visit,asthma")
    assert read_instance(small_instance).services[2].need == "asthma"


def test_another_payer_is_read(small_instance: Path) -> None:
    """A segment that is not contracted says what its own payer pays."""
    table = small_instance / "segments.csv"
    table.write_text(
        "segment,equity_weight,contracted,other_payer_fee_multiple\ninfant,1,true,\nschool_age,1,false,1.4\n"
    )
    assert read_instance(small_instance).segments[1].other_payer_fee_multiple == 1.4


def test_no_capitation_for_another_payers_children(small_instance: Path) -> None:
    """Money for a segment that is not contracted would be passed over in silence."""
    table = small_instance / "segments.csv"
    table.write_text(
        "segment,equity_weight,contracted,other_payer_fee_multiple\ninfant,1,true,\nschool_age,1,false,1.4\n"
    )
    edit(
        small_instance / "instance.toml",
        "[objective]",
        "[status_quo.capitation]\nschool_age = 2\n[objective]",
    )
    with pytest.raises(InputError, match="no payment for a segment that is not contracted"):
        read_instance(small_instance)


def test_the_hash_follows_the_content_only(small_instance: Path, tmp_path: Path) -> None:
    """A copy elsewhere has the same hash, a changed number another one."""
    copy = tmp_path / "elsewhere" / "other_name"
    shutil.copytree(small_instance, copy)
    assert read_instance(copy).sha256 == read_instance(small_instance).sha256
    edit(copy / "panels.csv", "solo,infant,200,100", "solo,infant,200,101")
    assert read_instance(copy).sha256 != read_instance(small_instance).sha256


def test_rows_are_counted_as_a_person_counts(small_instance: Path) -> None:
    """Blank lines and line breaks within quotes count, as in an editor."""
    edit(small_instance / "segments.csv", "Under two years", '"Under\ntwo years"')
    edit(small_instance / "segments.csv", "school_age,1.2", "\nschool_age,none")
    with pytest.raises(InputError, match=r"row 5 \(segment=school_age\), equity_weight"):
        read_instance(small_instance)
