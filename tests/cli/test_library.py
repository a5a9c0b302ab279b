"""The command line: what it loads, prints and returns; list, show, check and schema."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import CliRunner, Result

from incentive_opt.cli.lazy import Entry, LazyGroup
from incentive_opt.cli.main import COMMANDS, main
from incentive_opt.errors import InputError, NoDesign, Problem
from incentive_opt.files.library import shipped_instances
from tests.conftest import edit
from tests.files.test_designs import DESIGN

HEAVY = ("pandas", "pyomo", "highspy", "numpy", "scipy", "pydantic", "rich")


def run(*words: str | Path) -> Result:
    """Run a command in this process."""
    return CliRunner().invoke(main, [str(word) for word in words])


def python(code: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run Python in a process of its own."""
    return subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False,
        env={**os.environ, **environment},
    )  # fmt: skip


def test_help_loads_nothing_heavy() -> None:
    """The overview needs click and nothing of the mathematics."""
    code = "import sys; from incentive_opt.cli.main import main; main(['--help'], standalone_mode=False)\n"
    code += f"print('loaded:', *[name for name in {HEAVY!r} if name in sys.modules], file=sys.stderr)"
    done = python(code)
    assert done.stderr.strip() == "loaded:"
    assert all(name in done.stdout for name in COMMANDS)


def test_import_loads_nothing_heavy() -> None:
    """``import incentive_opt`` costs nothing until a name is used."""
    code = "import sys, incentive_opt as io\n"
    code += f"print(*[name for name in (*{HEAVY!r}, 'click') if name in sys.modules])\n"
    code += "print(io.read_instance.__module__)"
    assert python(code).stdout.split("\n")[:2] == ["", "incentive_opt.files.instances"]


def test_help_is_quick() -> None:
    """The best of five starts takes less than 0.3 s."""
    seconds = []
    for _ in range(5):
        start = time.perf_counter()
        subprocess.run([sys.executable, "-m", "incentive_opt", "--help"], capture_output=True, check=True)
        seconds.append(time.perf_counter() - start)
    assert min(seconds) < 0.3


def test_a_missing_module_is_a_plain_message() -> None:
    """A command that is in the table but not in the package says so; the overview still works."""
    group = LazyGroup(name="tool", entries={"gone": Entry("incentive_opt.cli.gone:gone", "Not there.")})
    assert "Not there." in CliRunner().invoke(group, ["--help"]).output
    result = CliRunner().invoke(group, ["gone"])
    assert result.exit_code == 2
    assert "The command 'gone' is not part of this version." in result.stderr


def failing(error: BaseException | int) -> LazyGroup:
    """A group with one command ``go`` that fails, or exits with a code."""

    @click.command()
    @click.option("--json", is_flag=True)
    @click.pass_context
    def go(context: click.Context, json: bool) -> None:
        if isinstance(error, int):
            context.exit(error)
        raise error

    group = LazyGroup(name="tool", entries={})
    group.add_command(go)
    group.entries["go"] = Entry("incentive_opt.cli.library:check", "Fails.")
    group.get_command = lambda ctx, name: go  # type: ignore[method-assign]
    return group


@pytest.mark.parametrize(
    ("error", "code", "said"),
    [
        (NoDesign("the budget is too small"), 3, "There is no design: the budget is too small"),
        (KeyboardInterrupt(), 130, "Interrupted."),
        (click.UsageError("no"), 2, "Error: no"),
        (ZeroDivisionError("oh"), 1, "This is a bug, please report it"),
        (PermissionError(13, "Permission denied", "out"), 1, "The system refused: Permission denied (out)."),
        (4, 4, ""),
    ],
)
def test_exit_codes(error: BaseException | int, code: int, said: str) -> None:
    """Every way to fail has its code and its words on stderr."""
    result = CliRunner().invoke(failing(error), ["go"])
    assert result.exit_code == code
    assert said in result.stderr
    assert result.stdout == ""
    assert "Traceback" not in result.stderr


def test_debug_shows_where() -> None:
    """With --debug, before or after the command, a bug shows its traceback."""
    for words in (["--debug", "go"], ["go", "--debug"]):
        assert "Traceback" in CliRunner().invoke(failing(ZeroDivisionError("oh")), words).stderr


def test_json_errors_are_documents(small_instance: Path) -> None:
    """With --json an error is one document on stdout, with every problem and the same exit code."""
    edit(small_instance / "panels.csv", "solo,infant,200", "solo,infnat,-200")
    result = run("check", small_instance, "--json")
    error = json.loads(result.stdout)["error"]
    assert result.exit_code == error["exit_code"] == 2
    assert [problem["value"] for problem in error["problems"]] == ["-200", "infnat"]
    assert error["problems"][1]["remedy"] == "Did you mean 'infant'?"
    assert error["problems"][1]["where"].startswith("row 2 (practice=solo")


def test_json_usage_errors_are_documents() -> None:
    """Also a misspelt option is told as a document."""
    result = run("list", "--json", "--nonsense")
    assert result.exit_code == 2
    assert json.loads(result.stdout)["error"]["kind"] == "usage"


def test_unknown_commands_are_guessed_at() -> None:
    """A misspelt command names the one that is meant."""
    result = run("chek")
    assert result.exit_code == 2
    assert "Did you mean 'check'?" in result.stderr


def test_every_command_is_named_for_an_unknown_one() -> None:
    """A word that is like no command gets the list of them."""
    result = run("xyzzy")
    assert result.exit_code == 2
    assert f"There is: {', '.join(COMMANDS)}." in result.stderr


def test_a_misspelt_word_is_guessed_at() -> None:
    """Also after the command; a word like no other gets the list."""
    assert "there is no 'modles'. Did you mean 'models'?" in run("list", "modles").stderr
    assert "There is: instances, models." in run("list", "xyz").stderr


@pytest.mark.parametrize("name", COMMANDS)
def test_help_ends_with_examples(name: str) -> None:
    """Each example is a line that starts with the command itself, and its options exist."""
    text = run(name, "--help").stdout
    examples = re.findall(rf"^ +incentive-opt {name}\b(.*)$", text, re.MULTILINE)
    tail = text[text.index("Example") :].strip().splitlines()
    assert len(examples) == len(tail) - 1 >= 1
    command = main.get_command(click.Context(main), name)
    assert command is not None
    known = {option for parameter in command.params for option in parameter.opts}
    assert {word for line in examples for word in line.split() if word.startswith("--")} <= known


@pytest.mark.parametrize("words", [["list"], ["show", "medicaid_statewide", "--all"], ["schema"]])
def test_a_reader_may_leave_early(words: list[str]) -> None:
    """``… | head -1`` is quiet and ends with 0."""
    command = [sys.executable, "-m", "incentive_opt", *words]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as child:
        assert child.stdout is not None
        assert child.stderr is not None
        child.stdout.close()
        assert child.stderr.read() == b""
    assert child.returncode == 0


def test_a_reader_that_leaves_hides_no_problem(small_instance: Path) -> None:
    """Bad input stays bad input, also where nobody reads what is printed first."""
    edit(small_instance / "panels.csv", "solo,infant,200", "solo,infant,nan")
    words = ["check", "--files-only", "two_practices", str(small_instance)]
    with subprocess.Popen(
        [sys.executable, "-m", "incentive_opt", *words], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as child:
        assert child.stdout is not None
        assert child.stderr is not None
        child.stdout.close()
        assert b"1 problem in the input" in child.stderr.read()
    assert child.returncode == 2


def test_what_was_asked_for_is_named_as_typed() -> None:
    """A problem with an argument names the option."""
    error = InputError([Problem("what was asked for", "time limit", "-5", "seconds, 0 or more")])
    result = CliRunner().invoke(failing(error), ["go"])
    assert "command line, --time-limit: found '-5'" in result.stderr


def test_check_warns_of_what_solve_would_refuse(tmp_path: Path) -> None:
    """A margin that altruism cannot pay for is told with the largest one allowed; it is no error."""
    folder = Path(shutil.copytree(shipped_instances()["two_practices"], tmp_path / "mine"))
    assert json.loads(run("check", folder, "--json").stdout)["instances"][0]["warnings"] == []
    edit(folder / "instance.toml", "margin = 18.0", "margin = 180.0")
    result = run("check", folder)
    assert result.exit_code == 0
    assert result.stdout.startswith("mine: no problems (1 segment, 4 services, 1 measure, 2 practices; ")
    assert "Warning, `solve` would refuse this: mine/instance.toml, [incentive] margin" in result.stderr
    assert "expected at most 90" in result.stderr
    refused = run("solve", folder, "--model", "quality_bonus", "--out", tmp_path / "run")
    assert (refused.exit_code, "expected at most 90" in refused.stderr) == (2, True)
    assert run("check", "--files-only", folder).stderr == ""


def test_check_warns_of_a_measure_that_nobody_is_large_enough_for(tmp_path: Path) -> None:
    """Whether its own minimum or the rule on reliability leaves everybody out; 1,000 events are there.

    At a threshold of one half a reliability of 0.5 asks for as much chance as true difference: 0.25 / n is
    sd squared. So 0.015 asks for 1,112 events, and 0.016 for 977.
    """
    folder = Path(shutil.copytree(shipped_instances()["two_practices"], tmp_path / "mine"))
    measures = folder / "measures.csv"
    for least, warned in (("1000", False), ("1001", True), ("30", False)):
        before = measures.read_text(encoding="utf-8")
        measures.write_text(re.sub(r",\d+,(?=[^,]*,by_hand)", f",{least},", before), encoding="utf-8")
        result = run("check", folder)
        assert result.exit_code == 0
        assert ("minimum_denominator asks for 1,001 events a year" in result.stderr) == warned, result.stderr
    text = (folder / "instance.toml").read_text(encoding="utf-8")
    for spread, warned in ((0.015, True), (0.016, False)):
        rules = f"[rules]\nmin_reliability = 0.5\nbetween_practice_sd = {spread}\n"
        (folder / "instance.toml").write_text(text.replace("[rules]\n", rules), encoding="utf-8")
        found = json.loads(run("check", folder, "--json").stdout)["instances"][0]["warnings"]
        said = "min_reliability under [rules] asks for 1,112 events a year, and no practice type has more"
        assert [said in one for one in found] == [True] * warned


def test_list_names_what_ships() -> None:
    """Both kinds without an argument, one kind with it."""
    everything, models = (
        json.loads(run("list", "--json").stdout),
        json.loads(run("list", "models", "--json").stdout),
    )
    assert [entry["name"] for entry in everything["instances"]] == list(shipped_instances())
    assert list(models) == ["models"]
    assert models["models"] == everything["models"]
    assert "two_practices" in run("list").stdout


def test_check_finds_no_problem(small_instance: Path) -> None:
    """A good instance gets one line with its size and the share of assumptions."""
    result = run("check", small_instance)
    assert result.exit_code == 0
    line = "small_town: no problems (2 segments, 5 services, 2 measures, 2 practices; "
    assert result.stdout.startswith(line)


def test_check_takes_several(small_instance: Path) -> None:
    """Problems of one instance do not hide the others."""
    edit(small_instance / "panels.csv", "solo,infant,200", "solo,infant,nan")
    result = run("check", small_instance, "two_practices", "nowhere")
    assert result.exit_code == 2
    assert result.stdout.startswith("two_practices: no problems")
    assert "2 problems" in result.stderr


def test_the_share_of_assumptions_is_counted(small_instance: Path) -> None:
    """Each number counts under the least sure of its sources."""
    before: dict[str, Any] = json.loads(run("show", small_instance, "--json").stdout)
    edit(small_instance / "panels.csv", "solo,infant,200,100,made_up", "solo,infant,200,100,seen")
    edit(small_instance / "panels.csv", "solo,school_age,900,400,made_up", "solo,school_age,900,400,")
    after: dict[str, Any] = json.loads(run("show", small_instance, "--json").stdout)
    # two acute rows of needs.csv with three numbers each; the asthma row is an assumption as well
    assert before["numbers_by_status"]["V"] == 6
    assert after["numbers_by_status"]["V"] == 8
    assert after["numbers_by_status"]["no source"] == before["numbers_by_status"]["no source"] + 2
    assert sum(before["numbers_by_status"].values()) == sum(after["numbers_by_status"].values())


def test_show_an_instance(small_instance: Path) -> None:
    """Tables carry units and sources."""
    text = run("show", small_instance).stdout
    assert "clinician_minutes [minutes/service]" in text
    assert re.search(r"^solo +infant +200 +100 +made_up$", text, re.MULTILINE)
    assert re.search(r"^incentive.margin +100 +USD/practice-year .*made_up$", text, re.MULTILINE)
    assert "As if it had been read somewhere." in text


def test_show_a_model_a_contract_and_a_design(
    small_model: Path, small_contract: Path, tmp_path: Path
) -> None:
    """Each kind of file is recognised from what it holds."""
    assert re.search(
        r"^capitation +infant, school_age +0 +30 ", run("show", small_model).stdout, re.MULTILINE
    )
    assert re.search(
        r"^bonus +well_child +2 +8 +USD/event$", run("show", small_contract).stdout, re.MULTILINE
    )
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "design.json").write_text(json.dumps(DESIGN))
    assert re.search(
        r"^Health under the design +10(\.0+)? ", run("show", tmp_path / "run").stdout, re.MULTILINE
    )
    assert json.loads(run("show", tmp_path / "run", "--json").stdout)["design"] == DESIGN


def test_show_an_unknown_name() -> None:
    """The message names what is meant."""
    result = run("show", "blendet")
    assert result.exit_code == 2
    assert "Did you mean 'blended'?" in result.stderr


def test_a_pipe_gets_no_colour(small_instance: Path) -> None:
    """Also where colour is forced in the environment, a pipe gets plain text."""
    code = f"from incentive_opt.cli.main import main; main(['show', {str(small_instance)!r}])"
    assert "\x1b" not in python(code, FORCE_COLOR="1", PYTHONIOENCODING="utf-8").stdout


def test_files_cannot_move_the_cursor(small_instance: Path) -> None:
    """Control characters in a label are not passed on to the terminal."""
    edit(small_instance / "segments.csv", "Under two years", "Under\x1b[31m two years")
    assert "\x1b" not in run("show", small_instance).output


def test_an_odd_terminal_is_no_bug() -> None:
    """A terminal that knows only ASCII gets question marks, not a crash."""
    code = "from incentive_opt.cli.main import main; main(['show', 'blended'])"
    done = python(code, PYTHONIOENCODING="ascii", PYTHONUTF8="0")
    assert (done.returncode, done.stderr) == (0, "")


def test_schema_knows_the_files() -> None:
    """The schema refuses unknown keys and lists the columns with their units."""
    document = json.loads(run("schema").stdout)
    assert document["instance.toml"]["additionalProperties"] is False
    assert "schema" in document["contract.toml"]["properties"]
    minutes = next(c for c in document["tables"]["services.csv"] if c["column"] == "team_minutes")
    assert (minutes["unit"], minutes["highest"]) == ("minutes/service", 1440)
