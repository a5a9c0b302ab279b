"""Fields of design.json that every design has but none must have: of the right kind where they are there."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from incentive_opt.domain.instance import Instance
from incentive_opt.errors import Problem

NUMBERS = (
    "margin_usd",
    "objective.gap_asked",
    "budget.status_quo_outlay_usd",
    "contract.levers.*.lower",
    "contract.levers.*.upper",
    "practices.*.income_floor_usd",
    "practices.*.income_ceiling_usd",
    "robustness.price_qaly",
    "robustness.deviations",
    "robustness.attempts.*.deviations",
    "robustness.attempts.*.altruism_margin",
    "robustness.attempts.*.health_qaly",
    "robustness.attempts.*.simulated_qaly",
    "robustness.attempts.*.kept.*",
)
TEXTS = ("notes.*", "labels.*.*", "instance.title", "model.title", "certificate.rules.*.rule",
         "certificate.rules.*.detail", "robustness.attempts.*.reason")  # fmt: skip
REMEDY = "Take the file as the program wrote it, or solve again."


def odd_fields(design: dict[str, Any], instance: Instance, file: str) -> list[Problem]:
    """Problems with what a report reads beyond what a design.json must hold."""
    problems = []
    for paths, kind, words in ((NUMBERS, (int, float), "a number"), (TEXTS, (str,), "a text")):
        for path in paths:
            for where, value in _at(design, path.split("."), ""):
                if value is not None and (isinstance(value, bool) or not isinstance(value, kind)):
                    problems.append(Problem(file, where, _short(value), words, REMEDY))
    if design["objective"]["gap"] is not None and design["objective"]["upper_bound_qaly"] is None:
        problems.append(Problem(file, "objective.upper_bound_qaly", "nothing", "a number", REMEDY))
    return problems + _odd_tiers(design, instance, file)


def _at(part: Any, steps: list[str], where: str) -> Iterator[tuple[str, Any]]:
    """Every value at a path, ``*`` for all in a table or list; what cannot be entered counts as a value."""
    if not steps:
        yield where, part
        return
    step, rest = steps[0], steps[1:]
    if part is None:
        return
    if not isinstance(part, dict | list) or (step != "*" and isinstance(part, list)):
        yield where, {"not": "a table"}
        return
    items = part.items() if isinstance(part, dict) else enumerate(part)
    for key, value in items:
        if step in ("*", key):
            yield from _at(value, rest, f"{where}.{key}" if where else str(key))


def _odd_tiers(design: dict[str, Any], instance: Instance, file: str) -> list[Problem]:
    """Bonuses for measures or tiers that the instance does not have."""
    menu = {measure.name: len(measure.thresholds) for measure in instance.measures}
    problems = []
    for place, lever in enumerate(design["contract"]["levers"]):
        tier = lever.get("tier")
        if lever["lever"] != "bonus":
            fine = tier is None or _whole(tier)
        else:
            fine = _whole(tier) and 1 <= tier <= menu.get(lever["of"], 0)
        if not fine:
            where = f"contract.levers.{place}"
            expected = "a tier of a measure that the instance has"
            problems.append(Problem(file, where, f"{lever['of']}, tier {_short(tier)}", expected, REMEDY))
    return problems


def _whole(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _short(value: object) -> str:
    return repr(value)[:60]
