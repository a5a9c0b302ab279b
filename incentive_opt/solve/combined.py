"""A payment model made of several, ``blended+quality_bonus``, with a file of its own."""

from __future__ import annotations

import hashlib
import json
from dataclasses import fields, replace
from pathlib import Path

from incentive_opt.domain.instance import Instance, Rules
from incentive_opt.domain.payment_model import LeverRule, PaymentModel
from incentive_opt.files import read_model
from incentive_opt.files.library import find_model
from incentive_opt.files.sharing import sharing_text
from incentive_opt.formulation.levers import combine, levers

OF_INSTANCES = ("min_reliability", "between_practice_sd")
"""Rules that no payment model has."""


def find(model: PaymentModel | str | Path, instance: Instance) -> tuple[PaymentModel, str]:
    """The payment model and, where it is combined from several, the text of its file (else nothing).

    Parameters
    ----------
    model : PaymentModel, str or Path
        The model, its name or path, or several joined by ``+``.
    """
    if isinstance(model, PaymentModel):
        return (model, "") if Path(model.path).is_file() else _with_file(model, instance)
    names = str(model).split("+")
    if len(names) == 1 or Path(str(model)).is_file():
        return read_model(model, instance), ""
    for name in names:
        find_model(name)
    return _with_file(combine([read_model(name, instance) for name in names]), instance)


def _with_file(model: PaymentModel, instance: Instance) -> tuple[PaymentModel, str]:
    """The model with one rule for each lever, as its file says it."""
    rules: dict[tuple[str, str], LeverRule] = {}
    for lever in levers(instance, model):
        named = any(rule.kind == lever.kind and (not rule.of or lever.of in rule.of) for rule in model.levers)
        if named:
            before = rules.get((lever.kind, lever.of))
            lower, upper = (
                (lever.lower, lever.upper)
                if before is None
                else (min(lever.lower, before.lower), max(lever.upper, before.upper))
            )
            rules[lever.kind, lever.of] = LeverRule(
                lever.kind, (lever.of,), lower, upper, lever.unit, source="parts"
            )
    text = _text(model, tuple(rules.values()))
    digest = hashlib.sha256(text.encode("utf-8")).hexdigest()
    made = replace(model, levers=tuple(rules.values()), sha256=digest, path="")
    return made, text


def _text(model: PaymentModel, rules: tuple[LeverRule, ...]) -> str:
    """The model's file."""
    lines = [
        "schema = 1",
        f"title = {json.dumps(model.title, ensure_ascii=False)}",
        f"description = {json.dumps(model.description, ensure_ascii=False)}",
        *(["replaces_today = true"] if model.replaces else []),
        *(["count_closed_elsewhere = true"] if model.counts_elsewhere else []),
    ]
    for rule in rules:
        lines += [
            "",
            "[[levers]]",
            f'kind = "{rule.kind}"',
            f"of = {json.dumps(list(rule.of))}",
            f"lower = {rule.lower!r}",
            f"upper = {rule.upper!r}",
            f'unit = "{rule.unit}"',
            f'source = "{rule.source}"',
        ]
    lines += [
        "",
        "[rules]",
        *_rules(model.rules),
        *sharing_text(model.sharing),
        "",
        "[sources.parts]",
        f"citation = {json.dumps('The widest bounds of the models ' + model.name)}",
        'status = "D"',
    ]
    return "\n".join(lines) + "\n"


def _rules(rules: Rules) -> list[str]:
    lines = []
    if rules.rvu_budget_neutral:
        lines += ["rvu_budget_neutral = true", f"rvu_neutral_tolerance = {rules.rvu_neutral_tolerance!r}"]
    for one in fields(rules):
        value = getattr(rules, one.name)
        if value != one.default and not one.name.startswith("rvu_") and one.name not in OF_INSTANCES:
            lines.append(f"{one.name} = {json.dumps(value)}")
    return lines
