"""The examples at the end of every command's help: there is one, and it is typed as the command wants it."""

from __future__ import annotations

import shlex

import click
import pytest
from click.testing import CliRunner

from incentive_opt.cli.main import COMMANDS, main

ALL = [(name, example) for name, entry in COMMANDS.items() for example in entry.examples]


def parsed(example: str) -> click.Context:
    """The command of an example with its words read, not run; a word that is wrong raises."""
    program, name, *words = shlex.split(example.partition(" > ")[0].partition(" | ")[0])
    assert program == "incentive-opt"
    command = main.get_command(click.Context(main), name)
    assert command is not None
    return command.make_context(name, words)


@pytest.mark.parametrize("name", COMMANDS)
def test_help_ends_with_examples(name: str) -> None:
    """Each command shows how it is typed."""
    entry = COMMANDS[name]
    assert entry.examples
    assert all(example.startswith(f"incentive-opt {name}") for example in entry.examples)
    told = CliRunner().invoke(main, [name, "--help"]).stdout
    assert all(example in told for example in entry.examples)


@pytest.mark.parametrize(("name", "example"), ALL)
def test_examples_are_read(name: str, example: str) -> None:
    """Options exist, and take what the example gives them."""
    assert parsed(example).info_name == name


def test_a_wrong_example_is_seen() -> None:
    """The check itself finds an option that there is not, and a number that is none."""
    for example in ("incentive-opt solve x --gapp 1", "incentive-opt solve x --time-limit soon"):
        with pytest.raises(click.UsageError):
            parsed(example)
