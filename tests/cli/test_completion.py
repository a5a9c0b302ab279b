"""What the Tab key offers, asked as Bash, Zsh and Fish ask."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import click
import pytest
from click.shell_completion import BashComplete

from incentive_opt.cli.completion import SWITCH, Offered, kinds_of, offer_names
from incentive_opt.cli.main import COMMANDS, main
from incentive_opt.files.library import shipped_instances, shipped_models

ROOT = Path(__file__).resolve().parents[2]
PROGRAM = f"""#!{sys.executable}
import sys

sys.path.insert(0, {str(ROOT)!r})
from incentive_opt.cli.main import main

main()
"""
Asked = Callable[..., list[str]]
SHELLS = {
    "bash": "complete -o nosort -F",
    "zsh": "#compdef incentive-opt",
    "fish": "complete --no-files --command incentive-opt",
}


@pytest.fixture
def asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Asked:
    """What is answered when the last of some words is completed, as Bash gets it."""
    monkeypatch.setenv(SWITCH, "bash_complete")
    monkeypatch.chdir(tmp_path)

    def answer(*words: str) -> list[str]:
        complete = BashComplete(main, {}, "incentive-opt", SWITCH)
        return [f"{item.type},{item.value}" for item in complete.get_completions(list(words[:-1]), words[-1])]

    return answer


@pytest.fixture
def program(tmp_path: Path) -> Path:
    """The command, in a folder of its own."""
    path = tmp_path / "bin" / "incentive-opt"
    path.parent.mkdir()
    path.write_text(PROGRAM, encoding="utf-8")
    path.chmod(0o755)
    return path


def test_commands_and_options_are_offered(asked: Asked) -> None:
    """By their beginning; every command for no beginning."""
    assert asked("") == [f"plain,{name}" for name in COMMANDS]
    assert asked("ver") == ["plain,verify"]
    assert asked("solve", "--time") == ["plain,--time-limit"]


def test_instances_are_offered(asked: Asked, tmp_path: Path) -> None:
    """Those that ship and those that lie here; files where none begins so."""
    (tmp_path / "my_town").mkdir()
    (tmp_path / "my_town" / "instance.toml").write_text("", encoding="utf-8")
    (tmp_path / "my_trash").mkdir()
    for odd in ("my_two\nlines", ".my_hidden"):
        (tmp_path / odd).mkdir()
        (tmp_path / odd / "instance.toml").write_text("", encoding="utf-8")
    everything = [f"plain,{name}" for name in (*shipped_instances(), "my_town")]
    assert asked("solve", "") == ["file,", *everything]
    assert asked("check", "two_practices", "my_") == ["file,my_", "plain,my_town"]
    assert asked("respond", "xyzzy") == ["file,xyzzy"]


def test_models_are_offered(asked: Asked) -> None:
    """Alone, joined by a plus, and in a list."""
    names = [name for name in shipped_models() if name.startswith("ca")]
    assert len(names) > 1
    for before in ("", "blended+", "blended,capitation,"):
        offered = [f"plain,{before}{name}" for name in names]
        option = "--models" if "," in before else "--model"
        command = "compare" if "," in before else "solve"
        assert asked(command, "two_practices", option, f"{before}ca")[1:] == offered


def test_designs_are_offered_where_one_is_wanted(asked: Asked, tmp_path: Path) -> None:
    """Run folders here and one level below, also behind the name of a folder."""
    for name in ("first", "runs/second"):
        (tmp_path / name).mkdir(parents=True)
        (tmp_path / name / "design.json").write_text("{}", encoding="utf-8")
    assert asked("verify", "") == ["file,", "plain,first", "plain,runs/second"]
    assert asked("verify", "runs/") == ["file,runs/", "plain,runs/second"]
    assert asked("evaluate", "two_practices", "--contract", "s") == ["file,s", "plain,status_quo"]


def test_words_of_a_choice_are_offered(asked: Asked) -> None:
    """Behaviours come from the option itself."""
    assert asked("simulate", "two_practices", "--behaviour", "in") == ["plain,inertial"]


@pytest.mark.parametrize(("shell", "said"), SHELLS.items())
def test_every_shell_gets_its_script(program: Path, shell: str, said: str) -> None:
    """The line of the page prints a script that asks this program."""
    environment = {**os.environ, SWITCH: f"{shell}_source"}
    done = subprocess.run([program], env=environment, capture_output=True, text=True, check=False)
    assert done.stderr == ""
    assert said in done.stdout
    assert f"{SWITCH}={shell}_complete" in done.stdout


@pytest.mark.skipif(shutil.which("bash") is None, reason="there is no Bash")
def test_bash_itself_completes(program: Path) -> None:
    """Bash evaluates the line of the page, and its function finds the instance."""
    code = (
        f'eval "$({SWITCH}=bash_source incentive-opt)"\n'
        "compopt() { :; }\n"  # only there while somebody types
        "COMP_WORDS=(incentive-opt solve two); COMP_CWORD=2\n"
        '_incentive_opt_completion incentive-opt two solve; echo "${COMPREPLY[@]}"\n'
    )
    path = f"{program.parent}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(["bash", "-eu", "-c", code], env={**os.environ, "PATH": path},
                          capture_output=True, text=True, check=False)  # fmt: skip
    assert (done.stdout, done.stderr) == ("two_practices\n", "")


def test_every_command_offers_what_it_wants() -> None:
    """Names of the kinds that the help speaks of; nothing for numbers and switches."""
    found = {}
    for name in ("show", "check", "solve", "compare", "evaluate", "verify"):
        command = main.get_command(click.Context(main), name)
        assert command is not None
        for param in command.params:
            if kinds := kinds_of(param):
                found[f"{name} {param.name}"] = [kind.__name__ for kind in kinds]
    assert found == {
        "show name": ["instances", "models", "designs"],
        "check names": ["instances"],
        "solve instance": ["instances"],
        "solve model": ["models"],
        "solve start": ["contracts"],
        "compare instance": ["instances"],
        "compare models": ["models"],
        "compare designs": ["designs"],
        "evaluate instance": ["instances"],
        "evaluate contract_name": ["contracts"],
        "evaluate design": ["designs"],
        "verify design": ["designs"],
    }


def test_commands_run_as_before() -> None:
    """Types that offer names read words as the types they stand for do."""
    number = click.INT
    command = offer_names(click.Command("go", params=[click.Option(["--model"], type=number)]))
    (option,) = command.params
    assert isinstance(option.type, Offered)
    assert option.type.convert("3", option, None) == 3
    for name in COMMANDS:
        plain = main.get_command(click.Context(main), name)
        assert plain is not None
        assert not any(isinstance(param.type, Offered) for param in plain.params)
