"""Whether batch.json and task.json say what a batch writes: somebody may have had them in hand."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from incentive_opt.batch.columns import BOOLEAN, FIGURES, NUMBER, TEXT, TIMING, WHOLE
from incentive_opt.batch.study import Study

TASK = ("key", "folder", "instance", "model", "scenario", "instance_sha256", "model_sha256")
"""What is text in a task of batch.json."""
OF_TERMS = {
    "gap": NUMBER, "time_limit": NUMBER, "iterations": WHOLE, "kinds": WHOLE, "pieces": WHOLE,
    "validate": BOOLEAN, "replications": WHOLE, "report": BOOLEAN, "margin": NUMBER,
}  # fmt: skip
MAY_LACK = ("iterations", "replications", "margin")
"""Terms that may be left open."""
MOST_WHOLE = 2**63


def plan_fault(content: object) -> str:
    """What is wrong with the content of batch.json; empty where nothing is."""
    if not isinstance(content, dict) or content.get("kind") != "batch":
        return "another file"
    tasks, study = content.get("tasks"), content.get("study")
    if not isinstance(tasks, list) or not all(_is_task(task) for task in tasks):
        return "a list of tasks that is damaged"
    try:
        known = Study.from_dict(study) if isinstance(study, dict) else None
    except (KeyError, TypeError, ValueError, AttributeError):
        known = None
    return "" if known is not None and _is_study(known) else "a study that is damaged"


def record_fits(content: object) -> bool:
    """Whether the content of task.json is a record."""
    if not isinstance(content, dict):
        return False
    asked, settings = content.get("asked"), content.get("settings")
    return (
        _texts(content, ("key", "outcome", "why"))
        and isinstance(asked, dict)
        and all(isinstance(asked.get(part), dict) for part in ("instance", "model"))
        and all(_texts(asked[part], ("name", "sha256")) for part in ("instance", "model"))
        and fits(asked.get("seed"), WHOLE)
        and _texts(asked, ("version", "solver"))
        and _is_settings(settings)
        and _fit_columns(content.get("figures"), FIGURES)
        and _fit_columns(content.get("timing"), TIMING)
    )


def fits(value: object, kind: str) -> bool:
    """Whether a value is one of a column's type; none is."""
    if value is None:
        return True
    if kind == TEXT:
        return isinstance(value, str)
    if kind == BOOLEAN:
        return isinstance(value, bool)
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    if kind == NUMBER:
        return math.isfinite(value)
    return isinstance(value, int) and abs(value) < MOST_WHOLE


def _fit_columns(values: object, columns: Mapping[str, str]) -> bool:
    return isinstance(values, dict) and all(fits(values.get(name), kind) for name, kind in columns.items())


def _is_task(task: object) -> bool:
    if not isinstance(task, dict) or not _texts(task, TASK) or not _is_settings(task.get("settings")):
        return False
    return task.get("seed") is not None and fits(task["seed"], WHOLE)


def _is_settings(settings: object) -> bool:
    return isinstance(settings, dict) and all(_is_scalar(value) for value in settings.values())


def _is_study(study: Study) -> bool:
    terms = asdict(study.terms)
    return (
        bool(study.products)
        and isinstance(study.title, str)
        and isinstance(study.file, str)
        and all(isinstance(word, str) for word in study.typed)
        and all(_is_term(name, value) for name, value in terms.items())
        and all(
            all(isinstance(name, str) for name in (*one.instances, *one.models))
            and all(fits(seed, WHOLE) and seed is not None for seed in one.seeds)
            and all(
                isinstance(key, str) and all(_is_scalar(value) for value in values)
                for key, values in one.settings
            )
            and all(name in terms and _is_term(name, value) for name, value in one.terms)
            for one in study.products
        )
    )


def _is_term(name: str, value: object) -> bool:
    if value is None:
        return name in MAY_LACK
    return fits(value, OF_TERMS[name]) and not (isinstance(value, int | float) and value < 0)


def _is_scalar(value: object) -> bool:
    return isinstance(value, bool | int | str) or (isinstance(value, float) and math.isfinite(value))


def _texts(content: Any, names: tuple[str, ...]) -> bool:
    return all(isinstance(content.get(name), str) for name in names)
