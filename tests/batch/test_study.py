"""What is asked: study files, what is typed over them, and the tasks that follow."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from incentive_opt.batch.plan import plan
from incentive_opt.batch.study import Product, Study, Terms, parse_seeds, study_of
from incentive_opt.errors import InputError
from incentive_opt.files import read_instance
from tests.batch.batches import study_with
from tests.conftest import edit, write_small_instance

STUDY = """\
schema = 1
title = "Two towns"
instances = ["town", "two_practices"]
models = ["capitation", "mine.toml"]
seeds = 2
iterations = 50
time_limit = 600
validate = true
replications = 5

[set]
"payer.budget" = [400000, 515000.0]

[[parts]]

[[parts]]
instances = ["two_practices"]
models = ["quality_bonus"]
seeds = [7]
set = { "incentive.margin" = 20.0 }
"""


@pytest.fixture
def file(tmp_path: Path, small_model: Path) -> Path:
    """A study file beside an instance and a model."""
    write_small_instance(tmp_path / "town")
    small_model.rename(tmp_path / "mine.toml")
    path = tmp_path / "study.toml"
    path.write_text(STUDY, encoding="utf-8")
    return path


def test_a_study_file(file: Path) -> None:
    """Products, terms, and paths as they are meant from the file's folder."""
    study = study_of(file)
    town, mine = str(file.parent / "town"), str(file.parent / "mine.toml")
    budgets = ("payer.budget", (400000, 515000.0))
    assert study.products[0] == Product((town, "two_practices"), ("capitation", mine), (0, 1), (budgets,))
    assert study.products[1] == Product(
        ("two_practices",), ("quality_bonus",), (7,), (budgets, ("incentive.margin", (20.0,)))
    )
    assert study.terms == Terms(0.01, 600.0, 50, 1, True, 5, False)
    assert study.title == "Two towns"
    assert Study.from_dict(study.as_dict()) == study


def test_tasks_of_a_study(file: Path) -> None:
    """Every combination once; the second product's tasks carry both changes."""
    orders = plan(study_of(file))
    assert len(orders) == 2 * 2 * 2 * 2 + 2
    assert len({order.key for order in orders}) == len(orders)
    assert orders[-1].scenario == "payer.budget=515000.0, incentive.margin=20.0"
    assert [order.seed for order in orders[:3]] == [0, 1, 0]


def test_the_same_task_in_two_products_is_one() -> None:
    """Products that overlap do nothing twice."""
    product = Product(("two_practices",), ("capitation", "blended"), (0, 1))
    study = Study((product, Product(("two_practices",), ("capitation",), (1, 2))))
    assert len(plan(study)) == 5


def test_what_is_typed_goes_before_the_top_of_the_file(file: Path) -> None:
    """Seeds, models and terms that are typed; what a part says itself stays."""
    study = study_of(file, models=["blended"], seeds=(5,), terms={"gap": 0.5, "iterations": None})
    assert study.products[0].models == ("blended",)
    assert study.products[0].seeds == (5,)
    assert study.products[1].models == ("quality_bonus",)
    assert study.products[1].seeds == (7,)
    assert (study.terms.gap, study.terms.iterations) == (0.5, 50)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("seeds = 2", "seeds = -2", "seeds"),
        ("seeds = 2", "seed = 2", "Did you mean 'seeds'"),
        ("iterations = 50", "iterations = 2.5", "iterations"),
        ("time_limit = 600", "time_limit = nan", "finite"),
        ("schema = 1", "schema = 2", "schema"),
        ('["capitation", "mine.toml"]', "[]", "at least one of the models"),
        ("validate = true", "validate = false", "replications only with validate"),
        ("[400000, 515000.0]", "[]", "at least one value"),
        ("[400000, 515000.0]", "[[1]]", "payer.budget"),
        ("seeds = 2", "seeds = 99999999", "at most"),
        ("schema = 1", "schema = [", "study.toml"),
    ],
)
def test_what_is_wrong_in_a_study_file(file: Path, old: str, new: str, said: str) -> None:
    """Each is told with the file, in plain words."""
    edit(file, old, new)
    with pytest.raises(InputError) as caught:
        study_of(file)
    assert said in str(caught.value)
    assert "study.toml" in str(caught.value)


def test_everything_that_is_wrong_is_told_at_once(tmp_path: Path) -> None:
    """A misspelt instance, a misspelt model and a broken table: three problems."""
    broken = write_small_instance(tmp_path / "broken")
    edit(broken / "needs.csv", "acute,infant,2.5", "acute,infant,many")
    with pytest.raises(InputError) as caught:
        plan(study_with([0], instances=["two_practice", str(broken)], models=["capitaton", "blended"]))
    assert len(caught.value.problems) == 3


def test_two_things_of_one_name(tmp_path: Path) -> None:
    """Different instances in folders of the same name could not be told apart in the table."""
    one, two = write_small_instance(tmp_path / "a" / "town"), write_small_instance(tmp_path / "b" / "town")
    plan(study_with([0], instances=[str(one), str(two)]))
    edit(two / "needs.csv", "acute,infant,2.5", "acute,infant,2.6")
    with pytest.raises(InputError, match="Rename one"):
        plan(study_with([0], instances=[str(one), str(two)]))


def test_seeds_that_are_typed() -> None:
    """So many from the first, or these; anything else is told."""
    assert parse_seeds("3") == (0, 1, 2)
    assert parse_seeds("3", first=10) == (10, 11, 12)
    assert parse_seeds("7, 7,1") == (7, 1)
    for text in ("", "a", "-1", "1.5", "0", "1,,2", "9" * 30, "٣"):
        with pytest.raises(InputError):
            parse_seeds(text)


def test_kinds_are_refused_where_practices_are_alike(tmp_path: Path) -> None:
    """Before anything is begun, as `solve` would."""
    town = write_small_instance(tmp_path / "town")
    with pytest.raises(InputError, match="alike in town"):
        plan(study_with([0], instances=[str(town)], terms=Terms(kinds=3)))


PARTS = """\
schema = 1
models = ["capitation"]
kinds = 2
time_limit = 9

[[parts]]
instances = ["two_practices"]

[[parts]]
instances = ["two_practices"]
models = ["quality_bonus"]
kinds = 3
margin = 2.5
time_limit = 4
iterations = 7
gap = 0.1
"""


def test_a_part_with_terms_of_its_own(tmp_path: Path) -> None:
    """It goes before the top of the file and before what was typed; what it leaves out is theirs."""
    file = tmp_path / "study.toml"
    file.write_text(PARTS, encoding="utf-8")
    study = study_of(file, terms={"time_limit": 5.0, "margin": 1.0})
    one, other = plan(study)
    assert one.terms == Terms(0.01, 5.0, None, 2, margin=1.0)
    assert other.terms == Terms(0.1, 4.0, 7, 3, margin=2.5)
    assert one.key != other.key
    assert Study.from_dict(json.loads(json.dumps(study.as_dict()))) == study
    assert study.file == str(file)


def test_kinds_of_a_part_are_checked(tmp_path: Path) -> None:
    """Kinds of practices that are alike, in the part that asks for them alone."""
    write_small_instance(tmp_path / "town")
    file = tmp_path / "study.toml"
    text = PARTS.replace('["two_practices"]\n\n', '["town"]\n\n').replace("kinds = 2", "kinds = 1")
    file.write_text(text, encoding="utf-8")
    assert len(plan(study_of(file))) == 2
    file.write_text(text.replace("kinds = 1", "kinds = 2"), encoding="utf-8")
    with pytest.raises(InputError, match="alike in town"):
        plan(study_of(file))


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("seeds = -1", "a number of seeds (5) or a list of seeds"),
        ('seeds = [1, "a"]', "a number of seeds (5) or a list of seeds"),
        ("seeds = true", "a number of seeds (5) or a list of seeds"),
        ("seeds = 9223372036854775808", "below 2**63"),
        ("margin = -1", "a number of at least 0"),
        ('margin = "5"', "a number, without quotes"),
        ("kinds = 1.5", "a whole number"),
        ('set = { "payer.budget" = [[1]] }', "a value (500000), or a list of the values"),
        ('set = { "payer.budget" = { a = 1 } }', "a value (500000), or a list of the values"),
        ('set = { "payer.budget" = nan }', "a value (500000), or a list of the values"),
        ("marginn = 1", "Did you mean 'margin'"),
    ],
)
def test_what_is_wrong_is_said_in_plain_words(tmp_path: Path, line: str, said: str) -> None:
    """One problem for one slip, with the line, and no word of the library that reads it."""
    file = tmp_path / "study.toml"
    for text in (f"schema = 1\n{line}\n", f"schema = 1\n\n[[parts]]\n{line}\n"):
        file.write_text(text, encoding="utf-8")
        with pytest.raises(InputError) as caught:
            study_of(file)
        (problem,) = caught.value.problems
        assert said in str(problem)
        assert not any(word in str(problem) for word in ("constrained", "union", "list[", "int:", "Input"))


def test_a_folder_that_is_no_instance_does_not_hide_one_that_ships(tmp_path: Path) -> None:
    """Neither does a folder with the name of a model; an instance beside the study file does."""
    for name in ("two_practices", "capitation"):
        (tmp_path / name).mkdir()
    file = tmp_path / "study.toml"
    file.write_text('schema = 1\ninstances = ["two_practices"]\nmodels = ["capitation"]\n', encoding="utf-8")
    (order,) = plan(study_of(file))
    assert (order.instance.name, order.model.name) == ("two_practices", "capitation")
    source = Path(read_instance("two_practices").path)
    for one in source.iterdir():
        (tmp_path / "two_practices" / one.name).write_bytes(one.read_bytes())
    assert study_of(file).products[0].instances == (str(tmp_path / "two_practices"),)
