"""Payment models: reading, and what is said of a bad one."""

from __future__ import annotations

from pathlib import Path
from typing import get_args

import pytest

from incentive_opt.domain.payment_model import LEVER_KINDS, UNITS
from incentive_opt.errors import InputError
from incentive_opt.files import read_instance, read_model
from incentive_opt.files.library import shipped_models
from incentive_opt.files.schemas import LeverKind, LeverUnit
from incentive_opt.formulation.levers import levers
from tests.conftest import edit

REFUSED = {
    "unknown kind": (
        'kind = "bonus"',
        'kind = "mystery"',
        "[levers] number 3, kind",
        "'fee', 'capitation'",
    ),
    "unknown key": ("upper = 30.0", "uper = 30.0", "[levers] number 2, uper", "Did you mean 'upper'?"),
    "wrong unit": (
        '"USD/child-month"',
        '"USD/service"',
        "number 2",
        "the unit of a capitation, USD/child-month",
    ),
    "bounds crossed": ("upper_multiple = 2.0", "upper_multiple = 0.2", "number 1", "in this order"),
    "one bound": ("upper_multiple = 2.0\n", "", "number 1", "both lower_multiple and upper_multiple"),
    "no bounds": ("lower = 0.0\nupper = 30.0\n", "", "number 2", "bounds: lower and upper"),
    "negative bound": ("upper = 30.0", "upper = -30.0", "number 2, upper", "at least 0"),
    "infinite bound": ("upper = 30.0", "upper = inf", "number 2, upper", "finite number"),
    "multiple of a capitation": (
        "upper = 30.0",
        "upper = 30.0\nlower_multiple = 0\nupper_multiple = 2",
        "number 2",
        "multiples are for fees only",
    ),
    "lever twice": (
        "[sources.made_up]",
        '[[levers]]\nkind = "bonus"\nlower = 0\nupper = 1\nunit = "USD/event"\n[sources.made_up]',
        "number 4",
        "one rule for each lever",
    ),
    "unknown source": (
        'source = "made_up"',
        'source = "mad_up"',
        "number 1, source",
        "Did you mean 'made_up'?",
    ),
    "more than all savings": (
        "[sources.made_up]",
        '[[levers]]\nkind = "shared_savings"\nlower = 0\nupper = 2\nunit = "USD/USD saved"\n'
        "[sources.made_up]",
        "number 4",
        "at most 1 USD/USD saved",
    ),
    "unknown need": (
        "[sources.made_up]",
        '[[levers]]\nkind = "outcome"\nof = ["asthm"]\nlower = 0\nupper = 2\nunit = "USD/effective event"\n'
        "[sources.made_up]",
        "number 4, of",
        "Did you mean 'asthma'?",
    ),
    "unknown segment": ('"infant"', '"infnt"', "number 2, of", "Did you mean 'infant'?"),
    "unknown version": ("schema = 1", "schema = 3", "line 1, schema", "newer version"),
    "missing title": ('title = "Fees and capitation"\n', "", "mixed.toml", "a key 'title'"),
}


@pytest.mark.parametrize("case", REFUSED.values(), ids=REFUSED.keys())
def test_a_fault_is_named(small_instance: Path, small_model: Path, case: tuple[str, str, str, str]) -> None:
    """One fault: the message names the place and what would have been right."""
    old, new, where, said = case
    edit(small_model, old, new)
    with pytest.raises(InputError) as caught:
        read_model(small_model, read_instance(small_instance))
    named = [str(problem) for problem in caught.value.problems]
    assert any(where in line and said in line for line in named), "\n".join(named)


def test_the_schema_knows_every_kind_of_lever() -> None:
    """Kinds and units that a file may have are those that the program knows."""
    assert set(get_args(LeverKind)) == set(LEVER_KINDS)
    assert set(get_args(LeverUnit)) == set(UNITS.values())


def test_a_model_may_replace_todays_contract(small_instance: Path, small_model: Path) -> None:
    """Bounds that leave out today's prices are refused, unless the model says that it means it."""
    instance = read_instance(small_instance)
    edit(small_model, "lower_multiple = 0.5", "lower_multiple = 0.0")
    edit(small_model, "upper_multiple = 2.0", "upper_multiple = 0.0")
    with pytest.raises(InputError, match="replaces_today = true"):
        levers(instance, read_model(small_model, instance))
    edit(small_model, "schema = 1", "schema = 1\nreplaces_today = true")
    found = levers(instance, read_model(small_model, instance))
    assert {one.upper for one in found if one.kind == "fee" and one.status_quo > 0.0} == {0.0}


def test_a_good_model_is_read(small_model: Path) -> None:
    """Levers keep their bounds; what a fee rule leaves out stays open."""
    model = read_model(small_model)
    fee, capitation, bonus = model.levers
    assert (fee.of, fee.lower_multiple, fee.upper_multiple, fee.upper) == ((), 0.5, 2.0, 60.0)
    assert (capitation.of, capitation.upper) == (("infant", "school_age"), 30.0)
    assert (bonus.lower, bonus.upper, bonus.lower_multiple) == (0.0, 50.0, None)
    assert model.name == "mixed"
    assert len(model.sha256) == 64


@pytest.mark.parametrize("name", shipped_models())
def test_shipped_models_are_read(name: str) -> None:
    """Everything that ships is found by its name and holds no problem."""
    assert read_model(name).name == name
