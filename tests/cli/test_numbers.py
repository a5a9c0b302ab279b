"""Numbers on the command line."""

from __future__ import annotations

import click
import pytest
from click.testing import CliRunner

from incentive_opt.cli.numbers import Number


def typed(text: str, kind: Number) -> tuple[int, str]:
    """Exit code and words for ``--budget TEXT``."""

    @click.command()
    @click.option("--budget", type=kind)
    def go(budget: float) -> None:
        click.echo(repr(budget))

    result = CliRunner().invoke(go, [f"--budget={text}"])
    return result.exit_code, result.output


@pytest.mark.parametrize(
    ("text", "kind", "value"),
    [
        ("515000", Number(), "515000.0"),
        ("1.5e6", Number(lowest=0), "1500000.0"),
        (" 7 ", Number(), "7.0"),
        ("-3", Number(), "-3.0"),
        ("4", Number(whole=True), "4"),
    ],
)
def test_numbers_are_read(text: str, kind: Number, value: str) -> None:
    """As Python would, whole ones as whole numbers."""
    assert typed(text, kind) == (0, f"{value}\n")


@pytest.mark.parametrize(
    ("text", "kind", "said"),
    [
        ("515,000", Number(), "'515,000' is not a number. Write a number without commas"),
        ("515,000", Number(), "signs of money, 515000."),
        ("$500", Number(lowest=0), "signs of money, 500."),
        ("5%", Number(), "0.01 for 1 %"),
        ("much", Number(), "'much' is not a number."),
        ("nan", Number(), "'nan' is not a number."),
        ("inf", Number(), "'inf' is not a number."),
        ("1_000", Number(), "signs of money, 1000."),
        ("5,0", Number(), "Write a point for the decimal comma: 5.0."),
        ("-1", Number(lowest=0), "-1 is not a number of at least 0."),
        ("1.5", Number(whole=True), "'1.5' is not a whole number."),
    ],
)
def test_other_things_are_refused_in_words(text: str, kind: Number, said: str) -> None:
    """The message says how to write it."""
    code, output = typed(text, kind)
    assert code == 2
    assert said in output


@pytest.mark.parametrize("text", ["1.5", "-0.5", "2e-1", ".5"])
def test_a_number_of_another_kind_needs_no_advice_on_writing(text: str) -> None:
    """What is written well is not said to be written wrongly."""
    code, output = typed(text, Number(whole=True))
    assert code == 2
    assert "is not a whole number." in output
    assert "Write" not in output
