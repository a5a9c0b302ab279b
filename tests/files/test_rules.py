"""Contract rules in the files: read, refused where they do not fit together; what they make of measures."""

from __future__ import annotations

import secrets
from dataclasses import fields, replace
from pathlib import Path

import numpy as np
import pytest

from incentive_opt.certify.contract_checks import stricter as stricter_there
from incentive_opt.cli.units import unit_of
from incentive_opt.domain.instance import Instance
from incentive_opt.domain.rules import AT_LEAST, AT_MOST, Rules
from incentive_opt.errors import InputError
from incentive_opt.files import read_instance, read_model
from incentive_opt.formulation.levers import stricter
from incentive_opt.solve.combined import find

EVERY_RULE = """\
bonus_pool_share = 0.1
incentive_cap = 0.05
physician_incentive_plan = true
stop_loss = true
rate_cell_floor = 0.9
rate_cell_ceiling = 1.1
max_price_change = 0.2
max_payment_change = 0.15
income_change_gap = 0.25
min_clinician_income = 0.5
risk_cell_cover = 0.8
"""


def with_rules(folder: Path, rules: str) -> Path:
    """The instance of a folder with more rules."""
    toml = folder / "instance.toml"
    text = toml.read_text(encoding="utf-8")
    toml.write_text(text.replace("[rules]\n", f"[rules]\n{rules}\n"), encoding="utf-8")
    return folder


def drawn(draw: np.random.Generator) -> Rules:
    """Rules drawn at random, each there or not."""
    values = {name: float(draw.uniform()) for name in (*AT_MOST, *AT_LEAST) if draw.random() < 0.6}
    plan = bool(draw.random() < 0.5)
    return Rules(
        rvu_budget_neutral=bool(draw.random() < 0.5),
        physician_incentive_plan=plan,
        stop_loss=plan and bool(draw.random() < 0.5),
        **values,  # type: ignore[arg-type]
    )


def test_every_rule_is_read(small_instance: Path) -> None:
    """Instance and model say the same rules with the same words, and each stands for itself."""
    rules = read_instance(with_rules(small_instance, EVERY_RULE)).rules
    for line in EVERY_RULE.splitlines():
        key, value = line.split(" = ")
        assert str(getattr(rules, key)).lower() == value


def test_every_number_of_a_rule_has_a_unit() -> None:
    """`show` prints a unit beside each."""
    for one in fields(Rules):
        if "bool" not in str(one.type):
            assert unit_of(f"rules.{one.name}"), one.name


@pytest.mark.parametrize(
    ("rules", "said"),
    [
        ("rate_cell_floor = 1.2\nrate_cell_ceiling = 1.1", "at most the ceiling"),
        ("min_reliability = 0.7", "between_practice_sd beside it"),
        ("between_practice_sd = 0.1", "min_reliability beside it"),
        ("stop_loss = true", "physician_incentive_plan = true"),
        ("bonus_pool_share = 1.01", "at most 1"),
        ("incentive_cap = nan", "finite"),
        ("max_price_change = -0.1", "at least 0"),
        ("physician_incentive_plan = 1", "true or false"),
        ("min_reliability = 0.7\nbetween_practice_sd = 1e-200", "at least 0.0001"),
        ("min_reliability = 1.0\nbetween_practice_sd = 0.1", "below 1"),
    ],
)
def test_rules_that_make_no_sense_are_refused(small_instance: Path, rules: str, said: str) -> None:
    """In plain words, with the key."""
    with pytest.raises(InputError) as caught:
        read_instance(with_rules(small_instance, rules))
    found = "\n".join(str(problem) for problem in caught.value.problems)
    assert said in found
    assert "[rules]" in found


def test_a_model_has_no_say_in_reliability(small_model: Path, small_instance: Path) -> None:
    """Who is large enough to be measured belongs to the instance; stop-loss alone is refused there too."""
    text = small_model.read_text(encoding="utf-8")
    for rules, said in (
        ("min_reliability = 0.7\nbetween_practice_sd = 0.1", "only known keys"),
        ("stop_loss = true", "physician_incentive_plan = true"),
    ):
        small_model.write_text(text.replace("[sources", f"[rules]\n{rules}\n\n[sources", 1), encoding="utf-8")
        with pytest.raises(InputError) as caught:
            read_model(small_model, read_instance(small_instance))
        assert said in "\n".join(str(problem) for problem in caught.value.problems)


@pytest.mark.parametrize(("least", "events"), [(0.5, 24.0), (0.7, 56.0), (0.8, 96.0)])
def test_reliability_is_a_minimum_denominator(small_instance: Path, least: float, events: float) -> None:
    """With thresholds of 0.6 and 0.8 and rates that differ by 0.1: 0.24 / 0.01 events, times the odds."""
    rules = f"min_reliability = {least}\nbetween_practice_sd = 0.1"
    measure = read_instance(with_rules(small_instance, rules)).measures[0]
    assert measure.thresholds == (0.6, 0.8)
    assert measure.minimum_denominator == pytest.approx(max(30.0, events))


def test_the_stricter_of_two_sets_agree() -> None:
    """Formulation and certificate take the same rule of two sets, drawn at random, in either order."""
    seed = secrets.randbits(32)
    draw = np.random.default_rng(seed)
    for _ in range(50):
        one, other = drawn(draw), drawn(draw)
        both = stricter(one, other)
        assert both == stricter(other, one) or not both.rvu_budget_neutral, f"seed {seed}"
        there = stricter_there(one, other)
        assert replace(both, rvu_neutral_tolerance=0.0) == replace(there, rvu_neutral_tolerance=0.0), seed
        for first in (one, other):
            assert both.limits_risk >= first.limits_risk, f"seed {seed}"


def test_rules_of_joined_models_are_written_and_read(tmp_path: Path) -> None:
    """A model made of two has the rules of both, in its own file."""
    instance: Instance = read_instance("two_practices")
    folder = tmp_path
    for name, rules in (("one", EVERY_RULE), ("two", "bonus_pool_share = 0.07")):
        text = (Path(read_model("quality_bonus").path)).read_text(encoding="utf-8")
        (folder / f"{name}.toml").write_text(
            text.replace("[rules]\n", f"[rules]\n{rules}\n"), encoding="utf-8"
        )
    model, text = find(f"{folder / 'one.toml'}+{folder / 'two.toml'}", instance)
    (folder / "both.toml").write_text(text, encoding="utf-8")
    again = read_model(folder / "both.toml", instance)
    assert again.rules == model.rules
    assert again.rules.bonus_pool_share == 0.07
    assert again.rules.risk_cell_cover == 0.8
    assert again.rules.stop_loss
