"""Options that several commands share: the same word means the same thing everywhere."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import click

from incentive_opt.cli.numbers import Number
from incentive_opt.cli.shares import share

Option = Callable[[Callable[..., Any]], Callable[..., Any]]

model: Option = click.option(
    "--model",
    default="blended",
    show_default=True,
    metavar="MODEL",
    help="Payment model, by name or path; several are joined by +.",
)
margin: Option = click.option(
    "--margin",
    type=Number(lowest=0),
    metavar="USD",
    help="Incentive margin instead of the instance's [USD per practice and year, per 1 % of harm].",
)
budget: Option = click.option(
    "--budget",
    type=Number(lowest=0),
    metavar="USD",
    help="Budget instead of the instance's [USD/year].",
)
seed: Option = click.option(
    "--seed",
    type=Number(lowest=0, whole=True),
    default=0,
    show_default=True,
    metavar="N",
    help="Seed of what is drawn at random.",
)
as_json: Option = click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")


def gap(words: str = "Stop when within this share of the best [1]; 0.01 or 1%.") -> Option:
    """``--gap``, with what it ends."""
    return click.option("--gap", default=0.01, show_default=True, type=share, metavar="G", help=words)


def time_limit(seconds: float, words: str = "Stop after so many seconds.") -> Option:
    """``--time-limit`` with its default [s], and what it ends."""
    return click.option(
        "--time-limit", default=seconds, show_default=True, type=Number(lowest=0), metavar="S", help=words
    )


def kinds(words: str = "Kinds of practice told apart within each type, as in `solve`.") -> Option:
    """``--kinds``, with what it is good for."""
    return click.option(
        "--kinds",
        default=1,
        show_default=True,
        type=Number(lowest=1, whole=True),
        metavar="N",
        help=words,
    )


pieces = click.option(
    "--pieces",
    default=1,
    show_default=True,
    type=Number(lowest=1, whole=True),
    metavar="N",
    help="Take N straight pieces for each piece of an effect curve, on the simulation's smooth curve: "
    "slower, and promises that hold better; 3 brings most of it.",
)


def iterations(
    words: str = "Stop each search after so many iterations: the same designs on every machine.",
) -> Option:
    """``--iterations``, with what it stops."""
    return click.option("--iterations", type=Number(lowest=0, whole=True), metavar="N", help=words)
