"""The study of all models on all instances: whatever ships has its place, and the page is about it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from incentive_opt.batch.carrying import _unfit
from incentive_opt.batch.plan import plan
from incentive_opt.batch.study import Study, study_of
from incentive_opt.files import read_instance
from incentive_opt.files.library import shipped_instances, shipped_models
from tests.docs.blocks import ROOT

STUDY = ROOT / "docs" / "ways_of_paying.toml"
PAGE = ROOT / "docs" / "ways_of_paying.md"


@pytest.fixture(scope="module")
def study() -> Study:
    """The study, read and checked."""
    return study_of(STUDY)


def pairs(study: Study) -> Iterator[tuple[str, str]]:
    """Every instance and model that the study names together."""
    for product in study.products:
        for instance in product.instances:
            yield from ((Path(instance).name, Path(model).stem) for model in product.models)


def fitting() -> set[tuple[str, str]]:
    """Every instance and model of the folders that fit, as the engine says."""
    instances = [read_instance(name) for name in shipped_instances()]
    models = [str(path) for path in shipped_models().values()]
    return {(one.name, Path(model).stem) for one in instances for model in models if not _unfit(model, one)}


def test_every_model_and_instance_has_a_place(study: Study) -> None:
    """Also one that was added a minute ago: the folders are read."""
    named = set(pairs(study))
    models = {path.stem for path in (ROOT / "models").glob("*.toml")}
    instances = {path.parent.name for path in (ROOT / "instances").glob("*/instance.toml")}
    assert models - {model for _, model in named} == set(), f"give them a place in {STUDY.name}"
    assert instances - {instance for instance, _ in named} == set(), f"give them a place in {STUDY.name}"


def test_every_pair_fits(study: Study) -> None:
    """None is tried that cannot be, and each instance has several models to compare."""
    named, fit = set(pairs(study)), fitting()
    counts = Counter(instance for instance, _ in named)
    assert min(counts.values()) >= 3, counts
    shipped = {Path(path).stem for path in shipped_models().values()}
    assert {pair for pair in named if pair[1] in shipped} - fit == set(), (
        f"these do not fit and stand in {STUDY.name}"
    )


def test_each_pair_is_searched_once(study: Study) -> None:
    """Parts do not overlap, every design is verified, simulated and reported, and terms reach the orders."""
    orders = plan(study)
    assert len(orders) == len(list(pairs(study))) == len(set(pairs(study)))
    assert all(order.terms.validate and order.terms.report for order in orders)
    kinds = {order.instance.name: order.terms.kinds for order in orders}
    assert kinds["blended_capitation_tipping_point"] == 1
    assert kinds["medical_complexity"] > kinds["multi_payer"] > kinds["two_practices"]


def test_the_page_is_about_the_study(study: Study) -> None:
    """It says how it is made, is found on the site, and misses no instance or model of the study."""
    text = PAGE.read_text(encoding="utf-8")
    assert f"incentive-opt batch --study docs/{STUDY.name} --seed " in text
    assert f"--page docs/{PAGE.name}" in text
    assert "\nways_of_paying\n" in (ROOT / "docs" / "index.md").read_text(encoding="utf-8")
    missing = [name for pair in set(pairs(study)) for name in pair if f"`{name}`" not in text]
    assert sorted(set(missing)) == [], "run the commands at the top of the page again"
    assert "(/" not in text, "a link to a file of one machine"
