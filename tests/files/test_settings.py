"""Changing a number of instance.toml: that number and no other, and what cannot be changed is told."""

from __future__ import annotations

import copy
import secrets
import tomllib
from pathlib import Path
from typing import Any

import pytest

from incentive_opt.batch.plan import plan
from incentive_opt.errors import InputError
from incentive_opt.files.library import shipped_instances
from incentive_opt.files.settings import parse_setting, with_setting
from tests.batch.batches import study_with
from tests.conftest import INSTANCE_TOML, write_small_instance


def numbers(part: dict[str, Any], at: str = "") -> list[tuple[str, float]]:
    """Every number in tables, with its key."""
    found = []
    for key, value in part.items():
        name = f"{at}.{key}" if at else key
        if isinstance(value, dict):
            found += numbers(value, name)
        elif isinstance(value, int | float) and not isinstance(value, bool) and "." in name:
            found.append((name, value))
    return found


@pytest.mark.parametrize("name", [*shipped_instances(), "small"])
def test_every_number_of_every_instance(name: str) -> None:
    """Each number can be set; read again, the file says that and everything else as before."""
    shipped = shipped_instances()
    text = (shipped[name] / "instance.toml").read_text(encoding="utf-8") if name in shipped else INSTANCE_TOML
    before = tomllib.loads(text)
    found = numbers(before)
    assert len(found) > 10
    for key, value in found:
        new = value * 2 + 1
        expected = copy.deepcopy(before)
        table = expected
        *tables, last = key.split(".")
        for step in tables:
            table = table[step]
        table[last] = new
        made = with_setting(text, key, new, "instance.toml")
        assert tomllib.loads(made) == expected, key
        assert (
            f"the instance says {text.splitlines()[_changed(text, made)].partition('=')[2].strip()}" in made
        )


def _changed(before: str, after: str) -> int:
    pairs = zip(before.splitlines(), after.splitlines(), strict=True)
    (number,) = [number for number, (old, new) in enumerate(pairs) if old != new]
    return number


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("[payer]\nsource = 'x'\n", "payer.budget"),
        ("title = 'x'\n", "payer.budget"),
        ("[a]\nb = 1\n[a.b2]\nc = 1\n\n[[list]]\nx = 1\n", "a.new"),
        ("[[list]]\nb = 1\n[a]\nc = 2\n", "a.b"),
    ],
)
def test_what_the_file_does_not_say_is_added(text: str, key: str) -> None:
    """A key that is absent, a table that is absent; tables of a list are never mistaken for it."""
    made = tomllib.loads(with_setting(text, key, 7, "instance.toml"))
    table, name = key.split(".")
    assert made[table].pop(name) == 7
    before = tomllib.loads(text)
    before.setdefault(table, {})
    assert made == before


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("payer = { budget = 1.0 }\n", "payer.budget"),
        ("payer.budget = 1.0\n", "payer.budget"),
        ('[payer]\nnote = """\nbudget = 3\n"""\nbudget = 1.0\n', "payer.budget"),
        ('[payer]\nbudget = """\n1"""\n', "payer.budget"),
    ],
)
def test_odd_ways_to_write_are_refused_and_never_spoilt(text: str, key: str) -> None:
    """Where the line cannot be told, nothing is guessed."""
    with pytest.raises(InputError, match="a line of its own"):
        with_setting(text, key, 2.0, "instance.toml")


@pytest.mark.parametrize(
    "key",
    ["schema", "title", "sources.made_up.citation", "payer", "payer.source", "budget", "payer.budget.x"],
)
def test_what_is_no_number_of_the_instance(key: str) -> None:
    """Titles, sources and tables are not for a batch to change."""
    with pytest.raises(InputError):
        with_setting(INSTANCE_TOML, key, 1, "instance.toml")


def test_what_is_typed() -> None:
    """Numbers as TOML writes them, true and false, words; the same value once."""
    assert parse_setting("payer.budget=500000, 5e5,515000.0") == ("payer.budget", (500000, 515000.0))
    assert parse_setting("rules.rvu_budget_neutral=true,false")[1] == (True, False)
    assert parse_setting("objective.outcome=qaly")[1] == ("qaly",)
    for text in ("payer.budget", "=1", "payer.budget=", "payer.budget=1,,2", ""):
        with pytest.raises(InputError, match="KEY=VALUE"):
            parse_setting(text)


def test_random_budgets_reach_the_instance(tmp_path: Path) -> None:
    """The changed copy is what a task gets: its budget is the one that was set, whatever was typed."""
    seed = secrets.randbits(32)
    import random

    chance = random.Random(seed)
    folder = write_small_instance(tmp_path / "small")
    budgets = tuple(dict.fromkeys(chance.choice([chance.randrange(1, 10**9), chance.uniform(1e3, 1e9)])
                                  for _ in range(20)))  # fmt: skip
    orders = plan(study_with([0], instances=[str(folder)], settings=[("payer.budget", budgets)]))
    read = [
        tomllib.loads(order.instance.files["instance.toml"].decode())["payer"]["budget"] for order in orders
    ]
    assert read == list(budgets), f"seed {seed}"
    assert len({order.key for order in orders}) == len(budgets), f"seed {seed}"
    assert (folder / "instance.toml").read_text(encoding="utf-8") == INSTANCE_TOML


def test_bad_values_are_told_with_the_setting(tmp_path: Path) -> None:
    """A budget below nothing, a misspelt key, a word for a number: all at once, each with what was set."""
    folder = write_small_instance(tmp_path / "small")
    settings = [("payer.budget", (-5, "much")), ("payer.bugdet", (1.0,))]
    with pytest.raises(InputError) as caught:
        plan(study_with([0], instances=[str(folder)], settings=settings))
    said = str(caught.value)
    assert "payer.budget=-5" in said
    assert "payer.budget=much" in said
    assert "bugdet" in said
    assert "Did you mean" in said


@pytest.mark.parametrize(
    ("key", "meant"),
    [
        ("floor", "income.floor"),
        ("income", "income.floor"),
        ("payer.budget.x", "payer.budget"),
        ("nosuch", ""),
    ],
)
def test_a_key_that_is_none_is_named_itself(key: str, meant: str) -> None:
    """The key stands as what was found, not the value that was tried; with one that may be meant."""
    with pytest.raises(InputError) as caught:
        with_setting(INSTANCE_TOML, key, 77.0, "instance.toml")
    (problem,) = caught.value.problems
    assert problem.value == key
    assert "77" not in str(problem)
    assert ("Did you mean" in problem.remedy) == bool(meant)
    assert meant in problem.remedy
    assert "`show`" in problem.remedy
